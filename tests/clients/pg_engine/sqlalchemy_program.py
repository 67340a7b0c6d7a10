"""SQLAlchemy: declarative models, create_all, a session's work, reflection and the inspector."""
import datetime
import decimal
import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, aliased, joinedload, mapped_column, relationship, selectinload


class Base(DeclarativeBase):
    pass


class Mood(enum.Enum):
    sad = 1
    happy = 2


tags = sa.Table("article_tag", Base.metadata, sa.Column("article_id", sa.ForeignKey("article.id", ondelete="CASCADE"), primary_key=True),
                sa.Column("tag_id", sa.ForeignKey("tag.id"), primary_key=True))


class Author(Base):
    __tablename__ = "author"
    __table_args__ = (sa.UniqueConstraint("name", "born", name="uq_author"), sa.CheckConstraint("length(name) > 0 and name <> 'x'", name="named"),
                      {"comment": "who writes"})
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(50), comment="in full")
    born: Mapped[datetime.date | None]
    mood: Mapped[Mood] = mapped_column(server_default="happy")
    data: Mapped[dict] = mapped_column(pg.JSONB, server_default=sa.text("'{}'::jsonb"))
    nick: Mapped[list[str] | None] = mapped_column(pg.ARRAY(sa.Text))
    key: Mapped[uuid.UUID] = mapped_column(default=lambda: uuid.UUID(int=1))
    at: Mapped[datetime.datetime] = mapped_column(sa.DateTime(timezone=True), server_default=sa.func.now())
    articles: Mapped[list["Article"]] = relationship(back_populates="author", cascade="all, delete-orphan")


class Article(Base):
    __tablename__ = "article"
    __table_args__ = (sa.Index("ix_title", sa.text("lower(title)"), unique=True), sa.Index("ix_price", "price", postgresql_where=sa.text("price > 10")),
                      sa.Index("ix_both", sa.desc("price"), "title", postgresql_include=["body"]))
    id: Mapped[int] = mapped_column(sa.Identity(always=True, start=10), primary_key=True)
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("author.id", onupdate="CASCADE", deferrable=True, initially="DEFERRED"))
    title: Mapped[str]
    body: Mapped[str | None] = mapped_column(sa.Text)
    price: Mapped[decimal.Decimal] = mapped_column(sa.Numeric(10, 2), server_default="0")
    double: Mapped[decimal.Decimal | None] = mapped_column(sa.Computed("price * 2", persisted=True))
    author: Mapped[Author] = relationship(back_populates="articles")
    tags: Mapped[list["Tag"]] = relationship(secondary=tags)


class Tag(Base):
    __tablename__ = "tag"
    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    word: Mapped[str] = mapped_column(sa.String(20), unique=True)


import sys
engine = sa.create_engine(f"postgresql+{sys.argv[1]}://postgres@/postgres")
Base.metadata.create_all(engine)
Base.metadata.create_all(engine)  # finds them
with Session(engine) as s:
    words = [Tag(word=w) for w in ("a", "b", "c")]
    s.add_all(words)
    for i in range(5):
        s.add(Author(name=f"n{i}", born=datetime.date(1990 + i, 1, 1), nick=[f"k{i}", "l"], data={"i": i, "l": [i]}, articles=[
            Article(title=f"T{i}{k}", price=decimal.Decimal(i * 10 + k) / 4, tags=words[:k]) for k in range(3)]))
    s.commit()
    print(s.scalars(sa.select(Author).options(selectinload(Author.articles)).order_by(Author.id)).first().articles[2].double)
    print(s.execute(sa.select(Author.name, sa.func.count(Article.id), sa.func.sum(Article.price)).join(Author.articles).group_by(Author.name)
                    .having(sa.func.count() > 1).order_by(Author.name.desc()).limit(3)).all())
    a = aliased(Article)
    print(s.execute(sa.select(a.title).where(a.price > sa.select(sa.func.avg(Article.price)).scalar_subquery()).order_by(a.id)).scalars().all())
    print([(x.title, sorted(t.word for t in x.tags)) for x in s.scalars(sa.select(Article).options(joinedload(Article.tags)).order_by(Article.id)).unique()][:4])
    print(s.execute(sa.select(Author.data["i"].as_integer(), Author.data["l"][0].astext).where(Author.data.contains({"i": 2}))).all())
    print(s.execute(sa.select(Author.name).where(Author.nick.any("k3") | Author.mood.in_([Mood.sad]))).all())
    print(s.execute(sa.update(Article).where(Article.price < 5).values(price=Article.price + 1).returning(Article.id, Article.price)).all())
    print(s.execute(pg.insert(Tag).values([{"id": 1, "word": "a"}, {"id": 9, "word": "z"}]).on_conflict_do_update(
        index_elements=["id"], set_={"word": sa.text("excluded.word || '!'")}).returning(Tag.id, Tag.word)).all())
    rn = sa.func.row_number().over(partition_by=Article.author_id, order_by=Article.price.desc()).label("rn")
    sub = sa.select(Article.title, rn).subquery()
    print(s.execute(sa.select(sub.c.title).where(sub.c.rn == 1).order_by(sub.c.title)).scalars().all())
    cte = sa.select(sa.literal(1).label("n")).cte("r", recursive=True)
    cte = cte.union_all(sa.select(cte.c.n + 1).where(cte.c.n < 5))
    print(s.execute(sa.select(sa.func.array_agg(cte.c.n))).scalar())
    author = s.get(Author, 2)
    s.delete(author)
    author = s.get(Author, 3)
    author.data = {"new": True}
    author.mood = Mood.sad
    s.commit()
    print(s.scalar(sa.select(sa.func.count()).select_from(Article)), author.mood, author.data)
    try:
        s.add(Author(name="", born=None))
        s.flush()
    except sa.exc.IntegrityError as e:
        print(str(e.orig).splitlines()[0])
        s.rollback()
    with s.begin_nested():
        s.add(Tag(id=77, word="nested"))
    s.rollback()
    print(s.get(Tag, 77))
    print(s.execute(sa.text("select :a + 1, cast(:b as text[])"), {"a": 1, "b": ["x"]}).one())
    s.bulk_insert_mappings(Tag, [{"id": 100 + i, "word": f"w{i}"} for i in range(500)])
    print(s.connection().execution_options(stream_results=True).execute(sa.select(Tag.word).where(Tag.id >= 100).order_by(Tag.id)).partitions(200).__next__()[-1])
    s.commit()

with engine.begin() as c:
    c.execute(sa.text("create schema other; create table other.t (id int primary key, a int references public.tag(id))"))
    c.execute(sa.text("create view cheap as select title, price from article where price < 10; create materialized view m as select 1 as one"))
    c.execute(sa.text("create sequence loose; create domain positive as int check (value > 0)"))
i = sa.inspect(engine)
print(sorted(x for x in i.get_schema_names()), i.default_schema_name)
print(sorted(i.get_table_names()), sorted(i.get_view_names()), sorted(i.get_materialized_view_names()), sorted(i.get_sequence_names()), i.get_table_names("other"))
for t in sorted(i.get_table_names()):
    for c in i.get_columns(t):
        print(t, {k: str(v) for k, v in sorted(c.items())})
    print(i.get_pk_constraint(t), sorted(i.get_foreign_keys(t), key=str), sorted(i.get_unique_constraints(t), key=str))
    print(sorted(i.get_indexes(t), key=lambda x: x["name"]), i.get_check_constraints(t), i.get_table_comment(t))
print(i.get_foreign_keys("t", schema="other"), i.get_columns("cheap"), i.get_view_definition("cheap"))
print(i.get_enums(), i.get_domains(), i.has_table("author"), i.has_table("nope"), i.has_index("article", "ix_price") if hasattr(i, "has_index") else True)
m = sa.MetaData()
m.reflect(engine, views=True)
print(sorted(m.tables), [str(c.type) for c in m.tables["author"].columns])
for name in sorted(m.tables):
    if name not in ("cheap", "m"):
        print(sa.schema.CreateTable(m.tables[name]).compile(engine))
m2 = sa.MetaData()
m2.reflect(engine, schema="other")
print(sorted(m2.tables))
tags.drop(engine)
print(sa.inspect(engine).has_table("article_tag"))

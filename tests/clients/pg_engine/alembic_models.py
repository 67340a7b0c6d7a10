"""Models in two versions: what autogenerate must find is their difference."""
import sqlalchemy as sa


def metadata(version):
    m = sa.MetaData()
    sa.Table("account", m, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(50 if version == 1 else 80), nullable=False),
             sa.Column("kind", sa.Enum("a", "b", name="kind")), sa.Column("n", sa.Numeric(8, 2), server_default=sa.text("0") if version == 1 else sa.text("1.5")),
             sa.Column("at", sa.DateTime(timezone=True), server_default=sa.func.now()),
             *([sa.Column("old", sa.Text)] if version == 1 else [sa.Column("new", sa.JSON, comment="since two")]),
             sa.UniqueConstraint("name", name="uq_name"), sa.CheckConstraint("n >= 0", name="positive"),
             sa.Index("ix_kind", "kind", "at"), *([] if version == 1 else [sa.Index("ix_lower", sa.text("lower(name)"))]))
    if version == 2:
        sa.Table("entry", m, sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
                 sa.Column("account_id", sa.ForeignKey("account.id", ondelete="SET NULL", name="fk_account")), sa.Column("v", sa.Double))
    return m

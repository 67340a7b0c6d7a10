"""A Django project in one file: migrations to and fro, the ORM's queries, inspectdb."""
import datetime
import decimal
import io
import os
import shutil
import sys

top = os.path.join(sys.argv[1], "site")
shutil.rmtree(top, ignore_errors=True)
os.makedirs(os.path.join(top, "shop", "migrations"))
open(os.path.join(top, "shop", "__init__.py"), "w").close()
open(os.path.join(top, "shop", "migrations", "__init__.py"), "w").close()
MODELS = '''
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Lower

class Author(models.Model):
    name = models.CharField(max_length=50, unique=True)
    born = models.DateField(null=True)
    extra = models.JSONField(default=dict)
    nick = ArrayField(models.CharField(max_length=10), default=list)
    class Meta:
        indexes = [models.Index(Lower("name"), name="lower_name"), models.Index(fields=["-born"], name="born_desc")]
        constraints = [models.CheckConstraint(condition=models.Q(name__gt=""), name="named")]

class Book(models.Model):
    author = models.ForeignKey(Author, models.CASCADE, related_name="books")
    title = models.CharField(max_length=100, db_index=True)
    price = models.DecimalField(max_digits=8, decimal_places=2)
    out = models.DateTimeField(auto_now_add=True)
    days = models.DurationField(null=True)
    key = models.UUIDField(null=True)
    cover = models.BinaryField(null=True)
    class Meta:
        unique_together = [("author", "title")]
        constraints = [models.UniqueConstraint(fields=["title"], condition=models.Q(price__gt=100), name="dear")]

class Tag(models.Model):
    word = models.SlugField(primary_key=True)
    books = models.ManyToManyField(Book)
'''
open(os.path.join(top, "shop", "models.py"), "w").write(MODELS)
sys.path.insert(0, top)

import django
from django.conf import settings

settings.configure(SECRET_KEY="k", USE_TZ=True, DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
                   INSTALLED_APPS=["django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
                                   "django.contrib.messages", "django.contrib.postgres", "shop"],
                   DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "postgres", "USER": "postgres", "HOST": os.environ["PGHOST"], "PORT": os.environ["PGPORT"]}})
django.setup()
from django.contrib.auth.models import Group, Permission, User
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction
from django.db.models import Avg, Count, Exists, F, OuterRef, Q, Subquery, Sum, Window
from django.db.models.functions import Coalesce, Rank, TruncMonth, Upper


def command(*args, **more):
    out = io.StringIO()
    call_command(*args, stdout=out, no_color=True, **more)
    print(out.getvalue())


command("makemigrations", "shop", verbosity=1)
command("migrate", verbosity=1)
command("showmigrations")
print(Permission.objects.count(), [t.model for t in django.contrib.contenttypes.models.ContentType.objects.order_by("model")])
from shop.models import Author, Book, Tag

User.objects.create_superuser("root", "r@x.test", "pw")
print(User.objects.get(username="root").check_password("pw"))
g = Group.objects.create(name="g")
g.permissions.set(Permission.objects.filter(codename__startswith="add_"))
print(g.permissions.count())
session = SessionStore()
session["a"] = 1
session.save()
print(SessionStore(session.session_key)["a"])
authors = Author.objects.bulk_create([Author(name=f"N{i}", born=datetime.date(1990 + i, 1, 2), extra={"i": i, "l": [1, {"x": i}]}, nick=[f"k{i}", "z"]) for i in range(5)])
print([a.pk for a in authors])
Book.objects.bulk_create([Book(author=a, title=f"T{a.pk}{k}", price=decimal.Decimal(a.pk * k), days=datetime.timedelta(days=k, seconds=1),
                               cover=b"\x00\x01") for a in authors for k in range(4)])
for word in ("a", "b"):
    Tag.objects.create(word=word).books.set(Book.objects.filter(price__lte=4))
print(list(Author.objects.annotate(n=Count("books"), s=Sum("books__price")).filter(s__gt=10).order_by("-s").values_list("name", "n", "s")))
print(Book.objects.filter(author__name__icontains="n3", price__in=[0, 4, 8]).order_by("id").first().title)
print(list(Author.objects.filter(extra__i__gte=3, extra__l__1__x=3).values_list("name", "extra")))
print(list(Author.objects.filter(nick__contains=["k2"]).values_list("name", flat=True)), list(Author.objects.filter(nick__overlap=["k1", "k4"]).order_by("id").values_list("nick__0", flat=True)))
print(list(Book.objects.annotate(r=Window(Rank(), partition_by=F("author"), order_by=F("price").desc())).order_by("id").values_list("title", "r")[:5]))
print(Author.objects.filter(Exists(Book.objects.filter(author=OuterRef("pk"), price__gt=12))).count())
print(list(Author.objects.annotate(top=Subquery(Book.objects.filter(author=OuterRef("pk")).order_by("-price").values("title")[:1])).order_by("id").values_list("top", flat=True)))
print(Book.objects.aggregate(Avg("price"), Sum("days"), n=Count("id", filter=Q(price__gt=3), distinct=True)))
print(list(Author.objects.annotate(m=TruncMonth("born"), u=Upper("name"), c=Coalesce("born", datetime.date(2000, 1, 1))).order_by("id").values_list("m", "u", "c")[:2]))
print(Book.objects.filter(price__gt=10).update(price=F("price") * 2), Book.objects.filter(title__regex=r"^T.0$", days__lt=datetime.timedelta(days=9)).count())
print(Author.objects.update_or_create(name="N1", defaults={"extra": {"up": True}})[1], Author.objects.get_or_create(name="new")[1])
print(Author.objects.bulk_create([Author(name="N1", extra={})], update_conflicts=True, update_fields=["extra"], unique_fields=["name"])[0].name)
try:
    with transaction.atomic():
        Author.objects.create(name="N2")
except IntegrityError as e:
    print(str(e).splitlines())
try:
    with transaction.atomic():
        Author.objects.create(name="")
except IntegrityError as e:
    print(str(e).splitlines()[0])
with transaction.atomic():
    print(Book.objects.select_for_update(skip_locked=True).order_by("id")[:2][1].title)
print([b.title for b in Book.objects.prefetch_related("tag_set").select_related("author").order_by("-id").iterator(chunk_size=7)][:3])
print(sorted(Author.objects.filter(name="N3").delete()[1].items()))
print(list(Book.objects.filter(id__lt=3).union(Book.objects.filter(id=5)).order_by("id").values_list("id", flat=True)), list(Book.objects.dates("out", "year"))[0].year > 2000)
print(connection.introspection.table_names())
with connection.cursor() as cur:
    for t in ("shop_author", "shop_book", "shop_tag_books", "auth_user"):
        print(t, connection.introspection.get_table_description(cur, t))
        print(sorted(connection.introspection.get_constraints(cur, t).items(), key=lambda x: x[0]))
        print(connection.introspection.get_sequences(cur, t), connection.introspection.get_relations(cur, t))
command("inspectdb")
command("makemigrations", "--check", "--dry-run")
open(os.path.join(top, "shop", "models.py"), "w").write(MODELS)
open(os.path.join(top, "shop", "migrations", "0002_more.py"), "w").write('''
from django.db import migrations, models
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.AddField("author", "age", models.IntegerField(default=7)), migrations.RenameField("author", "born", "birth"),
                  migrations.AlterField("book", "title", models.CharField(max_length=200)), migrations.AlterField("author", "age", models.BigIntegerField(null=True)),
                  migrations.RenameModel("Tag", "Label"), migrations.RemoveConstraint("book", "dear"),
                  migrations.RunSQL("update shop_author set age = 8", "update shop_author set age = 7"),
                  migrations.AddIndex("book", models.Index(fields=["price", "title"], name="pt"))]
''')
for name in list(sys.modules):
    if name.startswith("shop.migrations"):
        del sys.modules[name]
command("sqlmigrate", "shop", "0002")
command("migrate", "shop", verbosity=1)
with connection.cursor() as cur:
    cur.execute("select name, birth, age from shop_author order by id")
    print(cur.fetchall())
    print(connection.introspection.get_table_description(cur, "shop_author"), sorted(connection.introspection.get_constraints(cur, "shop_book")))
command("migrate", "shop", "0001", verbosity=1)
command("flush", interactive=False, verbosity=0)
print(Author.objects.count(), Author.objects.create(name="after").pk)
command("migrate", "shop", "zero", verbosity=1)
print([t for t in connection.introspection.table_names() if t.startswith("shop")])

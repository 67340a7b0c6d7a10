"""Drives Alembic's commands and prints what autogenerate wrote and what the catalogs say after each step."""
import os
import re
import shutil
import sys

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, here)
top = os.path.join(here, "site")
shutil.rmtree(top, ignore_errors=True)
os.mkdir(top)
os.chdir(top)
URL = "postgresql+psycopg2://postgres@/postgres"
cfg = Config()
cfg.config_file_name = os.path.join(top, "alembic.ini")
cfg.set_main_option("script_location", os.path.join(top, "migrations"))
cfg.set_main_option("sqlalchemy.url", URL)
cfg.stdout = open(os.devnull, "w")
command.init(cfg, os.path.join(top, "migrations"))
env = open("migrations/env.py").read()
env = env.replace("target_metadata = None", "import os, alembic_models\ntarget_metadata = alembic_models.metadata(int(os.environ['MODELS']))")
env = env.replace("fileConfig(config.config_file_name)", "pass").replace("connection=connection, target_metadata=target_metadata",
                                                                        "connection=connection, target_metadata=target_metadata, compare_server_default=True, compare_type=True")
open("migrations/env.py", "w").write(env)
engine = sa.create_engine(URL)


def revise(models, rev):
    os.environ["MODELS"] = str(models)
    script = command.revision(cfg, f"models {models}", autogenerate=True, rev_id=rev)
    text = open(script.path).read()
    print(re.sub(r"Create Date: .*", "", text))


def show():
    i = sa.inspect(engine)
    for t in sorted(i.get_table_names()):
        print(t, [(c["name"], str(c["type"]), c["nullable"], c["default"]) for c in i.get_columns(t)],
              sorted(x["name"] for x in i.get_indexes(t)), sorted(x["name"] for x in i.get_check_constraints(t)))


revise(1, "r1")
command.upgrade(cfg, "head")
show()
with engine.begin() as c:
    c.execute(sa.text("insert into account (name, kind) values ('x', 'a'), ('y', 'b')"))
command.check(cfg)
revise(2, "r2")
command.upgrade(cfg, "+1")
show()
command.check(cfg)
command.downgrade(cfg, "-1")
show()
command.upgrade(cfg, "head")
with engine.connect() as c:
    print(c.execute(sa.text("select version_num from alembic_version")).all(), c.execute(sa.text("select id, name, kind, n, new from account order by id")).all())
command.downgrade(cfg, "base")
show()

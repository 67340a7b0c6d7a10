"""The project is built, built anew, and looked at; one process, because dbt takes seconds to load."""
import json
import os
import subprocess
import sys

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "starter"))
subprocess.run(["rm", "-rf", "target", "logs"], check=True)
from dbt.cli.main import dbtRunner

runner = dbtRunner()


def dbt(*args):
    done = runner.invoke(["--no-use-colors", "--quiet", *args])
    if not done.success:
        print(done.exception, [(r.node.name, str(r.status), r.message) for r in getattr(done.result, "results", [])])
        sys.exit(1)
    for r in sorted(getattr(done.result, "results", None) or [], key=lambda r: r.node.unique_id):
        print(args[0], r.node.unique_id, r.status, r.message if args[0] == "build" else "")


def psql(*queries):
    sys.stdout.flush()
    subprocess.run(["psql", "-X", "-At", *[x for q in queries for x in ("-c", q)]], check=True)


dbt("build")
psql("update dev.cities set people = people + 1 where name = 'Oslo'")
dbt("build", "--exclude", "cities")
dbt("run", "--full-refresh", "--select", "per_country")
dbt("docs", "generate")
catalog = json.load(open("target/catalog.json"))
for name, node in sorted(catalog["nodes"].items()):
    print(name, node["metadata"]["type"], node["metadata"]["comment"], node["metadata"]["owner"],
          [(c["name"], c["type"], c["index"], c["comment"]) for c in node["columns"].values()])
print(catalog["errors"])
psql("select * from dev.my_second_dbt_model", "select * from dev.per_country order by 1", "select * from dev.big_cities order by 1",
     "select * from dev.kept order by 1", "select id, name, people, dbt_valid_to is null from dev.cities_snapshot order by id, 4",
     "select table_schema, table_name, table_type from information_schema.tables where table_schema like 'dev%' order by 1, 2",
     "select obj_description('dev.per_country'::regclass), col_description('dev.per_country'::regclass, 1)")

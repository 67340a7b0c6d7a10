#!/usr/bin/env python3
"""How seam diff compares statements: by their form, and by their constants and parameters."""
import json

from bench import Bench

b = Bench("sql")
RULES = {"seam": 1, "services": {"db": {"protocol": "postgres", "at": ["db.prod:5432"], "seed": [
    {"table": "public.orders", "columns": {"id": "int primary key", "total": "numeric(12,2)", "note": "text"}, "rows": [[1, "2.50", "first"]]}]}}}
b.write("rules.json", json.dumps(RULES))


def run(trace, *statements, rules="rules.json"):
    b.write("script.sql", ";\n".join(statements) + ";\n")  # a command line would be in the trace, too
    code, _, err = b.seam("run", "-q", "-r", rules, "-t", trace, "--", "psql", "-q", "-h", "db.prod", "-U", "me", "shop", "-f", "script.sql")
    b.check(f"{trace}: psql runs", code == 0, err)


run("run.trace", "select note from orders where id = 1", "insert into orders (id, total, note) values (2, 19.90, 'it''s')")
b.seam("accept", "-q", "golden.trace", "run.trace")
run("run.trace", "SELECT  note\n FROM orders -- the first\n WHERE id=1", "INSERT INTO orders(id,total,note) /* one */ VALUES (2,19.90,'it''s')")
code, out, err = b.seam("diff", "golden.trace", "run.trace")
b.check("white space, case and comments are no difference", code == 0, out + err)

run("run.trace", "select note from orders where id = 1", "insert into orders (id, total, note) values (2, 19.9, 'that''s')")
code, out, err = b.seam("diff", "--format", "json", "golden.trace", "run.trace")
found = json.loads(out)["findings"]
paths = [(p["path"], p["golden"], p["run"]) for f in found for p in f["paths"]]
b.check("the same statement with other constants: those are the difference", code == 1 and len(found) == 1 and
        paths == [("sql.literal.2", "19.90", "19.9"), ("sql.literal.3", "'it''s'", "'that''s'")], out)
code, out, err = b.seam("diff", "golden.trace", "run.trace")
b.check("each with a line to paste", "seam mask add 'sql.literal.2'" in out, out)
b.check("which works", b.seam("mask", "add", "sql.literal.3", "--service", "db", "--sum", "INSERT orders")[0] == 0
        and b.seam("mask", "add", "sql.literal.2", "--numeric", "--service", "db")[0] == 0)
code, out, err = b.seam("diff", "-r", "rules.json", "golden.trace", "run.trace")
b.check("a masked constant is counted, a number is compared as one", code == 0 and "masked" in out, out + err)

run("run.trace", "select note from orders where id = 1", "insert into orders (total, id, note) values (19.90, 2, 'it''s')")
code, out, err = b.seam("diff", "golden.trace", "run.trace")
b.check("columns in another order are another statement", code == 1 and "a.db.query.text" in out, out)

b.write("secret.json", json.dumps({**RULES, "redact": ["sql.literal.3"]}))
run("run.trace", "insert into orders (id, total, note) values (3, 1, 'hunter2')", rules="secret.json")
b.check("a declared constant is a secret", "hunter2" not in b.read("run.trace") and "'<secret:" in b.read("run.trace") and "hunter2" not in b.read("run.trace.blobs/final.trace"), b.read("run.trace"))
b.end()

#!/usr/bin/env python3
"""seam run --clock: the program and the fakes live at the same time."""
import glob
import json

from bench import Bench

b = Bench("clock")
if not glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1"):
    b.skip("no libfaketime here (package faketime)")
    b.end()
b.write("r.json", json.dumps({"seam": 1, "services": {
    "db": {"protocol": "postgres", "at": ["db.prod:5432"], "seed": [{"table": "public.t", "columns": {"id": "int", "at": "timestamptz default now()"}, "rows": []}]},
    "lake": {"protocol": "s3", "at": ["lake.s3.amazonaws.com:443"]}, "api": {"protocol": "http", "at": ["api.example.com:443"]}},
    "rules": [{"id": "when", "on": "http", "do": {"json": {"at": "{{now}}"}}}]}))
b.write("job.sh", """set -e
date -u +%FT%T
psql -X -q -h db.prod -U me shop -A -t -c "insert into t (id) values (1) returning to_char(at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS')" -c "select to_char(now() at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS')"
curl -sS -f -o /dev/null -T job.sh https://lake.s3.amazonaws.com/k
curl -sS -f -I https://lake.s3.amazonaws.com/k | tr -d '\\r' | sed -n 's/^[Ll]ast-[Mm]odified: //p'
curl -sS -f https://api.example.com/
""")
for at, http in (("2020-02-29T12:00:00", "Sat, 29 Feb 2020 12:00:00 GMT"), ("2031-07-01T00:00:00", "Tue, 01 Jul 2031 00:00:00 GMT")):
    code, out, err = b.seam("run", "-q", "-r", "r.json", "-t", "a.trace", "--clock", at + "Z", "--", "sh", "job.sh")
    lines = out.splitlines()
    b.check(f"{at}: the job runs, over TLS too", code == 0 and len(lines) >= 4, out + err)
    b.check(f"{at}: one time for all", [x.replace("T", " ") for x in lines[:3]] == [at.replace("T", " ")] * 3 and http in out and at in lines[-1], out)
    b.check(f"{at}: the trace begins there", json.loads(b.read("a.trace").splitlines()[0])["start"].startswith(at[:16]))
b.seam("accept", "-q", "golden.trace", "a.trace")
b.seam("run", "-q", "-r", "r.json", "-t", "b.trace", "--clock", "2031-07-01T00:00:00Z", "--", "sh", "job.sh")
code, out, err = b.seam("diff", "golden.trace", "b.trace")
b.check("and runs are the same", code == 0, out + err)
b.end()

#!/usr/bin/env python3
"""seam diff --effects: what a run did, not how it asked for it."""
import json

from bench import Bench

b = Bench("effects")


def trace(name, *events):
    """A recording by hand."""
    lines = [json.dumps({"k": "seam.trace", "v": 1, "min": 1, "by": "seam", "run": "r", "start": "2026-11-20T11:14:46Z", "semconv": "1.44.0", "canonical": False,
                         "argv": [], "mode": "fake", "seed": 1, "rules": [], "redact": {"mode": "hmac"}, "inline_max": 4096})]
    for i, e in enumerate(events):
        k, st, summary, a, req = (list(e) + [{}, None])[:5]
        line = {"k": k, "st": st, "seq": i, "sum": summary, "ok": True, "by": "fake", "a": a}
        if req is not None:
            line["req"] = req
        lines.append(json.dumps({**line, "t": {"n": i, "ts": i * 1000, "dur": 1, "pid": 7, "tid": 7}}))
    lines.append(json.dumps({"k": "seam.end", "events": len(events), "dropped": 0}))
    b.write(name, "".join(x.replace('", "', '","').replace('": ', '":') + "\n" for x in lines))


def sql(summary, text, *params):
    return ("sql", "job/db/db:5432#0", summary, {"db.query.text": text, **{f"db.query.parameter.{i}": p for i, p in enumerate(params)}})


psycopg = [sql("BEGIN", "BEGIN"), sql("INSERT orders", "INSERT INTO orders (id, total) VALUES (1, '19.90')"), sql("INSERT orders", "INSERT INTO orders (id, total) VALUES (2, '5')"), sql("COMMIT", "COMMIT")]
asyncpg = [("sql", "other.py/db/db:5432#3") + x[2:] for x in [sql("SELECT", "select version()"), sql("INSERT orders", "insert into orders(id, total) values($1, $2::numeric)", "2", "5"),
                                                              sql("INSERT orders", "insert into orders(id, total) values($1, $2)", "1", "19.90")]]
trace("a.trace", *psycopg)
trace("b.trace", *asyncpg)
b.check("calls differ", b.seam("diff", "a.trace", "b.trace")[0] == 1)
code, out, err = b.seam("diff", "--effects", "a.trace", "b.trace")
b.check("another driver, another order, the same effects", code == 0 and "2 events" in out, out + err)
trace("c.trace", *(psycopg[:-1] + [sql("ROLLBACK", "ROLLBACK")]))
code, out, _ = b.seam("diff", "--effects", "a.trace", "c.trace")
b.check("what was rolled back did not happen", code == 1 and "missing" in out and "golden:3" in out, out)
trace("d.trace", *(psycopg[:1] + [sql("INSERT orders", "INSERT INTO orders (id, total) VALUES (1, '19.9')")] + psycopg[2:]))
code, out, _ = b.seam("diff", "--effects", "a.trace", "d.trace")
b.check("another value is changed, with its place", code == 1 and "a.values[1]" in out and '"19.90"' in out, out)

put = ("s3", "job/lake/s3:443", "PutObject raw", {"aws.s3.bucket": "raw", "aws.s3.key": "a.csv", "rpc.method": "S3/PutObject"}, {"sz": 6, "b": "id\n1\n2\n"})
part = lambda n, t: ("s3", "x/lake/s3:443", "UploadPart raw", {"aws.s3.bucket": "raw", "aws.s3.key": "a.csv", "rpc.method": "S3/UploadPart", "aws.s3.part_number": n}, {"sz": 3, "b": t})
done = ("s3", "x/lake/s3:443", "CompleteMultipartUpload raw", {"aws.s3.bucket": "raw", "aws.s3.key": "a.csv", "rpc.method": "S3/CompleteMultipartUpload"}, {"b": "<x/>"})
trace("put.trace", ("s3", "job/lake/s3:443", "PutObject raw", put[3], {"sz": 1, "b": "old"}), put)
trace("multi.trace", part(2, "2\n"), part(1, "id\n1\n"), done)
code, out, err = b.seam("diff", "--effects", "put.trace", "multi.trace")
b.check("one upload or parts: the object as it was left", code == 0, out + err)
trace("gone.trace", put, ("s3", "job/lake/s3:443", "DeleteObject raw", {**put[3], "rpc.method": "S3/DeleteObject"}))
b.check("a deleted object is missing", b.seam("diff", "--effects", "put.trace", "gone.trace")[0] == 1)
b.check("nothing at all is never green", b.seam("diff", "--effects", "gone.trace", "gone.trace")[0] == 4)

# a real job, and one that asks more on its way to the same
b.record("one.trace")
b.write("job.sh", b.read("job.sh").replace("for c in", "curl -sS -o /dev/null http://api.example.com/v1/rates/CHF\nfor c in").replace("-T report.csv", "-H 'x-amz-meta-by: hand' -T report.csv"))
b.record("two.trace")
b.seam("accept", "-q", "golden.trace", "one.trace")
b.check("calls differ from the golden", b.seam("diff", "golden.trace", "two.trace")[0] == 1)
code, out, err = b.seam("diff", "--effects", "golden.trace", "two.trace")
b.check("effects do not, and the golden is untouched", code == 0, out + err)
b.record("three.trace", TOTAL="1")
code, out, err = b.seam("diff", "--effects", "golden.trace", "three.trace")
b.check("what it did differently is said", code == 1 and "req.b.total" in out and "today.csv" in out, out + err)
b.end()

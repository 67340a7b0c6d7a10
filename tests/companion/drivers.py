#!/usr/bin/env python3
"""seam diff --effects over real clients: psycopg2 becomes asyncpg, boto3 becomes s3fs,
the golden stays as it is."""
import json
import os
import subprocess
import sys

from bench import BUILD, Bench

b = Bench("drivers")
SYSTEM = "/usr/bin/python3"
b.write("rules.json", json.dumps({
    "seam": 1,
    "services": {"db": {"protocol": "postgres", "at": ["db.prod:5432"], "seed": [
        {"table": "public.orders", "columns": {"id": "int primary key", "total": "numeric(12,2)", "note": "text", "at": "timestamptz default now()", "token": "uuid default gen_random_uuid()"},
         "rows": [[1, "2.50", "first", None, None]]},
        {"table": "public.lines", "columns": {"order_id": "int references orders on delete cascade", "sku": "text"}, "rows": [[1, "a"]]}]},
        "lake": {"protocol": "s3", "at": ["lake.s3.amazonaws.com:443", "s3.*.amazonaws.com:443", "s3.amazonaws.com:443", "*.s3.*.amazonaws.com:443"], "seed": [{"bucket": "lake", "key": "old.csv", "text": "x"}]}}}))

PSYCOPG2 = """
import psycopg2, psycopg2.extras
c = psycopg2.connect(host="db.prod", user="me", dbname="shop", password="x")
cur = c.cursor()
psycopg2.extras.execute_values(cur, "insert into orders (id, total, note) values %s", [(2, "3.5", "it's"), (3, "4.25", None)])
cur.execute("update orders set total = total + %s where id = 2", (1,))
cur.execute("delete from orders where id = 1")
c.commit()
cur.execute("insert into orders (id, total) values (9, 9)")
c.rollback()
"""
ASYNCPG = """
import asyncio, decimal, asyncpg
async def main():
    c = await asyncpg.connect(host="db.prod", user="me", database="shop", password="x")
    async with c.transaction():
        await c.execute("DELETE FROM lines")
        await c.execute("DELETE FROM orders WHERE id = $1", 1)
    await c.copy_records_to_table("orders", records=[(3, decimal.Decimal("%s"), None)], columns=["id", "total", "note"])
    await c.executemany("insert into orders (id, total, note) values ($1, $2, $3)", [(2, decimal.Decimal("4.50"), "it's")])
    await c.close()
asyncio.run(main())
"""
BOTO3 = """
import boto3
s3 = boto3.client("s3", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
s3.put_object(Bucket="lake", Key="out/a.json", Body=b'{"rows": 3}')
s3.put_object(Bucket="lake", Key="out/b.csv", Body=b"id,total\\n1,%s\\n")
s3.put_object(Bucket="lake", Key="tmp", Body=b"gone")
s3.delete_object(Bucket="lake", Key="tmp")
up = s3.create_multipart_upload(Bucket="lake", Key="out/big.bin")["UploadId"]
parts = [s3.upload_part(Bucket="lake", Key="out/big.bin", UploadId=up, PartNumber=n, Body=p)["ETag"] for n, p in ((1, bytes(range(256)) * 20480), (2, b"\\xff" * 7))]
s3.complete_multipart_upload(Bucket="lake", Key="out/big.bin", UploadId=up, MultipartUpload={"Parts": [{"PartNumber": i + 1, "ETag": t} for i, t in enumerate(parts)]})
s3.delete_object(Bucket="lake", Key="old.csv")
"""
S3FS = """
import s3fs
fs = s3fs.S3FileSystem(key="a", secret="b", client_kwargs={"region_name": "eu-west-1"})
with fs.open("lake/out/b.csv", "wb") as f:
    f.write(b"id,total\\n1,%s\\n")
fs.pipe("lake/out/a.json", b'{"rows": 3}')
with fs.open("lake/out/big.bin", "wb") as f:
    f.write(bytes(range(256)) * 20480 + b"\\xff" * 7)
fs.rm("lake/old.csv")
"""


def run(trace, python, text):
    b.write("job.py", text)
    code, out, err = b.seam("run", "-q", "-r", "rules.json", "-t", trace, "--", python, "job.py")
    return b.check(f"{trace}: the job runs", code == 0, out + err)


def has(python, *modules):
    return subprocess.run([python, "-c", "import " + ", ".join(modules)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0


def with_s3fs():
    """s3fs is in no Debian release that is old enough: from PyPI, once, into the build folder."""
    home = os.path.join(os.path.abspath(BUILD), "pypi-s3fs")
    python = os.path.join(home, "bin", "python")
    if not has(python, "s3fs") if os.path.exists(python) else True:
        for command in ([SYSTEM, "-m", "venv", home], [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "s3fs", "boto3"]):
            try:
                if subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300, check=False).returncode:
                    return None
            except (OSError, subprocess.TimeoutExpired):
                return None
    return python


if has(SYSTEM, "psycopg2", "asyncpg"):
    if run("psycopg2.trace", SYSTEM, PSYCOPG2) and b.seam("accept", "-q", "golden.trace", "psycopg2.trace")[0] == 0:
        golden = b.read("golden.trace") + b.read("golden.trace.blobs/final.trace")
        run("asyncpg.trace", SYSTEM, ASYNCPG % "4.25")
        b.check("the calls differ", b.seam("diff", "golden.trace", "asyncpg.trace")[0] == 1)
        code, out, err = b.seam("diff", "--effects", "golden.trace", "asyncpg.trace")
        b.check("asyncpg leaves the tables as psycopg2 did", code == 0 and "same" in out, out + err)
        run("wrong.trace", SYSTEM, ASYNCPG % "4.52")
        code, out, err = b.seam("diff", "--effects", "golden.trace", "wrong.trace")
        b.check("one value is one finding, with its table and column", code == 1 and "1 finding" in out and "public.orders" in out and "a.total" in out and "--event -" not in out, out + err)
        b.check("the golden was not touched", golden == b.read("golden.trace") + b.read("golden.trace.blobs/final.trace"))
        b.seam("accept", "-q", "again.trace", "asyncpg.trace")
        b.check("rows that another run left give the same bytes", b.read("again.trace.blobs/final.trace").splitlines()[1:] == b.read("golden.trace.blobs/final.trace").splitlines()[1:])
        code, out, err = b.seam("accept", "--unused", ".")
        b.check("the rows beside a golden are no golden and no body", "final.trace" not in out, out + err)
        code, out, err = b.seam("state", "asyncpg.trace", "select id, total from orders order by id")
        b.check("seam state tells the tables of the end out of the calls", code == 0 and "2\t4.50" in out and "3\t4.25" in out and "1\t2.50" not in out, out + err)
        run("asyncpg.trace", SYSTEM, "print('no table is written')")
        b.check("rows of an earlier run do not stay", not os.path.exists(b.path("asyncpg.trace.blobs/final.trace")))
        code, out, err = b.seam("diff", "--effects", "golden.trace", "asyncpg.trace")
        b.check("a run that wrote nothing misses it", code == 1 and "missing" in out, out + err)
else:
    b.skip("python3-psycopg2 or python3-asyncpg is not installed")

b.write("secret.json", json.dumps({**json.loads(b.read("rules.json")), "redact": ["sql.literal.2", "sql.param.1"]}))
b.write("secret.sql", "insert into orders (id, note) values (7, 'hunter2');\ninsert into orders (id, note) select id + 1, note from orders where id = 7;\n")
code, out, err = b.seam("run", "-q", "-r", "secret.json", "-t", "secret.trace", "--", "psql", "-q", "-h", "db.prod", "-U", "me", "-f", "secret.sql")
left = b.read("secret.trace.blobs/final.trace") if os.path.exists(b.path("secret.trace.blobs/final.trace")) else ""
b.check("a secret is none of the rows", code == 0 and '"8"' in left and "hunter2" not in left + b.read("secret.trace"), err + left)

s3fs = with_s3fs()
if s3fs:
    if run("boto3.trace", s3fs, BOTO3 % "19.90") and b.seam("accept", "-q", "lake.trace", "boto3.trace")[0] == 0:
        run("s3fs.trace", s3fs, S3FS % "19.90")
        b.check("the calls differ", b.seam("diff", "lake.trace", "s3fs.trace")[0] == 1)
        code, out, err = b.seam("diff", "--effects", "lake.trace", "s3fs.trace")
        b.check("s3fs leaves the objects as boto3 did", code == 0 and "same" in out, out + err)
        run("other.trace", s3fs, S3FS % "19.91")
        code, out, err = b.seam("diff", "--effects", "lake.trace", "other.trace")
        b.check("one object that differs is one finding, with its cell", code == 1 and "1 finding" in out and "out/b.csv" in out and "19.91" in out, out + err)
else:
    b.skip("s3fs cannot be had from PyPI")
b.end()

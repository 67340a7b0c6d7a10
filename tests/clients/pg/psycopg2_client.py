import datetime
import decimal
import io
import threading

import psycopg2
import psycopg2.errors
import psycopg2.extras
import psycopg2.pool

DSN = "host=db.client.test dbname=shop user=app connect_timeout=5"

conn = psycopg2.connect(DSN)
assert conn.server_version == 150008, conn.server_version
assert conn.encoding == "UTF8", conn.encoding
cur = conn.cursor()

cur.execute("select * from every_type")
rows = cur.fetchall()
utc = datetime.timezone.utc
row = rows[0]
assert row[:9] == (True, -2, 4, 9007199254740993, 1.5, 0.1, decimal.Decimal("1234.500"), "grüße", "v"), row
assert bytes(row[9]) == b"\xde\xad\xbe\xef", row[9]
assert row[10] == "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
assert row[11] == {"a": 1} and row[12] == {"a": [1, 2]}, row[11:13]
assert row[13] == datetime.date(2024, 2, 29) and row[14] == datetime.time(12, 34, 56, 789000)
assert row[15] == datetime.datetime(2024, 2, 29, 12, 34, 56, 789000)
assert row[16] == datetime.datetime(2024, 2, 29, 12, 34, 56, 789000, utc), row[16]
assert row[17] == [1, None, 3] and row[18] == ["a", "b c", None], row[17:]
assert rows[1] == (None,) * 19
assert [d.name for d in cur.description][:3] == ["b", "i2", "i4"] and cur.description[6].precision == 12

# psycopg2 puts parameters into the text
cur.execute("select id, name from items where id = %s", (9,))
assert conn.status == psycopg2.extensions.STATUS_BEGIN
conn.commit()
cur.execute("update items set name = %s", ("x",))
assert cur.rowcount == 3, cur.rowcount
conn.rollback()

try:
    cur.execute("insert into unique_items values (1)")
    raise SystemExit("no error")
except psycopg2.errors.UniqueViolation as e:
    assert e.diag.constraint_name == "unique_items_pkey" and e.diag.table_name == "unique_items"
    assert e.diag.message_detail == "Key (id)=(1) already exists."
try:
    cur.execute("select 1")
    raise SystemExit("no error")
except psycopg2.errors.InFailedSqlTransaction:
    conn.rollback()

with conn, conn.cursor() as c:
    c.execute("select 1")
    assert c.fetchone() == (1,)

conn.autocommit = True
cur.execute("commit")
assert conn.notices[-1].strip() == "WARNING:  there is no transaction in progress", conn.notices
conn.set_session(isolation_level="SERIALIZABLE", readonly=True)
cur.execute("show transaction_isolation")
assert cur.fetchone() == ("serializable",)

cur.copy_expert("copy items (id, name) from stdin csv", io.StringIO("1,one\n2,two\n"))
assert cur.rowcount == 2, cur.rowcount
out = io.StringIO()
cur.copy_expert("copy items to stdout", out)
assert out.getvalue() == '1\tone\n2\t\\N\n3\ttab\\there, "quoted"\n', out.getvalue()

# a cancel from another thread
timer = threading.Timer(0.1, conn.cancel)
timer.start()
try:
    cur.execute("select pg_sleep(60)")
    raise SystemExit("not cancelled")
except psycopg2.errors.QueryCanceled:
    pass
timer.join()
conn.close()

pool = psycopg2.pool.ThreadedConnectionPool(1, 4, DSN)


def work(results):
    c = pool.getconn()
    with c.cursor() as k:
        k.execute("select 1")
        results.append(k.fetchone()[0])
    c.commit()
    pool.putconn(c)


results = []
threads = [threading.Thread(target=work, args=(results,)) for _ in range(4)]
for t in threads:
    t.start()
for t in threads:
    t.join()
assert results == [1, 1, 1, 1], results
pool.closeall()
print("ok")

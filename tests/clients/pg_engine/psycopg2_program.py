"""psycopg2: types, errors, server-side cursors, COPY, notifications."""
import datetime
import decimal
import io
import select

import psycopg2
import psycopg2.extras

psycopg2.extras.register_uuid()
conn = psycopg2.connect("")
cur = conn.cursor()
cur.execute("create type mood as enum ('sad', 'happy'); create type pair as (a int, b text)")
cur.execute("""create table t (id serial primary key, b bool, i2 int2, i8 int8, f4 float4, f8 float8, n numeric(12,4), s varchar(20),
  by bytea, u uuid, j json, jb jsonb, d date, ti time, ts timestamp, tz timestamptz, iv interval, ar int[], ta text[], m mood, p pair,
  r int4range, ip inet)""")
ROW = (True, -3, 2 ** 60, 1.5, 0.1, decimal.Decimal("1234.5678"), "gr\u00fc\u00dfe 'q' \\ %", psycopg2.Binary(b"\x00\xff'\\"),
       "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", psycopg2.extras.Json({"a": [1, None]}), psycopg2.extras.Json({"b": "\u00fc"}),
       datetime.date(2024, 2, 29), datetime.time(1, 2, 3, 4), datetime.datetime(2024, 2, 29, 1, 2, 3),
       datetime.datetime(2024, 2, 29, 1, 2, 3, 5, datetime.timezone.utc), datetime.timedelta(days=3, seconds=7, microseconds=9),
       [1, None, 3], ["a", "b,c", None, 'q"'], "happy", (1, "x y"), psycopg2.extras.NumericRange(1, 5), psycopg2.extras.Inet("10.0.0.0/8"))
cur.execute("insert into t (b,i2,i8,f4,f8,n,s,by,u,j,jb,d,ti,ts,tz,iv,ar,ta,m,p,r,ip) values (" + ",".join(["%s"] * 22) + ") returning id", ROW)
print(cur.fetchone(), cur.statusmessage)
cur.execute("select * from t")
print([bytes(v) if isinstance(v, memoryview) else v for v in cur.fetchone()])
for c in cur.description:
    print(c.name, c.type_code if c.type_code < 16384 else "own", c.internal_size, c.precision, c.scale)
psycopg2.extras.register_composite("pair", cur)
cur.execute("select p, array[p, null] from t")
print(cur.fetchone())
conn.commit()

psycopg2.extras.execute_values(cur, "insert into t (i2, s) values %s returning id", [(i, "v%d" % i) for i in range(250)], page_size=100)
print(cur.rowcount, len(cur.fetchall()))
psycopg2.extras.execute_batch(cur, "update t set s = %s where i2 = %s", [("w%d" % i, i) for i in range(10)])
cur.executemany("delete from t where i2 = %s", [(i,) for i in range(100, 110)])
print(cur.rowcount)
cur.callproc("pg_catalog.lower", ("ABC",))
print(cur.fetchone())
conn.commit()

named = conn.cursor("server_side", scrollable=True)
named.itersize = 17
named.execute("select i2, s from t where i2 >= 0 order by id")
print(sum(1 for _ in named))
named.scroll(5, mode="absolute")
print(named.fetchone(), named.fetchmany(2))
named.scroll(-3)
print(named.fetchone())
named.close()
hold = conn.cursor("held", withhold=True)
hold.execute("select generate_series(1, 5)")
conn.commit()
print(hold.fetchall())
hold.close()
conn.commit()

f = io.StringIO("1\tone\n2\t\\N\n3\ta\\tb\n")
cur.execute("create temp table c (a int, b text) on commit preserve rows")
cur.copy_from(f, "c")
print(cur.rowcount)
out = io.StringIO()
cur.copy_to(out, "c", sep="|", null="?")
print(repr(out.getvalue()))
cur.copy_expert("copy c from stdin with (format csv, header)", io.StringIO('a,b\n4,"x ""y"", z"\n5,\n'))
out = io.StringIO()
cur.copy_expert("copy (select * from c order by a desc) to stdout with (format csv, header)", out)
print(out.getvalue())
try:
    cur.copy_expert("copy c from stdin", io.StringIO("x\ty\n"))
except psycopg2.Error as e:
    print(e.pgcode, e.pgerror, e.diag.context)
conn.rollback()

for text, args in [("select 1/0", None), ("select * from nope", None), ("insert into t (id) values (1)", None), ("select %s::int", ("x",)),
                   ("insert into t (s) values (%s)", ("y" * 30,)), ("select 'a' || 1 + 2", None), ("update t set m = 'x'", None), ("selec", None)]:
    try:
        cur.execute(text, args)
        print(cur.fetchall() if cur.description else cur.statusmessage)
    except psycopg2.Error as e:
        d = e.diag
        print(type(e).__name__, e.pgcode, d.message_primary, d.message_detail, d.message_hint, d.statement_position, d.schema_name,
              d.table_name, d.column_name, d.constraint_name, d.severity)
    try:
        cur.execute("select 1")
    except psycopg2.Error as e:
        print(type(e).__name__, e.pgcode)
    conn.rollback()

other = psycopg2.connect("")
other.autocommit = True
other.cursor().execute("listen ch")
cur.execute("notify ch, 'one'")
cur.execute("select pg_notify('ch', 'two')")
conn.commit()
while len(other.notifies) < 2:
    select.select([other], [], [], 5)
    other.poll()
print([(n.channel, n.payload, n.pid == conn.get_backend_pid()) for n in other.notifies])

conn.set_session(isolation_level="SERIALIZABLE", readonly=True, deferrable=True)
cur.execute("show transaction_isolation")
print(cur.fetchone())
try:
    cur.execute("delete from t")
except psycopg2.Error as e:
    print(e.pgcode, e.pgerror)
conn.rollback()
conn.set_session(isolation_level="READ COMMITTED", readonly=False, deferrable=False)
xid = conn.xid(1, "gtrid", "bqual")
print(conn.server_version // 10000, conn.encoding, conn.get_parameter_status("DateStyle"), conn.get_transaction_status(), xid.gtrid)
dc = conn.cursor(cursor_factory=psycopg2.extras.RealDictCursor)
dc.execute("select id, s from t order by id limit 2")
print([dict(r) for r in dc.fetchall()])
with conn:
    with conn.cursor() as c:
        c.execute("select set_config('TimeZone', 'Europe/Berlin', false), now() is not null")
        c.execute("select timestamptz '2024-07-01 12:00+00'")
        print(c.fetchone()[0].isoformat())
print(conn.notices)
cur.execute("do_not_exist" if False else "drop table if exists nothing_here")
print(conn.notices)

"""psycopg 3: both formats, prepared statements, pipelines, server cursors, COPY, notifications, asyncio."""
import asyncio
import datetime
import decimal
import logging
import uuid

import psycopg
from psycopg.types.composite import CompositeInfo, register_composite
from psycopg.types.enum import EnumInfo, register_enum
from psycopg.types.hstore import TypeInfo
from psycopg.types.json import Jsonb
from psycopg.types.multirange import Int4Multirange
from psycopg.types.range import Range

logging.getLogger("psycopg").setLevel(logging.CRITICAL)  # when a pipeline aborts is a matter of timing
DSN = ""
UTC = datetime.timezone.utc
with psycopg.connect(DSN) as conn:
    conn.execute("create type mood as enum ('sad', 'happy')")
    conn.execute("create type pair as (a int, b text)")
    conn.execute("create table k (id int generated always as identity primary key, v jsonb, at timestamptz, m mood, ar text[], n numeric)")
    conn.commit()
    register_enum(EnumInfo.fetch(conn, "mood"), conn)
    register_composite(CompositeInfo.fetch(conn, "pair"), conn)
    print(TypeInfo.fetch(conn, "pair").name, TypeInfo.fetch(conn, "no_such_type"))
    values = [True, -2, 70000, 2 ** 40, 1.5, decimal.Decimal("12.340"), decimal.Decimal("NaN"), "gr\u00fc\u00dfe", b"\x00\xff", uuid.UUID(int=7),
              datetime.date(2024, 2, 29), datetime.time(1, 2, 3), datetime.time(1, 2, 3, tzinfo=UTC),
              datetime.datetime(2024, 2, 29, 1, 2, 3, 4), datetime.datetime(2024, 2, 29, 1, 2, 3, 4, UTC), datetime.timedelta(days=-3, seconds=5),
              [1, 2, None], [["a", "b"], ["c", None]], Jsonb({"a": [1.5, None]}), Range(1, 5, "[]"), None,
              Int4Multirange([Range(1, 3), Range(7, 9)])]
    for binary in (False, True):
        with conn.cursor(binary=binary) as cur:
            for v in values:
                for form in ("%s", "%b", "%t"):
                    try:
                        cur.execute(f"select {form}", (v,))
                        print(binary, form, cur.fetchone(), cur.description[0].type_code)
                    except psycopg.Error as e:
                        conn.rollback()
                        print(binary, form, type(e).__name__, str(e).splitlines()[0])
            print(cur.execute("select row(1, 'x')::pair, array[row(2, 'y')::pair], 'happy'::mood, '{sad}'::mood[]").fetchone())
    for i in range(12):
        conn.execute("insert into k (v, at, ar, n) values (%s, %s, %s, %s)",
                     (Jsonb({"i": i}), datetime.datetime(2024, 1, 1 + i, tzinfo=UTC), [str(i), None], decimal.Decimal(i) / 4))
    print(conn.execute("select count(*), sum(n), max(at), jsonb_agg(v order by id desc) from k").fetchone())
    cur = conn.cursor()
    cur.executemany("update k set n = %s where id = %s returning id, n", [(i, i) for i in range(1, 4)], returning=True)
    while True:
        print(cur.fetchone(), cur.rowcount)
        if not cur.nextset():
            break
    with conn.cursor("srv", scrollable=True, binary=True) as cur:
        cur.execute("select id, n from k order by id")
        print(cur.fetchmany(3), cur.fetchone())
        cur.scroll(-2)
        print(cur.fetchone())
        cur.scroll(10, "absolute")
        print(cur.fetchall())
    with conn.cursor("srv2", withhold=True) as cur:
        cur.execute("select id from k where id < %s order by id", (4,))
        conn.commit()
        print(cur.fetchall())
    conn.commit()

    with conn.pipeline() as p:
        a = conn.execute("insert into k (n) values (%s) returning id", (100,))
        b = conn.execute("select count(*) from k")
        p.sync()
        c = conn.execute("select %s::text", ("hi",))
        print(a.fetchone(), b.fetchone(), c.fetchone())
    conn.commit()
    try:
        with conn.pipeline() as p:
            conn.execute("insert into k (n) values (200)")
            conn.execute("select 1/0")
            conn.execute("insert into k (n) values (300)")
            p.sync()
    except psycopg.Error as e:
        print(type(e).__name__, e.sqlstate)
    conn.rollback()
    print(conn.execute("select count(*) from k where n >= 100").fetchone())
    conn.commit()

    cur = conn.cursor()
    with cur.copy("copy k (v, n, ar) from stdin") as copy:
        for i in range(3):
            copy.write_row((Jsonb({"c": i}), i, ["x", None]))
    print(cur.rowcount, cur.statusmessage)
    with cur.copy("copy k (n, at, ar) from stdin (format binary)") as copy:
        copy.set_types(["numeric", "timestamptz", "text[]"])
        copy.write_row((decimal.Decimal("-1.25"), datetime.datetime(2030, 1, 1, tzinfo=UTC), ["b", None]))
        copy.write_row((None, None, None))
    print(cur.rowcount)
    with cur.copy("copy (select id, n, at, ar from k order by id desc limit 6) to stdout (format binary)") as copy:
        copy.set_types(["int4", "numeric", "timestamptz", "text[]"])
        for r in copy.rows():
            print(r)
    with cur.copy("copy (select v, n, ar from k order by id desc limit 6) to stdout") as copy:
        print(b"".join(copy))
    try:
        with cur.copy("copy k (n) from stdin") as copy:
            copy.write("1\n")
            raise RuntimeError("stop")
    except RuntimeError as e:
        print(e)
    conn.rollback()
    try:
        with cur.copy("copy k (n) from stdin") as copy:
            copy.write("1\nx\n")
    except psycopg.Error as e:
        print(e.sqlstate, e.diag.message_primary, e.diag.context)
    conn.rollback()
    print([n for n, in cur.stream("select generate_series(1, 4)")])
    try:
        conn.execute("select * from k where id = %s", ("x",))
    except psycopg.Error as e:
        print(e.sqlstate, e.diag.message_primary, e.diag.context, e.diag.statement_position)
    conn.rollback()
    try:
        conn.execute("select %s", ([],))
        conn.execute("select nope(%s)", (1,))
    except psycopg.Error as e:
        print(e.sqlstate, e.diag.message_primary, e.diag.message_hint, e.diag.statement_position)
    conn.rollback()
    with conn.transaction():
        try:
            with conn.transaction("sp"):
                conn.execute("insert into k (id) values (1)")
        except psycopg.Error as e:
            print(e.sqlstate, e.diag.message_detail, e.diag.message_hint, e.diag.column_name)
        print(conn.info.transaction_status.name)
    print(conn.info.parameter_status("server_encoding"), conn.info.timezone, conn.info.backend_pid > 0, conn.info.server_version // 10000)
    conn.add_notice_handler(lambda d: print("notice", d.severity, d.message_primary))
    conn.execute("drop table if exists nothing_here")
    conn.commit()
    t = conn.execute("begin isolation level repeatable read read only")
    print(conn.execute("show transaction_isolation").fetchone(), conn.execute("show transaction_read_only").fetchone(), t.statusmessage)
    conn.rollback()

with psycopg.connect(DSN, autocommit=True) as one, psycopg.connect(DSN, autocommit=True) as two:
    one.execute("listen ch")
    two.execute("select pg_notify('ch', 'a')")
    two.execute("notify ch, 'b'")
    print([(n.channel, n.payload, n.pid == two.info.backend_pid) for n in one.notifies(timeout=5, stop_after=2)])


async def main():
    async with await psycopg.AsyncConnection.connect(DSN) as c:
        async with c.cursor() as cur:
            await cur.execute("select count(*) from k")
            print(await cur.fetchone())
            async with cur.copy("copy (select generate_series(1, 3)) to stdout") as copy:
                print([bytes(b) async for b in copy])
        await c.commit()
        async with await psycopg.AsyncConnection.connect(DSN) as other:
            await other.execute("lock table k")
            try:
                await asyncio.wait_for(c.execute("select count(*) from k"), 0.2)
                print("read")
            except (asyncio.TimeoutError, psycopg.errors.QueryCanceled):
                print("cancelled")
        await c.rollback()
        print(await (await c.execute("select 1")).fetchone())
asyncio.run(main())

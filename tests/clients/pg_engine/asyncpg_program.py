"""asyncpg: everything prepared and binary; its own queries of pg_type, cursors, COPY, LISTEN."""
import asyncio
import datetime
import decimal
import io
import uuid

import asyncpg

UTC = datetime.timezone.utc


async def main():
    c = await asyncpg.connect(ssl=False)
    print(c.get_server_version().major, c.get_settings().server_encoding)
    print(await c.execute("create type mood as enum ('sad', 'happy'); create type pair as (a int, b text); create domain pos as int check (value > 0)"))
    print(await c.execute("""create table t (id serial primary key, m mood, p pair, ps pair[], d pos, n numeric, j jsonb, at timestamptz, iv interval,
        ar int[], tx text[], r int4range, mr int4multirange, ip inet, ci cidr, by bytea, u uuid, b bit(3), pt point)"""))
    row = ("happy", (1, "x"), [(2, "y")], 5, decimal.Decimal("1e-20"), '{"a": 1}', datetime.datetime(2024, 2, 29, tzinfo=UTC),
           datetime.timedelta(days=400, seconds=3), [1, None], ["a", None], asyncpg.Range(1, 5), [asyncpg.Range(1, 2), asyncpg.Range(5, 7)],
           "10.0.0.1", "10.0.0.0/8", b"\x00\x01", uuid.UUID(int=5), asyncpg.BitString("101"))
    print(await c.fetchval("""insert into t (m, p, ps, d, n, j, at, iv, ar, tx, r, mr, ip, ci, by, u, b)
        values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17) returning id""", *row))
    for k, v in dict(await c.fetchrow("select * from t")).items():
        print(k, repr(v))
    st = await c.prepare("select id, m, p, $1::text || n::text as x, $2::int[] as a from t where id = any($2) and at < $3")
    for p in st.get_parameters():
        print("parameter", p.name, p.kind, p.schema)
    for a in st.get_attributes():
        print("column", a.name, a.type.name, a.type.kind)
    print(await st.fetch("n", [1, 2], datetime.datetime(2025, 1, 1, tzinfo=UTC)), st.get_statusmsg())
    await c.executemany("insert into t (n, tx) values ($1, $2)", [(i, [str(i)]) for i in range(100)])
    print(await c.fetchval("select count(*) from t"))
    print(await c.copy_records_to_table("t", records=[(i, datetime.datetime(2024, 1, 1, tzinfo=UTC), None) for i in range(50)], columns=["n", "at", "tx"]))
    out = io.BytesIO()
    print(await c.copy_from_query("select n, at from t where n < $1 order by id", 3, output=out, format="csv", header=True))
    print(out.getvalue())
    out = io.BytesIO()
    print(await c.copy_from_table("t", columns=["id", "n"], output=out), len(out.getvalue()) > 100)
    await c.execute("create temp table cp (a int, b text)")
    print(await c.copy_to_table("cp", source=io.BytesIO(b"1,x\n2,\n"), format="csv"), await c.fetch("select * from cp"))
    async with c.transaction(isolation="repeatable_read", readonly=True):
        cur = await c.cursor("select id from t order by id")
        print(await cur.fetch(3), await cur.forward(2), await cur.fetchrow())
        n = 0
        async for r in c.cursor("select n from t order by id", prefetch=7):
            n += 1
        print(n)
    try:
        async with c.transaction():
            await c.execute("insert into t (d) values (7)")
            try:
                async with c.transaction():
                    await c.execute("insert into t (d) values (-7)")
            except asyncpg.CheckViolationError as e:
                print(e, e.constraint_name, e.data_type_name if hasattr(e, "data_type_name") else None)
            raise KeyError("out")
    except KeyError:
        print(await c.fetchval("select count(*) from t where d = 7"))
    for text, args in [("select 1/$1", (0,)), ("select * from nope", ()), ("select $1::int", ("x",)), ("insert into t (id) values (1)", ())]:
        try:
            print(await c.fetch(text, *args))
        except Exception as e:
            print(type(e).__name__, getattr(e, "sqlstate", None), e)
    got = asyncio.Queue()
    await c.add_listener("ch", lambda *a: got.put_nowait(a[2:]))
    d = await asyncpg.connect(ssl=False)
    await d.execute("notify ch, 'hello'")
    await d.fetch("select pg_notify('ch', $1)", "again")
    print(await asyncio.wait_for(got.get(), 5), await asyncio.wait_for(got.get(), 5))
    await c.remove_listener("ch", lambda *a: None)
    await d.execute("alter table t add column extra text default 'e'")
    print((await c.fetchrow("select * from t where id = 1"))["extra"])
    async with d.transaction():
        await d.execute("lock table t")
        try:
            await c.fetch("select count(*) from t", timeout=0.2)
        except asyncio.TimeoutError:
            print("timeout")
    print(await c.fetchval("select 1"))
    await c.set_type_codec("jsonb", encoder=lambda v: "{}", decoder=lambda v: ("json", v), schema="pg_catalog")
    print(await c.fetchval("select j from t where id = 1"))
    print((await c.introspect_types([]) if hasattr(c, "introspect_types") else "none"))
    await c.reset()
    await d.close()
    await c.close()
    pool = await asyncpg.create_pool(ssl=False, min_size=2, max_size=4)
    print(sorted(await asyncio.gather(*[pool.fetchval("select $1::int * 2", i) for i in range(20)])))
    await pool.close()

asyncio.run(main())

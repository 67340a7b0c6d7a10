import asyncio
import datetime
import decimal
import io
import uuid

import asyncpg


async def main():
    conn = await asyncpg.connect(host="db.client.test", user="app", database="shop", timeout=5)
    assert conn.get_server_version()[:3] == (15, 0, 8), conn.get_server_version()
    assert await conn.fetchval("select 1") == 1

    rows = await conn.fetch("select * from every_type")
    row = tuple(rows[0].values())
    utc = datetime.timezone.utc
    assert row[:9] == (True, -2, 4, 9007199254740993, 1.5, 0.1, decimal.Decimal("1234.500"), "grüße", "v"), row
    assert row[9] == b"\xde\xad\xbe\xef" and row[10] == uuid.UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")
    assert row[11] == '{"a": 1}' and row[12] == '{"a": [1, 2]}', row[11:13]
    assert row[13] == datetime.date(2024, 2, 29) and row[14] == datetime.time(12, 34, 56, 789000)
    assert row[15] == datetime.datetime(2024, 2, 29, 12, 34, 56, 789000)
    assert row[16] == datetime.datetime(2024, 2, 29, 12, 34, 56, 789000, utc)
    assert row[17] == [1, None, 3] and row[18] == ["a", "b c", None], row[17:]
    assert tuple(rows[1].values()) == (None,) * 19

    # a parameter without a cast is text
    assert await conn.fetchrow("select id, name from items where id = $1", "7") == (7, "seven")
    assert await conn.fetch("select id, name from items where id = $1", "8") == []
    assert await conn.execute("insert into items (id, name) values ($1, $2)", "1", "one") == "INSERT 0 1"
    assert await conn.fetchval("insert into items (name) values ($1) returning id", "x") == 41
    await conn.executemany("insert into items (id, name) values ($1, $2)", [("1", "a"), ("2", "b"), ("3", None)])

    statement = await conn.prepare("select id, name from items where id = $1::int4")
    assert [p.name for p in statement.get_parameters()] == ["int4"]
    assert [a.type.name for a in statement.get_attributes()] == ["int4", "text"]
    assert await statement.fetchval(8) is None

    try:
        await conn.execute("insert into unique_items values (1)")
        raise SystemExit("no error")
    except asyncpg.UniqueViolationError as e:
        assert e.constraint_name == "unique_items_pkey" and e.detail == "Key (id)=(1) already exists."
    try:
        await conn.fetch("selec 1")
        raise SystemExit("no error")
    except asyncpg.PostgresSyntaxError as e:
        assert e.position == "1", e.position

    async with conn.transaction():
        seen = [r["n"] async for r in conn.cursor("select n from numbers", prefetch=3)]
        assert seen == list(range(1, 11)), seen
        cur = await conn.cursor("select n from numbers")
        assert [r["n"] for r in await cur.fetch(4)] == [1, 2, 3, 4]
        assert [r["n"] for r in await cur.fetch(100)] == [5, 6, 7, 8, 9, 10]
    try:
        async with conn.transaction(isolation="serializable"):
            async with conn.transaction():  # a savepoint
                await conn.execute("insert into unique_items values (1)")
    except asyncpg.UniqueViolationError:
        pass
    assert not conn.is_in_transaction()

    try:
        await conn.fetch("select pg_sleep(60)", timeout=0.2)
        raise SystemExit("no timeout")
    except asyncio.TimeoutError:  # asyncpg sends a CancelRequest
        pass
    assert await conn.fetchval("select 1") == 1

    out = io.BytesIO()
    assert await conn.copy_from_query("select * from items", output=out, format="csv", header=True) == "COPY 3"
    assert out.getvalue() == b'id,name\n1,one\n2,\n3,"tab\there, ""quoted"""\n', out.getvalue()
    out = io.BytesIO()
    assert await conn.copy_from_query("select * from items", output=out, format="binary") == "COPY 3"
    assert out.getvalue().startswith(b"PGCOPY\n\xff\r\n\0") and out.getvalue().endswith(b"\xff\xff")
    assert await conn.copy_to_table("items", source=io.BytesIO(b"1,one\n2,two\n"), format="csv") == "COPY 2"
    await conn.close()

    async with asyncpg.create_pool(host="db.client.test", user="app", database="shop", min_size=2, max_size=4) as pool:
        assert await asyncio.gather(*(pool.fetchval("select 1") for _ in range(20))) == [1] * 20

    try:
        await asyncpg.connect(host="db.client.test", user="app", database="nope", timeout=5)
        raise SystemExit("a database that is not there")
    except asyncpg.InvalidCatalogNameError:
        pass
    conn = await asyncpg.connect(host="locked.client.test", user="app", password="secret", database="any", timeout=5)
    assert await conn.fetchval("select 1") == 1
    await conn.close()
    try:
        await asyncpg.connect(host="locked.client.test", user="app", password="wrong", database="any", timeout=5)
        raise SystemExit("a wrong password")
    except asyncpg.InvalidPasswordError:
        pass
    print("ok")


asyncio.run(main())

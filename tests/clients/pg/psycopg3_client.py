import asyncio
import datetime
import decimal
import uuid

import psycopg

DSN = "host=db.client.test dbname=shop user=app connect_timeout=5"
UTC = datetime.timezone.utc
WANT = (True, -2, 4, 9007199254740993, 1.5, 0.1, decimal.Decimal("1234.500"), "grüße", "v", b"\xde\xad\xbe\xef",
        uuid.UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"), {"a": 1}, {"a": [1, 2]}, datetime.date(2024, 2, 29),
        datetime.time(12, 34, 56, 789000), datetime.datetime(2024, 2, 29, 12, 34, 56, 789000),
        datetime.datetime(2024, 2, 29, 12, 34, 56, 789000, UTC), [1, None, 3], ["a", "b c", None])

with psycopg.connect(DSN) as conn:
    for binary in (False, True):
        with conn.cursor(binary=binary) as cur:
            rows = cur.execute("select * from every_type").fetchall()
            assert rows[0] == WANT, rows[0]
            assert rows[1] == (None,) * 19
            row = cur.execute("select id, name from items where id = %s", (7,)).fetchone()
            assert row == (7, "seven"), row
            row = cur.execute("select id, name from items where id = %b", (8,)).fetchone()
            assert row is None
    for _ in range(7):  # prepared after five
        assert conn.execute("select id, name from items where id = %s", (7,)).fetchone() == (7, "seven")
    conn.cursor().executemany("insert into items (id, name) values (%s, %s)", [(1, "a"), (2, None)])
    conn.commit()

    try:
        conn.execute("insert into unique_items values (1)")
        raise SystemExit("no error")
    except psycopg.errors.UniqueViolation as e:
        assert e.diag.constraint_name == "unique_items_pkey"
    conn.rollback()

    with conn.transaction():
        try:
            with conn.transaction():  # a savepoint
                conn.execute("insert into unique_items values (1)")
        except psycopg.errors.UniqueViolation:
            pass
        assert conn.execute("select 1").fetchone() == (1,)

    with conn.pipeline():
        curs = [conn.execute("select 1") for _ in range(10)]
        assert [c.fetchone() for c in curs] == [(1,)] * 10

    cur = conn.cursor()
    with cur.copy("copy items (id, name) from stdin") as copy:
        copy.write_row((1, "one"))
        copy.write_row((2, None))
    assert cur.rowcount == 2, cur.rowcount
    with cur.copy("copy items to stdout") as copy:
        assert list(copy.rows()) == [("1", "one"), ("2", None), ("3", 'tab\there, "quoted"')]
    with cur.copy("copy items to stdout (format binary)") as copy:
        copy.set_types(["int4", "text"])
        assert list(copy.rows()) == [(1, "one"), (2, None), (3, 'tab\there, "quoted"')]
    assert [n for n, in cur.stream("select n from numbers")] == list(range(1, 11))


async def several():
    async def one():
        async with await psycopg.AsyncConnection.connect(DSN) as c:
            cur = await c.execute("select 1")
            return (await cur.fetchone())[0]

    assert await asyncio.gather(*(one() for _ in range(5))) == [1] * 5


asyncio.run(several())
print("ok")

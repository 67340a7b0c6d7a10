import datetime
import decimal
import io

import pg8000

SETTINGS = {"host": "db.client.test", "user": "app", "database": "shop"}

conn = pg8000.connect(**SETTINGS)
cur = conn.cursor()
cur.execute("select * from every_type")
rows = cur.fetchall()
row = list(rows[0])
assert row[:6] == [True, -2, 4, 9007199254740993, 1.5, 0.1], row
assert row[6] == decimal.Decimal("1234.500") and row[7:9] == ["grüße", "v"], row[6:9]
assert bytes(row[9]) == b"\xde\xad\xbe\xef" and str(row[10]) == "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", row[9:11]
assert row[13] == datetime.date(2024, 2, 29) and row[14] == datetime.time(12, 34, 56, 789000), row[13:15]
assert row[15] == datetime.datetime(2024, 2, 29, 12, 34, 56, 789000), row[15]
assert row[16] == datetime.datetime(2024, 2, 29, 12, 34, 56, 789000, datetime.timezone.utc), row[16]
assert row[17] == [1, None, 3] and row[18] == ["a", "b c", None], row[17:]
assert list(rows[1]) == [None] * 19

# pg8000 prepares everything; %s becomes $1
cur.execute("select id, name from items where id = %s", ("7",))
assert [list(r) for r in cur.fetchall()] == [[7, "seven"]]
cur.execute("insert into items (id, name) values (%s, %s)", (1, None))
assert cur.rowcount == 1, cur.rowcount
conn.commit()

try:
    cur.execute("insert into unique_items values (1)")
    raise SystemExit("no error")
except pg8000.DatabaseError as e: # newer versions: its child IntegrityError
    assert "23505" in str(e.args) and "unique_items_pkey" in str(e.args), e.args
try:
    cur.execute("select 1")
    raise SystemExit("no error")
except pg8000.ProgrammingError as e:
    assert "25P02" in str(e.args), e.args
conn.rollback()
cur.execute("select 1")
assert list(cur.fetchone()) == [1]
conn.rollback()

cur.execute("copy items (id, name) from stdin", stream=io.BytesIO(b"1\tone\n2\ttwo\n"))
assert cur.rowcount == 2, cur.rowcount
out = io.BytesIO()
cur.execute("copy items to stdout", stream=out)
assert out.getvalue() == b'1\tone\n2\t\\N\n3\ttab\\there, "quoted"\n', out.getvalue()
conn.close()

try:
    conn = pg8000.connect(**SETTINGS, ssl_context=True)
except TypeError: # the name of older versions
    conn = pg8000.connect(**SETTINGS, ssl=True)
cur = conn.cursor()
cur.execute("select 1")
assert list(cur.fetchone()) == [1]
conn.close()
conn = pg8000.connect(host="locked.client.test", user="app", database="any", password="secret")
conn.close()
print("ok")

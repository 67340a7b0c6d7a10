import psycopg2
import psycopg2.errors

conn = psycopg2.connect(host="db.prod", dbname="shop", user="etl")
for row in (1, 2, 3):
    for attempt in (1, 2):
        try:
            with conn, conn.cursor() as cur:
                cur.execute("INSERT INTO t VALUES (%s)", (row,))
            print(row, "attempt", attempt, "committed")
            break
        except psycopg2.errors.SerializationFailure as e:
            print(row, "attempt", attempt, e.diag.sqlstate, e.diag.message_hint)

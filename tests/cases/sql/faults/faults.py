import psycopg2

for table in "abc":
    conn = psycopg2.connect(host="db.prod", dbname="shop", user="etl")
    try:
        cur = conn.cursor()
        cur.execute("DELETE FROM " + table)
        print(table, cur.rowcount, "rows")
        conn.commit()
    except psycopg2.Error as e:
        print(table, type(e).__name__, str(e).splitlines()[0], "closed" if conn.closed else "open")

import psycopg2

conn = psycopg2.connect("host=db.prod user=etl dbname=shop")
conn.autocommit = True
try:
    conn.cursor().execute("select * from orders")
except psycopg2.Error as e:
    print(type(e).__name__)
conn.cursor().execute("begin")
conn.cursor().execute("commit")
conn.close()

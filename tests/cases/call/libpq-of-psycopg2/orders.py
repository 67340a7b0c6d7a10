import psycopg2

conn = psycopg2.connect(host="db.prod", dbname="shop", user="etl", password="hush")
cur = conn.cursor()
cur.execute("SELECT id, total FROM orders")
print(sum(total for _, total in cur.fetchall()))
conn.commit()
conn.close()

"""Ends statements of one connection from another: cancel requests, pg_cancel_backend,
pg_terminate_backend and statement_timeout, on statements that compute, that wait, and on
idle connections; and others are served while one computes."""
import threading
import time

import psycopg2

LONG = "select count(*) from t x, t y, t z where x.n + y.n + z.n = -1"
said = {}


def connect():
    c = psycopg2.connect("")
    c.autocommit = True
    return c


def run(conn, sql, key):
    try:
        c = conn.cursor()
        c.execute(sql)
        said[key] = ("rows", c.fetchall() if c.description else c.rowcount)
    except psycopg2.Error as e:
        said[key] = (e.pgcode, str(e).strip().split("\n")[0])


def during(conn, sql, key, act):
    """acts while the statement runs, and prints what became of it"""
    thread = threading.Thread(target=run, args=(conn, sql, key))
    thread.start()
    time.sleep(0.4)
    act()
    thread.join()
    print(key, said[key], "closed" if conn.closed else "open")


a, b = connect(), connect()
other = b.cursor()
other.execute("create table t (id int primary key, n int)")
other.execute("insert into t select i, i from generate_series(1, 2000) i")


def ask():
    """a hundred statements of another connection, while the first computes"""
    for i in range(1, 101):
        other.execute("select n from t where id = %s", (i,))
        assert other.fetchall() == [(i,)]
    other.execute("insert into t values (5000, 7)")
    other.execute("update t set n = 8 where id = 5000")
    print("served while it computes:", "computes" not in said)
    a.cancel()


during(a, LONG, "computes", ask)
run(a, "select n from t where id = 5000", "after")
print("after", said["after"])

run(a, "set statement_timeout = '300ms'", "set")
run(a, LONG, "statement_timeout")
print("statement_timeout", said["statement_timeout"])
run(a, "insert into t select 10000 + x.id * 10000 + y.id, 0 from t x, t y", "timeout of a write")
print("timeout of a write", said["timeout of a write"])
run(a, "set statement_timeout = 0", "set")
run(a, "select count(*) from t", "nothing was written")
print("nothing was written", said["nothing was written"])

during(a, LONG, "pg_cancel_backend", lambda: other.execute("select pg_cancel_backend(%s)", (a.get_backend_pid(),)))
during(a, LONG, "pg_terminate_backend", lambda: other.execute("select pg_terminate_backend(%s)", (a.get_backend_pid(),)))

idle = connect()
other.execute("select pg_terminate_backend(%s)", (idle.get_backend_pid(),))
time.sleep(0.2)
run(idle, "select 1", "idle")
print("idle", said["idle"][0], "closed" if idle.closed else "open")

holder, waiter = connect(), connect()
holder.autocommit = False
holder.cursor().execute("update t set n = 0 where id = 1")
during(waiter, "update t set n = 1 where id = 1", "waits, cancelled", waiter.cancel)
during(waiter, "update t set n = 1 where id = 1", "waits, terminated",
       lambda: other.execute("select pg_terminate_backend(%s)", (waiter.get_backend_pid(),)))
holder.rollback()

# two at once, and a DROP that waits for one of them
c, d = connect(), connect()
two = [threading.Thread(target=run, args=(conn, f"select count(*) from t x, t y where x.n + y.n = {n}", n)) for conn, n in ((c, 7), (d, 9))]
for thread in two:
    thread.start()
time.sleep(0.1)
run(b, "drop table t", "drop")
for thread in two:
    thread.join()
print("two at once", said[7], said[9], "drop", said["drop"])

import os
import sys
import time

import pg8000


def connect(user):
    return pg8000.connect(host="db.prod", user=user, database="shop")


def count(conn):
    cursor = conn.cursor()
    cursor.execute("select count(*) from orders")
    return cursor.fetchone()[0]


tidy = connect("tidy")
for _ in range(3):
    print(count(tidy))
    tidy.commit()
tidy.close()

rude = connect("rude")  # its socket is closed, the server is not told
rude.autocommit = True
print(count(rude))
rude._usock.close()
for name in ("_sock", "_read", "_write", "_flush"):
    setattr(rude, name, None)

sleepy = connect("sleepy")
time.sleep(1.3)
print(count(sleepy))
sleepy.commit()
sleepy.close()

kept = connect("kept")  # still in its transaction when the process ends
print(count(kept))
sys.stdout.flush()
os._exit(0)

import threading
import time
import urllib.request

import psycopg2


def took(what):
    start = time.monotonic()
    what()
    return time.monotonic() - start


def get(path):
    return lambda: urllib.request.urlopen("http://api.prod" + path).read()


print("slow:", 0.3 <= took(get("/slow")) < 5)
# a delayed answer holds nobody else up
other = threading.Thread(target=get("/slow"))
other.start()
time.sleep(0.05)
print("quick:", took(get("/quick")) < 0.2)
other.join()
cur = psycopg2.connect(host="db.prod", dbname="shop", user="etl").cursor()
print("sql:", 0.3 <= took(lambda: cur.execute("select 1")) < 5)

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
other = threading.Thread(target=get("/slower"))
other.start()
time.sleep(0.05)
get("/quick")()
print("quick:", other.is_alive())
other.join()
cur = psycopg2.connect(host="db.prod", dbname="shop", user="etl").cursor()
print("sql:", 0.3 <= took(lambda: cur.execute("select 1")) < 5)

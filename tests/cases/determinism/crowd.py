"""Four processes of eight threads each: HTTP requests and transactions, in an order left to chance."""
import json
import multiprocessing
import os
import random
import sys
import threading
import time
import urllib.request
import uuid

import psycopg2


def pause():
    time.sleep(random.random() / 200)


def ask(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request("http://api.prod" + path, data=data, headers={"Content-Type": "application/json"})
    return json.loads(urllib.request.urlopen(request).read())


def work(process, thread):
    pause()
    job = ask("/jobs", {"owner": f"p{process}t{thread % 4}", "token": str(uuid.uuid4())})["id"]
    conn = psycopg2.connect(host="db.prod", dbname="shop", user="etl")
    with conn, conn.cursor() as cur:
        pause()
        cur.execute("SELECT price FROM items WHERE id = %s", (thread % 4,))
        price = cur.fetchone()[0]
        pause()
        cur.execute("INSERT INTO orders (job, item, price) VALUES (%s, %s, %s)", (job, thread % 4, price))
    conn.close()
    pause()
    ask(f"/jobs/{job}/done", {"process": process})


def crowd(process):
    random.seed(os.urandom(8))
    threads = [threading.Thread(target=work, args=(process, thread)) for thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    conn = psycopg2.connect(host="db.prod", dbname="shop", user="etl")
    conn.autocommit = True
    conn.cursor().execute("UPDATE shops SET done = true WHERE id = %s", (process,))
    conn.close()


if __name__ == "__main__":
    multiprocessing.set_start_method("fork")
    processes = [multiprocessing.Process(target=crowd, args=(number % 3,)) for number in range(4)]
    random.shuffle(processes)
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    sys.exit(any(process.exitcode for process in processes))

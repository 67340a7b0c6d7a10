import random
import threading
import time
import urllib.request

got = []


def work(name):
    time.sleep(random.random() / 20)
    for i in range(3):
        got.append(urllib.request.urlopen(f"http://api.prod/{name}-{i}").read().decode())


threads = [threading.Thread(target=work, args=(name,)) for name in ("ant", "bee", "cat", "dog")]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(got), len(set(got)))

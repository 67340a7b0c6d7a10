"""The same parallel client leaves the same canonical trace, run after run."""
from hazard import *

CLIENT = """
import os, threading, urllib.request as u
def work(who):
    for i in range(3):
        assert u.urlopen(f"http://web.example.com/ok?who={who}&i={i}").read() == b"hi"
children = []
for p in range(3):
    pid = os.fork()
    if pid == 0:
        threads = [threading.Thread(target=work, args=(f"{p}.{t}",)) for t in range(6)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        os._exit(0)
    children.append(pid)
assert all(os.waitpid(c, 0)[1] == 0 for c in children)
print("hi")
"""
seen = set()
for i in range(8):
    run = Run("python3", "-c", CLIENT, keep=True)
    faked(run, times=54)
    golden = os.path.join(FOLDER, f"golden{i}.trace")
    done = subprocess.run([SEAM, "accept", "--force-ci", golden, run.trace], capture_output=True, text=True, check=False)
    check(done.returncode == 0, done.stderr)
    with open(golden, "rb") as f:
        seen.add(f.read())
check(len(seen) == 1, f"{len(seen)} different traces")

"""SIGKILL in the middle of a request: the trace is whole up to the last record."""
from hazard import *

run = Run("python3", "-c", """
import os, socket, urllib.request as u
assert u.urlopen("http://web.example.com/ok").read() == b"hi"
s = socket.create_connection(("web.example.com", 80))
s.sendall(b"POST /ok HTTP/1.1\\r\\nHost: web.example.com\\r\\nContent-Length: 100000\\r\\n\\r\\n" + b"x" * 5000)
os.kill(os.getpid(), 9)
""", keep=True)
check(run.code == 137 and run.text.endswith("\n"), run)
check(run.end["k"] == "seam.end" and len(run.kinds("http", by="rule")) == 1, run)
check(len(run.kinds("conn.open")) == 2 and [e["a"].get("signal") for e in run.kinds("proc.exit")] != [], run)
done = subprocess.run([SEAM, "show", run.trace], capture_output=True, text=True, check=False)
check(done.returncode == 0, done.stderr)

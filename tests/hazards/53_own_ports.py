"""The program may listen on a port that a service declares, and two runs on the same one."""
import threading

from hazard import *

SERVE = """
import socket, sys, time, urllib.request
s = socket.socket(); s.bind(("0.0.0.0", int(sys.argv[1]))); s.listen()  # without SO_REUSEADDR
time.sleep(0.5)
c = socket.create_connection(("127.0.0.1", int(sys.argv[1]))); s.accept()[0].sendall(b"own")
assert c.recv(3) == b"own"
assert urllib.request.urlopen("http://web.example.com/ok").read() == b"hi"  # the service is still there
print("hi")
"""
os.makedirs(FOLDER + "/second", exist_ok=True)
runs = [None, None]


def go(i):
    runs[i] = subprocess.run([SEAM, "run", "-q", "-r", FOLDER + "/rules.json", "--isolate", "on", "--", "python3", "-c", SERVE, "80"],
                             capture_output=True, text=True, timeout=60, check=False)


served(Run("python3", "-c", SERVE, "80"), code=0)
served(Run("python3", "-c", SERVE, "8080"), code=0)
threads = [threading.Thread(target=go, args=(i,)) for i in range(2)]
for t in threads:
    t.start()
for t in threads:
    t.join()
for r in runs:
    check(r.returncode == 0 and r.stdout == "hi\n", r)
# a name server of the program's own
OWN = "import socket\nfor k in socket.SOCK_DGRAM, socket.SOCK_STREAM: socket.socket(socket.AF_INET, k).bind(('0.0.0.0', 53))"
run = Run("python3", "-c", OWN)
check(run.code == 0, run)

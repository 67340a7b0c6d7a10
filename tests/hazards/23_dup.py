"""A connected descriptor, duplicated in all five ways: each talks, each knows its peer."""
from hazard import *

faked(Run("python3", "-c", """
import fcntl, os, socket
s = socket.create_connection(("192.0.2.7", 8080))
dups = [os.dup(s.fileno()), os.dup2(s.fileno(), 200), os.dup2(s.fileno(), 201, inheritable=False),
        fcntl.fcntl(s, fcntl.F_DUPFD, 210), fcntl.fcntl(s, fcntl.F_DUPFD_CLOEXEC, 220)]
assert [fcntl.fcntl(d, fcntl.F_GETFD) for d in dups[1:]] == [0, 1, 0, 1]
s.close()
for d in dups:
    t = socket.socket(fileno=d)
    assert t.getpeername() == ("192.0.2.7", 8080), t.getpeername()
    t.sendall(b"GET /ok HTTP/1.1\\r\\nHost: web.example.com\\r\\n\\r\\n")
    got = b""
    while not got.endswith(b"\\r\\n\\r\\nhi"):
        got += t.recv(1000) or exit("broke off")
    t.close()
print("hi")
"""), times=5)

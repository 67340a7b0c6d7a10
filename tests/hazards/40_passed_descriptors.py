"""A connected descriptor passed over a Unix socket (SCM_RIGHTS) is as good in the child."""
from hazard import *

CHILD = """
import socket, sys
channel = socket.socket(fileno=int(sys.argv[1]))
_, fds, _, _ = socket.recv_fds(channel, 10, 4)
for fd in fds:
    s = socket.socket(fileno=fd)
    assert s.getpeername() == ("192.0.2.7", 8080), s.getpeername()
    s.sendall(b"GET /ok HTTP/1.0\\r\\nHost: web.example.com\\r\\n\\r\\n")
    got = b""
    while more := s.recv(1000):
        got += more
    assert got.endswith(b"hi"), got
print("hi")
"""
PARENT = """
import os, socket, subprocess, sys
mine, theirs = socket.socketpair()
connections = [socket.create_connection(("192.0.2.7", 8080)) for _ in range(4)]
child = subprocess.Popen([sys.executable, "-c", sys.argv[1], str(theirs.fileno())], pass_fds=[theirs.fileno()])
socket.send_fds(mine, [b"x"], [c.fileno() for c in connections])
for c in connections:
    c.close()
exit(child.wait())
"""
faked(Run("python3", "-c", PARENT, CHILD), times=4)

"""A datagram to an address that nobody claims: refused, in the trace once, and never outside."""
from hazard import *

SEND = """
import ctypes, socket, struct, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
libc = ctypes.CDLL(None, use_errno=True)
to = struct.pack("=HH4s8x", socket.AF_INET, socket.htons(int(sys.argv[2])), socket.inet_aton(sys.argv[1]))
for i in range(5):  # by the system call, so that the shim sees nothing
    libc.syscall(ctypes.c_long(44), ctypes.c_long(s.fileno()), b"x", ctypes.c_long(1), ctypes.c_long(0), to, ctypes.c_long(len(to)))
import time; time.sleep(0.3)
"""
if os.uname().machine != "x86_64":
    skip("the number of sendto is x86-64's")
outside = Listener(socket.SOCK_DGRAM)
run = Run("python3", "-c", SEND, OUTSIDE, str(outside.port))
check([e["sum"] for e in run.kinds("conn.open", by="none")] == [f"send {OUTSIDE}:{outside.port}"], run)
check(run.code == 121 and run.end["unshimmed"] == ["python3"], run)

HOOKED = "import socket, sys\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ns.sendto(b'x', (sys.argv[1], int(sys.argv[2])))"
run = Run("python3", "-c", HOOKED, OUTSIDE, str(outside.port))
check(run.code == 1 and "ConnectionRefused" in run.err and run.end["unshimmed"] == [], run)
check([e["sum"] for e in run.kinds("conn.open", by="none")] == [f"send {OUTSIDE}:{outside.port}"], run)
outside.nothing_came()

# the run's own datagrams are nobody else's affair
OWN = ("import socket\na = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); a.bind(('127.0.0.1', 0)); a.settimeout(5)\n"
       "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'own', a.getsockname()); assert a.recv(9) == b'own'")
run = Run("python3", "-c", OWN)
check(run.code == 0 and run.end["unmatched"] == 0, run)

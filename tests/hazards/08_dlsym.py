"""connect by dlsym on the handle of libc: the shim answers with its own door."""
from hazard import *

ASK = """
import ctypes, socket, struct, sys
libc = ctypes.CDLL("libc.so.6", use_errno=True)
s = socket.socket()
to = struct.pack("=HH4s8x", socket.AF_INET, socket.htons(int(sys.argv[2])), socket.inet_aton(sys.argv[1]))
if libc.connect(s.fileno(), to, len(to)): sys.exit(4)
try:
    s.sendall(b"GET /ok HTTP/1.0\\r\\nHost: web.example.com\\r\\n\\r\\n")
    print(s.makefile("rb").read().split(b"\\r\\n\\r\\n")[1].decode())
except OSError: sys.exit(5)
"""
outside = Listener()
run = Run("python3", "-c", ASK, "192.0.2.7", "8080")
faked(run)
run = Run("python3", "-c", ASK, OUTSIDE, str(outside.port))
check(run.code == 4 and [e["a"]["server.address"] for e in run.kinds("conn.open", by="none")] == [f"{OUTSIDE}:{outside.port}"], run)
outside.nothing_came()

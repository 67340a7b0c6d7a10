"""A resolver of the program's own, over UDP and TCP, whatever server it asks: claimed names
have their addresses, no other name exists, and no packet goes to a name server outside."""
from hazard import *

ASK = """
import socket, struct, sys
def question(name, kind):
    labels = b"".join(bytes([len(p)]) + p.encode() for p in name.split(".")) + b"\\0"
    return struct.pack("!6H", 7, 0x0100, 1, 0, 0, 0) + labels + struct.pack("!2H", kind, 1)
def ask(server, name, kind, tcp):
    q = question(name, kind)
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM)
    s.settimeout(5)
    s.connect((server, 53))
    s.sendall(struct.pack("!H", len(q)) + q if tcp else q)
    a = s.recv(600)
    a = a[2:] if tcp else a
    code, answers = a[3] & 15, struct.unpack("!H", a[6:8])[0]
    family, size = (socket.AF_INET, 4) if kind == 1 else (socket.AF_INET6, 16)
    return code, socket.inet_ntop(family, a[-size:]) if answers else "-"
for tcp in False, True:
    for name in "web.example.com", "b.glob.example.com", "nobody.example.org":
        print(*ask(sys.argv[1], name, 1, tcp), *ask(sys.argv[1], name, 28, tcp))
"""
outside = [Listener(socket.SOCK_DGRAM, (OUTSIDE, 53)), Listener(socket.SOCK_STREAM, (OUTSIDE, 53))] if not os.getuid() else []
for server in OUTSIDE, NOBODY, "127.0.0.53":
    run = Run("python3", "-c", ASK, server)
    lines = run.out.split("\n")
    check(run.code == 0 and lines[0].startswith("0 127.") and " 0 fd5e::" in lines[0], run)
    check(lines[1].startswith("0 127.") and lines[1] != lines[0] and lines[2] == "3 - 3 -", run)
    check(lines[:3] == lines[3:6], run)  # TCP says what UDP says
    check(run.end["unshimmed"] == [], run)
    # A and AAAA of one name are one event
    check([e["sum"] for e in run.kinds("dns", by="none")] == ["resolve nobody.example.org"] * 2, run)
for o in outside:
    o.nothing_came()

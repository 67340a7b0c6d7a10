"""Unix sockets that a service claims, by path and by abstract name: served without a file or a listener of the
program's, and both ends are called what the program called them. Literal addresses too."""
from hazard import *

curl = program("curl")
PATH, NAME = "/run/nowhere/web.sock", "@seam/web"
rules = dict(RULES, services={"web": {"protocol": "http", "at": ["unix:" + PATH, "unix:" + NAME, "192.0.2.7:8080", "[2001:db8::7]:8080"]}})
for isolate in "on", "off":
    faked(Run(curl, "-sS", "--unix-socket", PATH, "http://web/ok", rules=rules, isolate=isolate))
    faked(Run(curl, "-sS", "--abstract-unix-socket", NAME[1:], "http://web/ok", rules=rules, isolate=isolate))
    faked(Run(curl, "-sS", "http://192.0.2.7:8080/ok", rules=rules, isolate=isolate))
    faked(Run(curl, "-sS", "http://[2001:db8::7]:8080/ok", rules=rules, isolate=isolate))
    run = Run("python3", "-c", """
import socket, sys
unix, inet, inet6 = socket.AF_UNIX, socket.AF_INET, socket.AF_INET6
for family, to in ((unix, sys.argv[1]), (unix, b"\\0" + sys.argv[2][1:].encode()), (inet, ("192.0.2.7", 8080)), (inet6, ("2001:db8::7", 8080, 0, 0)),
                   (inet6, ("::ffff:192.0.2.7", 8080, 0, 0))):
    for nonblocking in (False, True):
        s = socket.socket(family)
        s.setblocking(not nonblocking)
        try: s.connect(to)
        except BlockingIOError: pass
        s.setblocking(True)
        assert s.getpeername() == to, (s.getpeername(), to)
        s.sendall(b"GET /ok HTTP/1.0\\r\\nHost: web\\r\\n\\r\\n")
        got = b""
        while more := s.recv(1000): got += more
        assert got.endswith(b"hi"), got
        if family != unix:
            assert socket.getnameinfo(to, socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)[1] == "8080"
print("hi")
""", PATH, NAME, rules=rules, isolate=isolate)
    faked(run, times=10)
    check({e["a"].get("server.address") for e in run.kinds("conn.open")} <= {None, "192.0.2.7", "2001:db8::7"}, run)

"""A name has an address of either family: programs that try one, the other, or one after the
other get the same answer, and the trace tells of one attempt."""
from hazard import *

ASK = """
import json, socket, sys
def attempt(port, families):
    results = []
    for family, kind, protocol, _, to in socket.getaddrinfo("web.example.com", port, 0, socket.SOCK_STREAM):
        if family not in families:
            continue
        s = socket.socket(family, kind, protocol)
        try:
            s.connect(to)
        except OSError as e:
            results.append((family.name, type(e).__name__))
            continue
        assert s.getpeername()[:2] == to[:2], (s.getpeername(), to)
        # the other end of a connection to a fake is on this machine, in the socket's own family
        assert s.getsockname()[0] in ("127.0.0.1", "::1") and s.getsockname()[1], s.getsockname()
        assert socket.getnameinfo(s.getpeername(), 0) == ("web.example.com", "http"), socket.getnameinfo(s.getpeername(), 0)
        assert socket.gethostbyaddr(to[0])[0] == "web.example.com"
        s.sendall(b"GET /ok HTTP/1.0\\r\\nHost: web.example.com\\r\\n\\r\\n")
        got = b""
        while more := s.recv(1000): got += more
        results.append((family.name, got[-2:].decode()))
        break
    return results
four, six = socket.AF_INET, socket.AF_INET6
print(json.dumps([attempt(int(port), [[four, six], [four], [six]][int(only)]) for port, only in zip(sys.argv[1::2], sys.argv[2::2])]))
"""


def attempts(run):
    check(run.code == 0, run)
    return json.loads(run.out)


def refusals(run):
    return [(e["sum"], e["err"], e["by"]) for e in run.kinds("conn.open") if not e["ok"]]


BOTH, FOUR, SIX = "0", "1", "2"
for isolate in "on", "off":
    run = Run("python3", "-c", ASK, "80", BOTH, "80", FOUR, "80", SIX, isolate=isolate)
    check(attempts(run) == [[["AF_INET", "hi"]], [["AF_INET", "hi"]], [["AF_INET6", "hi"]]], run)
    check([e["st"] for e in run.kinds("http")] == [f"python3/web/web.example.com:80#{n}" for n in range(3)], run)
    # a port that nobody claims: refused at both, told once and by name
    run = Run("python3", "-c", ASK, "81", BOTH, "81", BOTH, "81", SIX, isolate=isolate)
    no = "ConnectionRefusedError"
    check(attempts(run) == [[["AF_INET", no], ["AF_INET6", no]]] * 2 + [[["AF_INET6", no]]], run)
    check(refusals(run) == [("connect web.example.com:81", "ECONNREFUSED", "none")] * 3, run)
    # a rule that refuses the first connection refuses all of the first attempt, and no more
    rules = dict(RULES, rules=[*RULES["rules"], {"on": "connect", "service": "web", "when": {"nth": 1}, "do": {"fault": "refuse"}}])
    run = Run("python3", "-c", ASK, "80", BOTH, "80", BOTH, rules=rules, isolate=isolate)
    check(attempts(run) == [[["AF_INET", no], ["AF_INET6", no]], [["AF_INET", "hi"]]], run)
    check(refusals(run) == [("connect web.example.com:80", "ECONNREFUSED", "fault")], run)

curl = program("curl")
faked(Run(curl, "-6", "-sS", "http://web.example.com/ok"))
faked(Run(curl, "-4", "-sS", "http://web.example.com/ok"))
faked(Run(curl, "-sS", "http://web.example.com/ok"))

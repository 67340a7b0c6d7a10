"""Servers of the run, reached as their clients know them: by localhost, by the machine's own
name and addresses, over IPv4, IPv6, v4-mapped and Unix sockets. Both ends are told the truth. A
server of the machine that is not the run's is out of reach at the same addresses, and told."""
from hazard import *

OWN = """
import os, socket, sys
def ends(listener, address):
    client = socket.socket(listener.family)
    client.connect(address)
    server, peer = listener.accept()
    assert client.getpeername() == server.getsockname(), (client.getpeername(), server.getsockname())
    assert server.getpeername() == client.getsockname() == peer, (server.getpeername(), client.getsockname(), peer)
    server.sendall(b"x")
    assert client.recv(1) == b"x"
    return client.getpeername()
four = socket.socket(); four.bind(("0.0.0.0", 0)); four.listen()
six = socket.socket(socket.AF_INET6); six.bind(("::", 0)); six.listen()
fp, sp = four.getsockname()[1], six.getsockname()[1]
assert ends(four, ("127.0.0.1", fp)) == ("127.0.0.1", fp)
assert ends(four, ("localhost", fp)) == ("127.0.0.1", fp)
assert ends(six, ("::1", sp))[:2] == ("::1", sp)
assert ends(six, ("::ffff:127.0.0.1", sp))[:2] == ("::ffff:127.0.0.1", sp)
for address in sys.argv[1:]:
    assert ends(four, (address, fp)) == (address, fp)
    assert ends(six, ("::ffff:" + address, sp))[:2] == ("::ffff:" + address, sp)
    assert socket.getnameinfo((address, fp), socket.NI_NUMERICHOST | socket.NI_NUMERICSERV) == (address, str(fp))
    u, v = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    u.bind(("0.0.0.0", 0)); u.settimeout(5)
    v.sendto(b"to", (address, u.getsockname()[1]))
    assert u.recvfrom(9)[0] == b"to"
    v.connect((address, u.getsockname()[1])); v.send(b"connected")
    assert u.recvfrom(9)[0] == b"connected"
for path in os.path.join(os.environ["TMPDIR"], "own-%d" % os.getpid()), "\\0own-server-%d" % os.getpid():
    local = socket.socket(socket.AF_UNIX); local.bind(path); local.listen()
    ends(local, path)
try: socket.create_connection((sys.argv[1], 9))
except ConnectionRefusedError: print("hi")
"""
hosts = os.path.join(FOLDER, "hosts")
for isolate, addresses in ("on", (OUTSIDE, "198.18.0.1")), ("off", (OUTSIDE,)):
    run = Run("python3", "-c", OWN, *addresses, isolate=isolate)
    check(run.code == 0 and run.out == "hi\n", run)
    check(run.end["unshimmed"] == [] and [e["sum"] for e in run.kinds("conn.open", by="none")] == [f"connect {OUTSIDE}:9"], run)

# by the machine's name, which /etc/hosts knows by an address that is not loopback
NAMED = """
import socket
listener = socket.socket(); listener.bind((socket.gethostname(), 0)); listener.listen()
client = socket.create_connection((socket.gethostname(), listener.getsockname()[1]))
assert client.getpeername() == (%r, listener.getsockname()[1]), client.getpeername()
print("hi")
""" % OUTSIDE
with open(hosts, "w", encoding="utf-8") as f:
    f.write(f"127.0.0.1 localhost\n{OUTSIDE} {os.uname().nodename}\n")
apart = ("unshare", "-m") if os.getuid() == 0 else ("unshare", "-rm")
for isolate in "on", "off":
    run = Run("python3", "-c", NAMED, isolate=isolate, before=(*apart, "sh", "-c", f'mount --bind {hosts} /etc/hosts && exec "$@"', "sh"))
    check(run.code == 0 and run.out == "hi\n" and run.end["unmatched"] == 0, run)

# a stranger's server on this machine
outside, local = Listener(), Listener(address=("127.0.0.1", 0))
for listener, address in (outside, OUTSIDE), (local, "127.0.0.1"):
    for isolate in "on", "off":
        run = Run("python3", "-c", "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])))", address, str(listener.port),
                  isolate=isolate)
        check(run.code == 1 and "ConnectionRefused" in run.err, run)
        check([e["a"]["server.address"] for e in run.kinds("conn.open", by="none")] == [f"{address}:{listener.port}"], run)
        listener.nothing_came()

# ports below 1024 need no root where the network is the run's own
run = Run("python3", "-c", "import socket; s = socket.socket(); s.bind(('', 443)); s.listen(); socket.create_connection(('127.0.0.1', 443)); print('hi')")
check(run.code == 0 and run.out == "hi\n", run)

#!/usr/bin/env python3
"""Ways to try to reach a real address from inside a run: none arrives at a listener placed outside of it,
and each is in the trace or in the report.

The outside is the network namespace that tests/compat/run.sh made: loopback, one address of TEST-NET-1
and one of the IPv6 documentation prefix, without a route. In it listen servers of every kind there is;
the run has a network of its own below it. A way that this kernel does not have is counted apart: it
must fail in the same manner without seam.

Ends with "N ways tried, N of them impossible on this machine".
"""
from hazard import *

ESCAPE = os.path.dirname(os.path.abspath(__file__))
OUTSIDE6 = "2001:db8::9"
RUN_FOLDER = FOLDER


def build_reach(name, *options, compiler="gcc"):
    out = os.path.join(WORK, name)
    sources = [os.path.join(ESCAPE, "reach.c"), os.path.join(ESCAPE, "doors.c")]
    done = subprocess.run([compiler, "-O1", "-o", out, *sources, "-pthread", *options], capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(done.stderr)
    return out


# ---- the outside ---------------------------------------------------------------------------------------
class Catcher:
    """Listens for everything; `came` empties what arrived and says so."""

    def __init__(self):
        self.sockets = []
        self.tcp = self.listen(socket.AF_INET, socket.SOCK_STREAM, ("0.0.0.0", 0))
        self.port = self.tcp.getsockname()[1]
        six = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
        six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        six.bind(("::", self.port))
        six.listen()
        self.keep(six)
        for family, address in ((socket.AF_INET, ("0.0.0.0", self.port)), (socket.AF_INET6, ("::", self.port))):
            for protocol in (0, 136):
                try:
                    s = socket.socket(family, socket.SOCK_DGRAM, protocol)
                except OSError:
                    continue  # no UDP-Lite in this kernel
                if family == socket.AF_INET6:
                    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                s.bind(address)
                self.keep(s)
        if os.getuid() == 0:
            for family, protocols in ((socket.AF_INET, (1, 253)), (socket.AF_INET6, (58, 253))):
                for protocol in protocols:
                    self.keep(socket.socket(family, socket.SOCK_RAW, protocol))
        self.paths = {}
        for kind, number in (("unix", socket.SOCK_STREAM), ("unixdgram", socket.SOCK_DGRAM), ("unixseq", socket.SOCK_SEQPACKET)):
            self.paths[kind] = os.path.join(FOLDER, f"outside.{kind}")
            self.listen(socket.AF_UNIX, number, self.paths[kind])
            os.chmod(self.paths[kind], 0o777)
        for kind, number in (("abstract", socket.SOCK_STREAM), ("abstractdgram", socket.SOCK_DGRAM)):
            self.paths[kind] = f"seam-escape-{os.getpid()}-{kind}"
            self.listen(socket.AF_UNIX, number, "\0" + self.paths[kind])

    def listen(self, family, kind, address):
        s = socket.socket(family, kind)
        s.bind(address)
        if kind != socket.SOCK_DGRAM:
            s.listen(100)
        return self.keep(s)

    def keep(self, s):
        s.setblocking(False)
        self.sockets.append(s)
        return s

    def came(self):
        found = []
        for s in self.sockets:
            while True:
                try:
                    got = s.accept()[1] if s.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) else s.recv(2000)
                except BlockingIOError:
                    break
                if not got and s.type == socket.SOCK_STREAM:
                    break
                found.append(f"{s.family.name} {s.type} {s.proto}: {got}")
        return found


subprocess.run(["ip", "-6", "addr", "add", OUTSIDE6 + "/128", "dev", "lo", "nodad"], check=False, capture_output=True)
outside = Catcher()
PORT = outside.port
WHERE = {"tcp4": OUTSIDE, "udp4": OUTSIDE, "mptcp": OUTSIDE, "sctp": OUTSIDE, "dccp": OUTSIDE, "udplite": OUTSIDE, "ping4": OUTSIDE, "icmp": OUTSIDE, "raw4": OUTSIDE,
         "tcp6": OUTSIDE6, "udp6": OUTSIDE6, "ping6": OUTSIDE6, "icmp6": OUTSIDE6, "raw6": OUTSIDE6, "udplite6": OUTSIDE6,
         "mapped": "::ffff:" + OUTSIDE, "udpmapped": "::ffff:" + OUTSIDE, "vsock": "-", "packet": "-", **outside.paths}
for socket_kind, address, kind, family in (("tcp4", OUTSIDE, socket.SOCK_STREAM, socket.AF_INET), ("tcp6", OUTSIDE6, socket.SOCK_STREAM, socket.AF_INET6),
                                          ("udp4", OUTSIDE, socket.SOCK_DGRAM, socket.AF_INET), ("udp6", OUTSIDE6, socket.SOCK_DGRAM, socket.AF_INET6)):
    with socket.socket(family, kind) as s:
        s.connect((address, PORT))
        s.send(b"x")
if len(outside.came()) != 4:
    raise AssertionError("the listeners do not hear what is sent to them")

def address_of(kind):
    return outside.paths.get(kind)


# ---- the table -------------------------------------------------------------------------------------------
WAYS = []  # (name, command, isolate, what may be named in the trace, needs the report)


def way(name, *command, isolate="on", names=(), **more):
    WAYS.append((name, command, isolate, names or (OUTSIDE, OUTSIDE6), more))


library = build("escape-library.so", "-shared", "-fPIC", source=os.path.join(ESCAPE, "library.c"))
os.environ["ESCAPE_LIBRARY"] = library
reach = build_reach("reach")
DOORS = ["libc", "dlsym", "handle", "next", "alias", "deepbind", "second-libc", "syscall", "hand", "int80", "ring"]
HOOKED = {"libc", "dlsym", "handle"}  # what calls libc by its names; `next` is what preloads use to come before others
CALLS = [("connect", "tcp4"), ("connect", "tcp6"), ("connect", "mapped"), ("nonblock", "tcp4"), ("nonblock", "tcp6"), ("connect", "udp4"), ("connect", "udp6"),
         ("sendto", "udp4"), ("sendto", "udp6"), ("sendto", "udpmapped"), ("sendmsg", "udp4"), ("sendmsg", "udp6"), ("sendmmsg", "udp4"), ("sendmmsg", "udp6"),
         ("fastsendto", "tcp4"), ("fastsendmsg", "tcp4"), ("fastopen", "tcp4"), ("connect", "abstract"), ("sendto", "abstractdgram")]


# Nothing of that name is in the run's own namespace, so that the kernel has nobody to refuse; and a packet of a protocol
# that is no transport (a byte is no ICMP message) comes back to the raw socket that sent it. Frames by hand are counted.
NO_MARK = {"abstract", "abstractdgram", "raw4", "raw6", "icmp", "icmp6"}
BY_HAND = {"packet"}


def reaching(name, program, door, call, kind, when=None, **more):
    if kind in NO_MARK and more.get("isolate") != "off":
        more["harmless"] = True
    if kind in BY_HAND:
        more["names"] = (OUTSIDE, OUTSIDE6, "made by hand went round")
    elif kind == "vsock":
        if door != "libc":
            return  # the machine's own, whatever the network: not to be tried (docs/limitations.md)
        more["names"] = ("vsock:",)
    elif address_of(kind):
        more["names"] = (address_of(kind),)
    way(name, program, door, call, kind, WHERE[kind], str(PORT), *([when] if when else []), **more)


for door in DOORS:
    for call, kind in CALLS:
        reaching(f"{door} {call} {kind}", reach, door, call, kind)
for door in ("libc", "syscall"):
    for when in ("fork", "rawfork", "vfork", "clone", "thread", "signal", "exit", "constructor", "dup"):
        for call, kind in (("connect", "tcp4"), ("sendto", "udp4")):
            reaching(f"{door} {call} {kind} {when}", reach, door, call, kind, when)
for call, kind in (("connect", "mptcp"), ("connect", "sctp"), ("connect", "dccp"), ("sendto", "udplite"), ("sendto", "udplite6"), ("sendto", "ping4"), ("sendto", "ping6"),
                   ("sendto", "icmp"), ("sendto", "icmp6"), ("sendto", "raw4"), ("sendto", "raw6"), ("sendto", "packet"), ("connect", "vsock")):
    for door in ("libc", "syscall"):
        reaching(f"{door} {call} {kind}", reach, door, call, kind)
# the preload alone holds what calls libc
for door in sorted(HOOKED):
    for call, kind in CALLS + [("connect", "unix"), ("connect", "unixseq"), ("sendto", "unixdgram")]:
        reaching(f"{door} {call} {kind}, not isolated", reach, door, call, kind, isolate="off")
for when in ("fork", "rawfork", "vfork", "clone", "thread", "signal", "exit", "constructor", "dup"):
    reaching(f"libc connect tcp4 {when}, not isolated", reach, "libc", "connect", "tcp4", when, isolate="off")
# programs without the shim
STATIC = [build_reach("reach-static", "-static", "-D__STATIC__")]
if compiles("gcc", ["-static-pie"]):
    STATIC.append(build_reach("reach-static-pie", "-static-pie", "-D__STATIC__"))
if shutil.which("musl-gcc"):
    headers = ["-idirafter", "/usr/include", "-idirafter", f"/usr/include/{os.uname().machine}-linux-gnu"]
    STATIC.append(build_reach("reach-musl-static", "-static", "-D__STATIC__", *headers, compiler="musl-gcc"))
    musl = build_reach("reach-musl", *headers, compiler="musl-gcc")
    for call, kind in CALLS:
        reaching(f"musl {call} {kind}", musl, "libc", call, kind)
for program in STATIC:
    for call, kind in CALLS[:14] + CALLS[-2:]:
        reaching(f"{os.path.basename(program)} {call} {kind}", program, "libc", call, kind)
    way(f"{os.path.basename(program)} from a shell", "sh", "-c", f"{program} libc connect tcp4 {OUTSIDE} {PORT}; true")
# programs that nobody here wrote
for name, *command in (
    ("bash /dev/tcp", "bash", "-c", f"echo x > /dev/tcp/{OUTSIDE}/{PORT}"), ("bash /dev/udp", "bash", "-c", f"echo x > /dev/udp/{OUTSIDE}/{PORT}"),
    ("curl", "curl", "-sS", "-m5", f"http://{OUTSIDE}:{PORT}/"), ("curl -6", "curl", "-sS", "-m5", f"http://[{OUTSIDE6}]:{PORT}/"),
    ("curl --resolve", "curl", "-sS", "-m5", "--resolve", f"web.example.com:{PORT}:{OUTSIDE}", f"http://web.example.com:{PORT}/"),
    ("curl --interface", "curl", "-sS", "-m5", "--interface", "lo", f"http://{OUTSIDE}:{PORT}/"),
    ("curl --proxy", "curl", "-sS", "-m5", "--proxy", f"http://{OUTSIDE}:{PORT}", "http://nobody.example.org/"),
    ("curl --socks5", "curl", "-sS", "-m5", "--socks5-hostname", f"{OUTSIDE}:{PORT}", "http://nobody.example.org/"),
    ("curl tftp", "curl", "-sS", "-m2", f"tftp://{OUTSIDE}:{PORT}/x"), ("curl telnet", "curl", "-sS", "-m5", f"telnet://{OUTSIDE}:{PORT}"),
    ("curl --tcp-fastopen", "curl", "-sS", "-m5", "--tcp-fastopen", f"http://{OUTSIDE}:{PORT}/"),
    ("wget", "wget", "-q", "-T5", "-t1", "-O-", f"http://{OUTSIDE}:{PORT}/"), ("openssl s_client", "openssl", "s_client", "-connect", f"{OUTSIDE}:{PORT}"),
    ("psql", "psql", "-h", OUTSIDE, "-p", str(PORT), "-c", "select 1"), ("ssh", "ssh", "-o", "ConnectTimeout=5", "-p", str(PORT), OUTSIDE),
    ("git", "git", "ls-remote", f"git://{OUTSIDE}:{PORT}/x"), ("perl", "perl", "-MIO::Socket::INET", "-e", f"IO::Socket::INET->new('{OUTSIDE}:{PORT}') or die $!"),
    ("ping", "ping", "-c1", "-W1", OUTSIDE), ("ping -6", "ping", "-6", "-c1", "-W1", OUTSIDE6),
    ("gawk /inet", "gawk", f'BEGIN {{ print "x" |& "/inet/tcp/0/{OUTSIDE}/{PORT}" }}'), ("nc", "nc", "-w2", OUTSIDE, str(PORT)),
    ("python", "/usr/bin/python3", "-c", f"import socket; socket.create_connection(('{OUTSIDE}', {PORT}), 5)"),
    ("python asyncio", "/usr/bin/python3", "-c", f"import asyncio; asyncio.run(asyncio.wait_for(asyncio.open_connection('{OUTSIDE}', {PORT}), 5))"),
    ("node", "node", "-e", f"require('net').connect({PORT}, '{OUTSIDE}').on('error', () => process.exit(1)).on('connect', () => process.exit(0))"),
    ("node dgram", "node", "-e", f"const s = require('dgram').createSocket('udp4'); s.send('x', {PORT}, '{OUTSIDE}', () => s.close())"),
    ("node dns", "node", "-e", f"const d = new (require('dns').Resolver)({{ timeout: 500, tries: 1 }}); d.setServers(['{OUTSIDE}:{PORT}']); d.resolve4('x.example', () => 0)"),
    ("ruby", "ruby", "-rsocket", "-e", f"TCPSocket.new('{OUTSIDE}', {PORT})"), ("php", "php", "-r", f"fsockopen('{OUTSIDE}', {PORT});"),
    ("env -i", "env", "-i", reach, "libc", "connect", "tcp4", OUTSIDE, str(PORT)), ("ld.so", "/lib64/ld-linux-x86-64.so.2", reach, "libc", "connect", "tcp4", OUTSIDE, str(PORT)),
    ("unshare -n", "unshare", "-n", reach, "libc", "connect", "tcp4", OUTSIDE, str(PORT)),
    ("unshare -Un", "unshare", "-Un", reach, "libc", "connect", "tcp4", OUTSIDE, str(PORT)),
):
    if shutil.which(command[0]):
        # seam drops proxies (the libcurl layer): then the name is what is asked for
        way(name, *command, names=(OUTSIDE, OUTSIDE6, "nobody.example.org"))
if shutil.which("go"):
    done = subprocess.run(["go", "build", "-o", os.path.join(WORK, "get-go"), os.path.join(HERE, "prog", "get.go")], capture_output=True, text=True, check=False,
                          env=dict(os.environ, CGO_ENABLED="0", GOFLAGS="-mod=mod", GOCACHE=os.path.join(WORK, "gocache"), HOME=WORK))
    if done.returncode == 0:
        way("go", os.path.join(WORK, "get-go"), f"http://{OUTSIDE}:{PORT}/")
        way("go, a name", os.path.join(WORK, "get-go"), f"http://nobody.example.org:{PORT}/", names=("nobody.example.org",))
# execve by its number, with no environment: a dynamic program without the shim
way("cleared by a system call", "/usr/bin/python3", "-c",
    f"import ctypes; w = [b'{reach}', b'libc', b'connect', b'tcp4', b'{OUTSIDE}', b'{PORT}']; a = (ctypes.c_char_p * 7)(*w); e = (ctypes.c_char_p * 1)()\n"
    f"ctypes.CDLL(None).syscall({59 if os.uname().machine == 'x86_64' else 221}, w[0], a, e)")
# names that nobody claims, by libc and past it
way("a name", "getent", "hosts", "nobody.example.org", names=("nobody.example.org",))
way("a name, by the resolver library", "/usr/bin/python3", "-c", "import ctypes; b = ctypes.create_string_buffer(512); ctypes.CDLL('libresolv.so.2').res_query(b'nobody.example.org', 1, 1, b, 512)",
    names=("nobody.example.org",))
# the machine's own sockets, by other paths than their own
for name, path in (("path", outside.paths["unix"]), ("proc root", "/proc/self/root" + outside.paths["unix"]),
                   ("dot dot", f"{FOLDER}/../{os.path.basename(FOLDER)}/outside.unix")):
    way(f"unix by {name}", reach, "libc", "connect", "unix", path, "0", names=(outside.paths["unix"], "outside.unix"))
# raw packets, tunnels, other namespaces
PY = "import ctypes, os, socket, struct, sys\n"
SYN = PY + f"""
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
ip = struct.pack('!BBHHHBBH4s4s', 69, 0, 40, 1, 0, 64, 6, 0, socket.inet_aton('127.0.0.1'), socket.inet_aton('{OUTSIDE}'))
s.sendto(ip + struct.pack('!HHIIBBHHH', 4444, {PORT}, 1, 0, 80, 2, 1000, 0, 0), ('{OUTSIDE}', 0))
import time; time.sleep(0.1)
"""
ECHO = PY + """
six = ':' in sys.argv[1]; family = socket.AF_INET6 if six else socket.AF_INET
s = socket.socket(family, socket.SOCK_RAW, 58 if six else 1)
body = struct.pack('!BBHHH', 128 if six else 8, 0, 0 if six else 0xf7ff, 0, 0)
to = struct.pack('=HHI16sI', family, 0, 0, socket.inet_pton(family, sys.argv[1]), 0) if six else struct.pack('=HH4s8x', family, 0, socket.inet_aton(sys.argv[1]))
ctypes.CDLL(None).syscall(ctypes.c_long(44 if os.uname().machine == 'x86_64' else 206), s.fileno(), body, ctypes.c_long(8), 0, to, ctypes.c_long(len(to)))
import time; time.sleep(0.1)
"""
way("an echo request by a system call", "/usr/bin/python3", "-c", ECHO, OUTSIDE)
way("an ICMPv6 echo request by a system call", "/usr/bin/python3", "-c", ECHO, OUTSIDE6)
way("a packet by hand, IPPROTO_RAW", "/usr/bin/python3", "-c", SYN)
way("a frame by hand, AF_PACKET", "/usr/bin/python3", "-c", PY + "s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); s.bind(('lo', 0x0800))\n"
    f"ip = struct.pack('!BBHHHBBH4s4s', 69, 0, 29, 1, 0, 64, 17, 0x1c0b, socket.inet_aton('198.18.0.1'), socket.inet_aton('{OUTSIDE}'))\n"
    f"s.send(bytes(12) + b'\\x08\\0' + ip + struct.pack('!HHHH', 4444, {PORT}, 9, 0) + b'x')\nimport time; time.sleep(0.1)", harmless=True)
way("a tunnel", "/usr/bin/python3", "-c", PY + "import fcntl; f = os.open('/dev/net/tun', os.O_RDWR); fcntl.ioctl(f, 0x400454ca, struct.pack('16sH', b'seam0', 0x1001))", names=("tun",), harmless=True)
way("another device", "ip", "link", "add", "seam1", "type", "dummy", harmless=True)
way("a route", "ip", "route", "add", OUTSIDE, "dev", "lo", harmless=True)
if os.getuid() != 0:
    way("setns", "nsenter", "-t", str(os.getpid()), "-n", reach, "libc", "connect", "tcp4", OUTSIDE, str(PORT), harmless=True)

# ---- sockets that come from outside ------------------------------------------------------------------------
inherited = [socket.create_connection((OUTSIDE, PORT)), socket.socket(socket.AF_INET, socket.SOCK_DGRAM), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM),
             socket.socket(socket.AF_INET, socket.SOCK_STREAM)]
inherited[1].connect((OUTSIDE, PORT))
inherited[2].connect((OUTSIDE6, PORT))
accepted = outside.tcp.accept()[0]
outside.keep(accepted)
for s, what in zip(inherited, ("a connection", "a UDP socket", "an IPv6 UDP socket", "a socket")):
    way(f"inherited: {what}", "/usr/bin/python3", "-c", f"import os, socket\ntry: s = socket.socket(fileno=os.dup({s.fileno()})); s.send(b'x')\nexcept OSError: s = None\n"
        f"if s: s.connect(('{OUTSIDE}', {PORT})); s.send(b'x')", pass_fds=(s.fileno(),), names=("an inherited",))


# ---- trying ---------------------------------------------------------------------------------------------------
def attempt(row):
    name, command, isolate, names, more = row
    harmless = more.pop("harmless", False)
    run = Run(*command, isolate=isolate, **more)
    said = run.out.split()
    if said[:1] == ["impossible"]:
        bare = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
        if bare.stdout != run.out:
            return "impossible under seam alone", run
        return "impossible", run
    came = outside.came()
    if came:
        return f"reached the outside: {came}", run
    named = [e for e in run.events[1:-1] if any(n in e["sum"] for n in names)]
    if not (named or run.end.get("unshimmed") or harmless):
        return "left no mark in the trace or the report", run
    if run.code in (125, 126, 127) and not harmless and not run.end:
        return "was not even tried", run
    return None, run


def main():
    pattern = sys.argv[1] if len(sys.argv) > 1 else ""
    failed, impossible, tried = [], [], 0
    for row in WAYS:
        if pattern not in row[0]:
            continue
        tried += 1
        wrong, run = attempt(row)
        if wrong == "impossible":
            impossible.append(row[0])
        elif wrong:
            failed.append(row[0])
            print(f"FAIL {row[0]}: {wrong}\n{run}\n" if pattern else f"FAIL {row[0]}: {wrong}")
    print(f"{tried} ways tried, {len(impossible)} of them impossible on this machine, {len(failed)} failed")
    if not pattern and tried - len(impossible) < 200:
        failed.append("fewer than 200")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

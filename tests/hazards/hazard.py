"""What hazard tests share: building programs, running them under seam, listeners outside."""
import glob
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
WORK = os.environ.get("HAZARD_WORK")
SEAM = os.path.join(os.environ["SEAM_BUILD"], "bin", "seam") if "SEAM_BUILD" in os.environ else None
OUTSIDE = "192.0.2.9"  # of the network that run.sh made: here listeners play the outside
NOBODY = "192.0.2.77"  # nobody has this address
RULES = {
    "seam": 1,
    "services": {"web": {"protocol": "http", "at": ["web.example.com:80", "*.glob.example.com:80", "192.0.2.7:8080"]}},
    "rules": [{"id": "ok", "on": "http", "when": {"path": "/ok"}, "do": {"status": 200, "text": "hi"}, "optional": True}],
}

if not WORK or [name for _, name in socket.if_nameindex()] != ["lo"]:
    sys.exit("run tests/hazards/run.sh: this must not run in a network that leads anywhere")
FOLDER = tempfile.mkdtemp(dir=None if os.getuid() else WORK)
os.environ["TMPDIR"] = FOLDER


def skip(why):
    print(why)
    sys.exit(77)


def program(name):
    """The path of an installed program that the test cannot do without."""
    return shutil.which(name) or skip(f"{name} is not installed")


def preloadable(name):
    """The path of an installed library, or None."""
    places = (os.path.join(folder, name) for folder in sorted(glob.glob("/usr/lib/*-linux-gnu")) + ["/usr/lib64", "/usr/lib", "/usr/local/lib"])
    return next((place for place in places if os.path.exists(place)), None)


def install(prefix):
    """A seam of its own below `prefix`; returns its bin/seam."""
    for part in ("bin/seam", "lib/libseam.so"):
        to = os.path.join(prefix, part)
        os.makedirs(os.path.dirname(to), exist_ok=True)
        shutil.copy(os.path.join(os.environ["SEAM_BUILD"], part), to)
    return os.path.join(prefix, "bin", "seam")


def java(what, *options, request=""):
    """prog/Client.java, compiled once; the flags only make a short program start sooner."""
    if not os.path.exists(os.path.join(WORK, "Client.class")):
        if not os.access(WORK, os.W_OK):
            skip("Client.java was not built")
        subprocess.run([program("javac"), "-J-XX:TieredStopAtLevel=1", "-d", WORK, os.path.join(HERE, "prog", "Client.java")], check=True)
    return program("java"), "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", *options, "-cp", WORK, "Client", what, request


def compiles(compiler, options):
    """Whether this machine can compile anything at all that way."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([compiler, "-o", os.path.join(folder, "a"), "-x", "c", "-", *options], input="int main(void) { return 0; }\n",
                              capture_output=True, text=True, check=False)
    return done.returncode == 0


def build(name, *options, source=None, compiler="gcc"):
    """Compiles prog/NAME.c once; both users run what the first one built. A program that does not
    compile is a failure; where not even an empty one does, the test is skipped."""
    source = source or os.path.join(HERE, "prog", name.split("-")[0] + ".c")
    out = os.path.join(WORK, name)
    if not os.path.exists(out):
        if not os.access(WORK, os.W_OK):
            skip(f"{name} was not built")
        if not shutil.which(compiler):
            skip(f"{compiler} is not installed")
        done = subprocess.run([compiler, "-O1", "-o", out, source, *options], capture_output=True, text=True, check=False)
        if done.returncode and not compiles(compiler, options):
            skip(f"no program can be built here by {compiler} {' '.join(options)}: " + (done.stderr.strip().splitlines() or ["?"])[-1])
        if done.returncode:
            raise AssertionError(f"{source} does not compile:\n{done.stderr}")
    return out


# a host with a sanitizer in it bears no other preload: then only the program gets it
HOST_BEARS_PRELOAD = SEAM and b"libasan.so" not in open(SEAM, "rb").read()


class Run:
    """A finished run of `command`. seam: another bin/seam than the tested one's; preload: what
    LD_PRELOAD said before; closed: 0, 1 and 2 are; keep: the trace stays there, as .trace."""

    def __init__(self, *command, isolate="on", options=(), rules=None, before=(), seam=SEAM, preload=None, env=None, closed=False, keep=False, **more):
        with open(os.path.join(FOLDER, "rules.json"), "w", encoding="utf-8") as f:
            json.dump(rules or RULES, f)
        self.trace = os.path.join(FOLDER, "run.trace")
        inherited = {k: v for k, v in os.environ.items() if k != "XDG_RUNTIME_DIR"} | (env or {})
        if preload and HOST_BEARS_PRELOAD:
            inherited["LD_PRELOAD"] = preload
        elif preload:
            command = ("env", f"LD_PRELOAD={preload}", *command)
        argv = [*before, seam, "run", "-r", f.name, "-t", self.trace, "--isolate", isolate, *options, "--", *command]
        if closed:
            argv = ["sh", "-c", 'exec "$@" 0<&- 1>&- 2>&-', "sh", *argv]
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, env=inherited, check=False, **more)
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr
        self.text, self.events = "", []
        if os.path.exists(self.trace):
            with open(self.trace, encoding="utf-8") as f:
                self.text = f.read()
            self.events = [json.loads(line) for line in self.text.splitlines()]
            if not keep:
                os.unlink(self.trace)
        self.end = self.events[-1] if self.events else {}

    def kinds(self, k, **members):
        return [e for e in self.events if e["k"] == k and all(e.get(m) == v for m, v in members.items())]

    def __str__(self):
        return f"exit {self.code}\nout: {self.out}\nerr: {self.err}\n" + "\n".join(str(e)[:600] for e in self.events[-12:])


def check(what, run):
    if not what:
        raise AssertionError(str(run))


def served(run, code=121, times=1):
    """The fake answered, and the run says that the shim was not in the way."""
    check(run.code == code and run.out.strip().endswith("hi"), run)
    check(len(run.kinds("http", by="rule")) == times, run)
    check(run.end["unmatched"] == 0, run)


def faked(run, times=1):
    """The fake answered through the shim: nothing went past it, nobody is named."""
    served(run, 0, times)
    check(run.end["unshimmed"] == [] and "unshimmed" not in run.err, run)


def refused(run, address):
    """Refused, and in the trace by its address."""
    check(run.code != 0 and "hi" not in run.out, run)
    events = run.kinds("conn.open", by="none")
    check([e["a"]["server.address"] for e in events] == [address], run)
    check(run.end["unshimmed"], run)


class Listener:
    """Outside the run; nothing may ever arrive."""

    def __init__(self, kind=socket.SOCK_STREAM, address=(OUTSIDE, 0), family=socket.AF_INET):
        self.socket = socket.socket(family, kind)
        self.socket.bind(address)
        if kind == socket.SOCK_STREAM:
            self.socket.listen()
        self.socket.setblocking(False)
        self.port = self.socket.getsockname()[1] if family == socket.AF_INET else None

    def nothing_came(self):
        try:
            self.socket.accept() if self.socket.type == socket.SOCK_STREAM else self.socket.recv(100)
        except BlockingIOError:
            return
        raise AssertionError("the outside was reached")

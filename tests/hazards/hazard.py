"""What hazard tests share: building programs, running them under seam, listeners outside."""
import json
import os
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


def build(name, *options, source=None):
    """Compiles prog/NAME.c once; both users run what the first one built."""
    source = source or os.path.join(HERE, "prog", name.split("-")[0] + ".c")
    out = os.path.join(WORK, name)
    if not os.path.exists(out):
        if not os.access(WORK, os.W_OK):
            skip(f"{name} was not built")
        done = subprocess.run(["gcc", "-O1", "-o", out, source, *options], capture_output=True, text=True, check=False)
        if done.returncode:
            skip("cannot be built here: " + (done.stderr.strip().splitlines() or ["?"])[-1])
    return out


class Run:
    def __init__(self, *command, isolate="on", options=(), rules=None, before=(), **more):
        with open(os.path.join(FOLDER, "rules.json"), "w", encoding="utf-8") as f:
            json.dump(rules or RULES, f)
        trace = os.path.join(FOLDER, "run.trace")
        argv = [*before, SEAM, "run", "-r", f.name, "-t", trace, "--isolate", isolate, *options, "--", *command]
        env = {k: v for k, v in os.environ.items() if k != "XDG_RUNTIME_DIR"}
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, env=env, check=False, **more)
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr
        self.events = []
        if os.path.exists(trace):
            with open(trace, encoding="utf-8") as f:
                self.events = [json.loads(line) for line in f]
            os.unlink(trace)
        self.end = self.events[-1] if self.events else {}

    def kinds(self, k, **members):
        return [e for e in self.events if e["k"] == k and all(e.get(m) == v for m, v in members.items())]

    def __str__(self):
        return f"exit {self.code}\nout: {self.out}\nerr: {self.err}\n" + "\n".join(map(str, self.events[-12:]))


def check(what, run):
    if not what:
        raise AssertionError(str(run))


def served(run, code=121, times=1):
    """The fake answered, and the run says that the shim was not in the way."""
    check(run.code == code and run.out.strip().endswith("hi"), run)
    check(len(run.kinds("http", by="rule")) == times, run)
    check(run.end["unmatched"] == 0, run)


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

#!/usr/bin/env python3
"""How runs begin and end: normal exit, _exit, SIGKILL, exec chains, daemons, no hooked call,
a killed host; under seam run and under the bare preload.

usage: life.py [NAME...]     ends with a line "life: N passed, N failed"
"""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("SEAM_BUILD", os.path.join(TOP, "build"))
SEAM = os.path.join(BUILD, "bin", "seam")
SHIM = os.path.join(BUILD, "lib", "libseam.so")
RULES = {
    "seam": 1,
    "services": {"web": {"protocol": "http", "at": ["web.example.com:80"]}},
    "rules": [{"id": "ok", "on": "http", "when": {"path": "/ok"}, "do": {"status": 200, "text": "hi"}},
              {"id": "slow", "on": "http", "when": {"path": "/slow"}, "do": {"status": 200, "text": "hi", "delay": "30s"},
               "optional": True}],
}
ASK = "import urllib.request as u; assert u.urlopen('http://web.example.com/ok').read() == b'hi'"
tests = []


def test(function):
    tests.append(function)
    return function


class Folder:
    """A folder with a rule file, in which one test runs."""

    def __init__(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="seam-life-")
        self.path = self.temporary.name
        self.rules, self.trace = os.path.join(self.path, "rules.json"), os.path.join(self.path, "run.trace")
        self.run_parent = os.path.join(self.path, "tmp")
        os.mkdir(self.run_parent)
        with open(self.rules, "w", encoding="utf-8") as f:
            json.dump(RULES, f)

    def env(self, **more):
        keep = {k: v for k, v in os.environ.items() if not k.startswith("SEAM_") and k != "XDG_RUNTIME_DIR"}
        return dict(keep, TMPDIR=self.run_parent, **more)

    def bare_env(self):
        # nothing else set, and no seam on PATH
        return self.env(LD_PRELOAD=SHIM, SEAM_RULES=self.rules, SEAM_TRACE=self.trace, PATH="/usr/bin:/bin")

    def start(self, how, *command, **options):
        if how == "run":
            command = (SEAM, "run", "-q", "-r", self.rules, "-t", self.trace, "--") + command
            return subprocess.Popen(command, env=self.env(), **options)
        return subprocess.Popen(command, env=self.bare_env(), **options)

    def run(self, how, *command, **options):
        process = self.start(how, *command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def events(self, wait=3.0):
        """The whole trace, once its trailer is there."""
        until = time.monotonic() + wait
        while True:
            lines = []
            if os.path.exists(self.trace):
                with open(self.trace, encoding="utf-8") as f:
                    text = f.read()
                assert text == "" or text.endswith("\n"), "a torn last line"
                lines = [json.loads(line) for line in text.splitlines()]
                if lines and lines[-1]["k"] == "seam.end":
                    return lines
            assert time.monotonic() < until, f"no trailer after {wait} s: {lines[-2:]}"
            time.sleep(0.01)

    def left_behind(self):
        return os.listdir(self.run_parent)


def kinds(events, k):
    return [e for e in events if e["k"] == k]


def each_way(function):
    """The same under seam run and under the bare preload."""

    def run_way(folder):
        function(folder, "run")

    def bare_way(folder):
        function(folder, "bare")

    run_way.__name__, bare_way.__name__ = function.__name__ + " (seam run)", function.__name__ + " (bare)"
    tests.extend([run_way, bare_way])
    return function


@each_way
def a_normal_exit_leaves_a_whole_trace_and_nothing_else(folder, how):
    code, out, err = folder.run(how, "python3", "-c", ASK)
    assert (code, out, err) == (0, b"", b""), (code, out, err)
    events = folder.events(wait=0.0 if how == "bare" else 0.0)  # both wait for the trailer
    assert len(kinds(events, "http")) == 1
    until = time.monotonic() + 2
    while folder.left_behind() and time.monotonic() < until:
        time.sleep(0.01)
    assert folder.left_behind() == []


@each_way
def after__exit_the_trailer_follows_within_a_second(folder, how):
    code, _, err = folder.run(how, "python3", "-c", ASK + "; import os; os._exit(3)")
    assert code == 3, err
    events = folder.events(wait=1.0)
    assert len(kinds(events, "http")) == 1


@each_way
def after_SIGKILL_every_event_it_caused_is_there(folder, how):
    code, _, err = folder.run(how, "python3", "-c", ASK + "; import os; os.kill(os.getpid(), 9)")
    assert code == (137 if how == "run" else -9), (code, err)
    events = folder.events(wait=1.0)
    assert len(kinds(events, "http")) == 1


@each_way
def SIGKILL_while_an_answer_is_awaited_leaves_a_whole_trace(folder, how):
    process = folder.start(how, "python3", "-c", ASK + "; u.urlopen('http://web.example.com/slow')")
    time.sleep(0.7)
    victim = process.pid
    if how == "run":
        victim = int(open(f"/proc/{process.pid}/task/{process.pid}/children").read().split()[0])
    os.kill(victim, signal.SIGKILL)
    process.wait(timeout=10)
    events = folder.events(wait=1.0)
    assert len(kinds(events, "http")) == 1


def program_of(pid):
    """The program's process among the children of `seam run`, which has helpers of its own while it starts."""
    for child in open(f"/proc/{pid}/task/{pid}/children").read().split():
        try:
            if open(f"/proc/{child}/comm").read().startswith("python3"):
                return int(child)
        except (FileNotFoundError, ProcessLookupError):
            pass
    return None


@each_way
def SIGKILL_at_any_moment_leaves_a_whole_trace(folder, how):
    busy = ("import urllib.request as u\n"
            "while True: u.urlopen('http://web.example.com/ok').read()")
    for moment in range(8):
        process = folder.start(how, "python3", "-c", busy)
        time.sleep(0.03 + moment * 0.05)
        victim = process.pid
        if how == "run":
            victim = program_of(process.pid) or process.pid
        os.kill(victim, signal.SIGKILL)
        process.wait(timeout=10)
        if victim == process.pid and how == "run":
            continue  # so early that seam itself was hit
        if how == "run" or os.path.exists(folder.trace):
            folder.events(wait=2.0)
            os.remove(folder.trace)


@each_way
def an_exec_chain_is_one_process_with_several_images(folder, how):
    code, _, err = folder.run(how, "sh", "-c", "exec sh -c 'exec env python3 -c \"$0\"' \"$0\"", ASK)
    assert code == 0, err
    starts = kinds(folder.events(wait=1.0), "proc.start")
    assert [e["sum"] for e in starts] == ["sh", "sh", "env", "python3"], starts
    assert len({e["t"]["pid"] for e in starts}) == 1


@each_way
def a_daemon_that_outlives_its_parent_is_refused_and_noted(folder, how):
    daemon = ("import os, time, urllib.request as u\n"
              "r, w = os.pipe()\n"
              "if os.fork(): os.read(r, 1); os._exit(0)\n"
              "os.setsid()\n"
              "if os.fork(): os._exit(0)\n"
              "u.urlopen('http://web.example.com/ok').read()\n"
              "os.write(w, b'x')\n"
              "os.closerange(0, 100)\n"
              "time.sleep(1.5)\n"
              "try: u.urlopen('http://web.example.com/ok').read(); what = 'reached'\n"
              "except OSError as e: what = 'refused'\n"
              "open('%s/daemon', 'w').write(what)\n") % folder.path
    code, _, err = folder.run(how, "python3", "-c", daemon)
    assert code == 0, err
    events = folder.events(wait=1.0)
    assert len(kinds(events, "http")) == 1
    assert any("outlived" in e["sum"] for e in kinds(events, "note")), events
    time.sleep(2.0)
    assert open(folder.path + "/daemon").read() == "refused"


@each_way
def a_program_without_a_hooked_call_is_known_all_the_same(folder, how):
    code, out, err = folder.run(how, "true")
    assert (code, out, err) == (0, b"", b"")
    events = folder.events(wait=1.0)
    assert [e["sum"] for e in kinds(events, "proc.start")] == ["true"]
    assert len(kinds(events, "proc.exit")) == 1


@each_way
def children_with_an_empty_environment_belong_to_the_run(folder, how):
    script = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {ASK!r}], env={{}}, check=True)"
    code, _, err = folder.run(how, "python3", "-c", script)
    assert code == 0, err
    assert len(kinds(folder.events(wait=1.0), "http")) == 1


@test
def a_killed_host_means_a_refused_connection_within_a_second(folder):
    script = ("import os, signal, time, urllib.request as u\n"
              "u.urlopen('http://web.example.com/ok').read()\n"
              "os.kill(os.getppid(), 9)\n"
              "start = time.monotonic()\n"
              "time.sleep(0.05)\n"
              "try: u.urlopen('http://web.example.com/ok').read(); what = 'reached'\n"
              "except OSError as e: what = str(e)\n"
              "open('%s/what', 'w').write('%%s %%s' %% (time.monotonic() - start < 1, what))\n") % folder.path
    process = folder.start("run", "python3", "-c", script)
    assert process.wait(timeout=20) == -9
    until = time.monotonic() + 5
    while not os.path.exists(folder.path + "/what") and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(0.05)
    what = open(folder.path + "/what").read()
    assert what.startswith("True") and "refused" in what, what
    with open(folder.trace, encoding="utf-8") as f:
        for line in f.read().splitlines():
            json.loads(line)


@test
def the_folder_of_a_killed_host_is_swept_by_the_next(folder):
    process = folder.start("run", "sleep", "30")
    time.sleep(0.4)
    child = int(open(f"/proc/{process.pid}/task/{process.pid}/children").read().split()[0])
    process.kill()
    process.wait()
    os.kill(child, signal.SIGKILL)
    assert len(folder.left_behind()) == 1
    assert folder.run("run", "true")[0] == 0
    assert folder.left_behind() == []


@test
def a_signal_sent_to_seam_reaches_the_program(folder):
    script = ("import signal, sys, time\n"
              "signal.signal(signal.SIGTERM, lambda *a: sys.exit(9))\n"
              "open('%s/ready', 'w').close()\n"
              "time.sleep(20)\n") % folder.path
    process = folder.start("run", "python3", "-c", script)
    until = time.monotonic() + 10
    while not os.path.exists(folder.path + "/ready") and time.monotonic() < until:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 9
    assert folder.events()[-1]["exit"] == 9


@test
def the_program_keeps_stdin_umask_folder_and_ignored_signals(folder):
    script = ("import os, signal, sys\n"
              "print(sys.stdin.read(), oct(os.umask(0)), os.getcwd(), signal.getsignal(signal.SIGHUP).name,\n"
              "      signal.pthread_sigmask(signal.SIG_BLOCK, []), os.getpgrp() == os.getpgid(os.getppid()))\n")

    def before():
        os.umask(0o027)
        os.chdir("/")
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    code, out, err = folder.run("run", "python3", "-c", script, stdin=subprocess.DEVNULL, preexec_fn=before)
    assert (code, err) == (0, b""), err
    assert out == b" 0o27 / SIG_IGN set() True\n", out


@test
def the_run_directory_is_private_and_its_path_short(folder):
    script = ("import os, stat\n"
              "d = os.environ['SEAM_RUN']\n"
              "mode = stat.S_IMODE(os.stat(d).st_mode)\n"
              "assert mode == (0o711 if os.getuid() == 0 else 0o700), oct(mode)\n"
              "assert stat.S_IMODE(os.stat(d + '/keys').st_mode) == 0o700\n"
              "assert len(d) < 90\n")
    code, _, err = folder.run("run", "python3", "-c", script)
    assert code == 0, err


@test
def what_nobody_claims_is_refused_and_named(folder):
    script = ("import socket\n"
              "for to in (('192.0.2.1', 80), ('127.0.0.1', 9)):\n"
              "    try: socket.create_connection(to, 2); print('reached')\n"
              "    except ConnectionRefusedError: pass\n"
              "try: socket.getaddrinfo('nobody.example.org', 80); print('resolved')\n"
              "except socket.gaierror as e: assert e.errno == socket.EAI_NONAME\n")
    code, out, err = folder.run("run", "python3", "-c", script)
    assert (code, out) == (0, b""), (out, err)
    events = folder.events()
    refused = [e for e in events if e.get("by") == "none"]
    assert {e["st"] for e in refused} == {"python3/-/192.0.2.1:80", "python3/dns/nobody.example.org"}, refused
    assert events[-1]["unmatched"] == 2


@test
def a_server_of_the_run_is_reached_and_a_strangers_is_not(folder):
    import socket
    stranger = socket.create_server(("127.0.0.1", 0))
    stranger.settimeout(0.1)
    script = ("import socket, sys, threading\n"
              "server = socket.create_server(('127.0.0.1', 0))\n"
              "threading.Thread(target=lambda: server.accept()[0].sendall(b'own'), daemon=True).start()\n"
              "assert socket.create_connection(server.getsockname()).recv(3) == b'own'\n"
              "try: socket.create_connection(('127.0.0.1', int(sys.argv[1])), 2); print('reached')\n"
              "except ConnectionRefusedError: pass\n")
    code, out, err = folder.run("run", "python3", "-c", script, str(stranger.getsockname()[1]))
    assert (code, out) == (0, b""), (out, err)
    try:
        stranger.accept()
        raise AssertionError("the stranger was reached")
    except socket.timeout:
        pass


@test
def a_stranger_at_the_listener_is_reset_and_leaves_no_event(folder):
    import socket
    process = subprocess.Popen((SEAM, "run", "-q", "--isolate", "off", "-r", folder.rules, "-t", folder.trace, "--", "sh", "-c", "echo up; exec sleep 4"),
                               env=folder.env(), stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"up\n"
    held = set()
    for fd in os.listdir(f"/proc/{process.pid}/fd"):
        try:
            held.add(os.readlink(f"/proc/{process.pid}/fd/{fd}"))
        except FileNotFoundError:
            pass  # closed meanwhile
    doors = []
    for line in open(f"/proc/{process.pid}/net/tcp").read().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A" and f"socket:[{fields[9]}]" in held:
            address, port = fields[1].split(":")
            doors.append((socket.inet_ntoa(bytes.fromhex(address)[::-1]), int(port, 16)))
    assert doors
    for door in doors:
        stranger = socket.create_connection(door, 3)
        stranger.settimeout(3)
        stranger.sendall(b"GET /ok HTTP/1.1\r\nHost: web.example.com\r\n\r\n")
        try:
            assert stranger.recv(1) == b"", "the stranger was served"
        except ConnectionResetError:
            pass
    process.stdout.close()
    assert process.wait(timeout=10) == 0
    assert kinds(folder.events(), "http") == []


@test
def a_program_that_asks_ldconfig_is_not_blamed_for_it(folder):
    code, _, err = folder.run("run", "/usr/bin/python3", "-c", "import ctypes.util; assert ctypes.util.find_library('c')")
    assert code == 0, err
    assert folder.events()[-1]["unshimmed"] == []


@test
def a_cancel_request_ends_a_statement_that_waits(folder):
    with open(folder.rules, "w", encoding="utf-8") as f:
        json.dump({"seam": 1, "services": {"db": {"protocol": "postgres", "at": ["db.prod:5432"]}},
                   "rules": [{"id": "slow", "on": "sql", "when": {"verb": "SELECT"},
                              "do": {"columns": {"n": "int4"}, "rows": [[1]], "delay": "20s"}}]}, f)
    script = ("import psycopg2, threading, time\n"
              "c = psycopg2.connect('host=db.prod user=u dbname=d')\n"
              "threading.Timer(0.3, c.cancel).start()\n"
              "start = time.monotonic()\n"
              "try: c.cursor().execute('select 1'); print('answered')\n"
              "except psycopg2.errors.QueryCanceled as e: assert time.monotonic() - start < 5; print(e.pgcode)\n")
    code, out, err = folder.run("run", "/usr/bin/python3", "-c", script)
    assert (code, out) == (0, b"57014\n"), (out, err)


def main(names):
    passed = failed = 0
    for function in tests:
        if names and not any(n in function.__name__ for n in names):
            continue
        folder = Folder()
        try:
            function(folder)
            passed += 1
        except Exception as e:  # a test may fail in any way
            failed += 1
            print(f"FAIL {function.__name__}: {type(e).__name__}: {e}")
        finally:
            folder.temporary.cleanup()
    print(f"life: {passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

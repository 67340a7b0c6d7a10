#!/usr/bin/env python3
"""Modes: fake, pass and auto; under seam run and under the bare preload; one service faked and
another passed in one process.

usage: modes.py [NAME...]     ends with a line "modes: N passed, N failed"
"""
import json
import os
import socket
import sys
import threading

import life
from life import RULES, Folder, kinds

PYTHON = "/usr/bin/python3"
tests = []


def test(function):
    tests.append(function)
    return function


class Outside:
    """A real server of this machine, outside every run: answers each connection with one line."""

    def __init__(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port, self.came = self.server.getsockname()[1], 0
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            conn, _ = self.server.accept()
            self.came += 1
            with conn:
                conn.recv(1000)
                conn.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nreal")


def ask(port):
    """A program that says what it reached: the fake by name, the real server by address, or neither."""
    return ("import os, socket\n"
            "def get(host, port):\n"
            "    try: s = socket.create_connection((host, port), 5)\n"
            "    except OSError as e: return type(e).__name__\n"
            "    s.sendall(b'GET /ok HTTP/1.0\\r\\nHost: web.example.com\\r\\n\\r\\n'); data = b''\n"
            "    while True:\n"
            "        more = s.recv(1000)\n"
            "        if not more: return data[-4:].decode().strip()\n"
            "        data += more\n"
            f"def real(): return get('127.0.0.1', {port})\n"
            "def fake(): return get('web.example.com', 80)\n")


def header(folder):
    return folder.events()[0]


def bare(folder, *command, trace=True, **more):
    env = dict(folder.bare_env(), SEAM_LOG_FILE=os.path.join(folder.path, "log"), **more)
    for name in ("CI", "PYTEST_CURRENT_TEST", "SEAM_TEST"):
        if name not in more:
            env.pop(name, None)
    if not trace:
        del env["SEAM_TRACE"]
    done = life.subprocess.run(command, env=env, capture_output=True, timeout=60, text=True)
    assert done.stderr == "", done.stderr
    return done.stdout


def log(folder):
    path = os.path.join(folder.path, "log")
    return open(path, encoding="utf-8").read() if os.path.exists(path) else ""


@test
def run_in_mode_pass_is_the_bare_program(folder):
    outside = Outside()
    script = ask(outside.port) + "import json; print(real()); print(json.dumps(dict(os.environ), sort_keys=True))"
    plain = life.subprocess.run([PYTHON, "-c", script], env=folder.env(), capture_output=True, text=True)
    done = life.subprocess.run([life.SEAM, "run", "-q", "--mode", "pass", "-r", folder.rules, "-t", folder.trace, "--", PYTHON, "-c", script],
                               env=folder.env(), capture_output=True, text=True)
    assert done.stdout == plain.stdout and done.stdout.startswith("real\n"), (done.stdout, done.stderr)
    events = folder.events(wait=0)
    assert (events[0]["mode"], events[0]["mode_why"]) == ("pass", "--mode"), events[0]
    assert [e["k"] for e in events[1:-1]] == ["proc.start", "proc.exit"], events
    assert all(e["by"] == "pass" for e in events[1:-1]), events
    assert events[-1]["unshimmed"] == [] and events[-1]["unused_rules"] == [], events[-1]


@test
def run_in_mode_pass_mirrors_the_exit_status(folder):
    for script, code in (("exit 7", 7), ("kill -9 $$", 137)):
        done = life.subprocess.run([life.SEAM, "run", "-q", "--mode", "pass", "-t", folder.trace, "--", "sh", "-c", script], env=folder.env())
        assert done.returncode == code, done.returncode
        assert folder.events(wait=0)[-1]["exit"] == code


@test
def the_option_beats_the_variable_and_the_variable_the_default(folder):
    def mode(variable, *options):
        env = folder.env(**({"SEAM_MODE": variable} if variable else {}))
        done = life.subprocess.run([life.SEAM, "run", "-q", *options, "-r", folder.rules, "-t", folder.trace, "--", "true"], env=env,
                                   capture_output=True)
        assert done.returncode == 0, done.stderr
        return header(folder)["mode"]

    assert mode(None) == "fake" and mode("pass") == "pass" and mode("auto") == "fake"
    assert mode("pass", "--mode", "fake") == "fake" and mode("fake", "--mode", "pass") == "pass"


@test
def bare_rules_alone_mean_fake(folder):
    outside = Outside()
    assert bare(folder, PYTHON, "-c", ask(outside.port) + "print(fake(), real())") == "hi ConnectionRefusedError\n"
    assert header(folder)["mode"] == "fake" and "mode_why" not in header(folder)
    assert outside.came == 0 and log(folder) == ""


@test
def bare_pass_touches_nothing(folder):
    outside = Outside()
    assert bare(folder, PYTHON, "-c", ask(outside.port) + "print(fake() == 'hi', real(), 'SEAM_RUN' in os.environ)", trace=False,
                SEAM_MODE="pass", SEAM_TEST="1") == "False real False\n"
    assert folder.left_behind() == [] and log(folder) == "seam: shim: mode pass: SEAM_MODE=pass\n", log(folder)


@test
def bare_pass_leaves_a_trace_of_processes_when_one_is_asked_for(folder):
    outside = Outside()
    assert bare(folder, PYTHON, "-c", ask(outside.port) + "print(real()); os.system('true')", SEAM_MODE="pass") == "real\n"
    events = folder.events()
    assert (events[0]["mode"], events[0]["mode_why"]) == ("pass", "SEAM_MODE=pass"), events[0]
    assert {e["k"] for e in events[1:-1]} == {"proc.start", "proc.exit"}, events


@test
def auto_without_a_sign_passes(folder):
    outside = Outside()
    script = ask(outside.port) + "print(real())"
    # CI alone is no sign, and neither is a file that is only called so
    for more, args in (({}, ()), ({"CI": "true"}, ()), ({"SEAM_TEST": ""}, ()), ({}, ("pytest",)), ({}, ("-m", "pytest"))):
        assert bare(folder, PYTHON, "-c", script, *args, SEAM_MODE="auto", **more) == "real\n", (more, args)
        got = header(folder)
        assert got["mode"] == "pass" and got["mode_why"].startswith("SEAM_MODE=auto: no test is running"), got
        os.remove(folder.trace)
    assert "seam: shim: mode pass: SEAM_MODE=auto: no test is running" in log(folder)


@test
def auto_fakes_when_a_test_is_running(folder):
    outside = Outside()
    script = ask(outside.port) + "print(fake(), real())"
    for more in ({"SEAM_TEST": "1"}, {"PYTEST_CURRENT_TEST": "test_x.py::test (call)"}):
        assert bare(folder, PYTHON, "-c", script, SEAM_MODE="auto", **more) == "hi ConnectionRefusedError\n", more
        got = header(folder)
        assert (got["mode"], got["mode_why"]) == ("fake", f"SEAM_MODE=auto: {next(iter(more))} is set"), got
        assert f"mode fake: SEAM_MODE=auto: {next(iter(more))} is set" in log(folder)
    assert outside.came == 0


@test
def auto_knows_pytest_by_its_command_line(folder):
    outside = Outside()
    program = ask(outside.port) + "print(fake(), real())"
    module = os.path.join(folder.path, "pytest")
    os.mkdir(module)
    with open(os.path.join(module, "__init__.py"), "w", encoding="utf-8"):
        pass  # a package, or an installed pytest would come first
    for name in ("__main__.py", "pytest"):  # python -m pytest, and the script of that name
        with open(os.path.join(module, name), "w", encoding="utf-8") as f:
            f.write(program)
    for command in ((PYTHON, "-m", "pytest"), (PYTHON, "-W", "ignore", "-m", "pytest"), (PYTHON, os.path.join(module, "pytest"), "-q")):
        assert bare(folder, *command, SEAM_MODE="auto", PYTHONPATH=folder.path) == "hi ConnectionRefusedError\n", command
        assert header(folder)["mode_why"] == "SEAM_MODE=auto: the command runs pytest", header(folder)
    # through a shell, which decides nothing for what it starts
    assert bare(folder, "sh", "-c", f"{PYTHON} -m pytest; exit 0", SEAM_MODE="auto", PYTHONPATH=folder.path) == "hi ConnectionRefusedError\n"
    assert outside.came == 0


@test
def auto_decides_at_the_first_call_and_then_stays(folder):
    outside = Outside()
    # the runner sets its variable long after the shim was loaded, as pytest does
    late = ask(outside.port) + "os.environ['PYTEST_CURRENT_TEST'] = 'x'; print(fake(), real()); del os.environ['PYTEST_CURRENT_TEST']; print(fake(), real())"
    assert bare(folder, PYTHON, "-c", late, SEAM_MODE="auto") == "hi ConnectionRefusedError\n" * 2
    assert header(folder)["mode"] == "fake"
    events = folder.events()
    assert len(kinds(events, "http")) == 2 and len(kinds(events, "proc.start")) == 1 and events[-1]["unshimmed"] == [], events
    os.remove(folder.trace)
    early = ask(outside.port) + "print(real()); os.environ['PYTEST_CURRENT_TEST'] = 'x'; print(real())"
    assert bare(folder, PYTHON, "-c", early, SEAM_MODE="auto") == "real\nreal\n"


@test
def auto_in_a_test_fakes_what_the_test_starts(folder):
    outside = Outside()
    child = os.path.join(folder.path, "child.py")
    with open(child, "w", encoding="utf-8") as f:
        f.write(ask(outside.port) + "print(fake(), real(), flush=True)")
    # vfork (close_fds=False), fork (preexec_fn) and an empty environment; the parent asks last
    script = ask(outside.port) + (
        "import subprocess\nos.environ['PYTEST_CURRENT_TEST'] = 'x'\n"
        f"c = ['{PYTHON}', '{child}']\n"
        "subprocess.run(c); subprocess.run(c, preexec_fn=lambda: None); subprocess.run(c, env={}); print(fake(), real())")
    assert bare(folder, PYTHON, "-u", "-c", script, SEAM_MODE="auto") == "hi ConnectionRefusedError\n" * 4
    assert len(kinds(folder.events(), "http")) == 4 and outside.came == 0


@test
def auto_decides_once_when_many_threads_ask_first(folder):
    outside = Outside()
    script = ask(outside.port) + (
        "import threading\nout = []\nos.environ['SEAM_TEST'] = '1'\n'x'.encode('idna')\n"
        "def both(): out.append((fake(), real()))\n"
        "t = [threading.Thread(target=both) for _ in range(8)]\n"
        "for i in t: i.start()\n"
        "for i in t: i.join()\n"
        "print(set(out))")
    for _ in range(3):
        assert bare(folder, PYTHON, "-c", script, SEAM_MODE="auto") == "{('hi', 'ConnectionRefusedError')}\n"
        folder.events()


@test
def a_fork_while_auto_decides_is_refused_at_worst(folder):
    outside = Outside()
    script = ("import os, socket, threading\nos.environ['SEAM_TEST'] = '1'\n"
              "def real():\n"  # no look-up: a fork in the middle of one is nothing that Python survives
              "    try: socket.socket().connect(('127.0.0.1', %d)); return 1\n"
              "    except ConnectionRefusedError: return 0\n"
              "t = [threading.Thread(target=real) for _ in range(8)]\n"
              "for i in t: i.start()\n"
              "pid = os.fork()\n"
              "if pid == 0: os._exit(real())\n"
              "for i in t: i.join()\n"
              "print(os.waitpid(pid, 0)[1])") % outside.port
    for _ in range(3):
        assert bare(folder, PYTHON, "-W", "ignore", "-c", script, SEAM_MODE="auto", trace=False) == "0\n"
    assert outside.came == 0
    assert outside.came == 0


@test
def a_mode_that_is_none_refuses_everything(folder):
    outside = Outside()
    assert bare(folder, PYTHON, "-c", ask(outside.port) + "print(real())", SEAM_MODE="fkae") == "ConnectionRefusedError\n"
    assert "SEAM_MODE is none of fake, pass and auto, everything is refused: fkae" in log(folder) and outside.came == 0


def mixed(folder, isolate, host="127.0.0.1", how="protocol"):
    """One service faked and another passed, in one process."""
    outside = Outside()
    auth = {"protocol": "pass"} if how == "protocol" else {"protocol": "http", "mode": "pass"}
    rules = dict(RULES, services=dict(RULES["services"], auth=dict(auth, at=[f"{host}:{outside.port}"])))
    with open(folder.rules, "w", encoding="utf-8") as f:
        json.dump(rules, f)
    script = ask(outside.port) + f"print(fake(), get('{host}', {outside.port}), get('127.0.0.1', 9))"
    done = life.subprocess.run([life.SEAM, "run", "-q", "--isolate", isolate, "-r", folder.rules, "-t", folder.trace, "--", PYTHON, "-c", script],
                               env=folder.env(), capture_output=True, text=True)
    if isolate == "on" and done.returncode == 125 and "--isolate=on" in done.stderr:
        return  # this machine forbids namespaces
    assert done.stdout == "hi real ConnectionRefusedError\n", (done.stdout, done.stderr)
    assert outside.came == 1
    events = folder.events(wait=0)
    assert events[0]["mode"] == "fake"
    opened = {(e["st"].split("/")[1], e["by"]) for e in kinds(events, "conn.open")}
    assert {("web", "fake"), ("auth", "pass")} <= opened, opened
    assert len([e for e in kinds(events, "conn.open") if e["by"] == "pass"]) == 1, opened
    assert [e["by"] for e in kinds(events, "http")] == ["rule"], kinds(events, "http")
    assert events[-1]["unshimmed"] == [], events[-1]


@test
def one_service_faked_and_an_address_passed(folder):
    mixed(folder, "off")


@test
def one_service_faked_and_an_address_passed_in_isolation(folder):
    mixed(folder, "on")


@test
def one_service_faked_and_a_name_passed(folder):
    mixed(folder, "off", host="localhost")


@test
def one_service_faked_and_a_name_passed_in_isolation(folder):
    mixed(folder, "on", host="localhost")


@test
def a_service_of_another_protocol_passed_by_its_mode(folder):
    mixed(folder, "off", how="mode")


@test
def a_relayed_name_serves_nobody_outside_the_run(folder):
    outside = Outside()
    rules = {"seam": 1, "services": {"auth": {"protocol": "pass", "at": [f"localhost:{outside.port}"]}}}
    with open(folder.rules, "w", encoding="utf-8") as f:
        json.dump(rules, f)
    script = ("import socket, subprocess, sys, time\n"
              f"s = socket.create_connection(('localhost', {outside.port}))\n"
              "print('ready', flush=True); sys.stdin.readline()\n"
              "s.sendall(b'x'); print(s.recv(1000)[-4:].decode())")
    process = life.subprocess.Popen([life.SEAM, "run", "-q", "--isolate", "off", "-r", folder.rules, "-t", folder.trace, "--", PYTHON, "-c", script],
                                    env=folder.env(), stdin=life.subprocess.PIPE, stdout=life.subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    listeners = life.subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True).stdout
    addresses = [line.split()[3] for line in listeners.splitlines() if f"pid={process.pid}," in line and "[" not in line.split()[3]]
    assert addresses, listeners
    for address in addresses:
        host, port = address.rsplit(":", 1)
        with socket.create_connection((host, int(port)), 5) as s:
            try:
                assert s.recv(10) == b""
            except ConnectionResetError:
                pass
    out, _ = process.communicate("go\n", timeout=20)
    assert out == "real\n" and outside.came == 1, (out, outside.came)


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
    print(f"modes: {passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

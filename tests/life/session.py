#!/usr/bin/env python3
"""Sessions: a host that outlives programs, its seed, marks, waits, and how it ends.

usage: session.py [NAME...]     ends with a line "session: N passed, N failed"
"""
import json
import os
import signal
import socket
import subprocess
import sys
import time

import life
from life import SEAM, SHIM

RULES = {
    "seam": 1,
    "services": {"lake": {"protocol": "s3", "at": ["*.s3.amazonaws.com:80"], "seed": [{"bucket": "raw", "key": "a", "text": "seed"}]},
                 "web": {"protocol": "http", "at": ["web.example.com:80"]},
                 "warehouse": {"protocol": "postgres", "at": ["db.prod:5432"], "seed": [
                     {"table": "jobs", "columns": {"id": "int primary key", "what": "text"}, "rows": [[1, "seed"]]}]}},
    "rules": [{"id": "ready", "on": "http", "when": {"path": "/job", "state": {"job": "started"}}, "do": {"status": 200, "text": "running"}},
              {"id": "start", "on": "http", "when": {"path": "/start"}, "do": {"status": 202}, "set": {"job": "started"}},
              {"id": "no", "on": "http", "when": {"path": "/job"}, "do": {"status": 404}, "optional": True}],
}
tests = []


def test(function):
    tests.append(function)
    return function


class Session(life.Folder):
    def __init__(self):
        super().__init__()
        with open(self.rules, "w", encoding="utf-8") as f:
            json.dump(RULES, f)
        self.folder = None

    def seam(self, *words, code=0, folder=None):
        env = self.env(**({"SEAM_SESSION": folder or self.folder} if folder or self.folder else {}))
        done = subprocess.run((SEAM,) + words, env=env, capture_output=True, text=True, timeout=60, cwd=self.path, check=False)
        assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
        return done.stdout if not code else done.stdout + done.stderr

    def begin(self, *more):
        self.folder = None
        self.folder = self.seam("session", "start", "-r", self.rules, "-t", self.trace, *more).strip()

    def put(self, key, text):
        self.seam("run", "--", "sh", "-c", f"printf %s {text} | curl -sSf -T - http://raw.s3.amazonaws.com/{key}")

    def keys(self):
        return sorted(o["key"] for o in json.loads(self.seam("session", "state", "lake"))["objects"])

    def web(self, path):
        return self.seam("run", "--", "curl", "-sS", "-o", os.devnull, "-w", "%{http_code}", f"http://web.example.com{path}")

    def sql(self, text):
        return self.seam("run", "--", "psql", "-qAt", "-v", "ON_ERROR_STOP=1", "-h", "db.prod", "-U", "app", "-d", "postgres", "-c", text).strip()

    def jobs(self, *more):
        return json.loads(self.seam("session", "state", "warehouse", "--sql", "select * from jobs order by id", *more))["rows"]

    def tail(self):
        with open(self.trace, encoding="utf-8") as f:
            lines = f.read().splitlines()
        return json.loads(lines[-1]), [json.loads(line) for line in lines[1:-1]]


def gone(folder):
    until = time.monotonic() + 5
    while os.path.exists(folder) and time.monotonic() < until:
        time.sleep(0.02)
    assert not os.path.exists(folder), folder


@test
def reset_goes_back_to_the_seed_with_the_states_of_rules(s):
    s.begin()
    s.put("b", "x")
    assert s.web("/start") == "202" and s.web("/job") == "200"
    assert s.keys() == ["a", "b"]
    s.seam("session", "reset")
    assert s.keys() == ["a"] and s.web("/job") == "404"
    assert "requests" in s.seam("session", "stop")
    gone(s.folder)
    trailer, events = s.tail()
    assert trailer["k"] == "seam.end" and trailer["unmatched"] == 0, trailer


@test
def snapshots_nest_and_are_forgotten_by_older_ones(s):
    s.begin()
    s.put("b", "x")
    s.seam("session", "snapshot", "module")
    s.put("c", "x")
    s.seam("session", "snapshot", "test")
    s.put("d", "x")
    s.seam("session", "restore", "test")
    assert s.keys() == ["a", "b", "c"]
    s.seam("session", "restore", "module")
    assert s.keys() == ["a", "b"]
    assert "no snapshot is named" in s.seam("session", "restore", "test", code=1)
    s.seam("session", "restore", "module")
    s.seam("session", "stop")


@test
def a_part_is_reset_alone(s):
    s.begin()
    for key in ("tmp/1", "out/1"):
        s.put(key, "x")
    s.seam("session", "reset", "--service", "lake", "--prefix", "tmp/")
    assert s.keys() == ["a", "out/1"]
    assert "no service" in s.seam("session", "reset", "--service", "lak", code=1)
    s.seam("session", "stop")


@test
def a_checkpoint_survives_the_host(s):
    s.begin()
    s.put("b", "x")
    s.web("/start")
    s.seam("session", "save", "here.seed")
    s.seam("session", "stop")
    s.begin("--from", "here.seed")
    assert s.keys() == ["a", "b"] and s.web("/job") == "200"
    s.put("c", "x")
    s.seam("session", "reset")
    assert s.keys() == ["a", "b"]
    s.seam("session", "stop")


@test
def more_seed_becomes_the_seed(s):
    s.begin()
    with open(os.path.join(s.path, "more.json"), "w", encoding="utf-8") as f:
        json.dump({"lake": [{"bucket": "raw", "key": "m", "text": "more"}]}, f)
    s.put("b", "x")
    s.seam("session", "seed", "more.json")
    assert s.keys() == ["a", "m"]
    s.seam("session", "reset")
    assert s.keys() == ["a", "m"]
    with open(os.path.join(s.path, "bad.json"), "w", encoding="utf-8") as f:
        f.write('{"lake": [{"bucket": "raw",\n "kye": "m"}]}')
    assert "did you mean" in s.seam("session", "seed", "bad.json", code=1)
    assert s.keys() == ["a", "m"]
    s.seam("session", "stop")


@test
def tables_go_back_to_the_seed(s):
    s.begin()
    s.sql("insert into jobs values (2, 'two')")
    s.sql("update jobs set what = 'changed' where id = 1")
    s.sql("create table other (a int)")
    assert s.jobs() == [["1", "changed"], ["2", "two"]]
    assert sorted(json.loads(s.seam("session", "state", "warehouse"))["tables"]) == ["public.jobs", "public.other"]
    s.seam("session", "reset")
    assert s.jobs() == [["1", "seed"]] and s.sql("select to_regclass('other') is null") == "t"
    s.sql("insert into jobs values (2, 'again')")
    s.seam("session", "reset", "--service", "warehouse", "--table", "jobs")
    assert s.jobs() == [["1", "seed"]]
    s.seam("session", "stop")


@test
def tables_go_back_to_marks_and_to_checkpoints(s):
    s.begin()
    s.sql("insert into jobs values (2, 'module')")
    s.seam("session", "snapshot", "module")
    s.sql("drop table jobs")
    s.seam("session", "restore", "module")
    assert s.jobs() == [["1", "seed"], ["2", "module"]]
    s.seam("session", "save", "saved")
    s.seam("session", "reset")
    assert s.jobs() == [["1", "seed"]]
    s.seam("session", "load", "saved")
    assert s.jobs() == [["1", "seed"], ["2", "module"]]
    s.sql("insert into jobs values (3, 'after')")
    s.seam("session", "stop")
    s.begin("--from", "saved")
    assert s.jobs() == [["1", "seed"], ["2", "module"]]
    s.seam("session", "stop")


@test
def expectations_wait_for_rows(s):
    s.begin()
    wanted = json.dumps({"state": "warehouse", "sql": "select count(*) from jobs where what = 'done'", "rows": [["1"]]})
    assert "did not hold" in s.seam("session", "wait", wanted, "--timeout", "100ms", code=1)
    s.sql("update jobs set what = 'done'")
    s.seam("session", "wait", wanted, "--timeout", "10s")
    s.seam("session", "stop")


@test
def an_open_transaction_does_not_hold_up_a_reset(s):
    s.begin()
    s.sql("begin; update jobs set what = 'lost'")
    assert s.jobs() == [["1", "seed"]]
    s.seam("session", "reset")
    assert s.sql("update jobs set what = 'mine' returning what") == "mine"
    s.seam("session", "stop")


@test
def waiting_ends_with_the_event_and_not_before(s):
    s.begin()
    s.put("early", "x")
    s.seam("session", "begin", "t")
    waiter = subprocess.Popen((SEAM, "session", "wait", "s3.PutObject:raw/late", "--timeout", "20s"), env=s.env(SEAM_SESSION=s.folder))
    time.sleep(0.2)
    assert waiter.poll() is None
    s.put("late", "x")
    assert waiter.wait(10) == 0
    out = s.seam("session", "wait", '{"on": "s3.PutObject", "when": {"key": "early"}}', "--timeout", "100ms", code=1)
    assert "nearest:" in out and "did not hold within" in out, out
    assert "not JSON" in s.seam("session", "wait", "{broken", code=2)
    s.seam("session", "stop")


@test
def tests_are_named_in_the_trace(s):
    s.begin()
    s.seam("session", "begin", "first")
    s.put("b", "x")
    s.seam("session", "end")
    s.put("c", "x")
    env = s.env(SEAM_SESSION=s.folder, PYTEST_CURRENT_TEST="test_x.py::test_y (call)")
    subprocess.run((SEAM, "run", "--", "curl", "-sS", "http://web.example.com/job"), env=env, check=True, capture_output=True)
    s.seam("session", "stop")
    named = {(e["k"], e["sum"].split("?")[0]): e["t"].get("test") for e in s.tail()[1] if e["k"] in ("s3", "http")}
    assert named[("http", "GET /job")] == "test_x.py::test_y (call)", named
    puts = [e["t"].get("test") for e in s.tail()[1] if e["k"] == "s3"]
    assert puts == ["first", None], puts


@test
def a_session_whose_owner_died_cleans_itself_up(s):
    owner = subprocess.Popen(("sleep", "100"))
    s.begin("--owner", str(owner.pid))
    assert s.keys() == ["a"]
    owner.kill()
    owner.wait()
    gone(s.folder)
    assert any("owner of the session ended" in e["sum"] for e in s.tail()[1] if e["k"] == "note")
    assert "no session at" in s.seam("session", "reset", code=2)


@test
def a_killed_host_is_swept_up(s):
    s.begin()
    pid = next(int(p) for p in os.listdir("/proc") if p.isdigit() and holds(int(p), s.folder))
    os.kill(pid, signal.SIGKILL)
    time.sleep(0.1)
    assert "no session at" in s.seam("session", "state", code=2)
    dead, s.folder = s.folder, None
    assert "removed 1 folder" in s.seam("session", "cleanup", "--stale")
    assert not os.path.exists(dead)


def holds(pid, folder):
    try:
        return any(os.readlink(f"/proc/{pid}/fd/{n}").startswith(folder + "/lock") for n in os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return False


@test
def pools_of_dead_processes_are_cleaned(s):
    """Their connections are held open by a child that inherited them."""
    s.begin()
    script = ("import os, socket, subprocess\n"
              "c = [socket.create_connection(('raw.s3.amazonaws.com', 80)) for _ in range(2)]\n"
              "for x in c: x.sendall(b'GET /a HTTP/1.1\\r\\nHost: raw.s3.amazonaws.com\\r\\n\\r\\n'); x.recv(100); x.set_inheritable(True)\n"
              "subprocess.Popen(['sleep', '3'], close_fds=False, env={}, stdout=subprocess.DEVNULL)\n")
    owners = [subprocess.Popen((SEAM, "run", "--", "/usr/bin/python3", "-c", script), env=s.env(SEAM_SESSION=s.folder)) for _ in range(4)]
    assert [o.wait(60) for o in owners] == [0] * 4
    started = time.monotonic()
    out = s.seam("session", "cleanup")
    assert "pools_cleaned 4, cleanup_failures 0" in out, out
    assert time.monotonic() - started < 2
    assert "pools_cleaned 0" in s.seam("session", "cleanup")
    s.seam("session", "stop")


@test
def orders_may_come_as_json_lines(s):
    s.begin()
    with socket.socket(socket.AF_UNIX) as c:
        c.connect(os.path.join(s.folder, "ctl"))
        c.sendall(b'{"do": "services"}\n')
        answer = json.loads(c.makefile().read())
    assert [x["name"] for x in answer["services"]] == ["lake", "web", "warehouse"] and answer["ok"]
    for bad in (b"nonsense\n", b"[1]\n", b'{"do": "dance"}\n', b'{"do": "save"}\n'):
        with socket.socket(socket.AF_UNIX) as c:
            c.connect(os.path.join(s.folder, "ctl"))
            c.sendall(bad)
            assert "error" in json.loads(c.makefile().read())
    s.seam("session", "stop")


@test
def an_asker_that_goes_away_does_no_harm(s):
    s.begin()
    asker = subprocess.Popen((SEAM, "session", "wait", "http:never", "--timeout", "60s"), env=s.env(SEAM_SESSION=s.folder))
    time.sleep(0.1)
    asker.terminate()
    asker.wait()
    s.put("b", "x")
    assert s.keys() == ["a", "b"]
    s.seam("session", "stop")


@test
def the_bare_preload_joins_by_name(s):
    s.begin()
    env = s.env(LD_PRELOAD=SHIM, SEAM_SESSION=s.folder)
    done = subprocess.run(("curl", "-sS", "http://raw.s3.amazonaws.com/a"), env=env, capture_output=True, text=True, check=False)
    assert done.stdout == "seed", (done.stdout, done.stderr)
    s.seam("session", "stop")


@test
def mistakes_are_refused(s):
    assert "no session" in s.seam("session", "reset", code=2)
    assert "did you mean" in s.seam("session", "rest", code=2)
    assert "cannot be opened" in s.seam("session", "start", "-r", "nothing.json", code=2)
    s.begin()
    assert "session's business" in s.seam("run", "-r", s.rules, "--", "true", code=125)
    assert "not found" in s.seam("run", "--", "no-such-program", code=127)
    s.seam("session", "stop")
    assert "no session at" in s.seam("run", "--", "true", code=125)


def main(names):
    passed = failed = 0
    for function in tests:
        if names and not any(n in function.__name__ for n in names):
            continue
        s = Session()
        try:
            function(s)
            passed += 1
        except Exception as e:  # a test may fail in any way
            failed += 1
            print(f"FAIL {function.__name__}: {type(e).__name__}: {e}")
        finally:
            if s.folder and os.path.exists(s.folder):
                subprocess.run((SEAM, "session", "stop", "--session", s.folder), env=s.env(), capture_output=True, check=False)
            s.temporary.cleanup()
    print(f"session: {passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

#!/usr/bin/env python3
"""Runs that are ended, or killed and started again, when something has happened; and the state
of the fakes at any event of a trace.

usage: until.py [NAME...]     ends with a line "until: N passed, N failed"
"""
import json
import subprocess
import sys

import life
from life import SEAM

RULES = {"seam": 1, "services": {"lake": {"protocol": "s3", "at": ["*.s3.amazonaws.com:80"], "seed": [{"bucket": "raw", "key": "s", "text": "seed"}]},
                                 "bus": {"protocol": "http", "at": ["bus.example.com:80"]}},
         "rules": [{"id": "bus", "on": "http", "do": {"status": 200}, "optional": True}],
         "correlate": ["json.id"],
         "expect": [{"each": "id", "in": ["bus"], "appears": 1, "then_in": ["lake:raw/*"]}]}
PUT = "def put(k, v='x'): u.urlopen(u.Request(f'http://raw.s3.amazonaws.com/{k}', data=v.encode(), method='PUT', headers={'content-type': 'application/json'}))\n"
tests = []


def test(function):
    tests.append(function)
    return function


def seam(folder, *words, code=0):
    with open(folder.rules, "w", encoding="utf-8") as f:
        json.dump(RULES, f)
    done = subprocess.run((SEAM,) + words, env=folder.env(), cwd=folder.path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
    return done.stdout + done.stderr


def run(folder, *words, code=0):
    return seam(folder, "run", "-r", folder.rules, "-t", folder.trace, *words, code=code)


LOOP = "while :; do curl -sS -X PUT -d x http://raw.s3.amazonaws.com/loop; sleep 0.05; done"


@test
def it_ends_when_the_expectation_holds(f):
    run(f, "--until", '{"on": "s3.PutObject", "count": {"ge": 3}}', "--", "sh", "-c", LOOP)
    out = run(f, "--until", "http:bus", "--timeout", "500ms", "--", "sh", "-c", LOOP, code=120)
    assert "did not hold in time" in out and "http:bus did not come" in out, out
    out = run(f, "--until", "http:bus", "--", "true", code=120)
    assert "when the program ended" in out, out


@test
def it_ends_when_its_time_is_over(f):
    assert "was ended" in run(f, "--timeout", "300ms", "--", "sleep", "20", code=124)
    run(f, "--timeout", "20s", "--", "true")
    assert "expected a time" in run(f, "--timeout", "soon", "--", "true", code=125)


@test
def it_is_killed_and_started_again(f):
    script = "import urllib.request as u, time\n" + PUT + "for k in '123': put(k); time.sleep(0.05)\n"
    for isolate in ("auto", "off"):
        run(f, "--isolate", isolate, "--restart-after", "s3.PutObject:raw/2", "--", "/usr/bin/python3", "-c", script)
        with open(f.trace, encoding="utf-8") as t:
            events = [json.loads(line) for line in t][1:-1]
        assert sum(e["k"] == "s3" for e in events) == 5, [e["sum"] for e in events]
        ends = [e.get("err") for e in events if e["k"] == "proc.exit"]
        assert ends == ["signal 9", None], ends
    assert "no such event came" in run(f, "--restart-after", "http:bus", "--", "true", code=120)


@test
def exactly_once_over_a_kill_is_judged(f):
    """Reads a message, stores it under its id. Killed between the two, and started again."""
    sound = ("import urllib.request as u, time, json\n" + PUT +
             "u.urlopen(u.Request('http://bus.example.com/m', data=b'{\"id\": \"m1\"}', headers={'content-type': 'application/json'}))\n"
             "time.sleep(0.1)\nput('%s', '{\"id\": \"m1\"}')\ntime.sleep(0.1)\n")
    run(f, "--check", "--", "/usr/bin/python3", "-c", sound % "m1")
    # asked for twice: the message is there two times, whatever is stored
    out = run(f, "--check", "--restart-after", "s3.PutObject", "--", "/usr/bin/python3", "-c", sound % "m1", code=120)
    assert "m1 appears 2 times in bus" in out and "in lake" not in out, out
    # and stored under a name of its own each time, it is stored twice
    out = run(f, "--check", "--restart-after", "s3.PutObject", "--", "/usr/bin/python3", "-c", sound % "'+str(time.time_ns())+'", code=120)
    assert "m1 appears 2 times in lake:raw/*" in out, out


@test
def the_state_at_any_event(f):
    run(f, "--", "sh", "-c", "for k in a b; do curl -sS -X PUT -d $k http://raw.s3.amazonaws.com/$k; done; curl -sS -X DELETE http://raw.s3.amazonaws.com/a")
    events = [int(line.split()[0]) for line in seam(f, "show", f.trace, "-k", "s3").splitlines()]
    assert seam(f, "state", f.trace).split() == ["lake", "raw/b", "1", "bytes", "lake", "raw/s", "4", "bytes"]
    assert "raw/a" in seam(f, "state", f.trace, "--at", str(events[0])) and "raw/b" not in seam(f, "state", f.trace, "--at", str(events[0]))
    assert seam(f, "state", f.trace, "--at", "0", "--key", "s").splitlines() == ["lake  raw/s  4 bytes", "seed"]
    assert json.loads(seam(f, "state", f.trace, "--json", "--prefix", "b"))["objects"][0]["key"] == "b"
    assert "no event 999" in seam(f, "state", f.trace, "--at", "999", code=2)
    assert "no service holds" in seam(f, "state", f.trace, "select 1", code=4)
    session = seam(f, "session", "start", "-r", f.rules, "--owner", "0").strip()
    try:
        assert "raw/s" in seam(f, "state", session)
    finally:
        seam(f, "session", "stop", "--session", session)


def main(names):
    passed = failed = 0
    for function in tests:
        if names and not any(n in function.__name__ for n in names):
            continue
        folder = life.Folder()
        try:
            function(folder)
            passed += 1
        except Exception as e:  # a test may fail in any way
            failed += 1
            print(f"FAIL {function.__name__}: {type(e).__name__}: {e}")
        finally:
            folder.temporary.cleanup()
    print(f"until: {passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

#!/usr/bin/env python3
"""seam test itself: verdicts, retries, time limits, choosing, shards, reports.

usage: seam_test.py     ends with a line "seam-test: N passed, N failed"
"""
import json
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as xml

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SEAM = os.path.join(os.environ.get("SEAM_BUILD", os.path.join(TOP, "build")), "bin", "seam")
RULES = {"seam": 1, "services": {"web": {"protocol": "http", "at": ["web.example.com:80"]}},
         "rules": [{"id": "ok", "on": "http", "when": {"path": "/ok"}, "do": {"status": 200, "text": "hi"}, "optional": True}]}
ASK = ["curl", "-sS", "http://web.example.com/ok"]
EXPECT = [{"on": "http", "count": 1}]
tests = []


def test(function):
    tests.append(function)
    return function


class Cases:
    def __init__(self, parent):
        self.path = os.path.join(parent, "cases")
        os.mkdir(self.path)

    def add(self, name, files=None, **case):
        folder = os.path.join(self.path, name)
        os.makedirs(folder)
        case.setdefault("command", ASK)
        for file, text in dict(files or {}, **{"rules.json": json.dumps(RULES), "case.json": json.dumps(case)}).items():
            with open(os.path.join(folder, file), "w", encoding="utf-8") as f:
                f.write(text)
        return folder

    def run(self, *more, code=0, env=None):
        keep = {k: v for k, v in os.environ.items() if not k.startswith(("SEAM_", "GITHUB_")) and k != "CI"}
        tmp = os.path.join(os.path.dirname(self.path), "tmp")
        os.makedirs(tmp, exist_ok=True)
        done = subprocess.run((SEAM, "test", "cases") + more, cwd=os.path.dirname(self.path), env=dict(keep, TMPDIR=tmp, **(env or {})),
                              capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == code, (more, done.returncode, done.stdout, done.stderr)
        return done.stdout + done.stderr


@test
def what_holds_passes_and_leaves_nothing(c):
    c.add("a", expect=EXPECT)
    c.add("b", {"out": "hi"}, stdout="out")
    c.add("deep/er/c", {"e.json": json.dumps(EXPECT)}, expect="e.json")
    out = c.run()
    assert "seam: ok   3 passed, 0 failed" in out, out
    assert os.listdir(os.path.join(os.path.dirname(c.path), "tmp")) == []


@test
def every_kind_of_fault_is_named(c):
    c.add("status", expect=EXPECT, exit=3)
    c.add("output", {"out": "ho"}, stdout="out")
    c.add("expects", expect=[{"on": "http", "count": 2}])
    c.add("idle", command=["true"], stdout="out", files={"out": ""})
    c.add("judges-nothing")
    c.add("unanswered", command=["sh", "-c", "curl -s http://web.example.com/no; true"], expect=EXPECT)
    c.add("slow", command=["sleep", "30"], expect=EXPECT, timeout=0.3)
    started = time.monotonic()
    out = c.run("-j", "8", code=1)
    assert time.monotonic() - started < 20
    for words in ("exit status 0, expected 3", "stdout differs from out at line 1", "- ho", "+ hi", "wants 2 events, found 1",
                  "case.json:1", "nothing was intercepted", "nothing is compared and nothing is expected", "1 request that nothing answered",
                  "took longer than its 0.3 s", "0 passed, 7 failed", "kept: "):
        assert words in out, (words, out)


@test
def a_golden_is_made_and_then_holds(c):
    folder = c.add("a")
    c.run(code=1)
    c.run("--update")
    assert os.path.exists(os.path.join(folder, "golden.trace"))
    c.run()
    with open(os.path.join(folder, "case.json"), "w", encoding="utf-8") as f:
        json.dump({"command": ASK[:2] + ["http://web.example.com/ok?x=1"]}, f)
    assert "golden: " in c.run(code=1)


@test
def a_case_that_passes_at_the_second_try_is_flaky(c):
    flag = os.path.join(os.path.dirname(c.path), "flag")
    c.add("a", command=["sh", "-c", f"curl -s http://web.example.com/ok; test -e {flag} || {{ touch {flag}; exit 1; }}"], expect=EXPECT)
    out = c.run("--retries", "2")
    assert "flaky cases/a   passed at try 2" in out and "1 passed, 0 failed, 1 flaky" in out, out
    os.unlink(flag)
    c.run(code=1)


@test
def cases_are_chosen_by_name_tag_and_skip(c):
    c.add("one", expect=EXPECT, tags=["fast"])
    c.add("two", expect=EXPECT, tags=["slow"])
    c.add("three", expect=EXPECT, skip="not on Tuesdays")
    assert c.run("--list", "-k", "t*o").split() == ["cases/two"]
    assert c.run("--list", "--tag", "fast").split() == ["cases/one"]
    out = c.run()
    assert "skipped cases/three   not on Tuesdays" in out and "2 passed, 0 failed, 1 skipped" in out, out
    assert "none of 3 cases" in c.run("-k", "four", code=4)


@test
def shards_are_stable_and_join_to_the_whole(c):
    for i in range(12):
        c.add(f"case{i}", expect=EXPECT if i != 7 else [{"on": "http", "count": 9}])
    lists = [c.run("--list", "--shard", f"{k}/3").split() for k in (1, 2, 3)]
    assert sorted(sum(lists, [])) == sorted(f"cases/case{i}" for i in range(12)), lists
    for i in range(12, 15):
        c.add(f"case{i}", expect=EXPECT)
    for k in (1, 2, 3):
        assert set(lists[k - 1]) <= set(c.run("--list", "--shard", f"{k}/3").split())
    parent = os.path.dirname(c.path)
    codes = [subprocess.run((SEAM, "test", "cases", "--shard", f"{k}/3", "--json", f"{k}.json"), cwd=parent, capture_output=True, check=False).returncode
             for k in (1, 2, 3)]
    assert sorted(codes) == [0, 0, 1], codes

    def merge(*words):
        return subprocess.run((SEAM, "report", "--merge") + words, cwd=parent, capture_output=True, text=True, check=False)
    whole = merge("--expect", "3", "--junit", "all.xml", "1.json", "2.json", "3.json")
    assert whole.returncode == 1 and "14 passed, 1 failed" in whole.stdout, whole
    assert xml.parse(os.path.join(parent, "all.xml")).getroot().get("tests") == "15"
    good = [f"{k}.json" for k, code in zip((1, 2, 3), codes) if code == 0]
    lost = merge("--expect", "3", *good)
    assert lost.returncode == 1 and "is lost" in lost.stderr, lost
    assert merge(*good).returncode == 1, "of three shards two are not the whole"
    assert "came twice" in merge(good[0], good[0]).stderr


@test
def reports_are_what_their_readers_take(c):
    c.add("good", expect=EXPECT)
    c.add("bad", expect=[{"on": "http", "count": 9, "when": {"path": "/<&\"ok"}}])
    parent = os.path.dirname(c.path)
    summary = os.path.join(parent, "summary.md")
    c.run("--junit", "r.xml", code=1)
    suite = xml.parse(os.path.join(parent, "r.xml")).getroot()[0]
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert "wants 9 events" in suite.find("testcase/failure").text
    tap = c.run("--tap", code=1)
    assert tap.startswith("TAP version 14\n1..2\nnot ok 1 - cases/bad\n# ") and "\nok 2 - cases/good" in tap, tap
    out = c.run(code=1, env={"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": summary})
    assert "::error file=cases/bad/case.json,title=cases/bad::expect%3A" in out or "::error file=cases/bad/case.json,title=cases/bad::expect:" in out, out
    with open(summary, encoding="utf-8") as f:
        assert "1 passed, 1 failed" in f.read()


@test
def at_most_ten_annotations(c):
    for i in range(12):
        c.add(f"bad{i}", expect=[{"on": "http", "count": 9}])
    out = c.run("--github", code=1)
    assert sum(line.startswith("::error") for line in out.splitlines()) == 10 and "3 more cases failed" in out, out


@test
def environment_stdin_and_folders(c):
    c.add("a", {"in": "from a file", "out": "from a file x y\n"}, expect=EXPECT, stdin="in", stdout="out", env={"A": "x", "B": "y"},
          command=["sh", "-c", "curl -s -o made-here http://web.example.com/ok; echo $(cat) $A $B"])
    c.run()
    assert "made-here" not in os.listdir(os.path.join(c.path, "a")), "a case works in a copy"


@test
def mistakes_in_a_case_are_named_at_their_place(c):
    for case, says in (({"comand": ["x"]}, "did you mean \"command\""), ({}, "missing: what to run"), ({"command": ["x"], "exit": 999}, "from 0 to 255"),
                       ({"command": ["x"], "rules": ["no.json"]}, "no.json is not in the folder"), ({"command": ["x"], "timeout": "soon"}, "expected seconds")):
        folder = os.path.join(c.path, "x")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "case.json"), "w", encoding="utf-8") as f:
            json.dump(case, f)
        out = c.run(code=2)
        assert "case.json:1" in out and says in out, out


def main():
    passed = failed = 0
    for function in tests:
        with tempfile.TemporaryDirectory(prefix="seam-testing-") as parent:
            try:
                function(Cases(parent))
                passed += 1
            except Exception as e:  # a test may fail in any way
                failed += 1
                print(f"FAIL {function.__name__}: {type(e).__name__}: {e}")
    print(f"seam-test: {passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""seam accept whole, part by part and at a terminal; seam mask add; what CI reads."""
import json
import os
import pty
import select
import subprocess
import time
import xml.etree.ElementTree as ET

from bench import Bench

b = Bench("accept")


def at_a_terminal(keys, *argv):
    """Runs seam with a terminal, types the keys one by one when asked."""
    master, slave = pty.openpty()
    p = subprocess.Popen(["seam", *argv], cwd=b.dir, env=dict(b.env, TERM="dumb"), stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    seen, todo, end = b"", list(keys), time.monotonic() + 60
    while time.monotonic() < end:
        ready, _, _ = select.select([master], [], [], 0.1)
        if ready:
            try:
                piece = os.read(master, 65536)
            except OSError:
                break
            if not piece:
                break
            seen += piece
            if todo and seen.rstrip().endswith(b"[q]uit:"):
                os.write(master, todo.pop(0).encode() + b"\n")
                seen += b"\n"
        elif p.poll() is not None:
            break
    code = p.wait(10)
    os.close(master)
    return code, seen.decode("utf-8", "replace")


b.record("a.trace")
b.record("same.trace")
b.check("accept", b.seam("accept", "-q", "--reason", "first", "golden.trace", "a.trace")[0] == 0)
b.check("the reason is in the header", json.loads(b.read("golden.trace").splitlines()[0]).get("reason") == "first")
b.check("another run is the same", b.seam("diff", "golden.trace", "same.trace")[0] == 0, b.seam("diff", "golden.trace", "same.trace")[1])

# two independent changes: the total (POST and object), another currency
b.record("b.trace", TOTAL="19.9", CURRENCIES="EUR USD GBP")
code, out, _ = b.seam("diff", "--format", "json", "golden.trace", "b.trace")
found = json.loads(out)
kinds = [(f["kind"], f["sum"]) for f in found["findings"]]
b.check("different", code == 1 and found["verdict"] == "different", out)
b.check("findings as expected", ("changed", "POST /v1/jobs/{kind}") in kinds and ("extra", "GET /v1/rates/{c}") in kinds, str(kinds))
post = next(f for f in found["findings"] if f["sum"] == "POST /v1/jobs/{kind}")
b.check("the field and its values", post["paths"][0]["path"] == "req.b.total" and post["paths"][0]["golden"] == "19.90" and post["paths"][0]["run"] == "19.9", str(post))
b.check("numerically equal", post["paths"][0].get("numeric_equal") is True)

# the suggested line works as pasted
before = b.read("rules.json")
line = post["suggest"][0]
b.check("a line to paste", line.startswith("seam mask add 'req.b.total' --numeric"), line)
b.check("it runs", b.run("sh", "-c", line)[0] == 0)
after = b.read("rules.json")
b.check("the file's own text stays", before.rstrip().rstrip("}").rstrip() in after, after)
b.check("and it holds", all(f["sum"] != post["sum"] for f in json.loads(b.seam("diff", "--format", "json", "-r", "rules.json", "golden.trace", "b.trace")[1])["findings"]))
b.write("rules.json", before)

# only one finding
text = b.read("golden.trace")
b.check("accept --only", b.seam("accept", "--only", "extra", "--reason", "GBP is new", "golden.trace", "b.trace")[0] == 0)
lines, now = text.splitlines(), b.read("golden.trace").splitlines()
b.check("lines come in, the others are untouched", len(now) > len(lines) and [x for x in now[1:-1] if x in lines] == lines[1:-1], b.read("golden.trace"))
kinds2 = [(f["kind"], f["sum"]) for f in json.loads(b.seam("diff", "--format", "json", "golden.trace", "b.trace")[1])["findings"]]
b.check("the rest is still different", ("extra", "GET /v1/rates/{c}") not in kinds2 and ("changed", post["sum"]) in kinds2, str(kinds2))
b.check("the reason is the latest", json.loads(now[0]).get("reason") == "GBP is new")

# the dialogue
code, seen = at_a_terminal(["q"], "accept", "--review", "golden.trace", "b.trace")
b.check("leaving writes nothing", code == 1 and b.read("golden.trace").splitlines() == now, seen)
code, seen = at_a_terminal(["?", "d"] + ["r"] * len(kinds2), "accept", "--review", "golden.trace", "b.trace")
b.check("rejecting all writes nothing", code == 1 and "nothing accepted" in seen and "accept it and all that follow" in seen and "event " in seen, seen)
code, seen = at_a_terminal(["a", "R"], "accept", "--review", "golden.trace", "b.trace")
b.check("accept one, skip the rest", code == 0 and f"accepted 1 of {len(kinds2)}" in seen, seen)
code, seen = at_a_terminal(["A"], "accept", "--review", "golden.trace", "b.trace")
b.check("accept all that follow", code == 0, seen)
code, out, _ = b.seam("diff", "golden.trace", "b.trace")
b.check("then it is the same", code == 0, out)
b.seam("accept", "-q", "whole.trace", "b.trace")
code, out, _ = b.seam("diff", "whole.trace", "golden.trace")
b.check("part by part comes to the same content", code == 0, out)

# CI
b.check("refused in CI", b.seam("accept", "golden.trace", "a.trace", env={"CI": "true"})[0] == 2)
conflict = b.read("golden.trace").splitlines()
b.write("conflict.trace", "\n".join(conflict[:2] + ["<<<<<<< HEAD"] + conflict[2:]) + "\n")
code, _, err = b.seam("diff", "conflict.trace", "a.trace")
b.check("conflict markers have file and line", code == 3 and "conflict.trace:3: a merge conflict marker" in err, err)

b.record("c.trace", TOTAL="7", CURRENCIES="EUR")
code, out, _ = b.seam("diff", "--format", "junit", "golden.trace", "c.trace")
suite = ET.fromstring(out)
b.check("JUnit is XML with failures", code == 1 and int(suite.get("failures")) == len(suite.findall(".//testcase[failure]")) > 0, out)
code, out, _ = b.seam("diff", "--format", "junit", "golden.trace", "b.trace")
b.check("JUnit of the same has none", code == 0 and ET.fromstring(out).get("failures") == "0", out)
summary = b.path("summary.md")
code, out, _ = b.seam("diff", "--format", "github", "golden.trace", "c.trace", env={"GITHUB_STEP_SUMMARY": summary})
errors = [x for x in out.splitlines() if x.startswith("::error file=golden.trace,line=")]
b.check("GitHub annotations name the golden's lines", code == 1 and errors and "%0A" in errors[0] and out.startswith("::group::"), out)
b.check("the job summary has all", "### seam diff: different" in b.read("summary.md") and "req.b.total" in b.read("summary.md"))

# noise
b.record("d.trace", TOTAL="20.10", TAGS='"b","a"', CURRENCIES="EUR USD GBP")
rules = json.loads(before)
rules["mask"] = [{"path": "json.nothing"}, {"path": "json.total", "until": "2001-01-01"}]
b.write("noise.json", json.dumps(rules))
code, out, _ = b.seam("diff", "-r", "noise.json", "golden.trace", "d.trace")
b.check("unused and expired masks are named", code == 1 and "mask not used: json.nothing" in out and "mask expired: json.total   it held until 2001-01-01" in out, out)
rules["mask"] = [{"path": "re:(req|res)\\.blob|(req|res)\\.b.*total.*"}, "re:req\\.b(\\[.*)?", "re:a\\.http\\.request\\.header\\.(content-md5|x-amz-.*)"]
rules["mask"] = ["json.total", {"only": ["json.nosuch"], "k": "s3"}]
rules["normalise"] = [{"path": "json.tags", "as": "set"}]
b.write("noise.json", json.dumps(rules))
code, out, _ = b.seam("diff", "-r", "noise.json", "golden.trace", "d.trace")
b.check("mask, allow-list and set together", code == 0 and "masked: " in out, out)
rules["mask"] = [{"only": ["json.nosuch"], "k": "s3"}]
rules["normalise"] = [{"path": "json.tags", "as": "set"}, {"path": "json.total", "tolerance": "2%"}]
b.write("noise.json", json.dumps(rules))
code, out, _ = b.seam("diff", "-r", "noise.json", "golden.trace", "d.trace")
b.check("within tolerance", code == 0, out)
rules["normalise"][1]["tolerance"] = 0.05
b.write("noise.json", json.dumps(rules))
code, out, _ = b.seam("diff", "-r", "noise.json", "golden.trace", "d.trace")
b.check("beyond tolerance", code == 1 and "req.b.total" in out, out)
for wrong, says in [({"mask": [{"path": "json.x", "until": "soon"}]}, "is no date"), ({"mask": ["re:("]}, "pattern"), ({"mask": [{"pth": "json.x"}]}, "did you mean path"),
                    ({"normalise": [{"path": "json.x", "as": "numbr"}]}, "did you mean number"), ({"normalise": ["json.x"]}, "normalise: entry 0")]:
    b.write("wrong.json", json.dumps(dict(json.loads(before), **wrong)))
    code, out, err = b.seam("diff", "-r", "wrong.json", "golden.trace", "d.trace")
    b.check(f"{wrong} is refused", code == 2 and says in err, err)

# unreferenced
os.makedirs(b.path("cases/x"))
b.write("cases/x/case.json", json.dumps({"command": ["true"], "golden": "here.trace"}))
for name in ("here", "stray"):
    b.write(f"cases/x/{name}.trace", b.read("golden.trace"))
code, out, _ = b.seam("accept", "--unused", "cases")
b.check("goldens that no case names are listed", code == 1 and "stray.trace" in out and "here.trace" not in out, out)
b.end()

#!/usr/bin/env python3
"""Properties of comparing that show with many events, and traces that nobody should trust."""
import json
import os
import random
import resource
import subprocess

from bench import BUILD, TOP, Bench

b = Bench("scale")
gen = os.path.join(os.path.abspath(BUILD), "tracegen")
subprocess.run(["cc", "-O2", "-o", gen, os.path.join(TOP, "tests/bench/tracegen.c")], check=True)
N = 100_000


def make(name, seed, changed=0, pool=False):
    with open(b.path(name), "wb") as out:
        subprocess.run([gen, str(N), "64", str(seed), str(changed)] + (["pool"] if pool else []), stdout=out, check=True)


def diff(golden, run, *options):
    code, out, err = b.seam("diff", "--format", "json", *options, golden, run)
    return code, json.loads(out) if out else {"error": err}


make("a", 1)
make("b", 2)
code, d = diff("a", "b")
b.check("(a) another interleaving is the same", code == 0 and d["counts"]["same"] == N // 64 * 64, str(d)[:500])
make("p", 3, pool=True)
make("q", 4, pool=True)
code, d = diff("p", "q")
b.check("(d) a pool that hands out work otherwise is the same, and said to be one", code == 0 and d["groups"][0]["order"] == "pool", str(d)[:500])

lines = b.read("b").splitlines()
one = json.loads(lines[50])
one["a"]["db.query.parameter.0"] = "0e5b1f6e-1111-4222-a333-444455556666"
one["a"]["db.query.text"] = "select 1"
one["sum"] = "SELECT"
end = json.loads(lines[-1])
end["events"] += 1
b.write("inserted", "\n".join(lines[:51] + [json.dumps(one, separators=(",", ":"))] + lines[51:-1] + [json.dumps(end, separators=(",", ":"))]) + "\n")
code, d = diff("a", "inserted")
b.check("(e) one inserted event is one finding, with 100,000 ids after it", code == 1 and len(d["findings"]) == 1 and d["findings"][0]["kind"] == "extra", str(d)[:500])

# ids that come again: each twice, then two of them swapped
first = [json.loads(x) for x in lines[1:2001]]
again = []
for i, e in enumerate(first):
    e = json.loads(json.dumps(e))
    e["st"] = "load/audit/db:5433#0"
    e["seq"] = i
    e["sum"] = "INSERT audit"
    again.append(e)


def with_ids(name, swap):
    copies = json.loads(json.dumps(again))
    if swap:
        x, y = copies[100]["a"], copies[1500]["a"]
        x["db.query.parameter.0"], y["db.query.parameter.0"] = y["db.query.parameter.0"], x["db.query.parameter.0"]
    seq = {}
    body = first + copies
    for e in body:
        e["seq"] = seq[e["st"]] = seq.get(e["st"], -1) + 1
    b.write(name, "\n".join([lines[0]] + [json.dumps(e, separators=(",", ":")) for e in body] + [json.dumps({"k": "seam.end", "events": len(body), "dropped": 0}, separators=(",", ":"))]) + "\n")


with_ids("ids", False)
with_ids("swapped", True)
code, d = diff("ids", "swapped")
b.check("(f) two swapped ids are a matter of identity", code == 1 and d["counts"]["identity"] >= 1 and d["counts"]["changed"] == 0, str(d["counts"]))

make("few", 3, 1000)
one, two = (b.seam("diff", "--format", "json", "--limit", "0", "a", "few")[1] for _ in range(2))
b.check("(g) comparing twice is byte-identical", one == two and len(one) > 1000)
ab, ba = json.loads(one)["counts"], diff("few", "a")[1]["counts"]
b.check("(h) a comparison is its own mirror", (ab["same"], ab["changed"], ab["missing"], ab["extra"]) == (ba["same"], ba["changed"], ba["extra"], ba["missing"]), f"{ab} {ba}")
make("many", 4, 200000)
many = diff("a", "many")[1]["counts"]
golden, run = N // 64 * 64, len(b.read("many").splitlines()) - 2
b.check("every line is accounted for", many["same"] + many["changed"] + many["moved"] + many["missing"] == golden and many["same"] + many["changed"] + many["moved"] + many["extra"] == run, str(many))
b.check("20 % edited is found as 20 %", 0.15 < (many["changed"] + many["missing"] + many["extra"]) / golden < 0.24, str(many))

# ---- traces that nobody should trust: a verdict, no crash, little memory


def little_memory():
    if not os.environ.get("SEAM_BUILD", "").endswith("-asan"):  # the sanitizer's shadow is address space, too
        resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))


def verdict(name, options=("diff", "-q")):
    done = subprocess.run(["seam", *options, "small", name], cwd=b.dir, env=b.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
                          preexec_fn=little_memory)
    return done.returncode, done.stderr.decode("utf-8", "replace")


small = lines[:200] + [json.dumps({"k": "seam.end", "events": 199, "dropped": 0}, separators=(",", ":"))]
b.write("small", "\n".join(small) + "\n")
text = b.read("small").encode()
chance = random.Random(7)
bad = []
for i in range(60):
    at = chance.randrange(len(text))
    kind = i % 4
    if kind == 0:
        broken = text[:at]
    elif kind == 1:
        broken = text[:at] + bytes([chance.randrange(256)]) + text[at + 1:]
    elif kind == 2:
        broken = text[:at] + b"[" * 100_000 + text[at:]
    else:
        broken = text[:at] + text[at:at + 500] * 3 + text[at:]
    with open(b.path("broken"), "wb") as f:
        f.write(broken)
    code, err = verdict("broken")
    if code not in (0, 1, 2, 3, 4) or (code in (2, 3) and "broken" not in err):
        bad.append((i, code, err[:200]))
b.check("damaged traces get a verdict that names them", not bad, str(bad))
shuffled = small[1:-1]
chance.shuffle(shuffled)
b.write("shuffled", "\n".join([small[0]] + shuffled + [small[-1]]) + "\n")
b.check("lines in another order are read as another recording", verdict("shuffled")[0] in (0, 1))
b.write("foreign", small[0].replace('"min":1', '"min":9') + "\n" + "\n".join(small[1:]) + "\n")
code, err = verdict("foreign")
b.check("a later version is named", code == 3 and "trace version 9, this seam reads version 1" in err, err)
names = "\n".join([small[0]] + [json.dumps({"k": "http", "st": "p/s/b#0", "seq": i, "sum": "GET /", "ok": True, "by": "rule", "a": {f"name{i}": i}}, separators=(",", ":")) for i in range(20000)]
                  + [json.dumps({"k": "seam.end", "events": 20000, "dropped": 0}, separators=(",", ":"))]) + "\n"
b.write("names", names)
code, err = verdict("names")
b.check("data as member names costs no more than a moment", code == 1, err)
long = json.dumps({"k": "http", "st": "p/s/b#0", "seq": 0, "sum": "x" * 20_000_000, "ok": True, "by": "rule"}, separators=(",", ":"))
b.write("long", "\n".join([small[0], long, json.dumps({"k": "seam.end", "events": 1, "dropped": 0}, separators=(",", ":"))]) + "\n")
b.check("a line of 20 MB", verdict("long")[0] == 1)
b.end()

#!/usr/bin/env python3
"""What the other tests do not ask the commands: explain, every format of check, env,
mask's options, sweep's options, and what each refuses."""
import json
import xml.etree.ElementTree as ET

from bench import Bench

b = Bench("commands")


def seam(what, want, *argv, has=(), **how):
    """Runs seam; its status and words are as wanted."""
    code, out, err = b.seam(*argv, **how)
    b.check(what, code == want and all(x in out + err for x in has), f"{argv}: {code}, wanted {want} {has}\n{out}{err}")
    return out


# ---- rules explain: addresses
b.write("at.json", json.dumps({"seam": 1, "services": {
    "db": {"protocol": "postgres", "at": ["db.prod:5432", "unix:/run/pg/.s.PGSQL.5432", "[fd00::7]:5432"]},
    "all": {"protocol": "http", "at": ["*.example.com:80"]}, "one": {"protocol": "http", "at": ["a.example.com:80"]}},
    "rules": [{"id": "x", "on": "http", "service": "all", "do": {"status": 204}, "optional": True}]}))
seam("a host and a port", 0, "rules", "explain", "-r", "at.json", "db.prod:5432", has=["db", "at.json"])
seam("a socket's path", 0, "rules", "explain", "-r", "at.json", "unix:/run/pg/.s.PGSQL.5432", has=["db"])
seam("an address of IPv6", 0, "rules", "explain", "-r", "at.json", "[fd00::7]:5432", has=["db"])
seam("who declared it, too", 0, "rules", "explain", "-r", "at.json", "a.example.com:80", has=["all", "also claimed by service one"])
seam("nobody claims it", 1, "rules", "explain", "-r", "at.json", "db.prod:5433")
seam("a datagram is something else", 1, "rules", "explain", "-r", "at.json", "udp:db.prod:5432")
seam("no address at all", 2, "rules", "explain", "-r", "at.json", "[fd00::7")
seam("rule files from the environment", 0, "rules", "explain", "db.prod:5432", has=["db"], env={"SEAM_RULES": "at.json"})
seam("lint counts what it read", 0, "rules", "lint", "at.json", has=["1 file, 3 services: no errors"])
seam("a word it does not know", 2, "rules", "lnit", "at.json", has=["did you mean \"lint\""])
seam("a word like none", 2, "rules", "frobnicate", has=["lint, explain, suggest and fmt"])
seam("no word", 2, "rules")
seam("an option it does not know", 2, "rules", "--profle", "x", "lint", "at.json", has=["--profile"])

# ---- rules explain and suggest: events
b.write("job.sh", "curl -s -o /dev/null http://api.example.com/v1/rates/EUR\ncurl -s -o /dev/null -d '{\"rows\": 0}' -H 'content-type: application/json' http://api.example.com/v1/jobs\n"
        "curl -s -o /dev/null -T job.sh http://lake.s3.amazonaws.com/x\ncurl -s -o /dev/null http://api.example.com/v1/slow\n:\n")
rules = {"seam": 1, "services": {"api": {"protocol": "http", "at": ["api.example.com:80"]}, "lake": {"protocol": "s3", "at": ["lake.s3.amazonaws.com:80"]}},
         "rules": [{"id": "rates", "on": "http", "when": {"path": "/v1/rates/{c}"}, "do": {"json": {"rate": 1}}},
                   {"id": "job", "on": "http", "when": {"method": "POST", "path": "/v1/jobs", "json": {"rows": {"gt": 0}}}, "do": {"status": 202}},
                   {"id": "slow", "on": "http", "when": {"path": "/v1/slow"}, "do": {"fault": "reset"}}],
         "expect": [{"on": "http", "service": "api", "count": 3}, {"never": {"on": "s3.DeleteObject"}}, {"on": "s3.PutObject", "count": 7, "when": {"key": "<x>"}}]}
b.write("r.json", json.dumps(rules))
b.seam("run", "-q", "-r", "r.json", "-t", "e.trace", "--", "sh", "job.sh")
events = [json.loads(x) for x in b.read("e.trace").splitlines()[1:-1]]
number = lambda pred: str(next(e["t"]["n"] for e in events if pred(e)))
seam("by which rule", 0, "rules", "explain", "e.trace", number(lambda e: "rates" in e.get("rule", "")), has=["answered by rule", "#rates"])
seam("by a fault", 0, "rules", "explain", "e.trace", number(lambda e: e["by"] == "fault"), has=["with a fault"])
seam("by the fake", 0, "rules", "explain", "e.trace", number(lambda e: e["k"] == "s3"), has=["answered by the fake"])
miss = number(lambda e: e["by"] == "none")
seam("by nothing: the closest rule, condition by condition", 1, "rules", "explain", "e.trace", miss, has=["nothing answers", "closest: job", "NO  json.rows", "wants {\"gt\": 0}", "rules suggest e.trace"])
out = seam("a rule that would", 0, "rules", "suggest", "e.trace", miss, has=["/v1/jobs"])
b.check("is one", "do" in json.loads(out), out)
seam("of an event that there is not", 2, "rules", "explain", "e.trace", "9999")
seam("of no trace", 2, "rules", "suggest", "none.trace", "1")

# ---- check: every format
seam("text", 1, "check", "-v", "r.json", "e.trace", has=["FAILED", "do not hold"])
found = json.loads(seam("json", 1, "check", "--format", "json", "r.json", "e.trace"))
b.check("json has all of them, and why", found["failed"] >= 1 and len(found["expectations"]) == found["count"] and all("found" in x for x in found["expectations"] if not x["holds"]), str(found))
suite = ET.fromstring(seam("junit", 1, "check", "--format", "junit", "r.json", "e.trace").encode())
b.check("junit counts them, and XML stays XML", int(suite.find("testsuite").get("failures")) == found["failed"] == len(suite.findall(".//failure")))
out = seam("github", 1, "check", "--format", "github", "r.json", "e.trace")
b.check("an annotation each", out.count("::error ") == found["failed"], out)
many = dict(rules, expect=[{"on": "http", "service": "api", "count": n + 10} for n in range(15)])
b.write("many.json", json.dumps(many))
out = seam("github: nine and a roll-up", 1, "check", "--format", "github", "many.json", "e.trace", has=["more do not hold"])
b.check("ten lines at most", out.count("::error ") <= 10, out)

# ---- env
out = seam("env", 0, "env", "-r", "r.json", "-t", "it's.trace", has=["LD_PRELOAD", "SEAM_RULES", "SEAM_TRACE"])
b.write("use.sh", f"set -e\n{out}\ncurl -s -o /dev/null http://api.example.com/v1/rates/EUR\n")
code, said, err = b.run("sh", "use.sh")
b.check("a shell takes what it prints, quotes too", code == 0 and "it's.trace" in out.replace("'\\''", "'"), said + err)
seam("env: a rule file that there is not", 2, "env", "-r", "none.json")
seam("env: help", 0, "env", "--help", has=["usage:"])

# ---- mask
b.write("m.json", json.dumps({"seam": 1, "mask": []}))
seam("all that narrows a mask", 0, "mask", "add", "-r", "m.json", "--k", "http", "--service", "api", "--sum", "GET *", "--until", "2030-01-31", "--reason", "it's a clock", "json.at")
seam("a tolerance, a share", 0, "mask", "add", "-r", "m.json", "--tolerance", "1%", "json.ratio")
seam("an id", 0, "mask", "add", "-r", "m.json", "--id", "json.job")
seam("a plain path", 0, "mask", "add", "-r", "m.json", "http.header.x-request-id")
m = json.loads(b.read("m.json"))
b.check("they are in the file", m["mask"][0] == {"path": "json.at", "k": "http", "service": "api", "sum": "GET *", "until": "2030-01-31", "reason": "it's a clock"}
        and "http.header.x-request-id" in m["mask"] and {"path": "json.ratio", "tolerance": "1%"} in m["normalise"] and {"path": "json.job", "as": "id"} in m["normalise"], b.read("m.json"))
seam("one of them at a time", 2, "mask", "add", "-r", "m.json", "--id", "--numeric", "json.x", has=["exclude each other"])
seam("a path that is none", 2, "mask", "add", "-r", "m.json", "jason.x", has=["no path"])
seam("a day that is none", 2, "mask", "add", "-r", "m.json", "--until", "soon", "json.x")
b.write("odd.json", '{"seam": 1, "mask": {}}')
seam("a mask that is no array", 2, "mask", "add", "-r", "odd.json", "json.x", has=["expected an array"])
seam("no path", 2, "mask", "add", "-r", "m.json")
seam("no word", 2, "mask", "json.x")
seam("a file that there is not", 2, "mask", "add", "-r", "none.json", "json.x")

# ---- sweep
ok = dict(rules, rules=[{"id": "rates", "on": "http", "do": {"json": {"rate": 1}}}], expect=[])
b.write("ok.json", json.dumps(ok))
b.write("one.sh", "curl -sf -o /dev/null http://api.example.com/v1/rates/EUR\n")
seam("one request, one kind of fault", 0, "sweep", "-r", "ok.json", "-j", "2", "-o", "swept", "--fault", "503", "--service", "api", "--timeout", "20s", "--json", "s.json", "--html", "s.html", "--", "sh", "one.sh")
b.check("its reports", json.loads(b.read("s.json")) and b.read("s.html").lstrip().lower().startswith("<!doctype html"))
seam("what is done is not done again", 0, "sweep", "-r", "ok.json", "-o", "swept", "--fault", "503", "--service", "api", "--", "sh", "one.sh", has=["done already"])
seam("a command that asks for nothing", 4, "sweep", "-r", "ok.json", "-o", "s2", "--", "true")
seam("a command that fails by itself", 2, "sweep", "-r", "ok.json", "-o", "s3", "--", "false", has=["without any fault"])
seam("sweep: a time that is none", 2, "sweep", "-r", "ok.json", "--timeout", "soon", "--", "true", has=["500ms"])
seam("sweep: no jobs", 2, "sweep", "-r", "ok.json", "-j", "0", "--", "true")
seam("sweep: no command", 2, "sweep", "-r", "ok.json", has=["no command"])
seam("sweep: a file that there is not", 2, "sweep", "-r", "none.json", "--", "true")
seam("sweep: an option it does not know", 2, "sweep", "--tmeout", "1s", "--", "true", has=["--timeout"])
b.end()

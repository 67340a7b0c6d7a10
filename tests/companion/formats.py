#!/usr/bin/env python3
"""Exports judged by whom they are for: HAR by its JSON schemas, Perfetto by its trace
processor. OTLP is judged by OpenTelemetry's protobuf in look.py."""
import json
import os
import shutil
import subprocess

from bench import BUILD, Bench

b = Bench("formats")
b.record("a.trace")
home = os.path.abspath(BUILD)
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def fetch(folder, *commands):
    """Into the build folder, once; False where there is no way to a registry."""
    marker = os.path.join(folder, "complete")
    if os.path.exists(marker):
        return True
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for command in commands:
        try:
            if subprocess.run(command, cwd=folder, timeout=300, check=False, **QUIET).returncode:
                return False
        except (OSError, subprocess.TimeoutExpired):
            return False
    with open(marker, "w", encoding="utf-8"):
        return True


# ---- HAR: the schemas of har-schema, read by ajv
code, har, err = b.seam("export", "--har", "a.trace")
b.check("a HAR", code == 0, err)
npm = os.path.join(home, "npm-har")
if shutil.which("npm") and fetch(npm, ["npm", "install", "--silent", "--no-audit", "--no-fund", "har-schema@2", "ajv@6"]):
    b.write("judge.js", """
const Ajv = require('ajv'), schemas = require('har-schema'), fs = require('fs');
const ajv = new Ajv({ allErrors: true });
ajv.addMetaSchema(require('ajv/lib/refs/json-schema-draft-06.json'));
ajv.addSchema(schemas);
const valid = ajv.validate('har.json', JSON.parse(fs.readFileSync(0)));
if (!valid) console.log(JSON.stringify(ajv.errors));
process.exit(valid ? 0 : 1);
""")
    code, out, err = b.run("node", "judge.js", env={"NODE_PATH": os.path.join(npm, "node_modules")}, stdin=har)
    b.check("HAR holds against its schema", code == 0, out[:3000] + err[:1000])
    wrong = json.loads(har)
    del wrong["log"]["entries"][0]["request"]["headersSize"]
    b.check("and the judge is awake", b.run("node", "judge.js", env={"NODE_PATH": os.path.join(npm, "node_modules")}, stdin=json.dumps(wrong))[0] == 1)
else:
    b.skip("har-schema cannot be had from npm")

# ---- Perfetto: its own trace processor, which its Python package fetches
code, out, err = b.seam("export", "--perfetto", "-o", b.path("a.json"), "a.trace")
events = len(b.read("a.trace").splitlines()) - 2
b.check("a trace for Perfetto", code == 0 and json.loads(b.read("a.json"))["traceEvents"], err)
python = os.path.join(home, "pypi-perfetto", "bin", "python")
ASK = """
import sys
from perfetto.trace_processor import TraceProcessor
tp = TraceProcessor(trace=sys.argv[1])
one = lambda sql: list(tp.query(sql))
print(one("select count(*) n from slice")[0].n, one("select count(*) n from stats where severity='error' and value>0")[0].n,
      ",".join(sorted({r.name for r in one("select name from process where name is not null")})))
"""
if fetch(os.path.dirname(os.path.dirname(python)), ["/usr/bin/python3", "-m", "venv", "."], ["bin/python", "-m", "pip", "install", "-q", "perfetto"],
         ["bin/python", "-c", ASK, b.path("a.json")]):
    code, out, err = b.run(python, "-c", ASK, b.path("a.json"))
    count, errors, names = (out.split(" ", 2) + ["", ""])[:3]
    b.check("the trace processor sees every event as a slice, and no error", code == 0 and int(count) == events and errors == "0", out + err)
    b.check("programs are its processes", "curl" in names and "sh" in names, names)
else:
    b.skip("Perfetto's trace processor cannot be fetched here")
b.end()

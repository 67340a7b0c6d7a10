#!/usr/bin/env python3
"""seam rules fmt: one layout, the same words."""
import glob
import json
import os

from bench import TOP, Bench

b = Bench("rules-fmt")
for path in sorted(glob.glob(f"{TOP}/rules/*.json") + glob.glob(f"{TOP}/examples/*/rules.json")):
    name = os.path.basename(path)
    with open(path, encoding="utf-8") as f:
        text = f.read()
    code, out, err = b.seam("rules", "fmt", "-", stdin=text)
    b.check(f"{name}: the same value, keys in their order", code == 0 and json.dumps(json.loads(out)) == json.dumps(json.loads(text)), err)
    b.check(f"{name}: laid out again it stays", b.seam("rules", "fmt", "-", stdin=out)[1] == out)
    b.check(f"{name}: no line is longer than it has to be", all(len(x) <= 110 or x.count('": ') <= 1 for x in out.splitlines() if "[" not in x))

b.write("a.json", '{"seam":1,\n\n"//":"why","services":{"db":{"protocol":"postgres","at":["a:1"]}},"x":[1e3,1.0,-0.10,"\\u00e9\\"}",{},[]]}')
code, out, _ = b.seam("rules", "fmt", "--check", "a.json")
b.check("--check names what is not laid out, and writes nothing", code == 1 and out == "a.json\n" and "\n\n" in b.read("a.json"))
b.check("fmt writes it", b.seam("rules", "fmt", "a.json")[0] == 0)
b.check("words and numbers stay as they were written; an empty line, too", b.read("a.json") == '{\n  "seam": 1,\n\n  "//": "why",\n  "services": {"db": {"protocol": "postgres", "at": ["a:1"]}},\n'
        '  "x": [1e3, 1.0, -0.10, "\\u00e9\\"}", {}, []]\n}\n', b.read("a.json"))
b.check("then --check is content", b.seam("rules", "fmt", "--check", "a.json")[:2] == (0, ""))
b.write("bad.json", '{"seam": 1,}')
code, _, err = b.seam("rules", "fmt", "bad.json")
b.check("what is no JSON is named with its place and left alone", code == 2 and "bad.json:1:" in err and b.read("bad.json") == '{"seam": 1,}', err)
b.check("a file that is not there", b.seam("rules", "fmt", "none.json")[0] == 2)
b.check("no file at all", b.seam("rules", "fmt")[0] == 2)
b.end()

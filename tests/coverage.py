#!/usr/bin/env python3
"""Adds up what gcov counted in a build made with COVERAGE=1, and fails below a floor.

usage: coverage.py BUILD [PERCENT]     writes BUILD/coverage.txt, a line a file, worst first
"""
import json
import os
import subprocess
import sys

build, floor = sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 0
top = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
lines = {}
counted = []
for folder, _, names in os.walk(os.path.join(build, "obj")):
    counted += [os.path.join(folder, n) for n in names if n.endswith(".gcno") and any(f"/obj/{x}" in folder for x in ("src", "shim", "tools"))]
for at in range(0, len(counted), 40):
    done = subprocess.run(["gcov", "--json-format", "--stdout", *counted[at:at + 40]], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=top)
    for text in done.stdout.splitlines():
        try:
            found = json.loads(text)
        except ValueError:
            continue
        for f in found["files"]:
            name = os.path.relpath(os.path.join(top, f["file"]), top)
            if not name.startswith(("src/", "shim/", "tools/")) or not name.endswith(".c"):
                continue
            counts = lines.setdefault(name, {})
            for line in f["lines"]:
                counts[line["line_number"]] = counts.get(line["line_number"], 0) + line["count"]
if not lines:
    sys.exit("coverage: nothing was counted; build with COVERAGE=1 and run the tests first")
rows, folders = [], {}
for name, counts in lines.items():
    hit, all_ = sum(1 for c in counts.values() if c), len(counts)
    rows.append((100 * hit / max(all_, 1), hit, all_, name))
    x = folders.setdefault("/".join(name.split("/")[:2]) if name.startswith("src/") else name.split("/")[0], [0, 0])
    x[0] += hit
    x[1] += all_
with open(os.path.join(build, "coverage.txt"), "w", encoding="utf-8") as out:
    for percent, hit, all_, name in sorted(rows):
        out.write(f"{percent:6.1f} %  {hit:5}/{all_:<5}  {name}\n")
for name, (hit, all_) in sorted(folders.items()):
    print(f"  {100 * hit / max(all_, 1):5.1f} %  {hit:6}/{all_:<6}  {name}")
hit, all_ = sum(r[1] for r in rows), sum(r[2] for r in rows)
print(f"coverage: {100 * hit / all_:.1f} % of {all_} lines in {len(rows)} files; by file in {build}/coverage.txt")
if 100 * hit / all_ < floor:
    sys.exit(f"coverage: below {floor} %")

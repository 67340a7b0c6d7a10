#!/usr/bin/env python3
"""Inputs for fuzz_sql from the statements of tests/pg-conformance/topics: each alone, and
together with the seven before it. A file a piece, named by what is in it.

usage: tests/fuzz/sql_seeds.py FOLDER
"""
import glob
import hashlib
import os
import re
import sys

folder = sys.argv[1]
here = os.path.dirname(os.path.abspath(__file__))
os.makedirs(folder, exist_ok=True)
for path in sorted(glob.glob(os.path.join(here, "../pg-conformance/topics/*.sql"))):
    with open(path, encoding="utf-8") as f:
        pieces = re.split(r"(?<=;)\n(?!\S*\t|\d)", f.read())
    pieces = [p for p in pieces if p.strip()]
    for i in range(len(pieces)):
        for first in {i, max(0, i - 7)} if i % 4 == 3 else {i}:
            text = "\n".join(pieces[first:i + 1]).encode()[:4000]
            number = int(hashlib.sha1(text).hexdigest()[:8], 16)
            with open(os.path.join(folder, "%08x" % number), "wb") as f:
                f.write(bytes([number & 255 if first < i else 0, number >> 8 & 255]) + text)

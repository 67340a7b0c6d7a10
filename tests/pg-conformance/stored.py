"""What a real PostgreSQL answered, in files that people can read and review.

stored/TOPIC.out has for each statement

    > 12 3f2a91c0           its number, and a mark that changes with its text
    : a 23/-1               the answer in text format, see wire.py
    = 1
    . SELECT 1
    ~ 0b12f6 77aa01         marks of what psql printed and of the answer in binary format

Where only marks are stored, a difference is seen but not shown.
"""
import hashlib
import os
import re

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "stored")


def mark(lines):
    return "-" if lines is None else hashlib.sha1("\n".join(lines).encode()).hexdigest()[:6]


def comparable(lines, marks):
    """the lines that must agree, in the order that they must have"""
    if lines is None:
        return None
    if lines and lines[0].startswith("sqlstate"):
        if "volatile" in marks or "shape" in marks:
            return lines[:1]
        return lines[:1] + sorted(lines[1:]) if "unordered" in marks else lines
    if "shape" in marks:
        return [re.sub(r" \d+$", " N", line) for line in lines if not line.startswith("= ")]
    if "volatile" in marks:
        return ["=" if line.startswith("= ") else line for line in lines]
    if "unordered" in marks:
        rows = iter(sorted(line for line in lines if line.startswith("= ")))
        return [next(rows) if line.startswith("= ") else line for line in lines]
    return lines


def path(name):
    return os.path.join(FOLDER, name + ".out")


def write(name, statements, answers):
    out = []
    for s in statements:
        by = {way: comparable(answers[way].get(s.number), s.marks) for way in ("psql", "text", "binary")}
        out.append(f"> {s.number} {s.key}")
        out += by["text"] or []
        out.append(f"~ {mark(by['psql'])} {mark(by['binary'])}")
    with open(path(name), "w", encoding="utf-8") as f:
        f.write("\n".join(out) + "\n")


def read(name):
    """{number: (key, lines of the text way or None, mark of psql, mark of binary)}"""
    found = {}
    if not os.path.exists(path(name)):
        return found
    number = key = lines = None
    with open(path(name), encoding="utf-8") as f:
        for line in f.read().split("\n"):
            if line.startswith("> "):
                _, number, key = line.split()
                lines = []
            elif line.startswith("~ "):
                _, psql, binary = line.split()
                found[int(number)] = (key, lines if binary != "-" else None, psql, binary)
            elif line:
                lines.append(line)
    return found

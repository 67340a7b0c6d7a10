"""Topic files: SQL as psql reads it, cut into statements.

A statement ends with a semicolon at the end of a line; a line that begins with a
backslash is a psql command. Data of COPY ... FROM STDIN follows its statement, up to
a line "\\.". What is said of the next statement stands in a comment before it:

    -- @params 1 | abc | \\N     parameters; psql does not see the statement
    -- @unordered               rows come in any order
    -- @volatile                cells differ between runs: only columns, count and tag are compared
    -- @shape                   not even the number of rows is
    -- @nopsql, @nowire         not sent through psql, or only through psql

Rows are also compared in any order when the statement could not promise one: it
groups, joins or makes sets, and has no ORDER BY.
"""
import hashlib
import os
import re

LOOSE = re.compile(r"\b(group\s+by|distinct|union|except|intersect|join|using)\b", re.I)
ORDERED = re.compile(r"\border\s+by\b", re.I)
DOLLAR = re.compile(r"\$[A-Za-z_]*\$")


class Statement:
    def __init__(self, number, line, text, marks, copy):
        self.number, self.line, self.text, self.copy = number, line, text, copy
        self.params = None
        self.marks = set()
        for mark in marks:
            word, _, rest = mark.partition(" ")
            if word == "params":
                self.params = [None if p.strip() == "\\N" else p.strip() for p in rest.split("|")]
                self.marks.add("nopsql")
            else:
                self.marks.add(word)
        if text.startswith("\\"):
            self.marks.add("nowire")
        if LOOSE.search(text) and not ORDERED.search(text):
            self.marks.add("unordered")

    @property
    def key(self):
        """changes with what is sent"""
        return hashlib.sha1(repr((self.text, self.params, self.copy)).encode()).hexdigest()[:8]

    @property
    def sent(self):
        """the text without its semicolon, as drivers send it"""
        return self.text.rstrip().rstrip(";").replace("\\;", ";")

    @property
    def several(self):
        return "\\;" in self.text


def read(path):
    statements, marks, lines, start, quote = [], [], [], 0, None
    with open(path, encoding="utf-8") as f:
        source = f.read().split("\n")
    at = 0
    while at < len(source):
        line = source[at]
        at += 1
        if not lines:
            if not line.strip():
                continue
            if line.startswith("-- @"):
                marks.append(line[4:].strip())
                continue
            if line.startswith("--"):
                continue
            start = at
        lines.append(line)
        for tag in DOLLAR.findall(line):
            quote = tag if quote is None else None if quote == tag else quote
        if quote or not (line.rstrip().endswith(";") or (len(lines) == 1 and line.startswith("\\"))):
            continue
        text, copy = "\n".join(lines), None
        if re.match(r"copy\s+[^(\s].*\bfrom\s+stdin\b", text, re.I | re.S):
            copy = []
            while at < len(source) and source[at] != "\\.":
                copy.append(source[at])
                at += 1
            at += 1
            copy = "".join(part + "\n" for part in copy)
        statements.append(Statement(len(statements) + 1, start, text, marks, copy))
        marks, lines = [], []
    if lines:
        raise SystemExit(f"{path}:{start}: the statement does not end with a semicolon at the end of a line")
    return statements


def folder():
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), "topics")


def names():
    return sorted(name[:-4] for name in os.listdir(folder()) if name.endswith(".sql"))


def load(name):
    return read(os.path.join(folder(), name + ".sql"))

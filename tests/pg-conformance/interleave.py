#!/usr/bin/env python3
"""Runs isolation specs against one server and writes down what each step got, and when.

usage: interleave.py real SOCKET-FOLDER OUT    a PostgreSQL, whose databases exist
       interleave.py fake - OUT                the fake: service iso-SPEC-N.pg, under seam run

OUT gets one JSON line a permutation: {"spec", "at", "lines"}. A step that waits says so
and shows its answer below the step that let it go.
"""
import json
import re
import sys
import time

import spec as specs
import wire

SETTLE = 0.06  # s: longer than deadlock_timeout and the lock_timeout of the specs
PATIENCE = 10.0  # s: a step that should end by now


class Session:
    def __init__(self, name, connection):
        self.name, self.wire, self.step, self.lines = name, connection, None, None


class Run:
    def __init__(self, kind, address, database):
        self.kind, self.address, self.database = kind, address, database
        self.control = self.connect()
        self.sessions, self.waiting, self.out = {}, [], []

    def connect(self):
        return wire.Wire(self.address, "postgres", self.database, timeout=PATIENCE)

    def session(self, name):
        if name not in self.sessions:
            self.sessions[name] = Session(name, self.connect())
        return self.sessions[name]

    def answered(self, s, seconds):
        """reads what has come within that time; True when the step is over"""
        until = time.monotonic() + seconds
        while True:
            found = s.wire.message(until)
            if found is None:
                return False
            s.lines.append(found)
            if found[0] == "Z":
                return True

    def blocked(self, s):
        if self.kind == "fake":  # one thread: whoever asks later is answered later
            for _ in range(3):
                self.control.simple("show server_version")
            return True
        lines = self.control.simple(f"select cardinality(pg_blocking_pids({s.wire.pid})) > 0")
        return "= t" in lines

    def watch(self, s):
        """until the step has ended or is seen to wait"""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if self.answered(s, 0.005):
                return True
            if self.blocked(s):
                return self.answered(s, SETTLE)
        return False

    def show(self, s, mark):
        s.wire.have = b"".join(wire.frame(kind, body) for kind, body in s.lines) + s.wire.have
        self.out.append(f"{mark} {s.step}")
        self.out += ["  " + tidy(line) for line in s.wire.answer()]
        s.step = s.lines = None

    def wake(self):
        """those who waited and do no more"""
        for s in list(self.waiting):
            if self.watch(s):
                self.waiting.remove(s)
                self.show(s, "... ends")

    def do(self, name, text):
        s = self.session(name.split(".")[0])
        if s in self.waiting:
            if not self.answered(s, PATIENCE):
                self.out.append(f"stuck {s.step}")
                return False
            self.waiting.remove(s)
            self.show(s, "... ends")
        s.step, s.lines = name, []
        s.wire.send("Q", text.encode() + b"\0")
        if self.watch(s):
            self.show(s, "step")
        else:
            self.out.append(f"step {name} waits")
            self.waiting.append(s)
        self.wake()
        return True

    def close(self):
        for s in self.waiting:
            self.out.append(f"never ends {s.step}")
        for s in self.sessions.values():
            s.wire.sock.close()
        self.control.sock.close()


def tidy(line):
    if line.startswith("! D Process"):
        return re.sub(r"\d+", "N", line)
    return line


def run(kind, where, spec, at, order):
    address = f"{where}/.s.PGSQL.5432" if kind == "real" else (f"iso-{spec.name}-{at}.pg", 5432)
    r = Run(kind, address, specs.database(spec, at))
    try:
        for text in spec.setup:
            lines = r.control.simple(text)
            if any(line.startswith("!") for line in lines):
                r.out.append(f"setup {text}")
                r.out += ["  " + line for line in lines]
        for step in order:
            if not r.do(step, spec.steps[step]):
                break
    except (wire.Lost, OSError) as e:
        r.out.append(f"lost {e}")
    r.close()
    return r.out


def main():
    kind, where, out = sys.argv[1:4]
    with open(out, "w", encoding="utf-8") as f:
        for spec, at, order in specs.permutations(specs.load()):
            f.write(json.dumps({"spec": spec.name, "at": at, "lines": run(kind, where, spec, at, order)}) + "\n")


main()

"""Isolation specs: what two or three connections do, and in which orders.

    # what it shows
    setup
      create table t (id int primary key, n int);
    session a
      b: begin;
      u: update t set n = n + 1;
      c: commit;
    session b
      u: update t set n = n * 2;
    order a.b a.u b.u a.c
    order b.u a.b a.u a.c

A step is one line; each order is a permutation of its own, in a database of its own.
"""
import os
import re

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "isolation")


class Spec:
    def __init__(self, name):
        self.name, self.setup, self.steps, self.orders = name, [], {}, []
        part = session = None
        with open(os.path.join(FOLDER, name + ".spec"), encoding="utf-8") as f:
            for number, line in enumerate(f, 1):
                line = line.rstrip()
                words = line.split()
                if not words or line.startswith("#"):
                    continue
                if words[0] == "setup" and line == "setup":
                    part = "setup"
                elif words[0] == "session" and len(words) == 2:
                    part, session = "session", words[1]
                elif words[0] == "order":
                    self.orders.append(words[1:])
                elif part == "setup" and line.startswith(" "):
                    self.setup.append(line.strip().rstrip(";"))
                elif part == "session" and re.match(r"\s+\w+: ", line):
                    step, text = line.strip().split(": ", 1)
                    self.steps[f"{session}.{step}"] = text.rstrip(";")
                else:
                    raise SystemExit(f"{name}.spec:{number}: expected setup, session NAME, order STEP... or a step")
        for order in self.orders:
            for step in order:
                if step not in self.steps:
                    raise SystemExit(f"{name}.spec: no step {step}")


def names():
    return sorted(name[:-5] for name in os.listdir(FOLDER) if name.endswith(".spec"))


def load():
    return {name: Spec(name) for name in names()}


def permutations(specs):
    """(spec, number from 1, order)"""
    return [(spec, at, order) for spec in specs.values() for at, order in enumerate(spec.orders, 1)]


def database(spec, at):
    return f"i_{spec.name}_{at}"

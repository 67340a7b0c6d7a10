#!/usr/bin/env python3
"""Judges the fake's transactions by a real PostgreSQL 15: connections in interleaved steps.

Each permutation of isolation/*.spec runs on both; what every step answers and where it
waits must be the same. Without a PostgreSQL the stored transcripts are the judge.

usage: isolation.py [--record] [--stored] [--show N]
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

import server
import spec as specs
import wire

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get("SEAM_BUILD", os.path.join(TOP, "build"))
STORED = os.path.join(HERE, "stored", "isolation")


def start_fake(every, folder):
    rules = {"seam": 1, "services": {f"iso-{s.name}-{at}": {"protocol": "postgres", "at": [f"iso-{s.name}-{at}.pg:5432"]}
                                     for s, at, _ in every}}
    file = os.path.join(folder, "rules.json")
    with open(file, "w", encoding="utf-8") as f:
        json.dump(rules, f)
    out = os.path.join(folder, "fake")
    return out, subprocess.Popen([f"{BUILD}/bin/seam", "run", "-q", "-r", file, "-t", os.path.join(folder, "trace"), "--",
                                  sys.executable, f"{HERE}/interleave.py", "fake", "-", out], cwd=folder)


def start_real(every, real, folder):
    connection = wire.Wire(f"{real.socket}/.s.PGSQL.5432", "postgres", "postgres")
    for s, at, _ in every:
        connection.simple(f'create database "{specs.database(s, at)}" strategy file_copy')
    connection.close()
    out = os.path.join(folder, "real")
    return out, subprocess.Popen([sys.executable, f"{HERE}/interleave.py", "real", real.socket, out])


def finish(out, process):
    try:
        process.wait(timeout=300)
    except subprocess.TimeoutExpired:
        process.kill()
    found = {}
    if os.path.exists(out):
        with open(out, encoding="utf-8") as f:
            for line in f:
                part = json.loads(line)
                found[part["spec"], part["at"]] = part["lines"]
    return found


def stored_path(name):
    return os.path.join(STORED, name + ".out")


def store(every, real):
    os.makedirs(STORED, exist_ok=True)
    by = {}
    for s, at, order in every:
        by.setdefault(s.name, []).extend([f"order {' '.join(order)}", *real[s.name, at]])
    for name, lines in by.items():
        with open(stored_path(name), "w", encoding="utf-8") as f:
            f.write("\n".join(lines) + "\n")


def read(every):
    found = {}
    for name in {s.name for s, _, _ in every}:
        if not os.path.exists(stored_path(name)):
            continue
        at = 0
        with open(stored_path(name), encoding="utf-8") as f:
            for line in f.read().split("\n")[:-1]:
                if line.startswith("order "):
                    at += 1
                    found[name, at] = []
                else:
                    found[name, at].append(line)
    return found


def main():
    p = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1])
    p.add_argument("--record", action="store_true")
    p.add_argument("--stored", action="store_true")
    p.add_argument("--show", type=int, default=5)
    a = p.parse_args()
    began = time.monotonic()
    every = specs.permutations(specs.load())
    has_real = server.binaries() is not None and not a.stored
    if a.record and not has_real:
        raise SystemExit("pg-isolation: --record needs PostgreSQL 15; install the package postgresql")
    with tempfile.TemporaryDirectory(prefix="pg-isolation-") as folder:
        fake = None if a.record else start_fake(every, folder)
        if has_real:
            with server.Server(os.path.join(BUILD, "cache")) as postgres:
                real = finish(*start_real(every, postgres, folder))
        else:
            print("pg-isolation: judged by stored results")
            real = read(every)
        if a.record:
            store(every, real)
            print(f"pg-isolation: stored {len(real)} permutations")
            return 0
        got = finish(*fake)
    passed = failed = 0
    for s, at, order in every:
        wanted, mine = real.get((s.name, at)), got.get((s.name, at))
        if wanted is not None and wanted == mine:
            passed += 1
            continue
        failed += 1
        if failed <= a.show:
            print(f"wrong {s.name} ({at}): {' '.join(order)}")
            for who, lines in (("postgres", wanted), ("fake", mine)):
                print(f"  {who}:")
                for line in lines or ["(nothing)"]:
                    print(f"    {line}")
    wrong = [f"{s.name}({at})" for s, at, _ in every if real.get((s.name, at)) != got.get((s.name, at))]
    if wrong:
        print("wrong: " + " ".join(wrong))
    kept = read(every)
    stale = has_real and [f"{n}({at})" for (n, at), lines in real.items() if kept.get((n, at)) != lines]
    if stale:
        print(f"pg-isolation: stored results differ from PostgreSQL's; isolation.py --record, then review: {' '.join(stale)}")
    print(f"pg-isolation: {len(every)} permutations; {time.monotonic() - began:.0f} s")
    print(f"pg-isolation: {passed} passed, {failed} failed, 0 skipped")
    return 1 if failed or stale else 0


sys.exit(main())

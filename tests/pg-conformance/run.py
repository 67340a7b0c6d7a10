#!/usr/bin/env python3
"""Judges the Postgres fake by a real PostgreSQL 15, statement by statement.

Every topic (topics/*.sql) runs in a database of its own through psql and through the
extended protocol, in text and in binary format, on both. A statement that PostgreSQL
answers and the fake refuses with 0A000 is a refusal; any other difference is a wrong
answer. A wrong answer that open.list does not hold fails the run: that list is what is
known to be amiss, and may only get shorter. Without a PostgreSQL the stored results are
the judge.

usage: run.py [--record] [--stored] [--shorten] [--show N] [--list FILE] [TOPIC...]

    --record     write the stored results anew; the fake is not asked
    --stored     judge by the stored results even where a PostgreSQL is installed
    --shorten    take off open.list what is right by now
    --show N     show the first N wrong answers in full (default 10)
    --list FILE  write every wrong answer and refusal to FILE
    TOPIC        only these; a part of the name will do
"""
import argparse
import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile
import time

import ways
import server
import stored
import topic
import wire

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get("SEAM_BUILD", os.path.join(TOP, "build"))
PYTHON = sys.executable


def start_real(real, names, folder):
    connection = wire.Wire(f"{real.socket}/.s.PGSQL.5432", "postgres", "postgres")
    for name in names:
        for way in ways.WAYS:
            lines = connection.simple(f'create database "{ways.database(name, way)}" strategy file_copy')
            if lines[0].startswith("!"):
                raise SystemExit(f"pg-conformance: {lines[0]}")
    connection.close()
    out = os.path.join(folder, "real")
    return out, subprocess.Popen([PYTHON, f"{HERE}/ask.py", "real", real.socket, out, *names])


def ask_fake(name, folder):
    """one topic, under a host of its own: what ends a host ends one topic"""
    rules = {"seam": 1, "services": {f"{name}-{way}": {"protocol": "postgres", "at": [f"{name}-{way}.pg:5432"]} for way in ways.WAYS}}
    file, out = os.path.join(folder, f"{name}.json"), os.path.join(folder, f"{name}.fake")
    with open(file, "w", encoding="utf-8") as f:
        json.dump(rules, f)
    try:
        done = subprocess.run([f"{BUILD}/bin/seam", "run", "-q", "-r", file, "-t", os.path.join(folder, f"{name}.trace"), "--",
                               PYTHON, f"{HERE}/ask.py", "fake", "-", out, name], cwd=folder, timeout=120, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            print(f"{name}: seam run ended with {done.returncode}: {' '.join(done.stdout.split())[-300:]}")
    except subprocess.TimeoutExpired:
        print(f"{name}: the fake took longer than 120 s")
    return read_answers(out)


def start_fake(names, folder):
    return concurrent.futures.ThreadPoolExecutor(2).map(lambda name: ask_fake(name, folder), names)


def finish_fake(asked):
    found = {}
    for part in asked:
        found.update(part)
    return found


def finish(out, process, who):
    """{topic: {way: {number: lines}}}"""
    try:
        process.wait(timeout=600)
    except subprocess.TimeoutExpired:
        process.kill()
        print(f"pg-conformance: {who} took longer than 600 s")
    return read_answers(out)


def read_answers(out):
    """{topic: {way: {number: lines}}}"""
    found = {}
    if os.path.exists(out):
        with open(out, encoding="utf-8") as f:
            for line in f:
                try:
                    part = json.loads(line)
                except ValueError:
                    break
                found.setdefault(part["topic"], {})[part["way"]] = {int(n): lines for n, lines in part["answers"].items()}
    return found


class Verdict:
    def __init__(self, name):
        self.name, self.agree, self.refused, self.wrong = name, 0, [], []


def is_refusal(lines):
    return any(line.startswith("! ERROR 0A000") for line in lines or []) or (lines or [""])[0] == "sqlstate 0A000"


def judge(name, statements, real, kept, fake):
    """real: the answers of a PostgreSQL, or None: by what is kept"""
    verdict = Verdict(name)
    for s in statements:
        differ = refused = None
        for way in ways.WAYS:
            got = fake.get(way, {}).get(s.number)
            mine = stored.comparable(got, s.marks)
            if ("nopsql" in s.marks and way == "psql") or ("nowire" in s.marks and way != "psql"):
                continue
            if real is not None:
                wanted = stored.comparable(real.get(way, {}).get(s.number), s.marks)
                same = wanted == mine
            else:
                key, text, psql, binary = kept.get(s.number, ("", None, "-", "-"))
                wanted = text if way == "text" else [f"(stored as {psql if way == 'psql' else binary})"]
                same = text == mine if way == "text" else stored.mark(mine) == (psql if way == "psql" else binary)
            if same:
                continue
            if is_refusal(got) and not is_refusal(wanted):
                refused = refused or next((line for line in got if "0A000" in line and line.startswith("!")), "! 0A000 (psql)")
            if differ is None or way == "text":  # which shows all that was said
                differ = (way, wanted, mine)
        if differ is None:
            verdict.agree += 1
        elif refused:
            verdict.refused.append((s, refused))
        else:
            verdict.wrong.append((s, *differ))
    return verdict


def show(name, s, way, wanted, got, out):
    def lines(mark, part):
        for line in (part if part is not None else ["(nothing)"])[:60]:
            print(f"    {mark} {line[:400]}", file=out)
    print(f"wrong {name}:{s.number} (topics/{name}.sql:{s.line}, {way})  {s.text[:1500]}", file=out)
    if s.params is not None:
        print(f"    params {s.params}", file=out)
    lines("postgres", wanted)
    lines("fake    ", got)


def stale(name, statements, real, kept):
    """what is stored, but not what PostgreSQL says"""
    for s in statements:
        key, text, psql, binary = kept.get(s.number, ("", None, "-", "-"))
        by = {way: stored.comparable(real[way].get(s.number), s.marks) for way in ways.WAYS}
        if (key, text, psql, binary) != (s.key, by["text"], stored.mark(by["psql"]), stored.mark(by["binary"])):
            return f"{name}:{s.number} (line {s.line})"
    return None if len(kept) == len(statements) else f"{name}: has {len(kept)} statements stored, not {len(statements)}"


def record(answers, topics):
    for name, statements in topics.items():
        stored.write(name, statements, answers[name])
    print(f"pg-conformance: stored {sum(len(s) for s in topics.values())} statements in {len(topics)} topics")
    for name, statements in topics.items():
        for s in statements:
            text = answers[name]["text"].get(s.number) or [""]
            if text[0].startswith("! LOST") or ("nopsql" not in s.marks and s.number not in answers[name]["psql"]):
                print(f"  {name}:{s.number} (line {s.line}): {text[0] or 'psql did not come to its end'}")
    return 0


OPEN = os.path.join(HERE, "open.list")


def read_open():
    """{(topic, key)}: wrong answers that are known; each line goes on with the statement, to be read"""
    if not os.path.exists(OPEN):
        return set()
    with open(OPEN, encoding="utf-8") as f:
        return {tuple(line.split(None, 2)[:2]) for line in f if not line.startswith("#")}


def shorten(verdicts, known):
    judged, left = {v.name for v in verdicts}, {(v.name, case[0].key) for v in verdicts for case in v.wrong}
    with open(OPEN, encoding="utf-8") as f:
        lines = f.readlines()
    with open(OPEN, "w", encoding="utf-8") as f:
        for line in lines:
            entry = tuple(line.split(None, 2)[:2])
            if line.startswith("#") or entry[0] not in judged or entry in left:
                f.write(line)
    print(f"pg-conformance: open.list had {len(known)} wrong answers and has {len(read_open())}")


def report(verdicts, arguments, took):
    known = read_open()
    fresh = {(v.name, case[0].key) for v in verdicts for case in v.wrong} - known
    total = agree = refused = wrong = 0
    for v in verdicts:
        count = v.agree + len(v.refused) + len(v.wrong)
        total, agree, refused, wrong = total + count, agree + v.agree, refused + len(v.refused), wrong + len(v.wrong)
        print(f"  {v.name:<16} {v.agree:4} of {count:4} agree ({100 * v.agree // count:3} %)"
              f"{f', {len(v.refused)} refused' if v.refused else ''}{f', {len(v.wrong)} WRONG' if v.wrong else ''}")
    left = arguments.show
    for v in verdicts:
        for case in v.wrong:
            if (v.name, case[0].key) not in fresh:
                continue
            if left > 0:
                show(v.name, *case, sys.stdout)
            left -= 1
    if left < 0:
        print(f"  and {-left} more wrong answers")
    for v in verdicts:
        for s, line in v.refused:
            print(f"refused {v.name}:{s.number} {' '.join(s.text.split())[:100]}  --  {line[2:]}")
    if arguments.list:
        with open(arguments.list, "w", encoding="utf-8") as f:
            for v in verdicts:
                for case in v.wrong:
                    show(v.name, *case, f)
                for s, line in v.refused:
                    print(f"refused {v.name}:{s.number} {s.text}  --  {line[2:]}", file=f)
    new = sum((v.name, case[0].key) in fresh for v in verdicts for case in v.wrong)
    print(f"pg-conformance: {total} statements, {100 * agree / total:.1f} % agree, {100 * refused / total:.1f} % refused, "
          f"{wrong} wrong ({wrong - new} of them known, open.list); {took:.0f} s")
    print(f"pg-conformance: {agree} passed, {new} failed, {total - agree - new} skipped")
    if arguments.shorten:
        shorten(verdicts, known)
    return 1 if new else 0


def main():
    p = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1])
    p.add_argument("--record", action="store_true")
    p.add_argument("--stored", action="store_true")
    p.add_argument("--shorten", action="store_true")
    p.add_argument("--show", type=int, default=10)
    p.add_argument("--list")
    p.add_argument("topics", nargs="*")
    a = p.parse_args()
    began = time.monotonic()
    topics = {name: topic.load(name) for name in topic.names() if not a.topics or any(part in name for part in a.topics)}
    if not topics:
        raise SystemExit(f"pg-conformance: no topic {' '.join(a.topics)}")
    has_real = server.binaries() is not None and not a.stored
    if a.record and not has_real:
        raise SystemExit("pg-conformance: --record needs PostgreSQL 15; install the package postgresql")
    with tempfile.TemporaryDirectory(prefix="pg-conformance-") as folder:
        fake = None if a.record else start_fake(list(topics), folder)
        real = None
        if has_real:
            with server.Server(os.path.join(BUILD, "cache")) as postgres:
                real = finish(*start_real(postgres, list(topics), folder), "PostgreSQL")
                lost = [f"{n}/{w}" for n in topics for w in ways.WAYS if w not in real.get(n, {})]
                if lost:
                    raise SystemExit(f"pg-conformance: PostgreSQL did not answer {' '.join(lost)}")
        else:
            print("pg-conformance: judged by stored results: PostgreSQL 15 is not installed" if not a.stored else
                  "pg-conformance: judged by stored results, as asked")
        if a.record:
            return record(real, topics)
        got = finish_fake(fake)
    verdicts, outdated = [], []
    for name, statements in topics.items():
        kept = stored.read(name)
        if real is not None:
            outdated.append(stale(name, statements, real[name], kept))
        elif any(kept.get(s.number, ("",))[0] != s.key for s in statements):
            outdated.append(name)
        verdicts.append(judge(name, statements, real[name] if real is not None else None, kept, got.get(name, {})))
    status = report(verdicts, a, time.monotonic() - began)
    outdated = [o for o in outdated if o]
    if outdated:
        print(f"pg-conformance: what is stored is not what PostgreSQL says; tests/pg-conformance/run.py --record, then review: "
              f"{', '.join(outdated[:5])}")
        status = 1
    return status


sys.exit(main())

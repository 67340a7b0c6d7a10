#!/usr/bin/env python3
"""Sends topics to one server and writes down what it answers.

usage: ask.py real SOCKET-FOLDER OUT TOPIC...      a PostgreSQL, whose databases exist
       ask.py fake - OUT TOPIC...                  the fake: service TOPIC-WAY.pg, under seam run

OUT gets one JSON line a topic and way: {"topic", "way", "answers": {number: lines}}.
Ways: psql (the program), text and binary (the extended protocol, results in that format).
"""
import json
import os
import re
import subprocess
import sys

import topic
import wire
from ways import USER, WAYS, database


def by_wire(address, name, way):
    answers, connection = {}, None
    for s in topic.load(name):
        if "nowire" in s.marks:
            continue
        try:
            if connection is None:
                connection = wire.Wire(address, USER, database(name, way))
            if s.several:
                lines = connection.simple(s.sent, s.copy)
            else:
                lines = connection.extended(s.sent, s.params or (), way == "binary", s.copy)
        except (wire.Lost, OSError) as e:
            lines = [f"! LOST {e}"]
            if connection:
                connection.sock.close()
            connection = None
        answers[s.number] = lines
    if connection:
        connection.close()
    return answers


def by_psql(host, name):
    said = "\\set VERBOSITY default\n"
    for s in topic.load(name):
        if "nopsql" in s.marks:
            continue
        said += s.text + "\n" + (s.copy + "\\.\n" if s.copy is not None else "") + f"\\echo @@@{s.number} :SQLSTATE\n"
    env = dict(os.environ, PGHOST=host, PGUSER=USER, PGDATABASE=database(name, "psql"), PGCLIENTENCODING="UTF8",
               PGCONNECT_TIMEOUT="5", HOME="/nonexistent", TERM="dumb", COLUMNS="0")
    for gone in ("PGOPTIONS", "PGDATESTYLE", "PGTZ", "PSQLRC", "PGPORT", "PGSSLMODE"):
        env.pop(gone, None)
    try:
        done = subprocess.run(["psql", "-X", "-P", "pager=off"], input=said, env=env, text=True, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, encoding="utf-8", errors="backslashreplace")
        out = done.stdout
    except subprocess.TimeoutExpired as e:
        out = (e.stdout or b"").decode("utf-8", "backslashreplace")
    answers, at = {}, 0
    for found in re.finditer(r"^@@@(\d+) (\w*)\n", out, re.M):
        text = re.sub(r"(server process with PID )\d+", r"\1N", out[at:found.start()])
        text = re.sub(r"(\(enumtypid, enumlabel\)=\()\d+", r"\1user", text)
        answers[int(found[1])] = [f"sqlstate {found[2]}"] + text.split("\n")[:-1]
        at = found.end()
    return answers


def main():
    kind, where, out = sys.argv[1:4]
    with open(out, "w", encoding="utf-8") as f:
        for name in sys.argv[4:]:
            for way in WAYS:
                host = where if kind == "real" else f"{name}-{way}.pg"
                address = f"{where}/.s.PGSQL.5432" if kind == "real" else (host, 5432)
                answers = by_psql(host, name) if way == "psql" else by_wire(address, name, way)
                f.write(json.dumps({"topic": name, "way": way, "answers": answers}) + "\n")


main()

#!/usr/bin/env python3
"""Cleans an export of events: drops rows without user_id or event_type, writes
dates as ISO 8601, and keeps only the event types that the warehouse knows.

usage: transform.py RAW CLEAN     prints the number of rows kept
"""
import csv
import sys
from datetime import datetime

import psycopg2

FORMATS = ("%Y-%m-%d %H:%M:%S", "%d/%m/%Y %H:%M", "%b %d, %Y")


def iso(text):
    for form in FORMATS:
        try:
            return datetime.strptime(text, form).isoformat()
        except ValueError:
            continue
    raise SystemExit(f"transform: no known date format: {text!r}")


def known_types():
    """The event types, from the warehouse (PGHOST and friends)."""
    connection = psycopg2.connect("")
    with connection, connection.cursor() as cursor:
        cursor.execute("select name from event_types where active = %s", (True,))
        names = {name for (name,) in cursor}
    connection.close()
    return names


def main(raw, clean):
    types = known_types()
    kept = 0
    with open(raw, newline="") as source, open(clean, "w", newline="") as target:
        out = csv.writer(target, lineterminator="\n")
        out.writerow(["id", "user_id", "event_type", "happened_at"])
        for row in csv.DictReader(source):
            if not row["user_id"] or not row["event_type"]:
                continue
            if row["event_type"] not in types:
                continue
            out.writerow([row["id"], row["user_id"], row["event_type"], iso(row["happened_at"])])
            kept += 1
    print(kept)


if __name__ == "__main__":
    main(*sys.argv[1:3])

#!/usr/bin/env python3
"""with_postgres.py COMMAND...: runs it beside a real PostgreSQL 15 of its own on loopback, which PGHOST and PGPORT name.

Exits as the command does; 77 when no PostgreSQL is installed."""
import os
import socket
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "pg-conformance"))
import server

if not server.binaries():
    print("no PostgreSQL 15 is installed")
    sys.exit(77)
with socket.socket() as s:
    s.bind(("127.0.0.1", 0))
    port = s.getsockname()[1]
server.OPTIONS.update(listen_addresses="127.0.0.1", port=str(port), max_prepared_transactions="5")
with server.Server(os.path.join(os.environ["BUILD"], "cache")) as real:
    done = subprocess.run(sys.argv[1:], env=dict(os.environ, PGHOST="127.0.0.1", PGPORT=str(port)), check=False)
sys.exit(done.returncode)

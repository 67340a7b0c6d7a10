#!/usr/bin/env python3
"""Faults on connections and on answers, as a client with a plain socket sees them.

usage: faults.py [NAME...]     ends with a line "faults: N passed, N failed"
"""
import json
import subprocess
import sys

import life
from life import SEAM

BODY = "0123456789" * 20 + "that is it"
ANSWER = {"status": 200, "header": {"content-type": "text/plain"}, "text": BODY}
CLIENT = """
import socket, sys, time
c = socket.create_connection(("web.example.com", 80))
c.settimeout(1.5)
c.sendall(b"GET /x HTTP/1.1\\r\\nHost: web.example.com\\r\\n\\r\\n")
got, pieces, end, start = b"", 0, "", time.monotonic()
try:
    while True:
        piece = c.recv(65536)
        if not piece:
            end = "eof"
            break
        pieces += 1
        got += piece
        if got.endswith(b"%s"):
            end = "whole"
            c.settimeout(0.2)
            try:
                end = "whole eof" if c.recv(1) == b"" else "more"
            except socket.timeout:
                pass
            break
except ConnectionResetError:
    end = "reset"
except socket.timeout:
    end = "silence"
head, _, body = got.partition(b"\\r\\n\\r\\n")
print(repr((end, len(got), pieces, body[:400], round(time.monotonic() - start, 2), head[:15])))
""" % BODY[-10:]
tests = []


def test(function):
    tests.append(function)
    return function


def seen(folder, do, on="http", client=CLIENT, service="web", protocol="http", port=80, when=None):
    rules = {"seam": 1, "services": {service: {"protocol": protocol, "at": [f"*.example.com:{port}"]}},
             "rules": [dict({"id": "fault", "on": on, "do": do}, **({"when": when} if when else {}))]}
    with open(folder.rules, "w", encoding="utf-8") as f:
        json.dump(rules, f)
    done = subprocess.run((SEAM, "run", "-q", "-r", folder.rules, "-t", folder.trace, "--", "/usr/bin/python3", "-c", client),
                          env=folder.env(), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    with open(folder.trace, encoding="utf-8") as f:
        events = [json.loads(line) for line in f][1:-1]
    return eval(done.stdout), [e for e in events if e["k"] in ("http", "sql", "s3", "conn.open", "dns")]


@test
def reset_and_eof_end_it(f):
    assert seen(f, {"fault": "reset"})[0][:2] == ("reset", 0)
    assert seen(f, {"fault": "eof"})[0][:2] == ("eof", 0)


@test
def half_an_answer_arrives(f):
    (end, n, *_), events = seen(f, dict(ANSWER, fault="reset", at="mid-response"))
    assert end == "reset" and 50 < n < 250, (end, n)
    event = events[-1]
    assert (event["ok"], event["err"], event["by"], event["a"]["seam.fault"], event["a"]["seam.effect"]) == (False, "ECONNRESET", "fault", "reset", True)
    assert event["res"]["b"] == BODY
    assert seen(f, dict(ANSWER, fault="eof", at="mid-response", after=20))[0][:2] == ("eof", 20)
    assert seen(f, dict(ANSWER, fault="truncate", after=33))[0][:2] == ("eof", 33)


@test
def blackhole_and_stall_are_silent(f):
    (end, n, _, _, took, _), events = seen(f, {"fault": "blackhole"})
    assert (end, n) == ("silence", 0) and took > 1.4
    assert events[-1]["err"] == "ETIMEDOUT"
    assert seen(f, dict(ANSWER, fault="stall", after=10))[0][:2] == ("silence", 10)


@test
def slice_arrives_in_pieces_and_throttle_slowly(f):
    (end, n, pieces, body, _, _), events = seen(f, dict(ANSWER, fault="slice"))
    assert end == "whole" and pieces > 20 and body.decode() == BODY, (end, pieces)
    assert events[-1]["ok"] and events[-1]["a"]["seam.fault"] == "slice"
    (end, n, _, body, took, _), _ = seen(f, dict(ANSWER, fault="throttle", rate="1KiB"))
    assert end == "whole" and took > 0.15 and body.decode() == BODY, (end, took)


@test
def half_close_says_all_and_listens_on(f):
    assert seen(f, dict(ANSWER, fault="half-close"))[0][0] == "whole eof"
    assert seen(f, {"fault": "half-close"})[0][:2] == ("eof", 0)


@test
def corrupt_and_garbage_are_not_what_was_said(f):
    (_, n, _, body, _, _), _ = seen(f, dict(ANSWER, fault="corrupt", after=100))
    assert n > 200 and body.decode("latin-1") != BODY
    (_, n, _, _, _, head), _ = seen(f, {"fault": "garbage"})
    assert n == 64 and not head.startswith(b"HTTP"), head


@test
def an_errno_is_the_callers(f):
    client = ("import socket\ntry: socket.create_connection(('web.example.com', 80))\n"
              "except OSError as e: print(repr((e.errno,)))\n")
    assert seen(f, {"fault": "errno:ENETUNREACH"}, on="connect", client=client)[0] == (101,)
    assert seen(f, {"fault": "errno:ETIMEDOUT", "at": "connect"}, on="connect", client=client)[0] == (110,)


@test
def names_are_not_found(f):
    client = ("import socket\ntry: socket.getaddrinfo('web.example.com', 80)\n"
              "except socket.gaierror as e: print(repr((e.errno,)))\n")
    (code,), events = seen(f, {"fault": "dns-nxdomain"}, on="dns", client=client)
    assert code == -2, code
    assert any(e["k"] == "dns" and e["by"] == "fault" for e in events), events
    assert seen(f, {"fault": "dns-timeout"}, on="dns", client=client)[0] == (-3,)


@test
def an_upload_took_effect_though_the_answer_was_lost(f):
    client = ("import urllib.request as u, urllib.error\n"
              "def put():\n"
              "    try: return u.urlopen(u.Request('http://raw.example.com/k', data=b'x', method='PUT')).status\n"
              "    except Exception as e: return type(e).__name__\n"
              "first = put()\n"
              "print(repr((first, u.urlopen('http://raw.example.com/k').read())))\n")
    out, events = seen(f, {"pass": True, "fault": "reset", "at": "after-effect"}, on="s3.PutObject", service="lake", protocol="s3", client=client)
    assert out[0] != 200 and out[1] == b"x", out
    put = next(e for e in events if e["sum"].startswith("PutObject"))
    assert put["a"]["seam.effect"] is True and not put["ok"], put


def main(names):
    passed = failed = 0
    for function in tests:
        if names and not any(n in function.__name__ for n in names):
            continue
        folder = life.Folder()
        try:
            function(folder)
            passed += 1
        except Exception as e:  # a test may fail in any way
            failed += 1
            print(f"FAIL {function.__name__}: {type(e).__name__}: {e}")
        finally:
            folder.temporary.cleanup()
    print(f"faults: {passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

#!/usr/bin/env python3
"""What is told to whoever gives seam something broken: arguments of every subcommand, rule files that
do not load, traces that cannot be used; each with the exact words on stderr and the exit code. (The
table of broken rule files is tests/rule/test_rule_errors.c.)

usage: bad_input.py [PATTERN]     ends with a line "bad-input: N passed, N failed"

A row is a shell command, run in a folder with the files made below, the exit code, and the lines of
stderr, in which "..." stands for anything.
"""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "help"))
import hints  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get("SEAM_BUILD", os.path.join(os.path.dirname(os.path.dirname(HERE)), "build"))

RULES = {
    "ok.json": """{ "seam": 1,
  "services": { "web": { "protocol": "http", "at": ["web.prod:80"] } },
  "rules": [ { "id": "hello", "on": "http", "when": { "path": "/hello" }, "do": { "text": "hello" } } ] }
""",
    "syntax.json": '{ "seam": 1,\n  "services": { "web" { "protocol": "http" } } }\n',
    "version.json": '{ "seam": 3 }\n',
    "protocol.json": '{ "seam": 1,\n  "services": { "db": { "protocol": "postgress", "at": ["db.prod:5432"] } } }\n',
    "key.json": '{ "seam": 1, "service": {} }\n',
    "twice.json": '{ "seam": 1, "seam": 1 }\n',
    "two.json": """{ "seam": 1,
  "services": { "db": { "protocol": "postgres", "at": ["db.prod:99999"] } },
  "rules": [ { "on": "sql", "when": { "sql": "selec 1" }, "do": { "rows": [[1]] } } ] }
""",
    "file.json": """{ "seam": 1,
  "services": { "web": { "protocol": "http", "at": ["web.prod:80"] } },
  "rules": [ { "on": "http", "do": { "file": "nowhere.txt" } } ] }
""",
    "include.json": '{ "seam": 1, "include": ["seam:slak"] }\n',
    "loop.json": '{ "seam": 1, "include": ["loop.json"] }\n',
    "hidden.json": """{ "seam": 1,
  "services": { "web": { "protocol": "http", "at": ["web.prod:80"] } },
  "rules": [ { "id": "all", "on": "http", "do": {} },
    { "id": "one", "on": "http", "when": { "path": "/one" }, "do": {} } ] }
""",
    "seed.json": """{ "seam": 1,
  "services": { "lake": { "protocol": "s3", "at": ["minio:9000"], "seed": [ { "bucket": "raw", "key": "a", "file": "nowhere.txt" } ] } } }
""",
    "deep.json": "[" * 70000,
}

# (command, exit code, lines of stderr)
ROWS = [
    # seam itself
    ("seam", 2, ["seam: no command given; 'seam --help' lists them"]),
    ("seam rnu -- true", 2, ['seam: unknown command "rnu", did you mean "run"']),
    ("seam sesion", 2, ['seam: unknown command "sesion", did you mean "session"']),
    ("seam lineage run.trace id", 2, ["seam: lineage: run.trace: cannot open: No such file or directory"]),
    ("seam --bogus", 2, ["seam: unknown command \"--bogus\"; 'seam --help' lists them"]),

    # run: arguments
    ("seam run", 125, ["seam: run: no command given; put it after --, as in: seam run -r rules.json -- ./program"]),
    ("seam run --", 125, ["seam: run: no command given; put it after --, as in: seam run -r rules.json -- ./program"]),
    ("seam run --sede 7 -- true", 125, ["seam: run: unknown option --sede, did you mean --seed"]),
    ("seam run --seed -- true", 125, ['seam: run: --seed "--": expected a whole number']),
    ("seam run --seed 12x -- true", 125, ['seam: run: --seed "12x": expected a whole number']),
    ("seam run --seed -1 -- true", 125, ['seam: run: --seed "-1": expected a whole number']),
    ("seam run -z -- true", 125, ["seam: run: unknown option -z; try 'seam run --help'"]),
    ("seam run -r", 125, ["seam: run: option -r needs a value; try 'seam run --help'"]),
    ("seam run --mode fakke -- true", 125, ['seam: run: --mode "fakke": did you mean "fake"']),
    ("seam run --mode record -- true", 125, ["seam: run: --mode record: this version does not know the mode yet"]),
    ("seam run --mode what -- true", 125, ['seam: run: --mode "what": expected fake or pass']),
    ("SEAM_MODE=fakke seam run -- true", 125, ['seam: run: SEAM_MODE "fakke": did you mean "fake"']),
    ("seam run --isolate sometimes -- true", 125, ['seam: run: --isolate "sometimes": expected auto, on or off']),
    ("seam run --timeout soon -- true", 125, ["seam: run: --timeout \"soon\": expected a time like 500ms, 30s or 2m"]),
    ("seam run --profile nope -r ok.json -- true", 125, ['seam: ok.json: no profile is named "nope"']),
    ("seam run -q -t nowhere/run.trace -- true", 125,
     ["seam: nowhere/run.trace: cannot write the trace: No such file or directory"]),
    ("seam run -q -t folder -- true", 125, ["seam: folder: cannot write the trace: Is a directory"]),
    ("seam run -q -t ok.json/run.trace -- true", 125, ["seam: ok.json/run.trace: cannot write the trace: Not a directory"]),

    # run: rule files that do not load
    ("seam run -r nothing.json -- true", 125, ["seam: nothing.json: cannot be opened: No such file or directory"]),
    ("seam run -r folder -- true", 125, ["seam: folder: cannot be read: Is a directory"]),
    ("seam run -r empty.trace -- true", 125, ["seam: empty.trace:1:1: not JSON: '[' or '{' expected near end of file"]),
    ("seam run -r syntax.json -- true", 125, ["seam: syntax.json:2:23: not JSON: ':' expected near '{'"]),
    ("seam run -r deep.json -- true", 125, ["seam: deep.json:1:2049: not JSON: maximum parsing depth reached near '['"]),
    ("seam run -r latin.json -- true", 125, ["seam: latin.json:1:22: not JSON: unable to decode byte 0xfc near '\"gr'"]),
    ("seam run -r twice.json -- true", 125, ["seam: twice.json:1:19: not JSON: duplicate object key near '\"seam\"'"]),
    ("seam run -r version.json -- true", 125, ["seam: version.json:1:11: seam: is 3; this version of seam reads format 1"]),
    ("seam run -r protocol.json -- true", 125,
     ['seam: protocol.json:2:37: services.db.protocol: protocol "postgress" is not known (did you mean "postgres"?)']),
    ("seam run -r key.json -- true", 125, ['seam: key.json:1:14: service: unknown key "service" (did you mean "services"?)']),
    ("seam run -r two.json -- true", 125,
     ['seam: two.json:2:56: services.db.at[0]: "db.prod:99999": the port is "99999", expected a number from 1 to 65535',
      'seam: two.json:3:46: rules[0].when.sql: is not SQL: syntax error at or near "selec", at character 1',
      'seam: two.json:3:65: rules[0].do: "rows" needs "columns": {"id": "int4", ...} or ["id", ...]']),
    ("seam run -r file.json -- true", 125,
     ['seam: file.json:3:46: rules[0].do.file: file "./nowhere.txt" cannot be opened: No such file or directory (names are relative to the rule file)']),
    ("seam run -r include.json -- true", 125,
     ['seam: include.json:1:26: include[0]: no rule pack is named "slak" (did you mean "slack"?)']),
    ("seam run -r loop.json -- true", 125,
     ["seam: loop.json:1:26: include[0]: loop.json includes itself, through this line; remove one of the two includes"]),
    ("seam run -r seed.json -- true", 125,
     ["seam: seed.json:2:116: services.lake.seed[0].file: cannot read ./nowhere.txt: No such file or directory"]),

    # run: exit codes, the program's own and seam's
    ("seam run -q -- sh -c 'exit 7'", 7, []),
    ("seam run -q -- sh -c 'kill -TERM $$'", 143, []),
    ("seam run -q -- sh -c 'kill -KILL $$'", 137, []),
    ("seam run -q -r ok.json --require-traffic --strict -- sh -c 'exit 9'", 9, []),
    ("seam run -q --strict -r ok.json -- true", 120, []),
    ("seam run --strict -r ok.json -t kept.trace -- true", 120,
     ['seam: unused rule  ok.json:3#hello; make it "optional": true if that is fine',
      "seam: 0 requests, 1 process, 0 unmatched, 1 unused rule   (... s)  trace kept.trace"]),
    ("seam run --isolate off -t kept.trace -- sh -c './static; true'", 121,
     ["seam: unshimmed  static: is statically linked: nothing can be preloaded into it",
      "seam: 1 program ran without the shim, so what they asked may have gone past the fakes; --allow-unshimmed accepts that",
      "seam: 0 requests, 1 process, 0 unmatched   (... s)  trace kept.trace"]),
    ("seam run -q --isolate off -- ./script", 126,
     ["seam: ./static, which runs ./script: is statically linked: nothing can be preloaded into it; --allow-unshimmed runs it all the same"]),
    ("seam run -q --isolate off --allow-unshimmed -- ./script", 0, []),
    ("seam run --require-traffic -t kept.trace -- true", 122,
     ["seam: nothing was intercepted, and --require-traffic was given; does the program ask the outside world for anything?",
      "seam: 0 requests, 1 process, 0 unmatched   (... s)  trace kept.trace"]),
    ("seam run -q -- ./not-executable", 126, ["seam: ./not-executable: Permission denied"]),
    ("seam run -q -- ./folder", 126, ["seam: ./folder: Permission denied"]),
    ("seam run -q --isolate off -- ./static", 126,
     ["seam: ./static: is statically linked: nothing can be preloaded into it; --allow-unshimmed runs it all the same"]),
    ("seam run -q --isolate off --allow-unshimmed -- ./static", 0, []),
    ("seam run -q --isolate off -- ./elf32", 126,
     ["seam: ./elf32: is built for i386 (32 bits): libseam.so is built for ...; --allow-unshimmed runs it all the same"]),
    ("seam run -q -- no-such-program", 127, ["seam: no-such-program: not found"]),
    ("seam run -q -- ./no-such-program", 127, ["seam: ./no-such-program: not found"]),
    ("seam run -q -- ''", 127, ['seam: "": not found']),

    # diff
    ("seam diff", 2, ["seam: diff: expected GOLDEN and RUN, got 0 files; try 'seam diff --help'"]),
    ("seam diff golden.trace", 2, ["seam: diff: expected GOLDEN and RUN, got 1 file; try 'seam diff --help'"]),
    ("seam diff a b c", 2, ["seam: diff: expected GOLDEN and RUN, got 3 files; try 'seam diff --help'"]),
    ("seam diff --format yaml golden.trace ok.trace", 2, ["seam: diff: --format yaml: expected text, json, jsonl, junit or github"]),
    ("seam diff --format junti golden.trace ok.trace", 2, ["seam: diff: --format junti: expected text, json, jsonl, junit or github; did you mean junit"]),
    ("seam diff --order bagg golden.trace ok.trace", 2,
     ["seam: diff: --order bagg: expected strict, stream, key, bag, set or count; did you mean bag"]),
    ("seam diff --order strict golden.trace ok.trace", 2,
     ["seam: diff: order strict needs two recordings; golden.trace is canonical and no longer knows the order between streams"]),
    ("seam diff --color red golden.trace ok.trace", 2, ["seam: diff: --color red: expected auto, always or never"]),
    ("seam diff --limit many golden.trace ok.trace", 2, ["seam: diff: --limit many: expected a number"]),
    ("seam diff -x golden.trace ok.trace", 2, ["seam: diff: unknown option -x; try 'seam diff --help'"]),
    ("seam diff -r nothing.json golden.trace ok.trace", 2,
     ["seam: diff: nothing.json: cannot be opened: No such file or directory"]),
    ("seam diff -r syntax.json golden.trace ok.trace", 2, ["seam: diff: syntax.json:2:23: not JSON: ':' expected near '{'"]),
    ("seam diff nowhere.trace ok.trace", 2, ["seam: diff: nowhere.trace: cannot open: No such file or directory"]),
    ("seam diff golden.trace folder", 2, ["seam: diff: folder: is a folder, expected a trace"]),
    ("seam diff golden.trace empty.trace", 3,
     ["seam: diff: empty.trace: the file is empty, expected a trace; was the run killed before it began?"]),
    ("seam diff golden.trace cut.trace", 3,
     ["seam: diff: cut.trace:7: no trailer: the trace is truncated, the run's host did not end it; 'seam show' still reads what is there"]),
    ("seam diff golden.trace torn.trace", 3,
     ["seam: diff: torn.trace:8: the last line is torn: the host was killed while it wrote; 'seam show' still reads what is there"]),
    ("seam diff golden.trace text.trace", 3,
     ['seam: diff: text.trace:1: not a trace: the first line does not begin with {"k":"seam.trace"']),
    ("seam diff golden.trace other.trace", 3,
     ['seam: diff: other.trace:1: not a trace: the first line does not begin with {"k":"seam.trace"']),
    ("seam diff golden.trace future.trace", 3,
     ["seam: diff: future.trace:1: trace version 7, this seam reads version 1; use the seam that wrote it"]),
    ("seam diff conflict.trace ok.trace", 3,
     ["seam: diff: conflict.trace:4: a merge conflict marker; take one side, or record again and 'seam accept'"]),
    ("seam diff golden.trace dropped.trace", 3,
     ["seam: diff: dropped.trace:8: the writer lost 4 events (disk full?); record the run again"]),
    ("seam diff golden.trace count.trace", 3,
     ["seam: diff: count.trace:7: the trailer counts 6 events, the file has 5; lines were lost or added"]),
    ("seam diff golden.trace badline.trace", 3, ["seam: diff: badline.trace:3:18: something that is no JSON value"]),
    ("seam diff golden.trace ok.json", 3,
     ['seam: diff: ok.json:1: not a trace: the first line does not begin with {"k":"seam.trace"']),
    ("seam diff nothing.trace nothing2.trace", 4,
     ["seam: diff: nothing to compare: neither nothing.trace nor nothing2.trace asked anything of the outside; was the program intercepted"]),
    ("seam diff -q golden.trace nothing.trace", 1, []),
    ("seam diff -q golden.trace ok.trace", 0, []),

    # accept
    ("seam accept golden.trace", 2, ["seam: accept: expected GOLDEN and RUN, got 1 file; try 'seam accept --help'"]),
    ("seam accept --review golden.trace ok.trace", 2,
     ["seam: accept: --review asks at a terminal, and this is none; without one: "
      "seam diff golden.trace ok.trace, then seam accept --only N golden.trace ok.trace"]),
    ("sed 's,/hello,/goodbye,g' ok.trace > changed.trace; seam accept --only 30 golden.trace changed.trace", 2,
     ["seam: accept: --only 30: no finding is that; 'seam diff golden.trace changed.trace' lists 2"]),
    ("seam accept --only bogus golden.trace changed.trace", 2,
     ["seam: accept: --only bogus: no finding is that; 'seam diff golden.trace changed.trace' lists 2"]),
    ("seam accept --only golden.trace changed.trace", 2, ["seam: accept: expected GOLDEN and RUN, got 1 file; try 'seam accept --help'"]),
    ("seam accept --only 3 ok.trace changed.trace", 2,
     ["seam: accept: ok.trace is a recording, no golden; accept it whole first: seam accept ok.trace ok.trace"]),
    ("seam accept --forse golden.trace ok.trace", 2, ["seam: accept: unknown option --forse; try 'seam accept --help'"]),
    ("seam accept -r key.json golden.trace ok.trace", 2,
     ['seam: accept: key.json:1:14: service: unknown key "service" (did you mean "services"?)']),
    ("seam accept new.trace nothing.trace", 4,
     ["seam: accept: nothing.trace asked nothing of the outside; a golden of nothing proves nothing"]),
    ("seam accept nowhere/new.trace ok.trace", 2,
     ["seam: accept: nowhere/new.trace: cannot write the golden: No such file or directory"]),
    ("seam accept folder ok.trace", 2, ["seam: accept: folder: cannot write the golden: Is a directory"]),
    ("seam accept new.trace cut.trace", 3,
     ["seam: accept: cut.trace:7: no trailer: the trace is truncated, the run's host did not end it; 'seam show' still reads what is there"]),
    ("seam accept new.trace conflict.trace", 3,
     ["seam: accept: conflict.trace:4: a merge conflict marker; take one side, or record again and 'seam accept'"]),
    ("CI=true seam accept new.trace ok.trace", 2,
     ["seam: accept: CI is set: goldens are accepted by a person who read the diff; --force-ci does it anyway"]),
    ("test ! -e new.trace && test ! -e folder.blobs && test -z \"$(ls | grep '\\.new\\.')\"", 0, []),

    # show
    ("seam show", 2, ["seam: show: expected one TRACE, got 0; try 'seam show --help'"]),
    ("seam show nowhere.trace", 2, ["seam: show: nowhere.trace: cannot open: No such file or directory"]),
    ("seam show cut.trace", 3, ["seam: show: cut.trace: no trailer: the trace ends here because its host was killed"]),
    ("seam show text.trace", 3, ['seam: show: text.trace:1: not a trace: the first line does not begin with {"k":"seam.trace"']),
    ("seam show ok.trace --event 999", 4, ["seam: show: ok.trace has no event 999; the last is 5"]),
    ("seam show ok.trace --event x", 2, ["seam: show: --event x: expected the number of an event, as the list shows it"]),
    ("seam show ok.trace -k teleport", 4, ["seam: show: ok.trace has no such event among 6"]),
    ("seam show ok.trace --lanse", 2, ["seam: show: unknown option --lanse, did you mean --lanes"]),
    ("seam show cut.trace --lanes", 3, ["seam: show: cut.trace: no trailer: the trace ends here because its host was killed"]),
    ("seam show --kk ok.trace", 2, ["seam: show: unknown option --kk; try 'seam show --help'"]),

    # rules
    ("seam rules lnit ok.json", 2, ['seam: rules: unknown command "lnit", did you mean "lint"']),
    ("seam rules lint", 2, ["seam: rules: lint: no rule file given"]),
    ("seam rules lint nothing.json", 2, ["seam: rules: nothing.json: cannot be opened: No such file or directory"]),
    ("seam rules lint syntax.json", 1, ["seam: rules: syntax.json:2:23: not JSON: ':' expected near '{'"]),
    ("seam rules lint two.json", 1,
     ['seam: rules: two.json:2:56: services.db.at[0]: "db.prod:99999": the port is "99999", expected a number from 1 to 65535',
      'seam: rules: two.json:3:46: rules[0].when.sql: is not SQL: syntax error at or near "selec", at character 1',
      'seam: rules: two.json:3:65: rules[0].do: "rows" needs "columns": {"id": "int4", ...} or ["id", ...]']),
    ("seam rules lint hidden.json", 1,
     ['seam: rules: hidden.json:4#one can never answer: hidden.json:3#all is asked first and always does; put it later, or narrow its "when"']),
    ("seam rules lint seed.json", 1,
     ["seam: rules: seed.json:2:116: services.lake.seed[0].file: cannot read ./nowhere.txt: No such file or directory"]),
    ("seam rules lint --profile nope ok.json", 1, ['seam: rules: ok.json: no profile is named "nope"']),
    ("seam rules explain", 2, ["seam: rules: explain takes an address, or a trace and the number of an event"]),
    ("seam rules explain a b c", 2, ["seam: rules: explain takes an address, or a trace and the number of an event"]),
    ("seam rules explain web.prod:80", 2, ["seam: rules: no rule file given; write -r FILE or set SEAM_RULES"]),
    ("seam rules explain -r ok.json web.prod:99999", 2,
     ['seam: rules: "web.prod:99999" is no address; write host:port, udp:host:port or unix:PATH']),
    ("seam rules explain -r ok.json other.prod:80", 1, []),
    ("seam rules explain ok.trace 999", 2, ["seam: rules: ok.trace has no event 999; it has 6"]),
    ("seam rules explain ok.trace x", 2, ['seam: rules: "x" is no event; write its number in the trace']),
    ("seam rules explain nowhere.trace 1", 2, ["seam: rules: nowhere.trace: cannot open: No such file or directory"]),
    ("seam rules explain text.trace 1", 3,
     ['seam: rules: text.trace:1: not a trace: the first line does not begin with {"k":"seam.trace"']),
    ("seam rules suggest ok.trace", 2, ["seam: rules: suggest takes a trace and the number of an event"]),
    ("seam rules suggest ok.trace 0", 2,
     ['seam: rules: event 0 is of kind "proc.start": a rule can be suggested for http, sql and s3; a refused connection needs a service: "services": {"NAME": {"protocol": "...", "at": ["HOST:PORT"]}}']),
    ("seam rules fmt", 2, ["seam: rules: fmt: no rule file given; - is stdin"]),

    # env and host
    ("seam env -r nothing.json", 2, ["seam: env: nothing.json: cannot be opened"]),
    ("seam env extra", 2, ["seam: env: unexpected argument \"extra\"; try 'seam env --help'"]),
    ("seam env --trase x", 2, ["seam: env: unknown option --trase, did you mean --trace"]),
    ("seam host", 2, ["seam: host: is started by libseam.so; use seam run"]),
    ("seam host --bare-pid x --ready-fd 3", 2, ["seam: host: is started by libseam.so; use seam run"]),
]


def environment(folder):
    keep = {k: v for k, v in os.environ.items() if k in ("ASAN_OPTIONS", "UBSAN_OPTIONS")}
    return dict(keep, PATH=os.path.join(BUILD, "bin") + ":/usr/bin:/bin", LC_ALL="C.UTF-8", HOME=folder, TMPDIR=folder + "/tmp",
                SHIM=os.path.join(BUILD, "lib", "libseam.so"))


def shell(folder, command):
    return subprocess.run(["sh", "-c", command], cwd=folder, env=environment(folder), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, errors="replace", timeout=60, check=False)


def write(folder, name, content):
    with open(os.path.join(folder, name), "wb") as f:
        f.write(content if isinstance(content, bytes) else content.encode())


def make_traces(folder):
    """Sound ones by seam itself, and every way to spoil them."""
    ask = "import urllib.request as u; u.urlopen('http://web.prod/hello').read()"
    made = shell(folder, f'SEAM_LAYERS=socket seam run -q -r ok.json -t ok.trace -- python3 -c "{ask}" && '
                         "seam accept -q golden.trace ok.trace && seam run -q -t nothing.trace -- true && cp nothing.trace nothing2.trace")
    if made.returncode:
        sys.exit(f"no trace could be made: {made.stderr}")
    with open(os.path.join(folder, "ok.trace"), encoding="utf-8") as f:
        lines = f.read().splitlines(True)
    with open(os.path.join(folder, "golden.trace"), encoding="utf-8") as f:
        golden = f.read().splitlines(True)
    whole = "".join(lines)
    write(folder, "cut.trace", "".join(lines[:-1]))
    write(folder, "torn.trace", whole[:-40])
    write(folder, "text.trace", "this is no trace\n")
    write(folder, "other.trace", '{"resourceSpans":[]}\n')
    write(folder, "empty.trace", "")
    write(folder, "future.trace", whole.replace('"v":1,"min":1', '"v":9,"min":7', 1))
    write(folder, "dropped.trace", whole.replace('"dropped":0', '"dropped":4'))
    write(folder, "count.trace", "".join(lines[:2] + lines[3:]))
    write(folder, "badline.trace", "".join(lines[:2] + ['{"k":"http","st":}\n'] + lines[2:]))
    write(folder, "conflict.trace", "".join(golden[:3] + ["<<<<<<< HEAD\n"] + golden[3:4] + ["=======\n"] + golden[4:5] + [">>>>>>> topic\n"]
                                            + golden[5:]))


def make_programs(folder):
    write(folder, "not-executable", "x\n")
    write(folder, "static.c", "int main(void) { return 0; }\n")
    write(folder, "script", "#!./static\n")
    write(folder, "elf32", b"\x7fELF\x01\x01\x01" + bytes(11) + b"\x03" + bytes(200))
    made = shell(folder, "cc -static -o static static.c && chmod +x script elf32 && mkdir folder")
    if made.returncode:
        sys.exit(f"no static program could be made: {made.stderr}")


def lines_match(expected, got):
    return re.fullmatch(".*".join(re.escape(part) for part in expected.split("...")), got) is not None


def main(args):
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="seam-bad-") as folder:
        os.mkdir(folder + "/tmp")
        for name, text in RULES.items():
            write(folder, name, text)
        write(folder, "latin.json", b'{ "seam": 1, "//": "gr\xfc\xdfe" }\n')
        make_traces(folder)
        make_programs(folder)
        for command, code, expected in ROWS:
            if args and not re.search(args[0], command):
                continue
            ran = shell(folder, command)
            got = hints.without(ran.stderr.splitlines())
            if ran.returncode == code and len(got) == len(expected) and all(map(lines_match, expected, got)):
                passed += 1
                continue
            failed += 1
            print(f"FAIL {command}\n  expected exit {code} and", *expected, sep="\n    ")
            print(f"  got exit {ran.returncode} and", *got, sep="\n    ")
    print(f"bad-input: {passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

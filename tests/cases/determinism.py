#!/usr/bin/env python3
"""Fifty runs of a program with four processes of eight threads each, which sleep at random so that
they interleave differently, give canonical traces that are the same byte for byte.

usage: determinism.py [RUNS]     ends with a line "determinism: N passed, N failed"

Ten runs when $SEAM_BUILD is a build with sanitizers.
"""
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get("SEAM_BUILD", os.path.join(os.path.dirname(os.path.dirname(HERE)), "build"))
SEAM = os.path.join(BUILD, "bin", "seam")
SHIM = os.path.join(BUILD, "lib", "libseam.so")
PROGRAM = os.path.join(HERE, "determinism", "crowd.py")
RULES = os.path.join(HERE, "determinism", "rules.json")
EVENTS = 4 * 8 * (2 + 5)  # at the least: per thread two http requests and five statements


def canonical(folder, number):
    """One run and its canonical trace; every fifth under the bare preload."""
    trace, golden = os.path.join(folder, f"{number}.trace"), os.path.join(folder, f"{number}.golden")
    env = {k: v for k, v in os.environ.items() if not k.startswith("SEAM_") and k not in ("CI", "LD_PRELOAD")}
    env.update(PATH="/usr/bin:/bin", TMPDIR=folder, SEAM_LAYERS="socket", PYTHONDONTWRITEBYTECODE="1")
    command = ["python3", PROGRAM, str(number)]
    if number % 5 == 4:
        subprocess.run(command, env=dict(env, LD_PRELOAD=SHIM, SEAM_RULES=RULES, SEAM_TRACE=trace), check=True, timeout=60)
    else:
        subprocess.run([SEAM, "run", "-q", "-r", RULES, "-t", trace, "--"] + command, env=env, check=True, timeout=60)
    subprocess.run([SEAM, "accept", "-q", golden, trace], env=env, check=True, timeout=60)
    with open(golden, "rb") as f:
        return f.read(), order_of(trace)


def order_of(trace):
    """In which order the run's requests came: what must differ for the test to mean anything."""
    with open(trace, encoding="utf-8") as f:
        return tuple(line.split('"sum":"')[1].split('"')[0] + line.split('"st":"')[1].split('"')[0]
                     for line in f if line.startswith(('{"k":"http"', '{"k":"sql"')))


def show_difference(a, b):
    for number, (x, y) in enumerate(zip(a, b), 1):
        if x != y:
            at = max(0, len(os.path.commonprefix([x, y])) - 60)
            print(f"  line {number}: {x[:60]} ... {x[at:at + 120]}\n  line {number}: {y[:60]} ... {y[at:at + 120]}")
            return
    print(f"  {len(a)} and {len(b)} lines")


def main(args):
    runs = int(args[0]) if args else 10 if "asan" in os.path.basename(BUILD.rstrip("/")) else 50
    passed = failed = 0
    orders, first = set(), None
    with tempfile.TemporaryDirectory(prefix="seam-determinism-") as folder:
        for number in range(runs):
            try:
                golden, order = canonical(folder, number)
            except subprocess.SubprocessError as e:
                print(f"FAIL run {number}: {e}")
                failed += 1
                continue
            orders.add(order)
            first = first or golden
            if golden == first and golden.count(b"\n") > EVENTS:
                passed += 1
                continue
            failed += 1
            print(f"FAIL run {number}: its canonical trace is another")
            show_difference(first.decode().splitlines(), golden.decode().splitlines())
    if len(orders) < 2:
        print("FAIL every run came in the same order: nothing was proved")
        failed += 1
    print(f"determinism: {passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

#!/bin/bash
# Times seam diff on generated recordings beside GNU diff, git diff, sort + comm on the same
# files in the same run, and prints ratios. Each case: seconds, private memory, verdict.
#
#   same         the same recording twice
#   interleaved  64 streams in another order, nothing changed
#   few          0.1 % of the events edited, other order
#   many         20 % edited, other order
#   pool         each event on any of 64 connections, another one in each run
#
# usage: tests/bench/diff.sh [BUILD] [EVENTS]     PEERS= leaves the peers out, which take minutes at 1,000,000
set -u
cd "$(dirname "$0")/../.." || exit 2
BUILD=$PWD/${1:-build} EVENTS=${2:-100000} PEERS=${PEERS-diff git comm}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cc -O2 -o "$work/tracegen" tests/bench/tracegen.c || exit 2
gen() { local out=$1; shift; "$work/tracegen" "$EVENTS" 64 "$@" >"$work/$out"; }
# Seconds, peak of private (anonymous) megabytes, and exit status of a command on one core.
timed() {
	/usr/bin/env python3 - "$@" <<'PY'
import os, subprocess, sys, time
t = time.monotonic()
p = subprocess.Popen(["timeout", "300", "taskset", "-c", "0", *sys.argv[1:]], stdout=subprocess.DEVNULL)
peak = 0
while True:
    pid, status, usage = os.wait4(p.pid, os.WNOHANG)
    if pid:
        break
    try:
        for child in open(f"/proc/{p.pid}/task/{p.pid}/children").read().split() or [p.pid]:
            peak = max(peak, next((int(x.split()[1]) for x in open(f"/proc/{child}/status") if x.startswith("RssAnon")), 0))
    except OSError:
        pass
    time.sleep(0.005)
print(f"{time.monotonic() - t:.3f} {peak // 1024} {os.waitstatus_to_exitcode(status)}")
PY
}
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { if (b > 0) printf "%.2f", a / b; else printf "-" }'; }
peer() { case " $PEERS " in *" $1 "*) shift; timed "$@" ;; *) echo "0 0 0" ;; esac; }

gen golden 1 0; gen interleaved 2 0; gen few 3 1000; gen many 4 200000; gen pool1 5 0 pool; gen pool2 6 0 pool
echo "$EVENTS events in 64 streams, $(($(stat -c %s "$work/golden") / EVENTS)) bytes each, one core"
for case in golden:golden golden:interleaved golden:few golden:many pool1:pool2; do
	a=$work/${case%:*} b=$work/${case#*:}
	[ "$case" != golden:golden ] || { cp "$a" "$work/same"; b=$work/same; }
	read -r s mb status <<<"$(timed "$BUILD/bin/seam" diff -q "$a" "$b")"
	read -r gs gmb _ <<<"$(peer diff diff "$a" "$b")"
	read -r ts tmb _ <<<"$(peer git git diff --no-index --patience "$a" "$b")"
	read -r cs _ _ <<<"$(peer comm bash -c "LC_ALL=C comm -3 <(LC_ALL=C sort $a) <(LC_ALL=C sort $b)")"
	printf '  %-12s seam %7ss %4s MB exit %s | diff %7ss %4s MB | git %7ss %4s MB | sort+comm %7ss | seam/diff %s seam/git %s seam/sort+comm %s\n' \
		"$(basename "$b")" "$s" "$mb" "$status" "$gs" "$gmb" "$ts" "$tmb" "$cs" "$(ratio "$s" "$gs")" "$(ratio "$s" "$ts")" "$(ratio "$s" "$cs")"
done
read -r s mb _ <<<"$(timed "$BUILD/bin/seam" accept -q "$work/g.trace" "$work/golden")"
echo "  accept       seam ${s}s $mb MB"
read -r s mb _ <<<"$(timed "$BUILD/bin/seam" diff -q "$work/g.trace" "$work/interleaved")"
echo "  golden       seam ${s}s $mb MB"
read -r s mb _ <<<"$(timed "$BUILD/bin/seam" report "$work/many" "$work/golden" --html "$work/report.html")"
echo "  report       seam ${s}s $mb MB, a page of $(($(stat -c %s "$work/report.html") / 1024)) kB"

#!/bin/bash
# Times seam diff on generated recordings beside GNU diff, sort + comm and wc on the same
# files, and prints ratios. Each case: seconds, resident set, verdict.
#
#   same         the same recording twice
#   interleaved  64 streams in another order, nothing changed
#   few          0.1 % of the events edited, other order
#   many         20 % edited, other order
#
# usage: tests/bench/diff.sh [BUILD] [EVENTS]
set -u
cd "$(dirname "$0")/../.." || exit 2
BUILD=$PWD/${1:-build} EVENTS=${2:-100000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cc -O2 -o "$work/tracegen" tests/bench/tracegen.c || exit 2
gen() { "$work/tracegen" "$EVENTS" 64 "$1" "$2" >"$work/$3"; }
# seconds and megabytes of a command, and its exit status
timed() {
	/usr/bin/env python3 - "$@" <<'PY'
import os, resource, subprocess, sys, time
t = time.monotonic()
p = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(p.pid, 0)
print(f"{time.monotonic() - t:.3f} {usage.ru_maxrss // 1024} {os.waitstatus_to_exitcode(status)}")
PY
}
ratio() { awk -v a="$1" -v b="$2" "BEGIN { if (b > 0) printf \"%.2f\", a / b }"; }

gen 1 0 golden; gen 2 0 interleaved; gen 3 1000 few; gen 4 200000 many; cp "$work/golden" "$work/same"
echo "$EVENTS events in 64 streams, $(($(stat -c %s "$work/golden") / EVENTS)) bytes each"
for case in same interleaved few many; do
	read -r s mb status <<<"$(timed "$BUILD/bin/seam" diff -q "$work/golden" "$work/$case")"
	read -r gs gmb _ <<<"$(timed diff "$work/golden" "$work/$case")"
	read -r cs _ _ <<<"$(timed bash -c "LC_ALL=C comm -3 <(LC_ALL=C sort $work/golden) <(LC_ALL=C sort $work/$case)")"
	printf '  %-12s seam %6ss %5s MB exit %s | GNU diff %6ss %5s MB | sort+comm %6ss | seam/diff %s seam/sort+comm %s\n' \
		"$case" "$s" "$mb" "$status" "$gs" "$gmb" "$cs" "$(ratio "$s" "$gs")" "$(ratio "$s" "$cs")"
done
read -r s mb _ <<<"$(timed "$BUILD/bin/seam" accept -q "$work/g.trace" "$work/golden")"
echo "  accept       seam ${s}s $mb MB"
read -r s mb _ <<<"$(timed "$BUILD/bin/seam" diff -q "$work/g.trace" "$work/interleaved")"
echo "  golden       seam ${s}s $mb MB"

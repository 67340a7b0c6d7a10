#!/bin/bash
# make check: every kind of test, one after the other. Each part ends with a line
# "name: N passed, N failed[, N skipped]"; the last line here adds them up.
#
# usage: tests/check.sh BUILD [PART...]
set -u
cd "$(dirname "$0")/.." || exit 2
BUILD=${1:-build}; shift
case $PWD in *[[:space:]:]*)
	echo "check: $PWD has a space or a colon in its path, which LD_PRELOAD cannot carry; move this folder" >&2
	exit 2
	;;
esac
export BUILD SEAM_BUILD=$PWD/$BUILD PATH="$PWD/$BUILD/bin:$PATH"
# leaks are looked for in the host and the tools, not in the programs that run under them
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1} UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}

parts=${*:-layers unit fuzz life hazards compat cases seam-test determinism bad-input pg-conformance pg-isolation etl sweep session-examples clients docs companion}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
broken=0

part() {
	case $1 in
	layers) tests/layers.sh && echo "layers: 1 passed, 0 failed" ;;
	unit) "$BUILD/bin/unit" ;;
	fuzz) tests/fuzz/replay.sh "$BUILD" ;;
	life) tests/life/life.py; lives=$?; tests/life/modes.py || lives=1; tests/life/session.py || lives=1; tests/life/faults.py || lives=1; tests/life/until.py && return $lives ;;
	hazards) tests/hazards/run.sh ;;
	compat) tests/compat/run.sh ;;
	cases) tests/cases/run.py ;;
	seam-test) tests/cases/seam_test.py ;;
	determinism) tests/cases/determinism.py ;;
	bad-input) tests/cases/bad_input.py ;;
	pg-conformance) tests/pg-conformance/run.py ;;
	pg-isolation) tests/pg-conformance/isolation.py ;;
	etl) examples/etl/test.sh ;;
	sweep) examples/sweep/test.sh ;;
	session-examples) examples/session/test.sh ;;
	clients) tests/clients/run.sh ;;
	companion) failed=0; for t in tests/companion/[a-z]*.py; do [ "$t" = tests/companion/bench.py ] || "$t" || failed=1; done; return $failed ;;
	docs) tests/help/hints.py; hinted=$?; tests/docs.py README.md docs/*.md && return $hinted ;;
	*) echo "check: no part named $1"; return 2 ;;
	esac
}

for p in $parts; do
	echo "-- $p"
	part "$p" 2>&1 | tee -a "$log"
	[ "${PIPESTATUS[0]}" = 0 ] || { echo "-- $p failed"; broken=$((broken + 1)); }
done

awk -v broken=$broken '
	match($0, /^[a-z0-9-]+: [0-9]+ passed, [0-9]+ failed/) { p += $2; f += $4; s += $6 }
	END { if (broken && !f) f = broken; printf "check: %d passed, %d failed, %d skipped\n", p, f, s }' "$log"
exit $((broken > 0))

#!/bin/bash
# The tests of the pipeline: each folder below cases/ is a situation (rules.json), what the
# pipeline should exit with (case.json) and everything it should ask of the outside world
# (golden.trace).
#
# usage: test.sh [--update] [CASE...]     --update makes the runs the goldens
set -u
cd "$(dirname "$0")" || exit 2

# what is compared is what went over the wire: which calls of libcurl the curl command makes
# differs from version to version
export SEAM_LAYERS=socket
# the Python that Debian's python3-psycopg2 belongs to, whatever else is installed
PATH=/usr/bin:/bin:$PATH

update=
[ "${1:-}" = --update ] && { update=1; shift; }
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
passed=0 failed=0

for case in ${*:-cases/*/}; do
	case=${case%/}
	name=${case##*/}
	expected=$(sed -n 's/.*"exit": *\([0-9]*\).*/\1/p' "$case/case.json")
	seam run -q -r "$case/rules.json" -t "$out/$name.trace" -- ./pipeline.sh >"$out/$name.log" 2>&1
	got=$?
	if [ -n "$update" ]; then
		CI= seam accept "$case/golden.trace" "$out/$name.trace" || failed=$((failed + 1))
	fi
	if [ "$got" != "$expected" ]; then
		echo "FAIL $name: exit $got, expected $expected"
		cat "$out/$name.log"
		failed=$((failed + 1))
	elif ! seam diff "$case/golden.trace" "$out/$name.trace" >"$out/$name.diff" 2>&1; then
		echo "FAIL $name"
		cat "$out/$name.log" "$out/$name.diff"
		failed=$((failed + 1))
	else
		echo "ok $name"
		passed=$((passed + 1))
	fi
done
echo "etl: $passed passed, $failed failed"
exit $((failed > 0))

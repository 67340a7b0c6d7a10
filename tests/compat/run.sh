#!/bin/bash
# Runs every test in tests/compat/quick, or with --long those in tests/compat/long: programs,
# C libraries and ways that seam was not written for.
#
# All of it happens in a network namespace that is made here, as in tests/hazards: loopback, one
# address of TEST-NET and no route: even a bug sends nothing anywhere.
#
# usage: tests/compat/run.sh [--long] [PATTERN]     ends with "compat: N passed, N failed, N skipped"
set -u
here=$(cd "$(dirname "$0")" && pwd)
hazards=$here/../hazards
export SEAM_BUILD=${SEAM_BUILD:-$here/../../build} PYTHONPATH=$hazards:$here PYTHONDONTWRITEBYTECODE=1
SEAM_BUILD=$(cd "$SEAM_BUILD" && pwd)
part=quick limit=400
[ "${1:-}" != --long ] || { part=long limit=1800; shift; }

if [ -z "${HAZARD_WORK:-}" ]; then
	HAZARD_WORK=$(mktemp -d)
	export HAZARD_WORK
	chmod 755 "$HAZARD_WORK"
	trap 'rm -rf "$HAZARD_WORK"' EXIT
	if [ "$(id -u)" = 0 ]; then apart="unshare -n"; else apart="unshare -rn"; fi
	if ! $apart true 2>/dev/null; then
		echo "no network namespace can be made here, and without one nothing is tried"
		echo "compat: 0 passed, 0 failed, $(ls "$here/$part"/*.py | wc -l) skipped"
		exit 0
	fi
	if [ $part = quick ]; then $apart "$0" "$@"; else $apart "$0" --long "$@"; fi
	exit
fi

# From here on: in the namespace.
python3 "$hazards/outside.py" || exit 2
passed=0 failed=0 skipped=0
for test in "$here/$part"/*.py; do
	name=$(basename "$test" .py)
	case $name in *"${1:-}"*) ;; *) continue ;; esac
	timeout -k 5 $limit python3 "$test" >"$HAZARD_WORK/log" 2>&1
	status=$?
	case $status in
	0) echo "ok $name"; sed 's/^/    /' "$HAZARD_WORK/log"; passed=$((passed + 1)) ;;
	77) echo "skip $name: $(tail -n 1 "$HAZARD_WORK/log")"; skipped=$((skipped + 1)) ;;
	*) echo "FAIL $name (exit $status)"; sed 's/^/    /' "$HAZARD_WORK/log"; failed=$((failed + 1)) ;;
	esac
done
echo "compat: $passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ] && [ $((passed + skipped)) -gt 0 ]

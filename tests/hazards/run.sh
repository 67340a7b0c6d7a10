#!/bin/bash
# Runs every hazard test, NN_*.py, as root and as an ordinary user where that can be had.
#
# Safety first: all of it happens in a network namespace that is made here, with loopback
# and one address of TEST-NET on it and no route: even a bug sends nothing anywhere.
#
# usage: tests/hazards/run.sh [PATTERN]     ends with "hazards: N passed, N failed, N skipped"
set -u
here=$(cd "$(dirname "$0")" && pwd)
export SEAM_BUILD=${SEAM_BUILD:-$here/../../build}
SEAM_BUILD=$(cd "$SEAM_BUILD" && pwd)

if [ -z "${HAZARD_WORK:-}" ]; then
	HAZARD_WORK=$(mktemp -d)
	export HAZARD_WORK
	chmod 755 "$HAZARD_WORK"
	trap 'rm -rf "$HAZARD_WORK"' EXIT
	if [ "$(id -u)" = 0 ]; then apart="unshare -n"; else apart="unshare -rn"; fi
	if ! $apart true 2>/dev/null; then
		echo "no network namespace can be made here, and without one nothing is tried"
		echo "hazards: 0 passed, 0 failed, $(ls "$here"/[0-9]*.py | wc -l) skipped"
		exit 0
	fi
	$apart "$0" "$@"
	exit
fi

# From here on: in the namespace.
python3 "$here/outside.py" || exit 2
passed=0 failed=0 skipped=0
# one that every user may run, and not a version manager's shim
python=$(python3 -c 'import sys; print(sys.executable)')
nobody=
if [ "$(id -u)" = 0 ]; then
	nobody="setpriv --reuid=65534 --regid=65534 --clear-groups"
	$nobody test -x "$SEAM_BUILD/bin/seam" 2>/dev/null || nobody=
	if [ -n "$nobody" ] && ! $nobody "$python" -c 1 2>/dev/null; then
		python=/usr/bin/python3
		$nobody $python -c 1 2>/dev/null || nobody=
	fi
	PATH=/usr/bin:/bin:$PATH
fi
[ -n "$nobody" ] || [ "$(id -u)" != 0 ] || echo "no ordinary user may run seam from here: everything is tried as root alone"
one() { # NAME COMMAND...
	local name=$1 status
	shift
	timeout -k 5 120 "$@" >"$HAZARD_WORK/log" 2>&1
	status=$?
	case $status in
	0) echo "ok $name"; passed=$((passed + 1)) ;;
	77) echo "skip $name: $(tail -n 1 "$HAZARD_WORK/log")"; skipped=$((skipped + 1)) ;;
	*) echo "FAIL $name (exit $status)"; sed 's/^/    /' "$HAZARD_WORK/log"; failed=$((failed + 1)) ;;
	esac
}

for test in "$here"/[0-9]*.py; do
	name=$(basename "$test" .py)
	case $name in *"${1:-}"*) ;; *) continue ;; esac
	one "$name" "$python" "$test"
	# what descriptors and memory do is the same for everybody
	case $name in 1[2-9]_* | 2[0-8]_* | 3[4-8]_* | 4[012567]_*) continue ;; esac
	# the same as a user without any capability; programs were built by root
	[ -z "$nobody" ] || one "$name (as nobody)" $nobody "$python" "$test"
done
echo "hazards: $passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ] && [ $((passed + skipped)) -gt 0 ]

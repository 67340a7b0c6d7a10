#!/bin/sh
# Runs every client program test, tests/clients/*/*.test, each on its own: once
# as it is, and once with SEAM_LAYERS=socket, because the layers of libpq and
# libcurl are additions, and nobody may need them.
#
#	tests/clients/run.sh [PATTERN]     only tests whose path holds PATTERN
#
# LAYERS=all or LAYERS=socket chooses one of the two passes.
#
# A test is a script: exit 0 passed, 77 skipped (its last line says why), else
# failed. BUILD names the build tree (default: build).
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
BUILD=${BUILD:-$root/build}
case $BUILD in /*) ;; *) BUILD=$root/$BUILD ;; esac
export BUILD
out=$(mktemp)
trap 'rm -f "$out"' EXIT
passed=0 failed=0 skipped=0

run_one() {
	name=${1#"$here"/}
	name=${name%.test}$2
	case $name in *"$pattern"*) ;; *) return ;; esac
	timeout -k 5 "${CLIENT_TIMEOUT:-120}" "$1" >"$out" 2>&1
	status=$?
	case $status in
	0)
		echo "ok $name"
		passed=$((passed + 1))
		;;
	77)
		echo "skip $name: $(tail -n 1 "$out")"
		skipped=$((skipped + 1))
		;;
	*)
		echo "FAIL $name (exit $status)"
		sed 's/^/    /' "$out"
		failed=$((failed + 1))
		;;
	esac
}

pattern=${1:-}
if [ "${LAYERS:-all}" = all ]; then
	for test in "$here"/*/*.test; do
		run_one "$test" ""
	done
fi
if [ "${LAYERS:-socket}" = socket ]; then
	export SEAM_LAYERS=socket
	for test in "$here"/*/*.test; do
		run_one "$test" " (sockets alone)"
	done
fi
echo "clients: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ $((passed + skipped)) -gt 0 ]

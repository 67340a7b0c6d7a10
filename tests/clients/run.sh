#!/bin/sh
# Runs every client program test, tests/clients/*/*.test, each on its own.
#
#	tests/clients/run.sh [PATTERN]     only tests whose path holds PATTERN
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

for test in "$here"/*/*.test; do
	name=${test#"$here"/}
	name=${name%.test}
	case $name in *"$1"*) ;; *) continue ;; esac
	timeout -k 5 "${CLIENT_TIMEOUT:-120}" "$test" >"$out" 2>&1
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
done
echo "clients: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ $((passed + skipped)) -gt 0 ]

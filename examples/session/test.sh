#!/bin/bash
# The examples of sessions, with the test frameworks that they are for. One that is not
# installed is skipped.
#
# usage: test.sh     ends with a line "session-examples: N passed, N failed, N skipped"
set -u
cd "$(dirname "$0")" || exit 2
PATH=${SEAM_BUILD:-$PWD/../../build}/bin:/usr/bin:/bin:$PATH
unset SEAM_SESSION SEAM_RULES SEAM_TRACE CI
export PYTHONDONTWRITEBYTECODE=1
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
passed=0 failed=0 skipped=0

example() { # NAME NEEDS COMMAND...
	local name=$1 needs=$2
	shift 2
	if ! eval "$needs" >/dev/null 2>&1; then
		echo "skipped: $name: not installed"
		skipped=$((skipped + 1))
	elif "$@" >"$out/log" 2>&1; then
		passed=$((passed + 1))
	else
		echo "FAIL $name"
		tail -40 "$out/log"
		failed=$((failed + 1))
	fi
}

py=/usr/bin/python3
in_pytest() { (cd pytest && SEAM_TEST_RULES=../rules.json timeout 300 $py -m pytest -q -p no:cacheprovider "$@"); }
example "pytest, three scopes" "$py -c 'import pytest'" in_pytest test_scopes.py
example "pytest -n 8, 1,000 tests" "$py -c 'import pytest, xdist'" in_pytest -n 8 test_many.py
example "pytest starts only the profiles that are needed" "$py -c 'import pytest'" bash -c "cd pytest && SEAM_TEST_RULES=../rules.json $py -m pytest -q -p no:cacheprovider test_scopes.py -k profile | tee '$out/p' && grep -q 'session billing' '$out/p' && ! grep -q 'session default' '$out/p'"
example bats "command -v bats" timeout 60 bats bats/lake.bats
example ctest "command -v cmake && command -v ctest" bash -c "cmake -S ctest -B '$out/ctest' && cd '$out/ctest' && timeout 60 ctest --output-on-failure -j 4"
example "go test" "command -v go" bash -c "cp -r . '$out/go' && cd '$out/go/go' && GOFLAGS=-mod=mod GOTOOLCHAIN=local GOCACHE='$out/cache' timeout 200 go test ./..."
echo "session-examples: $passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]

#!/bin/bash
# Each fuzz target over its corpus and some hundred small changes of every seed, without a fuzzer.
#
# usage: tests/fuzz/replay.sh [BUILD [CHANGES]]
set -u
cd "$(dirname "$0")/../.." || exit 2
build=${1:-build} changes=${2:-1000}
passed=0 failed=0
for source in tests/fuzz/fuzz_*.c; do
	name=$(basename "$source" .c)
	name=${name#fuzz_}
	if said=$("$build/fuzz/replay_$name" -runs="$([ "$name" = sql ] && echo $((changes / 5)) || echo "$changes")" -dict="tests/fuzz/$name.dict" "tests/fuzz/corpus/$name" 2>&1); then
		echo "ok $name: $said"
		passed=$((passed + 1))
	else
		echo "FAIL $name"
		echo "$said"
		failed=$((failed + 1))
	fi
done
echo "fuzz: $passed passed, $failed failed"
exit $((failed > 0))

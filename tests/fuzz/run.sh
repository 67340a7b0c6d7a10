#!/bin/bash
# Lets the fuzz targets search, each for SECONDS, with what `make fuzz` built. New inputs are
# collected in build-fuzz/corpus; one that fails is kept in build-fuzz/found, from where it
# should go to tests/fuzz/corpus together with the fix.
#
# usage: tests/fuzz/run.sh SECONDS [TARGET...]
set -u
cd "$(dirname "$0")/../.." || exit 2
seconds=${1:?usage: tests/fuzz/run.sh SECONDS [TARGET...]}
shift
targets=${*:-$(for f in tests/fuzz/fuzz_*.c; do basename "$f" .c | sed 's/^fuzz_//'; done)}
passed=0 failed=0
for name in $targets; do
	program=build-fuzz/fuzz/fuzz_$name
	[ -x "$program" ] || { echo "fuzz: $program is not built; run make fuzz" >&2; exit 2; }
	mkdir -p "build-fuzz/corpus/$name" "build-fuzz/found/$name"
	log=build-fuzz/found/$name/log
	[ "$name" != sql ] || tests/fuzz/sql_seeds.py "build-fuzz/corpus/$name"
	if "$program" -max_total_time="$seconds" -timeout=10 -max_len=4096 -print_final_stats=1 -dict="tests/fuzz/$name.dict" \
		-artifact_prefix="build-fuzz/found/$name/" "build-fuzz/corpus/$name" "tests/fuzz/corpus/$name" >"$log" 2>&1; then
		echo "ok $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs"
		passed=$((passed + 1))
	else
		echo "FAIL $name"
		grep -aE 'ERROR|SUMMARY|runtime error|Test unit written' "$log" | head -8
		failed=$((failed + 1))
	fi
done
echo "fuzz: $passed passed, $failed failed"
exit $((failed > 0))

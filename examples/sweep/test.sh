#!/bin/bash
# The sweep of two loaders: it finds that the naive one duplicates rows when the answer to its
# COMMIT is lost, and nothing of that kind in the sound one.
#
# usage: test.sh     ends with a line "sweep: N passed, N failed"
set -u
cd "$(dirname "$0")" || exit 2
PATH=/usr/bin:/bin:$PATH # the Python that Debian's python3-psycopg2 belongs to
PATH=${SEAM_BUILD:-$PWD/../../build}/bin:$PATH
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
passed=0 failed=0

ok() {
	if eval "$2"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAIL $1"; cat "$out/log"; fi
}
sweep() {
	seam sweep -r rules.json -o "$out/$1" "${@:2}" -- python3 load.py "$1" >"$out/log" 2>&1
}

sweep naive --fault 'answer lost' --json "$out/naive.json" --html "$out/naive.html"
ok "the naive loader is found out" '[ $? = 1 ] && grep -q "^duplicate .* COMMIT   answer lost   exit 0" "$out/log"'
ok "by name" 'grep -q "insert into clean_events (id, kind) values (1, .click.)   2 times instead of 1" "$out/log"'
ok "the report for programs says so" 'jq -e "[.trials[] | select(.verdict == \"duplicate\" and .bad and .what == \"COMMIT\")] | length == 1" "$out/naive.json" >/dev/null'
ok "the page says so" 'grep -q "<td class=\"bad\">duplicate" "$out/naive.html"'
ok "its trace is kept" '[ "$(find "$out/naive" -name "[0-9]*.trace" | wc -l)" = 1 ]'
sweep sound --fault 'answer lost'
ok "the sound loader passes" '[ $? = 0 ] && grep -q "^seam: ok" "$out/log"'
sweep sound --fault 'answer lost'
ok "what was done is not done again" 'grep -q "trials are done already" "$out/log"'
sweep sound --service warehouse --fault '40001'
ok "conflicts are tried again" '[ $? = 0 ] && grep -q "5 recovered" "$out/log"'
sweep naive --service slack --fault silence --timeout 1s
ok "a hang is a hang" '[ $? = 1 ] && grep -q "^hang " "$out/log"'
seam sweep -r rules.json -o "$out/none" -- false >"$out/log" 2>&1
ok "a command that fails by itself is not swept" '[ $? = 2 ] && grep -q "without any fault" "$out/log"'
seam sweep -r rules.json -o "$out/none" -- true >"$out/log" 2>&1
ok "a command that asks for nothing is not swept" '[ $? = 4 ]'
echo "sweep: $passed passed, $failed failed"
[ "$failed" = 0 ]

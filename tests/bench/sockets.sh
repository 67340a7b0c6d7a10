#!/bin/bash
# Measures what a program's calls cost under seam, as ratios to the bare program in the same minute: exec,
# connect, name look-up, bulk data on 1 and 64 connections, a shell loop of 1,000 true; under pass and fake,
# isolated or not, unpinned and on one core. A round is every way once, one after the other, so that what else
# the machine does falls on all of them; shown is the median of the rounds' ratios. ROUNDS (7) at most, and as
# many as a row's BUDGET (18 seconds) holds, but at least 3: some five minutes in all, also on a busy machine.
#
# usage: tests/bench/sockets.sh [BUILD]
set -u
cd "$(dirname "$0")/../.." || exit 2
BUILD=$PWD/${1:-build}
work=$(mktemp -d /dev/shm/seam-bench.XXXXXX 2>/dev/null || mktemp -d)
trap 'rm -rf "$work"' EXIT
ROUNDS=${ROUNDS:-7} BUDGET=${BUDGET:-18}
cc -O2 -D_GNU_SOURCE -o "$work/net" tests/bench/net.c || exit 2
cat >"$work/rules.json" <<'RULES'
{ "seam": 1, "services": { "web": { "protocol": "http", "at": ["web.bench:80"] } } }
RULES

ways="bare pass fake fake-off"
way() { # NAME COMMAND...
	local name=$1
	shift
	local run="$BUILD/bin/seam run -q -r $work/rules.json -t $work/run.trace"
	case $name in
	bare) "$@" ;;
	pass) $run --mode pass -- "$@" ;;
	fake) $run --isolate auto -- "$@" ;;
	fake-off) $run --isolate off -- "$@" ;;
	esac
}
loop() { # microseconds for 1,000 true in a shell
	echo 's=$(date +%s%N); i=0; while [ $i -lt 1000 ]; do /bin/true; i=$((i+1)); done; echo $((($(date +%s%N) - s) / 1000))' >"$work/loop.sh"
	way "$1" $pin sh "$work/loop.sh"
}
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# A line with bare's figure and the others' ratios to it.
# higher: a figure that is better when higher (the ratio is still way / bare)
compare() { # TITLE UNIT GOALS FUNCTION ARGS...
	local title=$1 unit=$2 goal=$3 round=0 began=$SECONDS line w
	shift 3
	rm -f "$work"/figure.*
	while [ $round -lt 3 ] || { [ $round -lt "$ROUNDS" ] && [ $((SECONDS - began)) -lt "$BUDGET" ]; }; do
		for w in $ways; do "$@" "$w" >>"$work/figure.$w"; done
		round=$((round + 1))
	done
	line=$(printf '  %-24s bare %9s %-5s' "$title" "$(median <"$work/figure.bare")" "$unit")
	for w in pass fake fake-off; do
		line+=$(printf '  %s %.2fx' $w "$(paste "$work/figure.$w" "$work/figure.bare" | awk '{ print ($2 > 0 ? $1 / $2 : 0) }' | median)")
	done
	echo "$line   $goal ($round rounds)"
}
exec_() { way "$1" $pin "$work/net" exec 100; }
connect_() { way "$1" $pin "$work/net" connect 1000; }
lookup_() { way "$1" $pin "$work/net" lookup 1000 localhost; }
bulk1_() { way "$1" $pin "$work/net" bulk 1 400; }
bulk64_() { way "$1" $pin "$work/net" bulk 64 500; }
service_() { # to a fake, beside bare to a server of its own
	if [ "$1" = bare ] || [ "$1" = pass ]; then connect_ "$1"; else way "$1" $pin "$work/net" connect 1000 web.bench 80; fi
}

for pin in "" "taskset -c 0"; do
	echo "${pin:-unpinned}"
	compare "exec of true" us "goal pass 1.00x, fake 1.10x" exec_
	compare "1,000 true in a shell" us "goal pass 1.00x, fake 1.15x" loop
	compare "connect, own server" us "goal pass 1.00x; fake: one exchange with the host" connect_
	compare "connect, a fake" us "fake: no exchange" service_
	compare "getaddrinfo localhost" us "goal pass 1.00x" lookup_
	compare "bulk, 1 connection" MiB/s "goal 0.98x" bulk1_
	compare "bulk, 64 connections" MiB/s "goal 0.98x" bulk64_
done

#!/bin/bash
# Measures the SQL engine of the Postgres fake beside a PostgreSQL on tmpfs (fsync off), in
# one run, unpinned and with everything on one core. Single times on a shared machine mean
# little; ratios taken side by side do.
#
#   work      round trips, statements with literals, 1,000 rows, COPY, group by: tests/bench/pgwork.c
#   pgbench   50 connections, built-in script "simple-update"
#   start     from nothing to the first answer; PostgreSQL with initdb, and from a cluster that is there
#   state     reset to the seed, memory: tests/bench/engine_state.c
#
# usage: tests/bench/engine.sh [--short] [BUILD] [work|pgbench|start|state]...
#        --short: a tenth of the rows, for every day
# needs: build of seam; postgresql 15 (Debian package) for the peer
set -u
cd "$(dirname "$0")/../.." || exit 2
ROWS=1000000 ROUNDS=10000 SECONDS_LONG=5 CHANGED=100000
if [ "${1:-}" = --short ]; then ROWS=100000 ROUNDS=2000 SECONDS_LONG=2; shift; fi
BUILD=$PWD/${1:-build}; shift || true
parts=${*:-work pgbench start state}
work=$(mktemp -d /dev/shm/seam-bench.XXXXXX 2>/dev/null || mktemp -d)
chmod 755 "$work"
stop_postgres() { :; }
trap 'stop_postgres; rm -rf "$work"' EXIT
ratio() { awk -v a="$1" -v b="$2" "BEGIN { if (b > 0) printf \"%.2f\", a / b }"; }
pinned() { taskset -c 0 "$@"; }
cc -O2 -D_GNU_SOURCE -include stdbool.h -I"$(pg_config --includedir 2>/dev/null || echo /usr/include/postgresql)" -o "$work/pgwork" tests/bench/pgwork.c -lpq || exit 2
cc -O2 -D_GNU_SOURCE -I"$(pg_config --includedir 2>/dev/null || echo /usr/include/postgresql)" -o "$work/pgloop" tests/bench/pgloop.c -lpq || exit 2
cc -O2 -D_GNU_SOURCE -o "$work/pingpong" tests/bench/pingpong.c || exit 2
cc -O2 -D_GNU_SOURCE -o "$work/spawn" tests/bench/spawn.c || exit 2

cat >"$work/rules.json" <<'RULES'
{ "seam": 1, "services": { "db": { "protocol": "postgres", "at": ["db.bench:5432"] } } }
RULES
export SEAM_LAYERS=socket
seam_run() { "$BUILD/bin/seam" run -q -r "$work/rules.json" -t "$work/run.trace" -- "$@"; }
fake="host=db.bench user=u dbname=d sslmode=disable"

pgbin=$(ls -d /usr/lib/postgresql/15/bin 2>/dev/null | tail -1)
[ -z "$pgbin" ] || PATH=$pgbin:$PATH # past the wrapper of psql
as_postgres() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
real="host=127.0.0.1 port=54331 user=postgres dbname=postgres sslmode=disable"
make_postgres() {
	rm -rf "$work/pg"
	mkdir "$work/pg" && { [ "$(id -u)" != 0 ] || chown postgres "$work/pg"; }
	as_postgres "$pgbin/initdb" -D "$work/pg/data" -A trust -U postgres >"$work/initdb.log" 2>&1
}
start_postgres() {
	as_postgres "$pgbin/pg_ctl" -D "$work/pg/data" -w -o "-p 54331 -c fsync=off -c max_connections=100 -c listen_addresses=127.0.0.1 -c unix_socket_directories=$work/pg" -l "$work/pg/log" start >/dev/null 2>&1
	stop_postgres() { as_postgres "$pgbin/pg_ctl" -D "$work/pg/data" -m immediate stop >/dev/null 2>&1; }
}
clean_postgres() { PGOPTIONS=--client-min-messages=warning psql -q "$real" -c "drop schema public cascade" -c "create schema public"; }

# Two outputs of pgwork side by side.
beside() {
	awk -F'\t' -v floor="$1" 'NR == FNR { ours[FNR] = $2; next }
		{ split(ours[FNR], a, " "); split($2, b, " ")
		  line = sprintf("  %-24s %10s %s", $1, a[1], a[2]); if (b[1] > 0) line = line sprintf("   PostgreSQL %10s   %.2fx", b[1], a[1] / b[1])
		  if (a[2] == "us") line = line sprintf("   %.2fx the floor", a[1] / floor)
		  print line }' "$2" "$3"
}

work() {
	local pin floor
	[ -z "$pgbin" ] || { make_postgres; start_postgres; }
	for pin in "" pinned; do
		floor=$($pin "$work/pingpong" 20000 64)
		echo "work, ${pin:-unpinned}: $ROWS rows of bulk; ping-pong floor $floor us"
		$pin "$BUILD/bin/seam" run -q -r "$work/rules.json" -t "$work/run.trace" -- "$work/pgwork" "$fake" "$ROUNDS" "$ROWS" >"$work/ours" || cat "$work/ours"
		if [ -n "$pgbin" ]; then
			[ -n "$pin" ] && taskset -apc 0 "$(head -1 "$work/pg/data/postmaster.pid")" >/dev/null
			$pin "$work/pgwork" "$real" "$ROUNDS" "$ROWS" >"$work/theirs"
			clean_postgres
		else
			sed 's/\t.*/\t0 us/' "$work/ours" >"$work/theirs"
		fi
		beside "$floor" "$work/ours" "$work/theirs"
	done
	echo "  goals: round trips below 1.00x and below 1.5x the floor; bulk and 1,000 rows below 3.00x"
	stop_postgres; stop_postgres() { :; }
}

pgbench() {
	local pin ours theirs
	command -v pgbench >/dev/null || { echo "pgbench: skipped, not installed"; return; }
	[ -z "$pgbin" ] || { make_postgres; start_postgres; }
	for pin in "" pinned; do
		ours=$($pin "$BUILD/bin/seam" run -q -r "$work/rules.json" -t "$work/run.trace" -- env PGHOST=db.bench PGUSER=u PGDATABASE=d PGSSLMODE=disable \
			sh -c "pgbench -i -s 2 -q >/dev/null 2>&1; pgbench -n -b simple-update -c 50 -j 2 -T $SECONDS_LONG 2>&1" | awk '/^tps/ { print $3 }')
		theirs=0
		if [ -n "$pgbin" ]; then
			[ -n "$pin" ] && taskset -apc 0 "$(head -1 "$work/pg/data/postmaster.pid")" >/dev/null
			theirs=$($pin env PGHOST=127.0.0.1 PGPORT=54331 PGUSER=postgres PGDATABASE=postgres sh -c "pgbench -i -s 2 -q >/dev/null 2>&1
				pgbench -n -b simple-update -c 50 -j 2 -T $SECONDS_LONG 2>&1" | awk '/^tps/ { print $3 }')
		fi
		echo "pgbench simple-update, 50 connections, ${pin:-unpinned}: $ours tps   PostgreSQL $theirs   $(ratio "$ours" "$theirs")x (more is better)"
	done
	stop_postgres; stop_postgres() { :; }
}

start() {
	local bare ours from to
	ms() { awk -v us="$1" 'BEGIN { printf "%.1f", us / 1000 }'; }
	bare=$("$work/spawn" 20 psql --version | tail -1)
	ours=$("$work/spawn" 20 "$BUILD/bin/seam" run -q -r "$work/rules.json" -t "$work/run.trace" -- psql -qAtX -o /dev/null "$fake" -c "select 1")
	echo "start to the first answer: seam run -- psql -c 'select 1': $(ms "$ours") ms (psql --version alone $(ms "$bare"))   goal below 15 ms"
	ours=$("$work/spawn" 20 "$BUILD/bin/seam" run -q -r "$work/rules.json" -t "$work/run.trace" -- psql -qAtX -o /dev/null "$fake" \
		-c "create table t (id int primary key, n text)" -c "insert into t values (1, 'a')" -c "select * from t")
	echo "start, psql makes a table, fills and reads it: $(ms "$ours") ms"
	[ -n "$pgbin" ] || return
	from=$(date +%s%N); make_postgres; start_postgres; psql -qAtX "$real" -c "select 1" >/dev/null; to=$(date +%s%N)
	echo "  PostgreSQL with initdb: $(((to - from) / 1000000)) ms"
	stop_postgres
	from=$(date +%s%N); start_postgres; psql -qAtX "$real" -c "select 1" >/dev/null; to=$(date +%s%N)
	echo "  PostgreSQL from a cluster that is there: $(((to - from) / 1000000)) ms   goal for seam: below 15 ms"
	stop_postgres; stop_postgres() { :; }
}

state() {
	cc -O2 -std=c17 -D_GNU_SOURCE -Isrc -o "$work/engine_state" tests/bench/engine_state.c "$BUILD/libhost.a" -luv -ljansson -lssl -lcrypto -lpg_query \
		-lprotobuf-c -lsqlite3 -lgmp -lexpat -lpcre2-8 -lxxhash -lz -lpthread -lm || return
	echo "state: $CHANGED rows are reset (goal below 1 ms), $ROWS are weighed (goal: 1M rows below 400 MB)"
	"$work/engine_state" "$CHANGED" "$ROWS" | sed 's/^/  /; s/\t/: /'
}

for part in $parts; do
	$part
done

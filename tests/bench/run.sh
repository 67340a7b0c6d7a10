#!/bin/bash
# Measures seam beside the kernel's own floor and beside its peers, in one run, and prints
# ratios. Single times on a shared machine mean little; ratios taken side by side do.
#
#   start-up     bare true, preloaded true, seam run -- true
#   postgres     select 1: ping-pong floor, seam, PostgreSQL on tmpfs (fsync off)
#   layers       libpq with seam's layer and through sockets alone: connections and select 1
#   http         wrk with 8 connections: seam, nginx "return 200"
#   memory       resident set of the host before seeds
#
# usage: tests/bench/run.sh [BUILD] [startup|postgres|layers|http|memory]...
# needs: build of seam; postgresql, nginx and wrk for the peers (Debian packages)
set -u
cd "$(dirname "$0")/../.." || exit 2
BUILD=$PWD/${1:-build}; shift || true
what=${*:-startup postgres layers http memory}
work=$(mktemp -d /dev/shm/seam-bench.XXXXXX 2>/dev/null || mktemp -d)
chmod 755 "$work"
trap 'stop_postgres; stop_nginx; rm -rf "$work"' EXIT
ROUNDS=${ROUNDS:-20000}

for tool in pingpong spawn; do
	cc -O2 -D_GNU_SOURCE -o "$work/$tool" tests/bench/$tool.c || exit 2
done
ratio() { awk -v a="$1" -v b="$2" "BEGIN { if (b > 0) printf \"%.2f\", a / b }"; }
# The same command unpinned, then with everything on one core.
pinned() { taskset -c 0 "$@"; }
stop_postgres() { :; }
stop_nginx() { :; }

cat >"$work/rules.json" <<'RULES'
{ "seam": 1,
  "services": { "db":  { "protocol": "postgres", "at": ["db.bench:5432"] },
                "web": { "protocol": "http", "at": ["web.bench:80"] } },
  "rules": [ { "id": "one", "on": "sql", "when": { "sql": "select 1" }, "do": { "columns": { "?column?": "int4" }, "rows": [[1]] } },
             { "id": "ok", "on": "http", "when": { "path": "/" }, "do": { "status": 200, "text": "ok\n" } } ] }
RULES
export SEAM_LAYERS=socket
seam_run() { "$BUILD/bin/seam" run -q -r "$work/rules.json" -t "$work/run.trace" -- "$@"; }

startup() {
	local bare preloaded run empty
	echo '{ "seam": 1 }' >"$work/empty.json"
	bare=$("$work/spawn" 300 true)
	# inside a run each true says hello to a host that is already there
	preloaded=$("$BUILD/bin/seam" run -q -t "$work/run.trace" -- "$work/spawn" 300 true)
	empty=$("$work/spawn" 100 "$BUILD/bin/seam" run -q -t "$work/run.trace" -- true)
	run=$("$work/spawn" 100 "$BUILD/bin/seam" run -q -r "$work/rules.json" -t "$work/run.trace" -- true)
	echo "start-up (median)"
	echo "  bare true                       $bare us"
	echo "  preloaded true                  $preloaded us   $(ratio "$preloaded" "$bare")x   goal 1.10x"
	echo "  seam run -- true, no rules      $empty us   + $(((empty - bare) / 1000)).$(((empty - bare) % 1000 / 100)) ms"
	echo "  seam run -- true, two services  $run us   + $(((run - bare) / 1000)).$(((run - bare) % 1000 / 100)) ms   goal + 10 ms"
}

postgres() {
	local pgbin floor seam real pin
	cc -O2 -D_GNU_SOURCE -I"$(pg_config --includedir 2>/dev/null || echo /usr/include/postgresql)" -o "$work/pgloop" tests/bench/pgloop.c -lpq || return
	pgbin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -1)
	if [ -n "$pgbin" ]; then
		as_postgres() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
		mkdir "$work/pg" && { [ "$(id -u)" != 0 ] || chown postgres "$work/pg"; }
		as_postgres "$pgbin/initdb" -D "$work/pg/data" -A trust -U postgres >"$work/initdb.log" 2>&1
		stop_postgres() { as_postgres "$pgbin/pg_ctl" -D "$work/pg/data" -m immediate stop >/dev/null 2>&1; }
		as_postgres "$pgbin/pg_ctl" -D "$work/pg/data" -w -o "-p 54329 -c fsync=off -c listen_addresses=127.0.0.1 -c unix_socket_directories=$work/pg" -l "$work/pg/log" start >/dev/null 2>&1 || pgbin=
	fi
	for pin in "" pinned; do
		floor=$($pin "$work/pingpong" "$ROUNDS" 64)
		seam=$($pin "$BUILD/bin/seam" run -q -r "$work/rules.json" -t "$work/run.trace" -- "$work/pgloop" "$ROUNDS" "select 1" "host=db.bench user=u dbname=d sslmode=disable")
		if [ -n "$pgbin" ]; then
			[ -n "$pin" ] && taskset -apc 0 "$(head -1 "$work/pg/data/postmaster.pid")" >/dev/null
			real=$($pin "$work/pgloop" "$ROUNDS" "select 1" "host=127.0.0.1 port=54329 user=postgres dbname=postgres sslmode=disable")
		fi
		echo "postgres select 1, ${pin:-unpinned} (us per round trip)"
		echo "  ping-pong floor   $floor"
		echo "  seam              $seam   $(ratio "$seam" "$floor")x the floor   goal 1.5x"
		[ -z "$pgbin" ] || echo "  PostgreSQL        $real   seam is $(ratio "$seam" "$real")x of it   goal below 1"
	done
	stop_postgres; stop_postgres() { :; }
}

layers() {
	local mode tool pin on off
	for tool in pgloop pgconnect; do
		cc -O2 -D_GNU_SOURCE -I"$(pg_config --includedir 2>/dev/null || echo /usr/include/postgresql)" -o "$work/$tool" tests/bench/$tool.c -lpq || return
	done
	by_libpq() { SEAM_LAYERS=$1 $pin "$BUILD/bin/seam" run -q -r "$work/rules.json" -t "$work/run.trace" -- "${@:2}"; }
	for pin in "" pinned; do
		echo "libpq, ${pin:-unpinned} (us; with seam's layer, through sockets alone)"
		for mode in prefer disable; do
			on=$(by_libpq all "$work/pgconnect" 300 "host=db.bench user=u dbname=d sslmode=$mode")
			off=$(by_libpq socket "$work/pgconnect" 300 "host=db.bench user=u dbname=d sslmode=$mode")
			echo "  connection, sslmode=$mode    $on   $off   $(ratio "$on" "$off")x   goal below 1"
		done
		on=$(by_libpq all "$work/pgloop" "$ROUNDS" "select 1" "host=db.bench user=u dbname=d sslmode=disable")
		off=$(by_libpq socket "$work/pgloop" "$ROUNDS" "select 1" "host=db.bench user=u dbname=d sslmode=disable")
		echo "  select 1   $on   $off   $(ratio "$on" "$off")x   goal at most 1.1x"
	done
}

http() {
	local pin seam real
	command -v wrk >/dev/null && command -v nginx >/dev/null || { echo "http: install wrk and nginx"; return; }
	cat >"$work/nginx.conf" <<-CONF
		worker_processes 1; pid $work/nginx.pid; error_log $work/nginx.err; daemon on;
		events {} http { access_log off; keepalive_requests 100000000; server { listen 127.0.0.1:58080; location / { return 200 "ok\n"; } } }
	CONF
	nginx -p "$work" -c "$work/nginx.conf" 2>/dev/null
	stop_nginx() { kill "$(cat "$work/nginx.pid" 2>/dev/null)" 2>/dev/null; }
	per_second() { awk '/Requests\/sec/ { print $2 }'; }
	for pin in "" pinned; do
		[ -n "$pin" ] && for p in $(pgrep -F "$work/nginx.pid") $(pgrep -P "$(cat "$work/nginx.pid")"); do taskset -pc 0 "$p" >/dev/null; done
		seam=$($pin "$BUILD/bin/seam" run -q -r "$work/rules.json" -t "$work/run.trace" -- wrk -t1 -c8 -d3 http://web.bench/ | per_second)
		real=$($pin wrk -t1 -c8 -d3 http://127.0.0.1:58080/ | per_second)
		echo "http, 8 connections, ${pin:-unpinned} (requests per second)"
		echo "  nginx return 200  $real"
		echo "  seam              $seam   $(ratio "$seam" "$real")x   goal 0.5x now, 1.0x is where we are going"
	done
	stop_nginx; stop_nginx() { :; }
}

memory() {
	local kb
	kb=$(seam_run sh -c 'awk "/VmRSS/ { print \$2 }" /proc/$PPID/status')
	echo "memory: host with two services, resident $kb kB   goal below 10240 kB"
}

for part in $what; do
	$part
done

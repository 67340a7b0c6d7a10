#!/bin/bash
# What the long tests need and no package of this system holds, into BUILD/compat; what cannot be had is
# skipped there. Asks the package source of this machine; run before the tests, which have no network.
#
# usage: tests/compat/fetch.sh BUILD
set -u
to=$1/compat
mkdir -p "$to"

# Debian 11: the oldest glibc that seam runs on (2.31).
bullseye() {
	local mirror
	[ -x "$to/bullseye/usr/bin/psql" ] && return
	[ "$(id -u)" = 0 ] && command -v debootstrap >/dev/null || { echo "fetch: no Debian 11: debootstrap needs root, and to be installed"; return; }
	mirror=$(awk '/^URIs:/{print $2; exit} /^deb /{print $2; exit}' /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null)
	rm -rf "$to/bullseye"
	debootstrap --variant=minbase --include=python3,curl,wget,postgresql-client bullseye "$to/bullseye" ${mirror:+"$mirror"} >"$to/bullseye.log" 2>&1 ||
		{ echo "fetch: no Debian 11: $(tail -1 "$to/bullseye.log")"; rm -rf "$to/bullseye"; }
}

# libuv's own tests, from the source of the package that is installed: apt's lists and pins stay as they are.
libuv() {
	local version lists=$to/libuv-source
	[ -x "$to/libuv/uv_run_tests" ] && return
	command -v cmake >/dev/null || { echo "fetch: no tests of libuv: cmake is not installed"; return; }
	version=$(dpkg-query -W -f '${source:Version}' libuv1 2>/dev/null || dpkg-query -W -f '${source:Version}' libuv1t64 2>/dev/null) || { echo "fetch: no tests of libuv: this is no Debian"; return; }
	rm -rf "$lists"
	mkdir -p "$lists/lists/partial"
	awk '/^Types: deb$/{print "Types: deb-src"; next} {print}' /etc/apt/sources.list.d/debian.sources >"$lists/source.sources" 2>/dev/null
	[ -s "$lists/source.sources" ] || sed -n 's/^deb /deb-src /p' /etc/apt/sources.list >"$lists/source.list" 2>/dev/null
	set -- -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$(cd "$lists" && pwd)" -o "Dir::State::lists=$(cd "$lists" && pwd)/lists" -o APT::Get::List-Cleanup=0
	(cd "$lists" && apt-get "$@" update -q && apt-get "$@" source --download-only -q "libuv1=$version") >"$to/libuv.log" 2>&1 ||
		{ echo "fetch: no tests of libuv: $(tail -1 "$to/libuv.log")"; return; }
	(cd "$lists" && tar xf libuv1_*.orig.tar.* && cd libuv*/ && cmake -B out -DBUILD_TESTING=ON && make -C out -j"$(nproc)" uv_run_tests_a) >>"$to/libuv.log" 2>&1 ||
		{ echo "fetch: no tests of libuv: they do not build: $(tail -1 "$to/libuv.log")"; return; }
	mkdir -p "$to/libuv"
	cp -r "$lists"/libuv*/test "$to/libuv/"
	cp "$lists"/libuv*/out/uv_run_tests_a "$to/libuv/uv_run_tests"
	rm -rf "$lists"
}

bullseye
libuv

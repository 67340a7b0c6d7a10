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

bullseye

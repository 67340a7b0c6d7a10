#!/bin/sh
# Installs the named Debian packages that are missing: with apt as root, otherwise
# prints the one line to run. Called by the Makefile, which has the list. A name that
# begins with ? is wanted, not needed: where it cannot be had, its test is skipped.
set -eu

command -v dpkg-query >/dev/null 2>&1 || {
	echo "deps: this is no Debian; install by your own means what these packages hold:"
	echo "  $*"
	exit 0
}
missing= wanted=
for package in "$@"; do
	optional=
	case $package in \?*) optional=1 package=${package#\?} ;; esac
	case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true) in
	installed) ;;
	*) if [ -n "$optional" ]; then wanted="$wanted $package"; else missing="$missing $package"; fi ;;
	esac
done
[ -n "$missing$wanted" ] || exit 0
if [ "$(id -u)" != 0 ]; then
	[ -n "$missing" ] || exit 0
	echo "deps: packages are missing; run this once, then try again:" >&2
	echo "  sudo apt-get update && sudo apt-get install -y --no-install-recommends$missing" >&2
	exit 1
fi
log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive
apt_install() {
	apt-get install -y -q --no-install-recommends "$@" >"$log" 2>&1
}
# shellcheck disable=SC2086 # a list of words
if [ -n "$missing" ]; then
	echo "deps: installing$missing"
	apt-get update -q >"$log" 2>&1 || true # an old list may do
	if ! apt_install $missing; then
		tail -20 "$log" >&2
		rm -f "$log"
		exit 1
	fi
fi
for package in $wanted; do
	apt_install "$package" || echo "deps: $package cannot be installed here; its test is skipped"
done
rm -f "$log"

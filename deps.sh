#!/bin/sh
# Installs the named Debian packages that are missing: with apt as root, otherwise
# prints the one line to run. Called by the Makefile, which has the list.
set -eu

command -v dpkg-query >/dev/null 2>&1 || {
	echo "deps: this is no Debian; install by your own means what these packages hold:"
	echo "  $*"
	exit 0
}
missing=
for package in "$@"; do
	case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true) in
	installed) ;;
	*) missing="$missing $package" ;;
	esac
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ]; then
	echo "deps: packages are missing; run this once, then try again:" >&2
	echo "  sudo apt-get update && sudo apt-get install -y --no-install-recommends$missing" >&2
	exit 1
fi
echo "deps: installing$missing"
log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # a list of words
if ! { apt-get update -q && apt-get install -y -q --no-install-recommends $missing; } >"$log" 2>&1; then
	tail -20 "$log" >&2
	rm -f "$log"
	exit 1
fi
rm -f "$log"

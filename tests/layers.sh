#!/bin/sh
# Checks that includes only point down the house: see docs/house.md for the reasons.
# Prints each include that does not, and exits 1 when there is one.
set -u
cd "$(dirname "$0")/.." || exit 2

# folder, then what it may include
rules='
shim            shim wire
src/base        base
src/wire        wire
src/port        port base
src/codec       codec port base
src/service     service codec port base
src/rule        rule port base
src/trace       trace port base
src/check       check rule trace port base
src/host        host check trace rule service codec port wire base
tools           check trace rule host service port base
'
bad=0
echo "$rules" | while read -r folder allowed; do
	[ -n "$folder" ] || continue
	find "$folder" -name '*.[ch]' -o -name '*.def' 2>/dev/null | grep "^$folder/" | while read -r file; do
		sed -n 's/^#[ ]*include "\([^"]*\)".*/\1/p' "$file" | while read -r header; do
			case $header in
			*/*) to=${header%%/*} ;;
			*) continue ;; # of the same folder
			esac
			case " $allowed " in
			*" $to "*) ;;
			*) echo "$file: includes \"$header\", but $folder may only include: $allowed" ;;
			esac
			# a service knows service.h and its own folder, never another service
			case $file in
			src/service/*/*)
				own=${file#src/service/}; own=${own%%/*}
				case $header in
				service/service.h | service/"$own"/*) ;;
				service/*) echo "$file: includes \"$header\" of another service" ;;
				esac ;;
			esac
			# tools see the host's public face only
			case $file:$header in
			tools/*:host/host.h) ;;
			tools/*:host/*) echo "$file: includes \"$header\"; tools see host/host.h only" ;;
			esac
		done
	done
done >"${TMPDIR:-/tmp}/layers.$$"
if [ -s "${TMPDIR:-/tmp}/layers.$$" ]; then
	cat "${TMPDIR:-/tmp}/layers.$$"
	bad=1
fi
rm -f "${TMPDIR:-/tmp}/layers.$$"
[ $bad = 0 ] && echo "layers: every include points down"
exit $bad

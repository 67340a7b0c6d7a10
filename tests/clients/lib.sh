# What client tests share; sourced by each of them with its own folder as cwd.
#
#	. "$(dirname "$0")/../lib.sh"
#
# Sets WORK, a folder that is removed at the end, and TRACE, where `under`
# writes. A test fails by any failing command.
set -eu
cd "$(dirname "$0")"
BUILD=${BUILD:-$(cd ../../.. && pwd)/build}
SEAM=$BUILD/bin/seam
WORK=$(mktemp -d)
TRACE=$WORK/run.trace
RULES=rules.json
trap 'rm -rf "$WORK"' EXIT

# need COMMAND...: skips the test when one of them is not installed.
need() {
	for command in "$@"; do
		command -v "$command" >/dev/null 2>&1 || skip "$command is not installed"
	done
}

skip() {
	echo "$*"
	exit 77
}

fail() {
	echo "$*" >&2
	[ ! -f "$TRACE" ] || tail -n 12 "$TRACE" | cut -c1-300 >&2
	exit 1
}

# python_with MODULE: sets PYTHON to an interpreter that has it.
python_with() {
	for PYTHON in /usr/bin/python3 python3; do
		"$PYTHON" -c "import $1" 2>/dev/null || continue
		PYTHON=$("$PYTHON" -c 'import sys; print(sys.executable)')
		return
	done
	skip "python3 has no module $1"
}

# under COMMAND...: runs it under seam.
under() {
	"$SEAM" run -q -r "$RULES" -t "$TRACE" -- "$@"
}

# same WHAT GOT WANTED
same() {
	[ "$2" = "$3" ] || fail "$1: got \"$2\", wanted \"$3\""
}

# asked N KIND SUM: the trace holds N events of that kind and summary, all
# answered well.
asked() {
	count=$(grep "^{\"k\":\"$2\"" "$TRACE" | grep -F "\"sum\":\"$3\"" | grep -c '"ok":true' || true)
	same "events $2 \"$3\"" "$count" "$1"
}

# No request was left without an answer, and every process was seen; with the
# layers off no library call was.
clean() {
	if [ "${SEAM_LAYERS:-}" = socket ] && grep -q '^{"k":"call"' "$TRACE"; then
		fail "a layer is on"
	fi
	grep -q '^{"k":"seam.end".*"unmatched":0,.*"unshimmed":\[\]' "$TRACE" || fail "the run was not clean"
}

#!/bin/sh
# Nightly export: events from the warehouse to the lake, and a word in Slack.
#
#   PGHOST, PGUSER, ...   where the warehouse is (libpq's own variables)
#   LAKE                  where the clean file goes
#   SLACK                 the incoming webhook
set -u

: "${PGHOST:=warehouse.prod.internal}" "${PGUSER:=etl}" "${PGDATABASE:=analytics}"
: "${LAKE:=https://lake.s3.amazonaws.com/clean/events.csv}"
: "${SLACK:=https://hooks.slack.com/services/T024BE7LD/B0ABCDEFG/q1w2e3r4t5y6u7i8o9p0}"
: "${AWS_ACCESS_KEY_ID:=AKIAIOSFODNN7EXAMPLE}" "${AWS_SECRET_ACCESS_KEY:=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY}"
export PGHOST PGUSER PGDATABASE

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

say() {
	curl -sS --fail -o /dev/null -H 'Content-Type: application/json' --data "{\"text\": \"$1\"}" "$SLACK"
}

fail() {
	say "FAILURE: $1"
	echo "pipeline: $1" >&2
	exit 1
}

psql -X -q -v ON_ERROR_STOP=1 \
	-c "\\copy (select id, user_id, event_type, happened_at from events order by id) to '$work/raw.csv' csv header" ||
	fail "the source could not be read"

rows=$(python3 "$here/transform.py" "$work/raw.csv" "$work/clean.csv") || fail "the rows could not be cleaned"

curl -sS --fail -o /dev/null --aws-sigv4 aws:amz:us-east-1:s3 --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \
	-H 'Content-Type: text/csv' --upload-file "$work/clean.csv" "$LAKE" ||
	fail "the lake did not take the file"

say "ingested $rows rows"

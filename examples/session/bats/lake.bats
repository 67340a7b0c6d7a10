#!/usr/bin/env bats
# One session for the file, back to the seed for every test.

setup_file() {
	SEAM_SESSION=$(seam session start -r "$BATS_TEST_DIRNAME/../rules.json" --owner $PPID)
	export SEAM_SESSION
}

teardown_file() {
	seam session stop
}

setup() {
	seam session begin "$BATS_TEST_DESCRIPTION"
}

teardown() {
	seam session end
	seam session reset
}

@test "an upload is in the lake" {
	seam run -- curl -sSf -X PUT -d hello http://raw.s3.amazonaws.com/greeting
	run seam session state lake --key greeting
	[[ "$output" == *'"text": "hello"'* ]]
}

@test "the next test does not see it" {
	run seam session state lake
	[[ "$output" == *seed.txt* && "$output" != *greeting* ]]
}

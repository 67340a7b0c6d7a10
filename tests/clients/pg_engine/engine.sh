# What the tests of this folder share; sourced by each of them. A program runs over the fake's own SQL
# engine, and once more over a real PostgreSQL without seam: what it prints must be the same.
. "$(dirname "$0")/../lib.sh"
export PGHOST=db.client.test PGPORT=5432 PGUSER=postgres PGDATABASE=postgres PGSSLMODE=disable PGCONNECT_TIMEOUT=20
# Packages that are fetched once, into the build tree.
FETCHED=$BUILD/clients-sql

under() {
	# shellcheck disable=SC2086
	"$SEAM" run -q ${FLAGS:-} -r "$RULES" -t "$TRACE" -- "$@"
}

# both COMMAND...: its output must not depend on who answers; the fake's stays in $WORK/fake. With the
# layers off PostgreSQL is not asked a second time.
both() {
	under "$@" >"$WORK/fake" 2>&1 || fail "over the fake: exit $?: $(tail -n 40 "$WORK/fake")"
	[ -s "$WORK/fake" ] || fail "the program printed nothing"
	[ "${SEAM_LAYERS:-}" != socket ] || return 0
	status=0
	BUILD=$BUILD ./with_postgres.py "$@" >"$WORK/real" 2>&1 || status=$?
	[ "$status" != 77 ] || return 0
	[ "$status" = 0 ] || fail "over PostgreSQL: exit $status: $(tail -n 40 "$WORK/real")"
	diff "$WORK/real" "$WORK/fake" >"$WORK/diff" || fail "PostgreSQL (<) and the fake (>) differ: $(head -n 80 "$WORK/diff")"
}

# python_packages NAME...: PYTHON is one of a virtual environment that has them, from PyPI; one
# environment for the whole folder.
python_packages() {
	python_with venv
	VENV=$FETCHED/python
	if [ ! -e "$VENV/done" ]; then
		rm -rf "$VENV"
		mkdir -p "$FETCHED"
		{ "$PYTHON" -m venv "$VENV" && timeout 100 "$VENV/bin/pip" install -q --disable-pip-version-check --prefer-binary \
			psycopg2-binary 'psycopg[binary]' asyncpg 'sqlalchemy>=2,<3' 'alembic>=1.13' 'django>=5.1,<6' \
			'dbt-core~=1.9.0' 'dbt-postgres~=1.9.0' && touch "$VENV/done"; } >"$WORK/venv.log" 2>&1 ||
			skip "no packages from PyPI: $(tail -n 1 "$WORK/venv.log" | cut -c1-120)"
	fi
	PYTHON=$VENV/bin/python
	for module in "$@"; do
		"$PYTHON" -c "import $module" 2>/dev/null || skip "the virtual environment has no $module"
	done
}

# once: the sockets alone are what the lighter tests of this folder go through.
once() {
	[ "${SEAM_LAYERS:-}" != socket ] || skip "its driver goes through sockets alone in another test"
}

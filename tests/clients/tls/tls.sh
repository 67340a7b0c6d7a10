# What the tests of this folder share; sourced by each of them.
. "$(dirname "$0")/../lib.sh"
SITE=https://site.client.test
# Packages that are fetched once, into the build tree.
FETCHED=$BUILD/clients-tls

# OTHER: the root certificate of an authority that is not the run's, for those who name one explicitly.
other_authority() {
	need openssl
	OTHER=$WORK/other.pem
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -subj "/CN=somebody else" \
		-days 2 -out "$OTHER" 2>/dev/null
}

# bare_trust COMMAND...: under seam, without any variable that names a bundle.
bare_trust() {
	under env -u SSL_CERT_FILE -u CURL_CA_BUNDLE -u REQUESTS_CA_BUNDLE -u AWS_CA_BUNDLE -u NODE_EXTRA_CA_CERTS -u GIT_SSL_CAINFO \
		-u PERL_LWP_SSL_CA_FILE -u PIP_CERT "$@"
}

# refuses ALERT NAME COMMAND...: the command fails, and the event says so, with the alert (a regular
# expression; EOF: the client left without one).
refuses() {
	alert=$1 name=$2
	shift 2
	if under "$@" >"$WORK/refused.out" 2>&1; then
		fail "$name was accepted: $(cat "$WORK/refused.out")"
	fi
	grep '^{"k":"tls"' "$TRACE" | grep "\"sum\":\"handshake $name:" | grep -Eq "\"ok\":false,\"err\":\"($alert)\"" ||
		fail "$name: no event that says $alert"
	! grep -q '"k":"http"' "$TRACE" || fail "$name: a request came through"
}

# python_packages NAME...: PYTHON is one of a virtual environment that has them, from PyPI.
python_packages() {
	python_with venv
	VENV=$FETCHED/python
	if [ ! -e "$VENV/done" ]; then
		rm -rf "$VENV"
		mkdir -p "$FETCHED"
		{ "$PYTHON" -m venv "$VENV" && timeout 100 "$VENV/bin/pip" install -q --disable-pip-version-check \
			requests certifi httpx aiohttp psycopg2-binary && touch "$VENV/done"; } >"$WORK/venv.log" 2>&1 ||
			skip "no packages from PyPI: $(tail -n 1 "$WORK/venv.log" | cut -c1-120)"
	fi
	PYTHON=$VENV/bin/python
	for module in "$@"; do
		"$PYTHON" -c "import $module" 2>/dev/null || skip "the virtual environment has no $module"
	done
}

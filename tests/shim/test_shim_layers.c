/* The libpq and libcurl layers and OpenSSL's trust, with the real libraries. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fakehost.h"
#include "suites.h"

#define PYTHON "/usr/bin/python3"

static struct fakehost *h;

static void up(void)
{
	h = fakehost_start();
	fakehost_endpoint(h, fakehost_name(h, "db.prod"), WIRE_TCP, 80, 0);
}

static void down(void)
{
	fakehost_stop(h);
}

#define PRINTS(expected, ...) ck_assert_str_eq(fakehost_run(h, "prog_layers", __VA_ARGS__, NULL), expected)

static const struct frame *nth_call(int nth, const char *function, const char *library, const char *object)
{
	const struct frame *f = fakehost_frame(h, WIRE_CALL, nth);

	ck_assert_str_eq(fakehost_string(f, 0), function);
	ck_assert_msg(strncmp(fakehost_string(f, 1), library, strlen(library)) == 0, "library %s", fakehost_string(f, 1));
	ck_assert_msg(strncmp(fakehost_string(f, 2), object, strlen(object)) == 0, "object %s", fakehost_string(f, 2));
	return f;
}

START_TEST(libpq_calls_are_told_and_run_for_real)
{
	const struct frame *f;

	PRINTS("status bad\nPQexec NULL\n", "pq", "host=127.64.16.1 port=1 password=pw");
	ck_assert_int_eq(fakehost_count(h, WIRE_CALL), 2); /* what is asked of the server has events of its own */
	ck_assert_int_eq(fakehost_count(h, WIRE_HANDLES), 1);
	fakehost_forget(h);
	h->page->ask[LAYER_PQexec] = 1;
	PRINTS("status bad\nPQexec NULL\n", "pq", "host=127.64.16.1 port=1 password=pw");
	ck_assert_int_eq(fakehost_count(h, WIRE_CALL), 3); /* and none for what libpq calls inside itself */
	f = nth_call(0, "PQconnectdb", "libpq.so", "prog_layers");
	ck_assert_uint_eq(f->u.call.function, UINT32_MAX);
	ck_assert_uint_eq(f->u.call.nargs, 1);
	ck_assert_mem_eq(fakehost_bytes(f, 3), "host=127.64.16.1 port=1 password=pw", 35);
	ck_assert_int_eq(f->u.call.result.kind, WIRE_POINTER);
	ck_assert_uint_gt(f->u.call.duration_ns, 0);
	ck_assert_uint_gt(f->u.call.caller_offset, 0);
	ck_assert_uint_lt(f->u.call.caller_offset, 1 << 20);
	f = nth_call(1, "PQexec", "libpq.so", "prog_layers");
	ck_assert_mem_eq(fakehost_bytes(f, 3), "select 1", 8);
	ck_assert_int_eq(f->u.call.result.kind, WIRE_NULL);
	ck_assert_int_eq(nth_call(2, "PQfinish", "libpq.so", "prog_layers")->u.call.result.kind, WIRE_VOID);
	/* the attempt itself went through connect() */
	ck_assert_uint_eq(fakehost_frame(h, WIRE_CONNECT, 0)->u.connect.outcome, WIRE_REFUSED);
}
END_TEST

START_TEST(parameters_become_one_connection_string)
{
	static const char as_text[] = "host=127.64.16.1 port=1 password='it\\'s a secret' dbname=''";
	const struct frame *f;

	h->page->ask[LAYER_PQexecParams] = 1;
	PRINTS("status bad\nstatus bad\n", "pq-params");
	f = nth_call(0, "PQconnectdbParams", "libpq.so", "prog_layers");
	ck_assert_uint_eq(f->u.call.args[0].len, sizeof(as_text) - 1);
	ck_assert_mem_eq(fakehost_bytes(f, 3), as_text, sizeof(as_text) - 1);
	f = nth_call(1, "PQexecParams", "libpq.so", "prog_layers");
	ck_assert_uint_eq(f->u.call.nargs, 5);
	ck_assert_int_eq(f->u.call.args[2].kind, WIRE_STRING);
	ck_assert_int_eq(f->u.call.args[3].kind, WIRE_NULL);
	ck_assert_int_eq(f->u.call.args[4].kind, WIRE_BUFFER);
	ck_assert_mem_eq(fakehost_bytes(f, 3), "select $1, $2, $3one\0\1\2", 23);
	f = nth_call(3, "PQsetdbLogin", "libpq.so", "prog_layers");
	ck_assert_mem_eq(fakehost_bytes(f, 3), "host=127.64.16.1 port=1 dbname=db user=me password=pw", 53);
}
END_TEST

START_TEST(a_rule_returns_a_library_failure)
{
	memset(h->page->ask, 1, sizeof(h->page->ask));
	h->call_is = (struct wire_call_is){ .answered = 1, .result = { .kind = WIRE_NULL } };
	PRINTS("PQconnectdb gave NULL\n", "pq", "host=127.64.16.1");
	PRINTS("curl_easy_init gave NULL\n", "curl", "http://127.64.16.1/");
	ck_assert_int_eq(fakehost_count(h, WIRE_CALL), 0);
	ck_assert_int_eq(fakehost_count(h, WIRE_CONNECT), 0);
	h->call_is.answered = 0;
	PRINTS("status bad\nPQexec NULL\n", "pq", "host=127.64.16.1 port=1");
	ck_assert_int_eq(fakehost_count(h, WIRE_CALL), 4); /* PQclear too: a rule asks about it */
}
END_TEST

START_TEST(libcurl_calls_are_told_and_a_transfer_can_fail_at_once)
{
	const struct frame *f;

	PRINTS("perform 1\n", "curl", "http://db.prod/"); /* CURLE_UNSUPPORTED_PROTOCOL: "here is ..." is HTTP/0.9 */
	f = nth_call(1, "curl_easy_perform", "libcurl.so", "prog_layers");
	ck_assert_int_eq(f->u.call.result.kind, WIRE_INT);
	ck_assert_int_eq(f->u.call.result.v.i, 1);
	ck_assert_int_eq(nth_call(0, "curl_easy_init", "libcurl.so", "prog_layers")->u.call.result.kind, WIRE_POINTER);
	nth_call(2, "curl_easy_cleanup", "libcurl.so", "prog_layers");
}
END_TEST

START_TEST(layers_off_leaves_only_sockets)
{
	static const char *const env[] = { "SEAM_LAYERS=socket", NULL };

	h->extra_env = env;
	PRINTS("status bad\nPQexec NULL\n", "pq", "host=127.64.16.1 port=1");
	PRINTS("perform 1\n", "curl", "http://db.prod/");
	ck_assert_int_eq(fakehost_count(h, WIRE_CALL), 0);
	ck_assert_int_eq(fakehost_count(h, WIRE_CONNECT), 2);
	h->extra_env = NULL;
	h->page->layers = PAGE_LAYER_LIBCURL;
	PRINTS("status bad\nPQexec NULL\n", "pq", "host=127.64.16.1 port=1");
	ck_assert_int_eq(fakehost_count(h, WIRE_CALL), 0);
}
END_TEST

static void make_ca(char path[160])
{
	char command[512];

	snprintf(path, 160, "%s/ca.pem", h->dir);
	snprintf(command, sizeof(command),
		 "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -subj /CN=t -days 2 "
		 "-out %s 2>/dev/null",
		 path);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(openssl_trusts_the_runs_ca)
{
	static const char *const env[] = { "SEAM_LAYERS=socket", NULL };

	PRINTS("0 certificates, error queue clean\n", "ssl");
	strcpy(h->page->authority, "/nowhere/ca.pem");
	PRINTS("0 certificates, error queue clean\n", "ssl");
	make_ca(h->page->authority);
	PRINTS("1 certificates, error queue clean\n", "ssl");
	h->extra_env = env;
	PRINTS("1 certificates, error queue clean\n", "ssl");
}
END_TEST

static const char *python(const char *code)
{
	return fakehost_run(h, PYTHON, "-c", code, NULL);
}

START_TEST(a_libpq_that_python_loaded_for_itself_is_found)
{
	const char *out;

	if (strstr(python("import psycopg2"), "Error"))
		return; /* this machine has no psycopg2 */
	fakehost_forget(h);
	out = python("import psycopg2\n"
		     "try: psycopg2.connect('host=db.prod port=80 user=u')\n"
		     "except psycopg2.OperationalError as e: print(e)\n");
	ck_assert_msg(strstr(out, "received invalid response to SSL negotiation: h") != NULL, "printed: %s", out);
	ck_assert_int_gt(fakehost_count(h, WIRE_CALL), 0);
	for (int i = 0; i < fakehost_count(h, WIRE_CALL); i++) {
		const struct frame *f = fakehost_frame(h, WIRE_CALL, i);

		ck_assert_ptr_nonnull(strstr(fakehost_string(f, 1), "libpq"));
		ck_assert_ptr_nonnull(strstr(fakehost_string(f, 2), "_psycopg"));
	}
}
END_TEST

START_TEST(python_finds_the_runs_ca_and_the_doors_by_dlsym)
{
	const char *out;

	if (access(PYTHON, X_OK) != 0)
		return;
	make_ca(h->page->authority);
	out = python("import ssl; print(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).cert_store_stats()['x509'])");
	ck_assert_str_eq(out, "1\n");
	/* ctypes asks libc itself for connect: refused all the same */
	out = python("import ctypes, socket, struct\n"
		     "s = socket.socket()\n"
		     "a = struct.pack('=HH4s8x', 2, socket.htons(80), socket.inet_aton('203.0.113.9'))\n"
		     "libc = ctypes.CDLL('libc.so.6', use_errno=True)\n"
		     "print(libc.connect(s.fileno(), a, 16), ctypes.get_errno())\n");
	ck_assert_str_eq(out, "-1 111\n");
	ck_assert_uint_eq(fakehost_frame(h, WIRE_CONNECT, 0)->u.connect.outcome, WIRE_REFUSED);
}
END_TEST

/* A store of a program's own, which shall hold its own roots alone, trusts the run's CA too. */
START_TEST(stores_and_trust_lists_of_the_programs_own_trust_the_runs_ca)
{
	const char *out;

	if (access(PYTHON, X_OK) != 0)
		return;
	make_ca(h->page->authority);
	out = python("import ctypes as c\n"
		     "crypto = c.CDLL('libcrypto.so.3')\n"
		     "for f in crypto.X509_STORE_new, crypto.X509_STORE_get0_objects: f.restype = c.c_void_p\n"
		     "print(crypto.OPENSSL_sk_num(c.c_void_p(crypto.X509_STORE_get0_objects(c.c_void_p(crypto.X509_STORE_new())))))\n");
	if (!strstr(out, "OSError"))
		ck_assert_str_eq(out, "1\n");
	out = python("import ctypes as c\n"
		     "tls = c.CDLL('libgnutls.so.30')\n"
		     "def count(trusted):\n"
		     "    at, ca, n = c.c_void_p(), c.c_void_p(), 0\n"
		     "    while tls.gnutls_x509_trust_list_iter_get_ca(trusted, c.byref(at), c.byref(ca)) == 0: n += 1\n"
		     "    return n\n"
		     "credentials, of_credentials, own = c.c_void_p(), c.c_void_p(), c.c_void_p()\n"
		     "assert tls.gnutls_certificate_allocate_credentials(c.byref(credentials)) == 0\n"
		     "tls.gnutls_certificate_get_trust_list(credentials, c.byref(of_credentials))\n"
		     "assert tls.gnutls_x509_trust_list_init(c.byref(own), 0) == 0\n"
		     "print(count(of_credentials), count(own))\n");
	if (!strstr(out, "OSError"))
		ck_assert_str_eq(out, "1 1\n");
}
END_TEST

START_TEST(a_missing_library_is_the_natural_failure)
{
	const char *out;

	if (access(PYTHON, X_OK) != 0)
		return;
	/* the symbol is there, by the shim; what it stands for is not */
	out = python("import ctypes\n"
		     "f = ctypes.CDLL(None)\n"
		     "f.curl_easy_init.restype = ctypes.c_void_p\n"
		     "print(f.curl_easy_init(), f.curl_easy_perform(None))\n");
	ck_assert_str_eq(out, "None 2\n");
}
END_TEST

SUITE_BEGIN(shim_layers)
	tcase_add_checked_fixture(tc, up, down);
	SUITE_TEST(libpq_calls_are_told_and_run_for_real);
	SUITE_TEST(parameters_become_one_connection_string);
	SUITE_TEST(a_rule_returns_a_library_failure);
	SUITE_TEST(libcurl_calls_are_told_and_a_transfer_can_fail_at_once);
	SUITE_TEST(layers_off_leaves_only_sockets);
	SUITE_TEST(openssl_trusts_the_runs_ca);
	SUITE_TEST(a_libpq_that_python_loaded_for_itself_is_found);
	SUITE_TEST(python_finds_the_runs_ca_and_the_doors_by_dlsym);
	SUITE_TEST(stores_and_trust_lists_of_the_programs_own_trust_the_runs_ca);
	SUITE_TEST(a_missing_library_is_the_natural_failure);
SUITE_END

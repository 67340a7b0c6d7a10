/* Handshakes in memory between the authority and a client that checks everything. */
#include "host/authority.h"
#include "host/truststore.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "suites.h"

static struct authority *authority;
static SSL_CTX *context;
static char folder[] = "/tmp/seam-authority-XXXXXX";
static char bundle[64];

static struct authority_client told;
static char heard_name[300], heard_alpn[300];
static int hellos;

static void on_hello(struct authority_client *c, struct slice name, struct slice alpn)
{
	hellos++;
	snprintf(heard_name, sizeof(heard_name), "%s%.*s", name.ptr ? "" : "none", SLICE_ARG(name));
	snprintf(heard_alpn, sizeof(heard_alpn), "%s%.*s", alpn.ptr ? "" : "none", SLICE_ARG(alpn));
	c->certificate = told.certificate;
	c->alert = told.alert;
	c->wait = told.wait;
}

static void up(void)
{
	struct err err;

	strcpy(strrchr(folder, '-'), "-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(bundle, sizeof(bundle), "%s/ca.pem", folder);
	ck_assert_int_eq(authority_new(&authority, &err), 0);
	ck_assert_int_eq(truststore_write_pem(bundle, authority_certificate(authority), false, &err), 0);
	context = SSL_CTX_new(TLS_client_method());
	ck_assert_int_eq(SSL_CTX_load_verify_locations(context, bundle, NULL), 1);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	/* as Python does by default from 3.13 on */
	X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_X509_STRICT | X509_V_FLAG_PARTIAL_CHAIN);
	told = (struct authority_client){ .alert = TLS_ALERT_NONE };
	hellos = 0;
}

static void down(void)
{
	SSL_CTX_free(context);
	authority_free(authority);
	unlink(bundle);
	rmdir(folder);
}

struct pair {
	SSL *client, *server;
	struct authority_client c;
};

/* `name` NULL: the client names nobody, and checks nothing but the chain. */
static void begin(struct pair *p, const char *name, const char *checked, int version)
{
	BIO *one, *other;

	p->c = (struct authority_client){ .fallback = "fallback.test", .hello = on_hello, .alert = TLS_ALERT_NONE, .got_alert = TLS_ALERT_NONE };
	p->server = authority_serve(authority, &p->c);
	p->client = SSL_new(context);
	SSL_set_max_proto_version(p->client, version);
	if (name)
		SSL_set_tlsext_host_name(p->client, name);
	if (checked)
		X509_VERIFY_PARAM_set1_host(SSL_get0_param(p->client), checked, 0);
	BIO_new_bio_pair(&one, 0, &other, 0);
	SSL_set_bio(p->client, one, one);
	SSL_set_bio(p->server, other, other);
	SSL_set_connect_state(p->client);
}

/* True when both ends say so. */
static bool shake(struct pair *p)
{
	int a = 0, b = 0;

	for (int i = 0; i < 20 && (a != 1 || b != 1); i++) {
		if (a != 1)
			a = SSL_do_handshake(p->client);
		if (b != 1)
			b = SSL_do_handshake(p->server);
	}
	ERR_clear_error();
	return a == 1 && b == 1;
}

static void end(struct pair *p)
{
	SSL_free(p->client);
	SSL_free(p->server);
}

START_TEST(a_name_gets_its_certificate)
{
	static const unsigned char alpn[] = "\x02h2\x08http/1.1";
	struct pair p;

	begin(&p, "db.prod.test", "db.prod.test", TLS1_3_VERSION);
	SSL_set_alpn_protos(p.client, alpn, sizeof(alpn) - 1);
	ck_assert(shake(&p));
	ck_assert_str_eq(heard_name, "db.prod.test");
	ck_assert_str_eq(heard_alpn, "h2,http/1.1");
	ck_assert_int_eq(hellos, 1);
	end(&p);
	begin(&p, NULL, "fallback.test", TLS1_3_VERSION);
	ck_assert(shake(&p));
	ck_assert_str_eq(heard_name, "none");
	ck_assert_str_eq(heard_alpn, "none");
	end(&p);
}
END_TEST

/* A common name holds 64 characters, a name 253: longer ones stand in the alternative names alone. */
START_TEST(long_names_and_addresses_get_theirs)
{
	char name[260] = "";
	struct pair p;

	while (strlen(name) < 230)
		strcat(name, "a-rather-long-label.");
	strcat(name, "test");
	begin(&p, name, name, TLS1_3_VERSION);
	ck_assert(shake(&p));
	end(&p);
	for (int i = 0; i < 2; i++) {
		const char *ip = i ? "2001:db8::7" : "192.0.2.7";
		begin(&p, NULL, NULL, TLS1_3_VERSION);
		p.c.fallback = ip;
		X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(p.client), ip);
		ck_assert(shake(&p));
		end(&p);
	}
}
END_TEST

START_TEST(the_year_does_not_matter)
{
	for (int years = -15; years <= 15; years += 15) {
		struct pair p;
		begin(&p, "db.test", "db.test", TLS1_3_VERSION);
		X509_VERIFY_PARAM_set_time(SSL_get0_param(p.client), time(NULL) + years * 365L * 24 * 60 * 60);
		ck_assert(shake(&p));
		end(&p);
	}
}
END_TEST

START_TEST(flawed_certificates_are_refused_for_their_flaw)
{
	static const struct {
		enum tls_certificate flaw;
		long code;
		int alert;
	} rows[] = {
		{ TLS_GOOD, X509_V_OK, TLS_ALERT_NONE },
		{ TLS_EXPIRED, X509_V_ERR_CERT_HAS_EXPIRED, 45 },
		{ TLS_NOT_YET_VALID, X509_V_ERR_CERT_NOT_YET_VALID, 42 },
		{ TLS_WRONG_NAME, X509_V_ERR_HOSTNAME_MISMATCH, 42 },
		{ TLS_UNTRUSTED, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, 48 },
		{ TLS_SELF_SIGNED, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, 48 },
	};

	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++)
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			struct pair p;
			told.certificate = rows[i].flaw;
			begin(&p, "db.test", "db.test", version);
			ck_assert_int_eq(shake(&p), rows[i].flaw == TLS_GOOD);
			ck_assert_int_eq(SSL_get_verify_result(p.client), rows[i].code);
			ck_assert_int_eq(p.c.got_alert, rows[i].alert);
			end(&p);
		}
}
END_TEST

START_TEST(an_alert_takes_the_place_of_the_answer)
{
	struct pair p;

	told.alert = tls_alert_by_name("unrecognized_name");
	begin(&p, "db.test", NULL, TLS1_3_VERSION);
	ck_assert_int_eq(SSL_do_handshake(p.client), -1);
	ck_assert_int_eq(SSL_do_handshake(p.server), -1);
	ERR_clear_error();
	ck_assert_int_eq(SSL_do_handshake(p.client), -1);
	ck_assert_int_eq(ERR_GET_REASON(ERR_peek_error()), SSL_R_TLSV1_UNRECOGNIZED_NAME);
	ERR_clear_error();
	end(&p);
}
END_TEST

START_TEST(a_handshake_that_waits_goes_on)
{
	struct pair p;

	told.wait = true;
	begin(&p, "db.test", "db.test", TLS1_3_VERSION);
	ck_assert(!shake(&p));
	ck_assert_int_eq(SSL_get_error(p.server, SSL_do_handshake(p.server)), SSL_ERROR_WANT_CLIENT_HELLO_CB);
	p.c.wait = false;
	ck_assert(shake(&p));
	ck_assert_int_eq(hellos, 1);
	end(&p);
}
END_TEST

SUITE_BEGIN(authority)
	tcase_add_checked_fixture(tc, up, down);
	SUITE_TEST(a_name_gets_its_certificate);
	SUITE_TEST(long_names_and_addresses_get_theirs);
	SUITE_TEST(the_year_does_not_matter);
	SUITE_TEST(flawed_certificates_are_refused_for_their_flaw);
	SUITE_TEST(an_alert_takes_the_place_of_the_answer);
	SUITE_TEST(a_handshake_that_waits_goes_on);
SUITE_END

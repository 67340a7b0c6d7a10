/* Passwords: the exchanges of RFC 7677 and of pg_hba.conf's md5 and password. */
#include <string.h>

#include "service/pg/pg_auth.h"
#include "suites.h"

struct exchange {
	struct pg_auth auth;
	struct arena arena;
	struct buf out;
	struct sql_error *e;
};

static void begin(struct exchange *x, enum pg_auth_method method, const char *user, const char *password)
{
	memset(x, 0, sizeof(*x));
	arena_init(&x->arena);
	buf_init(&x->out, 64 * 1024);
	pg_auth_init(&x->auth, method, 7);
	pg_auth_begin(&x->auth, user, password, &x->out);
}

static void end(struct exchange *x)
{
	pg_auth_release(&x->auth);
	buf_release(&x->out);
	arena_release(&x->arena);
}

static enum pg_auth_end step(struct exchange *x, struct slice body)
{
	buf_reset(&x->out);
	return pg_auth_step(&x->auth, body, &x->arena, &x->out, &x->e);
}

/* The example of RFC 7677 section 3, with its salt and the server's part of its nonce. */
START_TEST(scram_runs_the_exchange_of_the_rfc)
{
	static const unsigned char salt[16] = { 0x5b, 0x6d, 0x99, 0x68, 0x9d, 0x12, 0x35, 0x8e, 0xec, 0xa0, 0x4b, 0x14, 0x12, 0x36, 0xfa, 0x81 };
	struct exchange x;

	begin(&x, PG_AUTH_SCRAM, "user", "pencil");
	memcpy(x.auth.salt, salt, sizeof(salt));
	memcpy(x.auth.nonce, "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", 31);
	ck_assert_int_eq(step(&x, SLICE_LIT("SCRAM-SHA-256\0\0\0\0\x20n,,n=user,r=rOprNGfwEbeRWgbNEkqO")), PG_AUTH_MORE);
	static const char asks[] = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
	ck_assert_uint_eq(x.out.len, 9 + sizeof(asks) - 1);
	ck_assert(memcmp(x.out.ptr + 9, asks, sizeof(asks) - 1) == 0);
	ck_assert_int_eq(step(&x, SLICE_LIT("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
					    "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")), PG_AUTH_OK);
	static const char proves[] = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";
	ck_assert_uint_eq(x.out.len, 9 + sizeof(proves) - 1);
	ck_assert(memcmp(x.out.ptr + 9, proves, sizeof(proves) - 1) == 0);
	end(&x);
}
END_TEST

START_TEST(scram_refuses_what_does_not_fit)
{
	const struct {
		struct slice first, proof; /* proof ptr NULL: the first is refused */
		const char *sqlstate;
	} rows[] = {
		{ SLICE_LIT(""), { 0 }, "08P01" },
		{ SLICE_LIT("SCRAM-SHA-256\0\0\0\0\xffn,,n=,r=a"), { 0 }, "08P01" },
		{ SLICE_LIT("SCRAM-SHA-256-PLUS\0\0\0\0\x09n,,n=,r=a"), { 0 }, "08P01" },
		{ SLICE_LIT("SCRAM-SHA-256\0\0\0\0\x09x,,n=,r=a"), { 0 }, "08P01" },
		{ SLICE_LIT("SCRAM-SHA-256\0\0\0\0\x0an,a=b,n=,r"), { 0 }, "0A000" },
		{ SLICE_LIT("SCRAM-SHA-256\0\0\0\0\x07n,,n=,r"), { 0 }, "08P01" },
		{ SLICE_LIT("SCRAM-SHA-256\0\0\0\0\x02n,"), { 0 }, "08P01" },
		{ SLICE_LIT("SCRAM-SHA-256\0\0\0\0\x0bn,,n=u,r=ab"), SLICE_LIT("c=biws,r=other,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="), "08P01" },
		{ SLICE_LIT("SCRAM-SHA-256\0\0\0\0\x0bn,,n=u,r=ab"), SLICE_LIT("r=ab"), "08P01" },
		{ SLICE_LIT("SCRAM-SHA-256\0\0\0\0\x0bn,,n=u,r=ab"), SLICE_LIT("c=biws,r=abN,p=short"), "08P01" },
		{ SLICE_LIT("SCRAM-SHA-256\0\0\0\0\x0bn,,n=u,r=ab"), SLICE_LIT("c=biws,r=abN,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="), "28P01" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct exchange x;

		begin(&x, PG_AUTH_SCRAM, "user", "pencil");
		memcpy(x.auth.nonce, "N", 2);
		enum pg_auth_end got = step(&x, rows[i].first);
		if (rows[i].proof.ptr) {
			ck_assert_int_eq(got, PG_AUTH_MORE);
			got = step(&x, rows[i].proof);
		}
		ck_assert_int_eq(got, PG_AUTH_FAILED);
		ck_assert_msg(slice_eq_str(x.e->sqlstate, rows[i].sqlstate), "row %zu: %.*s", i, SLICE_ARG(x.e->sqlstate));
		ck_assert(slice_eq_str(x.e->severity, "FATAL"));
		end(&x);
	}
}
END_TEST

START_TEST(md5_takes_the_hash_with_the_salt)
{
	struct exchange x;

	begin(&x, PG_AUTH_MD5, "app", "secret");
	ck_assert(memcmp(x.out.ptr, "R\0\0\0\x0c\0\0\0\x05", 9) == 0);
	memcpy(x.auth.md5_salt, "salt", 4);
	/* md5(md5("secretapp") || "salt") by md5sum(1) */
	ck_assert_int_eq(step(&x, SLICE_LIT("md57f097e06031b34893c20e25a0e68242c\0")), PG_AUTH_OK);
	ck_assert_int_eq(step(&x, SLICE_LIT("secret\0")), PG_AUTH_FAILED);
	ck_assert_int_eq(step(&x, SLICE_LIT("md5")), PG_AUTH_FAILED);
	end(&x);
	begin(&x, PG_AUTH_MD5, "eve", NULL);
	ck_assert_int_eq(step(&x, SLICE_LIT("md5\0")), PG_AUTH_FAILED);
	end(&x);
}
END_TEST

SUITE_BEGIN(pg_auth)
	SUITE_TEST(scram_runs_the_exchange_of_the_rfc);
	SUITE_TEST(scram_refuses_what_does_not_fit);
	SUITE_TEST(md5_takes_the_hash_with_the_salt);
SUITE_END

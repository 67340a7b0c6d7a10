/*
 * Passwords in the three ways PostgreSQL asks for them: in the clear, as MD5 with
 * a salt, and SCRAM-SHA-256. Channel binding is not offered, and a password is
 * used as its bytes are (SASLprep changes none that is ASCII).
 */
#include "service/pg/pg_auth.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/pg/pg_error.h"
#include "service/pg/pg_message.h"

#define ITERATIONS 4096 /* SCRAM_DEFAULT_ITERATIONS */
#define KEY 32          /* bytes of SHA-256 */
#define FIRST_MAX (64 * 1024) /* bytes: names and nonces of an exchange */

/* AuthenticationXXX codes, manual 55.7 */
enum { ASK_CLEARTEXT = 3, ASK_MD5 = 5, ASK_SASL = 10, SASL_CONTINUE = 11, SASL_FINAL = 12 };

bool pg_auth_method_find(const char *name, enum pg_auth_method *method)
{
	static const char *const names[] = { "scram-sha-256", "md5", "password" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0) {
			*method = (enum pg_auth_method)i;
			return true;
		}
	return false;
}

/* splitmix64: not a secret, only different each time */
static uint64_t draw(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static void fill(unsigned char *to, size_t len, uint64_t *state)
{
	for (size_t i = 0; i < len; i++)
		to[i] = (unsigned char)(draw(state) >> 11);
}

void pg_auth_init(struct pg_auth *a, enum pg_auth_method method, uint64_t random)
{
	unsigned char raw[18]; /* SCRAM_RAW_NONCE_LEN */

	*a = (struct pg_auth){ .method = method };
	fill(a->md5_salt, sizeof(a->md5_salt), &random);
	fill(a->salt, sizeof(a->salt), &random);
	fill(raw, sizeof(raw), &random);
	EVP_EncodeBlock((unsigned char *)a->nonce, raw, sizeof(raw));
	buf_init(&a->first, FIRST_MAX);
}

void pg_auth_release(struct pg_auth *a)
{
	buf_release(&a->first);
	free(a->combined);
	a->combined = NULL;
}

static void ask(struct buf *out, uint32_t code, struct slice data)
{
	size_t at = pg_write_begin(out, 'R');

	buf_add_be32(out, code);
	buf_add(out, data.ptr, data.len);
	pg_write_end(out, at);
}

void pg_auth_begin(struct pg_auth *a, const char *user, const char *password, struct buf *out)
{
	a->user = user;
	a->password = password;
	a->step = PG_AUTH_ASKED;
	switch (a->method) {
	case PG_AUTH_PASSWORD:
		ask(out, ASK_CLEARTEXT, SLICE_NONE);
		break;
	case PG_AUTH_MD5:
		ask(out, ASK_MD5, slice_of((char *)a->md5_salt, sizeof(a->md5_salt)));
		break;
	case PG_AUTH_SCRAM:
		ask(out, ASK_SASL, SLICE_LIT("SCRAM-SHA-256\0\0"));
		break;
	}
}

/* ---- failures ------------------------------------------------------------- */

static enum pg_auth_end fail(struct sql_error **e, struct sql_error *error, const char *detail)
{
	error->severity = SLICE_LIT("FATAL");
	if (detail)
		error->detail = slice_str(detail);
	*e = error;
	return PG_AUTH_FAILED;
}

static enum pg_auth_end wrong(const struct pg_auth *a, struct arena *arena, struct sql_error **e)
{
	return fail(e, pg_error_new(arena, "28P01", "password authentication failed for user \"%s\"", a->user), NULL);
}

static enum pg_auth_end malformed(struct arena *arena, struct sql_error **e, const char *detail)
{
	return fail(e, pg_error_new(arena, "08P01", "malformed SCRAM message"), detail);
}

/* Takes as long for a wrong first letter as for a wrong last one: the habit costs nothing. */
static bool same(struct slice a, struct slice b)
{
	unsigned char differ = a.len != b.len;

	for (size_t i = 0; i < a.len && i < b.len; i++)
		differ |= (unsigned char)(a.ptr[i] ^ b.ptr[i]);
	return !differ;
}

/* ---- cleartext and MD5 ------------------------------------------------------ */

static void md5_hex(struct slice a, struct slice b, char hex[33])
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned int len = 0;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (!ctx || !EVP_DigestInit_ex(ctx, EVP_md5(), NULL) || !EVP_DigestUpdate(ctx, a.ptr, a.len) ||
	    !EVP_DigestUpdate(ctx, b.ptr, b.len) || !EVP_DigestFinal_ex(ctx, sum, &len))
		len = 0; /* a library without MD5: nothing matches the empty text */
	EVP_MD_CTX_free(ctx);
	hex[0] = '\0';
	for (unsigned int i = 0; i < len && i < 16; i++)
		snprintf(hex + 2 * i, 3, "%02x", sum[i]);
}

static enum pg_auth_end password(struct pg_auth *a, struct slice body, struct arena *arena, struct sql_error **e)
{
	struct pg_reader r = { .rest = body };
	struct slice given = pg_read_string(&r), wanted = a->password ? slice_str(a->password) : SLICE_NONE;
	char inner[33], outer[36] = "md5";

	if (pg_read_end(&r))
		return fail(e, pg_error_new(arena, "08P01", "invalid password packet size"), NULL);
	if (!given.len)
		return fail(e, pg_error_new(arena, "28P01", "empty password returned by client"), NULL);
	if (a->method == PG_AUTH_MD5 && a->password) {
		md5_hex(wanted, slice_str(a->user), inner);
		md5_hex(slice_str(inner), slice_of((char *)a->md5_salt, sizeof(a->md5_salt)), outer + 3);
		wanted = slice_str(outer);
	}
	return a->password && same(given, wanted) ? PG_AUTH_OK : wrong(a, arena, e);
}

/* ---- SCRAM -------------------------------------------------------------------- */

/* "r=abc,..." of the letter: its value; the rest behind the comma. */
static bool attribute(struct slice *rest, char letter, struct slice *value)
{
	struct slice part = slice_split(rest, ',');

	if (part.len < 2 || part.ptr[0] != letter || part.ptr[1] != '=')
		return false;
	*value = slice_skip(part, 2);
	return true;
}

static struct slice base64(const unsigned char *data, int len, struct arena *arena)
{
	char *text = arena_alloc(arena, (size_t)(len + 2) / 3 * 4 + 1);

	return slice_of(text, (size_t)EVP_EncodeBlock((unsigned char *)text, data, len));
}

/* client-first-message: "n,,n=,r=NONCE" behind the mechanism's name and a length. */
static enum pg_auth_end scram_first(struct pg_auth *a, struct slice body, struct arena *arena, struct buf *out,
				    struct sql_error **e)
{
	struct pg_reader r = { .rest = body };
	struct slice mechanism = pg_read_string(&r), bare, value, nonce;
	uint32_t len = pg_read_int32(&r);

	if (r.bad || len != r.rest.len)
		return fail(e, pg_error_new(arena, "08P01", "invalid SASL response"), NULL);
	if (!slice_eq_str(mechanism, "SCRAM-SHA-256"))
		return fail(e, pg_error_new(arena, "08P01", "client selected an invalid SASL authentication mechanism"), NULL);
	bare = r.rest;
	if (bare.len < 3 || memchr(bare.ptr, '\0', bare.len))
		return malformed(arena, e, "The message is too short or holds a null byte.");
	if (bare.ptr[0] == 'p')
		return fail(e, pg_error_new(arena, "08P01", "client requires SCRAM channel binding, which this fake does not offer"), NULL);
	if (bare.ptr[0] != 'n' && bare.ptr[0] != 'y')
		return malformed(arena, e, "Unexpected channel-binding flag.");
	if (bare.ptr[1] != ',' || bare.ptr[2] != ',') /* the second comma ends an authorization identity: none is taken */
		return fail(e, pg_error_new(arena, "0A000", "client uses authorization identity, but it is not supported"), NULL);
	bare = slice_skip(bare, 3);
	struct slice rest = bare;
	if (!attribute(&rest, 'n', &value) || !attribute(&rest, 'r', &nonce) || !nonce.len)
		return malformed(arena, e, "Expected the attributes \"n\" and \"r\".");

	free(a->combined);
	if (asprintf(&a->combined, "%.*s%s", SLICE_ARG(nonce), a->nonce) < 0)
		abort(); /* as the arena: out of memory ends the host */
	buf_add(&a->first, bare.ptr, bare.len);
	struct slice salt = base64(a->salt, sizeof(a->salt), arena);
	struct slice server = arena_printf(arena, "r=%s,s=%.*s,i=%d", a->combined, SLICE_ARG(salt), ITERATIONS);
	buf_addf(&a->first, ",%.*s,", SLICE_ARG(server));
	ask(out, SASL_CONTINUE, server);
	a->step = PG_AUTH_PROOF;
	return PG_AUTH_MORE;
}

static void hmac(const unsigned char key[KEY], struct slice text, unsigned char sum[KEY])
{
	unsigned int len = KEY;

	HMAC(EVP_sha256(), key, KEY, (const unsigned char *)text.ptr, text.len, sum, &len);
}

/* client-final-message: "c=biws,r=NONCE,p=PROOF"; RFC 5802 section 3. */
static enum pg_auth_end scram_proof(struct pg_auth *a, struct slice body, struct arena *arena, struct buf *out,
				    struct sql_error **e)
{
	struct slice rest = body, binding, nonce, proof;
	unsigned char salted[KEY], key[KEY], stored[KEY], sum[KEY], given[96];
	unsigned int len = KEY;

	if (!attribute(&rest, 'c', &binding) || !attribute(&rest, 'r', &nonce))
		return malformed(arena, e, "Expected the attributes \"c\" and \"r\".");
	struct slice bare = slice_of(body.ptr, (size_t)(nonce.ptr + nonce.len - body.ptr));
	if (!attribute(&rest, 'p', &proof) || rest.len)
		return malformed(arena, e, "Expected the proof last.");
	if (!slice_eq_str(binding, "biws") && !slice_eq_str(binding, "eSws")) /* "n,," and "y,," */
		return fail(e, pg_error_new(arena, "08P01", "unexpected SCRAM channel-binding attribute in client-final-message"), NULL);
	if (!slice_eq_str(nonce, a->combined))
		return fail(e, pg_error_new(arena, "08P01", "invalid SCRAM response"), "Nonce does not match.");
	if (proof.len != 44 || EVP_DecodeBlock(given, (const unsigned char *)proof.ptr, (int)proof.len) != 33)
		return malformed(arena, e, "Malformed proof in client-final-message.");
	buf_add(&a->first, bare.ptr, bare.len);

	const char *secret = a->password ? a->password : "";
	PKCS5_PBKDF2_HMAC(secret, (int)strlen(secret), a->salt, sizeof(a->salt), ITERATIONS, EVP_sha256(), KEY, salted);
	hmac(salted, SLICE_LIT("Client Key"), key);
	EVP_Digest(key, KEY, stored, &len, EVP_sha256(), NULL);
	hmac(stored, buf_slice(&a->first), sum);
	for (size_t i = 0; i < KEY; i++)
		sum[i] ^= key[i];
	if (!a->password || !same(slice_of((char *)sum, KEY), slice_of((char *)given, KEY)))
		return wrong(a, arena, e);
	hmac(salted, SLICE_LIT("Server Key"), key);
	hmac(key, buf_slice(&a->first), sum);
	ask(out, SASL_FINAL, arena_printf(arena, "v=%.*s", SLICE_ARG(base64(sum, KEY, arena))));
	return PG_AUTH_OK;
}

enum pg_auth_end pg_auth_step(struct pg_auth *a, struct slice body, struct arena *arena, struct buf *out, struct sql_error **e)
{
	if (a->method != PG_AUTH_SCRAM)
		return password(a, body, arena, e);
	return a->step == PG_AUTH_ASKED ? scram_first(a, body, arena, out, e) : scram_proof(a, body, arena, out, e);
}

/* s3_sigv4: canonical request, string to sign, signature. Paths and queries
 * are decoded and encoded again, because clients differ in what they escape. */
#include "service/s3/s3_sigv4.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"

#define CANONICAL_MAX (256 * 1024) /* bytes: a head is at most 80 KiB, escaped thrice that */
#define QUERY_FIELDS_MAX 256

/* ---- reading ---------------------------------------------------------- */

/* "Credential=AK/20261120/region/s3/aws4_request" without the name. */
static bool read_credential(struct slice v, struct s3_auth *auth)
{
	struct slice rest = v;

	auth->access = slice_split(&rest, '/');
	auth->scope = rest;
	slice_split(&rest, '/');
	auth->region = slice_split(&rest, '/');
	struct slice service = slice_split(&rest, '/');
	return auth->access.len && auth->region.len && slice_eq_str(service, "s3") && slice_eq_str(rest, "aws4_request");
}

static bool read_header_form(const struct http_request *http, struct slice v, struct s3_auth *auth)
{
	struct slice credential = SLICE_NONE;
	const struct slice *time = headers_get(&http->headers, "x-amz-date");
	struct slice rest = slice_skip(v, sizeof("AWS4-HMAC-SHA256") - 1);

	while (rest.ptr) {
		struct slice value = slice_trim(slice_split(&rest, ','));
		struct slice name = slice_split(&value, '=');
		if (slice_eq_str(name, "Credential"))
			credential = value;
		else if (slice_eq_str(name, "SignedHeaders"))
			auth->headers = value;
		else if (slice_eq_str(name, "Signature"))
			auth->signature = value;
	}
	if (time)
		auth->time = *time;
	return read_credential(credential, auth) && auth->headers.len && auth->signature.len && auth->time.len == 16;
}

static bool read_query_form(const struct http_request *http, struct arena *a, struct s3_auth *auth)
{
	struct slice credential = SLICE_NONE;

	auth->presigned = true;
	http_query_get(http->query, "X-Amz-Credential", a, &credential);
	http_query_get(http->query, "X-Amz-Date", a, &auth->time);
	http_query_get(http->query, "X-Amz-SignedHeaders", a, &auth->headers);
	http_query_get(http->query, "X-Amz-Signature", a, &auth->signature);
	http_query_get(http->query, "X-Amz-Expires", a, &auth->expires);
	return read_credential(credential, auth) && auth->headers.len && auth->signature.len && auth->time.len == 16;
}

bool s3_auth_read(const struct http_request *http, struct arena *a, struct s3_auth *auth)
{
	const struct slice *v = headers_get(&http->headers, "authorization");
	struct slice algorithm;

	*auth = (struct s3_auth){0};
	if (v && slice_has_prefix(*v, SLICE_LIT("AWS4-HMAC-SHA256")))
		return read_header_form(http, *v, auth);
	if (!v && http_query_get(http->query, "X-Amz-Algorithm", a, &algorithm))
		return slice_eq_str(algorithm, "AWS4-HMAC-SHA256") && read_query_form(http, a, auth);
	auth->other = v || http_query_get(http->query, "AWSAccessKeyId", a, &algorithm);
	return true;
}

/* ---- signing ---------------------------------------------------------- */

static void hmac(const void *key, size_t key_len, struct slice text, unsigned char out[32])
{
	unsigned len = 32;

	HMAC(EVP_sha256(), key, (int)key_len, (const unsigned char *)(text.ptr ? text.ptr : ""), text.len, out, &len);
}

static void hex32(const unsigned char bytes[32], char hex[65])
{
	for (size_t i = 0; i < 32; i++) {
		hex[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
		hex[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
	}
	hex[64] = '\0';
}

static void sha256_hex(struct slice text, char hex[65])
{
	unsigned char sum[32];

	EVP_Digest(text.ptr ? text.ptr : "", text.len, sum, NULL, EVP_sha256(), NULL);
	hex32(sum, hex);
}

/* kSigning: HMAC over date, region, service and "aws4_request" in turn. */
static void make_key(struct slice secret, struct slice scope, struct arena *a, unsigned char key[32])
{
	struct slice first = arena_printf(a, "AWS4%.*s", SLICE_ARG(secret));
	const void *with = first.ptr;
	size_t len = first.len;

	while (scope.ptr) {
		unsigned char next[32];
		hmac(with, len, slice_split(&scope, '/'), next);
		memcpy(key, next, sizeof(next));
		with = key;
		len = sizeof(next);
	}
}

/* RFC 3986 unreserved characters stay; '/' too in a path. */
static void add_encoded(struct buf *b, struct slice s, bool path)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c && strchr("-_.~", c)) ||
		    (path && c == '/'))
			buf_add_char(b, (char)c);
		else
			buf_addf(b, "%%%02X", c);
	}
}

static int compare_fields(const void *a, const void *b)
{
	return slice_cmp(*(const struct slice *)a, *(const struct slice *)b);
}

/* Fields sorted by their encoded form, without the signature itself. */
static void add_query(struct buf *b, struct slice query, struct arena *a)
{
	struct slice fields[QUERY_FIELDS_MAX];
	size_t n = 0;
	struct buf one;

	buf_init(&one, CANONICAL_MAX);
	while (query.ptr && n < QUERY_FIELDS_MAX) {
		struct slice value = slice_split(&query, '&');
		if (!value.len)
			continue;
		struct slice name = http_unescape(slice_split(&value, '='), false, a);
		if (slice_eq_str(name, "X-Amz-Signature"))
			continue;
		buf_reset(&one);
		add_encoded(&one, name, false);
		/* 0x01 sorts below everything that an encoded name may hold. */
		buf_add_char(&one, '\001');
		add_encoded(&one, http_unescape(value, false, a), false);
		fields[n++] = arena_slice(a, buf_slice(&one));
	}
	buf_release(&one);
	qsort(fields, n, sizeof(fields[0]), compare_fields);
	for (size_t i = 0; i < n; i++) {
		size_t mark = slice_find(fields[i], '\001');
		if (i)
			buf_add_char(b, '&');
		buf_add_slice(b, slice_take(fields[i], mark));
		buf_add_char(b, '=');
		buf_add_slice(b, slice_skip(fields[i], mark + 1));
	}
	buf_add_char(b, '\n');
}

/* Runs of blanks inside a value count as one. */
static void add_value(struct buf *b, struct slice v)
{
	v = slice_trim(v);
	for (size_t i = 0; i < v.len; i++) {
		bool blank = v.ptr[i] == ' ' || v.ptr[i] == '\t';
		if (blank && i && (v.ptr[i - 1] == ' ' || v.ptr[i - 1] == '\t'))
			continue;
		buf_add_char(b, blank ? ' ' : v.ptr[i]);
	}
}

static void add_headers(struct buf *b, const struct http_request *http, struct slice names)
{
	while (names.ptr) {
		struct slice name = slice_split(&names, ';');
		bool first = true;
		buf_add_slice(b, name);
		buf_add_char(b, ':');
		for (size_t i = 0; i < http->headers.count; i++) {
			const struct header *h = &http->headers.list[i];
			if (!slice_eq_nocase(h->name, name))
				continue;
			if (!first)
				buf_add_char(b, ',');
			add_value(b, h->value);
			first = false;
		}
		buf_add_char(b, '\n');
	}
}

static void canonical_request(struct buf *b, const struct s3_auth *auth, const struct http_request *http, struct arena *a)
{
	const struct slice *payload = headers_get(&http->headers, "x-amz-content-sha256");

	buf_add_slice(b, http->method);
	buf_add_char(b, '\n');
	add_encoded(b, http->path, true);
	buf_add_char(b, '\n');
	add_query(b, http->query, a);
	add_headers(b, http, auth->headers);
	buf_add_char(b, '\n');
	buf_add_slice(b, auth->headers);
	buf_add_char(b, '\n');
	buf_add_slice(b, payload ? *payload : SLICE_LIT("UNSIGNED-PAYLOAD"));
}

static void sign(const unsigned char key[32], struct slice text, char hex[65])
{
	unsigned char mac[32];

	hmac(key, 32, text, mac);
	hex32(mac, hex);
}

static bool same_signature(struct slice given, const char *computed)
{
	return given.len == 64 && CRYPTO_memcmp(given.ptr, computed, 64) == 0;
}

/* "20261120T111446Z" as seconds since 1970; -1: not a time. */
static int64_t time_seconds(struct slice t)
{
	static const int width[6] = {4, 2, 2, 2, 2, 2};
	int64_t v[6];
	size_t at = 0;

	if (t.len != 16 || t.ptr[8] != 'T' || t.ptr[15] != 'Z')
		return -1;
	for (int i = 0; i < 6; i++) {
		at += i == 3;
		if (!slice_to_i64(slice_of(t.ptr + at, (size_t)width[i]), &v[i]))
			return -1;
		at += (size_t)width[i];
	}
	struct tm tm = { .tm_year = (int)v[0] - 1900, .tm_mon = (int)v[1] - 1, .tm_mday = (int)v[2], .tm_hour = (int)v[3],
			 .tm_min = (int)v[4], .tm_sec = (int)v[5] };
	return (int64_t)timegm(&tm);
}

const char *s3_auth_check(struct s3_auth *auth, const struct http_request *http, const json_t *keys, uint64_t now_ns,
			  struct arena *a)
{
	char hash[65], expected[65];
	int64_t seconds = time_seconds(auth->time), life;
	struct buf b;

	if (auth->other)
		return "InvalidRequest";
	if (!auth->access.len)
		return "AccessDenied";
	const char *secret = json_string_value(json_object_getn(keys, auth->access.ptr, auth->access.len));
	if (!secret)
		return "InvalidAccessKeyId";
	if (!auth->presigned && !headers_get(&http->headers, "x-amz-content-sha256"))
		return "InvalidRequest";
	if (seconds < 0 || slice_cmp(slice_take(auth->scope, 8), slice_take(auth->time, 8)) != 0)
		return "AuthorizationHeaderMalformed";
	if (auth->presigned && slice_to_i64(auth->expires, &life) && (int64_t)(now_ns / 1000000000u) > seconds + life)
		return "AccessDenied";
	buf_init(&b, CANONICAL_MAX);
	canonical_request(&b, auth, http, a);
	bool whole = !buf_failed(&b);
	sha256_hex(buf_slice(&b), hash);
	buf_release(&b);
	make_key(slice_str(secret), auth->scope, a, auth->key);
	sign(auth->key,
	     arena_printf(a, "AWS4-HMAC-SHA256\n%.*s\n%.*s\n%s", SLICE_ARG(auth->time), SLICE_ARG(auth->scope), hash), expected);
	return whole && same_signature(auth->signature, expected) ? NULL : "SignatureDoesNotMatch";
}

/* ---- the chain over chunks -------------------------------------------- */

void s3_chain_begin(struct s3_chain *c, const struct s3_auth *auth)
{
	EVP_MD_CTX *sha = EVP_MD_CTX_new();

	*c = (struct s3_chain){ .auth = auth, .sha = sha };
	if (!sha || EVP_DigestInit_ex(sha, EVP_sha256(), NULL) != 1)
		abort();
	if (auth->signature.len == 64)
		memcpy(c->previous, auth->signature.ptr, 64);
}

void s3_chain_add(struct s3_chain *c, struct slice bytes)
{
	if (c->auth)
		EVP_DigestUpdate(c->sha, bytes.ptr, bytes.len);
}

static void check_link(struct s3_chain *c, const char *kind, const char *middle, const char *hash, struct slice signature)
{
	struct buf b;

	buf_init(&b, 1024);
	buf_addf(&b, "%s\n%.*s\n%.*s\n%s\n%s%s", kind, SLICE_ARG(c->auth->time), SLICE_ARG(c->auth->scope), c->previous, middle, hash);
	sign(c->auth->key, buf_slice(&b), c->previous);
	c->broken = c->broken || buf_failed(&b) || !same_signature(signature, c->previous);
	buf_release(&b);
}

void s3_chain_chunk(struct s3_chain *c, struct slice signature)
{
	unsigned char sum[32];
	char hash[65], empty[66];

	if (!c->auth)
		return;
	EVP_DigestFinal_ex(c->sha, sum, NULL);
	EVP_DigestInit_ex(c->sha, EVP_sha256(), NULL);
	hex32(sum, hash);
	sha256_hex(SLICE_NONE, empty);
	memcpy(empty + 64, "\n", 2);
	check_link(c, "AWS4-HMAC-SHA256-PAYLOAD", empty, hash, signature);
}

void s3_chain_trailers(struct s3_chain *c, const struct headers *trailers)
{
	struct slice signature = SLICE_NONE;
	char hash[65];
	struct buf b;

	if (!c->auth)
		return;
	buf_init(&b, CANONICAL_MAX);
	for (size_t i = 0; i < trailers->count; i++) {
		const struct header *h = &trailers->list[i];
		if (slice_eq_nocase_str(h->name, "x-amz-trailer-signature"))
			signature = h->value;
		else
			buf_addf(&b, "%.*s:%.*s\n", SLICE_ARG(h->name), SLICE_ARG(h->value));
	}
	sha256_hex(buf_slice(&b), hash);
	buf_release(&b);
	check_link(c, "AWS4-HMAC-SHA256-TRAILER", "", hash, signature);
}

void s3_chain_release(struct s3_chain *c)
{
	EVP_MD_CTX_free(c->sha);
	*c = (struct s3_chain){0};
}

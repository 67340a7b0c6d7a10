/*
 * redact: finds secrets in text by the few bytes that give them away ('=',
 * ':', '-', a quote) and a look back at the word before. What is declared is
 * found by its path.
 */
#include "trace/redact.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <sys/random.h>

#include "trace/jcopy.h"
#include "trace/jscan.h"

#define REDACT_TEXT_MAX ((size_t)1 << 32)
#define HIDDEN_MAX 100000 /* secrets that are known again: 5 MB */

static const char *const secret_headers[] = {
	"authorization", "proxy-authorization", "cookie",     "set-cookie",     "x-amz-security-token",
	"x-api-key",     "x-auth-token",        "x-vault-token", "private-token", NULL,
};
/* After these, '=' (or ':' of a header line in an argument) comes a secret, wherever they stand. */
static const char *const password_words[] = { "password", "passwd", "pwd", "pgpassword", "sslpassword", "passphrase", NULL };
/* Fields of a query or form. */
static const char *const query_words[] = {
	"x-amz-signature", "x-amz-credential", "x-amz-security-token", "x-goog-signature", "x-goog-credential", "signature", "sig",
	"token",           "access_token",     "refresh_token",        "id_token",         "auth_token",        "api_key",   "apikey",
	"api-key",         "client_secret",    "secret",               "access_key",       "awsaccesskeyid",    NULL,
};
/* Options whose next argument is a secret. */
static const char *const secret_options[] = { "--password", "--passwd", "--token",	  "--secret", "--api-key",
					      "--user",	    "-u",	"--proxy-user", "-U",	      NULL };

static bool listed(const char *const *list, struct slice word)
{
	for (; *list; list++)
		if (slice_eq_nocase_str(word, *list))
			return true;
	return false;
}

int redact_init(struct redact *r, json_t *declared, struct err *err)
{
	*r = (struct redact){ 0 };
	if (getrandom(r->key, sizeof(r->key), 0) != (ssize_t)sizeof(r->key)) /* not OpenSSL's: its start costs milliseconds */
		return err_set(err, ERR_IO, "no random bytes for the redaction key");
	if (!(r->hidden = malloc(sizeof(*r->hidden))))
		abort();
	map_init(r->hidden);
	return paths_init(&r->paths, declared, "redact", err);
}

void redact_release(struct redact *r)
{
	paths_release(&r->paths);
	if (r->hidden)
		map_release(r->hidden);
	free(r->hidden);
	OPENSSL_cleanse(r->key, sizeof(r->key));
}

void redact_token(const struct redact *r, struct slice secret, struct buf *out)
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	HMAC(EVP_sha256(), r->key, sizeof(r->key), (const unsigned char *)secret.ptr, secret.len, mac, &len);
	if (r->hidden->live < HIDDEN_MAX)
		map_set(r->hidden, slice_of((const char *)mac, 16), r->hidden);
	buf_add_str(out, "<secret:");
	buf_add_hex(out, mac, 4);
	buf_add_char(out, '>');
}

bool redact_knows(const struct redact *r, struct slice text)
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (!r->hidden->live || !text.len)
		return false;
	HMAC(EVP_sha256(), r->key, sizeof(r->key), (const unsigned char *)text.ptr, text.len, mac, &len);
	return map_get(r->hidden, slice_of((const char *)mac, 16)) != NULL;
}

/* ---- free text --------------------------------------------------------- */

static bool word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* The word that ends before `end`, spaces skipped. */
static struct slice word_before(struct slice s, size_t end)
{
	while (end && (s.ptr[end - 1] == ' ' || s.ptr[end - 1] == '\t'))
		end--;
	size_t from = end;
	while (from && word_char(s.ptr[from - 1]) && end - from < 40)
		from--;
	while (from < end && s.ptr[from] == '-') /* --password= */
		from++;
	return slice_of(s.ptr + from, end - from);
}

static bool value_end(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '&' || c == ';' || c == '"' || c == '\'' || c == ',' ||
	       c == ')' || c == '\\' || c == '<' || c == '>';
}

/* A value that begins at `at`: quoted by ' (libpq's conninfo: \' and \\; SQL:
 * '' ) or up to the next delimiter. */
static struct slice value_at(struct slice s, size_t at)
{
	while (at < s.len && (s.ptr[at] == ' ' || s.ptr[at] == '\t'))
		at++;
	size_t from = at;
	if (at < s.len && s.ptr[at] == '\'') {
		from = ++at;
		while (at < s.len && s.ptr[at] != '\'') {
			if (s.ptr[at] == '\\' && at + 1 < s.len)
				at++;
			at++;
			if (at + 1 < s.len && s.ptr[at] == '\'' && s.ptr[at + 1] == '\'')
				at += 2;
		}
		if (at > s.len)
			at = s.len;
	} else {
		while (at < s.len && !value_end(s.ptr[at]))
			at++;
	}
	return slice_of(s.ptr + from, at - from);
}

/* user:password@ after "://" (RFC 3986 section 3.2.1). */
static struct slice userinfo_at(struct slice s, size_t at)
{
	size_t last = 0, i = at;

	while (i < s.len && !strchr("/?# \t\n\"'<>\\", s.ptr[i] ? s.ptr[i] : ' ')) {
		if (s.ptr[i] == '@')
			last = i;
		i++;
	}
	return last > at ? slice_of(s.ptr + at, last - at) : SLICE_NONE;
}

/* RFC 7468. Without its end line the block reaches to the end of the text. */
static struct slice pem_at(struct slice s, size_t at)
{
	struct slice rest = slice_skip(s, at);

	if (!slice_has_prefix(rest, SLICE_LIT("-----BEGIN ")))
		return SLICE_NONE;
	size_t end = slice_find_slice(rest, SLICE_LIT("-----END "));
	if (end < rest.len) {
		size_t dashes = slice_find_slice(slice_skip(rest, end + 9), SLICE_LIT("-----"));
		end += 9 + dashes + 5;
	}
	return slice_take(rest, end > rest.len ? rest.len : end);
}

static bool query_position(struct slice s, struct slice word)
{
	return word.ptr == s.ptr || word.ptr[-1] == '?' || word.ptr[-1] == '&' || word.ptr[-1] == ';';
}

/* The rest of the line after a credential header's colon. */
static struct slice header_line_at(struct slice s, size_t at)
{
	while (at < s.len && s.ptr[at] == ' ')
		at++;
	size_t from = at;
	while (at < s.len && s.ptr[at] != '\r' && s.ptr[at] != '\n' && s.ptr[at] != '"' && s.ptr[at] != '\\')
		at++;
	return slice_of(s.ptr + from, at - from);
}

/* The next secret at or after *pos; false: none. */
static bool next_secret(const struct redact *r, struct slice s, size_t *pos, struct slice *secret)
{
	for (size_t i = *pos; i < s.len; i++) {
		char c = s.ptr[i];
		if (c != '-' && c != ':' && c != '=' && c != '\'')
			continue;
		*secret = SLICE_NONE;
		if (c == '-' && s.len - i >= 11 && s.ptr[i + 1] == '-') {
			*secret = pem_at(s, i);
		} else if (c == ':' && s.len - i > 3 && s.ptr[i + 1] == '/' && s.ptr[i + 2] == '/') {
			*secret = userinfo_at(s, i + 3);
		} else if (c == ':') {
			if (listed(secret_headers, word_before(s, i)))
				*secret = header_line_at(s, i + 1);
		} else if (c == '=') {
			struct slice word = word_before(s, i);
			if (listed(password_words, word))
				*secret = value_at(s, i + 1);
			else if (word.len && query_position(s, word) &&
				 (listed(query_words, word) || paths_query(&r->paths, word)))
				*secret = value_at(s, i + 1);
		} else if (c == '\'') {
			/* CREATE ROLE app PASSWORD 'x' */
			if (i && s.ptr[i - 1] == ' ' && slice_eq_nocase_str(word_before(s, i), "password"))
				*secret = value_at(s, i);
		}
		if (secret->len) {
			*pos = (size_t)(secret->ptr - s.ptr);
			return true;
		}
	}
	return false;
}

bool redact_wanted(const struct redact *r, struct slice text)
{
	size_t pos = 0;
	struct slice secret;

	return next_secret(r, text, &pos, &secret);
}

void redact_text(const struct redact *r, struct slice text, struct buf *out)
{
	size_t done = 0, pos = 0;
	struct slice secret;

	while (next_secret(r, text, &pos, &secret)) {
		buf_add(out, text.ptr + done, pos - done);
		/* Done already, when a header's text is seen a second time. */
		if (slice_has_prefix(secret, SLICE_LIT("<secret:")))
			buf_add_slice(out, secret);
		else
			redact_token(r, secret, out);
		done = pos = pos + secret.len;
	}
	buf_add(out, text.ptr + done, text.len - done);
}

/* ---- by place ---------------------------------------------------------- */

bool redact_attr(const struct redact *r, struct slice name)
{
	struct slice header = SLICE_NONE;

	if (slice_has_prefix(name, SLICE_LIT("http.request.header.")))
		header = slice_skip(name, 20);
	else if (slice_has_prefix(name, SLICE_LIT("http.response.header.")))
		header = slice_skip(name, 21);
	if (header.len && listed(secret_headers, header))
		return true;
	return r->paths.count && paths_attr(&r->paths, name);
}

void redact_header(const struct redact *r, struct slice value, struct buf *out)
{
	/* RFC 9110 section 11.4: scheme, space, the rest. A cookie has '=' before its first space. */
	size_t space = slice_find(value, ' ');
	bool scheme = space > 0 && space < value.len;

	for (size_t i = 0; i < space && scheme; i++)
		scheme = word_char(value.ptr[i]);
	if (scheme) {
		buf_add(out, value.ptr, space + 1);
		value = slice_skip(value, space + 1);
	}
	redact_token(r, value, out);
}

struct redact_leaf {
	const struct redact *r;
	bool request;
};

static void json_leaf(void *arg, struct slice path, struct slice value, struct buf *out)
{
	struct redact_leaf *l = arg;

	if (!paths_body(&l->r->paths, l->request, path)) {
		buf_add_slice(out, value);
		return;
	}
	struct buf plain;
	buf_init(&plain, REDACT_TEXT_MAX);
	struct slice secret = value.ptr[0] == '"' ? jscan_plain(value, &plain) : value;
	buf_add_char(out, '"');
	redact_token(l->r, secret, out);
	buf_add_char(out, '"');
	buf_release(&plain);
}

void redact_json(const struct redact *r, bool request, struct slice json, struct buf *out)
{
	struct redact_leaf l = { r, request };
	struct jcopy c;

	jcopy_init(&c, false, json_leaf, &l);
	jcopy_value(&c, json, out);
	jcopy_release(&c);
}

void redact_args(const struct redact *r, const char *const *argv, struct buf *out)
{
	bool secret_next = false;
	struct buf text;

	buf_init(&text, REDACT_TEXT_MAX);
	buf_add_char(out, '[');
	for (size_t i = 0; argv && argv[i]; i++) {
		struct slice arg = slice_str(argv[i]);
		if (i)
			buf_add_char(out, ',');
		buf_reset(&text);
		/* -u and -U are a user alone in psql; a password follows a colon. */
		bool user = secret_next && i && (argv[i - 1][1] == 'u' || argv[i - 1][1] == 'U');
		if (secret_next && (!user || slice_find(arg, ':') < arg.len))
			redact_token(r, arg, &text);
		else
			redact_text(r, arg, &text);
		jscan_add_string(out, buf_slice(&text));
		secret_next = listed(secret_options, arg);
	}
	buf_add_char(out, ']');
	buf_release(&text);
}

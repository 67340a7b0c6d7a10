/*
 * Text in other encodings: convert(), convert_from(), convert_to(), to_ascii(). The
 * server's own is UTF8; conversions are the C library's.
 *
 * Source: pg_wchar.h, encnames.c, mbutils.c and ascii.c of PostgreSQL 15.
 */
#include <ctype.h>
#include <errno.h>
#include <iconv.h>

#include "base/utf8.h"

#include "service/pg/sql/func/call.h"
#include "service/pg/sql/func/encoding.h"

/* By pg_enc; the second name is iconv's. */
static const struct {
	const char *name, *iconv;
} encodings[] = {
	{ "SQL_ASCII", NULL }, { "EUC_JP", "EUC-JP" }, { "EUC_CN", "EUC-CN" }, { "EUC_KR", "EUC-KR" }, { "EUC_TW", "EUC-TW" }, { "EUC_JIS_2004", "EUC-JISX0213" },
	{ "UTF8", "UTF-8" }, { "MULE_INTERNAL", NULL }, { "LATIN1", "ISO-8859-1" }, { "LATIN2", "ISO-8859-2" }, { "LATIN3", "ISO-8859-3" },
	{ "LATIN4", "ISO-8859-4" }, { "LATIN5", "ISO-8859-9" }, { "LATIN6", "ISO-8859-10" }, { "LATIN7", "ISO-8859-13" }, { "LATIN8", "ISO-8859-14" },
	{ "LATIN9", "ISO-8859-15" }, { "LATIN10", "ISO-8859-16" }, { "WIN1256", "CP1256" }, { "WIN1258", "CP1258" }, { "WIN866", "CP866" }, { "WIN874", "CP874" },
	{ "KOI8R", "KOI8-R" }, { "WIN1251", "CP1251" }, { "WIN1252", "CP1252" }, { "ISO_8859_5", "ISO-8859-5" }, { "ISO_8859_6", "ISO-8859-6" },
	{ "ISO_8859_7", "ISO-8859-7" }, { "ISO_8859_8", "ISO-8859-8" }, { "WIN1250", "CP1250" }, { "WIN1253", "CP1253" }, { "WIN1254", "CP1254" },
	{ "WIN1255", "CP1255" }, { "WIN1257", "CP1257" }, { "KOI8U", "KOI8-U" }, { "SJIS", "SJIS" }, { "BIG5", "BIG5" }, { "GBK", "GBK" }, { "UHC", "UHC" },
	{ "GB18030", "GB18030" }, { "JOHAB", "JOHAB" }, { "SHIFT_JIS_2004", "SHIFT_JISX0213" },
};
#define COUNT ((int)(sizeof(encodings) / sizeof(encodings[0])))
enum { SQL_ASCII, UTF8 = 6, LATIN1 = 8, LATIN2 = 9, LATIN9 = 16, WIN1250 = 29 };

/* Other names, in the cleaned form; those of encodings[] are found by themselves. */
static const struct {
	const char *name;
	int encoding;
} aliases[] = {
	{ "abc", 19 }, { "alt", 20 }, { "iso88591", 8 }, { "iso885910", 13 }, { "iso885913", 14 }, { "iso885914", 15 }, { "iso885915", 16 }, { "iso885916", 17 },
	{ "iso88592", 9 }, { "iso88593", 10 }, { "iso88594", 11 }, { "iso88599", 12 }, { "koi8", 22 }, { "mskanji", 35 }, { "shiftjis", 35 }, { "tcvn", 19 },
	{ "tcvn5712", 19 }, { "unicode", 6 }, { "vscii", 19 }, { "win", 23 }, { "win932", 35 }, { "win936", 37 }, { "win949", 38 }, { "win950", 36 },
	{ "windows1250", 29 }, { "windows1251", 23 }, { "windows1252", 24 }, { "windows1253", 30 }, { "windows1254", 31 }, { "windows1255", 32 },
	{ "windows1256", 18 }, { "windows1257", 33 }, { "windows1258", 19 }, { "windows866", 20 }, { "windows874", 21 }, { "windows932", 35 },
	{ "windows936", 37 }, { "windows949", 38 }, { "windows950", 36 },
};

const char *encoding_name(int encoding)
{
	return encoding >= 0 && encoding < COUNT ? encodings[encoding].name : "";
}

static void clean(struct slice s, char *out, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len && n + 1 < max; i++)
		if (isalnum((unsigned char)s.ptr[i]))
			out[n++] = (char)tolower((unsigned char)s.ptr[i]);
	out[n] = '\0';
}

int encoding_find(struct slice name)
{
	char wanted[64], have[64];

	clean(name, wanted, sizeof(wanted));
	for (int i = 0; i < COUNT; i++) {
		clean(slice_str(encodings[i].name), have, sizeof(have));
		if (strcmp(wanted, have) == 0)
			return i;
	}
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		if (strcmp(wanted, aliases[i].name) == 0)
			return aliases[i].encoding;
	return -1;
}

/* "0xe6 0x97 0xa5" */
static const char *bytes_of(struct arena *a, struct slice s, size_t n)
{
	struct buf b;

	buf_init(&b, 4096);
	for (size_t i = 0; i < n && i < s.len && i < 8; i++)
		buf_addf(&b, "%s0x%02x", i ? " " : "", (unsigned char)s.ptr[i]);
	return arena_take(a, &b).ptr;
}

static size_t character(struct slice s, int encoding)
{
	size_t n = 1;

	if (encoding == UTF8)
		while (n < s.len && ((unsigned char)s.ptr[n] & 0xc0) == 0x80)
			n++;
	return n;
}

/* False: raised. */
static bool recode(struct sql_env *env, struct slice in, int from, int to, struct buf *out)
{
	struct arena *a = scratch(env);

	if (!in.len)
		return true;
	if (from == to || from == SQL_ASCII || to == SQL_ASCII) {
		buf_add_slice(out, in);
		return true;
	}
	iconv_t cd = encodings[from].iconv && encodings[to].iconv && (from == UTF8 || to == UTF8) ? iconv_open(encodings[to].iconv, encodings[from].iconv) :
												   (iconv_t)-1;
	if (cd == (iconv_t)-1) {
		sql_raise_env(env, "42883", "default conversion function for encoding \"%s\" to \"%s\" does not exist", encodings[from].name, encodings[to].name);
		return false;
	}
	char *at = (char *)(uintptr_t)in.ptr;
	size_t left = in.len;
	bool ok = true;
	while (ok && left) {
		char piece[1024], *to_here = piece;
		size_t room = sizeof(piece);
		size_t rc = iconv(cd, &at, &left, &to_here, &room);

		buf_add(out, piece, sizeof(piece) - room);
		if (rc != (size_t)-1 || errno == E2BIG)
			continue;
		struct slice rest = slice_of(at, left);
		size_t n = character(rest, from);
		bool whole = from != UTF8 || errno == EILSEQ;
		ok = false;
		if (from == UTF8 && whole && ((unsigned char)rest.ptr[0] & 0xc0) == 0xc0 && n > 1)
			sql_raise_env(env, "22P05", "character with byte sequence %s in encoding \"%s\" has no equivalent in encoding \"%s\"", bytes_of(a, rest, n),
				      encodings[from].name, encodings[to].name);
		else
			sql_raise_env(env, "22021", "invalid byte sequence for encoding \"%s\": %s", encodings[from].name, bytes_of(a, rest, n));
	}
	iconv_close(cd);
	return ok;
}

/* A text of another encoding holds no zero byte and, in UTF8, only what is valid. */
static bool valid(struct sql_env *env, struct slice s, int encoding)
{
	struct sql_datum d;

	if (encoding == UTF8)
		return type_in(env, scratch(env), T_TEXT, -1, s, &d);
	size_t zero = slice_find(s, '\0');
	if (zero < s.len) {
		sql_raise_env(env, "22021", "invalid byte sequence for encoding \"%s\": 0x00", encodings[encoding].name);
		return false;
	}
	return true;
}

static bool find(sqlite3_context *ctx, struct slice name, const char *what, int *out)
{
	*out = encoding_find(name);
	if (*out < 0)
		sql_raise(ctx, "22023", "invalid %sencoding name \"%.*s\"", what, SLICE_ARG(name));
	return *out >= 0;
}

static void convert(sqlite3_context *ctx, struct slice in, int from, int to, bool text)
{
	struct sql_env *env = sql_env_of(ctx);
	struct buf b;

	buf_init(&b, BUF_MAX);
	if (!valid(env, in, from) || !recode(env, in, from, to, &b)) {
		buf_release(&b);
		result_raised(ctx);
	} else if (text) {
		result_buf(ctx, &b);
	} else {
		result_buf_blob(ctx, &b);
	}
}

STRICT(pg_convert)
{
	int from, to;

	if (find(ctx, arg_text(argv[1]), "source ", &from) && find(ctx, arg_text(argv[2]), "destination ", &to))
		convert(ctx, arg_blob(argv[0]), from, to, false);
}

STRICT(convert_from)
{
	int from;

	if (find(ctx, arg_text(argv[1]), "source ", &from))
		convert(ctx, arg_blob(argv[0]), from, UTF8, true);
}

STRICT(convert_to)
{
	int to;

	if (find(ctx, arg_text(argv[1]), "destination ", &to))
		convert(ctx, arg_text(argv[0]), UTF8, to, false);
}

static bool several_bytes(int encoding)
{
	return (encoding > SQL_ASCII && encoding < LATIN1) || encoding >= 35;
}

STRICT(length_in_encoding)
{
	struct sql_env *env = sql_env_of(ctx);
	struct slice s = arg_blob(argv[0]);
	struct buf b;
	int encoding;

	if (!find(ctx, arg_text(argv[1]), "", &encoding))
		return;
	buf_init(&b, BUF_MAX);
	if (!valid(env, s, encoding))
		result_raised(ctx);
	else if (encoding == UTF8)
		sqlite3_result_int64(ctx, (int64_t)slice_chars(s));
	else if (recode(env, s, encoding, UTF8, &b))
		sqlite3_result_int64(ctx, !several_bytes(encoding) ? (int64_t)s.len : (int64_t)slice_chars(buf_slice(&b)));
	else
		result_raised(ctx);
	buf_release(&b);
}

/* ---- to_ascii: byte by byte, by the tables of ascii.c ---- */

static void ascii(sqlite3_context *ctx, struct slice s, int encoding)
{
	static const struct {
		int encoding;
		unsigned char first;
		const char *table;
	} tables[] = {
		{ LATIN1, 160, "  cL Y  \"Ca  -R     'u .,      ?AAAAAAACEEEEIIII NOOOOOxOUUUUYTBaaaaaaaceeeeiiii nooooo/ouuuuyty" },
		{ LATIN2, 160, " A L LS \"SSTZ-ZZ a,l'ls ,sstz\"zzRAAAALCCCEEEEIIDDNNOOOOxRUUUUYTBraaaalccceeeeiiddnnoooo/ruuuuyt." },
		{ LATIN9, 160, "  cL YS sCa  -R     Zu .z   EeY?AAAAAAACEEEEIIII NOOOOOxOUUUUYTBaaaaaaaceeeeiiii nooooo/ouuuuyty" },
		{ WIN1250, 128, "  ' \"    %S<STZZ `'\"\".--  s>stzz   L A  \"CS  -RZ  ,l'u .,as L\"lzRAAAALCCCEEEEIIDDNNOOOOxRUUUUYTBraaaalccceeeeiiddnnoooo/ruuuuyt " },
	};
	struct buf b;

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		if (tables[i].encoding != encoding)
			continue;
		buf_init(&b, BUF_MAX);
		for (size_t k = 0; k < s.len; k++) {
			unsigned char c = (unsigned char)s.ptr[k];

			buf_add_char(&b, c < 128 ? (char)c : c < tables[i].first ? ' ' : tables[i].table[c - tables[i].first]);
		}
		result_buf(ctx, &b);
		return;
	}
	sql_raise(ctx, "0A000", "encoding conversion from %s to ASCII not supported", encoding_name(encoding));
}

STRICT(to_ascii_default) { ascii(ctx, arg_text(argv[0]), UTF8); }

STRICT(to_ascii_enc)
{
	int64_t encoding = arg_int(argv[1]);

	if (encoding < 0 || encoding >= COUNT)
		sql_raise(ctx, "42704", "%lld is not a valid encoding code", (long long)encoding);
	else
		ascii(ctx, arg_text(argv[0]), (int)encoding);
}

STRICT(to_ascii_encname)
{
	int encoding = encoding_find(arg_text(argv[1]));

	if (encoding < 0)
		sql_raise(ctx, "42704", "%.*s is not a valid encoding name", SLICE_ARG(arg_text(argv[1])));
	else
		ascii(ctx, arg_text(argv[0]), encoding);
}

STRICT(encoding_to_char) { result_text(ctx, slice_str(encoding_name((int)arg_int(argv[0])))); }
STRICT(char_to_encoding) { sqlite3_result_int(ctx, encoding_find(arg_text(argv[0]))); }

const struct func_row func_encoding_rows[] = {
	CALL("pg_convert", pg_convert, 3), CALL("pg_convert_from", convert_from, 2), CALL("pg_convert_to", convert_to, 2),
	CALL("length_in_encoding", length_in_encoding, 2), CALL("to_ascii_default", to_ascii_default, 1), CALL("to_ascii_enc", to_ascii_enc, 2),
	CALL("to_ascii_encname", to_ascii_encname, 2), CALL("PG_encoding_to_char", encoding_to_char, 1), CALL("PG_char_to_encoding", char_to_encoding, 1),
	END_OF_ROWS
};

/*
 * Strings: functions whose unit is the character. Quoting and format() are
 * format_func.c's, arrays of pieces string_split.c's, patterns regex_func.c's,
 * bytes bytes_func.c's.
 */
#include <wctype.h>

#include "base/utf8.h"
#include "service/pg/sql/func/call.h"
#include "service/pg/sql/func/string.h"
#include "service/pg/sql/type/array.h"

size_t text_bytes(struct slice s, int64_t chars)
{
	size_t i = 0;

	while (i < s.len && chars > 0) {
		size_t n = (unsigned char)s.ptr[i] < 0x80 ? 1 : utf8_char(slice_skip(s, i));
		i += n ? n : 1;
		chars--;
	}
	return i;
}

uint32_t text_code(struct slice s, size_t *len)
{
	const unsigned char *p = (const unsigned char *)s.ptr;
	size_t n = utf8_char(s);

	*len = n ? n : 1;
	switch (n) {
	case 2: return (uint32_t)(p[0] & 0x1f) << 6 | (p[1] & 0x3f);
	case 3: return (uint32_t)(p[0] & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);
	case 4: return (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3f) << 12 | (uint32_t)(p[2] & 0x3f) << 6 | (p[3] & 0x3f);
	default: return s.len ? p[0] : 0;
	}
}

void text_add_code(struct buf *b, uint32_t c)
{
	if (c < 0x80) {
		buf_add_char(b, (char)c);
	} else if (c < 0x800) {
		buf_add_char(b, (char)(0xc0 | c >> 6));
		buf_add_char(b, (char)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		buf_add_char(b, (char)(0xe0 | c >> 12));
		buf_add_char(b, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_add_char(b, (char)(0x80 | (c & 0x3f)));
	} else {
		buf_add_char(b, (char)(0xf0 | c >> 18));
		buf_add_char(b, (char)(0x80 | (c >> 12 & 0x3f)));
		buf_add_char(b, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_add_char(b, (char)(0x80 | (c & 0x3f)));
	}
}

/* ---- case, by lc_ctype: only ASCII in C, the C library's C.UTF-8 elsewhere ---- */

#include <locale.h>

static locale_t unicode_locale(void)
{
	static locale_t l;

	if (!l)
		l = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	return l;
}

bool text_ctype_is_c(struct sql_env *env)
{
	struct slice s = env->setting ? env->setting(env, "lc_ctype") : SLICE_NONE;
	return !s.len || slice_eq_str(s, "C") || slice_eq_str(s, "POSIX") || !unicode_locale();
}

enum letter_case { LOWER, UPPER, TITLE };

static void change_case(struct sql_env *env, struct slice s, enum letter_case how, struct buf *b)
{
	bool c = text_ctype_is_c(env), word = false;

	for (size_t i = 0, n; i < s.len; i += n) {
		uint32_t code = text_code(slice_skip(s, i), &n);
		bool up = how == UPPER || (how == TITLE && !word);
		bool alnum;
		if (code < 0x80) {
			alnum = (code >= '0' && code <= '9') || (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z');
			if (up && code >= 'a' && code <= 'z')
				code -= 32;
			else if (!up && code >= 'A' && code <= 'Z')
				code += 32;
			buf_add_char(b, (char)code);
		} else if (c) {
			alnum = false;
			buf_add(b, s.ptr + i, n);
		} else {
			alnum = iswalnum_l((wint_t)code, unicode_locale());
			text_add_code(b, (uint32_t)(up ? towupper_l((wint_t)code, unicode_locale()) : towlower_l((wint_t)code, unicode_locale())));
		}
		word = alnum;
	}
}

void text_lower(struct sql_env *env, struct slice s, struct buf *b)
{
	change_case(env, s, LOWER, b);
}

static void result_case(sqlite3_context *ctx, sqlite3_value *v, enum letter_case how)
{
	struct buf b;

	buf_init(&b, BUF_MAX);
	change_case(sql_env_of(ctx), arg_text(v), how, &b);
	result_buf(ctx, &b);
}

STRICT(lower) { result_case(ctx, argv[0], LOWER); }
STRICT(upper) { result_case(ctx, argv[0], UPPER); }
STRICT(initcap) { result_case(ctx, argv[0], TITLE); }

/* ---- length and pieces ---- */

STRICT(textlen) { sqlite3_result_int64(ctx, (int64_t)slice_chars(arg_text(argv[0]))); }
STRICT(octets) { sqlite3_result_int64(ctx, (int64_t)arg_text(argv[0]).len); }

STRICT(bpcharlen)
{
	struct slice s = arg_text(argv[0]);

	while (s.len && s.ptr[s.len - 1] == ' ')
		s.len--;
	sqlite3_result_int64(ctx, (int64_t)slice_chars(s));
}

static bool negative_length(sqlite3_context *ctx)
{
	sql_raise(ctx, "22011", "negative substring length not allowed");
	return false;
}

/* Characters from `start` (from 1, may be below), `length` of them; -1: to the end. */
static struct slice substring(struct slice s, int64_t start, int64_t length, bool to_end)
{
	int64_t end;

	if (to_end || __builtin_add_overflow(start, length, &end))
		end = INT64_MAX;
	if (end <= 1)
		return slice_take(s, 0);
	if (start < 1)
		start = 1;
	s = slice_skip(s, text_bytes(s, start - 1));
	return to_end || end == INT64_MAX ? s : slice_take(s, text_bytes(s, end - start));
}

STRICT(text_substr)
{
	int64_t length = argc > 2 ? arg_int(argv[2]) : 0;

	if (argc > 2 && length < 0) {
		negative_length(ctx);
		return;
	}
	result_text(ctx, substring(arg_text(argv[0]), arg_int(argv[1]), length, argc == 2));
}

STRICT(text_left)
{
	struct slice s = arg_text(argv[0]);
	int64_t n = arg_int(argv[1]);

	if (n < 0)
		n = (int64_t)slice_chars(s) + n;
	result_text(ctx, slice_take(s, n > 0 ? text_bytes(s, n) : 0));
}

STRICT(text_right)
{
	struct slice s = arg_text(argv[0]);
	int64_t n = arg_int(argv[1]), all = (int64_t)slice_chars(s);

	n = n < 0 ? -n : all - n;
	result_text(ctx, slice_skip(s, n > 0 ? text_bytes(s, n) : 0));
}

STRICT(text_reverse)
{
	struct slice s = arg_text(argv[0]);
	char *p = sqlite3_malloc64(s.len + 1);
	size_t to = s.len;

	if (!p)
		return;
	for (size_t i = 0, n; i < s.len; i += n) {
		n = utf8_char(slice_skip(s, i));
		n = n ? n : 1;
		to -= n;
		memcpy(p + to, s.ptr + i, n);
	}
	sqlite3_result_text64(ctx, p, s.len, sqlite3_free, SQLITE_UTF8);
}

/* Character position of the needle from 1; 0: not there. */
static int64_t position(struct slice s, struct slice needle)
{
	if (!needle.len)
		return 1;
	size_t at = slice_find_slice(s, needle);
	return at == s.len ? 0 : (int64_t)slice_chars(slice_take(s, at)) + 1;
}

STRICT(textpos) { sqlite3_result_int64(ctx, position(arg_text(argv[0]), arg_text(argv[1]))); }

STRICT(textoverlay)
{
	struct slice s = arg_text(argv[0]), with = arg_text(argv[1]);
	int64_t start = arg_int(argv[2]), length = argc > 3 ? arg_int(argv[3]) : (int64_t)slice_chars(with), end;
	struct buf b;

	if (start <= 0) {
		negative_length(ctx);
		return;
	}
	if (__builtin_add_overflow(start, length, &end) || end > INT32_MAX) {
		sql_raise(ctx, "22003", "integer out of range");
		return;
	}
	buf_init(&b, BUF_MAX);
	buf_add_slice(&b, substring(s, 1, start - 1, false));
	buf_add_slice(&b, with);
	buf_add_slice(&b, substring(s, end, 0, true));
	result_buf(ctx, &b);
}

STRICT(text_starts_with) { result_bool(ctx, slice_has_prefix(arg_text(argv[0]), arg_text(argv[1]))); }

FUNC(textcat)
{
	struct slice a = arg_text(argv[0]), b = arg_text(argv[1]);
	char *p;

	if (arg_null(argv[0]) || arg_null(argv[1]) || !(p = sqlite3_malloc64(a.len + b.len + 1)))
		return;
	memcpy(p, a.ptr, a.len);
	memcpy(p + a.len, b.ptr, b.len);
	sqlite3_result_text64(ctx, p, a.len + b.len, sqlite3_free, SQLITE_UTF8);
}

/* ---- trimming, padding, repeating ---- */

static bool in_set(struct slice set, struct slice character)
{
	for (size_t i = 0, n; i < set.len; i += n) {
		n = utf8_char(slice_skip(set, i));
		n = n ? n : 1;
		if (n == character.len && memcmp(set.ptr + i, character.ptr, n) == 0)
			return true;
	}
	return false;
}

static void trim(sqlite3_context *ctx, int argc, sqlite3_value **argv, bool left, bool right)
{
	struct slice s = arg_text(argv[0]), set = argc > 1 ? arg_text(argv[1]) : SLICE_LIT(" ");

	while (left && s.len) {
		size_t n = utf8_char(s);
		if (!in_set(set, slice_take(s, n ? n : 1)))
			break;
		s = slice_skip(s, n ? n : 1);
	}
	while (right && s.len) {
		size_t at = s.len - 1;
		while (at && ((unsigned char)s.ptr[at] & 0xc0) == 0x80)
			at--;
		if (!in_set(set, slice_skip(s, at)))
			break;
		s.len = at;
	}
	result_text(ctx, s);
}

STRICT(ltrim) { trim(ctx, argc, argv, true, false); }
STRICT(rtrim) { trim(ctx, argc, argv, false, true); }
STRICT(btrim) { trim(ctx, argc, argv, true, true); }

static bool too_long(sqlite3_context *ctx)
{
	sql_raise(ctx, "54000", "requested length too large");
	return true;
}

static void pad(sqlite3_context *ctx, int argc, sqlite3_value **argv, bool left)
{
	struct slice s = arg_text(argv[0]), fill = argc > 2 ? arg_text(argv[2]) : SLICE_LIT(" ");
	int64_t want = arg_int(argv[1]), have = (int64_t)slice_chars(s), filler = (int64_t)slice_chars(fill);
	struct buf b;

	if (want < 0)
		want = 0;
	if (have > want) {
		s = slice_take(s, text_bytes(s, want));
		have = want;
	}
	if (!filler)
		want = have;
	if (want > 250 * 1024 * 1024 && too_long(ctx)) {
		if (argc == 2) /* a function in SQL */
			sql_env_of(ctx)->error->where = left ? SLICE_LIT("SQL function \"lpad\" statement 1") : SLICE_LIT("SQL function \"rpad\" statement 1");
		return;
	}
	buf_init(&b, BUF_MAX);
	if (!left)
		buf_add_slice(&b, s);
	for (int64_t missing = want - have; missing > 0; missing -= filler)
		buf_add_slice(&b, missing >= filler ? fill : slice_take(fill, text_bytes(fill, missing)));
	if (left)
		buf_add_slice(&b, s);
	result_buf(ctx, &b);
}

STRICT(lpad) { pad(ctx, argc, argv, true); }
STRICT(rpad) { pad(ctx, argc, argv, false); }

STRICT(repeat)
{
	struct slice s = arg_text(argv[0]);
	int64_t n = arg_int(argv[1]);
	struct buf b;

	if (n > 0 && s.len && n > (int64_t)(BUF_MAX / s.len) && too_long(ctx))
		return;
	buf_init(&b, BUF_MAX);
	for (int64_t i = 0; i < n && s.len; i++)
		buf_add_slice(&b, s);
	result_buf(ctx, &b);
}

STRICT(replace_text)
{
	struct slice s = arg_text(argv[0]), from = arg_text(argv[1]), to = arg_text(argv[2]);
	struct buf b;

	if (!from.len) {
		result_text(ctx, s);
		return;
	}
	buf_init(&b, BUF_MAX);
	for (;;) {
		size_t at = slice_find_slice(s, from);
		buf_add_slice(&b, slice_take(s, at));
		if (at == s.len)
			break;
		buf_add_slice(&b, to);
		s = slice_skip(s, at + from.len);
	}
	result_buf(ctx, &b);
}

STRICT(translate)
{
	struct slice s = arg_text(argv[0]), from = arg_text(argv[1]), to = arg_text(argv[2]);
	struct buf b;

	buf_init(&b, BUF_MAX);
	for (size_t i = 0, n; i < s.len; i += n) {
		n = utf8_char(slice_skip(s, i));
		n = n ? n : 1;
		size_t k = 0, at = 0, m;
		bool found = false;
		for (; at < from.len; at += m, k++) {
			m = utf8_char(slice_skip(from, at));
			m = m ? m : 1;
			if (m == n && memcmp(from.ptr + at, s.ptr + i, n) == 0) {
				found = true;
				break;
			}
		}
		if (!found) {
			buf_add(&b, s.ptr + i, n);
			continue;
		}
		struct slice rest = slice_skip(to, text_bytes(to, (int64_t)k));
		buf_add_slice(&b, slice_take(rest, text_bytes(rest, 1)));
	}
	result_buf(ctx, &b);
}

STRICT(split_part)
{
	struct slice s = arg_text(argv[0]), by = arg_text(argv[1]);
	int64_t n = arg_int(argv[2]), count = 1;

	if (!n) {
		sql_raise(ctx, "22023", "field position must not be zero");
		return;
	}
	if (!by.len || !s.len) {
		result_text(ctx, (n == 1 || n == -1) ? s : SLICE_NONE);
		return;
	}
	if (n < 0) {
		struct slice rest = s;
		for (size_t at; (at = slice_find_slice(rest, by)) < rest.len; rest = slice_skip(rest, at + by.len))
			count++;
		n = count + 1 + n;
	}
	for (int64_t i = 1; n > 0; i++) {
		size_t at = slice_find_slice(s, by);
		if (i == n) {
			result_text(ctx, slice_take(s, at));
			return;
		}
		if (at == s.len)
			break;
		s = slice_skip(s, at + by.len);
	}
	sqlite3_result_text(ctx, "", 0, SQLITE_STATIC);
}

STRICT(ascii)
{
	size_t n;
	sqlite3_result_int64(ctx, text_code(arg_text(argv[0]), &n));
}

STRICT(chr)
{
	int64_t c = arg_int(argv[0]);
	struct buf b;

	if (c == 0) {
		sql_raise(ctx, "54000", "null character not permitted");
	} else if (c < 0) {
		sql_raise(ctx, "22023", "character number must be positive");
	} else if (c > 0x10ffff) {
		sql_raise(ctx, "54000", "requested character too large for encoding: %u", (unsigned)c);
	} else if (c >= 0xd800 && c <= 0xdfff) {
		sql_raise(ctx, "54000", "requested character not valid for encoding: %u", (unsigned)c);
	} else {
		buf_init(&b, 16);
		text_add_code(&b, (uint32_t)c);
		result_buf(ctx, &b);
	}
}

const struct func_row func_string_rows[] = {
	CALL("lower", lower, 1), CALL("upper", upper, 1), CALL("initcap", initcap, 1), CALL("textlen", textlen, 1), CALL("bpcharlen", bpcharlen, 1),
	CALL("textoctetlen", octets, 1), CALL("bpcharoctetlen", octets, 1), CALL("text_substr", text_substr, 3), CALL("text_substr_no_len", text_substr, 2),
	CALL("text_left", text_left, 2), CALL("text_right", text_right, 2), CALL("text_reverse", text_reverse, 1), CALL("textpos", textpos, 2),
	CALL("textoverlay", textoverlay, 4), CALL("textoverlay_no_len", textoverlay, 3), CALL("text_starts_with", text_starts_with, 2),
	CALL("textcat", textcat, 2), CALL("ltrim", ltrim, 2), CALL("ltrim1", ltrim, 1), CALL("rtrim", rtrim, 2), CALL("rtrim1", rtrim, 1),
	CALL("btrim", btrim, 2), CALL("btrim1", btrim, 1), CALL("lpad", lpad, 3), CALL("rpad", rpad, 3), CALL("lpad(text,int4)", lpad, 2),
	CALL("rpad(text,int4)", rpad, 2), CALL("repeat", repeat, 2), CALL("replace_text", replace_text, 3), CALL("translate", translate, 3),
	CALL("split_part", split_part, 3), CALL("ascii", ascii, 1), CALL("chr", chr, 1),
	END_OF_ROWS
};

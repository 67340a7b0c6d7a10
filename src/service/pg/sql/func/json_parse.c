/*
 * Text to a tree of JSON, with PostgreSQL's complaints.
 */
#include <string.h>

#include "base/utf8.h"
#include "service/pg/sql/func/json.h"
#include "service/pg/sql/type/numeric.h"
#include "service/pg/sql/type/type.h"

#define DEPTH_MAX 6400 /* PostgreSQL's stack of 2 MB ends about there */

struct reader {
	struct sql_env *env;     /* NULL: nobody to complain to */
	struct arena *a;
	struct slice text;
	size_t at;
	bool jsonb;
	int depth;
	size_t token;            /* where the token that is looked at begins */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip(struct reader *r)
{
	while (r->at < r->text.len && is_blank(r->text.ptr[r->at]))
		r->at++;
}

static bool word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (c & 0x80);
}

/* report_json_context: the line, and what leads up to the end of the offending token. */
static void say_where(struct reader *r, struct sql_error *e, size_t end)
{
	size_t line_start = 0, start;
	int line = 1;

	for (size_t i = 0; i < r->token && i < r->text.len; i++)
		if (r->text.ptr[i] == '\n') {
			line++;
			line_start = i + 1;
		}
	start = line_start;
	/* beginning on the right line, no more than 50 bytes before the end */
	while (end - start >= 50) {
		size_t n = 1;
		while (start + n < end && ((unsigned char)r->text.ptr[start + n] & 0xc0) == 0x80)
			n++;
		start += n;
	}
	if (start - line_start <= 3)
		start = line_start;
	bool more = end < r->text.len && r->text.len - end > 0 && r->text.ptr[end] != '\n' && r->text.ptr[end] != '\r';
	e->where = arena_printf(r->env->arena, "JSON data, line %d: %s%.*s%s", line, start > line_start ? "..." : "", (int)(end - start), r->text.ptr + start,
				more ? "..." : "");
}

static struct json *fail(struct reader *r, size_t end, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static struct json *fail(struct reader *r, size_t end, const char *fmt, ...)
{
	va_list ap;

	if (!r->env)
		return NULL;
	struct sql_error *e = sql_raise_env(r->env, "22P02", "invalid input syntax for type json");
	va_start(ap, fmt);
	e->detail = arena_vprintf(r->env->arena, fmt, ap);
	va_end(ap);
	say_where(r, e, end);
	return NULL;
}

/* The end of the token at `at`, as the lexer would take it. */
static size_t token_end(const struct reader *r, size_t at)
{
	size_t end = at;

	while (end < r->text.len && word_char(r->text.ptr[end]))
		end++;
	if (end == at && end < r->text.len)
		end++;
	return end;
}

static struct json *unexpected(struct reader *r, const char *expected)
{
	size_t end;

	r->token = r->at;
	if (r->at >= r->text.len) {
		if (r->env) {
			struct sql_error *e = sql_raise_env(r->env, "22P02", "invalid input syntax for type json");
			e->detail = SLICE_LIT("The input string ended unexpectedly.");
			say_where(r, e, r->text.len);
		}
		return NULL;
	}
	char c = r->text.ptr[r->at];
	end = token_end(r, r->at);
	/* a word or sign that is no token at all */
	if (!strchr("{}[],:\"", c)) {
		struct slice word = slice_take(slice_skip(r->text, r->at), end - r->at);
		bool token = slice_eq_str(word, "true") || slice_eq_str(word, "false") || slice_eq_str(word, "null");
		if ((c >= '0' && c <= '9') || c == '-') {
			token = true;
			end = r->at + 1;
			while (end < r->text.len && (strchr("0123456789+-.eE", r->text.ptr[end]) || word_char(r->text.ptr[end])))
				end++;
		}
		if (!token)
			return fail(r, end, "Token \"%.*s\" is invalid.", (int)(end - r->at), r->text.ptr + r->at);
	}
	if (c == '"') {
		end = r->at + 1;
		while (end < r->text.len && r->text.ptr[end] != '"')
			end += r->text.ptr[end] == '\\' ? 2 : 1;
		end = end < r->text.len ? end + 1 : r->text.len;
	}
	return fail(r, end, "Expected %s, but found \"%.*s\".", expected, (int)(end - r->at), r->text.ptr + r->at);
}

/* ---- strings ---------------------------------------------------------------------- */

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static size_t put_utf8(char *out, uint32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

static bool untranslatable(struct reader *r, size_t end)
{
	if (r->env) {
		struct sql_error *e = sql_raise_env(r->env, "22P05", "unsupported Unicode escape sequence");
		e->detail = SLICE_LIT("\\u0000 cannot be converted to text.");
		say_where(r, e, end);
	}
	return false;
}

/* At the opening quote. Decoded only when that is needed. */
static bool read_string(struct reader *r, struct slice *out, bool decode)
{
	const char *p = r->text.ptr;
	size_t from = r->at + 1, i = from, n = 0;
	uint32_t high = 0;
	char *text = NULL;

	r->token = r->at;
	for (;; i++) {
		if (i >= r->text.len) {
			fail(r, r->text.len, "Token \"%.*s\" is invalid.", (int)(r->text.len - r->at), p + r->at);
			return false;
		}
		unsigned char c = (unsigned char)p[i];
		if (c == '"')
			break;
		if (c < 0x20) {
			fail(r, i, "Character with value 0x%02x must be escaped.", c);
			return false;
		}
		if (c != '\\') {
			if (high) {
				fail(r, i, "Unicode low surrogate must follow a high surrogate.");
				return false;
			}
			if (text)
				text[n] = (char)c;
			n++;
			continue;
		}
		if (!text && decode) {
			text = arena_alloc(r->a, r->text.len - from + 1);
			memcpy(text, p + from, n);
		}
		if (++i >= r->text.len) {
			fail(r, r->text.len, "Token \"%.*s\" is invalid.", (int)(r->text.len - r->at), p + r->at);
			return false;
		}
		char plain = 0;
		switch (p[i]) {
		case '"': case '\\': case '/': plain = p[i]; break;
		case 'b': plain = '\b'; break;
		case 'f': plain = '\f'; break;
		case 'n': plain = '\n'; break;
		case 'r': plain = '\r'; break;
		case 't': plain = '\t'; break;
		case 'u': {
			uint32_t v = 0;
			for (int k = 1; k <= 4; k++) {
				if (i + (size_t)k >= r->text.len) {
					fail(r, r->text.len, "Token \"%.*s\" is invalid.", (int)(r->text.len - r->at), p + r->at);
					return false;
				}
				if (hex(p[i + (size_t)k]) < 0) {
					fail(r, i + (size_t)k + 1, "\"\\u\" must be followed by four hexadecimal digits.");
					return false;
				}
				v = v * 16 + (uint32_t)hex(p[i + (size_t)k]);
			}
			i += 4;
			if (v >= 0xd800 && v < 0xdc00) {
				if (high) {
					fail(r, i + 1, "Unicode high surrogate must not follow a high surrogate.");
					return false;
				}
				high = v;
				continue;
			}
			if (v >= 0xdc00 && v < 0xe000) {
				if (!high) {
					fail(r, i + 1, "Unicode low surrogate must follow a high surrogate.");
					return false;
				}
				v = 0x10000 + ((high & 0x3ff) << 10) + (v & 0x3ff);
				high = 0;
			} else if (high) {
				fail(r, i + 1, "Unicode low surrogate must follow a high surrogate.");
				return false;
			}
			if (!v && decode)
				return untranslatable(r, i + 1);
			if (text)
				n += put_utf8(text + n, v);
			continue;
		}
		default: {
			size_t end = i + 1;
			while (end < r->text.len && ((unsigned char)p[end] & 0xc0) == 0x80)
				end++;
			fail(r, end, "Escape sequence \"\\%.*s\" is invalid.", (int)(end - i), p + i);
			return false;
		}
		}
		if (high) {
			fail(r, i + 1, "Unicode low surrogate must follow a high surrogate.");
			return false;
		}
		if (text)
			text[n] = plain;
		n++;
	}
	if (high) {
		fail(r, i + 1, "Unicode low surrogate must follow a high surrogate.");
		return false;
	}
	*out = text ? (struct slice){ text, n } : slice_take(slice_skip(r->text, from), i - from);
	r->at = i + 1;
	return true;
}

/* ---- numbers ------------------------------------------------------------------------ */

static struct json *read_number(struct reader *r)
{
	const char *p = r->text.ptr;
	size_t i = r->at, end = r->text.len;
	bool bad = false;

	r->token = r->at;
	i += p[i] == '-';
	if (i < end && p[i] == '0')
		i++;
	else if (i < end && p[i] >= '1' && p[i] <= '9')
		while (i < end && p[i] >= '0' && p[i] <= '9')
			i++;
	else
		bad = true;
	if (i < end && p[i] == '.') {
		size_t digits = ++i;
		while (i < end && p[i] >= '0' && p[i] <= '9')
			i++;
		bad |= i == digits;
	}
	if (i < end && (p[i] == 'e' || p[i] == 'E')) {
		i++;
		if (i < end && (p[i] == '+' || p[i] == '-'))
			i++;
		size_t digits = i;
		while (i < end && p[i] >= '0' && p[i] <= '9')
			i++;
		bad |= i == digits;
	}
	/* anything that could be part of a number or word makes all of it wrong */
	size_t all = i;
	while (all < end && (word_char(p[all]) || p[all] == '+' || p[all] == '-' || p[all] == '.'))
		all++;
	if (bad || all > i)
		return fail(r, all > i ? all : i, "Token \"%.*s\" is invalid.", (int)((all > i ? all : i) - r->at), p + r->at);
	struct json *v = json_new(r->a, JSON_NUMBER_);
	v->raw = v->text = slice_take(slice_skip(r->text, r->at), i - r->at);
	r->at = i;
	if (r->jsonb) {
		struct sql_datum number;
		if (!r->env)
			return v; /* what lies there is canonical */
		if (!type_in(r->env, r->a, T_NUMERIC, -1, v->text, &number))
			return NULL;
		v->text = number.s;
	}
	return v;
}

/* ---- values -------------------------------------------------------------------------- */

static struct json *read_value(struct reader *r);

static struct json *read_array(struct reader *r)
{
	struct json *v = json_new(r->a, JSON_ARRAY_);

	r->at++;
	skip(r);
	if (r->at < r->text.len && r->text.ptr[r->at] == ']') {
		r->at++;
		return v;
	}
	for (;;) {
		struct json *item = v->count || (r->at < r->text.len && r->text.ptr[r->at] != ']') ? read_value(r) : unexpected(r, "array element or \"]\"");
		if (!item)
			return NULL;
		json_add(r->a, v, item);
		skip(r);
		if (r->at < r->text.len && r->text.ptr[r->at] == ',') {
			r->at++;
			skip(r);
			continue;
		}
		if (r->at < r->text.len && r->text.ptr[r->at] == ']') {
			r->at++;
			return v;
		}
		return unexpected(r, "\",\" or \"]\"");
	}
}

static struct json *read_object(struct reader *r)
{
	struct json *v = json_new(r->a, JSON_OBJECT_);

	r->at++;
	skip(r);
	if (r->at < r->text.len && r->text.ptr[r->at] == '}') {
		r->at++;
		return v;
	}
	for (bool first = true;; first = false) {
		struct slice key;
		if (r->at >= r->text.len || r->text.ptr[r->at] != '"')
			return unexpected(r, first ? "string or \"}\"" : "string");
		if (!read_string(r, &key, true))
			return NULL;
		skip(r);
		if (r->at >= r->text.len || r->text.ptr[r->at] != ':')
			return unexpected(r, "\":\"");
		r->at++;
		skip(r);
		struct json *item = read_value(r);
		if (!item)
			return NULL;
		if (r->jsonb && r->env) {
			json_put(r->a, v, key, item);
		} else {
			json_add(r->a, v, item);
			v->keys[v->count - 1] = key;
		}
		skip(r);
		if (r->at < r->text.len && r->text.ptr[r->at] == ',') {
			r->at++;
			skip(r);
			continue;
		}
		if (r->at < r->text.len && r->text.ptr[r->at] == '}') {
			r->at++;
			return v;
		}
		return unexpected(r, "\",\" or \"}\"");
	}
}

static bool take_word(struct reader *r, const char *word)
{
	size_t n = strlen(word);

	if (r->text.len - r->at < n || memcmp(r->text.ptr + r->at, word, n) != 0 ||
	    (r->text.len - r->at > n && word_char(r->text.ptr[r->at + n])))
		return false;
	r->at += n;
	return true;
}

static struct json *read_value(struct reader *r)
{
	size_t from = r->at;
	struct json *v = NULL;

	if (r->at >= r->text.len)
		return unexpected(r, "JSON value");
	if (++r->depth > DEPTH_MAX) {
		if (r->env)
			sql_hint(r->env, sql_raise_env(r->env, "54001", "stack depth limit exceeded"),
				 "Increase the configuration parameter \"max_stack_depth\" (currently 2048kB), after ensuring the platform's stack depth limit is adequate.");
		return NULL;
	}
	char c = r->text.ptr[r->at];
	if (c == '{') {
		v = read_object(r);
	} else if (c == '[') {
		v = read_array(r);
	} else if (c == '"') {
		struct slice text;
		/* json keeps what it is given; only what is looked at is decoded */
		if (read_string(r, &text, r->jsonb || !r->env)) {
			v = json_new(r->a, JSON_STRING_);
			v->text = text;
		}
	} else if (c == '-' || (c >= '0' && c <= '9')) {
		v = read_number(r);
	} else if (take_word(r, "true")) {
		v = json_new(r->a, JSON_TRUE_);
	} else if (take_word(r, "false")) {
		v = json_new(r->a, JSON_FALSE_);
	} else if (take_word(r, "null")) {
		v = json_new(r->a, JSON_NULL_);
	} else {
		v = unexpected(r, "JSON value");
	}
	r->depth--;
	if (v)
		v->raw = slice_take(slice_skip(r->text, from), r->at - from);
	return v;
}

static struct json *read_all(struct reader *r)
{
	skip(r);
	struct json *v = read_value(r);
	if (!v)
		return NULL;
	skip(r);
	return r->at < r->text.len ? unexpected(r, "end of input") : v;
}

struct json *json_parse(struct sql_env *env, struct arena *a, struct slice text, bool jsonb)
{
	struct reader r = { .env = env, .a = a, .text = text, .jsonb = jsonb };

	return read_all(&r);
}

struct json *json_load(struct arena *a, struct slice text, bool jsonb)
{
	struct reader r = { .a = a, .text = text, .jsonb = jsonb };
	struct json *v = read_all(&r);

	return v ? v : json_new(a, JSON_NULL_);
}

/* ---- making ---------------------------------------------------------------------------- */

struct json *json_new(struct arena *a, enum json_kind kind)
{
	struct json *v = arena_zalloc(a, sizeof(*v));

	v->kind = kind;
	return v;
}

struct json *json_string_new(struct arena *a, struct slice text)
{
	struct json *v = json_new(a, JSON_STRING_);

	v->text = text;
	return v;
}

struct json *json_number_new(struct arena *a, struct slice digits)
{
	struct json *v = json_new(a, JSON_NUMBER_);

	v->text = digits;
	return v;
}

void json_add(struct arena *a, struct json *v, struct json *item)
{
	if (v->count == v->cap) {
		size_t cap = v->cap ? v->cap * 2 : 8;
		struct json **items = arena_alloc(a, cap * sizeof(*items));
		struct slice *keys = v->kind == JSON_OBJECT_ ? arena_zalloc(a, cap * sizeof(*keys)) : NULL;
		if (v->count) {
			memcpy(items, v->items, v->count * sizeof(*items));
			if (keys)
				memcpy(keys, v->keys, v->count * sizeof(*keys));
		}
		v->items = items;
		v->keys = keys;
		v->cap = cap;
	}
	v->items[v->count++] = item;
}

/* Shorter keys first, then by bytes. */
int json_key_compare(struct slice a, struct slice b)
{
	if (a.len != b.len)
		return a.len < b.len ? -1 : 1;
	return memcmp(a.ptr, b.ptr, a.len);
}

void json_put(struct arena *a, struct json *v, struct slice key, struct json *value)
{
	size_t low = 0, high = v->count;

	while (low < high) {
		size_t mid = (low + high) / 2;
		int c = json_key_compare(v->keys[mid], key);
		if (!c) {
			v->items[mid] = value;
			return;
		}
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	json_add(a, v, value);
	memmove(v->items + low + 1, v->items + low, (v->count - 1 - low) * sizeof(*v->items));
	memmove(v->keys + low + 1, v->keys + low, (v->count - 1 - low) * sizeof(*v->keys));
	v->items[low] = value;
	v->keys[low] = key;
}

struct json *json_get(const struct json *v, struct slice key)
{
	/* of equal keys the last one counts */
	for (size_t i = v->count; v->kind == JSON_OBJECT_ && i-- > 0;)
		if (slice_eq(v->keys[i], key))
			return v->items[i];
	return NULL;
}

struct json *json_at(const struct json *v, int64_t index)
{
	if (v->kind != JSON_ARRAY_)
		return NULL;
	if (index < 0)
		index += (int64_t)v->count;
	return index >= 0 && (uint64_t)index < v->count ? v->items[index] : NULL;
}

/*
 * Arrays between text, wire and struct array: array_in, array_out, array_recv,
 * array_send and array_cmp of PostgreSQL 15.
 */
#include "service/pg/sql/type/array.h"

#include <limits.h>

#define ITEMS_MAX (134217727) /* MaxArraySize */

char array_delimiter(uint32_t element)
{
	return element == 603 ? ';' : ','; /* box */
}

uint32_t array_element(struct sql_env *env, uint32_t type)
{
	if (type == T_TEXT_ARRAY)
		return T_TEXT;
	if (type == T_INT4_ARRAY)
		return T_INT4;
	if (type == T_INT2VECTOR)
		return T_INT2;
	if (type == T_OIDVECTOR)
		return T_OID;
	const struct sql_type *facts = type_facts(env, type);
	while (facts && facts->kind == 'd')
		facts = type_facts(env, facts->base);
	return facts ? facts->element : 0;
}

struct reader {
	struct sql_env *env;
	struct arena *arena;
	struct array *v;
	uint32_t element;
	int32_t typmod;
	struct slice text;
	size_t at, cap;
	int seen[ARRAY_DIMS]; /* size of each depth once it was closed; 0: not yet */
	int depth_of_items;
};

static bool malformed(struct reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool malformed(struct reader *r, const char *fmt, ...)
{
	struct sql_error *e = sql_raise_env(r->env, "22P02", "malformed array literal: \"%.*s\"", SLICE_ARG(r->text));
	va_list ap;

	va_start(ap, fmt);
	e->detail = arena_vprintf(r->env->arena, fmt, ap);
	va_end(ap);
	return false;
}

static bool blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static void skip_blanks(struct reader *r)
{
	while (r->at < r->text.len && blank(r->text.ptr[r->at]))
		r->at++;
}

static bool add_item(struct reader *r, struct sql_datum d)
{
	struct array *v = r->v;

	if (v->count == r->cap) {
		size_t cap = r->cap ? r->cap * 2 : 8;
		struct sql_datum *items = arena_alloc(r->arena, cap * sizeof(*items));
		if (v->count)
			memcpy(items, v->items, v->count * sizeof(*items));
		v->items = items;
		r->cap = cap;
	}
	if (v->count >= ITEMS_MAX) {
		sql_raise_env(r->env, "54000", "array size exceeds the maximum allowed (%d)", ITEMS_MAX);
		return false;
	}
	v->items[v->count++] = d;
	return true;
}

/* One item up to its delimiter or brace. */
static bool read_item(struct reader *r)
{
	const char *p = r->text.ptr;
	size_t start = r->at, n = 0, last = 0;
	bool quoted = false, escaped = false;
	char *copy = arena_alloc(r->arena, 64);
	size_t cap = 64;

	for (;; r->at++) {
		if (r->at >= r->text.len)
			return malformed(r, "Unexpected end of input.");
		char c = p[r->at];
		if (n + 2 > cap) {
			char *larger = arena_alloc(r->arena, cap * 4);
			memcpy(larger, copy, n);
			copy = larger;
			cap *= 4;
		}
		if (c == '"') {
			if (quoted || r->at != start)
				return malformed(r, "Unexpected array element.");
			quoted = true;
			for (r->at++;; r->at++) {
				if (r->at >= r->text.len)
					return malformed(r, "Unexpected end of input.");
				c = p[r->at];
				if (c == '"')
					break;
				if (c == '\\' && ++r->at >= r->text.len)
					return malformed(r, "Unexpected end of input.");
				if (n + 2 > cap) {
					char *larger = arena_alloc(r->arena, cap * 4);
					memcpy(larger, copy, n);
					copy = larger;
					cap *= 4;
				}
				copy[n++] = p[r->at];
			}
			last = n;
		} else if (c == '\\') {
			if (quoted)
				return malformed(r, "Unexpected \"%c\" character.", c);
			if (++r->at >= r->text.len)
				return malformed(r, "Unexpected end of input.");
			copy[n++] = p[r->at];
			last = n;
			escaped = true;
		} else if (c == '}' || c == array_delimiter(r->element)) {
			break;
		} else if (c == '{') {
			return malformed(r, "Unexpected \"%c\" character.", c);
		} else if (quoted) {
			if (!blank(c))
				return malformed(r, "Unexpected array element.");
		} else {
			copy[n++] = c;
			if (!blank(c))
				last = n;
		}
	}
	n = last;
	copy[n] = 0;
	if (!quoted && !n)
		return malformed(r, "Unexpected \"%c\" character.", p[r->at]);
	struct sql_datum d = { .kind = SQL_NULL };
	if (quoted || escaped || !slice_eq_nocase_str(slice_of(copy, n), "null"))
		if (!type_in(r->env, r->arena, r->element, r->typmod, slice_of(copy, n), &d))
			return false;
	return add_item(r, d);
}

/* The inside of braces at a depth, from 0, up to and with the closing one. */
static bool read_level(struct reader *r, int depth)
{
	int count = 0;

	if (depth >= ARRAY_DIMS) {
		sql_raise_env(r->env, "54000", "number of array dimensions (%d) exceeds the maximum allowed (%d)", depth + 1, ARRAY_DIMS);
		return false;
	}
	skip_blanks(r);
	if (r->at < r->text.len && r->text.ptr[r->at] == '}') {
		r->at++;
		return depth ? malformed(r, "Unexpected \"}\" character.") : true;
	}
	for (;;) {
		skip_blanks(r);
		if (r->at >= r->text.len)
			return malformed(r, "Unexpected end of input.");
		if (r->text.ptr[r->at] == '{') {
			r->at++;
			if (r->depth_of_items >= 0 && depth >= r->depth_of_items)
				return malformed(r, count ? "Unexpected \"{\" character." : "Multidimensional arrays must have sub-arrays with matching dimensions.");
			if (!read_level(r, depth + 1))
				return false;
		} else {
			if (r->depth_of_items < 0)
				r->depth_of_items = depth;
			if (depth != r->depth_of_items)
				return malformed(r, depth < r->depth_of_items && count ? "Unexpected array element." : "Multidimensional arrays must have sub-arrays with matching dimensions.");
			if (!read_item(r))
				return false;
		}
		count++;
		skip_blanks(r);
		if (r->at >= r->text.len)
			return malformed(r, "Unexpected end of input.");
		char c = r->text.ptr[r->at++];
		if (c == '}')
			break;
		if (c != array_delimiter(r->element))
			return malformed(r, "Unexpected array element.");
		skip_blanks(r);
		if (r->at < r->text.len && r->text.ptr[r->at] == '}')
			return malformed(r, "Unexpected \"}\" character.");
	}
	if (r->seen[depth] && r->seen[depth] != count)
		return malformed(r, "Multidimensional arrays must have sub-arrays with matching dimensions.");
	r->seen[depth] = count;
	r->v->dim[depth] = count;
	if (r->v->ndim < depth + 1)
		r->v->ndim = depth + 1;
	return true;
}

static bool read_number(struct reader *r, int *out)
{
	long v = 0;
	bool minus = false;
	size_t first;

	if (r->at < r->text.len && (r->text.ptr[r->at] == '-' || r->text.ptr[r->at] == '+'))
		minus = r->text.ptr[r->at++] == '-';
	for (first = r->at; r->at < r->text.len && r->text.ptr[r->at] >= '0' && r->text.ptr[r->at] <= '9'; r->at++)
		if (v < INT_MAX)
			v = v * 10 + (r->text.ptr[r->at] - '0');
	if (r->at == first)
		return malformed(r, "\"[\" must introduce explicitly-specified array dimensions.");
	if (v > INT_MAX) {
		sql_raise_env(r->env, "22003", "array bound is out of integer range");
		return false;
	}
	*out = (int)(minus ? -v : v);
	return true;
}

/* "[1:2][0:3]=" before the braces; how many. -1: raised. */
static int read_bounds(struct reader *r, int *lower, int *size)
{
	int n = 0;

	for (;; n++) {
		int low = 1, high;
		skip_blanks(r);
		if (r->at >= r->text.len || r->text.ptr[r->at] != '[')
			break;
		r->at++;
		if (n >= ARRAY_DIMS) {
			sql_raise_env(r->env, "54000", "number of array dimensions (%d) exceeds the maximum allowed (%d)", n + 1, ARRAY_DIMS);
			return -1;
		}
		if (!read_number(r, &high))
			return -1;
		if (r->at < r->text.len && r->text.ptr[r->at] == ':') {
			low = high;
			r->at++;
			if (!read_number(r, &high))
				return -1;
		}
		if (r->at >= r->text.len || r->text.ptr[r->at] != ']') {
			malformed(r, "Missing \"%s\" after array dimensions.", "]");
			return -1;
		}
		r->at++;
		if (high < low) {
			sql_raise_env(r->env, "2202E", "upper bound cannot be less than lower bound");
			return -1;
		}
		lower[n] = low;
		size[n] = high - low + 1;
	}
	if (!n)
		return 0;
	if (r->at >= r->text.len || r->text.ptr[r->at] != '=') {
		malformed(r, "Missing \"%s\" after array dimensions.", "=");
		return -1;
	}
	r->at++;
	skip_blanks(r);
	return n;
}

bool array_load(struct sql_env *env, struct arena *a, uint32_t element, int32_t typmod, struct slice text, struct array *out)
{
	struct reader r = { .env = env, .arena = a, .v = out, .element = element, .typmod = typmod, .text = text, .depth_of_items = -1 };
	int lower[ARRAY_DIMS], size[ARRAY_DIMS];

	*out = (struct array){ .element = element };
	skip_blanks(&r);
	int bounds = read_bounds(&r, lower, size);
	if (bounds < 0)
		return false;
	if (r.at >= text.len || text.ptr[r.at] != '{')
		return malformed(&r, bounds ? "Array contents must start with \"{\"." : "Array value must start with \"{\" or dimension information.");
	r.at++;
	if (!read_level(&r, 0))
		return false;
	skip_blanks(&r);
	if (r.at != text.len)
		return malformed(&r, "Junk after closing right brace.");
	if (!out->count)
		out->ndim = 0;
	for (int i = 0; i < out->ndim; i++)
		out->lower[i] = bounds ? lower[i] : 1;
	if (bounds && out->ndim) {
		if (bounds != out->ndim)
			return malformed(&r, "Specified array dimensions do not match array contents.");
		for (int i = 0; i < bounds; i++)
			if (size[i] != out->dim[i])
				return malformed(&r, "Specified array dimensions do not match array contents.");
	}
	return true;
}

bool array_load_of(struct sql_env *env, struct arena *a, uint32_t type, struct slice text, struct array *out)
{
	uint32_t element = array_element(env, type);
	size_t cap = 1;

	if ((type != T_INT2VECTOR && type != T_OIDVECTOR) || (text.len && (text.ptr[0] == '{' || text.ptr[0] == '[')))
		return array_load(env, a, element ? element : T_TEXT, -1, text, out);
	for (size_t i = 0; i < text.len; i++)
		cap += text.ptr[i] == ' ';
	*out = (struct array){ .element = element, .ndim = 1, .items = ARENA_ARRAY(a, struct sql_datum, cap) };
	while (text.len) {
		struct slice one = slice_split(&text, ' ');

		if (!one.len)
			continue;
		if (!type_in(env, a, element, -1, one, &out->items[out->count]))
			return false;
		out->count++;
	}
	out->dim[0] = (int)out->count;
	out->ndim = out->count > 0;
	return true;
}

static bool needs_quotes(struct slice s, char delimiter)
{
	if (!s.len || slice_eq_nocase_str(s, "null"))
		return true;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		if (c == '"' || c == '\\' || c == '{' || c == '}' || c == delimiter || blank(c))
			return true;
	}
	return false;
}

static bool print_level(struct sql_env *env, const struct style *st, const struct array *v, int depth, size_t *next, struct buf *b)
{
	char delimiter = array_delimiter(v->element);

	buf_add_char(b, '{');
	for (int i = 0; i < v->dim[depth]; i++) {
		if (i)
			buf_add_char(b, delimiter);
		if (depth + 1 < v->ndim) {
			if (!print_level(env, st, v, depth + 1, next, b))
				return false;
			continue;
		}
		struct sql_datum d = v->items[(*next)++];
		if (d.kind == SQL_NULL) {
			buf_add_str(b, "NULL");
			continue;
		}
		size_t at = b->len;
		if (!type_out(env, st, v->element, d, b))
			return false;
		struct slice s = slice_of(b->ptr + at, b->len - at);
		if (!needs_quotes(s, delimiter))
			continue;
		struct buf q;
		buf_init(&q, BUF_MAX);
		buf_add_char(&q, '"');
		for (size_t k = 0; k < s.len; k++) {
			if (s.ptr[k] == '"' || s.ptr[k] == '\\')
				buf_add_char(&q, '\\');
			buf_add_char(&q, s.ptr[k]);
		}
		buf_add_char(&q, '"');
		buf_cut(b, at);
		buf_add_slice(b, buf_slice(&q));
		buf_release(&q);
	}
	buf_add_char(b, '}');
	return true;
}

bool array_print(struct sql_env *env, const struct style *st, const struct array *v, struct buf *b)
{
	bool bounds = false;
	size_t next = 0;

	if (!v->ndim) {
		buf_add_str(b, "{}");
		return true;
	}
	for (int i = 0; i < v->ndim; i++)
		bounds |= v->lower[i] != 1;
	for (int i = 0; bounds && i < v->ndim; i++)
		buf_addf(b, "[%d:%d]", v->lower[i], v->lower[i] + v->dim[i] - 1);
	if (bounds)
		buf_add_char(b, '=');
	return print_level(env, st, v, 0, &next, b);
}

struct sql_datum array_make(struct sql_env *env, struct arena *a, uint32_t element, const struct sql_datum *items, size_t count)
{
	struct array v = { .element = element, .ndim = count ? 1 : 0, .dim = { (int)count }, .lower = { 1 }, .count = count };
	struct buf b;

	v.items = (struct sql_datum *)(uintptr_t)items;
	buf_init(&b, BUF_MAX);
	array_print(env, &style_stored, &v, &b);
	return datum_text(arena_take(a, &b));
}

static uint32_t element_of(struct sql_env *env, uint32_t type)
{
	uint32_t e = array_element(env, type);
	return e ? e : T_TEXT;
}

static bool in(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice text, struct sql_datum *out)
{
	struct array v;
	struct buf b;

	if (!array_load(env, a, element_of(env, type), typmod, text, &v))
		return false;
	buf_init(&b, BUF_MAX);
	bool ok = array_print(env, &style_stored, &v, &b);
	*out = datum_text(arena_take(a, &b));
	return ok;
}

/* Whether items print differently by the session's settings. */
static bool depends_on_style(struct sql_env *env, uint32_t element)
{
	switch (element) {
	case T_TEXT: case T_VARCHAR: case T_NAME: case T_INT2: case T_INT4: case T_INT8: case T_BOOL: case T_NUMERIC: case T_UUID:
	case T_OID: case T_BPCHAR: case T_JSON: case T_JSONB: case T_INET: return false;
	default: return type_ops_find(env, element) != &type_enum_ops;
	}
}

static bool out(struct sql_env *env, const struct style *st, uint32_t type, struct sql_datum v, struct buf *b)
{
	uint32_t element = element_of(env, type);
	struct array parts;
	struct arena a;

	if (type == T_ANYARRAY || !depends_on_style(env, element)) {
		buf_add_slice(b, v.s);
		return true;
	}
	arena_init(&a);
	bool ok = array_load(env, &a, element, -1, v.s, &parts) && array_print(env, st, &parts, b);
	arena_release(&a);
	return ok;
}

static bool recv(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice s, struct sql_datum *o)
{
	struct array v = { .element = element_of(env, type) };
	const struct type_ops *ops = type_ops_find(env, v.element);
	uint64_t ndim = read_be(s, 0, 4), count = 1;
	size_t at = 12;

	if (s.len < 12 || ndim > ARRAY_DIMS || s.len < 12 + 8 * ndim)
		return type_refuse_binary(env);
	if (read_be(s, 8, 4) != v.element) {
		sql_raise_env(env, "42804", "wrong element type");
		return false;
	}
	v.ndim = (int)ndim;
	for (int i = 0; i < v.ndim; i++, at += 8) {
		v.dim[i] = (int)(int32_t)read_be(s, at, 4);
		v.lower[i] = (int)(int32_t)read_be(s, at + 4, 4);
		if (v.dim[i] < 0 || __builtin_mul_overflow(count, (uint64_t)v.dim[i], &count) || count > ITEMS_MAX)
			return type_refuse_binary(env);
	}
	if (!v.ndim || !count)
		v.ndim = 0, count = 0;
	if (count * 4 > s.len - at)
		return type_refuse_binary(env);
	v.items = ARENA_ARRAY(a, struct sql_datum, count ? count : 1);
	for (; v.count < count; v.count++) {
		if (s.len - at < 4)
			return type_refuse_binary(env);
		int32_t len = (int32_t)read_be(s, at, 4);
		at += 4;
		if (len == -1) {
			v.items[v.count].kind = SQL_NULL;
			continue;
		}
		if (len < 0 || (size_t)len > s.len - at)
			return type_refuse_binary(env);
		if (!ops->recv(env, a, v.element, typmod, slice_of(s.ptr + at, (size_t)len), &v.items[v.count]))
			return false;
		at += (size_t)len;
	}
	if (at != s.len)
		return type_refuse_binary(env);
	struct buf b;
	buf_init(&b, BUF_MAX);
	bool ok = array_print(env, &style_stored, &v, &b);
	*o = datum_text(arena_take(a, &b));
	return ok;
}

static bool send(struct sql_env *env, uint32_t type, struct sql_datum d, struct buf *b)
{
	struct array v;
	struct arena a;
	uint32_t element = element_of(env, type);
	const struct type_ops *ops = type_ops_find(env, element);
	bool nulls = false;

	arena_init(&a);
	bool ok = array_load(env, &a, element, -1, d.s, &v);
	for (size_t i = 0; ok && i < v.count; i++)
		nulls |= v.items[i].kind == SQL_NULL;
	if (ok && (type == T_INT2VECTOR || type == T_OIDVECTOR))
		v.lower[0] = 0;
	buf_add_be32(b, ok ? (uint32_t)v.ndim : 0);
	buf_add_be32(b, nulls);
	buf_add_be32(b, element);
	for (int i = 0; ok && i < v.ndim; i++) {
		buf_add_be32(b, (uint32_t)v.dim[i]);
		buf_add_be32(b, (uint32_t)v.lower[i]);
	}
	for (size_t i = 0; ok && i < v.count; i++) {
		size_t length = b->len;
		buf_add_be32(b, UINT32_MAX);
		if (v.items[i].kind == SQL_NULL)
			continue;
		ok = ops->send(env, element, v.items[i], b);
		if (!buf_failed(b))
			buf_patch_be32(b, length, (uint32_t)(b->len - length - 4));
	}
	arena_release(&a);
	return ok;
}

int array_compare(struct sql_env *env, const struct array *x, const struct array *y)
{
	size_t n = x->count < y->count ? x->count : y->count;

	for (size_t i = 0; i < n; i++) {
		int r = type_compare(env, x->element, x->items[i], y->items[i]);
		if (r)
			return r;
	}
	if (x->count != y->count)
		return x->count < y->count ? -1 : 1;
	if (x->ndim != y->ndim)
		return x->ndim < y->ndim ? -1 : 1;
	for (int i = 0; i < x->ndim; i++)
		if (x->dim[i] != y->dim[i])
			return x->dim[i] < y->dim[i] ? -1 : 1;
	for (int i = 0; i < x->ndim; i++)
		if (x->lower[i] != y->lower[i])
			return x->lower[i] < y->lower[i] ? -1 : 1;
	return 0;
}

static int compare(struct sql_env *env, uint32_t type, struct sql_datum x, struct sql_datum y)
{
	struct array a, b;
	uint32_t element = element_of(env, type);
	struct arena local, *m = &local;

	arena_init(m);
	int r = 0;
	if (array_load(env, m, element, -1, x.s, &a) && array_load(env, m, element, -1, y.s, &b))
		r = array_compare(env, &a, &b);
	arena_release(m);
	return r;
}

const struct type_ops type_array_ops = { 0, "array", in, out, recv, send, compare, NULL };

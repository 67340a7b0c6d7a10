/*
 * Ranges and multiranges between text, wire and parts; their canonical form and
 * order (rangetypes.c, multirangetypes.c of PostgreSQL 15).
 */
#include "service/pg/sql/type/range.h"

#include "service/pg/sql/type/datetime.h"

uint32_t range_element(struct sql_env *env, uint32_t type)
{
	const struct sql_type *facts = type_facts(env, type);
	return facts && facts->base ? facts->base : T_TEXT;
}

uint32_t multirange_range(struct sql_env *env, uint32_t type)
{
	return range_element(env, type);
}

int range_compare_bounds(struct sql_env *env, uint32_t element, const struct range *x, bool x_upper, const struct range *y, bool y_upper)
{
	struct sql_datum a = x_upper ? x->upper : x->lower, b = y_upper ? y->upper : y->lower;
	bool a_in = x_upper ? x->upper_in : x->lower_in, b_in = y_upper ? y->upper_in : y->lower_in;

	if (a.kind == SQL_NULL || b.kind == SQL_NULL) {
		if (a.kind == SQL_NULL && b.kind == SQL_NULL)
			return x_upper == y_upper ? 0 : x_upper ? 1 : -1;
		return a.kind == SQL_NULL ? (x_upper ? 1 : -1) : (y_upper ? -1 : 1);
	}
	int r = type_compare(env, element, a, b);
	if (r)
		return r;
	/* an end that leaves its value out lies a little inside */
	int da = a_in ? 0 : x_upper ? -1 : 1, db = b_in ? 0 : y_upper ? -1 : 1;
	return (da > db) - (da < db);
}

int range_compare(struct sql_env *env, uint32_t type, const struct range *x, const struct range *y)
{
	uint32_t element = range_element(env, type);

	if (x->empty || y->empty)
		return (y->empty ? 1 : 0) - (x->empty ? 1 : 0);
	int r = range_compare_bounds(env, element, x, false, y, false);
	return r ? r : range_compare_bounds(env, element, x, true, y, true);
}

static bool discrete(uint32_t element)
{
	return element == T_INT4 || element == T_INT8 || element == T_DATE;
}

static bool successor(struct sql_env *env, uint32_t element, struct sql_datum *v)
{
	int64_t most = element == T_INT8 ? INT64_MAX : INT32_MAX;

	if (element == T_DATE) {
		if (v->i == DATE_LATE || v->i == DATE_EARLY)
			return true;
		if (v->i + 1 > DATE_MOST) {
			sql_raise_env(env, "22008", "date out of range");
			return false;
		}
	} else if (v->i == most) {
		sql_raise_env(env, "22003", element == T_INT8 ? "bigint out of range" : "integer out of range");
		return false;
	}
	v->i++;
	return true;
}

bool range_settle(struct sql_env *env, uint32_t type, struct range *r)
{
	uint32_t element = range_element(env, type);

	if (r->empty)
		return true;
	if (r->lower.kind == SQL_NULL)
		r->lower_in = false;
	if (r->upper.kind == SQL_NULL)
		r->upper_in = false;
	if (r->lower.kind != SQL_NULL && r->upper.kind != SQL_NULL) {
		int order = type_compare(env, element, r->lower, r->upper);
		if (order > 0) {
			sql_raise_env(env, "22000", "range lower bound must be less than or equal to range upper bound");
			return false;
		}
		if (order == 0 && !(r->lower_in && r->upper_in)) {
			r->empty = true;
			return true;
		}
	}
	if (!discrete(element))
		return true;
	bool infinite_low = element == T_DATE && r->lower.kind == SQL_INT && (r->lower.i == DATE_LATE || r->lower.i == DATE_EARLY);
	bool infinite_high = element == T_DATE && r->upper.kind == SQL_INT && (r->upper.i == DATE_LATE || r->upper.i == DATE_EARLY);
	if (r->lower.kind != SQL_NULL && !r->lower_in && !infinite_low) {
		if (!successor(env, element, &r->lower))
			return false;
		r->lower_in = true;
	}
	if (r->upper.kind != SQL_NULL && r->upper_in && !infinite_high) {
		if (!successor(env, element, &r->upper))
			return false;
		r->upper_in = false;
	}
	if (r->lower.kind != SQL_NULL && r->upper.kind != SQL_NULL && type_compare(env, element, r->lower, r->upper) == 0 &&
	    !(r->lower_in && r->upper_in))
		r->empty = true;
	return true;
}

/* Whether nothing lies between the end of x and the beginning of y, and they do not overlap. */
bool range_touches(struct sql_env *env, uint32_t type, const struct range *x, const struct range *y)
{
	uint32_t element = range_element(env, type);

	if (x->empty || y->empty || x->upper.kind == SQL_NULL || y->lower.kind == SQL_NULL)
		return false;
	int r = type_compare(env, element, x->upper, y->lower);
	if (r == 0)
		return x->upper_in != y->lower_in;
	if (r > 0 || !discrete(element))
		return false;
	/* (x.upper, y.lower) with the other inclusion is empty? */
	struct range between = { .lower = x->upper, .upper = y->lower, .lower_in = !x->upper_in, .upper_in = !y->lower_in };
	return range_settle(env, type, &between) && between.empty;
}

/* ---- text ---- */

static bool malformed(struct sql_env *env, const char *what, struct slice text, const char *detail)
{
	struct sql_error *e = sql_raise_env(env, "22P02", "malformed %s literal: \"%.*s\"", what, SLICE_ARG(text));

	e->detail = slice_str(detail);
	return false;
}

static bool blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* A bound up to `,` or the closing bracket. */
static bool read_bound(struct slice s, size_t *at, char *copy, size_t *n, bool *infinite)
{
	bool quoted = false;

	*n = 0;
	if (*at < s.len && (s.ptr[*at] == ',' || s.ptr[*at] == ')' || s.ptr[*at] == ']')) {
		*infinite = true;
		return true;
	}
	*infinite = false;
	for (; *at < s.len; (*at)++) {
		char c = s.ptr[*at];
		if (!quoted && (c == ',' || c == ')' || c == ']' || c == '(' || c == '['))
			return true;
		if (c == '\\') {
			if (++*at >= s.len)
				return false;
			copy[(*n)++] = s.ptr[*at];
		} else if (c == '"') {
			if (!quoted)
				quoted = true;
			else if (*at + 1 < s.len && s.ptr[*at + 1] == '"')
				copy[(*n)++] = s.ptr[++*at];
			else
				quoted = false;
		} else {
			copy[(*n)++] = c;
		}
	}
	return false;
}

bool range_load(struct sql_env *env, struct arena *a, uint32_t type, struct slice text, struct range *r)
{
	uint32_t element = range_element(env, type);
	size_t at = 0, n, end = text.len;
	bool infinite;

	*r = (struct range){ .lower = { .kind = SQL_NULL }, .upper = { .kind = SQL_NULL } };
	while (at < end && blank(text.ptr[at]))
		at++;
	if (end - at >= 5 && slice_eq_nocase(slice_of(text.ptr + at, 5), SLICE_LIT("empty"))) {
		at += 5;
		while (at < end && blank(text.ptr[at]))
			at++;
		r->empty = true;
		return at == end || malformed(env, "range", text, "Junk after \"empty\" key word.");
	}
	if (at >= end || (text.ptr[at] != '[' && text.ptr[at] != '('))
		return malformed(env, "range", text, "Missing left parenthesis or bracket.");
	r->lower_in = text.ptr[at++] == '[';
	char *copy = arena_alloc(a, text.len + 1);
	if (!read_bound(text, &at, copy, &n, &infinite))
		return malformed(env, "range", text, "Unexpected end of input.");
	if (!infinite && !type_in(env, a, element, -1, arena_slice(a, slice_of(copy, n)), &r->lower))
		return false;
	if (at >= end || text.ptr[at] != ',')
		return malformed(env, "range", text, "Missing comma after lower bound.");
	at++;
	if (!read_bound(text, &at, copy, &n, &infinite))
		return malformed(env, "range", text, "Unexpected end of input.");
	if (!infinite && !type_in(env, a, element, -1, arena_slice(a, slice_of(copy, n)), &r->upper))
		return false;
	if (at < end && (text.ptr[at] == ']' || text.ptr[at] == ')'))
		r->upper_in = text.ptr[at++] == ']';
	else
		return malformed(env, "range", text, "Too many commas.");
	while (at < end && blank(text.ptr[at]))
		at++;
	if (at != end)
		return malformed(env, "range", text, "Junk after right parenthesis or bracket.");
	return range_settle(env, type, r);
}

static bool print_bound(struct sql_env *env, const struct style *st, uint32_t element, struct sql_datum v, struct buf *b)
{
	struct buf t;
	bool quotes, ok;

	if (v.kind == SQL_NULL)
		return true;
	buf_init(&t, BUF_MAX);
	ok = type_out(env, st, element, v, &t);
	quotes = !t.len;
	for (size_t i = 0; i < t.len; i++)
		quotes |= blank(t.ptr[i]) || (t.ptr[i] && strchr("\"\\()[],", t.ptr[i]));
	if (quotes)
		buf_add_char(b, '"');
	for (size_t i = 0; i < t.len; i++) {
		if (t.ptr[i] == '"' || t.ptr[i] == '\\')
			buf_add_char(b, t.ptr[i]);
		buf_add_char(b, t.ptr[i]);
	}
	if (quotes)
		buf_add_char(b, '"');
	buf_release(&t);
	return ok;
}

bool range_print(struct sql_env *env, const struct style *st, uint32_t type, const struct range *r, struct buf *b)
{
	uint32_t element = range_element(env, type);

	if (r->empty) {
		buf_add_str(b, "empty");
		return true;
	}
	buf_add_char(b, r->lower_in ? '[' : '(');
	bool ok = print_bound(env, st, element, r->lower, b);
	buf_add_char(b, ',');
	ok = ok && print_bound(env, st, element, r->upper, b);
	buf_add_char(b, r->upper_in ? ']' : ')');
	return ok;
}

void multirange_settle(struct sql_env *env, uint32_t type, struct multirange *m)
{
	uint32_t range = multirange_range(env, type), element = range_element(env, range);
	size_t n = 0;

	for (size_t i = 0; i < m->count; i++)
		if (!m->items[i].empty)
			m->items[n++] = m->items[i];
	m->count = n;
	for (size_t i = 1; i < m->count; i++) /* short and mostly in order */
		for (size_t k = i; k > 0 && range_compare(env, range, &m->items[k - 1], &m->items[k]) > 0; k--) {
			struct range t = m->items[k];
			m->items[k] = m->items[k - 1];
			m->items[k - 1] = t;
		}
	n = 0;
	for (size_t i = 0; i < m->count; i++) {
		struct range *last = n ? &m->items[n - 1] : NULL;
		if (last && (range_touches(env, range, last, &m->items[i]) || range_compare_bounds(env, element, last, true, &m->items[i], false) >= 0)) {
			if (range_compare_bounds(env, element, &m->items[i], true, last, true) > 0) {
				last->upper = m->items[i].upper;
				last->upper_in = m->items[i].upper_in;
			}
		} else {
			m->items[n++] = m->items[i];
		}
	}
	m->count = n;
}

bool multirange_load(struct sql_env *env, struct arena *a, uint32_t type, struct slice text, struct multirange *m)
{
	uint32_t range = multirange_range(env, type);
	size_t at = 0, cap = 0;

	*m = (struct multirange){ 0 };
	while (at < text.len && blank(text.ptr[at]))
		at++;
	if (at >= text.len || text.ptr[at] != '{')
		return malformed(env, "multirange", text, "Missing left brace.");
	at++;
	for (bool first = true;; first = false) {
		while (at < text.len && blank(text.ptr[at]))
			at++;
		if (at >= text.len)
			return malformed(env, "multirange", text, "Unexpected end of input.");
		if (text.ptr[at] == '}' && first)
			break;
		size_t from = at;
		if (text.len - at >= 5 && slice_eq_nocase(slice_of(text.ptr + at, 5), SLICE_LIT("empty"))) {
			at += 5;
		} else if (text.ptr[at] == '[' || text.ptr[at] == '(') {
			bool quoted = false;
			for (at++; at < text.len; at++) {
				char c = text.ptr[at];
				if (c == '\\')
					at++;
				else if (c == '"')
					quoted = !quoted;
				else if (!quoted && (c == ')' || c == ']'))
					break;
			}
			if (at >= text.len)
				return malformed(env, "multirange", text, "Unexpected end of input.");
			at++;
		} else {
			return malformed(env, "multirange", text, "Expected range start.");
		}
		if (m->count == cap) {
			cap = cap ? cap * 2 : 8;
			struct range *items = ARENA_ARRAY(a, struct range, cap);
			if (m->count)
				memcpy(items, m->items, m->count * sizeof(*items));
			m->items = items;
		}
		if (!range_load(env, a, range, slice_of(text.ptr + from, at - from), &m->items[m->count]))
			return false;
		m->count++;
		while (at < text.len && blank(text.ptr[at]))
			at++;
		if (at >= text.len)
			return malformed(env, "multirange", text, "Unexpected end of input.");
		if (text.ptr[at] == '}')
			break;
		if (text.ptr[at++] != ',')
			return malformed(env, "multirange", text, "Expected comma or end of multirange.");
	}
	at++;
	while (at < text.len && blank(text.ptr[at]))
		at++;
	if (at != text.len)
		return malformed(env, "multirange", text, "Junk after closing right brace.");
	multirange_settle(env, type, m);
	return true;
}

bool multirange_print(struct sql_env *env, const struct style *st, uint32_t type, const struct multirange *m, struct buf *b)
{
	bool ok = true;

	buf_add_char(b, '{');
	for (size_t i = 0; i < m->count && ok; i++) {
		if (i)
			buf_add_char(b, ',');
		ok = range_print(env, st, multirange_range(env, type), &m->items[i], b);
	}
	buf_add_char(b, '}');
	return ok;
}

/* ---- the rows ---- */

static bool in(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice text, struct sql_datum *out)
{
	struct range r;
	struct buf b;

	(void)typmod;
	if (!range_load(env, a, type, text, &r))
		return false;
	buf_init(&b, BUF_MAX);
	bool ok = range_print(env, &style_stored, type, &r, &b);
	*out = datum_text(arena_take(a, &b));
	return ok;
}

static bool out(struct sql_env *env, const struct style *st, uint32_t type, struct sql_datum v, struct buf *b)
{
	struct range r;
	struct arena a;

	arena_init(&a);
	bool ok = range_load(env, &a, type, v.s, &r) && range_print(env, st, type, &r, b);
	arena_release(&a);
	return ok;
}

enum { EMPTY = 1, LOWER_IN = 2, UPPER_IN = 4, LOWER_INF = 8, UPPER_INF = 16 };

static bool recv_range(struct sql_env *env, struct arena *a, uint32_t type, struct slice s, struct range *r)
{
	uint32_t element = range_element(env, type);
	const struct type_ops *ops = type_ops_find(env, element);
	size_t at = 1;

	*r = (struct range){ .lower = { .kind = SQL_NULL }, .upper = { .kind = SQL_NULL } };
	if (!s.len)
		return type_refuse_binary(env);
	int flags = (unsigned char)s.ptr[0];
	r->empty = flags & EMPTY;
	r->lower_in = flags & LOWER_IN;
	r->upper_in = flags & UPPER_IN;
	for (int upper = 0; upper < 2 && !r->empty; upper++) {
		if (flags & (upper ? UPPER_INF : LOWER_INF))
			continue;
		if (s.len - at < 4)
			return type_refuse_binary(env);
		uint64_t len = read_be(s, at, 4);
		at += 4;
		if (len > s.len - at)
			return type_refuse_binary(env);
		if (!ops->recv(env, a, element, -1, slice_of(s.ptr + at, (size_t)len), upper ? &r->upper : &r->lower))
			return false;
		at += (size_t)len;
	}
	if (at != s.len)
		return type_refuse_binary(env);
	return range_settle(env, type, r);
}

static bool send_range(struct sql_env *env, uint32_t type, const struct range *r, struct buf *b)
{
	uint32_t element = range_element(env, type);
	const struct type_ops *ops = type_ops_find(env, element);
	int flags = r->empty ? EMPTY : (r->lower_in ? LOWER_IN : 0) | (r->upper_in ? UPPER_IN : 0) | (r->lower.kind == SQL_NULL ? LOWER_INF : 0) |
						(r->upper.kind == SQL_NULL ? UPPER_INF : 0);
	bool ok = true;

	buf_add_char(b, (char)flags);
	for (int upper = 0; upper < 2 && ok && !r->empty; upper++) {
		struct sql_datum v = upper ? r->upper : r->lower;
		if (v.kind == SQL_NULL)
			continue;
		size_t length = b->len;
		buf_add_be32(b, 0);
		ok = ops->send(env, element, v, b);
		if (!buf_failed(b))
			buf_patch_be32(b, length, (uint32_t)(b->len - length - 4));
	}
	return ok;
}

static bool recv(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice s, struct sql_datum *o)
{
	struct range r;
	struct buf b;

	(void)typmod;
	if (!recv_range(env, a, type, s, &r))
		return false;
	buf_init(&b, BUF_MAX);
	bool ok = range_print(env, &style_stored, type, &r, &b);
	*o = datum_text(arena_take(a, &b));
	return ok;
}

static bool send(struct sql_env *env, uint32_t type, struct sql_datum v, struct buf *b)
{
	struct range r;
	struct arena a;

	arena_init(&a);
	bool ok = range_load(env, &a, type, v.s, &r) && send_range(env, type, &r, b);
	arena_release(&a);
	return ok;
}

static int compare(struct sql_env *env, uint32_t type, struct sql_datum x, struct sql_datum y)
{
	struct range a, b;
	struct arena m;
	int r = 0;

	arena_init(&m);
	if (range_load(env, &m, type, x.s, &a) && range_load(env, &m, type, y.s, &b))
		r = range_compare(env, type, &a, &b);
	arena_release(&m);
	return r;
}

static bool multi_in(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice text, struct sql_datum *o)
{
	struct multirange m;
	struct buf b;

	(void)typmod;
	if (!multirange_load(env, a, type, text, &m))
		return false;
	buf_init(&b, BUF_MAX);
	bool ok = multirange_print(env, &style_stored, type, &m, &b);
	*o = datum_text(arena_take(a, &b));
	return ok;
}

static bool multi_out(struct sql_env *env, const struct style *st, uint32_t type, struct sql_datum v, struct buf *b)
{
	struct multirange m;
	struct arena a;

	arena_init(&a);
	bool ok = multirange_load(env, &a, type, v.s, &m) && multirange_print(env, st, type, &m, b);
	arena_release(&a);
	return ok;
}

static bool multi_recv(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice s, struct sql_datum *o)
{
	struct multirange m = { 0 };
	uint64_t count = read_be(s, 0, 4);
	size_t at = 4;
	struct buf b;

	(void)typmod;
	if (s.len < 4 || count * 5 > s.len)
		return type_refuse_binary(env);
	m.items = ARENA_ARRAY(a, struct range, count + 1);
	for (; m.count < count; m.count++) {
		uint64_t len = read_be(s, at, 4);
		if (s.len - at < 4 || len > s.len - at - 4)
			return type_refuse_binary(env);
		if (!recv_range(env, a, multirange_range(env, type), slice_of(s.ptr + at + 4, (size_t)len), &m.items[m.count]))
			return false;
		at += 4 + (size_t)len;
	}
	if (at != s.len)
		return type_refuse_binary(env);
	multirange_settle(env, type, &m);
	buf_init(&b, BUF_MAX);
	bool ok = multirange_print(env, &style_stored, type, &m, &b);
	*o = datum_text(arena_take(a, &b));
	return ok;
}

static bool multi_send(struct sql_env *env, uint32_t type, struct sql_datum v, struct buf *b)
{
	struct multirange m;
	struct arena a;

	arena_init(&a);
	bool ok = multirange_load(env, &a, type, v.s, &m);
	buf_add_be32(b, ok ? (uint32_t)m.count : 0);
	for (size_t i = 0; ok && i < m.count; i++) {
		size_t length = b->len;
		buf_add_be32(b, 0);
		ok = send_range(env, multirange_range(env, type), &m.items[i], b);
		if (!buf_failed(b))
			buf_patch_be32(b, length, (uint32_t)(b->len - length - 4));
	}
	arena_release(&a);
	return ok;
}

static int multi_compare(struct sql_env *env, uint32_t type, struct sql_datum x, struct sql_datum y)
{
	struct multirange a, b;
	struct arena m;
	int r = 0;

	arena_init(&m);
	if (multirange_load(env, &m, type, x.s, &a) && multirange_load(env, &m, type, y.s, &b)) {
		for (size_t i = 0; !r && i < a.count && i < b.count; i++)
			r = range_compare(env, multirange_range(env, type), &a.items[i], &b.items[i]);
		if (!r)
			r = (a.count > b.count) - (a.count < b.count);
	}
	arena_release(&m);
	return r;
}

const struct type_ops type_range_ops = { 0, "range", in, out, recv, send, compare, NULL };
const struct type_ops type_multirange_ops = { 0, "multirange", multi_in, multi_out, multi_recv, multi_send, multi_compare, NULL };

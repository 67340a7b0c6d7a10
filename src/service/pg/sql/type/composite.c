/*
 * Rows between text, wire and struct composite: record_in, record_out,
 * record_recv, record_send and record_cmp of PostgreSQL 15.
 */
#include "service/pg/sql/type/composite.h"

uint32_t composite_field_type(const struct composite *v, size_t i)
{
	return v->fields ? v->fields[i].type : T_TEXT;
}

/* ---- heads of anonymous records ---- */

void composite_head_field(struct buf *b, uint32_t type, int32_t typmod, struct slice name)
{
	buf_addf(b, "%u,%d,%zu:", type, typmod, name.len);
	buf_add_slice(b, name);
}

/* One field of a head at *at; false: malformed. */
static bool head_field(struct slice s, size_t *at, uint32_t *type, int32_t *typmod, struct slice *name)
{
	long long numbers[3] = { 0 };

	for (int i = 0; i < 3; i++) {
		bool minus = *at < s.len && s.ptr[*at] == '-';
		size_t first = *at += minus;

		for (; *at < s.len && s.ptr[*at] >= '0' && s.ptr[*at] <= '9' && *at - first < 11; (*at)++)
			numbers[i] = numbers[i] * 10 + (s.ptr[*at] - '0');
		if (*at == first || *at >= s.len || s.ptr[*at] != (i < 2 ? ',' : ':'))
			return false;
		(*at)++;
		if (minus)
			numbers[i] = -numbers[i];
	}
	if (numbers[2] < 0 || (size_t)numbers[2] > s.len - *at || numbers[0] < 0 || numbers[0] > UINT32_MAX || numbers[1] < INT32_MIN || numbers[1] > INT32_MAX)
		return false;
	*type = (uint32_t)numbers[0];
	*typmod = (int32_t)numbers[1];
	*name = slice_of(s.ptr + *at, (size_t)numbers[2]);
	*at += (size_t)numbers[2];
	return true;
}

size_t composite_head_length(struct slice s)
{
	size_t at = 1;
	uint32_t type;
	int32_t typmod;
	struct slice name;

	if (!s.len || s.ptr[0] != COMPOSITE_HEAD)
		return 0;
	while (at < s.len && s.ptr[at] != '(')
		if (!head_field(s, &at, &type, &typmod, &name))
			return 0;
	return at;
}

struct sql_field *composite_head_fields(struct arena *a, struct slice head, size_t *count)
{
	size_t at = 1, cap = 8;
	struct sql_field *fields = ARENA_ARRAY(a, struct sql_field, cap);

	*count = 0;
	while (at < head.len && head.ptr[at] != '(') {
		struct slice name;

		if (*count == cap) {
			struct sql_field *grown = ARENA_ARRAY(a, struct sql_field, cap * 2);
			memcpy(grown, fields, cap * sizeof(*grown));
			fields = grown;
			cap *= 2;
		}
		struct sql_field *f = fields + *count;
		if (!head_field(head, &at, &f->type, &f->typmod, &name))
			return NULL;
		f->name = name.len ? arena_slice(a, name).ptr : arena_printf(a, "f%zu", *count + 1).ptr;
		(*count)++;
	}
	return fields;
}

bool composite_store(struct sql_env *env, struct arena *a, const struct composite *v, struct sql_datum *out)
{
	struct buf b;

	buf_init(&b, BUF_MAX);
	if (v->type == T_RECORD && v->fields) {
		buf_add_char(&b, COMPOSITE_HEAD);
		for (size_t i = 0; i < v->count; i++)
			composite_head_field(&b, v->fields[i].type, v->fields[i].typmod, slice_str(v->fields[i].name));
	}
	bool ok = composite_print(env, &style_stored, v, &b);
	*out = datum_text(arena_take(a, &b));
	return ok;
}

/* ---- text ---- */

static bool malformed(struct sql_env *env, struct slice text, const char *detail)
{
	struct sql_error *e = sql_raise_env(env, "22P02", "malformed record literal: \"%.*s\"", SLICE_ARG(text));

	e->detail = slice_str(detail);
	return false;
}

static bool blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* One field as text; false: NULL. *at stands on the comma or parenthesis then; *ended when the text did. */
static bool read_field(struct slice s, size_t *at, char *copy, size_t *n, bool *ended)
{
	bool quoted = false, any = false;

	*n = 0;
	for (; *at < s.len; (*at)++) {
		char c = s.ptr[*at];
		if (!quoted && (c == ',' || c == ')'))
			return any;
		any = true;
		if (c == '\\') {
			if (++*at >= s.len)
				break;
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
	*ended = true;
	return any;
}

bool composite_load(struct sql_env *env, struct arena *a, uint32_t type, struct slice text, struct composite *out)
{
	struct slice s = text;
	size_t expected = 0, at = 0, cap = 0;

	*out = (struct composite){ .type = type };
	if (type == T_RECORD) {
		size_t head = composite_head_length(s);

		out->fields = head ? composite_head_fields(a, s, &expected) : NULL;
		s = slice_skip(s, head);
	} else {
		out->fields = env->fields ? env->fields(env, type, &expected) : NULL;
	}
	while (at < s.len && blank(s.ptr[at]))
		at++;
	if (at >= s.len || s.ptr[at] != '(')
		return malformed(env, text, "Missing left parenthesis.");
	at++;
	char *copy = arena_alloc(a, s.len + 1);
	bool none = at < s.len && s.ptr[at] == ')' && !expected;
	for (size_t i = 0; !none; i++) {
		size_t n;
		bool ended = false;
		if (out->fields && i >= expected)
			return malformed(env, text, "Too many columns.");
		bool present = read_field(s, &at, copy, &n, &ended);
		if (ended)
			return malformed(env, text, "Unexpected end of input.");
		if (out->count == cap) {
			cap = cap ? cap * 2 : expected ? expected : 8;
			struct sql_datum *values = ARENA_ARRAY(a, struct sql_datum, cap);
			if (out->count)
				memcpy(values, out->values, out->count * sizeof(*values));
			out->values = values;
		}
		struct sql_datum *d = &out->values[out->count++];
		*d = (struct sql_datum){ .kind = SQL_NULL };
		if (present && out->fields) {
			if (!type_in(env, a, out->fields[i].type, out->fields[i].typmod, arena_slice(a, slice_of(copy, n)), d))
				return false;
		} else if (present) {
			*d = datum_text(arena_slice(a, slice_of(copy, n)));
		}
		if (s.ptr[at] == ')') {
			if (out->fields && i + 1 < expected)
				return malformed(env, text, "Too few columns.");
			break;
		}
		at++;
	}
	at++;
	while (at < s.len && blank(s.ptr[at]))
		at++;
	if (at != s.len)
		return malformed(env, text, "Junk after right parenthesis.");
	return true;
}

void composite_quote(struct buf *b, struct slice s)
{
	bool quotes = !s.len;

	for (size_t i = 0; i < s.len && !quotes; i++) {
		char c = s.ptr[i];
		quotes = c == '"' || c == '\\' || c == '(' || c == ')' || c == ',' || blank(c);
	}
	if (!quotes) {
		buf_add_slice(b, s);
		return;
	}
	buf_add_char(b, '"');
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '"' || s.ptr[i] == '\\')
			buf_add_char(b, s.ptr[i]);
		buf_add_char(b, s.ptr[i]);
	}
	buf_add_char(b, '"');
}

bool composite_print(struct sql_env *env, const struct style *st, const struct composite *v, struct buf *b)
{
	struct buf field;
	bool ok = true;

	buf_init(&field, BUF_MAX);
	buf_add_char(b, '(');
	for (size_t i = 0; i < v->count && ok; i++) {
		if (i)
			buf_add_char(b, ',');
		if (v->values[i].kind == SQL_NULL)
			continue;
		buf_reset(&field);
		ok = type_out(env, st, composite_field_type(v, i), v->values[i], &field);
		composite_quote(b, buf_slice(&field));
	}
	buf_add_char(b, ')');
	buf_release(&field);
	return ok;
}

static bool in(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice text, struct sql_datum *out)
{
	struct composite v;

	(void)typmod;
	/* a record inside of an array or a row that is stored */
	if (type == T_RECORD && !composite_head_length(text)) {
		sql_raise_env(env, "0A000", "input of anonymous composite types is not implemented");
		return false;
	}
	return composite_load(env, a, type, text, &v) && composite_store(env, a, &v, out);
}

static bool out(struct sql_env *env, const struct style *st, uint32_t type, struct sql_datum v, struct buf *b)
{
	struct composite parts;
	struct arena a;

	if (type == T_RECORD && st == &style_stored) {
		buf_add_slice(b, v.s);
		return true;
	}
	arena_init(&a);
	bool ok = composite_load(env, &a, type, v.s, &parts) && composite_print(env, st, &parts, b);
	arena_release(&a);
	return ok;
}

static bool recv(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice s, struct sql_datum *o)
{
	size_t expected = 0, at = 4;
	struct composite v = { .type = type };

	(void)typmod;
	v.fields = env->fields ? env->fields(env, type, &expected) : NULL;
	if (type == T_RECORD || !v.fields) {
		sql_raise_env(env, "0A000", "input of anonymous composite types is not implemented");
		return false;
	}
	if (s.len < 4)
		return type_refuse_binary(env);
	if (read_be(s, 0, 4) != expected) {
		sql_raise_env(env, "42804", "wrong number of columns: %d, expected %zu", (int)(int32_t)read_be(s, 0, 4), expected);
		return false;
	}
	v.values = ARENA_ARRAY(a, struct sql_datum, expected ? expected : 1);
	for (; v.count < expected; v.count++) {
		if (s.len - at < 8)
			return type_refuse_binary(env);
		uint32_t oid = (uint32_t)read_be(s, at, 4);
		int32_t len = (int32_t)read_be(s, at + 4, 4);
		at += 8;
		if (oid != v.fields[v.count].type) {
			sql_raise_env(env, "42804", "binary data has type %u instead of expected %u in record column %zu", oid,
				      v.fields[v.count].type, v.count + 1);
			return false;
		}
		if (len == -1)
			continue;
		if (len < 0 || (size_t)len > s.len - at)
			return type_refuse_binary(env);
		if (!type_ops_find(env, oid)->recv(env, a, oid, v.fields[v.count].typmod, slice_of(s.ptr + at, (size_t)len), &v.values[v.count]))
			return false;
		at += (size_t)len;
	}
	return composite_store(env, a, &v, o);
}

static bool send(struct sql_env *env, uint32_t type, struct sql_datum d, struct buf *b)
{
	struct composite v;
	struct arena a;

	arena_init(&a);
	bool ok = composite_load(env, &a, type, d.s, &v);
	buf_add_be32(b, ok ? (uint32_t)v.count : 0);
	for (size_t i = 0; ok && i < v.count; i++) {
		uint32_t field = composite_field_type(&v, i);
		buf_add_be32(b, field);
		size_t length = b->len;
		buf_add_be32(b, UINT32_MAX);
		if (v.values[i].kind == SQL_NULL)
			continue;
		ok = type_ops_find(env, field)->send(env, field, v.values[i], b);
		if (!buf_failed(b))
			buf_patch_be32(b, length, (uint32_t)(b->len - length - 4));
	}
	arena_release(&a);
	return ok;
}

static int compare(struct sql_env *env, uint32_t type, struct sql_datum x, struct sql_datum y)
{
	struct composite a, b;
	struct arena m;
	int r = 0;

	arena_init(&m);
	if (composite_load(env, &m, type, x.s, &a) && composite_load(env, &m, type, y.s, &b)) {
		for (size_t i = 0; !r && i < a.count && i < b.count; i++) {
			uint32_t ta = composite_field_type(&a, i), tb = composite_field_type(&b, i);
			const struct sql_type *fa = type_facts(env, ta), *fb = type_facts(env, tb);

			if (ta != tb && (type == T_RECORD || (a.fields && b.fields))) {
				sql_raise_env(env, "42804", "cannot compare dissimilar column types %s and %s at record column %zu",
					      fa ? fa->name : "?", fb ? fb->name : "?", i + 1);
				break;
			}
			r = type_compare(env, ta, a.values[i], b.values[i]);
		}
		if (!r && a.count != b.count)
			sql_raise_env(env, "42804", "cannot compare record types with different numbers of columns");
	}
	arena_release(&m);
	return r;
}

const struct type_ops type_composite_ops = { 0, "record", in, out, recv, send, compare, NULL };

/*
 * Casts that have a function of their own, and the ones that go through text:
 *
 *	p_type_out(type, value)               text of a value, as ::text gives it
 *	p_type_in(type, modifier, text)       a value of it, as an input function reads it
 *	p_array_cast(from, to, modifier, explicit, array)  every item; from and to are array types
 *	p_domain_text(...) is core's: checks are SQL
 */
#include "base/utf8.h"
#include "service/pg/sql/func/call.h"
#include "service/pg/sql/type/array.h"

STRICT(type_out_call)
{
	struct sql_env *env = sql_env_of(ctx);
	struct buf b;

	buf_init(&b, BUF_MAX);
	if (type_out(env, style_of(env), (uint32_t)arg_int(argv[0]), sql_datum_of(argv[1]), &b)) {
		result_buf(ctx, &b);
	} else {
		buf_release(&b);
		result_raised(ctx);
	}
}

STRICT(type_in_call)
{
	struct sql_env *env = sql_env_of(ctx);
	struct sql_datum d;

	if (type_in(env, scratch(env), (uint32_t)arg_int(argv[0]), (int32_t)arg_int(argv[1]), arg_text(argv[2]), &d))
		sql_datum_result(ctx, d);
	else
		result_raised(ctx);
}

/* ---- lengths of text ---- */

static size_t chars_to_bytes(struct slice s, int64_t chars)
{
	size_t i = 0;

	while (i < s.len && chars-- > 0) {
		size_t n = utf8_char(slice_skip(s, i));
		i += n ? n : 1;
	}
	return i;
}

static bool only_spaces(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] != ' ')
			return false;
	return true;
}

static bool cut(sqlite3_context *ctx, struct slice *s, int64_t chars, bool is_explicit, const char *type)
{
	size_t bytes = chars_to_bytes(*s, chars);

	if (!is_explicit && !only_spaces(slice_skip(*s, bytes))) {
		sql_raise(ctx, "22001", "value too long for type %s(%d)", type, (int)chars);
		return false;
	}
	s->len = bytes;
	return true;
}

/* varchar(varchar, typmod, explicit) */
STRICT(varchar)
{
	struct slice s = arg_text(argv[0]);
	int64_t typmod = arg_int(argv[1]);

	if (typmod >= 4 && !cut(ctx, &s, typmod - 4, arg_int(argv[2]), "character varying"))
		return;
	result_text(ctx, s);
}

/* bpchar(bpchar, typmod, explicit) */
STRICT(bpchar)
{
	struct slice s = arg_text(argv[0]);
	int64_t typmod = arg_int(argv[1]);
	struct buf b;

	if (typmod < 4) {
		result_text(ctx, s);
		return;
	}
	if (!cut(ctx, &s, typmod - 4, arg_int(argv[2]), "character"))
		return;
	buf_init(&b, BUF_MAX);
	buf_add_slice(&b, s);
	for (int64_t n = (int64_t)slice_chars(s); n < typmod - 4; n++)
		buf_add_char(&b, ' ');
	result_buf(ctx, &b);
}

/* bit(bit, typmod, explicit) and varbit: cut or padded with zeros when explicit. */
STRICT(bit)
{
	struct slice s = arg_text(argv[0]);
	int64_t want = arg_int(argv[1]);
	struct buf b;

	if (want <= 0 || s.len == (size_t)want) {
		result_text(ctx, s);
		return;
	}
	if (!arg_int(argv[2])) {
		sql_raise(ctx, "22026", "bit string length %zu does not match type bit(%d)", s.len, (int)want);
		return;
	}
	buf_init(&b, BUF_MAX);
	buf_add_slice(&b, slice_take(s, (size_t)want));
	while (b.len < (size_t)want && !buf_failed(&b))
		buf_add_char(&b, '0');
	result_buf(ctx, &b);
}

STRICT(varbit)
{
	struct slice s = arg_text(argv[0]);
	int64_t most = arg_int(argv[1]);

	if (most > 0 && s.len > (size_t)most) {
		if (!arg_int(argv[2])) {
			sql_raise(ctx, "22001", "bit string too long for type bit varying(%d)", (int)most);
			return;
		}
		s.len = (size_t)most;
	}
	result_text(ctx, s);
}

/* The integer's low bits, sign extended to the length. */
static void bits_of(sqlite3_context *ctx, int64_t v, int64_t width)
{
	struct buf b;

	if (width <= 0)
		width = 1;
	buf_init(&b, BUF_MAX);
	for (int64_t i = width - 1; i >= 0; i--)
		buf_add_char(&b, (i >= 63 ? v < 0 : v >> i & 1) ? '1' : '0');
	result_buf(ctx, &b);
}

STRICT(bitfromint) { bits_of(ctx, arg_int(argv[0]), arg_int(argv[1])); }

static void int_of(sqlite3_context *ctx, struct slice s, size_t width)
{
	uint64_t v = 0;

	if (s.len > width) {
		sql_raise(ctx, "22003", width == 32 ? "integer out of range" : "bigint out of range");
		return;
	}
	for (size_t i = 0; i < s.len; i++)
		v = v << 1 | (s.ptr[i] == '1');
	sqlite3_result_int64(ctx, width == 32 ? (int32_t)v : (int64_t)v);
}

STRICT(bittoint4) { int_of(ctx, arg_text(argv[0]), 32); }
STRICT(bittoint8) { int_of(ctx, arg_text(argv[0]), 64); }

/* bpchar to text drops the padding; to name too. */
STRICT(without_padding)
{
	struct slice s = arg_text(argv[0]);

	while (s.len && s.ptr[s.len - 1] == ' ')
		s.len--;
	result_text(ctx, s);
}

STRICT(to_name)
{
	struct slice s = arg_text(argv[0]);

	if (s.len > 63) {
		s.len = 63;
		while (s.len && ((unsigned char)s.ptr[s.len] & 0xc0) == 0x80)
			s.len--;
	}
	result_text(ctx, s);
}

STRICT(first_byte) { result_text(ctx, slice_take(arg_text(argv[0]), 1)); }

/* ---- arrays ---- */

STRICT(array_cast)
{
	struct sql_env *env = sql_env_of(ctx);
	struct arena *a = scratch(env);
	uint32_t from = array_element(env, (uint32_t)arg_int(argv[0])), to = array_element(env, (uint32_t)arg_int(argv[1]));
	int32_t typmod = (int32_t)arg_int(argv[2]);
	bool is_explicit = arg_int(argv[3]);
	struct array v;
	struct buf b;

	if (!array_load(env, a, from, -1, arg_text(argv[4]), &v)) {
		result_raised(ctx);
		return;
	}
	buf_init(&b, BUF_MAX);
	bool ok = true;
	for (size_t i = 0; ok && i < v.count; i++) {
		if (v.items[i].kind == SQL_NULL)
			continue;
		buf_reset(&b);
		ok = type_out(env, style_of(env), from, v.items[i], &b);
		struct slice text = buf_slice(&b);
		int32_t mod = typmod;
		if (ok && (to == T_INT2 || to == T_INT4 || to == T_INT8) && (from == T_NUMERIC || from == T_FLOAT4 || from == T_FLOAT8)) {
			/* rounded as the cast does, not as input reads */
			ok = type_in(env, a, T_NUMERIC, 4, text, &v.items[i]); /* numeric(0,0): scale 0; precision is not checked below 1 */
			text = v.items[i].s;
		}
		if (ok && (to == T_VARCHAR || to == T_BPCHAR) && mod >= 4 && is_explicit) {
			text.len = chars_to_bytes(text, mod - 4);
		}
		ok = ok && type_in(env, a, to, mod, text, &v.items[i]);
	}
	if (!ok) {
		buf_release(&b);
		result_raised(ctx);
		return;
	}
	buf_reset(&b);
	v.element = to;
	array_print(env, &style_stored, &v, &b);
	result_buf(ctx, &b);
}

/* ---- facts about values ---- */

STRICT(format_type)
{
	struct sql_env *env = sql_env_of(ctx);
	struct buf b;

	buf_init(&b, BUF_MAX);
	sql_type_format(env, (uint32_t)arg_int(argv[0]), (int32_t)arg_int(argv[1]), &b);
	result_buf(ctx, &b);
}

FUNC(format_type_call)
{
	struct sql_env *env = sql_env_of(ctx);
	struct buf b;

	if (arg_null(argv[0]))
		return;
	if (!arg_null(argv[1])) {
		format_type(ctx, argc, argv);
		return;
	}
	buf_init(&b, BUF_MAX);
	sql_type_format(env, (uint32_t)arg_int(argv[0]), -1, &b);
	result_buf(ctx, &b);
}

/* pg_column_size("any"): of what has a width, and of text and bytes that are not in a table. */
STRICT_TYPED(column_size)
{
	uint32_t type = (uint32_t)arg_int(argv[1]);
	const struct sql_type *t = type_facts(sql_env_of(ctx), type);

	while (t && t->kind == 'd')
		t = type_facts(sql_env_of(ctx), type = t->base);
	if (t && t->len > 0)
		sqlite3_result_int(ctx, t->len);
	else if (type == T_TEXT || type == T_VARCHAR || type == T_BPCHAR || type == T_BYTEA || type == T_JSON)
		sqlite3_result_int(ctx, sqlite3_value_bytes(argv[2]) + 4);
	else
		sql_raise(ctx, "0A000", "pg_column_size(%s) is not supported by this fake", t ? t->name : "?");
}

/* pg_typeof("any"): (result type, type, value) */
FUNC(pg_typeof) { sqlite3_result_int64(ctx, arg_int(argv[1])); }

const struct func_row func_type_rows[] = {
	CALL("type_out", type_out_call, 2), CALL("type_in", type_in_call, 3), CALL("array_cast", array_cast, 5),
	CALL("varchar", varchar, 3), CALL("bpchar", bpchar, 3), CALL("bit", bit, 3), CALL("varbit", varbit, 3),
	CALL("bitfromint4", bitfromint, 2), CALL("bitfromint8", bitfromint, 2), CALL("bittoint4", bittoint4, 1), CALL("bittoint8", bittoint8, 1),
	CALL("bpchar_name", without_padding, 1), INLINE("name_text", "$1"), INLINE("name_bpchar", "$1"),
	CALL("text_name", to_name, 1), INLINE("char_text", "$1"), INLINE("char_bpchar", "$1"), CALL("text_char", first_byte, 1),
	INLINE("booltext", "CASE $1 WHEN 0 THEN 'false' WHEN 1 THEN 'true' END"),
	CALL("format_type", format_type_call, 2), TYPED("pg_typeof", pg_typeof), TYPED("pg_column_size", column_size),
	END_OF_ROWS
};

/*
 * Texts taken apart: to and from arrays, rows and names; escapes.
 * 
 * Source: varlena.c, misc.c of PostgreSQL 15.
 */
#include "base/utf8.h"
#include "service/pg/sql/func/call.h"
#include "service/pg/sql/func/string.h"
#include "service/pg/sql/type/array.h"

/* ---- to and from arrays ---- */

/* Fields of a text by a separator; NULL separator: characters; `null` text becomes NULL. */
static struct sql_datum *split(struct arena *a, struct slice s, const struct slice *by, const struct slice *null, size_t *count)
{
	size_t cap = 8;
	struct sql_datum *items = ARENA_ARRAY(a, struct sql_datum, cap);

	*count = 0;
	while (s.ptr && (s.len || *count == 0 || by)) {
		struct slice one;
		if (!by) {
			size_t n = utf8_char(s);
			if (!s.len)
				break;
			one = slice_take(s, n ? n : 1);
			s = slice_skip(s, one.len);
		} else {
			size_t at = by->len ? slice_find_slice(s, *by) : s.len;
			one = slice_take(s, at);
			s = at == s.len ? SLICE_NONE : slice_skip(s, at + by->len);
		}
		if (*count == cap) {
			struct sql_datum *larger = ARENA_ARRAY(a, struct sql_datum, cap * 2);
			memcpy(larger, items, cap * sizeof(*items));
			items = larger;
			cap *= 2;
		}
		items[*count] = null && slice_eq(one, *null) ? (struct sql_datum){ .kind = SQL_NULL } : datum_text(one);
		(*count)++;
	}
	return items;
}

static void to_array(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	struct sql_env *env = sql_env_of(ctx);
	struct slice by, null;
	size_t count = 0;

	if (arg_null(argv[0]))
		return;
	struct arena *a = scratch(env);
	struct slice s = arg_text(argv[0]);
	struct sql_datum *items = NULL;
	if (!arg_null(argv[1]))
		by = arg_text(argv[1]);
	if (argc > 2 && !arg_null(argv[2]))
		null = arg_text(argv[2]);
	if (s.len)
		items = split(a, s, arg_null(argv[1]) ? NULL : &by, argc > 2 && !arg_null(argv[2]) ? &null : NULL, &count);
	sql_datum_result(ctx, array_make(env, a, T_TEXT, items, count));
}

FUNC(text_to_array) { to_array(ctx, argc, argv); }

static bool to_table(struct sql_env *env, struct row_set *rows, int argc, sqlite3_value **argv)
{
	struct slice by, null;
	size_t count = 0;

	(void)env;
	if (argc < 2 || arg_null(argv[0]))
		return true;
	struct slice s = arg_text(argv[0]);
	if (!arg_null(argv[1]))
		by = arg_text(argv[1]);
	if (argc > 2 && !arg_null(argv[2]))
		null = arg_text(argv[2]);
	if (!s.len)
		return true;
	struct sql_datum *items = split(rows_arena(rows), s, arg_null(argv[1]) ? NULL : &by, argc > 2 && !arg_null(argv[2]) ? &null : NULL, &count);
	for (size_t i = 0; i < count; i++)
		rows_add(rows, &items[i]);
	return true;
}

/* parse_ident(text, strict) */
STRICT(parse_ident)
{
	struct sql_env *env = sql_env_of(ctx);
	struct arena *a = scratch(env);
	struct slice s = arg_text(argv[0]);
	struct sql_datum items[64];
	size_t count = 0, i = 0;
	bool after_dot = false;
	struct sql_error *e;

	while (i < s.len && (s.ptr[i] == ' ' || (s.ptr[i] >= '\t' && s.ptr[i] <= '\r')))
		i++;
	for (;;) {
		bool missing = true;
		if (i < s.len && s.ptr[i] == '"') {
			struct buf b;
			bool closed = false;
			buf_init(&b, BUF_MAX);
			for (i++; i < s.len; i++) {
				if (s.ptr[i] == '"') {
					if (i + 1 < s.len && s.ptr[i + 1] == '"') {
						i++;
					} else {
						closed = true;
						i++;
						break;
					}
				}
				buf_add_char(&b, s.ptr[i]);
			}
			struct slice name = arena_take(a, &b);
			if (!closed) {
				e = sql_raise(ctx, "22023", "string is not a valid identifier: \"%.*s\"", SLICE_ARG(s));
				sql_detail(env, e, "String has unclosed double quotes.");
				return;
			}
			if (!name.len) {
				e = sql_raise(ctx, "22023", "string is not a valid identifier: \"%.*s\"", SLICE_ARG(s));
				sql_detail(env, e, "Quoted identifier must not be empty.");
				return;
			}
			if (count < 64)
				items[count++] = datum_text(name);
			missing = false;
		} else {
			size_t from = i;
			while (i < s.len && ((unsigned char)s.ptr[i] >= 0x80 || s.ptr[i] == '_' || (s.ptr[i] >= 'a' && s.ptr[i] <= 'z') ||
					     (s.ptr[i] >= 'A' && s.ptr[i] <= 'Z') || (i > from && ((s.ptr[i] >= '0' && s.ptr[i] <= '9') || s.ptr[i] == '$'))))
				i++;
			if (i > from) {
				struct buf b;
				buf_init(&b, BUF_MAX);
				for (size_t k = from; k < i; k++)
					buf_add_char(&b, s.ptr[k] >= 'A' && s.ptr[k] <= 'Z' ? (char)(s.ptr[k] + 32) : s.ptr[k]);
				if (count < 64)
					items[count++] = datum_text(arena_take(a, &b));
				missing = false;
			}
		}
		if (missing) {
			e = sql_raise(ctx, "22023", "string is not a valid identifier: \"%.*s\"", SLICE_ARG(s));
			if (i < s.len && s.ptr[i] == '.')
				sql_detail(env, e, "No valid identifier before \".\".");
			else if (after_dot)
				sql_detail(env, e, "No valid identifier after \".\".");
			return;
		}
		while (i < s.len && (s.ptr[i] == ' ' || (s.ptr[i] >= '\t' && s.ptr[i] <= '\r')))
			i++;
		if (i < s.len && s.ptr[i] == '.') {
			after_dot = true;
			i++;
			while (i < s.len && (s.ptr[i] == ' ' || (s.ptr[i] >= '\t' && s.ptr[i] <= '\r')))
				i++;
			continue;
		}
		if (i < s.len && arg_int(argv[1])) {
			sql_raise(ctx, "22023", "string is not a valid identifier: \"%.*s\"", SLICE_ARG(s));
			return;
		}
		break;
	}
	sql_datum_result(ctx, array_make(env, a, T_TEXT, items, count));
}

/* unistr('\0441', '\+01F600', '\u0441', '\U0001F600') */
STRICT(unistr)
{
	struct slice s = arg_text(argv[0]);
	struct buf b;

	buf_init(&b, BUF_MAX);
	for (size_t i = 0; i < s.len;) {
		if (s.ptr[i] != '\\') {
			buf_add_char(&b, s.ptr[i++]);
			continue;
		}
		if (i + 1 < s.len && s.ptr[i + 1] == '\\') {
			buf_add_char(&b, '\\');
			i += 2;
			continue;
		}
		size_t digits = 4, from = i + 1;
		if (from < s.len && s.ptr[from] == '+')
			digits = 6, from++;
		else if (from < s.len && s.ptr[from] == 'u')
			from++;
		else if (from < s.len && s.ptr[from] == 'U')
			digits = 8, from++;
		uint32_t code = 0;
		size_t k = 0;
		for (; k < digits && from + k < s.len; k++) {
			char c = s.ptr[from + k];
			int d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
			if (d < 0)
				break;
			code = code << 4 | (uint32_t)d;
		}
		if (k < digits || !code || code > 0x10ffff) {
			struct sql_error *e = sql_raise(ctx, k < digits ? "42601" : "22023", k < digits ? "invalid Unicode escape" : "invalid Unicode code point: %04X", code);
			if (k < digits)
				sql_hint(sql_env_of(ctx), e, "Unicode escapes must be \\XXXX, \\+XXXXXX, \\uXXXX, or \\UXXXXXXXX.");
			buf_release(&b);
			return;
		}
		text_add_code(&b, code);
		i = from + digits;
	}
	result_buf(ctx, &b);
}

const struct func_row func_string_split_rows[] = {
	CALL("text_to_array", text_to_array, 2), CALL("text_to_array_null", text_to_array, 3), ROWS("text_to_table", to_table, 3, 1),
	ROWS("text_to_table_null", to_table, 3, 1), CALL("parse_ident", parse_ident, 2), CALL("unistr", unistr, 1),
	END_OF_ROWS
};

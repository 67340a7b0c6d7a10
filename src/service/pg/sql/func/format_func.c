/*
 * Texts put together: quoting, concat() and format().
 * 
 * Source: quote.c, varlena.c, ruleutils.c of PostgreSQL 15.
 */
#include "base/utf8.h"
#include "service/pg/sql/func/call.h"
#include "service/pg/sql/func/string.h"

/* ---- quoting ---- */

#define KEYWORD(name) name,
static const char *const reserved[] = {
	/* words that quote_identifier() quotes: all but the unreserved ones */
#include "service/pg/sql/func/quoted_words.def"
};
#undef KEYWORD

void text_quote_name(struct buf *b, struct slice s)
{
	bool plain = s.len && ((s.ptr[0] >= 'a' && s.ptr[0] <= 'z') || s.ptr[0] == '_');

	for (size_t i = 0; i < s.len && plain; i++)
		plain = (s.ptr[i] >= 'a' && s.ptr[i] <= 'z') || (s.ptr[i] >= '0' && s.ptr[i] <= '9') || s.ptr[i] == '_';
	for (size_t i = 0; plain && i < sizeof(reserved) / sizeof(reserved[0]); i++)
		plain = !slice_eq_str(s, reserved[i]);
	if (plain) {
		buf_add_slice(b, s);
		return;
	}
	buf_add_char(b, '"');
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '"')
			buf_add_char(b, '"');
		buf_add_char(b, s.ptr[i]);
	}
	buf_add_char(b, '"');
}

void text_quote_literal(struct buf *b, struct slice s)
{
	if (slice_find(s, '\\') < s.len)
		buf_add_char(b, 'E');
	buf_add_char(b, '\'');
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '\'' || s.ptr[i] == '\\')
			buf_add_char(b, s.ptr[i]);
		buf_add_char(b, s.ptr[i]);
	}
	buf_add_char(b, '\'');
}

STRICT(quote_ident)
{
	struct buf b;

	buf_init(&b, BUF_MAX);
	text_quote_name(&b, arg_text(argv[0]));
	result_buf(ctx, &b);
}

STRICT(quote_literal)
{
	struct buf b;

	buf_init(&b, BUF_MAX);
	text_quote_literal(&b, arg_text(argv[0]));
	result_buf(ctx, &b);
}

FUNC(quote_nullable)
{
	if (arg_null(argv[0]))
		sqlite3_result_text(ctx, "NULL", -1, SQLITE_STATIC);
	else
		quote_literal(ctx, argc, argv);
}

/* ---- concat and format: typed ---- */

static bool add_value(struct sql_env *env, struct buf *b, uint32_t type, sqlite3_value *v)
{
	return type_out(env, style_of(env), type, sql_datum_of(v), b);
}

FUNC(text_concat)
{
	struct sql_env *env = sql_env_of(ctx);
	struct buf b;

	buf_init(&b, BUF_MAX);
	for (int i = 1; i + 1 < argc; i += 2)
		if (!arg_null(argv[i + 1]) && !add_value(env, &b, (uint32_t)arg_int(argv[i]), argv[i + 1])) {
			buf_release(&b);
			result_raised(ctx);
			return;
		}
	result_buf(ctx, &b);
}

FUNC(text_concat_ws)
{
	struct sql_env *env = sql_env_of(ctx);
	struct buf b;
	bool any = false;

	if (argc < 3 || arg_null(argv[2]))
		return;
	buf_init(&b, BUF_MAX);
	for (int i = 3; i + 1 < argc; i += 2) {
		if (arg_null(argv[i + 1]))
			continue;
		if (any)
			buf_add_slice(&b, arg_text(argv[2]));
		any = true;
		if (!add_value(env, &b, (uint32_t)arg_int(argv[i]), argv[i + 1])) {
			buf_release(&b);
			result_raised(ctx);
			return;
		}
	}
	result_buf(ctx, &b);
}

/* A piece of format()'s text that is short of its end. */
static bool unterminated(sqlite3_context *ctx)
{
	struct sql_error *e = sql_raise(ctx, "22023", "unterminated format() type specifier");
	sql_hint(sql_env_of(ctx), e, "For a single \"%%\" use \"%%%%\".");
	return false;
}

struct format {
	int argc;
	sqlite3_value **argv;
	int next;           /* the argument after the last one used */
};

static bool format_piece(sqlite3_context *ctx, struct format *f, struct slice s, size_t *at, struct buf *b)
{
	struct sql_env *env = sql_env_of(ctx);
	int64_t number = -1, width = 0;
	bool minus = false, has_width = false;
	size_t i = *at, start = i;
	int position = 0, width_arg = -1;

	for (number = 0; i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9'; i++)
		if (number < 100000000)
			number = number * 10 + (s.ptr[i] - '0');
	if (i >= s.len)
		return unterminated(ctx);
	if (i > start && s.ptr[i] == '$') {
		if (!number) {
			sql_raise(ctx, "22023", "format specifies argument 0, but arguments are numbered from 1");
			return false;
		}
		position = (int)number;
		i++;
	} else {
		i = start;
	}
	for (; i < s.len && s.ptr[i] == '-'; i++)
		minus = true;
	if (i < s.len && s.ptr[i] == '*') {
		size_t digits = ++i;
		int64_t n = 0;
		for (; i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9'; i++)
			n = n * 10 + (s.ptr[i] - '0');
		if (i > digits) {
			if (i >= s.len || s.ptr[i] != '$') {
				sql_raise(ctx, "22023", "width argument position must be ended by \"$\"");
				return false;
			}
			i++;
			width_arg = (int)n;
		} else {
			width_arg = f->next++;
		}
		has_width = true;
	} else {
		for (; i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9'; i++) {
			width = width * 10 + (s.ptr[i] - '0');
			has_width = true;
		}
	}
	if (i >= s.len)
		return unterminated(ctx);
	char kind = s.ptr[i];
	*at = i + 1;
	if (kind != 's' && kind != 'I' && kind != 'L') {
		size_t n = utf8_char(slice_skip(s, i));
		struct sql_error *e = sql_raise(ctx, "22023", "unrecognized format() type specifier \"%.*s\"", (int)(n ? n : 1), s.ptr + i);
		sql_hint(env, e, "For a single \"%%\" use \"%%%%\".");
		return false;
	}
	if (width_arg >= 0) {
		if (width_arg > f->argc) {
			sql_raise(ctx, "22023", "too few arguments for format()");
			return false;
		}
		width = arg_null(f->argv[2 * width_arg + 2]) ? 0 : arg_int(f->argv[2 * width_arg + 2]);
	}
	if (position)
		f->next = position;
	int arg = f->next++;
	if (arg > f->argc) {
		sql_raise(ctx, "22023", "too few arguments for format()");
		return false;
	}
	if (width < 0) {
		minus = true;
		width = -width;
	}
	sqlite3_value *v = f->argv[2 * arg + 2];
	uint32_t type = (uint32_t)arg_int(f->argv[2 * arg + 1]);
	struct buf text, quoted;
	buf_init(&text, BUF_MAX);
	buf_init(&quoted, BUF_MAX);
	bool ok = true;
	if (arg_null(v)) {
		if (kind == 'I') {
			sql_raise(ctx, "22004", "null values cannot be formatted as an SQL identifier");
			ok = false;
		} else if (kind == 'L') {
			buf_add_str(&quoted, "NULL");
		}
	} else {
		ok = add_value(env, &text, type, v);
		if (kind == 'I')
			text_quote_name(&quoted, buf_slice(&text));
		else if (kind == 'L')
			text_quote_literal(&quoted, buf_slice(&text));
		else
			buf_add_slice(&quoted, buf_slice(&text));
		if (!ok)
			result_raised(ctx);
	}
	int64_t missing = has_width ? width - (int64_t)slice_chars(buf_slice(&quoted)) : 0;
	if (minus)
		buf_add_slice(b, buf_slice(&quoted));
	for (; missing > 0 && !buf_failed(b); missing--)
		buf_add_char(b, ' ');
	if (!minus)
		buf_add_slice(b, buf_slice(&quoted));
	buf_release(&text);
	buf_release(&quoted);
	return ok;
}

/* (result type, text, format, type, value ...) */
FUNC(text_format)
{
	struct format f = { .argc = (argc - 3) / 2, .argv = argv, .next = 1 };
	struct slice s;
	struct buf b;

	if (arg_null(argv[2]))
		return;
	s = arg_text(argv[2]);
	buf_init(&b, BUF_MAX);
	for (size_t i = 0; i < s.len;) {
		if (s.ptr[i] != '%') {
			buf_add_char(&b, s.ptr[i++]);
			continue;
		}
		if (++i >= s.len) {
			unterminated(ctx);
			buf_release(&b);
			return;
		}
		if (s.ptr[i] == '%') {
			buf_add_char(&b, s.ptr[i++]);
			continue;
		}
		if (!format_piece(ctx, &f, s, &i, &b)) {
			buf_release(&b);
			return;
		}
	}
	result_buf(ctx, &b);
}

const struct func_row func_format_rows[] = {
	CALL("quote_ident", quote_ident, 1), CALL("quote_literal", quote_literal, 1), CALL("quote_nullable", quote_nullable, 1),
	TYPED("text_concat", text_concat), TYPED("text_concat_ws", text_concat_ws), TYPED("text_format", text_format), TYPED("text_format_nv", text_format),
	END_OF_ROWS
};

/*
 * bytea and uuid: bytes that have a text form.
 */
#include "service/pg/sql/type/type.h"

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static struct sql_datum datum_blob(struct slice s)
{
	return (struct sql_datum){ .kind = SQL_BLOB, .s = s };
}

static bool bytea_hex(struct sql_env *env, struct slice text, char *p, size_t *n)
{
	for (size_t i = 2; i < text.len; i++) {
		char c = text.ptr[i];
		if (c == ' ' || c == '\n' || c == '\t' || c == '\r')
			continue;
		int high = hex_digit(c);
		if (high < 0) {
			sql_raise_env(env, "22023", "invalid hexadecimal digit: \"%c\"", c);
			return false;
		}
		if (++i >= text.len) {
			sql_raise_env(env, "22023", "invalid hexadecimal data: odd number of digits");
			return false;
		}
		int low = hex_digit(text.ptr[i]);
		if (low < 0) {
			sql_raise_env(env, "22023", "invalid hexadecimal digit: \"%c\"", text.ptr[i]);
			return false;
		}
		p[(*n)++] = (char)(high << 4 | low);
	}
	return true;
}

static bool bytea_in(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice text, struct sql_datum *out)
{
	char *p = arena_alloc(a, text.len + 1);
	size_t n = 0;

	(void)type, (void)typmod;
	if (text.len >= 2 && text.ptr[0] == '\\' && text.ptr[1] == 'x') {
		if (!bytea_hex(env, text, p, &n))
			return false;
		*out = datum_blob(slice_of(p, n));
		return true;
	}
	for (size_t i = 0; i < text.len;) {
		const char *s = text.ptr + i;
		size_t left = text.len - i;
		if (*s != '\\') {
			p[n++] = *s;
			i++;
		} else if (left >= 4 && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' && s[3] >= '0' && s[3] <= '7') {
			p[n++] = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			i += 4;
		} else if (left >= 2 && s[1] == '\\') {
			p[n++] = '\\';
			i += 2;
		} else {
			sql_raise_env(env, "22P02", "invalid input syntax for type %s", "bytea");
			return false;
		}
	}
	*out = datum_blob(slice_of(p, n));
	return true;
}

static bool bytea_out(struct sql_env *env, const struct style *st, uint32_t type, struct sql_datum v, struct buf *b)
{
	(void)env, (void)type;
	if (!st->bytea_escape) {
		buf_add_str(b, "\\x");
		buf_add_hex(b, v.s.ptr, v.s.len);
		return true;
	}
	for (size_t i = 0; i < v.s.len; i++) {
		unsigned char c = (unsigned char)v.s.ptr[i];
		if (c == '\\')
			buf_add_str(b, "\\\\");
		else if (c < 0x20 || c > 0x7e)
			buf_addf(b, "\\%03o", c);
		else
			buf_add_char(b, (char)c);
	}
	return true;
}

static bool bytea_recv(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice s, struct sql_datum *out)
{
	(void)env, (void)type, (void)typmod;
	*out = datum_blob(arena_slice(a, s));
	return true;
}

static bool bytes_send(struct sql_env *env, uint32_t type, struct sql_datum v, struct buf *b)
{
	(void)env, (void)type;
	buf_add_slice(b, v.s);
	return true;
}

/* Any even number of digits may be followed by a hyphen; braces around are fine. */
static bool uuid_in(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice text, struct sql_datum *out)
{
	struct slice s = text;
	char bytes[16];

	(void)type, (void)typmod;
	bool brace = s.len && s.ptr[0] == '{';
	if (brace)
		s = slice_skip(s, 1);
	for (int i = 0; i < 16; i++) {
		int high = s.len >= 2 ? hex_digit(s.ptr[0]) : -1, low = s.len >= 2 ? hex_digit(s.ptr[1]) : -1;
		if (high < 0 || low < 0)
			return type_refuse(env, "uuid", text);
		bytes[i] = (char)(high << 4 | low);
		s = slice_skip(s, 2);
		if (s.len && s.ptr[0] == '-' && i % 2 == 1 && i < 15)
			s = slice_skip(s, 1);
	}
	if (brace && (!s.len || s.ptr[0] != '}'))
		return type_refuse(env, "uuid", text);
	if (s.len != (brace ? 1 : 0))
		return type_refuse(env, "uuid", text);
	*out = datum_blob(arena_slice(a, slice_of(bytes, 16)));
	return true;
}

static bool uuid_out(struct sql_env *env, const struct style *st, uint32_t type, struct sql_datum v, struct buf *b)
{
	static const size_t groups[] = { 4, 2, 2, 2, 6 };
	size_t at = 0;

	(void)env, (void)st, (void)type;
	for (size_t g = 0; g < 5 && v.s.len == 16; g++) {
		if (g)
			buf_add_char(b, '-');
		buf_add_hex(b, v.s.ptr + at, groups[g]);
		at += groups[g];
	}
	return true;
}

static bool uuid_recv(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice s, struct sql_datum *out)
{
	(void)type, (void)typmod;
	if (s.len != 16)
		return type_refuse_binary(env);
	*out = datum_blob(arena_slice(a, s));
	return true;
}

const struct type_ops type_bytes_rows[] = {
	{ T_BYTEA, "bytea", bytea_in, bytea_out, bytea_recv, bytes_send, NULL, NULL },
	{ T_UUID, "uuid", uuid_in, uuid_out, uuid_recv, bytes_send, NULL, NULL },
	{ 0 },
};

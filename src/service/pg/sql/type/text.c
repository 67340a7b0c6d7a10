/*
 * Types whose value is its text: text, varchar, bpchar, name, "char", bit
 * strings, and those nobody looks into (xml, cstring, unknown, void). What is
 * too long for its modifier is refused here, as varcharin does; a cast that cuts
 * is func/type_cast.c's.
 */
#include "base/utf8.h"
#include "service/pg/sql/type/type.h"

/* Text of a value: UTF-8 without NUL. */
static bool check_text(struct sql_env *env, struct slice s)
{
	size_t i = 0;

	while (i < s.len && (unsigned char)s.ptr[i] < 0x80 && s.ptr[i])
		i++;
	if (i == s.len || slice_is_utf8(slice_skip(s, i)))
		return true;
	for (; i < s.len; i++) {
		size_t n = s.ptr[i] ? utf8_char(slice_skip(s, i)) : 0;
		if (!n)
			break;
		i += n - 1;
	}
	struct buf b;
	buf_init(&b, 256);
	/* as many bytes as the first says the character has */
	unsigned char first = (unsigned char)s.ptr[i];
	size_t want = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
	for (size_t k = 0; k < want && i + k < s.len; k++)
		buf_addf(&b, "%s0x%02x", k ? " " : "", (unsigned char)s.ptr[i + k]);
	sql_raise_env(env, "22021", "invalid byte sequence for encoding \"UTF8\": %s", b.ptr);
	buf_release(&b);
	return false;
}

/* The bytes of the first n characters. */
static size_t chars_to_bytes(struct slice s, size_t chars)
{
	size_t i = 0;

	while (i < s.len && chars--) {
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

/* One byte, or \\ooo. */
static bool char_in(struct arena *a, struct slice s, struct sql_datum *out)
{
	char c = s.len ? s.ptr[0] : 0;

	if (s.len == 4 && c == '\\' && s.ptr[1] >= '0' && s.ptr[1] <= '3' && s.ptr[2] >= '0' && s.ptr[2] <= '7' && s.ptr[3] >= '0' && s.ptr[3] <= '7')
		c = (char)((s.ptr[1] - '0') << 6 | (s.ptr[2] - '0') << 3 | (s.ptr[3] - '0'));
	*out = datum_text(arena_slice(a, slice_of(&c, c ? 1 : 0)));
	return true;
}

static bool char_out(struct sql_env *env, const struct style *st, uint32_t type, struct sql_datum v, struct buf *b)
{
	(void)env, (void)st, (void)type;
	if (v.s.len && (unsigned char)v.s.ptr[0] >= 0x80)
		buf_addf(b, "\\%03o", (unsigned char)v.s.ptr[0]);
	else
		buf_add_slice(b, v.s);
	return true;
}

static bool text_in(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice text, struct sql_datum *out)
{
	if (!check_text(env, text))
		return false;
	if (type == T_NAME && text.len > 63) {
		size_t cut = 63;
		while (cut && ((unsigned char)text.ptr[cut] & 0xc0) == 0x80)
			cut--;
		text.len = cut;
	}
	if (type == T_CHAR)
		return char_in(a, text, out);
	if (type == T_VARCHAR && typmod >= 4) {
		size_t bytes = chars_to_bytes(text, (size_t)typmod - 4);
		if (!only_spaces(slice_skip(text, bytes))) {
			sql_raise_env(env, "22001", "value too long for type character varying(%d)", typmod - 4);
			return false;
		}
		text.len = bytes;
	}
	*out = datum_text(arena_slice(a, text));
	return true;
}

static bool bpchar_in(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice text, struct sql_datum *out)
{
	(void)type;
	if (!check_text(env, text))
		return false;
	if (typmod < 4) {
		*out = datum_text(arena_slice(a, text));
		return true;
	}
	size_t want = (size_t)typmod - 4, have = slice_chars(text), bytes = chars_to_bytes(text, want);
	if (!only_spaces(slice_skip(text, bytes))) {
		sql_raise_env(env, "22001", "value too long for type character(%d)", typmod - 4);
		return false;
	}
	size_t pad = have < want ? want - have : 0;
	char *p = arena_alloc(a, bytes + pad + 1);
	memcpy(p, text.ptr, bytes);
	memset(p + bytes, ' ', pad);
	p[bytes + pad] = 0;
	*out = datum_text(slice_of(p, bytes + pad));
	return true;
}

static bool text_out(struct sql_env *env, const struct style *st, uint32_t type, struct sql_datum v, struct buf *b)
{
	(void)env, (void)st, (void)type;
	buf_add_slice(b, v.s);
	return true;
}

static bool text_send(struct sql_env *env, uint32_t type, struct sql_datum v, struct buf *b)
{
	(void)env, (void)type;
	buf_add_slice(b, v.s);
	return true;
}

static bool char_send(struct sql_env *env, uint32_t type, struct sql_datum v, struct buf *b)
{
	(void)env, (void)type;
	buf_add_char(b, v.s.len ? v.s.ptr[0] : 0);
	return true;
}

static bool text_recv(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice s, struct sql_datum *out)
{
	return (type == T_BPCHAR ? bpchar_in : text_in)(env, a, type, typmod, s, out);
}

static struct slice without_padding(struct slice s)
{
	while (s.len && s.ptr[s.len - 1] == ' ')
		s.len--;
	return s;
}

static int bpchar_compare(struct sql_env *env, uint32_t type, struct sql_datum a, struct sql_datum b)
{
	(void)env, (void)type;
	return slice_cmp(without_padding(a.s), without_padding(b.s));
}

static bool bit_in(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice text, struct sql_datum *out)
{
	bool hex = text.len && (text.ptr[0] == 'x' || text.ptr[0] == 'X');
	size_t n = 0;

	if (hex || (text.len && (text.ptr[0] == 'b' || text.ptr[0] == 'B')))
		text = slice_skip(text, 1);
	char *p = arena_alloc(a, text.len * 4 + 1);
	size_t bits = hex ? text.len * 4 : text.len;
	if (typmod > 0 && type == T_BIT && bits != (size_t)typmod) {
		sql_raise_env(env, "22026", "bit string length %zu does not match type bit(%d)", bits, typmod);
		return false;
	}
	if (typmod > 0 && type == T_VARBIT && bits > (size_t)typmod) {
		sql_raise_env(env, "22001", "bit string too long for type bit varying(%d)", typmod);
		return false;
	}
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (!hex) {
			if (c != '0' && c != '1') {
				sql_raise_env(env, "22P02", "\"%.*s\" is not a valid binary digit",
					      (int)(utf8_char(slice_skip(text, i)) ? utf8_char(slice_skip(text, i)) : 1), text.ptr + i);
				return false;
			}
			p[n++] = c;
			continue;
		}
		int d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
		if (d < 0) {
			sql_raise_env(env, "22P02", "\"%.*s\" is not a valid hexadecimal digit",
				      (int)(utf8_char(slice_skip(text, i)) ? utf8_char(slice_skip(text, i)) : 1), text.ptr + i);
			return false;
		}
		for (int k = 3; k >= 0; k--)
			p[n++] = d >> k & 1 ? '1' : '0';
	}
	p[n] = 0;
	*out = datum_text(slice_of(p, n));
	return true;
}

static bool bit_recv(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice s, struct sql_datum *out)
{
	size_t bits = (size_t)read_be(s, 0, 4);

	if (s.len < 4 || bits > INT32_MAX || s.len != 4 + (bits + 7) / 8)
		return type_refuse_binary(env);
	char *p = arena_alloc(a, bits + 1);
	for (size_t i = 0; i < bits; i++)
		p[i] = (unsigned char)s.ptr[4 + i / 8] >> (7 - i % 8) & 1 ? '1' : '0';
	p[bits] = 0;
	return bit_in(env, a, type, typmod, slice_of(p, bits), out);
}

static bool bit_send(struct sql_env *env, uint32_t type, struct sql_datum v, struct buf *b)
{
	unsigned byte = 0;

	(void)env, (void)type;
	buf_add_be32(b, (uint32_t)v.s.len);
	for (size_t i = 0; i < v.s.len; i++) {
		byte = byte << 1 | (v.s.ptr[i] == '1');
		if (i % 8 == 7) {
			buf_add_char(b, (char)byte);
			byte = 0;
		}
	}
	if (v.s.len % 8)
		buf_add_char(b, (char)(byte << (8 - v.s.len % 8)));
	return true;
}

#define TEXT(oid, name) { oid, name, text_in, text_out, text_recv, text_send, NULL, NULL }
const struct type_ops type_text_rows[] = {
	TEXT(T_TEXT, "text"),
	TEXT(T_VARCHAR, "character varying"),
	TEXT(T_NAME, "name"),
	{ T_CHAR, "\"char\"", text_in, char_out, text_recv, char_send, NULL, NULL },
	TEXT(T_UNKNOWN, "unknown"),
	TEXT(T_CSTRING, "cstring"),
	TEXT(T_VOID, "void"),
	TEXT(T_REFCURSOR, "refcursor"),
	{ T_BPCHAR, "character", bpchar_in, text_out, text_recv, text_send, bpchar_compare, "pg_bpchar" },
	{ T_BIT, "bit", bit_in, text_out, bit_recv, bit_send, NULL, NULL },
	{ T_VARBIT, "bit varying", bit_in, text_out, bit_recv, bit_send, NULL, NULL },
	{ 0 },
};

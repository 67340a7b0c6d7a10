/*
 * The table of types, and the types whose binary form is nearly their text:
 * bool, text and its kin, bytea, uuid, json. Numbers, times and arrays have
 * files of their own.
 */
#include "service/pg/pg_types.h"

static bool recv_bool(const struct pg_type *t, struct slice binary, struct buf *text)
{
	(void)t;
	if (binary.len != 1)
		return false;
	buf_add_char(text, binary.ptr[0] ? 't' : 'f');
	return true;
}

/* boolin: any prefix of true, false, yes, no; on, of, off; 1, 0. */
static bool send_bool(const struct pg_type *t, struct slice text, struct buf *binary)
{
	static const struct {
		const char *word;
		size_t least;
		bool value;
	} words[] = {
		{ "true", 1, true }, { "yes", 1, true }, { "on", 2, true }, { "1", 1, true },
		{ "false", 1, false }, { "no", 1, false }, { "off", 2, false }, { "0", 1, false },
	};
	struct slice s = slice_trim(text);

	(void)t;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct slice word = slice_str(words[i].word);

		if (s.len >= words[i].least && s.len <= word.len && slice_eq_nocase(s, slice_take(word, s.len))) {
			buf_add_char(binary, words[i].value);
			return true;
		}
	}
	return false;
}

static bool recv_text(const struct pg_type *t, struct slice binary, struct buf *text)
{
	(void)t;
	buf_add_slice(text, binary);
	return true;
}

static bool send_text(const struct pg_type *t, struct slice text, struct buf *binary)
{
	(void)t;
	buf_add_slice(binary, text);
	return true;
}

/* jsonb's binary form is its text behind a version byte. */
static bool recv_jsonb(const struct pg_type *t, struct slice binary, struct buf *text)
{
	(void)t;
	if (!binary.len || binary.ptr[0] != 1)
		return false;
	buf_add_slice(text, slice_skip(binary, 1));
	return true;
}

static bool send_jsonb(const struct pg_type *t, struct slice text, struct buf *binary)
{
	(void)t;
	buf_add_char(binary, 1);
	buf_add_slice(binary, text);
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool recv_bytea(const struct pg_type *t, struct slice binary, struct buf *text)
{
	(void)t;
	buf_add_str(text, "\\x");
	buf_add_hex(text, binary.ptr, binary.len);
	return true;
}

/* Hex form: pairs, with white space between pairs (manual 8.4.1). */
static bool send_hex(struct slice s, struct buf *binary)
{
	for (size_t i = 0; i < s.len;) {
		if (strchr(" \t\r\n", s.ptr[i])) {
			i++;
			continue;
		}
		int high = hex_digit(s.ptr[i]), low = i + 1 < s.len ? hex_digit(s.ptr[i + 1]) : -1;

		if (high < 0 || low < 0)
			return false;
		buf_add_char(binary, (char)(high << 4 | low));
		i += 2;
	}
	return true;
}

/* Escape form: \\ and \ooo (manual 8.4.2). */
static bool send_escape(struct slice s, struct buf *binary)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] != '\\') {
			buf_add_char(binary, s.ptr[i]);
		} else if (i + 1 < s.len && s.ptr[i + 1] == '\\') {
			buf_add_char(binary, '\\');
			i++;
		} else if (i + 3 < s.len && s.ptr[i + 1] >= '0' && s.ptr[i + 1] <= '3' && s.ptr[i + 2] >= '0' &&
			   s.ptr[i + 2] <= '7' && s.ptr[i + 3] >= '0' && s.ptr[i + 3] <= '7') {
			buf_add_char(binary, (char)((s.ptr[i + 1] - '0') << 6 | (s.ptr[i + 2] - '0') << 3 |
						    (s.ptr[i + 3] - '0')));
			i += 3;
		} else {
			return false;
		}
	}
	return true;
}

static bool send_bytea(const struct pg_type *t, struct slice text, struct buf *binary)
{
	(void)t;
	if (slice_has_prefix(text, SLICE_LIT("\\x")))
		return send_hex(slice_skip(text, 2), binary);
	return send_escape(text, binary);
}

static bool recv_uuid(const struct pg_type *t, struct slice binary, struct buf *text)
{
	(void)t;
	if (binary.len != 16)
		return false;
	for (size_t i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			buf_add_char(text, '-');
		buf_add_hex(text, binary.ptr + i, 1);
	}
	return true;
}

/* 32 hex digits, in braces or not, with a hyphen after any group of four. */
static bool send_uuid(const struct pg_type *t, struct slice text, struct buf *binary)
{
	struct slice s = text;
	unsigned char bytes[16];

	(void)t;
	if (s.len > 2 && s.ptr[0] == '{' && s.ptr[s.len - 1] == '}')
		s = slice_of(s.ptr + 1, s.len - 2);
	for (size_t i = 0; i < 16; i++) {
		if (i && i % 2 == 0 && s.len && s.ptr[0] == '-')
			s = slice_skip(s, 1);
		int high = s.len ? hex_digit(s.ptr[0]) : -1, low = s.len > 1 ? hex_digit(s.ptr[1]) : -1;

		if (high < 0 || low < 0)
			return false;
		bytes[i] = (unsigned char)(high << 4 | low);
		s = slice_skip(s, 2);
	}
	if (s.len)
		return false;
	buf_add(binary, bytes, 16);
	return true;
}

/* A function without a result: sent as nothing. */
static bool send_void(const struct pg_type *t, struct slice text, struct buf *binary)
{
	(void)t, (void)text, (void)binary;
	return true;
}

/* By OID, for the search. */
static const struct pg_type types[] = {
	{ 16, "boolean", "bool", 0, recv_bool, send_bool },
	{ 17, "bytea", "bytea", 0, recv_bytea, send_bytea },
	{ 18, "\"char\"", "char", 0, recv_text, send_text },
	{ 19, "name", "name", 0, recv_text, send_text },
	{ 20, "bigint", "int8", 0, pg_recv_int, pg_send_int },
	{ 21, "smallint", "int2", 0, pg_recv_int, pg_send_int },
	{ 23, "integer", "int4", 0, pg_recv_int, pg_send_int },
	{ 25, "text", "text", 0, recv_text, send_text },
	{ 26, "oid", "oid", 0, pg_recv_int, pg_send_int },
	{ 114, "json", "json", 0, recv_text, send_text },
	{ 142, "xml", "xml", 0, recv_text, send_text },
	{ 199, "json[]", "_json", 114, pg_recv_array, pg_send_array },
	{ 700, "real", "float4", 0, pg_recv_float, pg_send_float },
	{ 701, "double precision", "float8", 0, pg_recv_float, pg_send_float },
	{ 705, "unknown", "unknown", 0, recv_text, send_text },
	{ 1000, "boolean[]", "_bool", 16, pg_recv_array, pg_send_array },
	{ 1001, "bytea[]", "_bytea", 17, pg_recv_array, pg_send_array },
	{ 1003, "name[]", "_name", 19, pg_recv_array, pg_send_array },
	{ 1005, "smallint[]", "_int2", 21, pg_recv_array, pg_send_array },
	{ 1007, "integer[]", "_int4", 23, pg_recv_array, pg_send_array },
	{ 1009, "text[]", "_text", 25, pg_recv_array, pg_send_array },
	{ 1014, "character[]", "_bpchar", 1042, pg_recv_array, pg_send_array },
	{ 1015, "character varying[]", "_varchar", 1043, pg_recv_array, pg_send_array },
	{ 1016, "bigint[]", "_int8", 20, pg_recv_array, pg_send_array },
	{ 1021, "real[]", "_float4", 700, pg_recv_array, pg_send_array },
	{ 1022, "double precision[]", "_float8", 701, pg_recv_array, pg_send_array },
	{ 1028, "oid[]", "_oid", 26, pg_recv_array, pg_send_array },
	{ 1042, "character", "bpchar", 0, recv_text, send_text },
	{ 1043, "character varying", "varchar", 0, recv_text, send_text },
	{ 1082, "date", "date", 0, pg_recv_date, pg_send_date },
	{ 1083, "time without time zone", "time", 0, pg_recv_time, pg_send_time },
	{ 1114, "timestamp without time zone", "timestamp", 0, pg_recv_timestamp, pg_send_timestamp },
	{ 1115, "timestamp without time zone[]", "_timestamp", 1114, pg_recv_array, pg_send_array },
	{ 1182, "date[]", "_date", 1082, pg_recv_array, pg_send_array },
	{ 1183, "time without time zone[]", "_time", 1083, pg_recv_array, pg_send_array },
	{ 1184, "timestamp with time zone", "timestamptz", 0, pg_recv_timestamp, pg_send_timestamp },
	{ 1185, "timestamp with time zone[]", "_timestamptz", 1184, pg_recv_array, pg_send_array },
	{ 1186, "interval", "interval", 0, pg_recv_interval, pg_send_interval },
	{ 1187, "interval[]", "_interval", 1186, pg_recv_array, pg_send_array },
	{ 1231, "numeric[]", "_numeric", 1700, pg_recv_array, pg_send_array },
	{ 1266, "time with time zone", "timetz", 0, pg_recv_time, pg_send_time },
	{ 1700, "numeric", "numeric", 0, pg_recv_numeric, pg_send_numeric },
	{ 2278, "void", "void", 0, recv_text, send_void },
	{ 2950, "uuid", "uuid", 0, recv_uuid, send_uuid },
	{ 2951, "uuid[]", "_uuid", 2950, pg_recv_array, pg_send_array },
	{ 3802, "jsonb", "jsonb", 0, recv_jsonb, send_jsonb },
	{ 3807, "jsonb[]", "_jsonb", 3802, pg_recv_array, pg_send_array },
};

const struct pg_type *pg_type_find(uint32_t oid)
{
	size_t low = 0, high = sizeof(types) / sizeof(types[0]);

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (types[middle].oid < oid)
			low = middle + 1;
		else
			high = middle;
	}
	return low < sizeof(types) / sizeof(types[0]) && types[low].oid == oid ? &types[low] : NULL;
}

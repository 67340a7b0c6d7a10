/*
 * bytea, bit strings and uuid: pieces, hashes, encodings, single bits.
 */
#include <openssl/evp.h>

#include "service/pg/sql/func/call.h"

STRICT(byteaoctetlen) { sqlite3_result_int64(ctx, (int64_t)arg_blob(argv[0]).len); }

STRICT(byteacat)
{
	struct slice x = arg_blob(argv[0]), y = arg_blob(argv[1]);
	struct buf b;

	buf_init(&b, BUF_MAX);
	buf_add_slice(&b, x);
	buf_add_slice(&b, y);
	result_buf_blob(ctx, &b);
}

/* The bytes (or bits) from `start`, from 1; false: raised. */
static bool cut(sqlite3_context *ctx, struct slice s, int64_t start, int64_t length, bool to_end, struct slice *out)
{
	int64_t end;

	if (!to_end && length < 0) {
		sql_raise(ctx, "22011", "negative substring length not allowed");
		return false;
	}
	if (to_end || __builtin_add_overflow(start, length, &end))
		end = (int64_t)s.len + 1;
	if (start < 1)
		start = 1;
	if (end > (int64_t)s.len + 1)
		end = (int64_t)s.len + 1;
	*out = end <= start ? slice_of("", 0) : slice_of(s.ptr + start - 1, (size_t)(end - start));
	return true;
}

STRICT(bytea_substr)
{
	struct slice r;
	if (cut(ctx, arg_blob(argv[0]), arg_int(argv[1]), argc > 2 ? arg_int(argv[2]) : 0, argc == 2, &r))
		result_blob(ctx, r);
}

STRICT(bitsubstr)
{
	struct slice r;
	if (cut(ctx, arg_text(argv[0]), arg_int(argv[1]), argc > 2 ? arg_int(argv[2]) : 0, argc == 2, &r))
		result_text(ctx, r);
}

static void overlay(sqlite3_context *ctx, int argc, sqlite3_value **argv, bool bits)
{
	struct slice s = bits ? arg_text(argv[0]) : arg_blob(argv[0]), with = bits ? arg_text(argv[1]) : arg_blob(argv[1]), r;
	int64_t start = arg_int(argv[2]), length = argc > 3 ? arg_int(argv[3]) : (int64_t)with.len, end;
	struct buf b;

	if (start <= 0) {
		sql_raise(ctx, "22011", "negative substring length not allowed");
		return;
	}
	if (__builtin_add_overflow(start, length, &end) || end > INT32_MAX) {
		sql_raise(ctx, "22003", "integer out of range");
		return;
	}
	buf_init(&b, BUF_MAX);
	cut(ctx, s, 1, start - 1, false, &r);
	buf_add_slice(&b, r);
	buf_add_slice(&b, with);
	cut(ctx, s, end, 0, true, &r);
	buf_add_slice(&b, r);
	(bits ? result_buf : result_buf_blob)(ctx, &b);
}

STRICT(byteaoverlay) { overlay(ctx, argc, argv, false); }
STRICT(bitoverlay) { overlay(ctx, argc, argv, true); }

static int64_t position(struct slice s, struct slice needle)
{
	if (!needle.len)
		return 1;
	if (needle.len > s.len)
		return 0;
	size_t at = slice_find_slice(s, needle);
	return at == s.len ? 0 : (int64_t)at + 1;
}

STRICT(byteapos) { sqlite3_result_int64(ctx, position(arg_blob(argv[0]), arg_blob(argv[1]))); }

STRICT(bitposition)
{
	struct slice s = arg_text(argv[0]), needle = arg_text(argv[1]);
	sqlite3_result_int64(ctx, s.len ? position(s, needle) : 0);
}

static void trim(sqlite3_context *ctx, sqlite3_value **argv, bool left, bool right)
{
	struct slice s = arg_blob(argv[0]), set = arg_blob(argv[1]);

	while (left && s.len && set.len && memchr(set.ptr, s.ptr[0], set.len))
		s = slice_skip(s, 1);
	while (right && s.len && set.len && memchr(set.ptr, s.ptr[s.len - 1], set.len))
		s.len--;
	result_blob(ctx, s);
}

STRICT(byteatrim) { trim(ctx, argv, true, true); }
STRICT(bytealtrim) { trim(ctx, argv, true, false); }
STRICT(byteartrim) { trim(ctx, argv, false, true); }

static bool in_bytes(sqlite3_context *ctx, int64_t i, size_t n)
{
	if (i >= 0 && i < (int64_t)n)
		return true;
	sql_raise(ctx, "2202E", "index %lld out of valid range, 0..%lld", (long long)i, (long long)n - 1);
	return false;
}

STRICT(get_byte)
{
	struct slice s = arg_blob(argv[0]);
	if (in_bytes(ctx, arg_int(argv[1]), s.len))
		sqlite3_result_int(ctx, (unsigned char)s.ptr[arg_int(argv[1])]);
}

STRICT(get_bit)
{
	struct slice s = arg_blob(argv[0]);
	int64_t i = arg_int(argv[1]);
	if (in_bytes(ctx, i, s.len * 8))
		sqlite3_result_int(ctx, (unsigned char)s.ptr[i / 8] >> (i % 8) & 1);
}

static void changed(sqlite3_context *ctx, struct slice s, size_t at, unsigned char byte)
{
	struct buf b;

	buf_init(&b, BUF_MAX);
	buf_add_slice(&b, s);
	b.ptr[at] = (char)byte;
	result_buf_blob(ctx, &b);
}

STRICT(set_byte)
{
	struct slice s = arg_blob(argv[0]);
	if (in_bytes(ctx, arg_int(argv[1]), s.len))
		changed(ctx, s, (size_t)arg_int(argv[1]), (unsigned char)arg_int(argv[2]));
}

STRICT(set_bit)
{
	struct slice s = arg_blob(argv[0]);
	int64_t i = arg_int(argv[1]), v = arg_int(argv[2]);

	if (!in_bytes(ctx, i, s.len * 8))
		return;
	if (v != 0 && v != 1) {
		sql_raise(ctx, "22023", "new bit must be 0 or 1");
		return;
	}
	unsigned char byte = (unsigned char)s.ptr[i / 8], mask = (unsigned char)(1 << (i % 8));
	changed(ctx, s, (size_t)(i / 8), v ? byte | mask : (unsigned char)(byte & ~mask));
}

STRICT(bytea_bit_count)
{
	struct slice s = arg_blob(argv[0]);
	int64_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += __builtin_popcount((unsigned char)s.ptr[i]);
	sqlite3_result_int64(ctx, n);
}

/* ---- hashes ---- */

static void hash(sqlite3_context *ctx, sqlite3_value *v, const EVP_MD *md, bool hex)
{
	struct slice s = sqlite3_value_type(v) == SQLITE_BLOB ? arg_blob(v) : arg_text(v);
	unsigned char out[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	struct buf b;

	if (!EVP_Digest(s.ptr, s.len, out, &len, md, NULL)) {
		sql_raise(ctx, "XX000", "could not compute a hash");
		return;
	}
	buf_init(&b, 1024);
	if (hex)
		buf_add_hex(&b, out, len);
	else
		buf_add(&b, out, len);
	(hex ? result_buf : result_buf_blob)(ctx, &b);
}

STRICT(md5) { hash(ctx, argv[0], EVP_md5(), true); }
STRICT(sha224) { hash(ctx, argv[0], EVP_sha224(), false); }
STRICT(sha256) { hash(ctx, argv[0], EVP_sha256(), false); }
STRICT(sha384) { hash(ctx, argv[0], EVP_sha384(), false); }
STRICT(sha512) { hash(ctx, argv[0], EVP_sha512(), false); }

/* ---- encodings ---- */

static bool unknown_encoding(sqlite3_context *ctx, struct slice name)
{
	sql_raise(ctx, "22023", "unrecognized encoding: \"%.*s\"", SLICE_ARG(name));
	return false;
}

STRICT(binary_encode)
{
	struct slice s = arg_blob(argv[0]), how = arg_text(argv[1]);
	struct buf b;

	buf_init(&b, BUF_MAX);
	if (slice_eq_nocase_str(how, "hex")) {
		buf_add_hex(&b, s.ptr, s.len);
	} else if (slice_eq_nocase_str(how, "base64")) {
		/* a line has 76 characters: 57 bytes */
		for (size_t i = 0; i < s.len; i += 57) {
			if (i)
				buf_add_char(&b, '\n');
			buf_add_base64(&b, s.ptr + i, s.len - i < 57 ? s.len - i : 57);
		}
	} else if (slice_eq_nocase_str(how, "escape")) {
		for (size_t i = 0; i < s.len; i++) {
			unsigned char c = (unsigned char)s.ptr[i];
			if (c == 0 || c >= 0x80)
				buf_addf(&b, "\\%03o", c);
			else if (c == '\\')
				buf_add_str(&b, "\\\\");
			else
				buf_add_char(&b, (char)c);
		}
	} else {
		buf_release(&b);
		unknown_encoding(ctx, how);
		return;
	}
	result_buf(ctx, &b);
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool decode_hex(sqlite3_context *ctx, struct slice s, struct buf *b)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		if (c == ' ' || c == '\n' || c == '\t' || c == '\r')
			continue;
		int high = hex_digit(c);
		if (high < 0) {
			sql_raise(ctx, "22023", "invalid hexadecimal digit: \"%c\"", c);
			return false;
		}
		if (++i >= s.len) {
			sql_raise(ctx, "22023", "invalid hexadecimal data: odd number of digits");
			return false;
		}
		int low = hex_digit(s.ptr[i]);
		if (low < 0) {
			sql_raise(ctx, "22023", "invalid hexadecimal digit: \"%c\"", s.ptr[i]);
			return false;
		}
		buf_add_char(b, (char)(high << 4 | low));
	}
	return true;
}

static bool decode_base64(sqlite3_context *ctx, struct slice s, struct buf *b)
{
	uint32_t bits = 0;
	int pos = 0, end = 0;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		int v;
		if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
			continue;
		if (c == '=') {
			if (!end) {
				if (pos == 2)
					end = 1;
				else if (pos == 3)
					end = 2;
				else {
					sql_raise(ctx, "22023", "unexpected \"=\" while decoding base64 sequence");
					return false;
				}
			}
			v = 0;
		} else {
			v = c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? c - 'a' + 26 : c >= '0' && c <= '9' ? c - '0' + 52 : c == '+' ? 62 : c == '/' ? 63 : -1;
			if (v < 0) {
				sql_raise(ctx, "22023", "invalid symbol \"%c\" found while decoding base64 sequence", c);
				return false;
			}
		}
		bits = bits << 6 | (uint32_t)v;
		if (++pos == 4) {
			buf_add_char(b, (char)(bits >> 16));
			if (end == 0 || end > 1)
				buf_add_char(b, (char)(bits >> 8));
			if (end == 0 || end > 2)
				buf_add_char(b, (char)bits);
			bits = 0;
			pos = 0;
		}
	}
	if (!pos)
		return true;
	struct sql_error *e = sql_raise(ctx, "22023", "invalid base64 end sequence");
	sql_hint(sql_env_of(ctx), e, "Input data is missing padding, is truncated, or is otherwise corrupted.");
	return false;
}

static bool decode_escape(sqlite3_context *ctx, struct slice s, struct buf *b)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] != '\\') {
			buf_add_char(b, s.ptr[i]);
		} else if (i + 3 < s.len && s.ptr[i + 1] >= '0' && s.ptr[i + 1] <= '3' && s.ptr[i + 2] >= '0' && s.ptr[i + 2] <= '7' && s.ptr[i + 3] >= '0' &&
			   s.ptr[i + 3] <= '7') {
			buf_add_char(b, (char)((s.ptr[i + 1] - '0') << 6 | (s.ptr[i + 2] - '0') << 3 | (s.ptr[i + 3] - '0')));
			i += 3;
		} else if (i + 1 < s.len && s.ptr[i + 1] == '\\') {
			buf_add_char(b, '\\');
			i++;
		} else {
			sql_raise(ctx, "22P02", "invalid input syntax for type %s", "bytea");
			return false;
		}
	}
	return true;
}

STRICT(binary_decode)
{
	struct slice s = arg_text(argv[0]), how = arg_text(argv[1]);
	struct buf b;
	bool ok;

	buf_init(&b, BUF_MAX);
	if (slice_eq_nocase_str(how, "hex"))
		ok = decode_hex(ctx, s, &b);
	else if (slice_eq_nocase_str(how, "base64"))
		ok = decode_base64(ctx, s, &b);
	else if (slice_eq_nocase_str(how, "escape"))
		ok = decode_escape(ctx, s, &b);
	else
		ok = unknown_encoding(ctx, how);
	if (ok)
		result_buf_blob(ctx, &b);
	else
		buf_release(&b);
}

/* ---- bit strings ---- */

static void fold(sqlite3_context *ctx, sqlite3_value **argv, const char *name, char op)
{
	struct slice x = arg_text(argv[0]), y = arg_text(argv[1]);
	struct buf b;

	if (x.len != y.len) {
		sql_raise(ctx, "22026", "cannot %s bit strings of different sizes", name);
		return;
	}
	buf_init(&b, BUF_MAX);
	for (size_t i = 0; i < x.len; i++) {
		int p = x.ptr[i] == '1', q = y.ptr[i] == '1';
		buf_add_char(&b, (op == '&' ? p & q : op == '|' ? p | q : p ^ q) ? '1' : '0');
	}
	result_buf(ctx, &b);
}

STRICT(bit_and) { fold(ctx, argv, "AND", '&'); }
STRICT(bit_or) { fold(ctx, argv, "OR", '|'); }
STRICT(bitxor) { fold(ctx, argv, "XOR", '#'); }

STRICT(bitnot)
{
	struct slice s = arg_text(argv[0]);
	struct buf b;

	buf_init(&b, BUF_MAX);
	for (size_t i = 0; i < s.len; i++)
		buf_add_char(&b, s.ptr[i] == '1' ? '0' : '1');
	result_buf(ctx, &b);
}

static void shift(sqlite3_context *ctx, struct slice s, int64_t left)
{
	struct buf b;

	buf_init(&b, BUF_MAX);
	for (size_t i = 0; i < s.len; i++) {
		int64_t from = (int64_t)i + left;
		buf_add_char(&b, from >= 0 && from < (int64_t)s.len ? s.ptr[from] : '0');
	}
	result_buf(ctx, &b);
}

STRICT(bitshiftleft) { shift(ctx, arg_text(argv[0]), arg_int(argv[1])); }
STRICT(bitshiftright) { shift(ctx, arg_text(argv[0]), -arg_int(argv[1])); }
STRICT(bitlength) { sqlite3_result_int64(ctx, (int64_t)arg_text(argv[0]).len); }
STRICT(bitoctetlength) { sqlite3_result_int64(ctx, (int64_t)(arg_text(argv[0]).len + 7) / 8); }

STRICT(bitgetbit)
{
	struct slice s = arg_text(argv[0]);
	int64_t i = arg_int(argv[1]);

	if (i < 0 || i >= (int64_t)s.len)
		sql_raise(ctx, "2202E", "bit index %d out of valid range (0..%d)", (int)i, (int)s.len - 1);
	else
		sqlite3_result_int(ctx, s.ptr[i] == '1');
}

STRICT(bitsetbit)
{
	struct slice s = arg_text(argv[0]);
	int64_t i = arg_int(argv[1]), v = arg_int(argv[2]);
	struct buf b;

	if (i < 0 || i >= (int64_t)s.len) {
		sql_raise(ctx, "2202E", "bit index %d out of valid range (0..%d)", (int)i, (int)s.len - 1);
		return;
	}
	if (v != 0 && v != 1) {
		sql_raise(ctx, "22023", "new bit must be 0 or 1");
		return;
	}
	buf_init(&b, BUF_MAX);
	buf_add_slice(&b, s);
	b.ptr[i] = v ? '1' : '0';
	result_buf(ctx, &b);
}

STRICT(bit_bit_count)
{
	struct slice s = arg_text(argv[0]);
	int64_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += s.ptr[i] == '1';
	sqlite3_result_int64(ctx, n);
}

FUNC(gen_random_uuid)
{
	struct sql_env *env = sql_env_of(ctx);
	uint64_t r[2] = { env->random ? env->random(env) : 0, env->random ? env->random(env) : 0 };
	unsigned char b[16];

	memcpy(b, r, 16);
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	sqlite3_result_blob(ctx, b, 16, SQLITE_TRANSIENT);
}

const struct func_row func_bytes_rows[] = {
	CALL("byteaoctetlen", byteaoctetlen, 1), CALL("byteacat", byteacat, 2), CALL("bytea_substr", bytea_substr, 3), CALL("bytea_substr_no_len", bytea_substr, 2),
	CALL("byteaoverlay", byteaoverlay, 4), CALL("byteaoverlay_no_len", byteaoverlay, 3), CALL("byteapos", byteapos, 2), CALL("byteatrim", byteatrim, 2),
	CALL("bytealtrim", bytealtrim, 2), CALL("byteartrim", byteartrim, 2), CALL("byteaGetByte", get_byte, 2), CALL("byteaGetBit", get_bit, 2),
	CALL("byteaSetByte", set_byte, 3), CALL("byteaSetBit", set_bit, 3), CALL("bytea_bit_count", bytea_bit_count, 1),
	CALL("md5_text", md5, 1), CALL("md5_bytea", md5, 1), CALL("sha224_bytea", sha224, 1), CALL("sha256_bytea", sha256, 1),
	CALL("sha384_bytea", sha384, 1), CALL("sha512_bytea", sha512, 1), CALL("binary_encode", binary_encode, 2), CALL("binary_decode", binary_decode, 2),
	CALL("bit_and", bit_and, 2), CALL("bit_or", bit_or, 2), CALL("bitxor", bitxor, 2), CALL("bitnot", bitnot, 1), CALL("bitshiftleft", bitshiftleft, 2),
	CALL("bitshiftright", bitshiftright, 2), INLINE("bitcat", "($1 || $2)"), CALL("bitlength", bitlength, 1), CALL("bitoctetlength", bitoctetlength, 1),
	CALL("bitsubstr", bitsubstr, 3), CALL("bitsubstr_no_len", bitsubstr, 2), CALL("bitposition", bitposition, 2), CALL("bitoverlay", bitoverlay, 4),
	CALL("bitoverlay_no_len", bitoverlay, 3), CALL("bitgetbit", bitgetbit, 2), CALL("bitsetbit", bitsetbit, 3), CALL("bit_bit_count", bit_bit_count, 1),
	CALL_VOLATILE("gen_random_uuid", gen_random_uuid, 0),
	END_OF_ROWS
};

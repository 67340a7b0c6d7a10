/*
 * Numeric between text, wire and number (numeric_in, numeric_send, numeric_recv
 * of PostgreSQL 15), and the precision and scale of a modifier.
 */
#include <limits.h>
#include <math.h>

#include "service/pg/sql/type/numeric.h"

void numeric_load(struct numeric *n, struct slice s)
{
	bool minus = s.len && s.ptr[0] == '-';

	n->kind = NUMERIC_FINITE;
	n->scale = 0;
	if (minus)
		s = slice_skip(s, 1);
	if (s.len && s.ptr[0] > '9') {
		n->kind = s.ptr[0] == 'N' ? NUMERIC_NAN : minus ? NUMERIC_NINF : NUMERIC_PINF;
		mpz_set_ui(n->c, 0);
		return;
	}
	if (s.len <= 19) {
		uint64_t v = 0;
		for (size_t i = 0; i < s.len; i++) {
			if (s.ptr[i] == '.')
				n->scale = (int)(s.len - i - 1);
			else
				v = v * 10 + (uint64_t)(s.ptr[i] - '0');
		}
		mpz_set_ui(n->c, v);
	} else {
		char local[256], *digits = s.len < sizeof(local) ? local : malloc(s.len + 1);
		size_t count = 0;
		for (size_t i = 0; digits && i < s.len; i++) {
			if (s.ptr[i] == '.')
				n->scale = (int)(s.len - i - 1);
			else
				digits[count++] = s.ptr[i];
		}
		if (digits) {
			digits[count] = 0;
			mpz_set_str(n->c, digits, 10);
		}
		if (digits != local)
			free(digits);
	}
	if (minus)
		mpz_neg(n->c, n->c);
}

void numeric_print(struct buf *b, const struct numeric *n)
{
	char local[320], *digits;

	if (n->kind != NUMERIC_FINITE) {
		buf_add_str(b, n->kind == NUMERIC_NAN ? "NaN" : n->kind == NUMERIC_PINF ? "Infinity" : "-Infinity");
		return;
	}
	if (mpz_fits_slong_p(n->c) && n->scale < 20) {
		int64_t v = mpz_get_si(n->c);
		uint64_t left = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
		char *p = local + sizeof(local);
		for (int place = 0; left || place <= n->scale; place++) {
			if (place == n->scale && place)
				*--p = '.';
			*--p = (char)('0' + left % 10);
			left /= 10;
		}
		if (v < 0)
			*--p = '-';
		buf_add(b, p, (size_t)(local + sizeof(local) - p));
		return;
	}
	size_t size = mpz_sizeinbase(n->c, 10) + 2;
	digits = size <= sizeof(local) ? local : malloc(size);
	if (!digits) {
		b->failed = true;
		return;
	}
	mpz_get_str(digits, 10, n->c);
	char *p = digits;
	if (*p == '-')
		buf_add_char(b, *p++);
	size_t len = strlen(p), scale = (size_t)n->scale;
	if (len > scale) {
		buf_add(b, p, len - scale);
	} else {
		buf_add_char(b, '0');
	}
	if (scale) {
		buf_add_char(b, '.');
		for (size_t i = len; i < scale; i++)
			buf_add_char(b, '0');
		buf_add(b, len > scale ? p + (len - scale) : p, len > scale ? scale : len);
	}
	if (digits != local)
		free(digits);
}

void numeric_set_double(struct numeric *n, double v, int digits)
{
	char text[400];

	if (isnan(v) || isinf(v)) {
		n->kind = isnan(v) ? NUMERIC_NAN : v > 0 ? NUMERIC_PINF : NUMERIC_NINF;
		return;
	}
	snprintf(text, sizeof(text), "%.*g", digits, v);
	numeric_parse(NULL, n, slice_str(text));
}

static bool refuse(struct sql_env *env, struct slice text)
{
	return type_refuse(env, "numeric", text);
}

static bool blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* NaN and infinities, with blanks around; whether it was one. */
static bool parse_word(struct numeric *n, struct slice s)
{
	static const struct {
		const char *word;
		enum numeric_kind kind;
	} words[] = { { "nan", NUMERIC_NAN },   { "infinity", NUMERIC_PINF },  { "+infinity", NUMERIC_PINF }, { "-infinity", NUMERIC_NINF },
		      { "inf", NUMERIC_PINF }, { "+inf", NUMERIC_PINF }, { "-inf", NUMERIC_NINF } };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (slice_eq_nocase_str(s, words[i].word)) {
			n->kind = words[i].kind;
			n->scale = 0;
			mpz_set_ui(n->c, 0);
			return true;
		}
	return false;
}

bool numeric_parse(struct sql_env *env, struct numeric *n, struct slice text)
{
	struct slice s = text;
	bool minus = false;

	while (s.len && blank(s.ptr[0]))
		s = slice_skip(s, 1);
	while (s.len && blank(s.ptr[s.len - 1]))
		s.len--;
	if (parse_word(n, s))
		return true;
	size_t i = 0, digits = 0;
	if (i < s.len && (s.ptr[i] == '+' || s.ptr[i] == '-'))
		minus = s.ptr[i++] == '-';
	char local[256], *kept = s.len < sizeof(local) ? local : malloc(s.len + 1);
	long scale = 0, exponent = 0;
	bool point = false, ok = kept != NULL;
	for (; ok && i < s.len; i++) {
		if (s.ptr[i] == '.' && !point) {
			point = true;
		} else if (s.ptr[i] >= '0' && s.ptr[i] <= '9') {
			kept[digits++] = s.ptr[i];
			scale += point;
		} else {
			break;
		}
	}
	ok = ok && digits;
	if (ok && i < s.len && (s.ptr[i] == 'e' || s.ptr[i] == 'E')) {
		size_t first = ++i;
		bool down = false;
		if (i < s.len && (s.ptr[i] == '+' || s.ptr[i] == '-')) {
			down = s.ptr[i++] == '-';
			first++;
		}
		for (; i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9'; i++)
			if (exponent < INT_MAX / 2)
				exponent = exponent * 10 + (s.ptr[i] - '0');
		ok = i > first;
		if (down)
			exponent = -exponent;
	}
	if (!ok || i != s.len) {
		if (kept != local)
			free(kept);
		return refuse(env, text);
	}
	if (exponent >= INT_MAX / 2 || exponent <= -(INT_MAX / 2)) {
		if (kept != local)
			free(kept);
		sql_raise_env(env, "22003", "value overflows numeric format");
		return false;
	}
	kept[digits] = 0;
	n->kind = NUMERIC_FINITE;
	mpz_set_str(n->c, kept, 10);
	if (kept != local)
		free(kept);
	if (minus)
		mpz_neg(n->c, n->c);
	scale -= exponent;
	if (mpz_sgn(n->c) && -scale > NUMERIC_WHOLE_MAX) {
		sql_raise_env(env, "22003", "value overflows numeric format");
		return false;
	}
	if (scale < 0) {
		mpz_t p;
		mpz_init(p);
		mpz_ui_pow_ui(p, 10, mpz_sgn(n->c) ? (unsigned long)-scale : 0);
		mpz_mul(n->c, n->c, p);
		mpz_clear(p);
		n->scale = 0;
	} else if (scale > NUMERIC_SCALE_MAX) {
		sql_raise_env(env, "22003", "value overflows numeric format");
		return false;
	} else {
		n->scale = (int)scale;
	}
	return env ? numeric_fits(env, n) : true;
}

bool numeric_modify(struct sql_env *env, struct numeric *n, int32_t typmod)
{
	if (typmod < 4 || n->kind == NUMERIC_NAN)
		return true;
	int precision = (typmod - 4) >> 16 & 0xffff, scale = (((typmod - 4) & 0x7ff) ^ 1024) - 1024;
	struct sql_error *e;

	if (n->kind != NUMERIC_FINITE) {
		e = sql_raise_env(env, "22003", "numeric field overflow");
		sql_detail(env, e, "A field with precision %d, scale %d cannot hold an infinite value.", precision, scale);
		return false;
	}
	numeric_round_to(n, scale);
	if (!mpz_sgn(n->c))
		return true;
	/* digits before the point (or, when it is negative, less the zeros behind it) may be precision - scale */
	int most = precision - scale;
	mpz_t limit;
	mpz_init(limit);
	bool over;
	if (most + n->scale < 0) {
		over = true;
	} else {
		mpz_ui_pow_ui(limit, 10, (unsigned long)(most + n->scale));
		over = mpz_cmpabs(n->c, limit) >= 0;
	}
	mpz_clear(limit);
	if (over) {
		e = sql_raise_env(env, "22003", "numeric field overflow");
		sql_detail(env, e, "A field with precision %d, scale %d must round to an absolute value less than %s%d.", precision,
			   scale, most ? "10^" : "", most ? most : 1);
		return false;
	}
	return true;
}

static bool in(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice text, struct sql_datum *out)
{
	struct numeric n;
	struct buf b;

	(void)type;
	numeric_init(&n);
	bool ok = numeric_parse(env, &n, text) && numeric_modify(env, &n, typmod);
	if (ok) {
		buf_init(&b, BUF_MAX);
		numeric_print(&b, &n);
		*out = datum_text(arena_take(a, &b));
	}
	numeric_release(&n);
	return ok;
}

static bool out(struct sql_env *env, const struct style *st, uint32_t type, struct sql_datum v, struct buf *b)
{
	(void)env, (void)st, (void)type;
	buf_add_slice(b, v.s);
	return true;
}

#define SIGN_MINUS 0x4000
#define SIGN_NAN 0xc000
#define SIGN_PINF 0xd000
#define SIGN_NINF 0xf000

static bool recv(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice s, struct sql_datum *o)
{
	struct numeric n;
	struct buf b;

	(void)type;
	if (s.len < 8)
		return type_refuse_binary(env);
	size_t count = (size_t)read_be(s, 0, 2);
	int weight = (int16_t)read_be(s, 2, 2), sign = (int)read_be(s, 4, 2), scale = (int)read_be(s, 6, 2);
	if (s.len != 8 + 2 * count)
		return type_refuse_binary(env);
	if (sign != 0 && sign != SIGN_MINUS && sign != SIGN_NAN && sign != SIGN_PINF && sign != SIGN_NINF) {
		sql_raise_env(env, "22P03", "invalid sign in external \"numeric\" value");
		return false;
	}
	if (scale > NUMERIC_SCALE_MAX) {
		sql_raise_env(env, "22P03", "invalid scale in external \"numeric\" value");
		return false;
	}
	numeric_init(&n);
	bool ok = true;
	if (sign > SIGN_MINUS) {
		n.kind = sign == SIGN_NAN ? NUMERIC_NAN : sign == SIGN_PINF ? NUMERIC_PINF : NUMERIC_NINF;
	} else {
		for (size_t i = 0; i < count && ok; i++) {
			unsigned digit = (unsigned)read_be(s, 8 + 2 * i, 2);
			if (digit >= 10000) {
				sql_raise_env(env, "22P03", "invalid digit in external \"numeric\" value");
				ok = false;
			}
			mpz_mul_ui(n.c, n.c, 10000);
			mpz_add_ui(n.c, n.c, digit);
		}
		n.scale = 4 * ((int)count - 1 - weight);
		if (sign == SIGN_MINUS)
			mpz_neg(n.c, n.c);
		if (n.scale < 0) {
			int up = -n.scale;
			n.scale = 0;
			mpz_t p;
			mpz_init(p);
			mpz_ui_pow_ui(p, 10, (unsigned long)up);
			mpz_mul(n.c, n.c, p);
			mpz_clear(p);
		}
		numeric_trunc_to(&n, scale);
		ok = ok && numeric_fits(env, &n) && numeric_modify(env, &n, typmod);
	}
	if (ok) {
		buf_init(&b, BUF_MAX);
		numeric_print(&b, &n);
		*o = datum_text(arena_take(a, &b));
	}
	numeric_release(&n);
	return ok;
}

static bool send(struct sql_env *env, uint32_t type, struct sql_datum v, struct buf *b)
{
	struct slice s = v.s;
	bool minus = s.len && s.ptr[0] == '-';

	(void)env, (void)type;
	if (minus)
		s = slice_skip(s, 1);
	if (s.len && s.ptr[0] > '9') {
		buf_add_be32(b, 0);
		buf_add_be16(b, s.ptr[0] == 'N' ? SIGN_NAN : minus ? SIGN_NINF : SIGN_PINF);
		buf_add_be16(b, s.ptr[0] == 'N' ? 0 : 0x20); /* what PostgreSQL has there */
		return true;
	}
	size_t point = slice_find(s, '.');
	struct slice whole = slice_take(s, point), rest = slice_skip(s, point + 1);
	size_t scale = rest.len;
	while (whole.len && whole.ptr[0] == '0')
		whole = slice_skip(whole, 1);
	size_t high = (whole.len + 3) / 4, low = (rest.len + 3) / 4;
	/* group g from the top: digits (4g - pad) .. of whole, then of rest */
	size_t pad = high * 4 - whole.len, first = 0, last = high + low;
	struct buf digits;
	buf_init(&digits, BUF_MAX);
	for (size_t g = 0; g < high + low; g++) {
		unsigned d = 0;
		for (size_t k = 0; k < 4; k++) {
			char c = '0';
			if (g < high) {
				size_t at = g * 4 + k;
				if (at >= pad)
					c = whole.ptr[at - pad];
			} else {
				size_t at = (g - high) * 4 + k;
				if (at < rest.len)
					c = rest.ptr[at];
			}
			d = d * 10 + (unsigned)(c - '0');
		}
		buf_add_be16(&digits, (uint16_t)d);
	}
	while (first < last && !read_be(buf_slice(&digits), 2 * first, 2))
		first++;
	while (last > first && !read_be(buf_slice(&digits), 2 * (last - 1), 2))
		last--;
	buf_add_be16(b, (uint16_t)(last - first));
	buf_add_be16(b, (uint16_t)(last > first ? (int)high - 1 - (int)first : 0));
	buf_add_be16(b, minus && last > first ? SIGN_MINUS : 0);
	buf_add_be16(b, (uint16_t)scale);
	buf_add(b, digits.ptr + 2 * first, 2 * (last - first));
	buf_release(&digits);
	return true;
}

static int compare(struct sql_env *env, uint32_t type, struct sql_datum a, struct sql_datum b)
{
	(void)env, (void)type;
	return numeric_compare_stored(a.s, b.s);
}

const struct type_ops type_numeric_rows[] = {
	{ T_NUMERIC, "numeric", in, out, recv, send, compare, "pg_numeric" },
	{ 0 },
};

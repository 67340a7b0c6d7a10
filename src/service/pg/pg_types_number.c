/*
 * Numbers: int2, int4, int8, oid, float4, float8 and numeric, between text and
 * binary. Numeric travels as base-10000 digits with a weight and a scale
 * (numeric_send in PostgreSQL's numeric.c).
 */
#include <math.h>

#include "service/pg/pg_types.h"

static size_t int_size(uint32_t oid)
{
	return oid == 21 ? 2 : oid == 20 ? 8 : 4;
}

bool pg_recv_int(const struct pg_type *t, struct slice binary, struct buf *text)
{
	uint64_t v = 0;

	if (binary.len != int_size(t->oid))
		return false;
	for (size_t i = 0; i < binary.len; i++)
		v = v << 8 | (unsigned char)binary.ptr[i];
	if (t->oid == 26)
		buf_add_u64(text, v);
	else if (binary.len == 2)
		buf_add_i64(text, (int16_t)v);
	else if (binary.len == 4)
		buf_add_i64(text, (int32_t)v);
	else
		buf_add_i64(text, (int64_t)v);
	return true;
}

bool pg_send_int(const struct pg_type *t, struct slice text, struct buf *binary)
{
	struct slice s = slice_trim(text);
	int64_t v;

	if (s.len > 1 && s.ptr[0] == '+' && s.ptr[1] != '-')
		s = slice_skip(s, 1);
	if (!slice_to_i64(s, &v))
		return false;
	if (t->oid == 21) {
		if (v < INT16_MIN || v > INT16_MAX)
			return false;
		buf_add_be16(binary, (uint16_t)v);
	} else if (t->oid == 26) {
		/* oidin takes a negative number as PostgreSQL always did */
		if (v < INT32_MIN || v > UINT32_MAX)
			return false;
		buf_add_be32(binary, (uint32_t)v);
	} else if (t->oid == 23) {
		if (v < INT32_MIN || v > INT32_MAX)
			return false;
		buf_add_be32(binary, (uint32_t)v);
	} else {
		buf_add_be64(binary, (uint64_t)v);
	}
	return true;
}

/* The shortest digits that read back as the same number, as "d.dddde+xx". */
static void shortest(char *digits, size_t size, double v, bool single)
{
	for (int precision = 0; precision < (single ? 9 : 17); precision++) {
		snprintf(digits, size, "%.*e", precision, v);
		if (single ? strtof(digits, NULL) == (float)v : strtod(digits, NULL) == v)
			return;
	}
}

/*
 * PostgreSQL writes plain notation for exponents from -4 up to 14 (float4: 5)
 * and scientific beyond; C's %g would decide by the number of digits.
 */
void pg_print_float(struct buf *out, double v, bool single)
{
	char digits[40];
	const char *p = digits;

	if (isnan(v) || isinf(v)) {
		buf_add_str(out, isnan(v) ? "NaN" : v < 0 ? "-Infinity" : "Infinity");
		return;
	}
	shortest(digits, sizeof(digits), v, single);
	if (*p == '-')
		buf_add_char(out, *p++);
	const char *e = strchr(p, 'e');
	int exponent = (int)strtol(e + 1, NULL, 10);

	if (exponent < -4 || exponent >= (single ? 6 : 15)) {
		buf_add_str(out, p);
		return;
	}
	char plain[20]; /* the digits without the point: at most 17 */
	size_t count = 0;
	for (const char *q = p; q < e; q++)
		if (*q != '.')
			plain[count++] = *q;
	if (exponent < 0) {
		buf_add_str(out, "0.");
		for (int i = -1; i > exponent; i--)
			buf_add_char(out, '0');
		buf_add(out, plain, count);
		return;
	}
	for (size_t i = 0; i < count || i <= (size_t)exponent; i++) {
		if (i == (size_t)exponent + 1)
			buf_add_char(out, '.');
		buf_add_char(out, i < count ? plain[i] : '0');
	}
}

bool pg_recv_float(const struct pg_type *t, struct slice binary, struct buf *text)
{
	uint64_t bits = 0;

	if (binary.len != (t->oid == 700 ? 4 : 8))
		return false;
	for (size_t i = 0; i < binary.len; i++)
		bits = bits << 8 | (unsigned char)binary.ptr[i];
	if (t->oid == 700) {
		uint32_t half = (uint32_t)bits;
		float f;

		memcpy(&f, &half, sizeof(f));
		pg_print_float(text, (double)f, true);
	} else {
		double d;

		memcpy(&d, &bits, sizeof(d));
		pg_print_float(text, d, false);
	}
	return true;
}

bool pg_send_float(const struct pg_type *t, struct slice text, struct buf *binary)
{
	char word[400], *end;
	struct slice s = slice_trim(text);

	/* No hexadecimal, no "nan(...)": what strtod takes and PostgreSQL's users never write. */
	if (!s.len || s.len >= sizeof(word) || memchr(s.ptr, 'x', s.len) || memchr(s.ptr, 'X', s.len) ||
	    memchr(s.ptr, '(', s.len) || memchr(s.ptr, '\0', s.len))
		return false;
	memcpy(word, s.ptr, s.len);
	word[s.len] = '\0';
	double d = strtod(word, &end);
	if (*end)
		return false;
	bool named = strchr("iInN", word[word[0] == '-' || word[0] == '+']) != NULL;
	if (t->oid == 700) {
		float f = (float)d;
		uint32_t bits;

		if (isinf(f) && !named)
			return false;
		memcpy(&bits, &f, sizeof(bits));
		buf_add_be32(binary, bits);
	} else {
		uint64_t bits;

		if (isinf(d) && !named)
			return false;
		memcpy(&bits, &d, sizeof(bits));
		buf_add_be64(binary, bits);
	}
	return true;
}

/* ---- numeric ---- */

#define NUMERIC_NEG 0x4000
#define NUMERIC_NAN 0xC000
#define NUMERIC_PINF 0xD000
#define NUMERIC_NINF 0xF000
#define NUMERIC_DIGITS_MAX (131072 + 16384) /* decimal: before and after the point, manual 8.1.2 */

static int be16(struct slice s, size_t i)
{
	return (unsigned char)s.ptr[2 * i] << 8 | (unsigned char)s.ptr[2 * i + 1];
}

bool pg_recv_numeric(const struct pg_type *t, struct slice binary, struct buf *text)
{
	(void)t;
	if (binary.len < 8)
		return false;
	int ndigits = be16(binary, 0), weight = (int16_t)be16(binary, 1), sign = be16(binary, 2), scale = be16(binary, 3);

	if (binary.len != 8 + 2 * (size_t)ndigits || scale > 16383)
		return false;
	for (int i = 0; i < ndigits; i++)
		if (be16(binary, 4 + (size_t)i) > 9999)
			return false;
	if (sign == NUMERIC_NAN || sign == NUMERIC_PINF || sign == NUMERIC_NINF) {
		buf_add_str(text, sign == NUMERIC_NAN ? "NaN" : sign == NUMERIC_PINF ? "Infinity" : "-Infinity");
		return true;
	}
	if (sign != 0 && sign != NUMERIC_NEG)
		return false;
	if (sign == NUMERIC_NEG && ndigits)
		buf_add_char(text, '-');
	if (weight < 0)
		buf_add_char(text, '0');
	for (int i = 0; i <= weight; i++)
		buf_addf(text, i ? "%04d" : "%d", i < ndigits ? be16(binary, 4 + (size_t)i) : 0);
	if (scale)
		buf_add_char(text, '.');
	for (int left = scale, i = weight + 1; left > 0; i++, left -= 4) {
		char group[8];

		snprintf(group, sizeof(group), "%04d", i >= 0 && i < ndigits ? be16(binary, 4 + (size_t)i) : 0);
		buf_add(text, group, left < 4 ? (size_t)left : 4);
	}
	return true;
}

/* The parts of "-12.5e3": digits before and after the point, and the exponent. */
struct decimal {
	bool negative;
	struct slice whole, part;
	int64_t exponent;
};

static struct slice take_digits(struct slice *s)
{
	size_t n = 0;

	while (n < s->len && s->ptr[n] >= '0' && s->ptr[n] <= '9')
		n++;
	struct slice digits = slice_take(*s, n);
	*s = slice_skip(*s, n);
	return digits;
}

static bool read_decimal(struct slice s, struct decimal *d)
{
	*d = (struct decimal){ 0 };
	if (s.len && (s.ptr[0] == '-' || s.ptr[0] == '+')) {
		d->negative = s.ptr[0] == '-';
		s = slice_skip(s, 1);
	}
	d->whole = take_digits(&s);
	if (s.len && s.ptr[0] == '.') {
		s = slice_skip(s, 1);
		d->part = take_digits(&s);
	}
	if (!d->whole.len && !d->part.len)
		return false;
	if (s.len && (s.ptr[0] | 0x20) == 'e') {
		s = slice_skip(s, 1);
		if (s.len > 1 && s.ptr[0] == '+' && s.ptr[1] != '-')
			s = slice_skip(s, 1);
		if (!slice_to_i64(s, &d->exponent) || d->exponent > 200000 || d->exponent < -200000)
			return false;
		s = SLICE_NONE;
	}
	return !s.len;
}

/* Decimal digit number `i` counted from the point, 0 the one before it, -1 the
 * one after it, with the exponent applied. */
static int digit_at(const struct decimal *d, int64_t i)
{
	int64_t at = (int64_t)d->whole.len - 1 - (i - d->exponent);

	if (at < 0 || at >= (int64_t)(d->whole.len + d->part.len))
		return 0;
	return (at < (int64_t)d->whole.len ? d->whole.ptr[at] : d->part.ptr[at - (int64_t)d->whole.len]) - '0';
}

static int group_at(const struct decimal *d, int64_t group)
{
	return digit_at(d, group * 4 + 3) * 1000 + digit_at(d, group * 4 + 2) * 100 + digit_at(d, group * 4 + 1) * 10 +
	       digit_at(d, group * 4);
}

static bool send_special(struct slice s, struct buf *binary)
{
	int sign;

	if (slice_eq_nocase_str(s, "nan"))
		sign = NUMERIC_NAN;
	else if (slice_eq_nocase_str(s, "inf") || slice_eq_nocase_str(s, "infinity") ||
		 slice_eq_nocase_str(s, "+inf") || slice_eq_nocase_str(s, "+infinity"))
		sign = NUMERIC_PINF;
	else if (slice_eq_nocase_str(s, "-inf") || slice_eq_nocase_str(s, "-infinity"))
		sign = NUMERIC_NINF;
	else
		return false;
	buf_add_be16(binary, 0);
	buf_add_be16(binary, 0);
	buf_add_be16(binary, (uint16_t)sign);
	/* PostgreSQL sends a scale of 32 with infinities: bits of their header read as one */
	buf_add_be16(binary, sign == NUMERIC_NAN ? 0 : 32);
	return true;
}

bool pg_send_numeric(const struct pg_type *t, struct slice text, struct buf *binary)
{
	struct slice s = slice_trim(text);
	struct decimal d;

	(void)t;
	if (send_special(s, binary))
		return true;
	if (!read_decimal(s, &d))
		return false;
	int64_t scale = (int64_t)d.part.len - d.exponent;
	int64_t top = (int64_t)d.whole.len + d.exponent - 1; /* highest decimal place */
	if (scale < 0)
		scale = 0;
	if (scale > 16383 || top >= NUMERIC_DIGITS_MAX)
		return false;
	int64_t first = top >= 0 ? top / 4 : -((-top + 3) / 4), last = -((scale + 3) / 4);
	while (first >= last && !group_at(&d, first))
		first--;
	while (last <= first && !group_at(&d, last))
		last++;
	int64_t count = first >= last ? first - last + 1 : 0;
	buf_add_be16(binary, (uint16_t)count);
	buf_add_be16(binary, (uint16_t)(count ? first : 0));
	buf_add_be16(binary, d.negative && count ? NUMERIC_NEG : 0);
	buf_add_be16(binary, (uint16_t)scale);
	for (int64_t i = first; count && i >= last; i--)
		buf_add_be16(binary, (uint16_t)group_at(&d, i));
	return true;
}

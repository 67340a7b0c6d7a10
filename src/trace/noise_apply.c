/*
 * noise_apply: the normal forms of leaves.
 */
#include "trace/noise_model.h"
#include "trace/noise.h"

#include <math.h>
#include <stdlib.h>

#include "trace/jscan.h"

#define MATCH_LIMIT 1000000 /* steps of PCRE2 for one leaf */
#define TEXT_MAX ((size_t)1 << 32)

pcre2_match_context *noise_limits(void)
{
	static pcre2_match_context *limits;

	if (!limits) {
		limits = pcre2_match_context_create(NULL);
		if (!limits)
			abort();
		pcre2_set_match_limit(limits, MATCH_LIMIT);
	}
	return limits;
}

/* ---- numbers ----------------------------------------------------------------- */

/* [-]digits[.digits] without exponent: what is left of a decimal is exact. */
static bool decimal(struct slice s, struct slice *whole, struct slice *fraction, bool *minus)
{
	*minus = s.len && s.ptr[0] == '-';
	if (s.len && (s.ptr[0] == '-' || s.ptr[0] == '+'))
		s = slice_skip(s, 1);
	*whole = slice_take(s, slice_find(s, '.'));
	*fraction = slice_skip(s, whole->len + 1);
	for (size_t i = 0; i < s.len; i++)
		if ((s.ptr[i] < '0' || s.ptr[i] > '9') && i != whole->len)
			return false;
	return whole->len || fraction->len;
}

/* Rounds half up, in decimal: 0.125 to two digits is 0.13 as on paper. */
static void round_digits(struct buf *digits, size_t keep)
{
	bool up = digits->ptr[keep] >= '5';

	buf_cut(digits, keep);
	for (size_t i = keep; up && i-- > 0;) {
		up = digits->ptr[i] == '9';
		digits->ptr[i] = up ? '0' : (char)(digits->ptr[i] + 1);
	}
}

static bool number(const struct noise_rule *r, struct slice s, struct buf *out)
{
	struct slice whole, fraction;
	struct buf digits;
	bool minus;
	char text[64];
	double v;
	char *end;

	if (!decimal(s, &whole, &fraction, &minus)) {
		buf_init(&digits, 4096);
		buf_add_slice(&digits, s);
		v = strtod(digits.ptr, &end);
		bool ok = s.len && !*end && isfinite(v);
		if (ok)
			buf_addf(out, "%.*s", snprintf(text, sizeof(text), "%.15g", r->digits < 0 ? v : round(v * pow(10, r->digits)) / pow(10, r->digits)), text);
		buf_release(&digits);
		return ok;
	}
	buf_init(&digits, TEXT_MAX);
	buf_add_char(&digits, '0'); /* for a carry */
	buf_add_slice(&digits, whole);
	buf_add_slice(&digits, fraction);
	size_t point = 1 + whole.len;
	if (r->digits >= 0 && point + (size_t)r->digits < digits.len)
		round_digits(&digits, point + (size_t)r->digits);
	size_t from = 0, to = digits.len;
	while (from + 1 < point && digits.ptr[from] == '0')
		from++;
	while (to > point && digits.ptr[to - 1] == '0')
		to--;
	bool zero = to == point && from + 1 == point && digits.ptr[from] == '0';
	if (minus && !zero)
		buf_add_char(out, '-');
	buf_add(out, digits.ptr + from, point - from);
	if (to > point) {
		buf_add_char(out, '.');
		buf_add(out, digits.ptr + point, to - point);
	}
	buf_release(&digits);
	return true;
}

static bool to_double(struct slice s, double *v)
{
	char text[128], *end;

	if (s.len >= 2 && s.ptr[0] == '"')
		s = slice_of(s.ptr + 1, s.len - 2);
	if (!s.len || s.len >= sizeof(text))
		return false;
	memcpy(text, s.ptr, s.len);
	text[s.len] = '\0';
	*v = strtod(text, &end);
	return !*end && isfinite(*v);
}

bool noise_near(const struct noise_rule *r, struct slice a, struct slice b)
{
	double x, y;

	if (!to_double(a, &x) || !to_double(b, &y))
		return false;
	/* A last place more: 0.1 + 0.2 is 0.3 within 0. */
	double room = r->relative ? r->tolerance * fmax(fabs(x), fabs(y)) : r->tolerance;
	return fabs(x - y) <= room + fmax(fabs(x), fabs(y)) * 1e-15;
}

/* ---- text -------------------------------------------------------------------- */

static void space(struct slice s, struct buf *out)
{
	size_t from = out->len;
	bool gap = false;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
			gap = true;
			continue;
		}
		if (gap && out->len > from)
			buf_add_char(out, ' ');
		gap = false;
		buf_add_char(out, c);
	}
}

static void replace(const struct noise_rule *r, struct slice s, struct buf *out)
{
	pcre2_match_data *m = pcre2_match_data_create_from_pattern(r->pattern, NULL);
	PCRE2_SIZE room = s.len * 2 + 256, len = room;
	char *text = malloc(room);
	uint32_t flags = PCRE2_SUBSTITUTE_GLOBAL | PCRE2_SUBSTITUTE_OVERFLOW_LENGTH | PCRE2_SUBSTITUTE_UNSET_EMPTY;

	for (int again = 0; m && text && again < 2; again++) {
		int rc = pcre2_substitute(r->pattern, (PCRE2_SPTR)s.ptr, s.len, 0, flags, m, noise_limits(), (PCRE2_SPTR)r->with,
					  PCRE2_ZERO_TERMINATED, (PCRE2_UCHAR *)text, &len);
		if (rc == PCRE2_ERROR_NOMEMORY) {
			char *more = realloc(text, len);
			text = more ? more : text;
			continue;
		}
		if (rc >= 0)
			buf_add(out, text, len);
		else
			buf_add_slice(out, s);
		break;
	}
	free(text);
	pcre2_match_data_free(m);
}

void noise_apply(const struct noise_rule *r, struct slice value, struct buf *out)
{
	struct buf plain, form;
	bool string = value.ptr[0] == '"';

	buf_init(&plain, TEXT_MAX);
	buf_init(&form, TEXT_MAX);
	struct slice text = string ? jscan_plain(value, &plain) : value;
	switch (r->act) {
	case NOISE_NUMBER:
		if (!number(r, text, &form))
			buf_add_slice(&form, text);
		else
			string = false;
		break;
	case NOISE_LOWER:
		for (size_t i = 0; i < text.len; i++)
			buf_add_char(&form, text.ptr[i] >= 'A' && text.ptr[i] <= 'Z' ? (char)(text.ptr[i] | 0x20) : text.ptr[i]);
		break;
	case NOISE_SPACE:
		space(text, &form);
		break;
	case NOISE_REPLACE:
		replace(r, text, &form);
		string = true;
		break;
	default:
		buf_add_slice(&form, text);
		break;
	}
	if (string)
		jscan_add_string(out, buf_slice(&form));
	else
		buf_add_slice(out, buf_slice(&form));
	buf_release(&plain);
	buf_release(&form);
}

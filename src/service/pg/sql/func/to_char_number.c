/*
 * to_char of numbers: templates as PostgreSQL's formatting.c has them (its NUM
 * part), with lc_numeric and lc_monetary C.
 */
#include <ctype.h>
#include <math.h>

#include "service/pg/sql/func/number_format.h"
#include "service/pg/sql/type/numeric.h"

/* What is being written (NUMProc). */
struct writer {
	struct number_format *f;
	struct buf *b;
	const char *number, *p, *last;
	char sign;
	bool sign_wrote, in;
	int spaces, count, at;
};

static bool predec_space(const struct writer *w)
{
	return !w->f->zero && w->p == w->number && *w->number == '0' && w->f->post;
}

/* A digit or the point (NUM_numpart_to_char). */
static void part(struct writer *w, enum key key)
{
	struct number_format *f = w->f;

	if (f->roman)
		return;
	w->in = false;
	if (!w->sign_wrote && (w->at >= w->spaces || (f->zero && f->zero_start == w->at)) && (!predec_space(w) || (w->last && *w->last == '.'))) {
		if (f->lsign) {
			if (f->lsign == SIGN_PRE) {
				buf_add_char(w->b, w->sign);
				w->sign_wrote = true;
			}
		} else if (f->bracket) {
			buf_add_char(w->b, w->sign == '+' ? ' ' : '<');
			w->sign_wrote = true;
		} else if (w->sign == '+') {
			if (!f->fill)
				buf_add_char(w->b, ' ');
			w->sign_wrote = true;
		} else {
			buf_add_char(w->b, '-');
			w->sign_wrote = true;
		}
	}
	if (w->at < w->spaces && (f->zero_start > w->at || !f->zero)) {
		if (!f->fill)
			buf_add_char(w->b, ' ');
	} else if (f->zero && w->at < w->spaces && f->zero_start <= w->at) {
		buf_add_char(w->b, '0');
		w->in = true;
	} else {
		if (*w->p == '.') {
			if (!w->last || *w->last != '.' || f->fill)
				buf_add_char(w->b, '.');
		} else if (w->last && w->p > w->last && key != K_0) {
			/* a zero behind what matters */
		} else if (predec_space(w)) {
			if (!f->fill)
				buf_add_char(w->b, ' ');
			else if (w->last && *w->last == '.')
				buf_add_char(w->b, '0');
		} else if (*w->p) {
			buf_add_char(w->b, *w->p);
			w->in = true;
		}
		if (*w->p)
			w->p++;
	}
	int end = w->count + (w->spaces ? 1 : 0) + (f->decimal ? 1 : 0);
	if (w->last && w->last == w->p)
		end = w->at;
	if (w->at + 1 == end) {
		if (w->sign_wrote && f->bracket)
			buf_add_char(w->b, w->sign == '+' ? ' ' : '>');
		else if (f->lsign == SIGN_POST)
			buf_add_char(w->b, w->sign);
	}
	w->at++;
}

static void ordinal(struct buf *b, const char *number, bool upper)
{
	static const char *const ends[] = { "th", "st", "nd", "rd" };
	size_t n = strlen(number);
	char last = n ? number[n - 1] : '0', before = n > 1 ? number[n - 2] : 0;
	const char *e = ends[before != '1' && last >= '1' && last <= '3' ? last - '0' : 0];

	for (; *e; e++)
		buf_add_char(b, upper ? (char)toupper((unsigned char)*e) : *e);
}

/* `number`: digits without a sign. */
static void write(sqlite3_context *ctx, struct number_format *f, const char *number, char sign, int spaces)
{
	struct buf b;
	struct writer w = { .f = f, .b = &b, .number = number, .p = number, .sign = sign };

	buf_init(&b, BUF_MAX);
	if (f->eeee) {
		buf_add_str(&b, number);
		result_buf(ctx, &b);
		return;
	}
	if (f->roman) {
		bool fill = f->fill;
		struct number_node *nodes = f->nodes;
		size_t count = f->count;
		*f = (struct number_format){ .nodes = nodes, .count = count, .fill = fill, .roman = true };
		spaces = 0;
		w.sign = 0;
	}
	if (f->plus || f->minus) {
		w.sign_wrote = !(f->plus && !f->minus);
	} else {
		if (w.sign != '-' && f->bracket && f->fill)
			f->bracket = false;
		w.sign_wrote = w.sign == '+' && f->fill && !f->lsign;
		if (f->lsign == SIGN_PRE && f->pre == f->pre_lsign)
			f->lsign = SIGN_POST;
	}
	w.count = f->post + f->pre - 1;
	f->zero_start -= f->zero_start > 0; /* from 0, as `at` */
	w.spaces = spaces;
	if (f->fill && f->decimal) {
		const char *point = strchr(number, '.');
		if (point) {
			w.last = point;
			for (const char *q = point + 1; *q; q++)
				if (*q != '0')
					w.last = q;
			if (f->zero_end > spaces) {
				int most = (int)strlen(number) - 1, at = f->zero_end - spaces;
				const char *zero = number + (at < most ? at : most);
				if (w.last < zero)
					w.last = zero;
			}
		}
	}
	if (!w.sign_wrote && !w.spaces)
		w.count++;
	for (size_t i = 0; i < f->count; i++) {
		switch (f->nodes[i].key) {
		case K_NONE: buf_add_char(&b, f->nodes[i].c); break;
		case K_9: case K_0: case K_D: case K_POINT: part(&w, f->nodes[i].key); break;
		case K_COMMA: case K_G:
			if (w.in)
				buf_add_char(&b, ',');
			else if (!f->fill)
				buf_add_char(&b, ' ');
			break;
		case K_L: buf_add_char(&b, ' '); break;
		case K_RN: case K_rn: {
			char text[64];
			snprintf(text, sizeof(text), f->fill ? "%s" : "%15s", w.p);
			for (char *t = text; *t; t++)
				buf_add_char(&b, f->nodes[i].key == K_rn ? (char)tolower((unsigned char)*t) : *t);
			break;
		}
		case K_TH: case K_th:
			if (!f->roman && !f->decimal && w.sign != '-' && isalpha((unsigned char)*number)) {
				sql_raise(ctx, "22P02", "\"%s\" is not a number", number);
				buf_release(&b);
				return;
			}
			if (!f->roman && *number != '#' && w.sign != '-' && !f->decimal)
				ordinal(&b, number, f->nodes[i].key == K_TH);
			break;
		case K_MI:
			if (w.sign == '-')
				buf_add_char(&b, '-');
			else if (!f->fill)
				buf_add_char(&b, ' ');
			break;
		case K_PL:
			if (w.sign == '+')
				buf_add_char(&b, '+');
			else if (!f->fill)
				buf_add_char(&b, ' ');
			break;
		case K_SG: buf_add_char(&b, w.sign); break;
		default: break;
		}
	}
	result_buf(ctx, &b);
}

static void roman(int64_t v, char *out, size_t size)
{
	static const struct {
		int value;
		const char *text;
	} parts[] = { { 1000, "M" }, { 900, "CM" }, { 500, "D" }, { 400, "CD" }, { 100, "C" }, { 90, "XC" }, { 50, "L" }, { 40, "XL" }, { 10, "X" },
		      { 9, "IX" }, { 5, "V" }, { 4, "IV" }, { 1, "I" } };
	size_t n = 0;

	if (v > 3999 || v < 1) {
		snprintf(out, size, "%s", "###############");
		return;
	}
	out[0] = 0;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		for (; v >= parts[i].value; v -= parts[i].value)
			n += (size_t)snprintf(out + n, size - n, "%s", parts[i].text);
}

static void hashes(struct arena *a, const struct number_format *f, char **out)
{
	int n = f->pre + f->post + 1;

	*out = arena_alloc(a, (size_t)n + 1);
	memset(*out, '#', (size_t)n);
	(*out)[n] = 0;
	(*out)[f->pre] = '.';
}

/* The number, rounded to the template's digits, is text by now. */
static void write_text(sqlite3_context *ctx, struct arena *a, struct number_format *f, char *text)
{
	char sign = '+', *number = text;
	int spaces = 0;

	if (*number == '-') {
		sign = '-';
		number++;
	}
	char *point = strchr(number, '.');
	int pre = point ? (int)(point - number) : (int)strlen(number);
	if (pre < f->pre)
		spaces = f->pre - pre;
	else if (pre > f->pre)
		hashes(a, f, &number);
	write(ctx, f, number, sign, spaces);
}

/* `bytes` of an integer, which a V must not make overflow; 0: numeric */
static void write_numeric(sqlite3_context *ctx, struct slice value, struct slice template, int bytes)
{
	struct arena *a = scratch(sql_env_of(ctx));
	struct number_format f;
	struct numeric n;
	struct buf b;
	char text[64];

	if (!template.len) {
		sqlite3_result_text(ctx, "", 0, SQLITE_STATIC);
		return;
	}
	if (!number_format_parse(ctx, a, template, &f))
		return;
	numeric_init(&n);
	numeric_load(&n, value);
	buf_init(&b, BUF_MAX);
	if (f.roman) {
		int64_t v;
		if (n.kind != NUMERIC_FINITE) {
			sql_raise(ctx, "0A000", "cannot convert %s to %s", n.kind == NUMERIC_NAN ? "NaN" : "infinity", "integer");
		} else if (!numeric_to_int64(&n, &v) || v > INT32_MAX || v < INT32_MIN) {
			sql_raise(ctx, "22003", "integer out of range");
		} else {
			roman(v, text, sizeof(text));
			write(ctx, &f, text, 0, 0);
		}
	} else if (f.eeee) {
		if (n.kind != NUMERIC_FINITE) {
			size_t len = (size_t)(f.pre + f.post + 6);
			buf_add_char(&b, ' ');
			for (size_t i = 1; i < len; i++)
				buf_add_char(&b, '#');
			if ((size_t)f.pre + 1 < b.len)
				b.ptr[f.pre + 1] = '.';
		} else {
			/* d.ddde+xx of the exact number */
			struct buf digits;
			buf_init(&digits, BUF_MAX);
			numeric_print(&digits, &n);
			int exponent = 0;
			struct numeric r;
			numeric_init(&r);
			if (mpz_sgn(n.c)) {
				struct slice d = buf_slice(&digits);
				if (d.ptr[0] == '-')
					d = slice_skip(d, 1);
				size_t dot = slice_find(d, '.'), front = 0;
				while (front < d.len && (d.ptr[front] == '0' || d.ptr[front] == '.'))
					front++;
				exponent = front < dot ? (int)(dot - front) - 1 : -(int)(front - dot);
				numeric_copy(&r, &n);
				numeric_round_to(&r, f.post - exponent);
				mpz_abs(r.c, r.c);
				struct buf t;
				buf_init(&t, BUF_MAX);
				numeric_print(&t, &r);
				/* leading significant digits */
				struct buf sig;
				buf_init(&sig, BUF_MAX);
				for (size_t i = 0; i < t.len; i++)
					if (t.ptr[i] != '.' && (sig.len || t.ptr[i] != '0'))
						buf_add_char(&sig, t.ptr[i]);
				size_t point = slice_find(buf_slice(&t), '.'), lead = 0;
				while (lead < t.len && (t.ptr[lead] == '0' || t.ptr[lead] == '.'))
					lead++;
				exponent = lead < point ? (int)(point - lead) - 1 : -(int)(lead - point);
				buf_addf(&b, "%s%c", numeric_sign_of(&n) < 0 ? "-" : " ", sig.ptr[0]);
				if (f.post)
					buf_add_char(&b, '.');
				for (int i = 1; i <= f.post; i++)
					buf_add_char(&b, (size_t)i < sig.len ? sig.ptr[i] : '0');
				buf_release(&sig);
				buf_release(&t);
			} else {
				buf_addf(&b, " %.*f", f.post, 0.0);
			}
			buf_addf(&b, "e%c%02d", exponent < 0 ? '-' : '+', abs(exponent));
			numeric_release(&r);
			buf_release(&digits);
		}
		write(ctx, &f, b.ptr, 0, 0);
	} else {
		if (f.v) {
			struct numeric ten;
			numeric_init(&ten);
			mpz_ui_pow_ui(ten.c, 10, (unsigned long)f.multi);
			if (n.kind == NUMERIC_FINITE)
				mpz_mul(n.c, n.c, ten.c);
			numeric_release(&ten);
			f.pre += f.multi;
			if (bytes && (!mpz_fits_slong_p(n.c) || (bytes == 4 && !mpz_fits_sint_p(n.c)))) {
				sql_raise(ctx, "22003", bytes == 4 ? "integer out of range" : "bigint out of range");
				buf_release(&b);
				numeric_release(&n);
				return;
			}
		}
		if (n.kind == NUMERIC_FINITE)
			numeric_round_to(&n, f.post);
		numeric_print(&b, &n);
		write_text(ctx, a, &f, arena_str(a, b.ptr));
	}
	buf_release(&b);
	numeric_release(&n);
}

STRICT(int4_to_char) { write_numeric(ctx, arg_text(argv[0]), arg_text(argv[1]), 4); }
STRICT(int8_to_char) { write_numeric(ctx, arg_text(argv[0]), arg_text(argv[1]), 8); }
STRICT(numeric_to_char) { write_numeric(ctx, arg_text(argv[0]), arg_text(argv[1]), 0); }

static void write_float(sqlite3_context *ctx, double v, struct slice template, int digits)
{
	struct arena *a = scratch(sql_env_of(ctx));
	struct number_format f;
	char text[512];

	if (!template.len) {
		sqlite3_result_text(ctx, "", 0, SQLITE_STATIC);
		return;
	}
	if (!number_format_parse(ctx, a, template, &f))
		return;
	if (f.roman) {
		double r = rint(v);
		roman(isnan(r) || fabs(r) > 1e9 ? 0 : (int64_t)r, text, sizeof(text));
		write(ctx, &f, text, 0, 0);
		return;
	}
	if (f.eeee) {
		if (isnan(v) || isinf(v)) {
			size_t len = (size_t)(f.pre + f.post + 6);
			memset(text, '#', len);
			text[len] = 0;
			text[0] = ' ';
			text[f.pre + 1] = '.';
		} else {
			snprintf(text, sizeof(text), "%s%.*e", v < 0 || (v == 0 && signbit(v)) ? "" : " ", f.post, v);
		}
		write(ctx, &f, text, 0, 0);
		return;
	}
	if (f.v) {
		v *= pow(10, f.multi);
		f.pre += f.multi;
	}
	if (isnan(v) || isinf(v)) {
		snprintf(text, sizeof(text), "%s", isnan(v) ? "NaN" : v < 0 ? "-Infinity" : "Infinity");
		int pre = isnan(v) ? 3 : 8;
		f.post = pre >= digits ? 0 : pre + f.post > digits ? digits - pre : f.post;
	} else {
		int pre = snprintf(text, sizeof(text), "%.0f", fabs(v));
		if (pre >= digits)
			f.post = 0;
		else if (pre + f.post > digits)
			f.post = digits - pre;
		snprintf(text, sizeof(text), "%.*f", f.post, v);
	}
	write_text(ctx, a, &f, text);
}

STRICT(float4_to_char) { write_float(ctx, arg_double(argv[0]), arg_text(argv[1]), 6); }
STRICT(float8_to_char) { write_float(ctx, arg_double(argv[0]), arg_text(argv[1]), 15); }

const struct func_row func_to_char_number_rows[] = {
	CALL("int4_to_char", int4_to_char, 2), CALL("int8_to_char", int8_to_char, 2), CALL("numeric_to_char", numeric_to_char, 2),
	CALL("float4_to_char", float4_to_char, 2), CALL("float8_to_char", float8_to_char, 2),
	END_OF_ROWS
};

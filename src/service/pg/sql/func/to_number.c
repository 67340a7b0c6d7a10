/*
 * to_number: a text read by a template. The text is gone through piece by piece of
 * the template; digits, a point and a sign are gathered, the rest is passed over.
 *
 * Source: the reading half of NUM_processor in formatting.c, PostgreSQL 15, with
 * lc_numeric and lc_monetary C.
 */
#include <ctype.h>
#include <stdlib.h>

#include "service/pg/sql/func/number_format.h"
#include "service/pg/sql/type/numeric.h"

struct reader {
	const struct number_format *f;
	struct slice text;
	size_t at;
	char *digits;           /* with the point */
	size_t n;
	char sign;              /* ' ': none yet */
	bool decimal;           /* the point was read */
	int pre, post;
};

static bool over(const struct reader *r)
{
	return r->at >= r->text.len;
}

static char here(const struct reader *r)
{
	return over(r) ? '\0' : r->text.ptr[r->at];
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void skip_char(struct reader *r)
{
	r->at++;
	while (!over(r) && ((unsigned char)here(r) & 0xc0) == 0x80)
		r->at++;
}

/* Passes over at most n characters that cannot belong to the number. */
static void skip_other(struct reader *r, int n)
{
	while (n-- > 0 && !over(r) && !strchr("0123456789.,+-", here(r)))
		skip_char(r);
}

/* A sign before the number. */
static void leading_sign(struct reader *r, enum key key)
{
	const struct number_format *f = r->f;
	char c = here(r);

	if (r->sign != ' ' || (key != K_0 && key != K_9) || r->pre + r->post)
		return;
	if (f->lsign == SIGN_PRE ? c == '-' : c == '-' || (f->bracket && c == '<'))
		r->sign = '-', r->at++;
	else if (c == '+')
		r->sign = '+', r->at++;
}

/* 9, 0, D and the point (NUM_numpart_from_char). */
static void part(struct reader *r, enum key key)
{
	const struct number_format *f = r->f;
	bool read = false;

	if (here(r) == ' ')
		r->at++;
	if (over(r))
		return;
	leading_sign(r, key);
	if (over(r))
		return;
	if (is_digit(here(r))) {
		if (r->decimal && r->post == f->post)
			return;
		r->digits[r->n++] = here(r);
		if (r->decimal)
			r->post++;
		else
			r->pre++;
		read = true;
	} else if (f->decimal && !r->decimal && here(r) == '.') {
		r->digits[r->n++] = '.';
		r->decimal = read = true;
	}
	if (r->sign != ' ' || !(r->pre + r->post))
		return;
	/* a sign behind the number: S stands right after its last digit */
	if (f->lsign && read && r->at + 1 < r->text.len && !is_digit(r->text.ptr[r->at + 1])) {
		char c = r->text.ptr[r->at + 1];

		if (c == '-' || c == '+') {
			r->sign = c;
			r->at++;
		}
	} else if (!read && !f->lsign && (f->plus || f->minus) && (here(r) == '-' || here(r) == '+')) {
		r->sign = here(r);
	}
}

/* One piece of the template; false: the text does not move on by itself. */
static bool piece(struct reader *r, enum key key)
{
	const struct number_format *f = r->f;
	char c = here(r);

	switch (key) {
	case K_9: case K_0: case K_D: case K_POINT:
		part(r, key);
		return true;
	case K_COMMA:
	case K_G:
		return !f->fill && c == ',';
	case K_L:
		skip_other(r, 1);
		return false;
	case K_TH:
	case K_th:
		if (r->sign != '-' && !f->decimal)
			skip_other(r, 2);
		return false;
	case K_MI:
	case K_PL:
	case K_SG:
		if ((c == '-' && key != K_PL) || (c == '+' && key != K_MI)) {
			r->sign = c;
			return true;
		}
		skip_other(r, 1);
		return false;
	default:
		return false;
	}
}

STRICT(to_number)
{
	struct sql_env *env = sql_env_of(ctx);
	struct arena *a = scratch(env);
	struct slice template = arg_text(argv[1]);
	struct number_format f;
	struct numeric n;

	if (!template.len)
		return;
	if (!number_format_parse(ctx, a, template, &f))
		return;
	if (f.eeee || f.roman) {
		sql_raise(ctx, "0A000", f.eeee ? "\"EEEE\" not supported for input" : "\"RN\" not supported for input");
		return;
	}
	struct reader r = { .f = &f, .text = arg_text(argv[0]), .sign = ' ' };
	r.digits = arena_alloc(a, r.text.len + f.count + 2);
	for (size_t i = 0; i < f.count && !over(&r); i++) {
		const struct number_node *node = f.nodes + i;

		if (node->key == K_NONE) {
			if (((unsigned char)node->c & 0xc0) != 0x80)
				skip_char(&r);
		} else if (piece(&r, node->key)) {
			r.at++;
		}
	}
	if (r.n && r.digits[r.n - 1] == '.')
		r.n--;
	struct slice text = arena_printf(a, "%c%.*s", r.sign, (int)r.n, r.digits);
	int precision = f.pre + f.multi + r.post;
	numeric_init(&n);
	bool ok = numeric_parse(env, &n, text) && numeric_modify(env, &n, ((precision << 16) | r.post) + 4);
	if (ok && f.v) {
		/* V shifts the point: PostgreSQL multiplies by 10 ^ -multi, a number of 16 digits behind the point */
		struct numeric ten, power;

		numeric_init(&ten);
		numeric_init(&power);
		numeric_set_int(&ten, 1);
		numeric_set_int(&power, 1);
		for (int i = 0; i < f.multi; i++)
			mpz_mul_ui(power.c, power.c, 10);
		numeric_quotient(&ten, &ten, &power, f.multi > 16 ? f.multi : 16);
		ok = numeric_times(env, &n, &n, &ten);
		numeric_release(&ten);
		numeric_release(&power);
	}
	if (ok) {
		struct buf b;

		buf_init(&b, BUF_MAX);
		numeric_print(&b, &n);
		result_buf(ctx, &b);
	} else {
		result_raised(ctx);
	}
	numeric_release(&n);
}

const struct func_row func_to_number_rows[] = { CALL("numeric_to_number", to_number, 2), END_OF_ROWS };

/*
 * Aggregates of float4 and float8: sum, avg, variances, regression. A row that
 * leaves a window frame cannot be subtracted from a sum of floats without a
 * trace, so values are kept and the sums made again.
 */
#include <math.h>

#include "service/pg/sql/func/aggregate.h"

struct floats {
	double *v;              /* x, or y and x in turn */
	size_t head, count, cap;
	bool stale;             /* a value left: the sums do not hold */
	/* Youngs and Cramer, as float8_accum and float8_regr_accum */
	double n, sx, sxx, sy, syy, sxy;
	bool single;
};

static void accumulate(struct floats *s, double x)
{
	double before = s->n;

	s->n += 1;
	s->sx += x;
	if (before > 0) {
		double t = x * s->n - s->sx;
		s->sxx += t * t / (s->n * before);
		if (isinf(s->sxx) && !isinf(x))
			s->sxx = INFINITY;
		if (isnan(x) || isinf(x))
			s->sxx = NAN;
	} else if (isnan(x) || isinf(x)) {
		s->sxx = NAN;
	}
}

static void accumulate_pair(struct floats *s, double y, double x)
{
	double before = s->n;

	s->n += 1;
	s->sx += x;
	s->sy += y;
	if (before > 0) {
		double tx = x * s->n - s->sx, ty = y * s->n - s->sy, scale = 1 / (s->n * before);
		s->sxx += tx * tx * scale;
		s->syy += ty * ty * scale;
		s->sxy += tx * ty * scale;
	} else {
		if (isnan(x) || isinf(x))
			s->sxx = s->sxy = NAN;
		if (isnan(y) || isinf(y))
			s->syy = s->sxy = NAN;
	}
}

static bool keep(struct floats *s, double v)
{
	if (s->count == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 16;
		double *larger = realloc(s->v, cap * sizeof(*larger));
		if (!larger)
			return false;
		s->v = larger;
		s->cap = cap;
	}
	s->v[s->count++] = v;
	return true;
}

FUNC(one_step)
{
	struct floats *s;

	if (arg_null(argv[0]) || !(s = aggregate_state(ctx, sizeof(*s))))
		return;
	double x = arg_double(argv[0]);
	if (keep(s, x) && !s->stale)
		accumulate(s, x);
}

FUNC(one_inverse)
{
	struct floats *s;

	if (arg_null(argv[0]) || !(s = aggregate_state(ctx, sizeof(*s))))
		return;
	s->head++;
	s->stale = true;
}

FUNC(two_step)
{
	struct floats *s;

	if (arg_null(argv[0]) || arg_null(argv[1]) || !(s = aggregate_state(ctx, sizeof(*s))))
		return;
	double y = arg_double(argv[0]), x = arg_double(argv[1]);
	if (keep(s, y) && keep(s, x) && !s->stale)
		accumulate_pair(s, y, x);
}

FUNC(two_inverse)
{
	struct floats *s;

	if (arg_null(argv[0]) || arg_null(argv[1]) || !(s = aggregate_state(ctx, sizeof(*s))))
		return;
	s->head += 2;
	s->stale = true;
}

static struct floats *settled(sqlite3_context *ctx, bool pairs)
{
	struct floats *s = aggregate_state(ctx, 0);

	if (!s || !s->stale)
		return s;
	s->n = s->sx = s->sxx = s->sy = s->syy = s->sxy = 0;
	for (size_t i = s->head; i < s->count; i += pairs ? 2 : 1)
		if (pairs)
			accumulate_pair(s, s->v[i], s->v[i + 1]);
		else
			accumulate(s, s->v[i]);
	s->stale = s->head > 0; /* further steps are kept, not added: the head may move again */
	return s;
}

static void sum_value(sqlite3_context *ctx)
{
	struct floats *s = aggregate_state(ctx, 0);
	double sum = 0;

	if (!s || s->head == s->count)
		return;
	for (size_t i = s->head; i < s->count; i++) {
		bool infinite = isinf(sum) || isinf(s->v[i]);
		sum = i == s->head ? s->v[i] : sum + s->v[i];
		if (isinf(sum) && !infinite) {
			sql_raise(ctx, "22003", "value out of range: overflow");
			return;
		}
	}
	result_double(ctx, sum);
}

static void sum4_value(sqlite3_context *ctx)
{
	struct floats *s = aggregate_state(ctx, 0);
	float sum = 0;

	if (!s || s->head == s->count)
		return;
	for (size_t i = s->head; i < s->count; i++) {
		bool infinite = isinf(sum) || isinf(s->v[i]);
		sum = i == s->head ? (float)s->v[i] : sum + (float)s->v[i];
		if (isinf(sum) && !infinite) {
			sql_raise(ctx, "22003", "value out of range: overflow");
			return;
		}
	}
	result_double(ctx, (double)sum);
}

#define ONE(name, least, expr)                                                                     \
	static void name##_value(sqlite3_context *ctx)                                             \
	{                                                                                          \
		struct floats *s = settled(ctx, false);                                            \
		if (s && s->n >= (least))                                                          \
			result_double(ctx, expr);                                                  \
	}
ONE(avg, 1, s->sx / s->n)
ONE(var_pop, 1, s->sxx / s->n)
ONE(var_samp, 2, s->sxx / (s->n - 1))
ONE(stddev_pop, 1, sqrt(s->sxx / s->n))
ONE(stddev_samp, 2, sqrt(s->sxx / (s->n - 1)))

#define TWO(name, least, when, expr)                                                               \
	static void name##_value(sqlite3_context *ctx)                                             \
	{                                                                                          \
		struct floats *s = settled(ctx, true);                                             \
		if (s && s->n >= (least) && (when))                                                \
			result_double(ctx, expr);                                                  \
	}
TWO(regr_sxx, 1, true, s->sxx)
TWO(regr_syy, 1, true, s->syy)
TWO(regr_sxy, 1, true, s->sxy)
TWO(regr_avgx, 1, true, s->sx / s->n)
TWO(regr_avgy, 1, true, s->sy / s->n)
TWO(covar_pop, 1, true, s->sxy / s->n)
TWO(covar_samp, 2, true, s->sxy / (s->n - 1))
TWO(corr, 1, s->sxx != 0 && s->syy != 0, s->sxy / sqrt(s->sxx * s->syy))
TWO(regr_r2, 1, s->sxx != 0, s->syy == 0 ? 1.0 : (s->sxy * s->sxy) / (s->sxx * s->syy))
TWO(regr_slope, 1, s->sxx != 0, s->sxy / s->sxx)
TWO(regr_intercept, 1, s->sxx != 0, (s->sy - s->sx * s->sxy / s->sxx) / s->n)

static void regr_count_value(sqlite3_context *ctx)
{
	struct floats *s = settled(ctx, true);
	sqlite3_result_int64(ctx, s ? (int64_t)s->n : 0);
}

#define FINAL(name)                                                                                \
	static void name##_final(sqlite3_context *ctx)                                             \
	{                                                                                          \
		struct floats *s = aggregate_state(ctx, 0);                                        \
		name##_value(ctx);                                                                 \
		if (s) {                                                                           \
			free(s->v);                                                                \
			s->v = NULL;                                                               \
		}                                                                                  \
	}
FINAL(sum) FINAL(sum4) FINAL(avg) FINAL(var_pop) FINAL(var_samp) FINAL(stddev_pop) FINAL(stddev_samp)
FINAL(regr_sxx) FINAL(regr_syy) FINAL(regr_sxy) FINAL(regr_avgx) FINAL(regr_avgy) FINAL(covar_pop) FINAL(covar_samp) FINAL(corr)
FINAL(regr_r2) FINAL(regr_slope) FINAL(regr_intercept) FINAL(regr_count)

#define ROW1(key, name) WINDOW(key, "g_" #name "_float", 1, one_step, name##_final, name##_value, one_inverse)
#define ROW2(name) WINDOW(#name "(float8,float8)", "g_" #name, 2, two_step, name##_final, name##_value, two_inverse)
#define FLOATS(arg) \
	ROW1("avg(" arg ")", avg), ROW1("var_pop(" arg ")", var_pop), ROW1("var_samp(" arg ")", var_samp), ROW1("variance(" arg ")", var_samp), \
	ROW1("stddev_pop(" arg ")", stddev_pop), ROW1("stddev_samp(" arg ")", stddev_samp), ROW1("stddev(" arg ")", stddev_samp)

const struct func_row func_aggregate_float_rows[] = {
	ROW1("sum(float8)", sum), ROW1("sum(float4)", sum4), FLOATS("float4"), FLOATS("float8"),
	ROW2(regr_sxx), ROW2(regr_syy), ROW2(regr_sxy), ROW2(regr_avgx), ROW2(regr_avgy), ROW2(covar_pop), ROW2(covar_samp), ROW2(corr),
	ROW2(regr_r2), ROW2(regr_slope), ROW2(regr_intercept), ROW2(regr_count),
	END_OF_ROWS
};

/*
 * Aggregates that only exist WITHIN GROUP (ORDER BY ...): percentiles, mode and
 * the rank of a hypothetical row. They get all rows, sorted; direct arguments
 * are the same in each.
 *
 *	g_percentile_cont_by(1, fraction, key, how)
 *	g_rank_by(n, hypothetical key 1 .. n, key 1, how 1, ...)
 */
#include <math.h>

#include "service/pg/sql/func/aggregate.h"
#include "service/pg/sql/func/datetime_call.h"
#include "service/pg/sql/type/array.h"

/* Rows whose key is not NULL: NULLs are at one end. */
static size_t without_nulls(const struct sorted *s, const struct sorted_row **first)
{
	size_t from = 0, to = s->count;

	while (from < to && s->rows[from].keys[0].kind == SQL_NULL)
		from++;
	while (to > from && s->rows[to - 1].keys[0].kind == SQL_NULL)
		to--;
	*first = s->rows + from;
	return to - from;
}

static bool check_fraction(sqlite3_context *ctx, double f)
{
	if (f >= 0 && f <= 1)
		return true;
	sql_raise(ctx, "22003", "percentile value %g is not between 0 and 1", f);
	return false;
}

static struct sql_datum between(struct sql_env *env, struct arena *a, uint32_t type, struct sql_datum low, struct sql_datum high, double part)
{
	(void)env;
	if (type == T_INTERVAL) {
		struct interval x = interval_load(low.s), y = interval_load(high.s), d, r;
		struct buf b;
		interval_subtract(&d, &y, &x);
		interval_scale_by(&d, &d, part, false);
		interval_add(&r, &x, &d);
		buf_init(&b, 256);
		interval_print(&b, &r, INTERVAL_POSTGRES);
		return datum_text(arena_take(a, &b));
	}
	double x = datum_double(low), y = datum_double(high);
	return datum_real(x + part * (y - x));
}

static struct sql_datum percentile(struct sql_env *env, struct arena *a, uint32_t type, const struct sorted_row *rows, size_t n, double f, bool cont)
{
	if (!cont) {
		size_t at = (size_t)ceil(f * (double)n);
		return rows[at ? at - 1 : 0].keys[0];
	}
	double at = f * (double)(n - 1);
	size_t low = (size_t)floor(at), high = (size_t)ceil(at);
	if (low == high)
		return type == T_INTERVAL ? rows[low].keys[0] : datum_real(datum_double(rows[low].keys[0]));
	return between(env, a, type, rows[low].keys[0], rows[high].keys[0], at - (double)low);
}

static void percentiles(sqlite3_context *ctx, const struct sorted *s, bool cont)
{
	struct sql_env *env = sql_env_of(ctx);
	const struct sorted_row *rows;
	size_t n;
	struct arena *a;

	if (!s->count || arg_null(s->rows[0].args[s->nargs - 1]))
		return;
	sqlite3_value *direct = s->rows[0].args[s->nargs - 1];
	n = without_nulls(s, &rows);
	if (sqlite3_value_type(direct) != SQLITE_TEXT) {
		double f = arg_double(direct);
		if (check_fraction(ctx, f) && n) {
			a = scratch(env);
			sql_datum_result(ctx, percentile(env, a, s->key_types[0], rows, n, f, cont));
		}
		return;
	}
	struct array fractions;
	struct buf b;
	a = scratch(env);
	if (!array_load(env, a, T_FLOAT8, -1, arg_text(direct), &fractions)) {
		result_raised(ctx);
		return;
	}
	if (!n)
		return;
	for (size_t i = 0; i < fractions.count; i++) {
		if (fractions.items[i].kind == SQL_NULL)
			continue;
		double f = datum_double(fractions.items[i]);
		if (!check_fraction(ctx, f))
			return;
		fractions.items[i] = percentile(env, a, s->key_types[0], rows, n, f, cont);
	}
	fractions.element = cont && s->key_types[0] != T_INTERVAL ? T_FLOAT8 : s->key_types[0];
	buf_init(&b, BUF_MAX);
	array_print(env, &style_stored, &fractions, &b);
	result_buf(ctx, &b);
}

static void percentile_cont(sqlite3_context *ctx, const struct sorted *s) { percentiles(ctx, s, true); }
static void percentile_disc(sqlite3_context *ctx, const struct sorted *s) { percentiles(ctx, s, false); }

static void mode(sqlite3_context *ctx, const struct sorted *s)
{
	struct sql_env *env = sql_env_of(ctx);
	const struct sorted_row *rows;
	size_t n = without_nulls(s, &rows), best = 0, most = 0, from = 0;

	for (size_t i = 1; i <= n; i++)
		if (i == n || sql_type_compare(env, s->key_types[0], rows[i].keys[0], rows[from].keys[0]) != 0) {
			if (i - from > most) {
				most = i - from;
				best = from;
			}
			from = i;
		}
	if (n)
		sql_datum_result(ctx, rows[best].keys[0]);
}

/* How many rows come before the hypothetical one, and how many are equal to it; direct arguments
 * are the keys, in the order of the rows they would stand in. */
struct place {
	size_t before, distinct_before, equal;
};

static int compare_hypothetical(struct sql_env *env, const struct sorted *s, const struct sorted_row *r)
{
	for (int k = 0; k < s->nkeys && k < s->nargs; k++) {
		struct sql_datum mine = sql_datum_of(r->args[k]);
		bool nm = mine.kind == SQL_NULL, nr = r->keys[k].kind == SQL_NULL;
		int how = (int)s->how[k], c;
		if (nm || nr)
			c = how & 2 ? nm - nr : nr - nm;
		else {
			c = sql_type_compare(env, s->key_types[k], r->keys[k], mine);
			c = how & 1 ? -c : c;
		}
		if (c)
			return c;
	}
	return 0;
}

static struct place place_of(sqlite3_context *ctx, const struct sorted *s)
{
	struct sql_env *env = sql_env_of(ctx);
	struct place p = { 0 };

	for (size_t i = 0; i < s->count; i++) {
		int c = compare_hypothetical(env, s, &s->rows[i]);
		if (c < 0) {
			p.before++;
			bool same = i > 0;
			for (int k = 0; same && k < s->nkeys; k++)
				same = sql_type_compare(env, s->key_types[k], s->rows[i - 1].keys[k], s->rows[i].keys[k]) == 0;
			p.distinct_before += !same;
		} else if (c == 0) {
			p.equal++;
		}
	}
	return p;
}

static void rank(sqlite3_context *ctx, const struct sorted *s) { sqlite3_result_int64(ctx, (int64_t)place_of(ctx, s).before + 1); }
static void dense_rank(sqlite3_context *ctx, const struct sorted *s) { sqlite3_result_int64(ctx, (int64_t)place_of(ctx, s).distinct_before + 1); }

static void percent_rank(sqlite3_context *ctx, const struct sorted *s)
{
	sqlite3_result_double(ctx, s->count ? (double)place_of(ctx, s).before / (double)s->count : 0);
}

static void cume_dist(sqlite3_context *ctx, const struct sorted *s)
{
	struct place p = place_of(ctx, s);
	sqlite3_result_double(ctx, (double)(p.before + p.equal + 1) / (double)(s->count + 1));
}

#define SORTED(key_, name_) { .impl = { .key = key_, .form = SQL_FORM_AGGREGATE, .text = name_ } }

const struct func_row func_aggregate_sorted_rows[] = {
	SORTED("percentile_cont(float8,float8)", "g_percentile_cont"), SORTED("percentile_cont(float8,interval)", "g_percentile_cont"),
	SORTED("percentile_cont(_float8,float8)", "g_percentile_cont"), SORTED("percentile_cont(_float8,interval)", "g_percentile_cont"),
	SORTED("percentile_disc(float8,anyelement)", "g_percentile_disc"), SORTED("percentile_disc(_float8,anyelement)", "g_percentile_disc"),
	SORTED("mode(anyelement)", "g_mode"), SORTED("rank(any)", "g_rank"), SORTED("dense_rank(any)", "g_dense_rank"),
	SORTED("percent_rank(any)", "g_percent_rank"), SORTED("cume_dist(any)", "g_cume_dist"),
	END_OF_ROWS
};

sorted_fn *aggregate_sorted(const char *key)
{
	static const struct {
		const char *name;
		sorted_fn *f;
	} all[] = { { "percentile_cont(", percentile_cont }, { "percentile_disc(", percentile_disc }, { "mode(", mode }, { "rank(any", rank },
		    { "dense_rank(any", dense_rank }, { "percent_rank(any", percent_rank }, { "cume_dist(any", cume_dist } };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strncmp(key, all[i].name, strlen(all[i].name)) == 0)
			return all[i].f;
	return NULL;
}

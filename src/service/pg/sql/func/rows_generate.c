/*
 * generate_series and generate_subscripts.
 */
#include "service/pg/sql/func/call.h"
#include "service/pg/sql/func/datetime_call.h"
#include "service/pg/sql/func/rows.h"
#include "service/pg/sql/type/array.h"
#include "service/pg/sql/type/numeric.h"

static bool zero_step(struct sql_env *env)
{
	sql_raise_env(env, "22023", "step size cannot equal zero");
	return false;
}

static bool series(struct sql_env *env, struct row_set *rows, int argc, sqlite3_value **argv)
{
	if (argc < 2 || any_null(argc, argv))
		return true;
	int64_t from = arg_int(argv[0]), to = arg_int(argv[1]), step = argc > 2 ? arg_int(argv[2]) : 1;
	if (!step)
		return zero_step(env);
	if (step > 0 ? from > to : from < to)
		return true;
	uint64_t distance = step > 0 ? (uint64_t)to - (uint64_t)from : (uint64_t)from - (uint64_t)to;
	uint64_t by = step > 0 ? (uint64_t)step : 0 - (uint64_t)step;
	rows_series(rows, from, step, (size_t)(distance / by + 1));
	return true;
}

static bool numeric_series(struct sql_env *env, struct row_set *rows, int argc, sqlite3_value **argv)
{
	struct numeric v, to, step;
	struct buf b;
	bool ok = true;

	if (argc < 2 || any_null(argc, argv))
		return true;
	numeric_init(&v);
	numeric_init(&to);
	numeric_init(&step);
	numeric_load(&v, arg_text(argv[0]));
	numeric_load(&to, arg_text(argv[1]));
	if (argc > 2)
		numeric_load(&step, arg_text(argv[2]));
	else
		numeric_set_int(&step, 1);
	buf_init(&b, BUF_MAX);
	static const char *const names[] = { "start", "stop", "step" };
	const struct numeric *const all[] = { &v, &to, &step };
	for (int i = 0; i < 3 && ok; i++)
		if (all[i]->kind != NUMERIC_FINITE) {
			const char *what = i == 2 ? "step size" : names[i];
			sql_raise_env(env, "22023", i == 2 ? "%s cannot be %s" : "%s value cannot be %s", what, all[i]->kind == NUMERIC_NAN ? "NaN" : "infinity");
			ok = false;
		}
	int sign = numeric_sign_of(&step);
	if (ok && !sign)
		ok = zero_step(env);
	/* every row has the scale of start and step together */
	if (ok)
		numeric_widen(&v, step.scale);
	while (ok && numeric_compare(&v, &to) * sign <= 0) {
		buf_reset(&b);
		numeric_print(&b, &v);
		struct sql_datum d = datum_text(buf_slice(&b));
		rows_add(rows, &d);
		ok = numeric_plus(env, &v, &v, &step);
	}
	buf_release(&b);
	numeric_release(&v);
	numeric_release(&to);
	numeric_release(&step);
	return ok;
}

static bool stamp_series(struct sql_env *env, struct row_set *rows, int argc, sqlite3_value **argv, bool zoned)
{
	struct interval step, zero = { 0 };

	if (argc < 3 || any_null(argc, argv))
		return true;
	int64_t t = arg_int(argv[0]), to = arg_int(argv[1]);
	step = arg_interval(argv[2]);
	int sign = interval_compare(&step, &zero);
	if (!sign)
		return zero_step(env);
	const struct zone *zone = session_zone(env);
	while (sign > 0 ? t <= to : t >= to) {
		struct sql_datum d = datum_int(t);
		rows_add(rows, &d);
		if (!stamp_is_finite(t))
			break;
		if (!(zoned ? stamptz_add(&t, &step, zone) : stamp_add(&t, &step))) {
			sql_raise_env(env, "22008", "timestamp out of range");
			return false;
		}
	}
	return true;
}

static bool timestamp_series(struct sql_env *env, struct row_set *rows, int argc, sqlite3_value **argv)
{
	return stamp_series(env, rows, argc, argv, false);
}

static bool timestamptz_series(struct sql_env *env, struct row_set *rows, int argc, sqlite3_value **argv)
{
	return stamp_series(env, rows, argc, argv, true);
}

/* generate_subscripts(array, dimension[, reverse]): typed */
static bool subscripts(struct sql_env *env, struct row_set *rows, int argc, sqlite3_value **argv)
{
	struct array v;

	if (argc < 5 || arg_null(argv[2]) || arg_null(argv[4]))
		return true;
	if (!array_load_of(env, rows_arena(rows), (uint32_t)arg_int(argv[1]), arg_text(argv[2]), &v))
		return false;
	int64_t d = arg_int(argv[4]);
	bool reverse = argc > 6 && arg_int(argv[6]);
	if (d < 1 || d > v.ndim)
		return true;
	int low = v.lower[d - 1], size = v.dim[d - 1];
	rows_series(rows, reverse ? low + size - 1 : low, reverse ? -1 : 1, (size_t)size);
	return true;
}

/* unnest(array, ...): typed; as many columns as arrays, the shorter ones end in NULLs */
static bool unnest(struct sql_env *env, struct row_set *rows, int argc, sqlite3_value **argv)
{
	struct array v;

	if (argc < 3 || arg_null(argv[2]))
		return true;
	if (!array_load_of(env, rows_arena(rows), (uint32_t)arg_int(argv[1]), arg_text(argv[2]), &v))
		return false;
	for (size_t i = 0; i < v.count; i++)
		rows_add(rows, &v.items[i]);
	return true;
}

/* information_schema._pg_expandarray(array): each element with its place, from 1 */
static bool expand(struct sql_env *env, struct row_set *rows, int argc, sqlite3_value **argv)
{
	struct array v;

	if (argc < 3 || arg_null(argv[2]))
		return true;
	if (!array_load_of(env, rows_arena(rows), (uint32_t)arg_int(argv[1]), arg_text(argv[2]), &v))
		return false;
	for (size_t i = 0; i < v.count; i++)
		rows_add(rows, (struct sql_datum[]){ v.items[i], datum_int((int64_t)i + 1) });
	return true;
}

const struct func_row func_rows_generate_rows[] = {
	ROWS("generate_series_int4", series, 3, 1), ROWS("generate_series_int8", series, 3, 1), ROWS("generate_series_step_int4", series, 3, 1),
	ROWS("generate_series_step_int8", series, 3, 1), ROWS("generate_series_numeric", numeric_series, 3, 1),
	ROWS("generate_series_step_numeric", numeric_series, 3, 1), ROWS("generate_series_timestamp", timestamp_series, 3, 1),
	ROWS("generate_series_timestamptz", timestamptz_series, 3, 1), ROWS_TYPED("generate_subscripts", subscripts, 7, 1),
	ROWS_TYPED("generate_subscripts_nodir", subscripts, 7, 1), ROWS_TYPED("array_unnest", unnest, 3, 1),
	ROWS_TYPED("_pg_expandarray(anyarray)", expand, 3, 2),
	END_OF_ROWS
};

/*
 * Functions of arrays. All are typed: (result type, type, value, ...).
 */
#include "service/pg/sql/func/call.h"
#include "service/pg/sql/type/array.h"

/* An array argument, taken apart; false: raised. */
static bool load(sqlite3_context *ctx, struct arena *a, sqlite3_value **argv, int i, struct array *v)
{
	struct sql_env *env = sql_env_of(ctx);

	if (array_load_of(env, a, (uint32_t)arg_int(argv[i]), arg_text(argv[i + 1]), v))
		return true;
	result_raised(ctx);
	return false;
}

static void result_array(sqlite3_context *ctx, const struct array *v)
{
	struct sql_env *env = sql_env_of(ctx);
	struct buf b;

	buf_init(&b, BUF_MAX);
	if (array_print(env, &style_stored, v, &b)) {
		result_buf(ctx, &b);
	} else {
		buf_release(&b);
		result_raised(ctx);
	}
}

#define ENV struct sql_env *env = sql_env_of(ctx); struct arena *a = scratch(env)

STRICT_TYPED(array_ndims)
{
	ENV;
	struct array v;
	if (load(ctx, a, argv, 1, &v) && v.ndim)
		sqlite3_result_int(ctx, v.ndim);
}

STRICT_TYPED(array_dims)
{
	ENV;
	struct array v;
	struct buf b;

	if (!load(ctx, a, argv, 1, &v) || !v.ndim)
		return;
	buf_init(&b, 256);
	for (int i = 0; i < v.ndim; i++)
		buf_addf(&b, "[%d:%d]", v.lower[i], v.lower[i] + v.dim[i] - 1);
	result_buf(ctx, &b);
}

static void bound(sqlite3_context *ctx, sqlite3_value **argv, char which)
{
	ENV;
	struct array v;
	int64_t d = arg_int(argv[4]);

	if (!load(ctx, a, argv, 1, &v) || d < 1 || d > v.ndim)
		return;
	int low = v.lower[d - 1], size = v.dim[d - 1];
	sqlite3_result_int(ctx, which == 'l' ? low : which == 'u' ? low + size - 1 : size);
}

STRICT_TYPED(array_lower) { bound(ctx, argv, 'l'); }
STRICT_TYPED(array_upper) { bound(ctx, argv, 'u'); }
STRICT_TYPED(array_length) { bound(ctx, argv, 'n'); }

STRICT_TYPED(array_cardinality)
{
	ENV;
	struct array v;
	if (load(ctx, a, argv, 1, &v))
		sqlite3_result_int64(ctx, (int64_t)v.count);
}

/* ---- joining ---- */

static struct sql_datum *joined(struct arena *a, const struct sql_datum *x, size_t nx, const struct sql_datum *y, size_t ny)
{
	struct sql_datum *all = ARENA_ARRAY(a, struct sql_datum, nx + ny + 1);

	if (nx)
		memcpy(all, x, nx * sizeof(*all));
	if (ny)
		memcpy(all + nx, y, ny * sizeof(*all));
	return all;
}

/* An element before or behind; NULL arrays are empty. */
static void add_element(sqlite3_context *ctx, sqlite3_value **argv, int array_at, int element_at, bool front)
{
	ENV;
	struct array v;
	struct sql_datum item = sql_datum_of(argv[element_at + 1]);
	uint32_t element = array_element(env, (uint32_t)arg_int(argv[0]));

	if (arg_null(argv[array_at + 1]))
		v = (struct array){ .element = element ? element : T_TEXT };
	else if (!load(ctx, a, argv, array_at, &v))
		return;
	if (v.ndim > 1) {
		sql_raise(ctx, "22000", "argument must be empty or one-dimensional array");
		return;
	}
	if (!v.ndim) {
		v.ndim = 1;
		v.lower[0] = 1;
	}
	v.items = front ? joined(a, &item, 1, v.items, v.count) : joined(a, v.items, v.count, &item, 1);
	v.count++;
	v.dim[0] = (int)v.count;
	result_array(ctx, &v);
}

FUNC(array_append) { add_element(ctx, argv, 1, 3, false); }
FUNC(array_prepend) { add_element(ctx, argv, 3, 1, true); }

static bool incompatible(sqlite3_context *ctx, const char *fmt, int x, int y)
{
	struct sql_error *e = sql_raise(ctx, "2202E", "cannot concatenate incompatible arrays");
	struct sql_env *env = sql_env_of(ctx);

	if (fmt)
		sql_detail(env, e, "Arrays of %d and %d dimensions are not compatible for concatenation.", x, y);
	else
		sql_detail(env, e, x ? "Arrays with differing element dimensions are not compatible for concatenation." : "Arrays with differing dimensions are not compatible for concatenation.");
	return false;
}

FUNC(array_cat)
{
	ENV;
	struct array x, y;

	if (arg_null(argv[2]) || arg_null(argv[4])) {
		if (!arg_null(argv[2]) || !arg_null(argv[4]))
			sqlite3_result_value(ctx, argv[arg_null(argv[2]) ? 4 : 2]);
		return;
	}
	if (!load(ctx, a, argv, 1, &x) || !load(ctx, a, argv, 3, &y))
		return;
	if (!x.ndim || !y.ndim) {
		result_array(ctx, x.ndim ? &x : &y);
		return;
	}
	if (x.ndim != y.ndim && x.ndim != y.ndim + 1 && y.ndim != x.ndim + 1) {
		incompatible(ctx, "", x.ndim, y.ndim);
		return;
	}
	struct array r = x.ndim >= y.ndim ? x : y;
	if (x.ndim == y.ndim) {
		for (int i = 1; i < x.ndim; i++)
			if (x.dim[i] != y.dim[i] || x.lower[i] != y.lower[i]) {
				incompatible(ctx, NULL, 1, 0);
				return;
			}
		r.dim[0] = x.dim[0] + y.dim[0];
	} else {
		const struct array *large = x.ndim > y.ndim ? &x : &y, *small = x.ndim > y.ndim ? &y : &x;
		for (int i = 0; i < small->ndim; i++)
			if (large->dim[i + 1] != small->dim[i] || large->lower[i + 1] != small->lower[i]) {
				incompatible(ctx, NULL, 0, 0);
				return;
			}
		r.dim[0] = large->dim[0] + 1;
	}
	r.items = joined(a, x.items, x.count, y.items, y.count);
	r.count = x.count + y.count;
	result_array(ctx, &r);
}

/* ---- searching ---- */

static bool same(struct sql_env *env, uint32_t type, struct sql_datum x, struct sql_datum y)
{
	if (x.kind == SQL_NULL || y.kind == SQL_NULL)
		return x.kind == y.kind;
	return sql_type_compare(env, type, x, y) == 0;
}

FUNC(array_position)
{
	ENV;
	struct array v;
	int64_t from;

	if (arg_null(argv[2]) || !load(ctx, a, argv, 1, &v))
		return;
	if (v.ndim > 1) {
		sql_raise(ctx, "0A000", "searching for elements in multidimensional arrays is not supported");
		return;
	}
	from = v.ndim ? v.lower[0] : 1;
	if (argc > 5) {
		if (arg_null(argv[6])) {
			sql_raise(ctx, "22004", "initial position must not be null");
			return;
		}
		if (arg_int(argv[6]) > from)
			from = arg_int(argv[6]);
	}
	struct sql_datum wanted = sql_datum_of(argv[4]);
	for (size_t i = 0; i < v.count; i++)
		if (v.lower[0] + (int64_t)i >= from && same(env, v.element, v.items[i], wanted)) {
			sqlite3_result_int64(ctx, v.lower[0] + (int64_t)i);
			return;
		}
}

FUNC(array_positions)
{
	ENV;
	struct array v;

	if (arg_null(argv[2]) || !load(ctx, a, argv, 1, &v))
		return;
	if (v.ndim > 1) {
		sql_raise(ctx, "0A000", "searching for elements in multidimensional arrays is not supported");
		return;
	}
	struct sql_datum wanted = sql_datum_of(argv[4]), *found = ARENA_ARRAY(a, struct sql_datum, v.count + 1);
	size_t n = 0;
	for (size_t i = 0; i < v.count; i++)
		if (same(env, v.element, v.items[i], wanted))
			found[n++] = datum_int(v.lower[0] + (int64_t)i);
	sql_datum_result(ctx, array_make(env, a, T_INT4, found, n));
}

FUNC(array_remove)
{
	ENV;
	struct array v;
	size_t n = 0;

	if (arg_null(argv[2]) || !load(ctx, a, argv, 1, &v))
		return;
	if (v.ndim > 1) {
		sql_raise(ctx, "0A000", "removing elements from multidimensional arrays is not supported");
		return;
	}
	struct sql_datum gone = sql_datum_of(argv[4]);
	for (size_t i = 0; i < v.count; i++)
		if (!same(env, v.element, v.items[i], gone))
			v.items[n++] = v.items[i];
	v.count = n;
	v.dim[0] = (int)n;
	if (!n)
		v.ndim = 0;
	result_array(ctx, &v);
}

FUNC(array_replace)
{
	ENV;
	struct array v;

	if (arg_null(argv[2]) || !load(ctx, a, argv, 1, &v))
		return;
	struct sql_datum from = sql_datum_of(argv[4]), to = sql_datum_of(argv[6]);
	for (size_t i = 0; i < v.count; i++)
		if (same(env, v.element, v.items[i], from))
			v.items[i] = to;
	result_array(ctx, &v);
}

/* Whether every item of y (not NULL) is in x; any: whether one is. */
static bool in_array(struct sql_env *env, const struct array *x, const struct array *y, bool any)
{
	for (size_t i = 0; i < y->count; i++) {
		bool found = false;
		for (size_t k = 0; k < x->count && !found && y->items[i].kind != SQL_NULL; k++)
			found = x->items[k].kind != SQL_NULL && sql_type_compare(env, x->element, x->items[k], y->items[i]) == 0;
		if (found == any)
			return any;
	}
	return !any;
}

STRICT_TYPED(arraycontains)
{
	ENV;
	struct array x, y;
	if (load(ctx, a, argv, 1, &x) && load(ctx, a, argv, 3, &y))
		result_bool(ctx, in_array(env, &x, &y, false));
}

STRICT_TYPED(arraycontained)
{
	ENV;
	struct array x, y;
	if (load(ctx, a, argv, 1, &x) && load(ctx, a, argv, 3, &y))
		result_bool(ctx, in_array(env, &y, &x, false));
}

STRICT_TYPED(arrayoverlap)
{
	ENV;
	struct array x, y;
	if (load(ctx, a, argv, 1, &x) && load(ctx, a, argv, 3, &y))
		result_bool(ctx, in_array(env, &x, &y, true));
}

/* ---- making and cutting ---- */

static void fill(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	ENV;
	struct array dims, lows = { 0 }, v = { 0 };
	struct sql_datum item = sql_datum_of(argv[2]);
	uint64_t count = 1;

	if (arg_null(argv[4]) || (argc > 5 && arg_null(argv[6]))) {
		sql_raise(ctx, "22004", "dimension array or low bound array cannot be null");
		return;
	}
	if (!array_load(env, a, T_INT4, -1, arg_text(argv[4]), &dims) || (argc > 5 && !array_load(env, a, T_INT4, -1, arg_text(argv[6]), &lows))) {
		result_raised(ctx);
		return;
	}
	v.element = (uint32_t)arg_int(argv[1]);
	if (dims.count > ARRAY_DIMS) {
		sql_raise(ctx, "54000", "number of array dimensions (%zu) exceeds the maximum allowed (%d)", dims.count, ARRAY_DIMS);
		return;
	}
	if (argc > 5 && lows.count != dims.count) {
		struct sql_error *e = sql_raise(ctx, "2202E", "wrong number of array subscripts");
		sql_detail(env, e, "Low bound array has different size than dimensions array.");
		return;
	}
	v.ndim = (int)dims.count;
	for (size_t i = 0; i < dims.count; i++) {
		if (dims.items[i].kind == SQL_NULL || (argc > 5 && lows.items[i].kind == SQL_NULL)) {
			sql_raise(ctx, "22004", "dimension values cannot be null");
			return;
		}
		v.dim[i] = (int)dims.items[i].i;
		v.lower[i] = argc > 5 ? (int)lows.items[i].i : 1;
		if (v.dim[i] < 0 || __builtin_mul_overflow(count, (uint64_t)v.dim[i], &count) || count > 134217727) {
			sql_raise(ctx, "54000", "array size exceeds the maximum allowed (%d)", 134217727);
			return;
		}
	}
	if (!v.ndim || !count) {
		v.ndim = 0;
		count = 0;
	}
	v.count = count;
	v.items = ARENA_ARRAY(a, struct sql_datum, count + 1);
	for (size_t i = 0; i < count; i++)
		v.items[i] = item;
	result_array(ctx, &v);
}

FUNC(array_fill) { fill(ctx, argc, argv); }

STRICT_TYPED(trim_array)
{
	ENV;
	struct array v;
	int64_t n = arg_int(argv[4]);

	if (!load(ctx, a, argv, 1, &v))
		return;
	int64_t size = v.ndim ? v.dim[0] : 0;
	if (n < 0 || n > size) {
		sql_raise(ctx, "2202E", "number of elements to trim must be between 0 and %d", (int)size);
		return;
	}
	if (v.ndim && n) {
		v.count -= v.count / (size_t)size * (size_t)n;
		v.dim[0] -= (int)n;
		if (!v.dim[0])
			v.ndim = 0;
	}
	for (int i = 0; i < v.ndim; i++)
		v.lower[i] = 1;
	result_array(ctx, &v);
}

/* (result, array type, array, text, delimiter[, text, what NULL becomes]) */
FUNC(array_to_text)
{
	ENV;
	struct array v;
	struct buf b;
	bool any = false;

	if (arg_null(argv[2]) || arg_null(argv[4]) || !load(ctx, a, argv, 1, &v))
		return;
	buf_init(&b, BUF_MAX);
	for (size_t i = 0; i < v.count; i++) {
		bool null = v.items[i].kind == SQL_NULL;
		if (null && (argc <= 5 || arg_null(argv[6])))
			continue;
		if (any)
			buf_add_slice(&b, arg_text(argv[4]));
		any = true;
		if (null)
			buf_add_slice(&b, arg_text(argv[6]));
		else if (!type_out(env, style_of(env), v.element, v.items[i], &b)) {
			buf_release(&b);
			result_raised(ctx);
			return;
		}
	}
	result_buf(ctx, &b);
}

STRICT_TYPED(width_bucket_array)
{
	ENV;
	struct array v;
	size_t low = 0, high;

	if (!load(ctx, a, argv, 3, &v))
		return;
	if (v.ndim > 1) {
		sql_raise(ctx, "2202E", "thresholds must be one-dimensional array");
		return;
	}
	struct sql_datum x = sql_datum_of(argv[2]);
	for (size_t i = 0; i < v.count; i++)
		if (v.items[i].kind == SQL_NULL) {
			sql_raise(ctx, "22004", "thresholds array must not contain NULLs");
			return;
		}
	for (high = v.count; low < high;) {
		size_t middle = (low + high) / 2;
		if (sql_type_compare(env, v.element, x, v.items[middle]) < 0)
			high = middle;
		else
			low = middle + 1;
	}
	sqlite3_result_int64(ctx, (int64_t)low);
}

/*
 * For expressions that PostgreSQL has no function for:
 *	p_array_make(array type, item 1, item 2, ...)         ARRAY[...]; items that are arrays add a dimension
 *	p_array_get(array type, array, subscript 1, ...)       a[1][2]; NULL outside
 *	p_array_slice(array type, array, low 1, high 1, ...)   a[1:2]; NULL bounds are the array's own
 *	p_array_set(array type, array, value, subscript 1, ...) the array with one item set
 *	p_array_any(type, operator, value, array type, array)  value op ANY (array); operator = <> < <= > >=
 *	p_array_all(...)                                       value op ALL (array)
 */
FUNC(make_array)
{
	ENV;
	uint32_t element = array_element(env, (uint32_t)arg_int(argv[0]));
	size_t n = (size_t)argc - 1;
	struct sql_datum *items = ARENA_ARRAY(a, struct sql_datum, n + 1);

	for (size_t i = 0; i < n; i++)
		items[i] = sql_datum_of(argv[i + 1]);
	sql_datum_result(ctx, array_make(env, a, element, items, n));
}

/* ARRAY[ARRAY[...], ...]: (array type, array 1, ...) */
FUNC(make_arrays)
{
	ENV;
	uint32_t element = array_element(env, (uint32_t)arg_int(argv[0]));
	struct array all = { .element = element };

	for (int i = 1; i < argc; i++) {
		struct array v = { 0 };
		if (!arg_null(argv[i]) && !array_load(env, a, element, -1, arg_text(argv[i]), &v)) {
			result_raised(ctx);
			return;
		}
		if (i == 1) {
			if (v.ndim >= ARRAY_DIMS) {
				sql_raise(ctx, "54000", "number of array dimensions (%d) exceeds the maximum allowed (%d)", v.ndim + 1, ARRAY_DIMS);
				return;
			}
			all.ndim = v.ndim ? v.ndim + 1 : 0;
			memcpy(all.dim + 1, v.dim, sizeof(int) * (size_t)v.ndim);
			memcpy(all.lower + 1, v.lower, sizeof(int) * (size_t)v.ndim);
			all.lower[0] = 1;
		} else if (v.ndim + 1 != all.ndim ? v.ndim || all.ndim : memcmp(all.dim + 1, v.dim, sizeof(int) * (size_t)v.ndim) != 0) {
			sql_raise(ctx, "2202E", "multidimensional arrays must have array expressions with matching dimensions");
			return;
		}
		all.items = joined(a, all.items, all.count, v.items, v.count);
		all.count += v.count;
	}
	all.dim[0] = argc - 1;
	result_array(ctx, &all);
}

FUNC(get_item)
{
	ENV;
	struct array v;
	size_t at = 0;

	if (any_null(argc, argv) || !load(ctx, a, argv, 0, &v) || argc - 2 != v.ndim)
		return;
	for (int i = 0; i < v.ndim; i++) {
		int64_t k = arg_int(argv[2 + i]) - v.lower[i];
		if (k < 0 || k >= v.dim[i])
			return;
		at = at * (size_t)v.dim[i] + (size_t)k;
	}
	sql_datum_result(ctx, v.items[at]);
}

FUNC(get_slice)
{
	ENV;
	struct array v, r;
	int n = (argc - 2) / 2, low[ARRAY_DIMS], size[ARRAY_DIMS];

	if (arg_null(argv[1]) || !load(ctx, a, argv, 0, &v))
		return;
	r = (struct array){ .element = v.element };
	if (n > v.ndim) {
		result_array(ctx, &r);
		return;
	}
	for (int i = 0; i < v.ndim; i++) {
		int64_t from = v.lower[i], to = v.lower[i] + v.dim[i] - 1;
		if (i < n && !arg_null(argv[2 + 2 * i]) && arg_int(argv[2 + 2 * i]) > from)
			from = arg_int(argv[2 + 2 * i]);
		if (i < n && !arg_null(argv[3 + 2 * i]) && arg_int(argv[3 + 2 * i]) < to)
			to = arg_int(argv[3 + 2 * i]);
		if (from > to) {
			result_array(ctx, &r);
			return;
		}
		low[i] = (int)(from - v.lower[i]);
		size[i] = (int)(to - from + 1);
	}
	r.ndim = v.ndim;
	r.count = v.ndim ? 1 : 0;
	for (int i = 0; i < v.ndim; i++) {
		r.dim[i] = size[i];
		r.lower[i] = 1;
		r.count *= (size_t)size[i];
	}
	r.items = ARENA_ARRAY(a, struct sql_datum, r.count + 1);
	for (size_t k = 0; k < r.count; k++) {
		size_t rest = k, at = 0, unit = 1;
		for (int i = v.ndim - 1; i >= 0; i--) {
			at += (rest % (size_t)size[i] + (size_t)low[i]) * unit;
			rest /= (size_t)size[i];
			unit *= (size_t)v.dim[i];
		}
		r.items[k] = v.items[at];
	}
	result_array(ctx, &r);
}

FUNC(set_item)
{
	ENV;
	struct array v = { .element = array_element(env, (uint32_t)arg_int(argv[0])) };
	int n = argc - 3;

	for (int i = 0; i < n; i++)
		if (arg_null(argv[3 + i])) {
			sql_raise(ctx, "22004", "array subscript in assignment must not be null");
			return;
		}
	if (!arg_null(argv[1]) && !load(ctx, a, argv, 0, &v))
		return;
	struct sql_datum item = sql_datum_of(argv[2]);
	if (!v.ndim) {
		v.ndim = n;
		v.count = 1;
		for (int i = 0; i < n && i < ARRAY_DIMS; i++) {
			v.lower[i] = (int)arg_int(argv[3 + i]);
			v.dim[i] = 1;
		}
		v.items = &item;
		result_array(ctx, &v);
		return;
	}
	if (n != v.ndim) {
		sql_raise(ctx, "2202E", "wrong number of array subscripts");
		return;
	}
	if (n == 1) {
		int64_t k = arg_int(argv[3]) - v.lower[0];
		size_t before = k < 0 ? (size_t)-k : 0, count = k >= (int64_t)v.count ? (size_t)k + 1 : v.count + before;
		if (count > 134217727) {
			sql_raise(ctx, "54000", "array size exceeds the maximum allowed (%d)", 134217727);
			return;
		}
		struct sql_datum *items = ARENA_ARRAY(a, struct sql_datum, count);
		for (size_t i = 0; i < count; i++)
			items[i] = (struct sql_datum){ .kind = SQL_NULL };
		memcpy(items + before, v.items, v.count * sizeof(*items));
		items[k < 0 ? 0 : (size_t)k] = item;
		v.items = items;
		v.count = count;
		v.dim[0] = (int)count;
		v.lower[0] -= (int)before;
		result_array(ctx, &v);
		return;
	}
	size_t at = 0;
	for (int i = 0; i < n; i++) {
		int64_t k = arg_int(argv[3 + i]) - v.lower[i];
		if (k < 0 || k >= v.dim[i]) {
			sql_raise(ctx, "2202E", "array subscript out of range");
			return;
		}
		at = at * (size_t)v.dim[i] + (size_t)k;
	}
	v.items[at] = item;
	result_array(ctx, &v);
}

static bool holds(const char *op, int order)
{
	switch (op[0]) {
	case '=': return order == 0;
	case '<': return op[1] == '>' ? order != 0 : op[1] == '=' ? order <= 0 : order < 0;
	case '>': return op[1] == '=' ? order >= 0 : order > 0;
	default: return order != 0; /* != */
	}
}

/* value op ANY/ALL (array): NULL items make it NULL unless another decides. */
static void quantified(sqlite3_context *ctx, sqlite3_value **argv, bool any)
{
	ENV;
	struct array v;
	bool unknown = false;
	uint32_t type = (uint32_t)arg_int(argv[0]);

	if (arg_null(argv[4]) || !load(ctx, a, argv, 3, &v))
		return;
	struct sql_datum x = sql_datum_of(argv[2]);
	const char *op = (const char *)sqlite3_value_text(argv[1]);
	for (size_t i = 0; i < v.count; i++) {
		if (x.kind == SQL_NULL || v.items[i].kind == SQL_NULL) {
			unknown = true;
			continue;
		}
		if (holds(op, sql_type_compare(env, type, x, v.items[i])) == any) {
			result_bool(ctx, any);
			return;
		}
	}
	if (!unknown)
		result_bool(ctx, !any);
}

FUNC(array_any) { quantified(ctx, argv, true); }
FUNC(array_all) { quantified(ctx, argv, false); }

const struct func_row func_array_rows[] = {
	TYPED("array_ndims", array_ndims), TYPED("array_dims", array_dims), TYPED("array_lower", array_lower), TYPED("array_upper", array_upper),
	TYPED("array_length", array_length), TYPED("array_cardinality", array_cardinality), TYPED("array_append", array_append),
	TYPED("array_prepend", array_prepend), TYPED("array_cat", array_cat), TYPED("array_position", array_position),
	TYPED("array_position_start", array_position), TYPED("array_positions", array_positions), TYPED("array_remove", array_remove),
	TYPED("array_replace", array_replace), TYPED("arraycontains", arraycontains), TYPED("arraycontained", arraycontained),
	TYPED("arrayoverlap", arrayoverlap), TYPED("array_fill", array_fill), TYPED("array_fill_with_lower_bounds", array_fill),
	TYPED("trim_array", trim_array), TYPED("array_to_text", array_to_text), TYPED("array_to_text_null", array_to_text),
	TYPED("width_bucket_array", width_bucket_array),
	CALL("array_make", make_array, -1), CALL("array_make_of_arrays", make_arrays, -1), CALL("array_get", get_item, -1),
	CALL("array_slice", get_slice, -1), CALL("array_set", set_item, -1), CALL("array_any", array_any, 5), CALL("array_all", array_all, 5),
	END_OF_ROWS
};

/*
 * The functions that lowered text calls for what is syntax in PostgreSQL: rows,
 * arrays, subscripts, subqueries of one row, ANY and ALL, LIMIT, GREATEST. All
 * are named e_...; what has a name in pg_proc is the library's.
 */
#include "service/pg/sql/builtin.h"

#include "service/pg/sql/cursor.h"

#include <stdlib.h>

#include "service/pg/sql/library.h"
#include "service/pg/sql/oids.h"
#include "service/pg/sql/session.h"
#include "service/pg/sql/type/array.h"
#include "service/pg/sql/type/composite.h"

#define ROW_MAX (64 * 1024 * 1024) /* bytes of one row or array as text */

static uint32_t type_arg(sqlite3_value *v)
{
	return (uint32_t)sqlite3_value_int64(v);
}

static struct slice text_arg(sqlite3_value *v)
{
	const char *p = (const char *)sqlite3_value_text(v);

	return slice_of(p ? p : "", (size_t)sqlite3_value_bytes(v));
}

static bool is_null(sqlite3_value *v)
{
	return sqlite3_value_type(v) == SQLITE_NULL;
}

static void stop(sqlite3_context *ctx)
{
	sqlite3_result_error(ctx, "raised", -1);
}

static void give_text(sqlite3_context *ctx, struct buf *b)
{
	if (buf_failed(b))
		sql_raise(ctx, "54000", "value is too long");
	else
		sqlite3_result_text64(ctx, b->ptr, b->len, SQLITE_TRANSIENT, SQLITE_UTF8);
	buf_release(b);
}

/* ---- rows and arrays ---- */

/* e_row(head, keep, value ...): a row whose fields are what the head says; keep: the head stays before it. */
static void row(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	struct sql_env *env = sql_env_of(ctx);
	struct slice head = text_arg(argv[0]);
	struct arena a;
	struct buf b;
	size_t n;

	arena_init(&a);
	buf_init(&b, ROW_MAX);
	const struct sql_field *fields = composite_head_fields(&a, head, &n);
	struct composite v = { .type = T_RECORD, .count = (size_t)argc - 2, .fields = fields, .values = ARENA_ARRAY(&a, struct sql_datum, (size_t)argc) };
	for (int i = 2; i < argc; i++)
		v.values[i - 2] = sql_datum_of(argv[i]);
	if (sqlite3_value_int(argv[1]))
		buf_add_slice(&b, head);
	if (!fields || n != v.count)
		sql_raise(ctx, "XX000", "a row of %zu fields has %zu", n, v.count), buf_release(&b);
	else if (composite_print(env, &style_stored, &v, &b))
		give_text(ctx, &b);
	else
		stop(ctx), buf_release(&b);
	arena_release(&a);
}

/* (a,b) and (c) become (a,b,c). */
static void row_join(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	struct slice x = text_arg(argv[0]), y = text_arg(argv[1]);
	size_t hx = composite_head_length(x), hy = composite_head_length(y);
	struct buf b;

	(void)argc;
	buf_init(&b, ROW_MAX);
	buf_add(&b, x.ptr, hx);
	if (hy)
		buf_add(&b, y.ptr + 1, hy - 1);
	buf_add(&b, x.ptr + hx, x.len - hx - 1);
	buf_add_char(&b, ',');
	buf_add(&b, y.ptr + hy + 1, y.len - hy - 1);
	give_text(ctx, &b);
}

/* e_record(type, value): a value of a composite type as a record. */
static void record(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	struct sql_env *env = sql_env_of(ctx);
	struct composite v;
	struct sql_datum d;
	struct arena a;

	(void)argc;
	if (is_null(argv[1]))
		return;
	arena_init(&a);
	bool ok = composite_load(env, &a, type_arg(argv[0]), text_arg(argv[1]), &v);
	v.type = T_RECORD;
	if (ok && composite_store(env, &a, &v, &d))
		sql_datum_result(ctx, d);
	else
		stop(ctx);
	arena_release(&a);
}

/* e_row_null(type, value, not): IS NULL of a row: all of its fields are; IS NOT NULL: none is. */
static void row_null(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	struct composite v;
	struct arena a;
	bool negated = sqlite3_value_int(argv[2]), all = true;

	(void)argc;
	if (is_null(argv[1])) {
		sqlite3_result_int(ctx, !negated);
		return;
	}
	arena_init(&a);
	if (!composite_load(sql_env_of(ctx), &a, type_arg(argv[0]), text_arg(argv[1]), &v))
		stop(ctx);
	for (size_t i = 0; i < v.count; i++)
		all &= (v.values[i].kind == SQL_NULL) != negated;
	sqlite3_result_int(ctx, all);
	arena_release(&a);
}

static void field(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	struct sql_env *env = sql_env_of(ctx);
	struct arena a;
	struct composite c;
	int64_t n = sqlite3_value_int64(argv[1]);

	(void)argc;
	if (is_null(argv[2]))
		return;
	arena_init(&a);
	if (!composite_load(env, &a, type_arg(argv[0]), text_arg(argv[2]), &c))
		stop(ctx);
	else if (n >= 1 && (size_t)n <= c.count)
		sql_datum_result(ctx, c.values[n - 1]);
	arena_release(&a);
}

static void array(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	struct sql_env *env = sql_env_of(ctx);
	uint32_t element = array_element(env, type_arg(argv[0]));
	struct arena a;
	size_t n = (size_t)argc - 2;

	arena_init(&a);
	if (!sqlite3_value_int(argv[1])) {
		struct sql_datum *items = ARENA_ARRAY(&a, struct sql_datum, n + 1);

		for (size_t i = 0; i < n; i++)
			items[i] = sql_datum_of(argv[i + 2]);
		struct sql_datum v = array_make(env, &a, element, items, n);
		sql_datum_result(ctx, v);
		arena_release(&a);
		return;
	}
	/* arrays of arrays: their texts side by side; all must have the same dimensions */
	struct buf b;
	struct array first = { 0 };
	bool ok = true;
	buf_init(&b, ROW_MAX);
	buf_add_char(&b, '{');
	size_t written = 0;
	for (size_t i = 0; ok && i < n; i++) {
		struct array one;

		if (is_null(argv[i + 2])) {
			sql_raise(ctx, "2202E", "multidimensional arrays must have array expressions with matching dimensions");
			ok = false;
			break;
		}
		ok = array_load(env, &a, element, -1, text_arg(argv[i + 2]), &one);
		if (!ok) {
			stop(ctx);
		} else if (i == 0) {
			first = one;
		} else if (one.ndim != first.ndim || memcmp(one.dim, first.dim, sizeof(int) * (size_t)one.ndim) != 0) {
			sql_raise(ctx, "2202E", "multidimensional arrays must have array expressions with matching dimensions");
			ok = false;
		}
		if (ok && one.ndim) {
			buf_addf(&b, "%s", written++ ? "," : "");
			buf_add_slice(&b, text_arg(argv[i + 2]));
		}
	}
	buf_add_char(&b, '}');
	arena_release(&a);
	if (ok)
		give_text(ctx, &b);
	else
		buf_release(&b);
}

/* {a,b} and {c} become {a,b,c}. */
static void array_join(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	struct slice x = text_arg(argv[0]), y = text_arg(argv[1]);
	struct buf b;

	(void)argc;
	if (x.len <= 2 || y.len <= 2) {
		sqlite3_result_value(ctx, x.len <= 2 ? argv[1] : argv[0]);
		return;
	}
	buf_init(&b, ROW_MAX);
	buf_add(&b, x.ptr, x.len - 1);
	buf_add_char(&b, ',');
	buf_add(&b, y.ptr + 1, y.len - 1);
	give_text(ctx, &b);
}

/* e_variadic(function, result type, type, value ..., array type, array): the array's items are arguments, too. */
static void variadic(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	struct sql_env *env = sql_env_of(ctx);
	uint32_t type = type_arg(argv[argc - 2]);
	struct slice name = text_arg(argv[0]);
	struct array v = { 0 };
	sqlite3_stmt *st = NULL;
	struct arena a;
	struct buf b;
	int at = 0;

	if (is_null(argv[argc - 1]) && !slice_eq_str(name, "p_text_format"))
		return;
	arena_init(&a);
	buf_init(&b, 64 * 1024);
	bool ok = is_null(argv[argc - 1]) || array_load_of(env, &a, type, text_arg(argv[argc - 1]), &v);
	if (!ok)
		stop(ctx);
	else if (v.count > 50)
		ok = false, sql_raise(ctx, "0A000", "VARIADIC with an array of more than 50 items is not supported by this fake");
	buf_addf(&b, "SELECT \"%.*s\"(?", SLICE_ARG(name));
	for (int i = 2; i < argc - 2; i++)
		buf_add_str(&b, ", ?");
	for (size_t i = 0; i < v.count; i++)
		buf_add_str(&b, ", ?, ?");
	buf_add_char(&b, ')');
	if (ok && sqlite3_prepare_v2(env->db, b.ptr, (int)b.len, &st, NULL) == SQLITE_OK) {
		for (int i = 1; i < argc - 2; i++)
			sqlite3_bind_value(st, ++at, argv[i]);
		for (size_t i = 0; i < v.count; i++) {
			sqlite3_bind_int64(st, ++at, v.element ? v.element : array_element(env, type));
			sql_datum_bind(st, ++at, v.items[i]);
		}
		if (sqlite3_step(st) == SQLITE_ROW)
			sqlite3_result_value(ctx, sqlite3_column_value(st, 0));
		else
			stop(ctx);
	}
	sqlite3_finalize(st);
	buf_release(&b);
	arena_release(&a);
}

/* e_vector_array(type, value): "1 2" as "[0:1]={1,2}". */
static void vector_array(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	struct sql_env *env = sql_env_of(ctx);
	struct array v;
	struct arena a;
	struct buf b;

	(void)argc;
	if (is_null(argv[1]))
		return;
	arena_init(&a);
	buf_init(&b, ROW_MAX);
	if (array_load_of(env, &a, type_arg(argv[0]), text_arg(argv[1]), &v) && array_print(env, &style_stored, &v, &b))
		give_text(ctx, &b);
	else
		buf_release(&b), stop(ctx);
	arena_release(&a);
}

/* A name is an array of 64 bytes that starts at 0 and is filled up with zeros. */
static void name_subscript(sqlite3_context *ctx, struct slice name, int64_t at)
{
	if (at < 0 || at >= 64)
		return;
	if ((size_t)at >= name.len)
		sqlite3_result_text(ctx, "", 0, SQLITE_STATIC);
	else if ((unsigned char)name.ptr[at] < 0x80)
		sqlite3_result_text(ctx, name.ptr + at, 1, SQLITE_TRANSIENT);
	else
		sql_raise(ctx, "0A000", "a part of a character as \"char\" is not supported by this fake");
}

static void subscript(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	struct sql_env *env = sql_env_of(ctx);
	uint32_t type = type_arg(argv[0]);
	struct arena a;
	struct array v;
	int n = argc - 2;

	for (int i = 1; i < argc; i++)
		if (is_null(argv[i]))
			return;
	if (type == T_NAME) {
		name_subscript(ctx, text_arg(argv[1]), n == 1 ? sqlite3_value_int64(argv[2]) : -1);
		return;
	}
	arena_init(&a);
	if (!array_load_of(env, &a, type, text_arg(argv[1]), &v)) {
		stop(ctx);
	} else if (n == v.ndim) {
		size_t at = 0;
		bool inside = true;

		for (int i = 0; i < n; i++) {
			int64_t k = sqlite3_value_int64(argv[i + 2]) - v.lower[i];

			inside &= k >= 0 && k < v.dim[i];
			at = at * (size_t)v.dim[i] + (size_t)(inside ? k : 0);
		}
		if (inside)
			sql_datum_result(ctx, v.items[at]);
	}
	arena_release(&a);
}

static void slice_array(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	struct sql_env *env = sql_env_of(ctx);
	struct arena a;
	struct array v;
	int n = (argc - 2) / 2;
	bool empty = false;

	for (int i = 1; i < argc; i++)
		if (is_null(argv[i]))
			return;
	arena_init(&a);
	if (!array_load_of(env, &a, type_arg(argv[0]), text_arg(argv[1]), &v)) {
		stop(ctx);
		arena_release(&a);
		return;
	}
	struct array out = v;
	int64_t low[ARRAY_DIMS], size[ARRAY_DIMS];
	size_t count = v.ndim ? 1 : 0;
	empty = v.ndim == 0 || n > v.ndim;
	for (int i = 0; i < v.ndim; i++) {
		int64_t lo = v.lower[i], hi = v.lower[i] + v.dim[i] - 1;

		if (i < n) {
			bool has_lo = sqlite3_value_type(argv[2 + 2 * i]) == SQLITE_INTEGER, has_hi = sqlite3_value_type(argv[3 + 2 * i]) == SQLITE_INTEGER;

			if (has_lo && sqlite3_value_int64(argv[2 + 2 * i]) > lo)
				lo = sqlite3_value_int64(argv[2 + 2 * i]);
			if (has_hi && sqlite3_value_int64(argv[3 + 2 * i]) < hi)
				hi = sqlite3_value_int64(argv[3 + 2 * i]);
		}
		if (lo > hi)
			empty = true;
		low[i] = lo - v.lower[i];
		size[i] = hi - lo + 1;
		out.dim[i] = (int)size[i];
		out.lower[i] = 1;
		count *= empty ? 0 : (size_t)size[i];
	}
	if (empty) {
		out.ndim = 0;
		out.count = 0;
	} else {
		out.count = count;
		out.items = ARENA_ARRAY(&a, struct sql_datum, count + 1);
		for (size_t k = 0; k < count; k++) {
			size_t rest = k, at = 0, step = 1;

			for (int i = v.ndim; i-- > 0;) {
				at += step * (size_t)(low[i] + (int64_t)(rest % (size_t)size[i]));
				rest /= (size_t)size[i];
				step *= (size_t)v.dim[i];
			}
			out.items[k] = v.items[at];
		}
	}
	struct buf b;
	buf_init(&b, ROW_MAX);
	if (array_print(env, &style_stored, &out, &b))
		give_text(ctx, &b);
	else
		buf_release(&b), stop(ctx);
	arena_release(&a);
}

/* ---- GREATEST, LEAST ---- */

static void extreme(sqlite3_context *ctx, int argc, sqlite3_value **argv, int sign)
{
	struct sql_env *env = sql_env_of(ctx);
	int best = 0;

	for (int i = 1; i < argc; i++) {
		if (is_null(argv[i]))
			continue;
		if (!best || sign * sql_type_compare(env, type_arg(argv[0]), sql_datum_of(argv[i]), sql_datum_of(argv[best])) > 0)
			best = i;
	}
	if (best)
		sqlite3_result_value(ctx, argv[best]);
}

static void greatest(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	extreme(ctx, argc, argv, 1);
}

static void least(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	extreme(ctx, argc, argv, -1);
}

/* ---- LIMIT, frames ---- */

static void limit(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	(void)argc;
	if (is_null(argv[0]))
		sqlite3_result_int(ctx, -1);
	else if (sqlite3_value_int64(argv[0]) < 0)
		sql_raise(ctx, "2201W", "LIMIT must not be negative");
	else
		sqlite3_result_value(ctx, argv[0]);
}

static void offset(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	(void)argc;
	if (is_null(argv[0]))
		sqlite3_result_int(ctx, 0);
	else if (sqlite3_value_int64(argv[0]) < 0)
		sql_raise(ctx, "2201X", "OFFSET must not be negative");
	else
		sqlite3_result_value(ctx, argv[0]);
}

static void frame_offset(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	const char *end = sqlite3_value_int(argv[0]) ? "starting" : "ending";

	(void)argc;
	if (is_null(argv[1]))
		sql_raise(ctx, "22004", "frame %s offset must not be null", end);
	else if (sqlite3_value_int64(argv[1]) < 0)
		sql_raise(ctx, "22013", "frame %s offset must not be negative", end);
	else
		sqlite3_result_value(ctx, argv[1]);
}

/* RANGE BETWEEN '1 day' PRECEDING: in the key's own unit. */
static void range_offset(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	uint32_t key = type_arg(argv[0]), type = type_arg(argv[1]);

	(void)argc;
	if (is_null(argv[2])) {
		sql_raise(ctx, "22004", "frame starting offset must not be null");
		return;
	}
	if (type != T_INTERVAL) {
		double d = sqlite3_value_double(argv[2]);

		if (d < 0)
			sql_raise(ctx, "22013", "invalid preceding or following size in window function");
		else if (key == T_NUMERIC)
			sqlite3_result_double(ctx, d);
		else
			sqlite3_result_value(ctx, argv[2]);
		return;
	}
	/* an interval as it is stored: "1 day", "02:00:00", "1 day 02:00:00" */
	struct slice s = text_arg(argv[2]);
	int64_t us = 0;
	while (s.len) {
		struct slice word = slice_split(&s, ' ');
		int64_t n;

		if (slice_find(word, ':') < word.len) {
			int h = 0, m = 0;
			double sec = 0;
			char tmp[64];

			snprintf(tmp, sizeof(tmp), "%.*s", SLICE_ARG(word));
			if (sscanf(tmp, "%d:%d:%lf", &h, &m, &sec) == 3)
				us += ((int64_t)h * 3600 + (int64_t)m * 60) * 1000000 + (int64_t)(sec * 1000000 + 0.5);
			continue;
		}
		struct slice unit = slice_split(&s, ' ');
		if (!slice_to_i64(word, &n) || !slice_has_prefix(unit, SLICE_LIT("day"))) {
			sql_raise(ctx, "0A000", "RANGE with an offset of months is not supported by this fake");
			return;
		}
		us += n * 86400000000LL;
	}
	if (us < 0)
		sql_raise(ctx, "22013", "invalid preceding or following size in window function");
	else if (key == T_DATE)
		sqlite3_result_double(ctx, (double)us / 86400000000.0);
	else
		sqlite3_result_int64(ctx, us);
}

static void ntile(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	(void)argc;
	if (!is_null(argv[0]) && sqlite3_value_int64(argv[0]) <= 0)
		sql_raise(ctx, "22014", "argument of ntile must be greater than zero");
	else
		sqlite3_result_value(ctx, argv[0]);
}

static void nth(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	(void)argc;
	if (!is_null(argv[0]) && sqlite3_value_int64(argv[0]) <= 0)
		sql_raise(ctx, "22016", "argument of nth_value must be greater than zero");
	else
		sqlite3_result_value(ctx, argv[0]);
}

static void full_join(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	(void)argc, (void)argv;
	sql_raise(ctx, "0A000", "FULL JOIN is only supported with merge-joinable or hash-joinable join conditions");
}

/* e_sample(row, percent, seed): whether TABLESAMPLE takes the row; the same seed takes the same rows. */
static void sample(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	struct sql_env *env = sql_env_of(ctx);
	double percent = sqlite3_value_double(argv[1]);
	uint64_t chance;

	(void)argc;
	if (is_null(argv[1])) {
		sql_raise(ctx, "2202H", "TABLESAMPLE parameter cannot be null");
		return;
	}
	if (!(percent >= 0 && percent <= 100)) {
		sql_raise(ctx, "2202H", "sample percentage must be between 0 and 100");
		return;
	}
	if (is_null(argv[2]) && env->random) {
		chance = env->random(env);
	} else {
		/* splitmix64 of the row's number and the seed */
		chance = (uint64_t)sqlite3_value_int64(argv[0]) * 0x9e3779b97f4a7c15ull + (uint64_t)(int64_t)(sqlite3_value_double(argv[2]) * 1000);
		chance = (chance ^ chance >> 30) * 0xbf58476d1ce4e5b9ull;
		chance = (chance ^ chance >> 27) * 0x94d049bb133111ebull;
		chance ^= chance >> 31;
	}
	sqlite3_result_int(ctx, (double)(chance >> 11) * 0x1p-53 * 100 < percent);
}

/* ---- the session ---- */

static void tid(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	char text[64];

	(void)argc;
	if (is_null(argv[0]))
		return;
	int64_t rowid = sqlite3_value_int64(argv[0]);
	snprintf(text, sizeof(text), "(%lld,%lld)", (long long)((rowid - 1) / 226), (long long)((rowid - 1) % 226 + 1));
	sqlite3_result_text(ctx, text, -1, SQLITE_TRANSIENT);
}

static void session(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	const struct sql_session *s = sql_env_of(ctx)->session;
	struct slice what = text_arg(argv[0]);

	(void)argc;
	if (slice_eq_str(what, "current_catalog")) {
		sqlite3_result_text(ctx, s->database, -1, SQLITE_TRANSIENT);
	} else if (slice_eq_str(what, "current_schema")) {
		const char *schema = sql_current_schema((struct sql_session *)(uintptr_t)s);

		if (schema)
			sqlite3_result_text(ctx, schema, -1, SQLITE_TRANSIENT);
	} else {
		sqlite3_result_text(ctx, s->user, -1, SQLITE_TRANSIENT);
	}
}

/* ---- aggregates ---- */

struct single {
	int64_t count;
	sqlite3_value *value;
};

static void single_step(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	struct single *s = sqlite3_aggregate_context(ctx, sizeof(*s));

	(void)argc;
	if (!s)
		return;
	if (s->count++) {
		sql_raise(ctx, "21000", "more than one row returned by a subquery used as an expression");
		return;
	}
	s->value = sqlite3_value_dup(argv[0]);
}

static void single_final(sqlite3_context *ctx)
{
	struct single *s = sqlite3_aggregate_context(ctx, 0);

	if (!s)
		return;
	if (s->value && s->count == 1)
		sqlite3_result_value(ctx, s->value);
	sqlite3_value_free(s->value);
	s->value = NULL;
}

struct logic {
	bool yes, no, unknown;
};

static void logic_step(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	struct logic *l = sqlite3_aggregate_context(ctx, sizeof(*l));

	(void)argc;
	if (!l)
		return;
	if (is_null(argv[0]))
		l->unknown = true;
	else if (sqlite3_value_int(argv[0]))
		l->yes = true;
	else
		l->no = true;
}

static void any_final(sqlite3_context *ctx)
{
	const struct logic *l = sqlite3_aggregate_context(ctx, 0);

	if (!l || l->yes || !l->unknown)
		sqlite3_result_int(ctx, l && l->yes);
}

static void all_final(sqlite3_context *ctx)
{
	const struct logic *l = sqlite3_aggregate_context(ctx, 0);

	if (!l || l->no || !l->unknown)
		sqlite3_result_int(ctx, !l || !l->no);
}

int sql_builtin_register(sqlite3 *db, struct sql_env *env)
{
	static const struct {
		const char *name;
		int nargs;
		void (*call)(sqlite3_context *, int, sqlite3_value **);
	} functions[] = {
		{ "e_row", -1, row }, { "e_row_join", 2, row_join }, { "e_record", 2, record }, { "e_variadic", -1, variadic }, { "e_vector_array", 2, vector_array }, { "e_row_null", 3, row_null }, { "e_field", 3, field }, { "e_array", -1, array }, { "e_array_join", 2, array_join },
		{ "e_subscript", -1, subscript }, { "e_slice", -1, slice_array }, { "e_greatest", -1, greatest }, { "e_least", -1, least },
		{ "e_limit", 1, limit }, { "e_offset", 1, offset }, { "e_frame_offset", 2, frame_offset }, { "e_range_offset", 3, range_offset },
		{ "e_ntile", 1, ntile }, { "e_nth", 1, nth }, { "e_sample", 3, sample }, { "e_full_join", 0, full_join }, { "e_tid", 1, tid }, { "e_session", 1, session }, { "e_domain", 2, sql_domain_check },
	};
	static const struct {
		const char *name;
		int nargs;
		void (*step)(sqlite3_context *, int, sqlite3_value **);
		void (*final)(sqlite3_context *);
	} aggregates[] = {
		{ "e_single", 1, single_step, single_final }, { "e_any", 1, logic_step, any_final }, { "e_all", 1, logic_step, all_final },
	};
	int rc = SQLITE_OK;

	for (size_t i = 0; rc == SQLITE_OK && i < sizeof(functions) / sizeof(functions[0]); i++)
		/* what does not change may bound a window's frame */
		rc = sqlite3_create_function(db, functions[i].name, functions[i].nargs, SQLITE_UTF8 | SQLITE_INNOCUOUS |
					     (functions[i].call == session || functions[i].call == sample || functions[i].call == full_join || functions[i].call == sql_domain_check ? 0 : SQLITE_DETERMINISTIC), env, functions[i].call,
					     NULL, NULL);
	for (size_t i = 0; rc == SQLITE_OK && i < sizeof(aggregates) / sizeof(aggregates[0]); i++)
		rc = sqlite3_create_function(db, aggregates[i].name, aggregates[i].nargs, SQLITE_UTF8 | SQLITE_INNOCUOUS, env, NULL,
					     aggregates[i].step, aggregates[i].final);
	if (rc == SQLITE_OK)
		rc = sql_put_register(db, env);
	if (rc == SQLITE_OK)
		rc = sql_cursor_register(db, env);
	return rc == SQLITE_OK ? sql_subplan_register(db, env) : rc;
}

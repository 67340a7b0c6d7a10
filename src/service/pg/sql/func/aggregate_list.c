/*
 * Aggregates that put values into a row: string_agg, array_agg; and min and max of
 * types whose order is not SQLite's. Rows leave a window frame from the front.
 */
#include "service/pg/sql/func/aggregate.h"
#include "service/pg/sql/type/array.h"

struct pieces {
	size_t head, count, cap;
	struct piece {
		char *text;     /* malloc'ed; NULL: SQL NULL */
		size_t len, delimiter; /* the delimiter's bytes come first */
		struct sql_datum v;    /* array_agg: its text is `text` */
	} *items;
};

static struct piece *add(sqlite3_context *ctx)
{
	struct pieces *s = aggregate_state(ctx, sizeof(*s));

	if (!s)
		return NULL;
	if (s->count == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 16;
		struct piece *larger = realloc(s->items, cap * sizeof(*larger));
		if (!larger)
			return NULL;
		s->items = larger;
		s->cap = cap;
	}
	s->items[s->count] = (struct piece){ 0 };
	return &s->items[s->count++];
}

static void drop_first(sqlite3_context *ctx)
{
	struct pieces *s = aggregate_state(ctx, 0);

	if (s && s->head < s->count) {
		free(s->items[s->head].text);
		s->items[s->head++].text = NULL;
	}
}

static void release(sqlite3_context *ctx)
{
	struct pieces *s = aggregate_state(ctx, 0);

	if (!s)
		return;
	for (size_t i = s->head; i < s->count; i++)
		free(s->items[i].text);
	free(s->items);
	s->items = NULL;
	s->count = s->head = s->cap = 0;
}

/* string_agg(value, delimiter): NULL values do not count, a NULL delimiter is empty. */
FUNC(string_step)
{
	struct slice v, d = SLICE_NONE;
	struct piece *p;

	if (arg_null(argv[0]) || !(p = add(ctx)))
		return;
	bool blob = sqlite3_value_type(argv[0]) == SQLITE_BLOB;
	v = blob ? arg_blob(argv[0]) : arg_text(argv[0]);
	if (!arg_null(argv[1]))
		d = blob ? arg_blob(argv[1]) : arg_text(argv[1]);
	p->text = malloc(v.len + d.len + 1);
	if (!p->text)
		return;
	if (d.len)
		memcpy(p->text, d.ptr, d.len);
	memcpy(p->text + d.len, v.ptr, v.len);
	p->len = v.len + d.len;
	p->delimiter = d.len;
}

FUNC(string_inverse)
{
	if (!arg_null(argv[0]))
		drop_first(ctx);
}

static void join(sqlite3_context *ctx, bool blob)
{
	struct pieces *s = aggregate_state(ctx, 0);
	struct buf b;

	if (!s || s->head == s->count)
		return;
	buf_init(&b, BUF_MAX);
	for (size_t i = s->head; i < s->count; i++) {
		size_t skip = i == s->head ? s->items[i].delimiter : 0;
		if (s->items[i].text)
			buf_add(&b, s->items[i].text + skip, s->items[i].len - skip);
	}
	(blob ? result_buf_blob : result_buf)(ctx, &b);
}

static void string_value(sqlite3_context *ctx) { join(ctx, false); }
static void bytes_value(sqlite3_context *ctx) { join(ctx, true); }

static void string_final(sqlite3_context *ctx)
{
	join(ctx, false);
	release(ctx);
}

static void bytes_final(sqlite3_context *ctx)
{
	join(ctx, true);
	release(ctx);
}

/* array_agg: (result type, type, value) */
FUNC(array_step)
{
	struct piece *p = add(ctx);

	if (!p)
		return;
	p->v = sql_datum_of(argv[2]);
	p->delimiter = (size_t)arg_int(argv[1]); /* the type, for the end */
	if (p->v.kind == SQL_TEXT || p->v.kind == SQL_BLOB) {
		p->text = malloc(p->v.s.len + 1);
		if (p->text)
			memcpy(p->text, p->v.s.ptr, p->v.s.len);
		p->v.s.ptr = p->text;
	}
}

FUNC(array_inverse) { drop_first(ctx); }

static void array_value(sqlite3_context *ctx)
{
	struct sql_env *env = sql_env_of(ctx);
	struct pieces *s = aggregate_state(ctx, 0);
	struct buf b;

	if (!s || s->head == s->count)
		return;
	struct arena *a = scratch(env);
	uint32_t type = (uint32_t)s->items[s->head].delimiter, inner = array_element(env, type);
	size_t n = s->count - s->head;
	struct array v = { .element = type, .ndim = 1, .dim = { (int)n }, .lower = { 1 }, .count = n };
	v.items = ARENA_ARRAY(a, struct sql_datum, n);
	for (size_t i = 0; i < n; i++)
		v.items[i] = s->items[s->head + i].v;
	if (inner) { /* arrays become one array with a dimension more */
		struct array first = { 0 };
		struct sql_datum *all = NULL;
		for (size_t i = 0; i < n; i++) {
			struct array one;
			if (v.items[i].kind == SQL_NULL) {
				sql_raise(ctx, "22004", "cannot accumulate null arrays");
				return;
			}
			if (!array_load(env, a, inner, -1, v.items[i].s, &one)) {
				result_raised(ctx);
				return;
			}
			if (!one.ndim) {
				sql_raise(ctx, "2202E", "cannot accumulate empty arrays");
				return;
			}
			if (i == 0) {
				first = one;
				all = ARENA_ARRAY(a, struct sql_datum, n * one.count);
			}
			if (one.count != first.count || one.ndim != first.ndim || memcmp(one.dim, first.dim, sizeof(one.dim)) != 0) {
				sql_raise(ctx, "2202E", "cannot accumulate arrays of different dimensionality");
				return;
			}
			memcpy(all + i * first.count, one.items, one.count * sizeof(*all));
		}
		v = (struct array){ .element = inner, .ndim = first.ndim + 1, .dim = { (int)n }, .lower = { 1 }, .count = n * first.count, .items = all };
		for (int i = 0; i < first.ndim && i + 1 < ARRAY_DIMS; i++) {
			v.dim[i + 1] = first.dim[i];
			v.lower[i + 1] = first.lower[i];
		}
	}
	buf_init(&b, BUF_MAX);
	if (array_print(env, &style_stored, &v, &b)) {
		result_buf(ctx, &b);
	} else {
		buf_release(&b);
		result_raised(ctx);
	}
}

static void array_final(sqlite3_context *ctx)
{
	array_value(ctx);
	release(ctx);
}

/* ---- min and max: (result type, type, value); a queue in which every value beats those behind it ---- */

struct best {
	int64_t seen, gone;
	size_t head, count, cap;
	struct entry {
		sqlite3_value *v;
		int64_t at;
	} *items;
};

static void best_step(sqlite3_context *ctx, sqlite3_value **argv, int sign)
{
	struct sql_env *env = sql_env_of(ctx);
	struct best *s;

	if (arg_null(argv[2]) || !(s = aggregate_state(ctx, sizeof(*s))))
		return;
	struct sql_datum v = sql_datum_of(argv[2]);
	uint32_t type = (uint32_t)arg_int(argv[1]);
	int64_t at = s->seen++;
	/* of equal ones the last, as numeric_larger and its kin have it; of bpchar the first */
	int least = type == T_BPCHAR ? 0 : 1;
	while (s->count > s->head && sql_type_compare(env, type, sql_datum_of(s->items[s->count - 1].v), v) * sign < least)
		sqlite3_value_free(s->items[--s->count].v);
	if (s->count == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 8;
		struct entry *larger = realloc(s->items, cap * sizeof(*larger));
		if (!larger)
			return;
		s->items = larger;
		s->cap = cap;
	}
	s->items[s->count++] = (struct entry){ sqlite3_value_dup(argv[2]), at };
}

FUNC(max_step) { best_step(ctx, argv, 1); }
FUNC(min_step) { best_step(ctx, argv, -1); }

FUNC(best_inverse)
{
	struct best *s;

	if (arg_null(argv[2]) || !(s = aggregate_state(ctx, sizeof(*s))))
		return;
	s->gone++;
	if (s->head < s->count && s->items[s->head].at < s->gone)
		sqlite3_value_free(s->items[s->head++].v);
}

static void best_value(sqlite3_context *ctx)
{
	struct best *s = aggregate_state(ctx, 0);

	if (s && s->head < s->count)
		sqlite3_result_value(ctx, s->items[s->head].v);
}

static void best_final(sqlite3_context *ctx)
{
	struct best *s = aggregate_state(ctx, 0);

	best_value(ctx);
	for (; s && s->head < s->count; s->head++)
		sqlite3_value_free(s->items[s->head].v);
	if (s) {
		free(s->items);
		s->items = NULL;
	}
}

#define EXTREMES(arg) \
	WINDOW_TYPED("max(" arg ")", "g_max", max_step, best_final, best_value, best_inverse), \
	WINDOW_TYPED("min(" arg ")", "g_min", min_step, best_final, best_value, best_inverse)

const struct func_row func_aggregate_list_rows[] = {
	WINDOW("string_agg(text,text)", "g_string_agg", 2, string_step, string_final, string_value, string_inverse),
	WINDOW("string_agg(bytea,bytea)", "g_bytes_agg", 2, string_step, bytes_final, bytes_value, string_inverse),
	WINDOW_TYPED("array_agg(anynonarray)", "g_array_agg", array_step, array_final, array_value, array_inverse),
	WINDOW_TYPED("array_agg(anyarray)", "g_array_agg", array_step, array_final, array_value, array_inverse),
	EXTREMES("numeric"), EXTREMES("interval"), EXTREMES("timetz"), EXTREMES("bpchar"), EXTREMES("inet"), EXTREMES("tid"), EXTREMES("anyarray"),
	END_OF_ROWS
};

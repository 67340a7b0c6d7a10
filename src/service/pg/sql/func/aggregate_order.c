/*
 * Aggregates with ORDER BY inside the call and WITHIN GROUP:
 *
 *	g_x_by(n, arg 1 .. arg n, key 1, how 1, key 2, how 2 ...)
 *
 * collects rows, sorts them, then runs the plain aggregate over them in order.
 * n + 256: DISTINCT; rows whose keys are all equal count once (the keys must
 * then cover the arguments, as PostgreSQL demands).
 */
#include "service/pg/sql/func/aggregate.h"
#include "service/pg/sql/func/library_state.h"

#define DISTINCT 256

void *aggregate_state(sqlite3_context *ctx, size_t size)
{
	struct sql_library *l = sql_env_of(ctx)->library;

	if (!l->ordered_state)
		return sqlite3_aggregate_context(ctx, (int)size);
	if (!*l->ordered_state && size)
		*l->ordered_state = calloc(1, size);
	return *l->ordered_state;
}

struct collected {
	struct arena *arena;        /* NULL until the first row */
	struct sorted rows;
	size_t cap;
	bool distinct;
};

static void collect(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	struct collected *c = sqlite3_aggregate_context(ctx, sizeof(*c));
	int n = argc ? (int)arg_int(argv[0]) & (DISTINCT - 1) : 0;

	if (!c)
		return;
	if (!c->arena) {
		c->arena = malloc(sizeof(*c->arena));
		if (!c->arena)
			return;
		arena_init(c->arena);
		c->distinct = arg_int(argv[0]) & DISTINCT;
		c->rows.nargs = n;
		c->rows.nkeys = (argc - 1 - n) / 2;
		c->rows.key_types = ARENA_ARRAY(c->arena, uint32_t, (size_t)c->rows.nkeys + 1);
		c->rows.how = ARENA_ARRAY(c->arena, int, (size_t)c->rows.nkeys + 1);
		for (int k = 0; k < c->rows.nkeys; k++) {
			int64_t how = arg_int(argv[1 + n + 2 * k + 1]);
			c->rows.how[k] = (int)(how & 3);
			c->rows.key_types[k] = (uint32_t)(how >> 8);
		}
	}
	if (c->rows.count == c->cap) {
		size_t cap = c->cap ? c->cap * 2 : 16;
		struct sorted_row *rows = realloc(c->rows.rows, cap * sizeof(*rows));
		if (!rows)
			return;
		c->rows.rows = rows;
		c->cap = cap;
	}
	struct sorted_row *r = &c->rows.rows[c->rows.count++];
	r->args = ARENA_ARRAY(c->arena, sqlite3_value *, (size_t)n + 1);
	for (int i = 0; i < n; i++)
		r->args[i] = sqlite3_value_dup(argv[1 + i]);
	r->keys = ARENA_ARRAY(c->arena, struct sql_datum, (size_t)c->rows.nkeys + 1);
	for (int k = 0; k < c->rows.nkeys; k++)
		r->keys[k] = datum_copy(c->arena, sql_datum_of(argv[1 + n + 2 * k]));
}

static int compare_rows(struct sql_env *env, const struct collected *c, const struct sorted_row *x, const struct sorted_row *y)
{
	for (int k = 0; k < c->rows.nkeys; k++) {
		bool nx = x->keys[k].kind == SQL_NULL, ny = y->keys[k].kind == SQL_NULL;
		if (nx || ny) {
			if (nx != ny)
				return (c->rows.how[k] & 2 ? ny - nx : nx - ny);
			continue;
		}
		int r = sql_type_compare(env, c->rows.key_types[k], x->keys[k], y->keys[k]);
		if (r)
			return c->rows.how[k] & 1 ? -r : r;
	}
	return 0;
}

/* Stable: rows that are equal stay in the order they came, as in PostgreSQL's usual plans. */
static void merge_sort(struct sql_env *env, const struct collected *c, struct sorted_row *rows, struct sorted_row *spare, size_t n)
{
	if (n < 2)
		return;
	size_t half = n / 2, i = 0, j = half, k = 0;
	merge_sort(env, c, rows, spare, half);
	merge_sort(env, c, rows + half, spare, n - half);
	if (compare_rows(env, c, &rows[half - 1], &rows[half]) <= 0)
		return;
	while (i < half || j < n)
		spare[k++] = j >= n || (i < half && compare_rows(env, c, &rows[i], &rows[j]) <= 0) ? rows[i++] : rows[j++];
	memcpy(rows, spare, n * sizeof(*rows));
}

struct ordered_arg {
	struct sql_env *env;
	const struct func_row *row;
	sorted_fn *sorted;
};

/*
 * The user pointer of every function is the env, so which aggregate ends is not
 * in it: each has a final of its own number, stamped below.
 */
#define ORDERED_MAX 160
static struct {
	const struct func_row *row;
	sorted_fn *sorted;
} ordered[ORDERED_MAX];
static int nordered;

static void finish(sqlite3_context *ctx, int which)
{
	struct collected *c = sqlite3_aggregate_context(ctx, 0);
	struct sql_env *env = sql_env_of(ctx);
	struct collected none = { 0 };
	void *state = NULL;

	if (!c)
		c = &none;
	struct sorted_row *spare = malloc((c->rows.count + 1) * sizeof(*spare));
	if (spare && c->rows.count)
		merge_sort(env, c, c->rows.rows, spare, c->rows.count);
	free(spare);
	size_t all = c->rows.count, kept = 0;
	for (size_t i = 0; i < all; i++) {
		if (c->distinct && kept && compare_rows(env, c, &c->rows.rows[kept - 1], &c->rows.rows[i]) == 0) {
			for (int k = 0; k < c->rows.nargs; k++)
				sqlite3_value_free(c->rows.rows[i].args[k]);
			continue;
		}
		c->rows.rows[kept++] = c->rows.rows[i];
	}
	c->rows.count = kept;
	if (ordered[which].sorted) {
		ordered[which].sorted(ctx, &c->rows);
	} else {
		const struct func_row *row = ordered[which].row;
		struct sql_library *l = env->library;
		void **before = l->ordered_state;
		l->ordered_state = &state;
		for (size_t i = 0; i < kept && !env->error; i++)
			row->call(ctx, c->rows.nargs, c->rows.rows[i].args);
		if (!env->error)
			row->final(ctx);
		l->ordered_state = before;
		free(state);
	}
	for (size_t i = 0; i < kept; i++)
		for (int k = 0; k < c->rows.nargs; k++)
			sqlite3_value_free(c->rows.rows[i].args[k]);
	free(c->rows.rows);
	if (c->arena) {
		arena_release(c->arena);
		free(c->arena);
		c->arena = NULL;
	}
}

#define F(n) static void finish_##n(sqlite3_context *ctx) { finish(ctx, n); }
#define F10(n) F(n##0) F(n##1) F(n##2) F(n##3) F(n##4) F(n##5) F(n##6) F(n##7) F(n##8) F(n##9)
F(0) F(1) F(2) F(3) F(4) F(5) F(6) F(7) F(8) F(9)
F10(1) F10(2) F10(3) F10(4) F10(5) F10(6) F10(7) F10(8) F10(9) F10(10) F10(11) F10(12) F10(13) F10(14) F10(15)
#undef F
#undef F10
#define F(n) finish_##n,
#define F10(n) F(n##0) F(n##1) F(n##2) F(n##3) F(n##4) F(n##5) F(n##6) F(n##7) F(n##8) F(n##9)
static void (*const finals[ORDERED_MAX])(sqlite3_context *ctx) = {
	F(0) F(1) F(2) F(3) F(4) F(5) F(6) F(7) F(8) F(9)
	F10(1) F10(2) F10(3) F10(4) F10(5) F10(6) F10(7) F10(8) F10(9) F10(10) F10(11) F10(12) F10(13) F10(14) F10(15)
};

int aggregate_order_register(sqlite3 *db, struct sql_env *env, const struct func_row *row)
{
	char name[128];
	int which = 0;
	sorted_fn *sorted = aggregate_sorted(row->impl.key);

	/* several keys may share one SQLite function */
	while (which < nordered && strcmp(ordered[which].row->impl.text, row->impl.text) != 0)
		which++;
	if (which == nordered) {
		if (nordered == ORDERED_MAX)
			return SQLITE_FULL;
		ordered[nordered++].row = row;
		ordered[which].sorted = sorted;
	}
	snprintf(name, sizeof(name), "%s_by", row->impl.text);
	return sqlite3_create_function_v2(db, name, -1, SQLITE_UTF8, env, NULL, collect, finals[which], NULL);
}

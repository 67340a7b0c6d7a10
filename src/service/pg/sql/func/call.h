/*
 * call: how a function of the library is written and listed.
 *
 *	STRICT(int4pl)
 *	{
 *		...arg_int(argv[0])...
 *		sqlite3_result_int64(ctx, sum);
 *	}
 *	const struct func_row func_int_rows[] = { CALL("int4pl", int4pl, 2), ... { 0 } };
 *
 * STRICT answers NULL when an argument is; FUNC is called with NULLs. TYPED ones
 * get (result type, type, argument, type, argument ...). INLINE rows are text.
 */
#ifndef SERVICE_PG_SQL_CALL_H
#define SERVICE_PG_SQL_CALL_H

#include "service/pg/sql/library.h"
#include "service/pg/sql/type/type.h"

typedef void call_fn(sqlite3_context *ctx, int argc, sqlite3_value **argv);

/* Produces the rows of a set: calls rows_add for each. False: raised. */
struct row_set;
typedef bool rows_fn(struct sql_env *env, struct row_set *rows, int argc, sqlite3_value **argv);

struct func_row {
	struct sql_impl impl;
	call_fn *call;              /* CALL, TYPED: the function; AGGREGATE: its step */
	void (*final)(sqlite3_context *ctx);
	void (*value)(sqlite3_context *ctx); /* windows */
	call_fn *inverse;
	rows_fn *rows;
	int nargs;                  /* of a call; of ROWS: hidden arguments at most; -1: any number */
	int ncolumns;               /* ROWS */
	bool volatile_;             /* may differ between calls with equal arguments */
};

#define FUNC(name) static void name(sqlite3_context *ctx, int argc __attribute__((unused)), \
				    sqlite3_value **argv __attribute__((unused)))
#define STRICT(name)                                                                               \
	static void name##_some(sqlite3_context *ctx, int argc, sqlite3_value **argv);             \
	static void name(sqlite3_context *ctx, int argc, sqlite3_value **argv)                     \
	{                                                                                          \
		if (!any_null(argc, argv))                                                         \
			name##_some(ctx, argc, argv);                                              \
	}                                                                                          \
	static void name##_some(sqlite3_context *ctx, int argc __attribute__((unused)),            \
				sqlite3_value **argv __attribute__((unused)))
/* The same for TYPED: arguments are at 2, 4, ...; their types before them. */
#define STRICT_TYPED(name)                                                                         \
	static void name##_some(sqlite3_context *ctx, int argc, sqlite3_value **argv);             \
	static void name(sqlite3_context *ctx, int argc, sqlite3_value **argv)                     \
	{                                                                                          \
		for (int i = 2; i < argc; i += 2)                                                  \
			if (sqlite3_value_type(argv[i]) == SQLITE_NULL)                            \
				return;                                                            \
		name##_some(ctx, argc, argv);                                                      \
	}                                                                                          \
	static void name##_some(sqlite3_context *ctx, int argc __attribute__((unused)),            \
				sqlite3_value **argv __attribute__((unused)))

#define CALL(key_, fn, n) { .impl = { .key = key_, .form = SQL_FORM_CALL }, .call = fn, .nargs = n }
#define CALL_VOLATILE(key_, fn, n) { .impl = { .key = key_, .form = SQL_FORM_CALL }, .call = fn, .nargs = n, .volatile_ = true }
#define TYPED(key_, fn) { .impl = { .key = key_, .form = SQL_FORM_TYPED }, .call = fn, .nargs = -1 }
#define INLINE(key_, text_) { .impl = { .key = key_, .form = SQL_FORM_INLINE, .text = text_ } }
#define AGGREGATE(key_, name_, n, step_, final_) \
	{ .impl = { .key = key_, .form = SQL_FORM_AGGREGATE, .text = name_ }, .call = step_, .final = final_, .nargs = n }
#define AGGREGATE_TYPED(key_, name_, step_, final_) \
	{ .impl = { .key = key_, .form = SQL_FORM_AGGREGATE, .text = name_, .typed = true }, .call = step_, .final = final_, .nargs = -1 }
#define WINDOW(key_, name_, n, step_, final_, value_, inverse_)                                    \
	{ .impl = { .key = key_, .form = SQL_FORM_AGGREGATE, .text = name_, .window = true }, .call = step_, .final = final_, \
	  .value = value_, .inverse = inverse_, .nargs = n }
#define WINDOW_TYPED(key_, name_, step_, final_, value_, inverse_)                                 \
	{ .impl = { .key = key_, .form = SQL_FORM_AGGREGATE, .text = name_, .typed = true, .window = true }, .call = step_, .final = final_, \
	  .value = value_, .inverse = inverse_, .nargs = -1 }
#define END_OF_ROWS { .nargs = 0 },
#define ROWS(key_, fn, n, cols) { .impl = { .key = key_, .form = SQL_FORM_ROWS }, .rows = fn, .nargs = n, .ncolumns = cols }
#define ROWS_TYPED(key_, fn, n, cols) \
	{ .impl = { .key = key_, .form = SQL_FORM_ROWS, .typed = true }, .rows = fn, .nargs = n, .ncolumns = cols }

static inline bool any_null(int argc, sqlite3_value **argv)
{
	for (int i = 0; i < argc; i++)
		if (sqlite3_value_type(argv[i]) == SQLITE_NULL)
			return true;
	return false;
}

static inline bool arg_null(sqlite3_value *v)
{
	return sqlite3_value_type(v) == SQLITE_NULL;
}

static inline int64_t arg_int(sqlite3_value *v)
{
	return sqlite3_value_int64(v);
}

static inline struct slice arg_text(sqlite3_value *v)
{
	const char *p = (const char *)sqlite3_value_text(v);
	return (struct slice){ p ? p : "", (size_t)sqlite3_value_bytes(v) };
}

static inline struct slice arg_blob(sqlite3_value *v)
{
	const char *p = sqlite3_value_blob(v);
	return (struct slice){ p ? p : "", (size_t)sqlite3_value_bytes(v) };
}

/* The NaN of value.h is a BLOB. */
double arg_double(sqlite3_value *v);

void result_text(sqlite3_context *ctx, struct slice s);
void result_blob(sqlite3_context *ctx, struct slice s);
void result_double(sqlite3_context *ctx, double d);
void result_bool(sqlite3_context *ctx, bool b);
/* The text written into a buf, which is released; a failed buf raises 54000. */
void result_buf(sqlite3_context *ctx, struct buf *b);
void result_buf_blob(sqlite3_context *ctx, struct buf *b);
/* As what an error raised in env ends the function. */
void result_raised(sqlite3_context *ctx);
/* A range, in its canonical form; what its type refuses is raised. */
struct range;
void result_range(sqlite3_context *ctx, uint32_t type, struct range *r);

/* Memory for one call. */
struct arena *scratch(struct sql_env *env);

/* ---- sets ---- */

/* One row; NULL values are SQL_NULL. Copies. */
void rows_add(struct row_set *rows, const struct sql_datum *values);
struct arena *rows_arena(struct row_set *rows);
size_t rows_count(const struct row_set *rows);
/* Registers the ROWS rows. */
int rows_register(sqlite3 *db, struct sql_env *env, const struct func_row *row);

/* ---- ordered aggregates: see func/aggregate_order.c ---- */
int aggregate_order_register(sqlite3 *db, struct sql_env *env, const struct func_row *row);

#endif

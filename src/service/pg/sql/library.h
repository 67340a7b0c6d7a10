/*
 * library: PostgreSQL's types and functions, as SQLite runs them.
 *
 * An implementation is found by pg_proc.prosrc ("int4pl", "timestamptz_trunc"),
 * which names what a function does whatever SQL name, operator or cast leads to
 * it; aggregates, whose prosrc says nothing, by their signature ("sum(int4)").
 * A function that is not in the library does not run: 0A000 with its name.
 *
 * It must never learn of tables, transactions or wires.
 */
#ifndef SERVICE_PG_SQL_LIBRARY_H
#define SERVICE_PG_SQL_LIBRARY_H

#include "base/buf.h"
#include "service/pg/sql/env.h"

enum sql_form {
	SQL_FORM_INLINE,  /* `text` is a SQLite expression with $1, $2: "($1 < $2 COLLATE pg_numeric)". Strictness is the
			     template's own affair: SQLite's operators are strict */
	SQL_FORM_CALL,    /* a SQLite function of that name: p_<prosrc>(args). Is called with NULLs only when pg_proc
			     says it is not strict: strict ones answer NULL by themselves (the registrar wraps them) */
	SQL_FORM_TYPED,   /* as CALL, but p_<prosrc>(result type, argument type, argument, argument type, argument ...):
			     for polymorphic ones and "any" */
	SQL_FORM_AGGREGATE, /* a SQLite aggregate (or window aggregate) g_<name>, see below */
	SQL_FORM_ROWS,    /* a set: a table-valued function s_<prosrc>(args), see below */
};

struct sql_impl {
	const char *key;        /* prosrc, or "sum(int4)" for an aggregate */
	enum sql_form form;
	const char *text;       /* INLINE: the template; AGGREGATE: SQLite's name of the function */
	bool typed;             /* AGGREGATE and ROWS: called as TYPED is */
	bool window;            /* AGGREGATE: may be used with OVER (has an inverse) */
};

/* NULL: not supported. */
const struct sql_impl *sql_impl_find(const char *key);
/* All of them by key, at most `max`; returns how many there are. */
size_t sql_impl_list(const struct sql_impl **list, size_t max);

/*
 * Aggregates get their arguments; with ORDER BY inside the call (or WITHIN GROUP)
 * the name is g_<name>_by and the sort keys follow: g_x_by(n, arg 1 .. arg n,
 * key 1, how 1, key 2, how 2 ...), how being an integer: bit 0 descending, bit 1
 * NULLs first, plus the type of the key shifted by 8. DISTINCT is SQLite's own, but
 * not with more than one argument or with ORDER BY: there n + 256 says DISTINCT and the
 * keys must cover the arguments. Keys spell types as pg_type.typname does ("sum(int4)",
 * "count(any)", "percentile_cont(float8,float8)"; "array_agg(anyarray)").
 * Table-valued functions have the columns c1 .. cn and `ord` (from 1), and their
 * arguments as hidden columns, so that s_x(t.a) may follow t in FROM.
 */

/*
 * For casts that pg_cast has no function for, on every connection:
 *	p_type_out(type, value)            its text: a cast to text by the output function
 *	p_type_in(type, modifier, text)    a value from text: a cast by the input function
 *	p_array_cast(from, to, modifier, explicit, array)   item by item; from, to: array types
 * Functions with a default in pg_proc get all their arguments, those that are VARIADIC "any" the
 * single ones. For syntax without a function:
 *	p_array_make(array type, item ...), p_array_make_of_arrays(array type, array ...)   ARRAY[...]
 *	p_array_get(array type, array, subscript ...)          NULL outside
 *	p_array_slice(array type, array, low, high ...)        NULL: the array's own bound
 *	p_array_set(array type, array, value, subscript ...)
 *	p_array_any(type, operator, value, array type, array)  and p_array_all: = <> < <= > >=
 */

/* Registers everything on a connection. SQLITE_OK, or SQLite's code. */
int sql_library_register(sqlite3 *db, struct sql_env *env);

/* ---- types ------------------------------------------------------------- */

/*
 * Text to value, as the type's input function; `typmod` is applied as an
 * explicit or assignment cast would (-1: none). False: raised in env. The value
 * is env->arena's. Binary forms as on the wire.
 */
bool sql_type_in(struct sql_env *env, uint32_t type, int32_t typmod, struct slice text, struct sql_datum *out);
bool sql_type_recv(struct sql_env *env, uint32_t type, int32_t typmod, struct slice binary, struct sql_datum *out);
/* Value (not NULL) to text by the session's settings, or to binary. False: raised. */
bool sql_type_out(struct sql_env *env, uint32_t type, struct sql_datum v, struct buf *out);
bool sql_type_send(struct sql_env *env, uint32_t type, struct sql_datum v, struct buf *out);
/* <0, 0, >0 as the type's default btree order; NULLs are equal and above everything. */
int sql_type_compare(struct sql_env *env, uint32_t type, struct sql_datum a, struct sql_datum b);
/* "pg_numeric", or NULL when SQLite's own order is right. Makes pg_of_<oid> when needed. */
const char *sql_type_collation(struct sql_env *env, uint32_t type);
/* "numeric(12,2)", "timestamp with time zone", "text[]": format_type(). Appends. */
void sql_type_format(struct sql_env *env, uint32_t type, int32_t typmod, struct buf *out);
/* The modifier of numeric(12,2) and its like, from the integers (or interval
 * fields) in the text. False: raised. */
bool sql_type_modifier(struct sql_env *env, uint32_t type, const int32_t *args, size_t count, int32_t *typmod);
/* The SQLite expression that applies a modifier in a cast, or NULL when the type has none:
 * used as printf format with the expression: "p_numeric(%s, 786438)". `explicit`: ::varchar(3) cuts,
 * an assignment refuses with 22001. */
bool sql_type_cast_modifier(struct sql_env *env, uint32_t type, int32_t typmod, bool is_explicit, struct slice expr,
			    struct buf *out);

#endif

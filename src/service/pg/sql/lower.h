/*
 * lower: from the analysed tree to SQLite's text.
 *
 * A lowering makes one SQLite statement. Every range table entry is t<id> with
 * columns c<n>; every query gives c1 .. cn. What a statement needs from outside
 * (parameters, literals, columns of a query around a LATERAL one) are ?k, and the
 * list of them says what to bind. For this header's own files and plan.c.
 */
#ifndef SERVICE_PG_SQL_LOWER_H
#define SERVICE_PG_SQL_LOWER_H

#include "service/pg/sql/analyse.h"

#define SQL_TEXT_MAX (256u * 1024 * 1024) /* bytes of one statement for SQLite */

/* A value bound to the statement: a parameter, a literal of the text, or a constant. */
struct sql_bind {
	enum { SQL_BIND_PARAM, SQL_BIND_LITERAL, SQL_BIND_VALUE, SQL_BIND_QUERY } kind; /* QUERY: what `text` gives, with the others bound */
	int number;             /* parameter, from 1 */
	uint32_t type;
	int32_t typmod;
	int location;           /* of a literal */
	struct slice text;      /* of a literal */
	/* which literal of the text it is, and whether with the minus before it; -1: none, it stands `behind` bytes
	 * after the end of literal `after`, or from the text's begin (-1). plan_cache.c */
	int literal, after, behind;
	bool negative;
	const bool *fixed;      /* the plan holds for this value only */
	struct sql_datum value;
};

struct sql_binds {
	struct sql_bind *list;
	size_t n, cap;
};

/* A range table entry whose columns are ?(base + n) here. */
struct sql_cut {
	const struct sql_rte *rte;
	int base;
	int version;            /* rowid, xmin and xmax are ?(version + 1) and the next; 0: not there */
};

struct sql_plan;

struct sql_lower {
	struct sql_analyser *an;
	struct sql_lower *parent;   /* where the text of an argument is made */
	struct sql_binds *binds;    /* of the whole plan */
	bool direct;                /* binds are ?(bind_base + n) here; else they are arguments */
	int bind_base;
	struct sql_cut cuts[3];
	size_t ncuts;
	/* Arguments from the parent: ?(arg_base + k), with their text there. */
	int arg_base;
	const char **args;
	size_t nargs, arg_cap;
	/* One of GROUPING SETS: what is not in it is NULL. */
	const struct sql_query *set_query;
	uint64_t set;
	/* Instead of expressions: what was computed below. */
	struct sql_swap {
		const struct sql_expr *expr;
		const char *text;
	} *swaps;
	size_t nswaps, swap_cap;
	const struct sql_rte *recheck; /* read as "rowid = ?R" */
	int recheck_param;
	int depth;
	struct sql_plan *plan;  /* where a SELECT ... FOR UPDATE inside of another statement becomes a step */
	bool inline_literals;   /* constants are written out: nothing is bound */
};

void sql_lower_init(struct sql_lower *l, struct sql_analyser *an, struct sql_binds *binds);
/* A statement of its own inside another: LATERAL, a row program. */
void sql_lower_inner(struct sql_lower *l, struct sql_lower *parent);

/* All false: raised. */
bool sql_lower_expr(struct sql_lower *l, struct sql_expr *e, struct buf *out);
bool sql_lower_query(struct sql_lower *l, struct sql_query *q, struct buf *out);
/* plan.c: makes a step of a query that locks rows, and reads what the step kept. */
bool sql_lower_locking(struct sql_lower *l, struct sql_query *q, struct buf *out);
/* FROM without the word; the entries become readable as t<id>. */
bool sql_lower_from(struct sql_lower *l, struct sql_from **from, size_t n, struct sql_query *q, struct buf *out);
bool sql_lower_ctes(struct sql_lower *l, struct sql_cte **ctes, size_t n, bool recursive, struct buf *out);
bool sql_lower_sort_key(struct sql_lower *l, const struct sql_sort *k, const char *text, struct buf *out);
bool sql_lower_window(struct sql_lower *l, const struct sql_window *w, struct buf *out);
/* The call of a set-returning function as a table: s_x(args). */
bool sql_lower_set(struct sql_lower *l, const struct sql_expr *e, struct buf *out);
bool sql_lower_list(struct sql_lower *l, struct sql_expr *const *list, size_t n, struct buf *out);

/* Kinds of expressions, file by file: sql_lower_expr tells them apart. lower_value.c: */
bool sql_lower_constant(struct sql_lower *l, const struct sql_expr *e, struct buf *out);
void sql_lower_param(struct sql_lower *l, const struct sql_expr *e, struct buf *out);
/* The one value of a query of SQLite's, which is run when the statement begins. */
void sql_lower_computed(struct sql_lower *l, struct slice query, struct buf *out);
bool sql_lower_column(struct sql_lower *l, const struct sql_expr *e, struct buf *out);
/* lower_call.c */
const struct sql_impl *sql_lower_impl(struct sql_lower *l, const struct sql_expr *e);
/* The result's type, then type, argument, type, argument ... */
bool sql_lower_typed(struct sql_lower *l, uint32_t result, struct sql_expr *const *list, size_t n, struct buf *out);
void sql_lower_name(const char *prefix, const char *name, struct buf *out);
bool sql_lower_call(struct sql_lower *l, const struct sql_expr *e, struct buf *out);
/* lower_aggregate.c */
bool sql_lower_aggregate(struct sql_lower *l, const struct sql_expr *e, struct buf *out);
bool sql_lower_window_call(struct sql_lower *l, const struct sql_expr *e, struct buf *out);
/* lower_compare.c; _alike: whether SQLite's own comparison, with the type's collation, is the operator's */
bool sql_lower_alike(struct sql_lower *l, uint32_t a, uint32_t b);
bool sql_lower_distinct(struct sql_lower *l, const struct sql_expr *e, struct buf *out);
bool sql_lower_any_query(struct sql_lower *l, const struct sql_expr *e, struct buf *out);
bool sql_lower_any_array(struct sql_lower *l, const struct sql_expr *e, struct buf *out);
bool sql_lower_in_array(struct sql_lower *l, const struct sql_expr *e, struct buf *out);
bool sql_lower_in_list(struct sql_lower *l, const struct sql_expr *e, struct buf *out);
bool sql_lower_in_query(struct sql_lower *l, const struct sql_expr *e, struct buf *out);
/* What a record's value says its fields are, as a SQLite string: see type/composite.h. */
void sql_lower_head(const struct sql_rte_column *columns, size_t n, struct buf *out);
/* (query) */
bool sql_lower_subquery(struct sql_lower *l, struct sql_query *q, struct buf *out);
/* " COLLATE x" when the type's order needs it. */
void sql_lower_collate(struct sql_lower *l, uint32_t type, struct buf *out);
void sql_lower_swap(struct sql_lower *l, const struct sql_expr *e, const char *text);
/* ?k of something of the parent's; `text` is how it is written there. */
void sql_lower_arg(struct sql_lower *l, const char *text, struct buf *out);
void sql_lower_string(struct slice s, struct buf *out);
const char *sql_lower_detach(struct sql_lower *l, struct buf *b);
/* Whether a query refers to columns of this one's FROM. */
bool sql_refers_to(struct sql_query *inner, struct sql_expr *expr, const struct sql_query *outer);

/* "calls side by side": FROM of sets that end at different rows. */
bool sql_lower_side_by_side(struct sql_lower *l, const char *const *calls, size_t n, const char *const *names, struct buf *out);

/* Puts a statement that stands for itself (LATERAL) into the table function's call: q_rows(text, args). */
bool sql_lower_lateral(struct sql_lower *l, struct sql_query *q, struct buf *out);

#endif

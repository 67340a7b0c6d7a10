/*
 * analyse: from PostgreSQL's parse tree to the analysed tree.
 *
 * Names, types, coercions, as the manual's chapters 4, 7 and 10 say; what is wrong
 * is raised with PostgreSQL's words and place. This header is for the analysis'
 * own files; others call sql_analyse_statement and the calls of compile.h.
 *
 * Everything returns NULL or false after an error was raised in the env.
 */
#ifndef SERVICE_PG_SQL_ANALYSE_H
#define SERVICE_PG_SQL_ANALYSE_H

#include "service/pg/sql/oids.h"
#include "service/pg/sql/session.h"
#include "service/pg/sql/tree.h"

/* What an expression stands in: decides what it may hold. */
enum sql_clause {
	SQL_IN_SELECT, SQL_IN_WHERE, SQL_IN_JOIN, SQL_IN_GROUP, SQL_IN_HAVING, SQL_IN_ORDER, SQL_IN_DISTINCT, SQL_IN_LIMIT,
	SQL_IN_OFFSET, SQL_IN_VALUES, SQL_IN_FROM_FUNCTION, SQL_IN_WINDOW, SQL_IN_FILTER, SQL_IN_SET, SQL_IN_RETURNING,
	SQL_IN_CHECK, SQL_IN_DEFAULT, SQL_IN_GENERATED, SQL_IN_INDEX, SQL_IN_PREDICATE, SQL_IN_USING, SQL_IN_MERGE,
	SQL_IN_INSERT, SQL_IN_EXECUTE, SQL_IN_COPY,
};

struct sql_seen {           /* a range table entry as names find it */
	struct sql_rte *rte;
	bool by_name;       /* as a qualifier */
	bool by_column;     /* its columns without a qualifier */
	bool lateral_only;  /* an item to the left of one in FROM */
	bool lateral_ok;    /* LATERAL may refer to it */
};

struct sql_scope {
	struct sql_scope *parent;
	struct sql_query *query;
	struct sql_seen *seen;
	size_t nseen, cap;
	struct sql_cte **ctes;
	size_t nctes;
	const PgQuery__WithClause *with; /* that is being analysed */
	enum sql_clause clause;
	bool lateral;       /* a LATERAL item is being analysed: the left ones are seen */
	bool in_aggregate, in_window;
	PgQuery__WindowDef **windows; /* WINDOW clause */
	size_t nwindows;
	bool outer_barrier; /* an item of FROM that is not LATERAL */
};

struct sql_analyser {
	struct sql_session *session;
	struct sql_env *env;
	struct arena *arena;
	struct slice text;      /* where locations point */
	struct sql_scope *scope;
	uint32_t *params;       /* types; 0: not known yet */
	size_t nparams, param_cap;
	bool params_fixed;      /* no more parameters than these */
	bool no_params;         /* "there is no parameter $1" */
	int next_id;
	int depth;
	bool uncacheable;
	bool no_positions;
	bool rewrite;           /* the tree is a copy: names in it become qualified, stars the columns they stand for */
	bool keep_unknown;      /* the next subquery's columns may stay of unknown type: INSERT ... SELECT */
	uint32_t *relations;    /* that it refers to */
	size_t nrelations, relation_cap;
	struct sql_cte *pending; /* a recursive CTE whose UNION is analysed next */
	struct sql_cte **all_ctes; /* writing ones, in order */
	size_t nwriting, writing_cap;
};

void sql_analyser_init(struct sql_analyser *an, struct sql_session *s, struct slice text, struct arena *a);
/* The whole statement: SELECT, VALUES, INSERT, UPDATE, DELETE, MERGE. */
struct sql_tree_statement *sql_analyse_tree(struct sql_analyser *an, PgQuery__Node *statement);

/* ---- errors: analyse_error.c ---- */

/* Raises at a byte of the text (-1: no place). Returns NULL, so that callers may return it. */
void *sql_wrong(struct sql_analyser *an, int location, const char *sqlstate, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void *sql_wrong_hint(struct sql_analyser *an, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void *sql_wrong_detail(struct sql_analyser *an, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void *sql_unsupported(struct sql_analyser *an, int location, const char *what);
/* "integer", as messages name a type. */
const char *sql_type_words(struct sql_analyser *an, uint32_t type);
/* Gives the error that was raised a place, unless it has one. */
void sql_error_at(struct sql_analyser *an, int location);
/* 0A000 when there is a set-returning function in it. */
bool sql_no_sets(struct sql_analyser *an, struct sql_expr *e, const char *words);
int sql_location_of(const PgQuery__Node *n);

/* ---- types: analyse_type.c ---- */

const struct sql_type *sql_type_of(struct sql_analyser *an, uint32_t oid); /* never NULL: unknown types look like text */
uint32_t sql_base_type(struct sql_analyser *an, uint32_t type);
uint32_t sql_base_type_mod(struct sql_analyser *an, uint32_t type, int32_t *typmod);
bool sql_resolve_type(struct sql_analyser *an, const PgQuery__TypeName *name, uint32_t *type, int32_t *typmod);
/* A type by name without an error; 0: none. */
uint32_t sql_lookup_type(struct sql_analyser *an, const PgQuery__TypeName *name);
bool sql_is_polymorphic(uint32_t type);

/* ---- expressions ---- */

struct sql_expr *sql_expr_new(struct sql_analyser *an, enum sql_expr_kind kind, uint32_t type, int location);
struct sql_expr *sql_expr_args(struct sql_analyser *an, enum sql_expr_kind kind, uint32_t type, int location, size_t nargs, ...);
struct sql_expr *sql_null(struct sql_analyser *an, uint32_t type);
struct sql_expr *sql_int_const(struct sql_analyser *an, uint32_t type, int64_t value);
struct sql_expr *sql_bool_const(struct sql_analyser *an, bool value);
struct sql_expr *sql_column_expr(struct sql_analyser *an, struct sql_rte *rte, int number, int location);
/* Whether they compute the same; marks literals on whose value the answer depends. */
bool sql_expr_same(const struct sql_expr *a, const struct sql_expr *b);
/* Calls `see` for every expression below, itself first; false stops below it. Queries inside are visited too. */
void sql_expr_walk(struct sql_expr *e, bool (*see)(struct sql_expr *e, void *of), void *of);
void sql_query_walk(struct sql_query *q, bool (*see)(struct sql_expr *e, void *of), void *of);

struct sql_expr *sql_analyse_expr(struct sql_analyser *an, PgQuery__Node *n);               /* analyse_expr.c */
struct sql_expr *sql_analyse_clause(struct sql_analyser *an, PgQuery__Node *n, enum sql_clause clause);
struct sql_expr *sql_analyse_condition(struct sql_analyser *an, PgQuery__Node *n, enum sql_clause clause, const char *words);
struct sql_expr **sql_analyse_list(struct sql_analyser *an, PgQuery__Node **nodes, size_t n);
struct sql_expr *sql_analyse_operation(struct sql_analyser *an, const PgQuery__AExpr *e);   /* analyse_operator.c */
struct sql_expr *sql_analyse_row(struct sql_analyser *an, const PgQuery__RowExpr *r);
/* AND or OR of two; one may be NULL. */
struct sql_expr *sql_expr_both(struct sql_analyser *an, enum sql_expr_kind kind, struct sql_expr *a, struct sql_expr *b);
/* analyse_array.c; `array_type` 0: find out */
struct sql_expr *sql_analyse_array(struct sql_analyser *an, const PgQuery__AArrayExpr *a, uint32_t array_type, int32_t typmod, bool is_explicit);
/* of[1][2:3]: items are A_Indices. */
struct sql_expr *sql_analyse_subscripts(struct sql_analyser *an, struct sql_expr *of, PgQuery__Node **items, size_t n);
/* WHERE CURRENT OF: analyse_write.c */
struct sql_expr *sql_analyse_current(struct sql_analyser *an, const PgQuery__CurrentOfExpr *c);
struct sql_expr *sql_analyse_indirection(struct sql_analyser *an, const PgQuery__AIndirection *ind);
struct sql_expr *sql_analyse_call(struct sql_analyser *an, const PgQuery__FuncCall *f);     /* analyse_call.c */
struct sql_expr *sql_analyse_sublink(struct sql_analyser *an, const PgQuery__SubLink *s);   /* analyse_sublink.c */
struct sql_expr *sql_analyse_column(struct sql_analyser *an, const PgQuery__ColumnRef *c);  /* analyse_name.c */
struct sql_rte *sql_find_rte(struct sql_analyser *an, const char *schema, const char *name);
/* A field of a composite value; NULL with an error. */
struct sql_expr *sql_field_of(struct sql_analyser *an, struct sql_expr *e, const char *name, int location);
/* What an expression of type record is made of, as far as its text says; NULL: it does not. */
struct sql_rte_column *sql_record_columns(struct sql_analyser *an, const struct sql_expr *e, size_t *n);
struct sql_expr *sql_record_field(struct sql_analyser *an, struct sql_expr *e, const struct sql_rte_column *column, size_t i, int location);
struct sql_expr *sql_row_compare(struct sql_analyser *an, PgQuery__Node *op, const char *name, struct sql_expr **left, size_t nleft,
				 struct sql_expr **right, size_t nright, int location);

/* ---- coercion: coerce.c ---- */

enum sql_context { SQL_IMPLICIT, SQL_ASSIGNMENT, SQL_EXPLICIT };
bool sql_can_coerce(struct sql_analyser *an, uint32_t from, uint32_t to, enum sql_context c);
bool sql_can_coerce_all(struct sql_analyser *an, size_t n, const uint32_t *from, const uint32_t *to, enum sql_context c);
/* Without asking whether it may. */
struct sql_expr *sql_coerce(struct sql_analyser *an, struct sql_expr *e, uint32_t type, int32_t typmod, enum sql_context c, int location);
/* With the modifier. NULL without an error: there is no such cast. */
struct sql_expr *sql_coerce_to(struct sql_analyser *an, struct sql_expr *e, uint32_t type, int32_t typmod, enum sql_context c,
			       int location);
struct sql_expr *sql_coerce_modifier(struct sql_analyser *an, struct sql_expr *e, uint32_t type, int32_t typmod, enum sql_context c);
struct sql_expr *sql_coerce_bool(struct sql_analyser *an, struct sql_expr *e, const char *construct);
struct sql_expr *sql_coerce_common(struct sql_analyser *an, struct sql_expr *e, uint32_t type, const char *construct);
/* The type of UNION, CASE ...; 0: raised. `construct` NULL: 0 without an error. */
uint32_t sql_common_type(struct sql_analyser *an, struct sql_expr **list, size_t n, const char *construct, struct sql_expr **which);
int32_t sql_common_typmod(struct sql_expr **list, size_t n, uint32_t type);
/* An output column of unknown type is text. */
struct sql_expr *sql_settle(struct sql_analyser *an, struct sql_expr *e);

/* ---- functions and operators: resolve.c ---- */

struct sql_candidate {
	const struct sql_proc *proc;
	const struct sql_operator *operator;
	uint32_t *types;        /* nargs, variadic ones spread out */
	size_t nargs;
	bool spread;            /* the last ones go into a VARIADIC array */
	size_t ndefaults;       /* used */
	int *order;             /* named notation: parameter of each argument; NULL */
};
/* Of several the one that PostgreSQL takes, or NULL. */
struct sql_candidate *sql_choose(struct sql_analyser *an, const uint32_t *types, size_t n, struct sql_candidate *list, size_t *count);
/* Replaces the declared polymorphic types by actual ones; 0: raised. */
uint32_t sql_settle_polymorphic(struct sql_analyser *an, const struct sql_expr *const *args, uint32_t *actual, uint32_t *declared,
				size_t n, uint32_t returns, int location);
/* What a polymorphic OUT parameter of this call is. */
uint32_t sql_out_type(struct sql_analyser *an, const struct sql_expr *call, uint32_t declared);
bool sql_polymorphic_fits(struct sql_analyser *an, const uint32_t *actual, const uint32_t *declared, size_t n);
struct sql_expr *sql_operate(struct sql_analyser *an, PgQuery__Node **name, size_t nname, struct sql_expr *left, struct sql_expr *right,
			     int location);
struct sql_expr *sql_operate_named(struct sql_analyser *an, const char *name, struct sql_expr *left, struct sql_expr *right, int location);
/* A call of a function with these arguments, by its source: for what the grammar does not spell. */
struct sql_expr *sql_call_proc(struct sql_analyser *an, const struct sql_proc *p, struct sql_expr **args, size_t nargs, int location);
/* The equality operator of a type, for GROUP BY, IN and NULLIF: raised when there is none (42883). */
bool sql_has_equality(struct sql_analyser *an, uint32_t type);
bool sql_has_order(struct sql_analyser *an, uint32_t type);

/* ---- FROM, SELECT ---- */

struct sql_scope *sql_scope_push(struct sql_analyser *an, struct sql_query *q);
void sql_scope_pop(struct sql_analyser *an);
struct sql_seen *sql_see(struct sql_analyser *an, struct sql_rte *rte, bool by_name, bool by_column);
struct sql_rte *sql_rte_new(struct sql_analyser *an, enum sql_rte_kind kind, const char *name);
struct sql_rte *sql_rte_relation(struct sql_analyser *an, const PgQuery__RangeVar *r);
/* The relation that a name stands for; NULL: raised 42P01. */
const struct sql_relation *sql_find_relation(struct sql_analyser *an, const PgQuery__RangeVar *r);
struct sql_from *sql_analyse_from_item(struct sql_analyser *an, PgQuery__Node *n);
bool sql_analyse_from(struct sql_analyser *an, PgQuery__Node **items, size_t n, struct sql_query *q);
struct sql_query *sql_analyse_select(struct sql_analyser *an, const PgQuery__SelectStmt *s);
/* A subquery in its own scope below the current one. */
struct sql_query *sql_analyse_subquery(struct sql_analyser *an, PgQuery__Node *n);
bool sql_analyse_with(struct sql_analyser *an, const PgQuery__WithClause *w, struct sql_cte ***ctes, size_t *n, bool *recursive);
/* A select list; stars are expanded. */
bool sql_analyse_targets(struct sql_analyser *an, PgQuery__Node **list, size_t n, enum sql_clause clause, struct sql_target **targets,
			 size_t *count);
const char *sql_target_name(PgQuery__Node *n);
bool sql_alias_columns(struct sql_analyser *an, struct sql_rte *rte, const PgQuery__Alias *alias, const char *what);
struct sql_rte_column *sql_query_columns(struct sql_analyser *an, const struct sql_query *q, size_t *n);
/* The place in the select list that a node of ORDER BY, GROUP BY or DISTINCT ON means, from 1; 0: raised. */
size_t sql_find_target(struct sql_analyser *an, PgQuery__Node *n, struct sql_query *q, enum sql_clause clause, bool plain_expressions);
bool sql_recursion_plain(struct sql_analyser *an, const struct sql_query *right);
bool sql_cte_columns(struct sql_analyser *an, struct sql_cte *cte, const struct sql_query *q);
bool sql_analyse_group(struct sql_analyser *an, const PgQuery__SelectStmt *s, struct sql_query *q);
/* No GROUPING() in a query that does not group. */
bool sql_no_grouping(struct sql_analyser *an, struct sql_query *q);
bool sql_check_grouping(struct sql_analyser *an, struct sql_query *q);
struct sql_window *sql_analyse_window(struct sql_analyser *an, const PgQuery__WindowDef *w);
bool sql_analyse_sort(struct sql_analyser *an, PgQuery__Node **list, size_t n, struct sql_query *q, enum sql_clause clause,
		      struct sql_sort **sort, size_t *nsort);

/* ---- INSERT, UPDATE, DELETE, MERGE: analyse_write.c ---- */
struct sql_write_query *sql_analyse_write(struct sql_analyser *an, PgQuery__Node *n);

#endif

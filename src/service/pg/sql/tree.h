/*
 * tree: an analysed statement: every name resolved, every expression typed.
 *
 * What the analysis makes and the lowering reads. All of it is one arena's. A
 * column is a pointer to the range table entry it comes from, so nesting needs
 * no counting of levels.
 */
#ifndef SERVICE_PG_SQL_TREE_H
#define SERVICE_PG_SQL_TREE_H

#include "service/pg/sql/ast.h"
#include "service/pg/sql/catalog.h"
#include "service/pg/sql/facts/facts.h"
#include "service/pg/sql/library.h"

struct sql_query;
struct sql_rte;
struct sql_expr;

enum sql_expr_kind {
	SQL_X_CONST,     /* literal, or a constant value */
	SQL_X_PARAM,     /* number */
	SQL_X_COLUMN,    /* rte, number: from 1; of a relation: attnum; negative: system column */
	SQL_X_ROWOF,     /* rte: the whole row */
	SQL_X_CALL,      /* proc, args */
	SQL_X_AGGREGATE, /* proc, args, ndirect, sort, filter, distinct, star; window when OVER */
	SQL_X_WINDOW,    /* a pure window function: proc, args, window */
	SQL_X_SET,       /* a set-returning function in a select list: proc, args; number: its place among them */
	SQL_X_AND, SQL_X_OR, SQL_X_NOT,
	SQL_X_CASE,      /* args: condition, result, ..., else (or NULL at the end) */
	SQL_X_COALESCE, SQL_X_GREATEST, SQL_X_LEAST,
	SQL_X_NULLIF,    /* args: value, comparison */
	SQL_X_ISNULL,    /* negated */
	SQL_X_BOOLTEST,  /* number: 0 false, 1 true, 2 unknown; negated */
	SQL_X_DISTINCT,  /* args: a, b, equality; negated: IS NOT DISTINCT FROM */
	SQL_X_EXISTS,    /* query */
	SQL_X_SCALAR,    /* query: one row's one column */
	SQL_X_ARRAYSUB,  /* query: ARRAY(SELECT ...) */
	SQL_X_ANYSUB,    /* args[0]: condition over the query's columns (X_COLUMN of `rte`); number: 1 ANY, 0 ALL */
	SQL_X_INSUB,     /* args: left sides; query; plain equality */
	SQL_X_MULTI,     /* query: column `number` of a row subquery: UPDATE SET (a, b) = (SELECT ...) */
	SQL_X_INLIST,    /* args[0] IN args[1..]; negated */
	SQL_X_ANYARRAY,  /* args[0]: condition over X_COLUMN 1 of `rte`, args[1]: the array; number: 1 ANY, 0 ALL */
	SQL_X_INARRAY,   /* args[0] = ANY (args[1]), plainly */
	SQL_X_ARRAY,     /* args: elements; number: 1 when they are arrays */
	SQL_X_ROW,       /* args: fields */
	SQL_X_CAST,      /* args[0]; method */
	SQL_X_COLLATE,   /* args[0] */
	SQL_X_SUBSCRIPT, /* args[0], then subscripts; negated: slices, pairs with NULLs left out as NULL pointers;
			  * number: of jsonb, bit i: subscript i is an integer */
	SQL_X_FIELD,     /* args[0]: composite; number: from 1 */
	SQL_X_PUT,       /* args[0] with args[1] at the subscripts that follow, as of X_SUBSCRIPT; negated: slices */
	SQL_X_PUTFIELD,  /* args[0] with args[1] as its field `number` */
	SQL_X_VALUE,     /* CURRENT_DATE and kin; number: SQLValueFunctionOp */
	SQL_X_GROUPING,  /* args */
	SQL_X_DEFAULT,
	SQL_X_RAW,       /* text: SQLite's own, made by the lowering */
};

enum sql_cast_method {
	SQL_CAST_SAME,   /* relabelled: stored alike */
	SQL_CAST_IO,     /* out, then in */
	SQL_CAST_MODIFIER, /* length or precision; number: explicit */
	SQL_CAST_ARRAY,  /* args[1]: the cast of X_COLUMN 1 of `rte` */
	SQL_CAST_DOMAIN, /* checks */
	SQL_CAST_ROW,    /* row to composite, field by field; args[0] X_ROW */
};

struct sql_sort {
	struct sql_expr *expr;
	bool descending, nulls_first;
	size_t target;          /* of the select list, from 1; 0: none of them */
};

struct sql_window {
	const char *name;       /* OVER name */
	struct sql_expr **partition;
	size_t npartition;
	struct sql_sort *sort;
	size_t nsort;
	int32_t frame;          /* FRAMEOPTION_ bits of parsenodes.h */
	struct sql_expr *start, *end;
};

struct sql_expr {
	enum sql_expr_kind kind;
	uint32_t type;
	int32_t typmod;
	int location;           /* byte in the statement's text; -1: none */
	uint32_t collation;     /* explicit COLLATE; 0 */
	struct sql_expr **args;
	size_t nargs;
	const struct sql_proc *proc;
	const struct sql_operator *operator; /* that the call is written as */
	struct sql_rte *rte;
	int number;
	bool negated;
	struct sql_query *query;
	struct sql_window *window;
	struct sql_sort *sort;
	size_t nsort, ndirect;
	struct sql_expr *filter;
	bool distinct, star, variadic;
	bool syntax;            /* a call that SQL spells otherwise: EXTRACT(x FROM y) */
	char form;              /* of a conversion: e written as a cast, i implied; 0: a call by its name */
	enum sql_cast_method method;
	/* X_CONST: a literal is kept as text until its type is known. */
	bool null, literal;     /* literal: stands at `location` of the text, may be stripped */
	bool *fixed;            /* of a literal: whether the plan depends on its value; shared by its copies */
	struct slice text;
	struct sql_datum value; /* when not a literal */
	const char *name;       /* of a field, of X_VALUE */
};

struct sql_rte_column {
	const char *name;
	uint32_t type;
	int32_t typmod;
	uint32_t table_oid;     /* where it comes from, for RowDescription */
	int16_t attnum;
	uint32_t collation;
	bool hidden;            /* dropped: not in *, not found by name */
	struct sql_expr *expr;  /* of a join's merged column: what it stands for */
};

enum sql_rte_kind { SQL_RTE_RELATION, SQL_RTE_QUERY, SQL_RTE_FUNCTION, SQL_RTE_CTE, SQL_RTE_JOIN, SQL_RTE_NONE };

struct sql_cte {
	const char *name;
	struct sql_query *query;
	struct sql_rte_column *columns;
	size_t ncolumns;
	bool recursive, materialized, inlined;
	bool analysing;         /* a reference now is to itself */
	int references, self_references;
	int id;                 /* q<id> in SQLite's text */
	struct sql_write_query *write; /* INSERT, UPDATE, DELETE ... RETURNING */
	PgQuery__CommonTableExpr *ast;
};

struct sql_rte_function {
	struct sql_expr *call;
	size_t ncolumns;
	size_t nprogram;        /* columns that the table-valued function itself gives */
	bool scalar;            /* not a set: one row */
	uint32_t row;           /* a set of values of this row type, which is taken apart; 0: it gives columns */
	const struct sql_rte_column *defined; /* by AS t(a int, ...), which the function is told */
};

struct sql_rte {
	enum sql_rte_kind kind;
	int id;                 /* t<id> in SQLite's text */
	const char *name;       /* alias, or the relation's; NULL: none */
	const char *schema;     /* of an unaliased relation */
	struct sql_rte_column *columns; /* of a relation by attnum, dropped ones hidden */
	size_t ncolumns;
	const struct sql_relation *relation;
	struct sql_query *query;
	struct sql_cte *cte;
	struct sql_rte_function *functions;
	size_t nfunctions;
	bool ordinality, lateral;
	struct sql_expr *sample, *sample_seed; /* TABLESAMPLE: percent, REPEATABLE; NULL: all rows */
	bool rowid;             /* lower it with its rowid as rid */
	bool used_rowid_param;  /* recheck form: "rowid = ?R" */
	struct sql_query *owner; /* whose FROM it stands in; NULL: a target of a writing statement */
	const void *home;       /* the lowering whose text holds it */
	const char *cut;        /* instead of t<id>.c<n>: see lower.h */
};

enum sql_join_kind { SQL_JOIN_INNER, SQL_JOIN_LEFT, SQL_JOIN_RIGHT, SQL_JOIN_FULL, SQL_JOIN_CROSS };

struct sql_from {
	struct sql_rte *rte;    /* a leaf, when left is NULL */
	enum sql_join_kind join;
	struct sql_from *left, *right;
	struct sql_expr *on;
	const char **using;     /* the names of USING or NATURAL */
	size_t nusing;
};

struct sql_target {
	struct sql_expr *expr;
	const char *name;
	uint32_t table_oid;
	int16_t attnum;
	bool junk;              /* only for ORDER BY and its like */
	PgQuery__Node *ast;     /* when the tree is rewritten: what it is written as */
};

enum sql_setop { SQL_SET_NONE, SQL_SET_UNION, SQL_SET_INTERSECT, SQL_SET_EXCEPT };

struct sql_lock {
	char strength, wait;    /* as in struct sql_write */
	struct sql_rte **rtes;
	size_t nrtes;
};

struct sql_query {
	struct sql_cte **ctes;
	size_t nctes;
	bool recursive;
	struct sql_from **from;
	size_t nfrom;
	struct sql_expr *where;
	struct sql_expr **group;
	size_t ngroup;
	uint64_t **sets;        /* GROUPING SETS: bit i of the set's words: group[i] is in it; NULL: plain */
	size_t nsets;
	struct sql_expr *having;
	struct sql_target *targets;
	size_t ntargets, nvisible; /* junk ones follow */
	bool distinct;
	struct sql_expr **distinct_on;
	size_t ndistinct_on;
	struct sql_sort *sort;
	size_t nsort;
	struct sql_expr *limit, *offset;
	bool with_ties;
	enum sql_setop setop;
	bool setop_all;
	struct sql_query *left, *right;
	struct sql_expr ***values; /* VALUES lists: nvalues rows of nvisible */
	size_t nvalues;
	bool has_aggregates, has_windows, has_sets, has_volatile, has_group;
	size_t nsets_in_targets;
	struct sql_lock *locks;
	size_t nlocks;
	int kept;               /* below the top: its rows are kept by a step of this id; 0: not made yet */
	struct sql_rte **rtes;  /* of its FROM */
	size_t nrtes, rte_cap;
};

/* An INSERT, UPDATE, DELETE or MERGE, analysed. */
struct sql_view_path;
struct sql_write_query {
	char kind;              /* i u d m */
	struct sql_cte **ctes;
	size_t nctes;
	bool recursive;
	struct sql_rte *target;
	struct sql_view_path *view; /* while it is analysed: `target` is a view, and this the way to its table; else NULL */
	struct sql_view_check { /* WITH CHECK OPTION of the views on the way, innermost first */
		const char *name;
		struct sql_expr *expr;
	} *checks;
	size_t nchecks;
	int16_t *columns;       /* that values are given for: attnums */
	size_t ncolumns;
	struct sql_query *query;/* i: the source (NULL: DEFAULT VALUES); its visible targets are `columns`; X_DEFAULT may stand in VALUES */
	char overriding;
	struct sql_expr **set;  /* u: ncolumns; NULL member: DEFAULT */
	struct sql_from **from;
	size_t nfrom;
	struct sql_expr *where;
	/* ON CONFLICT */
	int conflict;           /* 0 none, 1 nothing, 2 update */
	const struct sql_index **arbiters;
	size_t narbiters;
	int16_t *conflict_columns;
	struct sql_expr **conflict_set;
	size_t nconflict;
	struct sql_expr *conflict_where;
	struct sql_rte *excluded;
	/* MERGE */
	struct sql_merge_when {
		bool matched;
		char action;    /* i u d n */
		struct sql_expr *condition;
		int16_t *columns;
		struct sql_expr **set;
		size_t ncolumns;
		char overriding;
	} *whens;
	size_t nwhens;
	struct sql_from *source;
	struct sql_expr *on;
	/* RETURNING */
	struct sql_target *returning;
	size_t nreturning;
	struct sql_query *scope; /* the pseudo query that FROM's entries belong to */
};

/* One statement that reads or writes rows. */
struct sql_tree_statement {
	struct sql_query *query;
	struct sql_write_query *write;
	uint32_t *params;       /* types */
	size_t nparams;
};

#endif

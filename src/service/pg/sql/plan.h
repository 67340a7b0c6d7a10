/*
 * plan: a statement made ready: SQLite's text, what to bind, the columns.
 *
 * Made once a text by sql_prepare and shared by all sessions that see the same
 * catalog; it never changes after it was made. A statement of SQLite runs once at
 * a time, so a plan keeps a few idle ones.
 */
#ifndef SERVICE_PG_SQL_PLAN_H
#define SERVICE_PG_SQL_PLAN_H

#include "service/pg/sql/ast.h"
#include "service/pg/sql/lower.h"
#include "service/pg/sql/modify.h"
#include "service/pg/sql/session.h"

#define SQL_IDLE_MAX 4 /* statements of one plan that wait for their next use */

enum sql_plan_kind {
	SQL_PLAN_SELECT,
	SQL_PLAN_WRITE,
	SQL_PLAN_LOCK,      /* SELECT ... FOR UPDATE */
	SQL_PLAN_UTILITY,
};

/* A writing WITH query: run before the statement itself. */
struct sql_plan_step {
	int id;                     /* of the CTE */
	struct sql_write write;
	size_t ncolumns;
};

struct sql_plan {
	enum sql_plan_kind kind;
	PgQuery__Node *statement;
	const char *text;           /* SELECT: SQLite's */
	struct sql_write write;     /* WRITE, LOCK */
	struct sql_plan_step *steps;
	size_t nsteps;
	struct sql_bind *binds;
	size_t nbinds;
	uint32_t *params;
	size_t nparams;
	struct sql_column *columns;
	size_t ncolumns;
	bool want_rowids;           /* of a cursor: rows begin with the rowids of these tables, before the columns */
	uint32_t *rowid_of;
	size_t nrowids;
	bool has_rows, writes;
	char tag;                   /* s i u d m: first letter of the tag */
	uint32_t *relations;        /* that it refers to, to be locked */
	size_t nrelations;
	bool uncacheable;
	struct sql_plan *home;      /* has the idle statements; NULL: these */
	sqlite3_stmt *idle[SQL_IDLE_MAX];
	size_t nidle;
};

/* Fills *plan. False: raised. `types`: of parameters, as far as known. */
bool sql_plan_make(struct sql_session *s, struct slice text, PgQuery__Node *statement, const uint32_t *types, size_t ntypes,
		   struct arena *a, struct sql_plan *plan);
/* False: raised. */
bool sql_plan_check(struct sql_session *s, const char *text);
void sql_plan_release(struct sql_plan *plan);

/* plan_write.c */
bool sql_plan_write(struct sql_lower *l, struct sql_write_query *w, struct sql_write *out);

struct sql_prepared {
	unsigned refs;
	struct arena arena;
	struct slice text;
	struct sql_engine *engine;
	uint32_t *given;            /* types that the client said */
	size_t ngiven;
	struct sql_plan plan;
	uint64_t version;           /* of the catalog it was made with */
	struct slice path;          /* the search path then */
	bool kept;                  /* in the cache */
	struct sql_prepared *first; /* the text that the plan was made of, when this one differs in its literals; a reference */
	bool inner;                 /* of the query inside of the text's statement */
};

/* plan_compare.c: what of two plans is different beyond the literals' values; NULL: nothing. */
const char *sql_plan_differs(const struct sql_plan *a, const struct sql_plan *b);

/* plan_cache.c */
void sql_plans_free(struct sql_plans *plans);
/* As sql_prepare, inside of a statement that has begun. NULL: raised. */
struct sql_prepared *sql_prepared_make(struct sql_session *s, struct slice text, const uint32_t *types, size_t ntypes);
/* The query inside of PREPARE, DECLARE or EXPLAIN, planned: positions are those of the whole text. */
struct sql_prepared *sql_prepared_inner(struct sql_session *s, struct slice text, const uint32_t *types, size_t ntypes);
struct sql_prepared *sql_prepared_fresh(struct sql_session *s, struct sql_prepared *p);
/* A statement of SQLite for the plan's text; give it back with done. NULL: raised. */
sqlite3_stmt *sql_plan_take(struct sql_session *s, struct sql_plan *plan, const char *text);
void sql_plan_done(struct sql_plan *plan, sqlite3_stmt *st);

/* utility.c: statements that are no query: cursors, PREPARE, EXPLAIN ... False: raised. */
struct sql_gathered;
bool sql_utility(struct sql_session *s, struct sql_prepared *p, const struct sql_datum *params, struct arena *a, struct sql_result *out);
/* Columns that a utility statement will give: EXPLAIN, FETCH, EXECUTE; and the parameters of the query in DECLARE. */
bool sql_utility_describe(struct sql_session *s, struct sql_plan *plan, struct slice text, const uint32_t *types, size_t ntypes,
			  struct arena *a);

/* CREATE TABLE AS EXECUTE: its rows. */
bool sql_execute_into(struct sql_session *s, const PgQuery__ExecuteStmt *st, struct arena *a, struct sql_result *out);

/* run.c: runs a plan inside of a statement that has begun; rows go to *out. False: raised. */
bool sql_run_plan(struct sql_session *s, struct sql_plan *plan, const struct sql_datum *binds, struct arena *a, struct sql_result *out);
/* The values to bind, from the parameters' values and the plan's literals. NULL: raised. */
struct sql_datum *sql_run_binds(struct sql_session *s, struct sql_plan *plan, const struct sql_datum *params, size_t nparams, struct arena *a);

#endif

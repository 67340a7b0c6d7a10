/*
 * modify: writes rows. SQLite only computes; this decides and writes.
 *
 * A writing statement is a SELECT that yields rows, and for each of them what
 * stands in struct sql_write. Rows are computed first and all of them, then
 * written one by one: NOT NULL, CHECK, unique indexes, foreign keys, ON CONFLICT.
 * A row that another open transaction holds makes the statement wait at that row;
 * the statement is a value (struct sql_job) that is stepped until it is done.
 */
#ifndef SERVICE_PG_SQL_MODIFY_H
#define SERVICE_PG_SQL_MODIFY_H

#include "service/pg/sql/catalog.h"
#include "service/pg/sql/tx.h"

enum sql_write_kind { SQL_INSERT, SQL_UPDATE, SQL_DELETE, SQL_LOCK, SQL_MERGE };

/*
 * Expressions over one row: a SQLite SELECT without FROM, "SELECT ?1 + 1, ...",
 * in which ?N is column attnum N of the row that is written (the new one; for
 * DELETE the old one), the next SQL_VERSION_COLUMNS are its rowid, xmin and xmax,
 * and after them comes extra column k (from 1) of the statement's rows; in ON CONFLICT, ?N is the existing row and ?(ncolumns + N)
 * is excluded.N, parameters of the statement follow behind as ?(2 * ncolumns + p).
 * In the first use parameters of the statement are among the extra columns.
 */
#define SQL_VERSION_COLUMNS 3
struct sql_row_program {
	const char *text;       /* NULL: none */
	size_t count;           /* columns it yields */
};

struct sql_write {
	enum sql_write_kind kind;
	const struct sql_relation *relation;
	/*
	 * The rows, lowered; parameters are the statement's.
	 *   INSERT: targets' values, in the order of `targets`, then extras.
	 *   UPDATE: rowid of the target, targets' values, extras.
	 *   DELETE: rowid, extras.   MERGE: see below.   LOCK: rowid of each locked relation, then the result's columns.
	 */
	const char *select;
	/* UPDATE, DELETE, LOCK: the same with the target read as "rowid = ?R" (R = nparams + 1, + 2 ..) whatever its xmin
	 * and xmax: a row that was waited for is judged again in its newest version. */
	const char *recheck;
	size_t nparams;
	int16_t *targets;       /* attnums that `select` gives values for */
	size_t ntargets;
	size_t nextras;
	char overriding;        /* u OVERRIDING USER VALUE, s SYSTEM VALUE, 0 */
	struct sql_row_program where; /* COPY FROM: over the row with its defaults; others are passed over */
	/* INSERT ... ON CONFLICT */
	enum { SQL_CONFLICT_NONE, SQL_CONFLICT_NOTHING, SQL_CONFLICT_UPDATE } conflict;
	const struct sql_index **arbiters; /* none and CONFLICT_NOTHING: any unique index */
	size_t narbiters;
	int16_t *conflict_targets;         /* attnums that `conflict_set` gives */
	size_t nconflict_targets;
	struct sql_row_program conflict_set, conflict_where;
	/* RETURNING */
	struct sql_row_program returning;
	/* Conditions every written row must meet: WITH CHECK OPTION of views, one column each, by the views' names. */
	struct sql_row_program check;
	const char **check_names;
	/* MERGE */
	struct sql_merge_action *actions;
	size_t nactions;
	/* LOCK */
	char lock_strength;     /* u FOR UPDATE, n NO KEY UPDATE, s SHARE, k KEY SHARE */
	char lock_wait;         /* w wait, n NOWAIT, s SKIP LOCKED */
	const struct sql_relation **locked;
	size_t nlocked;
	/* LIMIT and OFFSET count the rows that could be locked: "SELECT limit, offset" over the parameters; rows are read until then. */
	struct sql_row_program limit;
	bool with_rowids;       /* each row is given with the rowids of its locked relations before it */
};

/*
 * A WHEN clause. The rows of a MERGE are rowid of the target (NULL: none matched),
 * then what the programs here ask for as ?1, ?2 ...
 */
struct sql_merge_action {
	bool matched;
	char action;            /* i u d, n DO NOTHING */
	struct sql_row_program condition, set;
	int16_t *targets;       /* attnums that `set` gives */
	size_t ntargets;
	char overriding;
};

/*
 * Writes. `params` are the statement's. `row` gets each row of RETURNING (LOCK: of
 * the result), borrowed for the call; NULL when there is none. False: raised, or
 * `row` said so. Runs in a fiber: it may wait.
 */
typedef bool (*sql_row_fn)(void *of, const struct sql_datum *values, size_t count);
bool sql_modify(struct sql_session *s, const struct sql_write *w, const struct sql_datum *params, struct arena *a, sql_row_fn row,
		void *of, uint64_t *affected);

/* COPY FROM: rows one at a time, in the targets of `w` (an INSERT whose select is NULL). */
struct sql_loader;
struct sql_loader *sql_loader_new(struct sql_session *s, const struct sql_write *w);
bool sql_loader_row(struct sql_loader *l, const struct sql_datum *values);
/* Checks what waits for the statement's end. False: raised. Frees it. */
bool sql_loader_end(struct sql_loader *l, bool failed, uint64_t *affected);

#endif

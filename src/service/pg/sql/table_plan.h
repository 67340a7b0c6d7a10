/*
 * table_plan: how one table's rows are written: SQLite statements and programs,
 * made when the table is first written to and kept with its relation.
 *
 * Private to the files that write: modify.c, row.c, unique.c, foreign.c.
 */
#ifndef SERVICE_PG_SQL_TABLE_PLAN_H
#define SERVICE_PG_SQL_TABLE_PLAN_H

#include "service/pg/sql/modify.h"
#include "service/pg/sql/session.h"

#define SQL_KEYS_MAX 32 /* INDEX_MAX_KEYS */

struct sql_unique_plan {
	const struct sql_index *index;
	const char *probe;              /* SELECT rowid, xmin, xmax, nx ... by the keys ?1 .. */
	struct sql_row_program keys;    /* the keys of a row */
	struct sql_row_program in;      /* whether a row is in the index at all; text NULL: always */
};

struct sql_table_plans {
	const char *insert, *end, *fetch, *state;
	struct sql_row_program *defaults;   /* by attnum - 1; text NULL: NULL */
	uint32_t *identity;                 /* by attnum - 1: sequence, 0: none */
	bool has_generated;
	struct sql_row_program generated;   /* all of them at once, in order */
	int16_t *generated_columns;
	struct sql_row_program checks;      /* all at once, in the order of their names */
	const struct sql_constraint **check_constraints;
	struct sql_unique_plan *uniques;
	size_t nuniques;
	bool *key_column;                   /* by attnum - 1: of a unique index: updating it takes the strong lock */
	bool *referenced;                   /* by attnum - 1: a foreign key points at it */
};

/* NULL: raised (an expression of the catalog that does not compile). */
struct sql_table_plans *sql_table_plan(struct sql_session *s, const struct sql_relation *rel);

/* Runs a program over a row: ?1 .. are `values`. Results are copied to the arena. False: raised. */
bool sql_program_run(struct sql_session *s, const struct sql_row_program *p, const struct sql_datum *values, size_t count,
		     struct arena *a, struct sql_datum *out);
/* ?N of a compiled expression as columns cN of the table. */
char *sql_program_columns(struct slice expr, struct arena *a);
struct sql_datum sql_datum_copy(struct sql_datum v, struct arena *a);

/* ---- rows ---- */

struct sql_row_state {
	uint32_t xmin, xmax;
	int64_t nx;        /* 0: none */
};
/* False: no such row. */
bool sql_row_read(struct sql_session *s, const struct sql_relation *rel, int64_t rowid, struct sql_row_state *state);
/* All columns of a version, in the arena. */
bool sql_row_fetch(struct sql_session *s, const struct sql_relation *rel, int64_t rowid, struct arena *a, struct sql_datum *values);
int64_t sql_row_insert(struct sql_session *s, const struct sql_relation *rel, const struct sql_datum *values);
/* nx: 0 when deleted. */
void sql_row_end(struct sql_session *s, const struct sql_relation *rel, int64_t rowid, int64_t nx);

/* Whether a version lives, whoever asks: what a unique index counts. */
enum sql_live { SQL_LIVE_NO, SQL_LIVE_YES, SQL_LIVE_WAIT };
enum sql_live sql_row_live(struct sql_session *s, const struct sql_row_state *row, struct sql_party **owner);

/*
 * Takes the right to write (or lock) a row. GONE: it was deleted, or the policy is
 * SKIP and somebody has it. MOVED: *rowid is the newest version, which is to be
 * judged again. FAILED: raised.
 */
enum sql_row_taken { SQL_ROW_OURS, SQL_ROW_MOVED, SQL_ROW_GONE, SQL_ROW_SELF, SQL_ROW_FAILED };
enum sql_row_taken sql_row_take(struct sql_session *s, const struct sql_relation *rel, int64_t *rowid, enum sql_row_lock strength,
				char wait);

/* "Failing row contains (1, null)." */
void sql_row_words(struct sql_session *s, const struct sql_relation *rel, const struct sql_datum *values, struct buf *out);
void sql_error_names(struct sql_error *e, const struct sql_relation *rel, const char *column, const char *constraint);

/* ---- unique.c ---- */

/* The first live row with the same key: its rowid, or 0. Waits for others' unfinished ones unless `deferred`.
 * -1: raised. */
int64_t sql_unique_probe(struct sql_session *s, const struct sql_relation *rel, const struct sql_unique_plan *u,
			 const struct sql_datum *keys, int64_t not_this);
/* The keys of a row; *in false: the row is not in the index (predicate, NULLs). False: raised. */
bool sql_unique_keys(struct sql_session *s, const struct sql_relation *rel, const struct sql_unique_plan *u, const struct sql_datum *values,
		     struct arena *a, struct sql_datum *keys, bool *in);
bool sql_unique_check(struct sql_session *s, const struct sql_relation *rel, const struct sql_datum *values, const struct sql_datum *old,
		      int64_t rowid, struct arena *a);
void sql_unique_raise(struct sql_session *s, const struct sql_relation *rel, const struct sql_unique_plan *u, const struct sql_datum *keys);

/* ---- foreign.c: what follows a row's change ---- */

struct sql_after;
/* Notes what is to be checked or done when the statement ends. `old` / `fresh` NULL: inserted / deleted. */
void sql_after_row(struct sql_session *s, struct sql_after **after, const struct sql_relation *rel, const struct sql_datum *old,
		   const struct sql_datum *fresh, int64_t rowid);
/* Does it; takes the list. False: raised. */
bool sql_after_run(struct sql_session *s, struct sql_after **after);
void sql_after_drop(struct sql_after **after);
bool sql_foreign_holds(struct sql_session *s, const struct sql_relation *rel, const struct sql_constraint *k, const struct sql_datum *values);

/* ---- row.c: one row through everything ---- */

/* Generated columns, NOT NULL and CHECK: what a row passes before any index is asked. False: raised. */
bool sql_write_ready(struct sql_session *s, const struct sql_relation *rel, struct sql_datum *values, struct arena *a);
/* *written: the rowid of the new version. */
bool sql_write_insert(struct sql_session *s, const struct sql_relation *rel, struct sql_datum *values, struct arena *a,
		      struct sql_after **after, const struct sql_write *w, int64_t *written);
bool sql_write_update(struct sql_session *s, const struct sql_relation *rel, int64_t rowid, const struct sql_datum *old,
		      struct sql_datum *values, struct arena *a, struct sql_after **after, const struct sql_write *w, int64_t *written);
void sql_write_delete(struct sql_session *s, const struct sql_relation *rel, int64_t rowid, const struct sql_datum *old,
		      struct sql_after **after);
/* Defaults of the columns that `given` does not name. False: raised. */
bool sql_write_defaults(struct sql_session *s, const struct sql_relation *rel, const bool *given, struct sql_datum *values, struct arena *a);
/* The weakest lock that changing these columns needs. */
enum sql_row_lock sql_update_strength(struct sql_session *s, const struct sql_relation *rel, const int16_t *columns, size_t count);

#endif

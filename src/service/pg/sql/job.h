/*
 * job: a writing statement on its way through its rows. For modify.c and modify_merge.c.
 */
#ifndef SERVICE_PG_SQL_JOB_H
#define SERVICE_PG_SQL_JOB_H

#include "service/pg/sql/modify.h"
#include "service/pg/sql/session.h"

struct sql_after;

struct sql_job {
	struct sql_session *s;
	const struct sql_write *w;
	const struct sql_datum *params;
	struct arena *a;
	struct arena row;               /* of the row that is being written */
	sql_row_fn emit;
	void *of;
	uint64_t count;
	struct sql_after *after;
	size_t width;                   /* columns of the select */
	int64_t skip, most;             /* LOCK: OFFSET, and LIMIT (-1: none) */
};

/* A row to insert: what is given, and defaults. False: raised. */
bool sql_job_row(struct sql_job *j, const int16_t *targets, size_t ntargets, char overriding, const struct sql_datum *given, struct sql_datum *row);
/* The statement's row again, with the newest version of its target. False: it does not qualify any more, or raised. */
bool sql_job_recheck(struct sql_job *j, const int64_t *rowids, size_t count, struct sql_datum *values);
/* Where a wait for a row ended badly. */
void sql_job_waited_for(struct sql_job *j, const struct sql_relation *rel, int64_t rowid, const char *doing);

/* modify_merge.c */
bool sql_job_merge(struct sql_job *j, const struct sql_datum *found);

#endif

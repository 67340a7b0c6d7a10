/*
 * MERGE, one pair of target and source at a time: the first WHEN clause whose
 * condition holds says what is done.
 *
 * Source: ExecMergeMatched and ExecMergeNotMatched of PostgreSQL 15.
 */
#include <string.h>

#include "service/pg/sql/job.h"
#include "service/pg/sql/table_plan.h"

/* 1 it holds, 0 not, -1 raised. */
static int holds(struct sql_job *j, const struct sql_merge_action *a, const struct sql_datum *pair)
{
	struct sql_datum v;

	if (!a->condition.text)
		return 1;
	if (!sql_program_run(j->s, &a->condition, pair + 1, j->w->nextras, &j->row, &v))
		return -1;
	return v.kind != SQL_NULL && v.i;
}

/* NULL: none; *ok false: raised. */
static const struct sql_merge_action *choose(struct sql_job *j, bool matched, const struct sql_datum *pair, bool *ok)
{
	for (size_t i = 0; i < j->w->nactions; i++) {
		const struct sql_merge_action *a = j->w->actions + i;

		if (a->matched != matched)
			continue;
		int held = holds(j, a, pair);
		if (held < 0)
			return *ok = false, NULL;
		if (held)
			return a;
	}
	return NULL;
}

static bool values_of(struct sql_job *j, const struct sql_merge_action *a, const struct sql_datum *pair, struct sql_datum *values)
{
	return !a->set.text || sql_program_run(j->s, &a->set, pair + 1, j->w->nextras, &j->row, values);
}

static bool not_matched(struct sql_job *j, const struct sql_datum *pair)
{
	const struct sql_relation *rel = j->w->relation;
	bool ok = true;
	const struct sql_merge_action *a = choose(j, false, pair, &ok);

	if (!a || a->action != 'i')
		return ok;
	struct sql_datum *given = ARENA_ARRAY(&j->row, struct sql_datum, a->ntargets + 1), *row = ARENA_ARRAY(&j->row, struct sql_datum, rel->ncolumns + 1);
	int64_t written;
	j->count++;
	return values_of(j, a, pair, given) && sql_job_row(j, a->targets, a->ntargets, a->overriding, given, row) &&
	       sql_write_insert(j->s, rel, row, &j->row, &j->after, j->w, &written);
}

static bool second_time(struct sql_job *j)
{
	struct sql_env *env = &j->s->engine->env;

	sql_hint(env, sql_raise_env(env, "21000", "MERGE command cannot affect row a second time"),
		 "Ensure that not more than one source row matches any one target row.");
	return false;
}

static bool write_matched(struct sql_job *j, const struct sql_merge_action *a, int64_t rowid, const struct sql_datum *pair)
{
	const struct sql_relation *rel = j->w->relation;
	struct sql_datum *old = ARENA_ARRAY(&j->row, struct sql_datum, rel->ncolumns + 1),
			 *fresh = ARENA_ARRAY(&j->row, struct sql_datum, rel->ncolumns + 1),
			 *set = ARENA_ARRAY(&j->row, struct sql_datum, a->ntargets + 1);

	if (!sql_row_fetch(j->s, rel, rowid, &j->row, old))
		return true;
	j->count++;
	if (a->action == 'd') {
		sql_write_delete(j->s, rel, rowid, old, &j->after);
		return true;
	}
	if (!values_of(j, a, pair, set))
		return false;
	memcpy(fresh, old, rel->ncolumns * sizeof(*fresh));
	for (size_t i = 0; i < a->ntargets; i++)
		fresh[a->targets[i] - 1] = set[i];
	return sql_write_update(j->s, rel, rowid, old, fresh, &j->row, &j->after, j->w, &rowid);
}

bool sql_job_merge(struct sql_job *j, const struct sql_datum *found)
{
	const struct sql_relation *rel = j->w->relation;
	struct sql_datum *pair = ARENA_ARRAY(&j->row, struct sql_datum, j->width + 1);
	int64_t rowid = found[0].i;
	bool ok = true;

	if (found[0].kind == SQL_NULL)
		return not_matched(j, found);
	memcpy(pair, found, j->width * sizeof(*pair));
	for (;;) {
		const struct sql_merge_action *a = choose(j, true, pair, &ok);

		if (!a || a->action == 'n')
			return ok;
		switch (sql_row_take(j->s, rel, &rowid,
				     a->action == 'd' ? SQL_FOR_UPDATE : sql_update_strength(j->s, rel, a->targets, a->ntargets), 0)) {
		case SQL_ROW_FAILED:
			sql_job_waited_for(j, rel, rowid, a->action == 'd' ? "deleting" : "updating");
			return false;
		case SQL_ROW_SELF:
			return second_time(j);
		case SQL_ROW_GONE: /* deleted by another: it matches nothing any more */
			return not_matched(j, found);
		case SQL_ROW_OURS:
			return write_matched(j, a, rowid, pair);
		case SQL_ROW_MOVED:
			break;
		}
		if (!sql_job_recheck(j, &rowid, 1, pair))
			return !j->s->engine->env.error && not_matched(j, found);
	}
}

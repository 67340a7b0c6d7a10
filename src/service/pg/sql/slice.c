/*
 * Stops long statements and lets them go on; and ends those that somebody else
 * wants ended (cancel, pg_terminate_backend, reset).
 */
#include "service/pg/sql/slice.h"

#include <assert.h>
#include <time.h>

#include "base/fiber.h"
#include "service/pg/sql/plan.h"
#include "service/pg/sql/transaction.h"

#define SLICE_US 2000 /* of computing between two turns of the loop */
#define ROWS 64       /* written between two looks at the clock */

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* A row number or a page that a half-done write has chosen must not be another's. */
static bool writes_now(struct sql_engine *e)
{
	for (sqlite3_stmt *st = sqlite3_next_stmt(e->db, NULL); st; st = sqlite3_next_stmt(e->db, st))
		if (sqlite3_stmt_busy(st) && !sqlite3_stmt_readonly(st))
			return true;
	return false;
}

/* While it computed nobody else ran, so it went without weak locks on what it reads. */
static bool hold_tables(struct sql_session *s)
{
	const struct sql_plan *plan = s->reading;

	for (size_t i = 0; plan && i < plan->nrelations; i++) {
		struct sql_lock_name name = { SQL_LOCK_TABLE, plan->relations[i], 0 };

		if (sql_lock_take(&s->party, name, plan->writes ? SQL_ROW_EXCLUSIVE : SQL_ACCESS_SHARE, false, sql_tx_depth(s->tx) + 1))
			return false;
	}
	return true;
}

static void stop(struct sql_engine *e, struct sql_session *s)
{
	struct sql_env *env = &e->env, was = *env;
	struct sql_ceiling ceiling = e->ceiling;

	e->slices[e->nslices++] = s;
	s->sliced = true;
	s->hooks.sliced(s->hooks.of);
	fiber_yield();
	/* others ran in between; who resumed it has taken it off the stack */
	env->session = s;
	env->arena = was.arena;
	env->error = was.error;
	env->notices = was.notices;
	env->style_known = false;
	env->nnotices = was.nnotices;
	env->transaction_us = was.transaction_us;
	env->statement_us = was.statement_us;
	e->ceiling = ceiling;
	e->slice_begin_us = now_us();
}

void sql_slice_begin(struct sql_engine *e)
{
	e->slice_begin_us = now_us();
}

void sql_slice_point(struct sql_engine *e)
{
	struct sql_session *s = e->env.session;

	if (e->whole || !s || !s->reading || !s->hooks.sliced || e->nslices == SQL_SLICES_MAX || !fiber_inside())
		return;
	if (now_us() - e->slice_begin_us < SLICE_US || writes_now(e) || !hold_tables(s))
		return;
	stop(e, s);
}

bool sql_slice_stopped(struct sql_engine *e)
{
	struct sql_session *s = e->env.session;

	switch (s ? s->stop : SQL_WAKE_NONE) {
	case SQL_WAKE_CANCEL:
		sql_raise_env(&e->env, "57014", "canceling statement due to user request");
		return true;
	case SQL_WAKE_TERMINATE:
		sql_raise_env(&e->env, "57P01", "terminating connection due to administrator command")->severity = SLICE_LIT("FATAL");
		return true;
	default:
		return false;
	}
}

bool sql_slice_row(struct sql_session *s)
{
	struct sql_engine *e = s->engine;

	if (++e->rows_written % ROWS)
		return true;
	sql_slice_point(e);
	return !sql_slice_stopped(e) && sql_ceiling_time(s);
}

bool sql_session_sliced(const struct sql_session *s)
{
	return s->sliced;
}

static void next_slice(struct sql_engine *e)
{
	struct sql_session *s = e->slices[--e->nslices];
	struct fiber *f = s->party.fiber;

	assert(!fiber_inside());
	s->sliced = false;
	s->party.fiber = NULL;
	if (fiber_resume(f))
		s->party.fiber = f; /* stopped again, or it waits */
	else
		s->party.done(&s->party);
}

void sql_session_slice(struct sql_session *s)
{
	struct sql_engine *e = s->engine;

	if (e->nslices && e->slices[e->nslices - 1] == s)
		next_slice(e);
}

void sql_engine_finish(struct sql_engine *e)
{
	bool was = e->whole;

	e->whole = true;
	while (e->nslices)
		next_slice(e);
	e->whole = was;
}

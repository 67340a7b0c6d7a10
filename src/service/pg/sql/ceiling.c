/*
 * Ceilings of one statement, so that a query without an end ends all the same:
 * how much SQLite computes, how much memory it takes, and statement_timeout.
 *
 * Work is counted in steps of SQLite's machine, so that the same statement always
 * stops at the same place; only statement_timeout looks at a clock.
 */
#include "service/pg/sql/ceiling.h"

#include <time.h>

#include "service/pg/sql/session.h"
#include "service/pg/sql/slice.h"

#define EVERY 2000                              /* steps between two looks */
#define CPU_EVERY 16                            /* looks between two of the processor's clock, a system call */
#define CPU_MAX_S 60                          /* seconds: steps that copy megabytes each are few and long */
#define STEPS_MAX (500ull * 1000 * 1000)        /* some ten seconds of one processor */
#define MEMORY_MAX (256ll * 1024 * 1024)        /* bytes more than when the statement began */

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec;
}

static int look(void *of)
{
	struct sql_engine *e = of;
	struct sql_ceiling *c = &e->ceiling;

	if (!c->on)
		return 0;
	c->steps += EVERY;
	sql_slice_point(e);
	if (sql_slice_stopped(e)) {
		c->on = false;
		return 1;
	}
	if (c->deadline_ms && now_ms() > c->deadline_ms) {
		sql_raise_env(&e->env, "57014", "canceling statement due to statement timeout");
	} else if (c->steps > e->config.steps_max) {
		struct sql_error *error = sql_raise_env(&e->env, "57014", "canceling statement: it computes without an end");
		sql_hint(&e->env, error, "This fake stops a statement after %llu steps; is a recursive query missing its end?",
			 (unsigned long long)e->config.steps_max);
	} else if (++c->looks % CPU_EVERY == 0 && cpu_s() - c->cpu_begin_s > CPU_MAX_S) {
		sql_raise_env(&e->env, "57014", "canceling statement: it has computed for %d seconds", CPU_MAX_S);
	} else if (sqlite3_memory_used() - c->memory > e->config.memory_max) {
		sql_raise_env(&e->env, "53200", "out of memory");
	} else {
		return 0;
	}
	c->on = false; /* what is undone now is not stopped again */
	return 1;
}

void sql_ceiling_register(struct sql_engine *e)
{
	if (!e->config.steps_max)
		e->config.steps_max = STEPS_MAX;
	if (!e->config.memory_max)
		e->config.memory_max = MEMORY_MAX;
	sqlite3_progress_handler(e->db, EVERY, look, e);
}

void sql_ceiling_begin(struct sql_session *s)
{
	int64_t timeout = sql_session_setting_ms(s, "statement_timeout");

	s->engine->ceiling = (struct sql_ceiling){ .on = true, .memory = sqlite3_memory_used(), .cpu_begin_s = cpu_s(),
		.deadline_ms = timeout > 0 ? now_ms() + timeout : 0 };
}

void sql_ceiling_end(struct sql_session *s)
{
	s->engine->ceiling.on = false;
}

bool sql_ceiling_time(struct sql_session *s)
{
	struct sql_ceiling *c = &s->engine->ceiling;

	if (!c->on || !c->deadline_ms || now_ms() <= c->deadline_ms)
		return true;
	c->on = false;
	sql_raise_env(&s->engine->env, "57014", "canceling statement due to statement timeout");
	return false;
}

bool sql_ceiling_rows(struct sql_session *s, size_t bytes)
{
	struct sql_ceiling *c = &s->engine->ceiling;

	c->rows += bytes;
	if (c->rows <= (size_t)s->engine->config.memory_max)
		return true;
	struct sql_error *e = sql_raise_env(&s->engine->env, "53200", "out of memory");
	sql_detail(&s->engine->env, e, "The statement's rows take more than %lld bytes.", (long long)s->engine->config.memory_max);
	return false;
}

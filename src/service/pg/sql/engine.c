/*
 * Engines and sessions: the SQLite connection with everything registered on it,
 * and what functions are told of the session that runs.
 */
#include <stdlib.h>
#include <time.h>

#include "service/pg/sql/builtin.h"
#include "service/pg/sql/facts/facts.h"
#include "service/pg/sql/ddl.h"
#include "service/pg/sql/library.h"
#include "service/pg/sql/notify.h"
#include "service/pg/sql/plan.h"
#include "service/pg/sql/slice.h"
#include "service/pg/sql/store.h"
#include "service/pg/sql/sysfunc.h"
#include "service/pg/sql/sequence.h"
#include "service/pg/sql/transaction.h"
#include "service/pg/sql/utility.h"

#define EPOCH_2000_US 946684800000000LL /* microseconds from 1970 to 2000 */

/* ---- what env offers ---- */

static int64_t clock_us(struct sql_env *env)
{
	const struct sql_engine *e = env->session->engine;
	struct timespec t;
	int64_t us;

	if (e->config.now_ns) {
		us = (int64_t)(e->config.now_ns() / 1000);
	} else {
		clock_gettime(CLOCK_REALTIME, &t);
		us = (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
	}
	return us - EPOCH_2000_US + e->slept_us;
}

/* splitmix64 from the run's seed: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (2014). */
static uint64_t next_random(struct sql_env *env)
{
	struct sql_engine *e = env->session->engine;
	uint64_t z = e->random += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static void sleep_us(struct sql_env *env, int64_t us)
{
	if (us > 0)
		env->session->engine->slept_us += us;
}

static struct slice setting(struct sql_env *env, const char *name)
{
	return env->session ? sql_session_setting(env->session, name) : SLICE_NONE;
}

static const struct sql_type *type(struct sql_env *env, uint32_t oid)
{
	const struct sql_type *t = sql_builtin_type(oid);

	return t || !env->session ? t : sql_catalog_type_oid(env->session, oid);
}

static bool visible(struct sql_env *env, const struct sql_type *type)
{
	const struct sql_type *found;

	if (!env->session)
		return strcmp(type->schema, "public") == 0;
	found = sql_catalog_type(env->session, SLICE_NONE, slice_str(type->name));
	return found && found->oid == type->oid;
}

static const struct sql_label *labels(struct sql_env *env, uint32_t oid, size_t *count)
{
	*count = 0;
	return env->session ? sql_catalog_labels(env->session, oid, count) : NULL;
}

static const struct sql_field *fields(struct sql_env *env, uint32_t oid, size_t *count)
{
	*count = 0;
	return env->session ? sql_catalog_fields(env->session, oid, count) : NULL;
}

static uint32_t range_of(struct sql_env *env, uint32_t of, bool multi)
{
	(void)env;
	for (size_t i = 0; i < sql_nrange_facts; i++)
		if (multi ? sql_range_facts[i].type == of : sql_range_facts[i].subtype == of)
			return multi ? sql_range_facts[i].multirange : sql_range_facts[i].type;
	return 0;
}

/* ---- engine ---- */

static bool open_database(struct sql_engine *e, const char **why)
{
	/* one thread owns all state, so SQLite's locks guard nothing; too late when SQLite is in use already, which is fine */
	sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	if (sqlite3_open_v2(":memory:", &e->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
		*why = "SQLite cannot open a database in memory";
		return false;
	}
	/* a name in double quotes is a name, never a text */
	sqlite3_db_config(e->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(e->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	e->env.db = e->db;
	if (sql_library_register(e->db, &e->env) != SQLITE_OK || sql_builtin_register(e->db, &e->env) != SQLITE_OK) {
		*why = "SQLite refuses a function of the library";
		return false;
	}
	sql_sysfunc_attach(&e->env);
	sql_ceiling_register(e);
	return true;
}

struct sql_engine *sql_engine_new(const struct sql_engine_config *config, const char **why)
{
	struct sql_engine *e = calloc(1, sizeof(*e));

	*why = "out of memory";
	if (!e)
		return NULL;
	e->config = *config;
	e->random = config->seed;
	arena_init(&e->idle);
	e->env = (struct sql_env){ .arena = &e->idle, .clock_us = clock_us, .random = next_random, .sleep_us = sleep_us, .setting = setting,
		.type = type, .visible = visible, .labels = labels, .fields = fields, .range_of = range_of };
	e->xids = sql_xids_new();
	if (!e->xids || !open_database(e, why) || !sql_store_open(e, why)) {
		sql_engine_free(e);
		return NULL;
	}
	return e;
}

void sql_engine_free(struct sql_engine *e)
{
	if (!e)
		return;
	while (e->first)
		sql_session_free(e->first);
	sql_plans_free(e->plans);
	if (e->store)
		sql_store_close(e);
	sqlite3_close_v2(e->db);
	if (e->xids)
		sql_xids_free(e->xids);
	arena_release(&e->idle);
	free(e);
}

/* ---- session ---- */

struct sql_session *sql_session_new(struct sql_engine *e, const char *user, const char *database, uint32_t pid,
				    const struct sql_session_hooks *hooks)
{
	struct sql_session *s = calloc(1, sizeof(*s));

	if (!s)
		abort(); /* as the arena: out of memory ends the host */
	s->engine = e;
	s->user = user;
	s->database = database;
	s->pid = pid;
	s->hooks = *hooks;
	map_init(&s->cursors);
	map_init(&s->saved);
	map_init(&s->sequences);
	map_init(&s->listens);
	arena_init(&s->temp_arena);
	sql_party_init(&s->party, &e->store->locks);
	s->next = e->first;
	if (s->next)
		s->next->prev = s;
	e->first = s;
	return s;
}

void sql_session_free(struct sql_session *s)
{
	struct arena a;

	if (!s)
		return;
	/* nobody is there to be told */
	if (sql_session_sliced(s) || sql_session_waits(s)) {
		sql_session_interrupt(s, SQL_WAKE_TERMINATE);
		sql_engine_finish(s->engine);
		sql_engine_turn(s->engine);
	}
	arena_init(&a);
	sql_session_enter(s, &a); /* its temporary tables go by statements of its own */
	sql_session_rollback(s);
	sql_cursors_close(s, true);
	sql_unlisten_now(s);
	sql_saved_drop_all(s);
	sql_temp_forget(s);
	sql_session_leave(s);
	arena_release(&s->temp_arena);
	arena_release(&a);
	sql_sequences_forget(s);
	sql_catalog_forget(s);
	sql_party_release(&s->party);
	if (s->prev)
		s->prev->next = s->next;
	else
		s->engine->first = s->next;
	if (s->next)
		s->next->prev = s->prev;
	if (s->engine->env.session == s)
		s->engine->env.session = NULL;
	map_release(&s->cursors);
	map_release(&s->saved);
	map_release(&s->sequences);
	map_release(&s->listens);
	free(s->points);
	free(s->ended);
	free(s);
}

void sql_session_enter(struct sql_session *s, struct arena *a)
{
	struct sql_env *env = &s->engine->env;

	env->session = s;
	env->arena = a;
	env->error = NULL;
	env->notices = NULL;
	env->nnotices = 0;
	env->style_known = false;
	env->statement_us = clock_us(env);
	env->transaction_us = s->tx ? s->tx_start_us : env->statement_us;
}

void sql_session_leave(struct sql_session *s)
{
	struct sql_env *env = &s->engine->env;

	env->arena = &s->engine->idle;
	env->error = NULL;
	env->notices = NULL;
	env->nnotices = 0;
	arena_reset(&s->engine->idle);
}

struct slice sql_session_setting(struct sql_session *s, const char *name)
{
	struct slice v = s->hooks.setting ? s->hooks.setting(s->hooks.of, name) : SLICE_NONE;

	return v.ptr ? v : SLICE_LIT("");
}

bool sql_session_setting_bool(struct sql_session *s, const char *name)
{
	struct slice v = sql_session_setting(s, name);

	return slice_eq_str(v, "on") || slice_eq_str(v, "true");
}

/* "5s", "200ms", "1min", "0": as SHOW prints it. */
int64_t sql_session_setting_ms(struct sql_session *s, const char *name)
{
	static const struct {
		const char *unit;
		int64_t ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "min", 60000 }, { "h", 3600000 }, { "d", 86400000 }, { "", 1 } };
	struct slice v = sql_session_setting(s, name);
	int64_t n = 0;
	size_t i = 0;

	while (i < v.len && v.ptr[i] >= '0' && v.ptr[i] <= '9')
		n = n * 10 + (v.ptr[i++] - '0');
	for (size_t k = 0; k < sizeof(units) / sizeof(units[0]); k++)
		if (slice_eq_str(slice_skip(v, i), units[k].unit))
			return n * units[k].ms;
	return n;
}

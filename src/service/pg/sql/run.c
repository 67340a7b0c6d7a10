/*
 * Runs prepared statements: parameters become values, SQLite computes rows, the
 * store writes them. What waits for another transaction goes on later (fibers).
 */
#include <stdlib.h>

#include "base/utf8.h"
#include "service/pg/sql/builtin.h"
#include "service/pg/sql/plan.h"
#include "service/pg/sql/serial.h"
#include "service/pg/sql/slice.h"
#include "service/pg/sql/transaction.h"

struct gather {
	struct sql_result *out;
	struct arena *arena;
	size_t ncolumns, cap;
};

static struct sql_datum keep(struct sql_datum v, struct arena *a)
{
	if (v.kind == SQL_TEXT || v.kind == SQL_BLOB)
		v.s = arena_slice(a, v.s);
	return v;
}

static struct sql_datum *new_row(struct gather *g)
{
	struct sql_result *out = g->out;

	if (out->nrows == g->cap) {
		size_t cap = g->cap ? g->cap * 2 : 8;
		struct sql_datum *grown = arena_alloc(g->arena, (cap * g->ncolumns + 1) * sizeof(*grown));

		if (out->nrows)
			memcpy(grown, out->cells, out->nrows * g->ncolumns * sizeof(*grown));
		out->cells = grown;
		g->cap = cap;
	}
	return out->cells + out->nrows++ * g->ncolumns;
}

static bool take_row(void *of, const struct sql_datum *values, size_t count)
{
	struct gather *g = of;
	struct sql_datum *row = new_row(g);

	for (size_t i = 0; i < g->ncolumns; i++)
		row[i] = i < count ? keep(values[i], g->arena) : (struct sql_datum){ .kind = SQL_NULL };
	return true;
}

/* What SQLite says when no function of ours raised anything. */
static void raise_sqlite(struct sql_session *s, int rc)
{
	struct sql_env *env = &s->engine->env;

	if (env->error)
		return;
	switch (rc & 0xff) {
	case SQLITE_INTERRUPT:
		sql_raise_env(env, "57014", "canceling statement due to user request");
		break;
	case SQLITE_NOMEM:
		sql_raise_env(env, "53200", "out of memory");
		break;
	case SQLITE_TOOBIG:
		sql_raise_env(env, "54000", "a value is larger than this fake can hold");
		break;
	default: {
		/* SQLite looks at a window's offsets itself: "frame starting offset must be a non-negative integer" */
		const char *why = sqlite3_errmsg(s->engine->db);
		bool start = strncmp(why, "frame starting offset must be", 29) == 0;

		if (start || strncmp(why, "frame ending offset must be", 27) == 0)
			sql_raise_env(env, "22013", "frame %s offset must not be negative", start ? "starting" : "ending");
		else
			sql_raise_env(env, "XX000", "%s", why);
	}
	}
}

static bool select_rows(struct sql_session *s, struct sql_plan *plan, const struct sql_datum *binds, struct gather *g)
{
	sqlite3_stmt *st = sql_plan_take(s, plan, plan->text);
	int rc;

	if (!st)
		return false;
	for (size_t i = 0; i < plan->nbinds; i++)
		sql_datum_bind(st, (int)i + 1, binds[i]);
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		struct sql_datum *row = new_row(g);

		size_t bytes = g->ncolumns * sizeof(*row);

		for (size_t i = 0; i < g->ncolumns; i++) {
			row[i] = keep(sql_datum_column(st, (int)i), g->arena);
			bytes += row[i].kind == SQL_TEXT || row[i].kind == SQL_BLOB ? row[i].s.len : 0;
		}
		if (!sql_ceiling_rows(s, bytes))
			break;
	}
	if (rc != SQLITE_DONE || s->engine->env.error) {
		raise_sqlite(s, rc);
		sqlite3_reset(st);
		sql_plan_done(plan, st);
		return false;
	}
	sql_plan_done(plan, st);
	return true;
}

/* What a query over the other values gives: a window's frame offset. */
static bool compute(struct sql_session *s, const struct sql_bind *b, const struct sql_datum *binds, size_t nbinds, struct sql_datum *out, struct arena *a)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(s->engine->db, b->text.ptr, (int)b->text.len, &st, NULL), n = sqlite3_bind_parameter_count(st);

	for (int i = 0; rc == SQLITE_OK && i < n && (size_t)i < nbinds; i++)
		rc = sql_datum_bind(st, i + 1, binds[i]);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		*out = keep(sql_datum_column(st, 0), a);
	else
		raise_sqlite(s, rc);
	sqlite3_finalize(st);
	return rc == SQLITE_ROW;
}

struct sql_datum *sql_run_binds(struct sql_session *s, struct sql_plan *plan, const struct sql_datum *params, size_t nparams, struct arena *a)
{
	struct sql_datum *binds = ARENA_ARRAY(a, struct sql_datum, plan->nbinds + 1);
	struct sql_env *env = &s->engine->env;

	for (size_t i = 0; i < plan->nbinds; i++) {
		const struct sql_bind *b = plan->binds + i;

		switch (b->kind) {
		case SQL_BIND_PARAM:
			if ((size_t)b->number <= nparams)
				binds[i] = params[b->number - 1];
			break;
		case SQL_BIND_VALUE:
			binds[i] = b->value;
			break;
		case SQL_BIND_LITERAL:
			if (!sql_type_in(env, b->type == 705 ? 25 : b->type, b->typmod, b->text, binds + i)) {
				if (env->error && !env->error->position && (size_t)b->location <= s->text.len)
					env->error->position = (int)slice_chars(slice_take(s->text, (size_t)b->location)) + 1;
				return NULL;
			}
			binds[i] = keep(binds[i], a);
			break;
		case SQL_BIND_QUERY:
			break;
		}
	}
	for (size_t i = 0; i < plan->nbinds; i++)
		if (plan->binds[i].kind == SQL_BIND_QUERY && !compute(s, plan->binds + i, binds, plan->nbinds, binds + i, a))
			return NULL;
	return binds;
}

static bool run_steps(struct sql_session *s, struct sql_plan *plan, const struct sql_datum *binds, struct arena *a)
{
	for (size_t i = 0; i < plan->nsteps; i++) {
		struct sql_plan_step *step = plan->steps + i;
		struct sql_result rows = { 0 };
		struct gather g = { .out = &rows, .arena = a, .ncolumns = step->ncolumns };
		struct sql_kept *kept = ARENA_NEW(a, struct sql_kept);
		uint64_t affected;

		if (!sql_modify(s, &step->write, binds, a, step->ncolumns ? take_row : NULL, &g, &affected))
			return false;
		*kept = (struct sql_kept){ .next = s->kept, .id = step->id, .ncolumns = step->ncolumns, .nrows = rows.nrows, .cells = rows.cells };
		s->kept = kept;
	}
	return true;
}

static bool is_written(const struct sql_plan *plan, uint32_t oid)
{
	bool is = plan->kind == SQL_PLAN_WRITE && plan->write.relation && plan->write.relation->oid == oid;

	for (size_t i = 0; i < plan->nsteps; i++)
		is |= plan->steps[i].write.relation && plan->steps[i].write.relation->oid == oid;
	return is;
}

/* The tables it refers to, and who will ask what was read. */
static bool lock_tables(struct sql_session *s, struct sql_plan *plan)
{
	for (size_t i = 0; i < plan->nrelations; i++) {
		uint32_t oid = plan->relations[i];
		const struct sql_relation *rel = sql_catalog_relation_oid(s, oid);
		bool written = is_written(plan, oid);

		if (!rel || rel->system)
			continue;
		if (rel->unpopulated && rel->kind == 'm') {
			struct sql_env *env = &s->engine->env;

			sql_hint(env, sql_raise_env(env, "55000", "materialized view \"%s\" has not been populated", rel->name),
				 "Use the REFRESH MATERIALIZED VIEW command.");
			return false;
		}
		if (!sql_table_lock(s, rel, written ? SQL_ROW_EXCLUSIVE : plan->kind == SQL_PLAN_LOCK ? SQL_ROW_SHARE : SQL_ACCESS_SHARE, false))
			return false;
		if (!written || plan->tag != 'i')
			sql_serial_read(s, oid);
	}
	return true;
}

bool sql_run_plan(struct sql_session *s, struct sql_plan *plan, const struct sql_datum *binds, struct arena *a, struct sql_result *out)
{
	static const char *const words[] = { ['i'] = "INSERT", ['u'] = "UPDATE", ['d'] = "DELETE", ['m'] = "MERGE" };
	struct gather g = { .out = out, .arena = a, .ncolumns = plan->ncolumns + plan->nrowids };
	uint64_t affected = 0;
	bool ok = true;

	if (!s->reading)
		s->reading = s->sliceable ? plan : NULL;
	out->columns = plan->columns;
	out->ncolumns = plan->ncolumns;
	out->has_rows = plan->has_rows;
	if (plan->nrelations && !lock_tables(s, plan))
		return false;
	/* what reads no table is computed while it is planned, before columns are told */
	out->announced = plan->nrelations && (plan->kind == SQL_PLAN_SELECT || plan->kind == SQL_PLAN_LOCK);
	sql_serial_reads(s, plan->kind == SQL_PLAN_SELECT ? plan->text : plan->write.select);
	if (plan->writes && !sql_statement_writes(s, plan->tag == 's' ? "SELECT" : words[(int)plan->tag]))
		return false;
	if (plan->nsteps && !run_steps(s, plan, binds, a))
		return false;
	switch (plan->kind) {
	case SQL_PLAN_SELECT:
		ok = select_rows(s, plan, binds, &g);
		break;
	case SQL_PLAN_LOCK:
		ok = sql_statement_writes(s, "SELECT FOR UPDATE") && sql_modify(s, &plan->write, binds, a, take_row, &g, &affected);
		break;
	case SQL_PLAN_WRITE:
		ok = sql_modify(s, &plan->write, binds, a, plan->has_rows ? take_row : NULL, &g, &affected);
		break;
	case SQL_PLAN_UTILITY:
		return false;
	}
	if (!ok)
		return false;
	if (plan->tag == 's')
		out->tag = arena_printf(a, "SELECT %zu", out->nrows);
	else
		out->tag = arena_printf(a, "%s%s %llu", words[(int)plan->tag], plan->tag == 'i' ? " 0" : "", (unsigned long long)affected);
	return true;
}

/* ---- a statement from begin to end ---- */

static bool read_params(struct sql_session *s, struct sql_running *r, const struct sql_plan *plan, struct sql_datum **out)
{
	struct sql_env *env = &s->engine->env;

	*out = ARENA_ARRAY(r->arena, struct sql_datum, plan->nparams + r->nparams + 1);
	for (size_t i = 0; i < r->nparams && i < plan->nparams; i++) {
		const struct sql_param *p = r->params + i;
		bool ok = true;

		if (p->null)
			continue;
		ok = p->binary ? sql_type_recv(env, plan->params[i], -1, p->bytes, *out + i) : sql_type_in(env, plan->params[i], -1, p->bytes, *out + i);
		const struct sql_type *t = ok && env->type ? env->type(env, plan->params[i]) : NULL;
		if (t && t->kind == 'd') {
			struct sql_bind b = { .text = arena_printf(r->arena, "SELECT e_domain(%u, ?1)", t->oid) };

			ok = compute(s, &b, *out + i, 1, *out + i, r->arena);
		}
		if (!ok) {
			struct slice where = arena_printf(r->arena, "%s%.*s%s parameter $%zu%s", r->portal.len ? "portal \"" : "unnamed portal",
							  SLICE_ARG(r->portal), r->portal.len ? "\"" : "", i + 1,
							  p->binary ? "" : p->bytes.len ? " = '...'" : " = ''");


			if (env->error)
				env->error->where = env->error->where.len ? arena_printf(r->arena, "%.*s\n%.*s", SLICE_ARG(env->error->where), SLICE_ARG(where)) : where;
			return false;
		}
		(*out)[i] = keep((*out)[i], r->arena);
	}
	return true;
}

/*
 * A function met an advisory lock of another session: SQLite cannot stop in the middle, so the statement ends,
 * waits, and is to run again. Or it waited for a table, which may be another one now: it begins anew.
 */
static bool waits_and_repeats(struct sql_session *s)
{
	struct sql_env *env = &s->engine->env;

	if (!env->error || !slice_eq_str(env->error->sqlstate, SQL_WAIT_AND_REPEAT))
		return false;
	env->error = NULL;
	if (s->wanted_of)
		return sql_session_wait(s, s->wanted_of, s->wanted, s->wanted_mode);
	sql_statement_end(s, true);
	sql_statement_begin(s);
	s->kept = NULL;
	return true;
}

/* What pg_stat_activity shows; cut between characters. */
static void remember(struct sql_session *s)
{
	size_t n = s->text.len < sizeof(s->asked) ? s->text.len : sizeof(s->asked) - 1;

	while (n && n < s->text.len && ((unsigned char)s->text.ptr[n] & 0xc0) == 0x80)
		n--;
	memcpy(s->asked, s->text.ptr, n);
	s->asked_len = n;
}

static bool run_once(struct sql_running *r)
{
	struct sql_session *s = r->session;
	struct sql_prepared *p = sql_prepared_fresh(s, r->prepared);
	struct sql_datum *params, *binds;

	r->out->announced = false;
	if (!p)
		return false;
	s->text = r->prepared->text;
	remember(s);
	r->out->columns = p->plan.columns;
	r->out->ncolumns = p->plan.ncolumns;
	r->out->has_rows = p->plan.has_rows;
	r->out->nrows = 0;
	bool ok = read_params(s, r, &p->plan, &params);
	s->sliceable = p->plan.kind != SQL_PLAN_UTILITY || p->plan.statement->node_case == AST(COPY_STMT);
	if (ok && p->plan.kind == SQL_PLAN_UTILITY) {
		ok = sql_utility(s, p, params, r->arena, r->out);
	} else if (ok) {
		binds = sql_run_binds(s, &p->plan, params, r->nparams, r->arena);
		ok = binds && sql_run_plan(s, &p->plan, binds, r->arena, r->out);
	}
	/* the plan may go with the cache; what was answered points into it */
	if ((ok || r->out->announced) && r->out->columns) {
		struct sql_column *c = ARENA_ARRAY(r->arena, struct sql_column, r->out->ncolumns + 1);

		for (size_t i = 0; i < r->out->ncolumns; i++) {
			c[i] = r->out->columns[i];
			c[i].name = arena_slice(r->arena, c[i].name);
		}
		r->out->columns = c;
	}
	sql_prepared_drop(p);
	return ok;
}

static void run_statement(void *arg)
{
	struct sql_running *r = arg;
	struct sql_session *s = r->session;
	struct sql_env *env = &s->engine->env;
	bool ok = false;

	sql_session_enter(s, r->arena);
	s->kept = NULL;
	s->stop = SQL_WAKE_NONE;
	s->reading = NULL;
	sql_slice_begin(s->engine);
	sql_statement_begin(s);
	sql_ceiling_begin(s);
	do {
		ok = run_once(r);
	} while (!ok && waits_and_repeats(s));
	if (ok && env->error)
		ok = false;
	if (!ok && !env->error)
		sql_raise_env(env, "XX000", "the statement failed without a reason");
	sql_ceiling_end(s);
	s->reading = NULL;
	s->sliceable = false;
	s->text = SLICE_NONE;
	sql_statement_end(s, !ok);
	if (!ok || env->error) {
		r->out->error = env->error;
		r->out->has_rows = false;
		r->out->nrows = 0;
	}
	r->out->notices = env->notices;
	r->out->nnotices = env->nnotices;
	sql_session_leave(s);
}

static void party_done(struct sql_party *party)
{
	struct sql_session *s = (struct sql_session *)((char *)party - offsetof(struct sql_session, party));
	struct sql_running *r = s->running;

	s->running = NULL;
	if (r && r->done)
		r->done(r);
}

bool sql_run(struct sql_running *r)
{
	struct sql_session *s = r->session;

	*r->out = (struct sql_result){ 0 };
	s->running = r;
	s->party.done = party_done;
	if (!sql_session_call(s, run_statement, r))
		return false;
	s->running = NULL;
	return true;
}

bool sql_value_write(struct sql_session *s, uint32_t type, struct sql_datum v, bool binary, struct buf *out, struct arena *a,
		     struct sql_error **error)
{
	struct sql_env *env = &s->engine->env;

	sql_session_enter(s, a);
	bool ok = binary ? sql_type_send(env, type, v, out) : sql_type_out(env, type, v, out);
	*error = env->error;
	sql_session_leave(s);
	return ok;
}

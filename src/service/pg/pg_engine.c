/*
 * The SQL engine behind a connection: statements of requests go in, replies come
 * out. The engine is made when the first statement needs it. Sessions' settings
 * stay here (pg_session); transactions follow what was decided for each statement,
 * also by a rule.
 */
#include <stdlib.h>

#include "base/utf8.h"
#include "service/pg/pg_conn.h"
#include "service/pg/pg_error.h"
#include "service/pg/pg_message.h"
#include "service/pg/pg_real.h"
#include "service/pg/sql/copy.h"
#include "service/pg/sql/library.h"
#include "service/pg/sql/session.h"
#include "service/pg/sql/slice.h"
#include "service/pg/sql/store.h"
#include "service/pg/sql/transaction.h"
#include "service/pg/sql/utility.h"

/* ---- what the engine asks of a connection ---- */

static struct slice setting(void *of, const char *name)
{
	struct pg_conn *c = of;
	struct slice value = pg_session_get(&c->session, slice_str(name));
	const struct pg_setting *s = pg_setting_find(slice_str(name));

	if (!value.ptr || !s || (s->type != PG_SETTING_INTEGER && s->type != PG_SETTING_REAL))
		return value;
	arena_reset(&c->shown);
	return pg_setting_show(s, value, &c->shown);
}

/* A row of pg_settings: values in the base unit, as guc.c's GetConfigOptionByNum prints them. */
static bool nth_setting(void *of, size_t n, struct sql_setting *out, struct arena *a)
{
	static const char *const types[] = { "bool", "integer", "real", "string", "enum" };
	static const char *const who[] = { "internal", "postmaster", "sighup", "backend", "superuser-backend", "superuser", "user" };
	const struct pg_conn *c = of;
	const struct pg_setting *s = pg_setting_at(n);
	struct slice rest;

	if (!s)
		return false;
	*out = (struct sql_setting){ .name = slice_str(s->name), .setting = pg_session_get(&c->session, slice_str(s->name)),
		.context = slice_str(who[s->who]), .vartype = slice_str(types[s->type]), .boot = slice_str(s->initial), .reset = slice_str(s->initial) };
	out->source = slice_eq(out->setting, out->boot) ? SLICE_LIT("default") : SLICE_LIT("session");
	if (s->unit[0])
		out->unit = slice_str(s->unit);
	if (s->type == PG_SETTING_INTEGER || s->type == PG_SETTING_REAL) {
		out->min = arena_printf(a, s->type == PG_SETTING_REAL ? "%.15g" : "%.0f", s->least);
		out->max = arena_printf(a, s->type == PG_SETTING_REAL ? "%.15g" : "%.0f", s->greatest);
	}
	if (s->type == PG_SETTING_ENUM) {
		struct buf b;

		buf_init(&b, 64 * 1024);
		for (rest = slice_str(s->values); rest.len;) {
			struct slice one = slice_split(&rest, ',');

			buf_addf(&b, "%s%.*s", b.len ? "," : "{", SLICE_ARG(one));
		}
		buf_add_char(&b, '}');
		out->enums = arena_slice(a, buf_slice(&b));
		buf_release(&b);
	}
	return true;
}

static struct sql_error *set(void *of, struct slice name, struct slice value, bool local, struct arena *a)
{
	struct pg_conn *c = of;

	return pg_session_set(&c->session, name, value, local ? PG_SCOPE_LOCAL : PG_SCOPE_SESSION, a);
}

/* NotificationResponse: at once to a connection that is idle, else behind its transaction. */
static void notified(void *of, uint32_t pid, struct slice channel, struct slice payload)
{
	pg_notify(of, pid, channel, payload);
}

static void go_on(void *state);

static void sliced(void *of)
{
	struct pg_conn *c = of;

	c->link->every_turn(c->link, go_on);
	if (c->link->patience)
		c->link->patience(c->link, 0); /* statement_timeout is looked at while it computes */
}

/* Idle: it is told at once. Else with its next statement. */
static void terminated(void *of)
{
	struct pg_conn *c = of;
	struct buf b;

	if (!c->idle || !c->link->push || !c->link->end)
		return;
	buf_init(&b, 4096);
	pg_error_send(&b, "FATAL", "57P01", "terminating connection due to administrator command");
	c->link->push(c->link, buf_slice(&b));
	buf_release(&b);
	c->link->end(c->link);
}

static uint64_t (*clock_of_run)(void);

static uint64_t now_ns(void)
{
	return clock_of_run();
}

struct sql_engine *pg_server_engine(struct pg_server *server)
{
	const char *why;

	if (!server->engine) {
		struct sql_engine_config config = { .seed = server->seed, .version = server->version, .database = "postgres" };

		clock_of_run = server->now_ns;
		config.now_ns = server->now_ns ? now_ns : NULL;
		server->engine = sql_engine_new(&config, &why);
		for (struct pg_conn *c = server->engine ? server->first : NULL; c; c = c->next)
			if (c->phase == PG_PHASE_READY)
				pg_engine_session(c);
	}
	return server->engine;
}

struct sql_session *pg_engine_session(struct pg_conn *c)
{
	const struct sql_session_hooks hooks = { .of = c, .setting = setting, .set = set, .nth_setting = nth_setting, .notified = notified,
		.terminated = terminated, .sliced = c->link->every_turn ? sliced : NULL };
	struct pg_server *server = c->server;

	if (c->sql || !server || server->cluster)
		return c->sql;
	if (pg_server_engine(server) && !c->sql) /* a new engine takes all connections in */
		c->sql = sql_session_new(server->engine, c->session.user ? c->session.user : "postgres",
					 c->session.database ? c->session.database : "postgres", c->pid, &hooks);
	return c->sql;
}

void pg_engine_leave(struct pg_conn *c)
{
	if (!c->sql)
		return;
	sql_session_free(c->sql);
	c->sql = NULL;
	sql_engine_turn(c->server->engine);
}

/* ---- statements ---- */

/* Prepares the text of a request, or what its portal has prepared. NULL: *error. */
static struct sql_prepared *prepare(struct pg_conn *c, const struct request *req, const uint32_t *types, size_t ntypes, struct sql_error **error)
{
	struct sql_prepared *p = sql_prepare(c->sql, req->sql.text, types, ntypes, req->arena, error);
	const uint32_t *found;

	if (!p || req->sql.extended || req->sql.nparams || !sql_prepared_params(p, &found))
		return p;
	/* a Query message brings no parameters */
	sql_prepared_drop(p);
	struct slice text = req->sql.text;
	size_t at = slice_find(text, '$');
	long number = 1;
	if (at < text.len && text.ptr[at + 1] >= '0' && text.ptr[at + 1] <= '9')
		number = strtol(text.ptr + at + 1, NULL, 10);
	*error = pg_error_new(req->arena, "42P02", "there is no parameter $%ld", number);
	(*error)->position = (int)slice_chars(slice_take(text, at)) + 1;
	return NULL;
}

/* A database in which nothing was ever made answers for no table: the rules are asked for what was meant. */
static bool is_empty(const struct pg_conn *c, const struct sql_error *e)
{
	return slice_eq_str(e->sqlstate, "42P01") && slice_has_prefix(e->message, SLICE_LIT("relation \"")) && c->server->engine->store->next_oid == SQL_FIRST_OID;
}

static bool fill_error(struct pg_conn *c, struct reply *reply, struct sql_error *e)
{
	if (is_empty(c, e))
		return false;
	pg_reply_error(reply, e);
	return true;
}

static void fill_columns(struct sql_reply *sql, const struct sql_column *columns, size_t n, struct arena *a)
{
	sql->has_rows = true;
	sql->ncolumns = n;
	sql->columns = ARENA_ARRAY(a, struct sql_column, n + 1);
	for (size_t i = 0; i < n; i++)
		sql->columns[i] = columns[i];
}

/* The result formats that the portal asked about was bound with; NULL: text. */
static const struct pg_formats *binary_formats(const struct pg_conn *c, const struct request *req)
{
	const struct pg_portal *p = req && req->sql.extended && !req->sql.describe ? c->portal : NULL;

	for (size_t i = 0; p && i < p->formats.count; i++)
		if (p->formats.list[i])
			return &p->formats;
	return NULL;
}

/*
 * Rows as text: what rules, the trace and the wire read. What goes out in binary is written here
 * too: text may say less (the types in a record, a date in the session's style).
 */
static struct sql_error *fill_rows(struct pg_conn *c, const struct sql_result *r, struct sql_reply *sql, const struct pg_formats *formats, struct arena *a)
{
	struct buf b;
	struct sql_error *error = NULL;

	fill_columns(sql, r->columns, r->ncolumns, a);
	sql->nrows = r->nrows;
	sql->cells = arena_alloc(a, (r->nrows * r->ncolumns + 1) * sizeof(*sql->cells));
	buf_init(&b, (size_t)1 << 30);
	sql_session_enter(c->sql, a);
	struct sql_env *env = &c->server->engine->env;
	for (size_t i = 0; !env->error && i < r->nrows * r->ncolumns; i++) {
		struct sql_value *v = sql->cells + i;
		const struct sql_datum *d = r->cells + i;

		*v = (struct sql_value){ .oid = r->columns[i % r->ncolumns].oid, .null = d->kind == SQL_NULL };
		if (v->null)
			continue;
		buf_reset(&b);
		if (sql_type_out(env, v->oid, *d, &b))
			v->text = arena_slice(a, buf_slice(&b));
		if (!formats || !pg_format(formats, i % r->ncolumns))
			continue;
		if (!sql->binaries)
			sql->binaries = ARENA_ARRAY(a, struct slice, r->nrows * r->ncolumns);
		buf_reset(&b);
		if (!env->error && sql_type_send(env, v->oid, *d, &b))
			sql->binaries[i] = arena_slice(a, buf_slice(&b));
	}
	error = env->error;
	sql_session_leave(c->sql);
	buf_release(&b);
	return error;
}

static bool fill_result(struct pg_conn *c, const struct sql_result *r, struct reply *reply, const struct request *req)
{
	struct sql_reply *sql = &reply->sql;
	struct sql_error *e = r->error;
	struct arena *a = req->arena;

	if (!e && r->has_rows)
		e = fill_rows(c, r, sql, binary_formats(c, req), a);
	if (e && is_empty(c, e))
		return false;
	for (size_t i = 0; i < r->nnotices; i++)
		pg_reply_notice(reply, a, r->notices + i);
	if (e) {
		pg_reply_error(reply, e);
		if (r->announced && !req->sql.extended) {
			sql->announced = ARENA_ARRAY(a, struct sql_column, r->ncolumns + 1);
			memcpy(sql->announced, r->columns, r->ncolumns * sizeof(*sql->announced));
			sql->nannounced = r->ncolumns;
		}
		return true;
	}
	sql->tag = r->tag;
	return true;
}

struct pg_running {
	struct sql_running run;
	struct sql_result result;
	struct sql_param *params;
	struct pg_conn *conn;
	struct request *request;
	struct reply *reply;
	bool waits;
};

/* The wait is over: the reply that was put off is what the statement answered. */
static void done(struct sql_running *run)
{
	struct pg_running *r = run->of;

	if (!r->waits)
		return;
	if (!fill_result(r->conn, &r->result, r->reply, r->request))
		pg_reply_error(r->reply, r->result.error);
	r->reply->by = BY_FAKE;
	sql_prepared_drop(r->run.prepared);
	if (r->conn->link->resume)
		r->conn->link->resume(r->conn->link);
}

/* How long it may wait, by its settings, the shorter one first; which one is the shorter is in *lock. */
static uint64_t patience_ns(struct pg_conn *c, bool *lock)
{
	int64_t lock_ms = sql_session_setting_ms(c->sql, "lock_timeout"), all_ms = sql_session_setting_ms(c->sql, "statement_timeout");

	*lock = lock_ms > 0 && (all_ms <= 0 || lock_ms <= all_ms);
	return (uint64_t)(*lock ? lock_ms : all_ms > 0 ? all_ms : 0) * 1000000;
}

static void go_on(void *state)
{
	struct pg_conn *c = state;
	bool lock;

	sql_session_slice(c->sql);
	if (sql_session_sliced(c->sql))
		return;
	c->link->every_turn(c->link, NULL);
	if (sql_session_waits(c->sql) && c->link->patience)
		c->link->patience(c->link, patience_ns(c, &lock));
	sql_engine_turn(c->server->engine);
}

void pg_engine_overdue(struct pg_conn *c)
{
	bool lock;

	if (!sql_session_waits(c->sql))
		return;
	patience_ns(c, &lock);
	sql_session_interrupt(c->sql, lock ? SQL_WAKE_LOCK_TIMEOUT : SQL_WAKE_TIMEOUT);
	sql_engine_turn(c->server->engine);
}

static bool describe(struct pg_conn *c, struct request *req, struct reply *reply, struct sql_prepared *p)
{
	const struct sql_column *columns;
	struct sql_error *e = NULL;
	size_t n;

	if (!sql_prepared_columns(c->sql, p, req->arena, &columns, &n, &e))
		return fill_error(c, reply, e);
	if (n || sql_prepared_has_rows(p))
		fill_columns(&reply->sql, columns, n, req->arena);
	return true;
}

bool pg_engine_answer(struct pg_conn *c, struct request *req, struct reply *reply)
{
	struct sql_error *e = NULL;
	uint32_t *types = ARENA_ARRAY(req->arena, uint32_t, req->sql.nparams + 1);
	size_t ntypes = req->sql.nparams;

	if (!pg_engine_session(c))
		return false;
	if (c->sql->terminated) {
		pg_reply_error(reply, pg_error_new(req->arena, "57P01", "terminating connection due to administrator command"));
		reply->sql.error->severity = SLICE_LIT("FATAL");
		return true;
	}
	for (size_t i = 0; i < ntypes; i++)
		types[i] = req->sql.params[i].oid;
	if (c->statement && req->sql.extended) {
		types = c->statement->params;
		ntypes = c->statement->nparams;
	}
	struct sql_prepared *p = prepare(c, req, types, ntypes, &e);
	if (!p)
		return fill_error(c, reply, e);
	if (req->sql.describe) {
		bool known = describe(c, req, reply, p);

		sql_prepared_drop(p);
		return known;
	}
	struct pg_running *r = ARENA_NEW(req->arena, struct pg_running);
	r->conn = c;
	r->params = ARENA_ARRAY(req->arena, struct sql_param, req->sql.nparams + 1);
	for (size_t i = 0; i < req->sql.nparams; i++)
		r->params[i] = (struct sql_param){ .bytes = req->sql.params[i].text, .null = req->sql.params[i].null };
	r->run = (struct sql_running){ .session = c->sql, .prepared = p, .params = r->params, .nparams = req->sql.nparams, .arena = req->arena,
		.out = &r->result, .done = done, .of = r };
	if (req->sql.extended && c->portal)
		r->run.portal = c->portal->name;
	if (req->sql.copy_in)
		r->run.copy_in = body_slice(req->sql.copy_in);
	struct slice verb = req->sql.analysis ? req->sql.analysis->verb : SLICE_NONE;
	c->queried |= !slice_has_prefix(verb, SLICE_LIT("LOCK")) && !slice_eq_str(verb, "LISTEN") && !slice_eq_str(verb, "NOTIFY") &&
		      !slice_eq_str(verb, "UNLISTEN");
	if (!sql_run(&r->run)) {
		bool lock;

		r->waits = reply->later = true;
		r->request = req;
		r->reply = reply;
		reply->later_ns = sql_session_sliced(c->sql) ? 0 : patience_ns(c, &lock);
		sql_engine_turn(c->server->engine);
		return true;
	}
	bool known = fill_result(c, &r->result, reply, req);
	sql_prepared_drop(p);
	sql_engine_turn(c->server->engine);
	return known;
}

/* ---- parameters of Parse ---- */

int pg_engine_params(struct pg_conn *c, struct slice text, const uint32_t *given, size_t ngiven, uint32_t *types, size_t ntypes, struct arena *a)
{
	struct sql_error *e = NULL;
	const uint32_t *found;
	struct sql_prepared *p;

	if (c->server && c->server->cluster)
		return pg_backend_params(c, text, given, ngiven, types, ntypes, a);
	if (!pg_engine_session(c) || c->session.status == 'E')
		return 0;
	p = sql_prepare(c->sql, text, given, ngiven, a, &e);
	if (!p)
		return is_empty(c, e) ? 0 : -1;
	size_t n = sql_prepared_params(p, &found);
	for (size_t i = 0; i < n && i < ntypes; i++)
		types[i] = found[i];
	sql_prepared_drop(p);
	return 1;
}

int pg_engine_copy(struct pg_conn *c, struct slice text, struct arena *a, size_t *columns)
{
	struct sql_error *e = NULL;

	if (!pg_engine_session(c))
		return 0;
	if (c->session.status == 'E')
		return -1;
	if (sql_copy_ready(c->sql, text, a, columns, &e))
		return 1;
	return !e || is_empty(c, e) ? 0 : -1;
}

bool pg_engine_role(struct pg_conn *c, struct slice name, struct arena *a)
{
	if (!c->sql || slice_eq_str(name, c->sql->user ? c->sql->user : ""))
		return true;
	sql_session_enter(c->sql, a);
	bool is = sql_cat_int(c->server->engine->store, "SELECT count(*) FROM pg_authid WHERE rolname = ?1", "S", name) > 0;
	sql_session_leave(c->sql);
	return is;
}

/* ---- transactions ---- */

static enum sql_session_mode mode_of(const struct pg_conn *c)
{
	struct slice level = pg_session_get(&c->session, SLICE_LIT("transaction_isolation"));

	return slice_eq_str(level, "serializable") ? SQL_MODE_SERIALIZABLE :
	       slice_eq_str(level, "repeatable read") ? SQL_MODE_REPEATABLE_READ :
							 SQL_MODE_READ_COMMITTED;
}

static void begin(struct pg_conn *c, struct arena *a)
{
	sql_session_enter(c->sql, a);
	sql_session_begin(c->sql, mode_of(c), slice_eq_str(pg_session_get(&c->session, SLICE_LIT("transaction_read_only")), "on"));
	sql_session_leave(c->sql);
}

static struct sql_error *copy_error(const struct sql_error *e, struct arena *a)
{
	struct sql_error *copy = e ? ARENA_NEW(a, struct sql_error) : NULL;

	if (copy)
		*copy = *e;
	return copy;
}

struct sql_error *pg_engine_commit(struct pg_conn *c, struct arena *a)
{
	if (!c->sql || c->session.status == 'E')
		return NULL;
	sql_session_enter(c->sql, a);
	struct sql_error *e = copy_error(sql_session_commit(c->sql, a), a);
	sql_session_leave(c->sql);
	sql_cursors_close(c->sql, e != NULL);
	sql_engine_turn(c->server->engine);
	return e;
}

/* Savepoints, and COMMIT or ROLLBACK with a chain: inside of the session. */
static void follow(struct pg_conn *c, enum pg_verb verb, struct pg_words *w, char before, struct arena *a)
{
	if (verb == PG_SAVEPOINT) {
		sql_session_savepoint(c->sql, w->text);
		return;
	}
	if (verb == PG_RELEASE) {
		pg_words_take(w, "savepoint");
		sql_session_release(c->sql, w->text);
		return;
	}
	if (!pg_words_take(w, "work"))
		pg_words_take(w, "transaction");
	if (verb == PG_ROLLBACK && pg_words_take(w, "to")) {
		pg_words_take(w, "savepoint");
		sql_session_rollback_to(c->sql, w->text);
		return;
	}
	/* AND CHAIN */
	if (verb == PG_COMMIT && before == 'T')
		pg_engine_commit(c, a);
	else
		sql_session_rollback(c->sql);
	begin(c, a);
}

void pg_engine_after(struct pg_conn *c, enum pg_verb verb, struct slice text, char before, struct arena *a)
{
	char now = c->session.status;
	struct pg_words w;

	if (!c->sql && now == 'T' && before == 'I' && !pg_engine_session(c))
		return;
	if (!c->sql)
		return;
	if (before == 'I' && now == 'T') {
		begin(c, a);
		return;
	}
	if (now == 'I') {
		/* the block ended: what the fake did not commit was rolled back by who decided so */
		if (c->sql->block && verb == PG_COMMIT && before == 'T')
			pg_engine_commit(c, a);
		else if (c->sql->block)
			sql_session_rollback(c->sql);
		if (before != 'I')
			sql_cursors_close(c->sql, false);
		sql_engine_turn(c->server->engine);
		return;
	}
	if (now == 'E') {
		if (!c->sql->failed)
			sql_session_fail(c->sql);
		sql_engine_turn(c->server->engine);
		return;
	}
	if (verb == PG_BEGIN || verb == PG_SET)
		begin(c, a); /* inside of a block: its modes may be others now */
	if (verb != PG_SAVEPOINT && verb != PG_RELEASE && verb != PG_ROLLBACK && verb != PG_COMMIT)
		return;
	pg_words_init(&w, text, a);
	pg_words_next(&w);
	sql_session_enter(c->sql, a);
	follow(c, verb, &w, before, a);
	sql_session_leave(c->sql);
	sql_engine_turn(c->server->engine);
}
struct sql_error *pg_engine_settle(struct pg_conn *c, bool failed, struct arena *a)
{
	if (!c->sql || c->sql->block)
		return NULL;
	sql_session_enter(c->sql, a);
	struct sql_error *e = copy_error(sql_session_settle(c->sql, failed, a), a);
	sql_session_leave(c->sql);
	sql_cursors_close(c->sql, false);
	sql_engine_turn(c->server->engine);
	return e;
}

void pg_engine_cancel(struct pg_conn *c)
{
	if (!pg_engine_waits(c))
		return;
	sql_session_interrupt(c->sql, SQL_WAKE_CANCEL);
	sql_engine_turn(c->server->engine);
}

bool pg_engine_waits(const struct pg_conn *c)
{
	return c->sql && (sql_session_waits(c->sql) || sql_session_sliced(c->sql));
}

bool pg_engine_forget(struct pg_conn *c, struct slice name)
{
	if (!c->sql)
		return false;
	if (name.len)
		return sql_saved_drop(c->sql, name);
	sql_saved_drop_all(c->sql);
	return true;
}

void pg_engine_close(struct pg_conn *c)
{
	if (c->sql)
		sql_cursors_close(c->sql, true);
}

bool pg_engine_cursor(const struct pg_conn *c, struct slice name)
{
	return c->sql && map_get(&c->sql->cursors, name);
}

bool pg_engine_close_cursor(struct pg_conn *c, struct slice name)
{
	return c->sql && sql_cursor_close(c->sql, name);
}

bool pg_engine_send(void *of, uint32_t oid, struct slice text, struct buf *out)
{
	struct pg_conn *c = of;
	struct arena a;
	struct sql_datum v;

	if (!c->sql)
		return false;
	arena_init(&a);
	sql_session_enter(c->sql, &a);
	struct sql_env *env = &c->server->engine->env;
	size_t at = out->len;
	bool ok = sql_type_in(env, oid, -1, text, &v) && sql_type_send(env, oid, v, out);
	if (!ok)
		buf_cut(out, at);
	sql_session_leave(c->sql);
	arena_release(&a);
	return ok;
}

bool pg_engine_read_binary(struct pg_conn *c, uint32_t oid, struct slice bytes, struct arena *a, struct slice *text)
{
	struct sql_datum v;
	struct buf b;

	if (!pg_engine_session(c))
		return false;
	buf_init(&b, (size_t)1 << 30);
	sql_session_enter(c->sql, a);
	struct sql_env *env = &c->server->engine->env;
	bool ok = sql_type_recv(env, oid, -1, bytes, &v) && sql_type_out(env, oid, v, &b);
	if (ok)
		*text = arena_slice(a, buf_slice(&b));
	sql_session_leave(c->sql);
	buf_release(&b);
	return ok;
}

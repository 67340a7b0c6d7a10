/*
 * SET and RESET in all their spellings. What a setting takes is in
 * pg_settings.c, how a change is undone in pg_vars.c.
 *
 * Source: manual, SET, SET TRANSACTION, SET ROLE, SET SESSION AUTHORIZATION.
 */
#include <stdlib.h>

#include "service/pg/pg_conn.h"
#include "service/pg/pg_error.h"
#include "service/pg/pg_vars.h"

bool pg_in_block(const struct pg_conn *c)
{
	return c->session.status != 'I' || c->session.block;
}

struct slice pg_setting_name(struct pg_words *w)
{
	struct slice name;

	if (pg_words_take(w, "time")) {
		pg_words_take(w, "zone");
		return SLICE_LIT("TimeZone");
	}
	if (pg_words_take(w, "session") && pg_words_take(w, "authorization"))
		return SLICE_LIT("session_authorization");
	if (pg_words_take(w, "transaction")) {
		pg_words_take(w, "isolation");
		pg_words_take(w, "level");
		return SLICE_LIT("transaction_isolation");
	}
	name = w->text;
	pg_words_next(w);
	while (pg_words_take(w, ".")) {
		name = arena_printf(w->arena, "%.*s.%.*s", SLICE_ARG(name), SLICE_ARG(w->text));
		pg_words_next(w);
	}
	return name;
}

static void warn_outside(struct pg_conn *c, struct request *req, struct reply *reply, const char *what)
{
	if (pg_in_block(c))
		return;
	struct sql_error *e = pg_error_new(req->arena, "25P01", "%s can only be used in transaction blocks", what);
	e->severity = SLICE_LIT("WARNING");
	pg_reply_notice(reply, req->arena, e);
}

/* INTERVAL '-08:00' HOUR TO MINUTE: the hours as a number, for TimeZone. */
static struct slice interval_hours(struct slice text, struct arena *a)
{
	struct slice minutes = slice_trim(text), hours = slice_split(&minutes, ':');
	double h = strtod(arena_slice(a, hours).ptr, NULL), m = minutes.ptr ? strtod(arena_slice(a, minutes).ptr, NULL) : 0;

	return arena_printf(a, "%.10g", h < 0 || slice_has_prefix(hours, SLICE_LIT("-")) ? h - m / 60 : h + m / 60);
}

/* The values behind = or TO, put together as the setting keeps them. */
static struct sql_error *read_values(struct pg_words *w, const struct pg_setting *s, struct slice name, struct slice *value)
{
	struct arena *a = w->arena;
	size_t count = 0;

	*value = SLICE_LIT("");
	for (;; pg_words_next(w)) {
		bool interval = pg_words_take(w, "interval");
		struct slice one = interval ? interval_hours(w->text, a) : w->text;

		if (s && s->quoted)
			one = pg_quote_name(one, a);
		*value = count++ ? arena_printf(a, "%.*s, %.*s", SLICE_ARG(*value), SLICE_ARG(one)) : one;
		do
			pg_words_next(w); /* the value, and HOUR TO MINUTE behind an interval */
		while (w->kind == PG_WORD_NAME);
		if (!pg_words_is(w, ","))
			break;
	}
	if (count > 1 && s && !s->list)
		return pg_error_new(a, "22023", "SET %.*s takes only one argument", SLICE_ARG(name));
	return NULL;
}

/* name = value, name TO value, name TO DEFAULT, name FROM CURRENT. */
static struct sql_error *set_named(struct pg_conn *c, struct pg_words *w, struct slice name, enum pg_scope scope)
{
	struct slice value;
	struct sql_error *e;

	if (!pg_words_take(w, "="))
		pg_words_take(w, "to");
	if (pg_words_take(w, "from"))
		return NULL; /* CURRENT: means something in CREATE FUNCTION only */
	if (pg_words_is(w, "default") ||
	    (pg_words_is(w, "local") && slice_eq_nocase_str(name, "timezone")))
		return pg_session_reset(&c->session, name, w->arena);
	e = read_values(w, pg_setting_find(name), name, &value);
	return e ? e : pg_session_set(&c->session, name, value, scope, w->arena);
}

/* A user or role; "none" and DEFAULT go back. */
static struct sql_error *set_identity(struct pg_conn *c, struct pg_words *w, const char *name, enum pg_scope scope)
{
	if (pg_words_is(w, "default"))
		return pg_session_reset(&c->session, slice_str(name), w->arena);
	if (!slice_eq_nocase_str(w->text, "none") && !pg_engine_role(c, w->text, w->arena))
		return pg_error_new(w->arena, "22023", "role \"%.*s\" does not exist", SLICE_ARG(w->text));
	pg_session_force(&c->session, name, w->text, scope);
	return NULL;
}

static struct sql_error *set_modes(struct pg_conn *c, struct pg_words *w, enum pg_scope scope)
{
	struct pg_modes modes;

	if (pg_words_take(w, "snapshot")) {
		struct slice level = pg_session_get(&c->session, SLICE_LIT("transaction_isolation"));

		if (slice_eq_str(level, "read committed") || slice_eq_str(level, "read uncommitted"))
			return pg_error_new(w->arena, "0A000", "a snapshot-importing transaction must have isolation level SERIALIZABLE or REPEATABLE READ");
		return pg_error_new(w->arena, "0A000", "SET TRANSACTION SNAPSHOT is not supported by this fake");
	}
	pg_vars_read_modes(w, &modes);
	if (scope == PG_SCOPE_LOCAL && c->queried && c->session.status == 'T') {
		struct pg_modes now;

		pg_vars_modes(&c->session, &now, w->arena);
		if (modes.isolation.ptr && !slice_eq(modes.isolation, now.isolation))
			return pg_error_new(w->arena, "25001", "SET TRANSACTION ISOLATION LEVEL must be called before any query");
		if (slice_eq_str(modes.read_only, "off") && slice_eq_str(now.read_only, "on"))
			return pg_error_new(w->arena, "25001", "transaction read-write mode must be set before any query");
	}
	pg_vars_set_modes(&c->session, &modes, scope, w->arena);
	return NULL;
}

struct sql_error *pg_set(struct pg_conn *c, struct request *req, struct reply *reply)
{
	enum pg_scope scope = PG_SCOPE_SESSION;
	struct pg_words w;

	pg_words_init(&w, req->sql.text, req->arena);
	pg_words_next(&w); /* SET */
	if (pg_words_take(&w, "local")) {
		scope = PG_SCOPE_LOCAL;
		warn_outside(c, req, reply, "SET LOCAL");
	} else if (pg_words_take(&w, "session")) {
		if (pg_words_take(&w, "authorization"))
			return set_identity(c, &w, "session_authorization", scope);
		if (pg_words_take(&w, "characteristics")) {
			pg_words_take(&w, "as");
			pg_words_take(&w, "transaction");
			return set_modes(c, &w, PG_SCOPE_SESSION);
		}
	}
	if (pg_words_take(&w, "transaction")) {
		warn_outside(c, req, reply, "SET TRANSACTION");
		return set_modes(c, &w, PG_SCOPE_LOCAL);
	}
	if (pg_words_take(&w, "session")) {
		pg_words_take(&w, "authorization");
		return set_identity(c, &w, "session_authorization", scope);
	}
	if (pg_words_take(&w, "role"))
		return set_identity(c, &w, "role", scope);
	if (pg_words_take(&w, "names"))
		return w.kind == PG_WORD_END ? pg_session_reset(&c->session, SLICE_LIT("client_encoding"), req->arena) :
					       set_named(c, &w, SLICE_LIT("client_encoding"), scope);
	if (pg_words_take(&w, "schema"))
		return set_named(c, &w, SLICE_LIT("search_path"), scope);
	if (pg_words_take(&w, "catalog"))
		return pg_error_new(req->arena, "0A000", "current database cannot be changed");
	if (pg_words_take(&w, "xml")) {
		pg_words_take(&w, "option");
		return set_named(c, &w, SLICE_LIT("xmloption"), scope);
	}
	if (pg_words_take(&w, "seed"))
		return NULL; /* of random(), which needs tables to be seen */
	return set_named(c, &w, pg_setting_name(&w), scope);
}

struct sql_error *pg_reset(struct pg_conn *c, struct request *req)
{
	struct pg_words w;

	pg_words_init(&w, req->sql.text, req->arena);
	pg_words_next(&w); /* RESET */
	if (pg_words_take(&w, "all")) {
		pg_session_reset_all(&c->session);
		return NULL;
	}
	return pg_session_reset(&c->session, pg_setting_name(&w), req->arena);
}

/*
 * The fake's answers to statements that need no tables: transactions, settings,
 * DISCARD, DEALLOCATE, with the errors and warnings PostgreSQL has for them.
 *
 * Nothing here moves the transaction: that happens once the answer is decided,
 * in pg_session_after. Source: manual, part VI; xact.c and guc.c.
 */
#include <stdlib.h>

#include "base/utf8.h"
#include "service/pg/pg_conn.h"
#include "service/pg/pg_error.h"
#include "service/pg/sql/engine.h"
#include "service/pg/sql/notify.h"

static struct sql_error *outside(struct request *req, const char *what)
{
	return pg_error_new(req->arena, "25P01", "%s can only be used in transaction blocks", what);
}

static void warn(struct request *req, struct reply *reply, const char *sqlstate, const char *text)
{
	struct sql_error *e = pg_error_new(req->arena, sqlstate, "%s", text);

	e->severity = SLICE_LIT("WARNING");
	pg_reply_notice(reply, req->arena, e);
}

static struct sql_error *begin(struct pg_conn *c, struct request *req, struct reply *reply)
{
	if (c->session.status == 'T')
		warn(req, reply, "25001", "there is already a transaction in progress");
	return NULL;
}

static bool has_chain(struct pg_words *w)
{
	while (w->kind != PG_WORD_END) {
		if (pg_words_take(w, "and"))
			return pg_words_is(w, "chain");
		pg_words_next(w);
	}
	return false;
}

static struct sql_error *no_savepoint(struct pg_words *w)
{
	return pg_error_new(w->arena, "3B001", "savepoint \"%.*s\" does not exist", SLICE_ARG(w->text));
}

/* COMMIT and ROLLBACK, also ROLLBACK TO SAVEPOINT. */
static struct sql_error *finish(struct pg_conn *c, struct request *req, struct reply *reply)
{
	bool commit = c->verb == PG_COMMIT;
	struct pg_words w;

	pg_words_init(&w, req->sql.text, req->arena);
	pg_words_next(&w);
	if (!pg_words_take(&w, "work"))
		pg_words_take(&w, "transaction");
	if (!commit && pg_words_take(&w, "to")) {
		pg_words_take(&w, "savepoint");
		if (c->session.status == 'I')
			return outside(req, "ROLLBACK TO SAVEPOINT");
		return pg_session_has_savepoint(&c->session, w.text) ? NULL : no_savepoint(&w);
	}
	if (c->session.status == 'I') {
		if (has_chain(&w))
			return outside(req, commit ? "COMMIT AND CHAIN" : "ROLLBACK AND CHAIN");
		warn(req, reply, "25P01", "there is no transaction in progress");
	}
	if (commit && c->session.status == 'E')
		reply->sql.tag = SLICE_LIT("ROLLBACK");
	/* with a chain pg_engine_after begins the next one */
	return commit && c->session.status == 'T' && !has_chain(&w) ? pg_engine_commit(c, req->arena) : NULL;
}

static struct sql_error *savepoint(struct pg_conn *c, struct request *req)
{
	struct pg_words w;

	if (c->session.status == 'I')
		return outside(req, c->verb == PG_SAVEPOINT ? "SAVEPOINT" : "RELEASE SAVEPOINT");
	if (c->verb == PG_SAVEPOINT)
		return NULL;
	pg_words_init(&w, req->sql.text, req->arena);
	pg_words_next(&w);
	pg_words_take(&w, "savepoint");
	return pg_session_has_savepoint(&c->session, w.text) ? NULL : no_savepoint(&w);
}

static struct sql_error *prepare_transaction(struct pg_conn *c, struct request *req, struct reply *reply)
{
	if (c->session.status == 'I') {
		warn(req, reply, "25P01", "there is no transaction in progress");
		reply->sql.tag = SLICE_LIT("ROLLBACK");
		return NULL;
	}
	if (c->session.status == 'E') {
		reply->sql.tag = SLICE_LIT("ROLLBACK");
		return NULL;
	}
	struct sql_error *e = pg_error_new(req->arena, "55000", "prepared transactions are disabled");
	e->hint = SLICE_LIT("Set max_prepared_transactions to a nonzero value.");
	return e;
}

/* What a SHOW shows: one text column, named as the setting is spelled. */
static struct sql_error *show(struct pg_conn *c, struct request *req, struct reply *reply)
{
	struct sql_reply *sql = &reply->sql;
	struct pg_words w;

	pg_words_init(&w, req->sql.text, req->arena);
	pg_words_next(&w);
	struct slice name = pg_setting_name(&w), value = pg_session_get(&c->session, name);
	const struct pg_setting *setting = pg_setting_find(name);
	if (!value.ptr)
		return pg_error_new(req->arena, "42704", "unrecognized configuration parameter \"%.*s\"", SLICE_ARG(name));
	sql->has_rows = true;
	sql->ncolumns = 1;
	sql->columns = ARENA_NEW(req->arena, struct sql_column);
	*sql->columns = (struct sql_column){
		.name = arena_slice(req->arena, pg_session_spelling(&c->session, name)),
		.oid = 25, /* text */
		.typlen = -1,
		.typmod = -1,
	};
	if (req->sql.describe)
		return NULL;
	sql->nrows = 1;
	sql->cells = ARENA_NEW(req->arena, struct sql_value);
	sql->cells->oid = 25;
	sql->cells->text = arena_slice(req->arena, setting ? pg_setting_show(setting, value, req->arena) : value);
	return NULL;
}

static struct sql_error *discard(struct pg_conn *c, struct request *req)
{
	struct pg_words w;

	pg_words_init(&w, req->sql.text, req->arena);
	pg_words_next(&w);
	if (!pg_words_is(&w, "all"))
		return NULL; /* PLANS, SEQUENCES, TEMP: there are none */
	if (pg_in_block(c))
		return pg_error_new(req->arena, "25001", "DISCARD ALL cannot run inside a transaction block");
	pg_session_reset_all(&c->session);
	pg_session_reset(&c->session, SLICE_LIT("session_authorization"), req->arena);
	pg_session_reset(&c->session, SLICE_LIT("role"), req->arena);
	pg_statement_close_all(&c->portals);
	pg_engine_forget(c, SLICE_NONE);
	pg_engine_close(c);
	if (c->sql)
		sql_unlisten_now(c->sql);
	return NULL;
}

static struct sql_error *deallocate(struct pg_conn *c, struct request *req)
{
	struct pg_words w;

	pg_words_init(&w, req->sql.text, req->arena);
	pg_words_next(&w);
	pg_words_take(&w, "prepare");
	if (pg_words_is(&w, "all")) {
		pg_statement_close_all(&c->portals);
		pg_engine_forget(c, SLICE_NONE);
		return NULL;
	}
	if (w.text.len && (pg_statement_close(&c->portals, w.text) || pg_engine_forget(c, w.text)))
		return NULL;
	return pg_error_new(req->arena, "26000", "prepared statement \"%.*s\" does not exist", SLICE_ARG(w.text));
}

/* Whether the word behind the verb is ALL: SHOW ALL and CLOSE name need more than this fake has. */
static bool says_all(struct request *req)
{
	struct pg_words w;

	pg_words_init(&w, req->sql.text, req->arena);
	pg_words_next(&w);
	return pg_words_is(&w, "all");
}

static struct sql_error *syntax_error(struct pg_conn *c, struct request *req)
{
	const struct sql_analysis *an = req->sql.analysis;
	struct sql_error *e = pg_error_new(req->arena, "42601", "%.*s", SLICE_ARG(an->error_message));

	sql_syntax_kind(e);
	e->position = an->error_position;
	/* the semicolon was taken off: what was parsed ended where it stood */
	const struct pg_query *q = &c->query;
	if (c->ask == PG_ASK_QUERY && q->at < q->count && slice_eq_str(e->message, "syntax error at end of input")) {
		struct slice one = pg_trim(q->list[q->at]);
		const char *end = one.ptr + one.len, *last = q->text.ptr + q->text.len;

		while (end < last && (*end == ' ' || *end == '\n' || *end == '\t'))
			end++;
		if (end < last && *end == ';') {
			e->message = SLICE_LIT("syntax error at or near \";\"");
			e->position = (int)slice_chars(slice_of(one.ptr, (size_t)(end - one.ptr))) + 1;
		}
	}
	return e;
}

/* What must be said before anybody looks at the statement itself. */
static struct sql_error *refused(struct pg_conn *c, struct request *req)
{
	if (req->sql.copy_in && c->copy.failure)
		return c->copy.failure;
	if (!req->sql.analysis->valid)
		return syntax_error(c, req);
	if (pg_refuses(c, c->verb) && (!req->sql.describe || req->sql.analysis->returns_rows))
		return pg_error_new(req->arena, "25P02", PG_ABORTED);
	return NULL;
}

/* MOVE over rows of a portal that the extended protocol made. False: the cursor is none of those. */
static bool move_portal(struct pg_conn *c, struct request *req, struct reply *reply)
{
	size_t count = 1;
	struct pg_words w;

	pg_words_init(&w, req->sql.text, req->arena);
	if (!pg_words_take(&w, "move"))
		return false;
	if (!pg_words_take(&w, "next"))
		pg_words_take(&w, "forward");
	if (pg_words_take(&w, "all")) {
		count = 0;
	} else if (w.kind == PG_WORD_NUMBER) {
		count = strtoul(w.text.ptr, NULL, 10);
		pg_words_next(&w);
		if (!count || w.text.ptr[0] == '-')
			return false;
	}
	if (!pg_words_take(&w, "from"))
		pg_words_take(&w, "in");
	struct pg_portal *portal = w.kind == PG_WORD_NAME ? pg_portal_find(&c->portals, w.text) : NULL;
	if (!portal || portal->state == PG_PORTAL_NEW)
		return false;
	if (!req->sql.describe) {
		buf_reset(&c->scratch);
		size_t moved = portal->state == PG_PORTAL_SUSPENDED ? pg_portal_resume(portal, count, &c->scratch) : 0;

		buf_reset(&c->scratch);
		reply->sql.tag = arena_printf(req->arena, "MOVE %zu", moved);
	}
	return true;
}

bool pg_command_answer(struct pg_conn *c, struct request *req, struct reply *reply)
{
	struct sql_error *e = refused(c, req);

	if (e)
		return pg_reply_error(reply, e);
	if (c->verb == PG_OTHER && c->portals.portals.live && move_portal(c, req, reply))
		return true;
	if (c->verb == PG_OTHER || (c->verb == PG_UNLISTEN && pg_engine_session(c)) || (c->verb == PG_SHOW && says_all(req)) || (c->verb == PG_CLOSE && !says_all(req)))
		return false;
	if (req->sql.describe && c->verb != PG_SHOW)
		return true; /* no columns */
	switch (c->verb) {
	case PG_BEGIN:
		e = begin(c, req, reply);
		break;
	case PG_COMMIT:
	case PG_ROLLBACK:
		e = finish(c, req, reply);
		break;
	case PG_SAVEPOINT:
	case PG_RELEASE:
		e = savepoint(c, req);
		break;
	case PG_PREPARE_TRANSACTION:
		e = prepare_transaction(c, req, reply);
		break;
	case PG_SET:
		e = pg_set(c, req, reply);
		break;
	case PG_RESET:
		e = pg_reset(c, req);
		break;
	case PG_SHOW:
		e = show(c, req, reply);
		break;
	case PG_DISCARD:
		e = discard(c, req);
		break;
	case PG_DEALLOCATE:
		e = deallocate(c, req);
		break;
	case PG_CLOSE: /* ALL */
		pg_engine_close(c);
		pg_portal_close_others(&c->portals, req->sql.extended ? c->portal : NULL);
		break;
	case PG_UNLISTEN: /* without an engine nobody listens */
	case PG_OTHER:
		break;
	}
	if (e)
		return pg_reply_error(reply, e);
	if (!reply->sql.tag.len)
		reply->sql.tag = sql_tag(req->sql.analysis, reply->sql.nrows, req->arena);
	return true;
}

/*
 * The host's own connection: a pg_conn without a wire, asked as pg_query.c asks.
 */
#include "service/pg/pg_admin.h"

#include <string.h>

#include "service/pg/pg_error.h"

extern const struct service_type service_pg;

void pg_admin_open(struct pg_admin *a, struct pg_server *server)
{
	*a = (struct pg_admin){ .link = { .service = SLICE_LIT(""), .boundary = SLICE_LIT("") } };
	arena_init(&a->arena);
	a->conn = service_pg.codec->new(&a->link, server);
	a->conn->phase = PG_PHASE_READY;
	/* the fake's databases share their tables; a real server's are apart, and seeds go to the first that is declared */
	const char *first = server->cluster ? json_string_value(json_array_get(server->databases, 0)) : NULL;
	pg_session_start(&a->conn->session, SLICE_LIT("postgres"), slice_str(first ? first : "postgres"));
}

static void forget(struct pg_admin *a)
{
	request_release(&a->request);
	reply_release(&a->reply);
	a->request = (struct request){ 0 };
	a->reply = (struct reply){ 0 };
	a->error = NULL;
}

void pg_admin_close(struct pg_admin *a)
{
	service_pg.codec->free(a->conn);
	forget(a);
	arena_release(&a->arena);
}

/* One statement from its answer to the end of its transaction, where it has none around it. */
static struct sql_error *ask(struct pg_conn *c, struct request *req, struct reply *reply, struct slice text)
{
	struct sql_error *error = NULL;

	c->ask = PG_ASK_QUERY;
	if (!service_pg.fake->answer(c->server, c, req, reply)) {
		error = pg_error_new(req->arena, "0A000", "nothing answers this statement");
	} else if (reply->later) {
		pg_engine_cancel(c);
		error = pg_error_new(req->arena, "55P03", "the statement would wait for a transaction of the program");
	} else {
		error = (struct sql_error *)pg_answer_error(req, reply);
	}
	char before = c->session.status;
	pg_session_after(&c->session, c->verb, text, error != NULL, req->arena);
	pg_engine_after(c, c->verb, text, before, req->arena);
	struct sql_error *late = pg_engine_settle(c, error != NULL, req->arena);
	pg_session_end(&c->session);
	return error ? error : late;
}

void pg_ask_again(void *fake, void *conn, struct request *req, struct reply *reply)
{
	struct pg_conn *c = conn;

	(void)fake;
	if (c->phase != PG_PHASE_READY) {
		c->phase = PG_PHASE_READY;
		pg_session_start(&c->session, req->sql.user.len ? req->sql.user : SLICE_LIT("postgres"),
				 req->sql.database.len ? req->sql.database : SLICE_LIT("postgres"));
	}
	c->verb = pg_verb_of(req->sql.analysis);
	req->settled = pg_refuses(c, c->verb);
	ask(c, req, reply, req->sql.text);
}

bool pg_admin_run(struct pg_admin *a, struct slice text, const struct sql_value *params, size_t nparams, struct slice data)
{
	struct pg_conn *c = a->conn;

	forget(a);
	arena_reset(&a->arena);
	text = arena_slice(&a->arena, text);
	a->request = (struct request){ .arena = &a->arena };
	pg_request_fill(c, &a->request, text, sql_analyse(text));
	a->request.sql.params = (struct sql_value *)params;
	a->request.sql.nparams = nparams;
	if (data.ptr)
		a->request.sql.copy_in = body_of(data);
	a->reply = (struct reply){ .port = PORT_SQL };
	a->error = ask(c, &a->request, &a->reply, text);
	return !a->error;
}

bool pg_admin_runf(struct pg_admin *a, const char *fmt, ...)
{
	struct buf text;
	va_list ap;

	buf_init(&text, 64 << 20);
	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	bool ok = pg_admin_run(a, buf_slice(&text), NULL, 0, SLICE_NONE);
	buf_release(&text);
	return ok;
}

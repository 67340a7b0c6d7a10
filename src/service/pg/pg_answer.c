/*
 * What both protocols do with a statement: make it a request, and read its
 * answer: error, notices, command tag, ReadyForQuery.
 */
#include "service/pg/pg_conn.h"
#include "service/pg/pg_error.h"
#include "service/pg/pg_message.h"

static struct slice lower(struct slice s, struct arena *a)
{
	char *p = arena_alloc(a, s.len + 1);

	for (size_t i = 0; i < s.len; i++)
		p[i] = s.ptr[i] >= 'A' && s.ptr[i] <= 'Z' ? (char)(s.ptr[i] | 0x20) : s.ptr[i];
	p[s.len] = '\0';
	return slice_of(p, s.len);
}

void pg_request_fill(struct pg_conn *c, struct request *req, struct slice text, const struct sql_analysis *an)
{
	c->verb = pg_verb_of(an);
	req->port = PORT_SQL;
	req->op = lower(an->verb, req->arena);
	req->sum = an->summary.len ? arena_slice(req->arena, an->summary) : SLICE_LIT("invalid SQL");
	req->sql.text = text;
	req->sql.analysis = an;
	req->sql.user = slice_str(c->session.user);
	req->sql.database = slice_str(c->session.database);
	req->settled = pg_refuses(c, c->verb);
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct slice pg_trim(struct slice text)
{
	while (text.len && is_blank(text.ptr[0]))
		text = slice_skip(text, 1);
	while (text.len && (is_blank(text.ptr[text.len - 1]) || text.ptr[text.len - 1] == ';'))
		text.len--;
	return text;
}

bool pg_refuses(const struct pg_conn *c, enum pg_verb verb)
{
	return c->session.status == 'E' && verb != PG_COMMIT && verb != PG_ROLLBACK && verb != PG_PREPARE_TRANSACTION;
}

const struct sql_error *pg_answer_error(const struct request *req, const struct reply *reply)
{
	if (reply->by == BY_NONE)
		return pg_error_unmatched(req, reply);
	if (reply->sql.error)
		return reply->sql.error;
	if (!reply->failed)
		return NULL;
	struct slice state = reply->err.len == 5 ? reply->err : SLICE_LIT("XX000");
	return pg_error_new(req->arena, arena_slice(req->arena, state).ptr, "%.*s failed", SLICE_ARG(req->sum));
}

struct slice pg_answer_tag(const struct request *req, const struct reply *reply, size_t copied)
{
	const struct sql_reply *sql = &reply->sql;

	if (sql->tag.len)
		return sql->tag;
	/* asked again by its text: an analysis is only promised until the next one is made */
	return sql_tag(sql_analyse(req->sql.text), copied ? copied : sql->nrows, req->arena);
}

void pg_write_notices(const struct reply *reply, struct buf *out)
{
	for (size_t i = 0; i < reply->sql.nnotices; i++)
		pg_notice_write(out, &reply->sql.notices[i]);
}

void pg_notify(struct pg_conn *c, uint32_t pid, struct slice channel, struct slice payload)
{
	size_t at = pg_write_begin(&c->notes, 'A');

	buf_add_be32(&c->notes, pid);
	pg_write_string(&c->notes, channel);
	pg_write_string(&c->notes, payload);
	pg_write_end(&c->notes, at);
	if (!c->idle || c->session.status != 'I' || !c->link->push)
		return;
	c->link->push(c->link, buf_slice(&c->notes));
	buf_reset(&c->notes);
}

void pg_ready(struct pg_conn *c, struct buf *out)
{
	bool failed = c->session.failed;
	struct arena a;

	if (pg_session_end(&c->session))
		pg_portal_close_all(&c->portals);
	arena_init(&a);
	const struct sql_error *e = pg_engine_settle(c, failed, &a);
	if (e)
		pg_error_write(out, e, 0);
	arena_release(&a);
	if (c->session.status == 'I' && c->notes.len) {
		buf_add_slice(out, buf_slice(&c->notes));
		buf_reset(&c->notes);
	}
	c->queried &= c->session.status != 'I';
	c->idle = true;
	pg_session_report(&c->session, false, out);
	pg_write_ready(out, c->session.status);
}

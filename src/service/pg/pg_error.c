/*
 * Errors and notices: how they are made, and how ErrorResponse and
 * NoticeResponse spell them. Which error is due is for the callers to know.
 */
#include "service/pg/pg_error.h"

#include "base/utf8.h"
#include "service/pg/pg_message.h"

struct sql_error *pg_error_new(struct arena *a, const char *sqlstate, const char *fmt, ...)
{
	struct sql_error *e = ARENA_NEW(a, struct sql_error);
	va_list ap;

	e->sqlstate = slice_str(sqlstate);
	va_start(ap, fmt);
	e->message = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return e;
}

bool pg_reply_error(struct reply *reply, struct sql_error *e)
{
	reply->failed = true;
	reply->err = e->sqlstate;
	reply->sql.error = e;
	return true;
}

void pg_reply_notice(struct reply *reply, struct arena *a, struct sql_error *notice)
{
	struct sql_reply *sql = &reply->sql;
	struct sql_error *list = ARENA_ARRAY(a, struct sql_error, sql->nnotices + 1);

	if (sql->nnotices)
		memcpy(list, sql->notices, sql->nnotices * sizeof(*list));
	list[sql->nnotices++] = *notice;
	sql->notices = list;
}

static void write_field(struct buf *out, char code, struct slice text)
{
	if (!text.len)
		return;
	buf_add_char(out, code);
	pg_write_string(out, text);
}

/* The fields of manual 55.8, in the order PostgreSQL sends them. File, line and
 * routine are left out: there is no source to point into. */
static void write_fields(struct buf *out, char type, const struct sql_error *e, const char *severity, size_t offset)
{
	size_t at = pg_write_begin(out, type);
	struct slice level = e->severity.len ? e->severity : slice_str(severity);

	write_field(out, 'S', level);
	write_field(out, 'V', level);
	write_field(out, 'C', e->sqlstate.len ? e->sqlstate : SLICE_LIT("XX000"));
	/* A message must be there: libpq shows nothing useful without. */
	write_field(out, 'M', e->message.len ? e->message : SLICE_LIT("missing error text"));
	write_field(out, 'D', e->detail);
	write_field(out, 'H', e->hint);
	if (e->position > 0) {
		buf_add_char(out, 'P');
		buf_add_u64(out, (uint64_t)e->position + offset);
		buf_add_char(out, '\0');
	}
	write_field(out, 'W', e->where);
	write_field(out, 's', e->schema);
	write_field(out, 't', e->table);
	write_field(out, 'c', e->column);
	write_field(out, 'd', e->datatype);
	write_field(out, 'n', e->constraint);
	buf_add_char(out, '\0');
	pg_write_end(out, at);
}

void pg_error_write(struct buf *out, const struct sql_error *e, size_t offset)
{
	write_fields(out, 'E', e, "ERROR", offset);
}

void pg_notice_write(struct buf *out, const struct sql_error *e)
{
	write_fields(out, 'N', e, "NOTICE", 0);
}

void pg_error_send(struct buf *out, const char *severity, const char *sqlstate, const char *fmt, ...)
{
	char text[512]; /* longer names are cut: an identifier has 63 bytes */
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	struct sql_error e = {
		.severity = slice_str(severity),
		.sqlstate = slice_str(sqlstate),
		.message = slice_str(text),
	};
	write_fields(out, 'E', &e, severity, 0);
}

/* Bytes of the character that begins so, as PostgreSQL counts them (pg_utf_mblen). */
static size_t announced(unsigned char first)
{
	return first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf8 ? 4 : 1;
}

bool pg_error_utf8(struct buf *out, struct slice text)
{
	char bytes[24] = "";

	if (slice_is_utf8(text))
		return false;
	/* the first character that is not one; what is before it is well-formed */
	for (size_t len; text.len; text = slice_skip(text, len)) {
		len = announced((unsigned char)text.ptr[0]);
		if (len <= text.len && slice_is_utf8(slice_take(text, len)))
			continue;
		for (size_t i = 0; i < len && i < text.len; i++) {
			size_t at = strlen(bytes);

			snprintf(bytes + at, sizeof(bytes) - at, "%s0x%02x", i ? " " : "", (unsigned char)text.ptr[i]);
		}
		break;
	}
	pg_error_send(out, "ERROR", "22021", "invalid byte sequence for encoding \"UTF8\": %s", bytes);
	return true;
}

/* "params.1 wants 7, got 8; table wants ...": the conditions that failed. */
static struct slice failing(const struct why *why, struct arena *a)
{
	struct slice text = SLICE_NONE;

	for (size_t i = 0; i < why->nconditions; i++) {
		const struct why_condition *c = &why->conditions[i];

		if (c->holds)
			continue;
		text = arena_printf(a, "%.*s%s%.*s wants %.*s, got %.*s", SLICE_ARG(text), text.len ? "; " : "",
				    SLICE_ARG(c->path), SLICE_ARG(c->wants),
				    SLICE_ARG(c->got.len ? c->got : SLICE_LIT("nothing")));
	}
	return text;
}

struct sql_error *pg_error_unmatched(const struct request *req, const struct reply *reply)
{
	struct arena *a = req->arena;
	struct sql_error *e = pg_error_new(a, "SE001", "no rule or fake answers: %.*s", SLICE_ARG(req->sum));
	const struct why *why = reply->why;

	if (why && why->closest.len) {
		e->detail = arena_printf(a, "closest: %.*s  %.*s   %zu of %zu conditions hold", SLICE_ARG(why->closest),
					 SLICE_ARG(why->place), why->nhold, why->nconditions);
		e->hint = failing(why, a);
	} else if (why) {
		e->detail = why->text;
	}
	return e;
}

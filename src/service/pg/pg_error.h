/*
 * pg_error: errors and notices, as values and as messages.
 *
 * An error made with pg_error_new lives in the arena and goes into a reply;
 * one written with pg_error_send answers a message that never became a
 * request. Sentences and SQLSTATEs are PostgreSQL's own (manual, appendix A).
 */
#ifndef SERVICE_PG_ERROR_H
#define SERVICE_PG_ERROR_H

#include "base/arena.h"
#include "base/buf.h"
#include "port/port.h"

#define PG_ABORTED "current transaction is aborted, commands ignored until end of transaction block" /* 25P02 */

struct sql_error *pg_error_new(struct arena *a, const char *sqlstate, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Makes the reply this error: failed and err are set. Returns true, for an
 * answer to return. */
bool pg_reply_error(struct reply *reply, struct sql_error *e);
/* Adds a notice to the reply. Its severity is the caller's to set ("WARNING"). */
void pg_reply_notice(struct reply *reply, struct arena *a, struct sql_error *notice);

/* ErrorResponse. `offset`: characters of the query text before the statement
 * that the position counts from. */
void pg_error_write(struct buf *out, const struct sql_error *e, size_t offset);
/* NoticeResponse. */
void pg_notice_write(struct buf *out, const struct sql_error *e);
/* An ErrorResponse of its own; severity "ERROR" or "FATAL". */
void pg_error_send(struct buf *out, const char *severity, const char *sqlstate, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* 22021 for text that is not UTF-8: an ErrorResponse that shows the bytes.
 * False: the text is well-formed, and nothing was written. */
bool pg_error_utf8(struct buf *out, struct slice text);

/* SE001, for a request that neither rule nor fake answers. */
struct sql_error *pg_error_unmatched(const struct request *req, const struct reply *reply);

#endif

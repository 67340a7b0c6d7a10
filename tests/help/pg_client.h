/*
 * pg_client: the other side of the Postgres protocol, for tests.
 *
 * Messages of a client are appended to a buf; what the server sent is printed
 * as one line a message, so that a test reads as a dialogue:
 *
 *	T id:23 name:25        RowDescription, name:type, with /b for binary
 *	D 1|NULL|abc           DataRow, \xx for bytes that are not printable
 *	C SELECT 1             CommandComplete
 *	E ERROR 42P01 relation "x" does not exist [position 15]
 *	Z T                    ReadyForQuery
 */
#ifndef TESTS_PG_CLIENT_H
#define TESTS_PG_CLIENT_H

#include "base/buf.h"
#include "codec_test.h"

void pg_client_message(struct buf *b, char type, struct slice body);
/* Name and value pairs, ending in NULL, after user and database. */
void pg_client_startup(struct buf *b, const char *user, const char *database, ...);
void pg_client_code(struct buf *b, uint32_t code); /* SSLRequest and GSSENCRequest */
void pg_client_query(struct buf *b, const char *sql);
/* Types end in -1. */
void pg_client_parse(struct buf *b, const char *name, const char *sql, ...);
/* Text values, ending in PG_CLIENT_END; NULL is NULL. Results in format `result`. */
void pg_client_bind(struct buf *b, const char *portal, const char *statement, int result, ...);
extern const char PG_CLIENT_END[];
void pg_client_describe(struct buf *b, char kind, const char *name);
void pg_client_execute(struct buf *b, const char *portal, int max_rows);
void pg_client_close(struct buf *b, char kind, const char *name);
void pg_client_sync(struct buf *b);
void pg_client_copy_data(struct buf *b, const char *data);

/* All messages in `sent`, printed. What is not a whole message is "?". */
void pg_client_print(struct slice sent, struct buf *out);

/* A connection to service_pg, with answers from a table. */
extern const struct service_type service_pg;

struct pg_canned {
	const char *sql;       /* compared with the request's text */
	const char *columns;   /* "id:23 name:25"; NULL: no result set */
	const char *rows;      /* "1|a;2|NULL"; cells by |, rows by ; */
	const char *tag;       /* NULL: the codec's own */
	const char *sqlstate, *message; /* an error */
	const char *copy_out;
};
struct pg_talk {
	struct codec_script script;
	struct codec_log log;
	struct codec_conn conn;
	struct buf said, heard;
};
/* `canned` ends in a row without sql. `fake`: what service_pg's fake gave, or NULL. */
void pg_talk_init(struct pg_talk *t, const struct pg_canned *canned, void *fake);
void pg_talk_release(struct pg_talk *t);
/* Sends what is in t->said and empties it; gives what came back, printed, until
 * the next call. */
const char *pg_talk(struct pg_talk *t);
/* Startup as user "app" on database "shop", its answer dropped. */
void pg_talk_start(struct pg_talk *t, const struct pg_canned *canned);
/* A Query message and what comes back. */
const char *pg_talk_query(struct pg_talk *t, const char *sql);

/* The same answers for codec_test.h: .answer and .show, with .arg the table. */
void pg_client_answer(void *canned, void *state, struct request *req, struct reply *reply);
void pg_client_show(struct request *req, struct buf *line);

#endif

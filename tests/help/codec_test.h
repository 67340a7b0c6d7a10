/*
 * codec_test: the three tests that every codec gets, over any struct codec.
 *
 * A script is bytes that a client sends, and who answers what is decoded. The
 * codec is driven as the host drives it: decode until DECODE_MORE, each request
 * answered and encoded before the next decode, the request zeroed after each
 * encode. What came of it is a log: one line a request, and the bytes sent.
 *
 *	static const struct codec_script script = {
 *		.codec = &codec_http, .answer = answer, .show = show,
 *		.link = { .host = SLICE_LIT("example.test"), .port = 443, .tls = true },
 *	};
 *	codec_test_three(&script, SLICE_LIT("GET / HTTP/1.1\r\n..."));
 *
 * The three: all at once; byte by byte gives the same log; cut at every length
 * gives the beginning of it, then, with the rest, all of it. Every piece is
 * handed over in memory of exactly its size, so that a sanitizer sees a read
 * past the slice, and memory that was consumed is gone before the encode.
 * Failures end the running check test with the length that was cut.
 */
#ifndef TESTS_CODEC_TEST_H
#define TESTS_CODEC_TEST_H

#include "base/buf.h"
#include "service/service.h"

struct codec_script {
	const struct codec *codec;
	void *fake;              /* for codec->new; NULL is fine when the codec takes it */
	struct link link;        /* copied for each connection; `tls` becomes true after DECODE_TLS */
	/* Fills the reply (zeroed, port set to the request's). NULL: nothing answers, by stays BY_NONE. */
	void (*answer)(void *arg, void *state, struct request *req, struct reply *reply);
	/* Appends what the test wants to see of a request, on one line without its
	 * end. NULL: port, op and sum. */
	void (*show)(struct request *req, struct buf *line);
	void *arg;
	bool sent_may_differ;    /* only requests are compared, not the bytes sent (100 Continue depends on timing) */
};

/* How a connection went. */
struct codec_log {
	struct buf requests;     /* a line each; then "more", "close" or "bad" for how it ended */
	struct buf sent;         /* bytes to the client, with tails */
	enum decode last;        /* DECODE_MORE, DECODE_CLOSE or DECODE_BAD */
	bool closed;             /* CLOSE, BAD, or encode said to close */
	bool clean;              /* clean_end(), false when the codec has none */
	size_t used;             /* bytes consumed in all */
	size_t nrequests;
};

void codec_log_init(struct codec_log *log);
void codec_log_release(struct codec_log *log);

/* A connection that stays open between feeds. */
struct codec_conn {
	const struct codec_script *script;
	struct codec_log *log;
	struct link link;
	void *state;
	struct arena arena;
	struct request req;
	struct buf pending;      /* bytes fed and not consumed */
};
void codec_conn_init(struct codec_conn *c, const struct codec_script *script, struct codec_log *log);
/* Feeds bytes and runs until the codec wants more. */
void codec_conn_feed(struct codec_conn *c, struct slice bytes);
/* The peer's end: notes clean_end and frees. */
void codec_conn_release(struct codec_conn *c);

/* One connection that gets `input` in pieces of `piece` bytes (0: all at once). */
void codec_run(const struct codec_script *script, struct slice input, size_t piece, struct codec_log *log);

/* The three tests. */
void codec_test_three(const struct codec_script *script, struct slice input);

#endif

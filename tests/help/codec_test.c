/*
 * Drives a codec as the host does and compares what comes of the same bytes in
 * different pieces. What the bytes mean is left to the test that calls.
 */
#include "codec_test.h"

#include <check.h>
#include <stdlib.h>

#define LOG_MAX (256 * 1024 * 1024) /* bytes: a test that sends more is a loop */
#define IDLE_MAX 100                /* decodes in a row that neither consume, send nor ask */

void codec_log_init(struct codec_log *log)
{
	*log = (struct codec_log){ .last = DECODE_MORE };
	buf_init(&log->requests, LOG_MAX);
	buf_init(&log->sent, LOG_MAX);
}

void codec_log_release(struct codec_log *log)
{
	buf_release(&log->requests);
	buf_release(&log->sent);
}

void codec_conn_init(struct codec_conn *c, const struct codec_script *script, struct codec_log *log)
{
	*c = (struct codec_conn){ .script = script, .log = log, .link = script->link };
	if (!c->link.id)
		c->link.id = 1;
	arena_init(&c->arena);
	buf_init(&c->pending, LOG_MAX);
	c->req.arena = &c->arena;
	c->state = script->codec->new(&c->link, script->fake);
	ck_assert_msg(c->state != NULL, "codec->new gave no state");
}

static void show_plain(struct request *req, struct buf *line)
{
	buf_addf(line, "%s %.*s %.*s", port_name(req->port), SLICE_ARG(req->op), SLICE_ARG(req->sum));
}

/* Asks the script for the answer, encodes it, and forgets the request. */
static void answer_request(struct codec_conn *c)
{
	struct codec_log *log = c->log;
	struct reply reply = { .port = c->req.port };
	struct body *tail = NULL;

	ck_assert_msg(c->req.port != PORT_NONE, "a request without its port");
	ck_assert_msg(c->req.arena == &c->arena, "decode replaced the request's arena");
	if (c->script->show)
		c->script->show(&c->req, &log->requests);
	else
		show_plain(&c->req, &log->requests);
	buf_add_char(&log->requests, '\n');
	log->nrequests++;

	if (c->script->answer)
		c->script->answer(c->script->arg, c->state, &c->req, &reply);
	if (!c->script->codec->encode(c->state, &c->req, &reply, &log->sent, &tail))
		log->closed = true;
	buf_add_slice(&log->sent, body_slice(tail));
	body_free(tail);

	reply_release(&reply);
	request_release(&c->req);
	arena_reset(&c->arena);
	c->req = (struct request){ .arena = &c->arena };
}

/* One decode of everything pending, in memory of exactly that size. */
static enum decode decode_once(struct codec_conn *c)
{
	struct codec_log *log = c->log;
	size_t len = c->pending.len, used = 0, sent = log->sent.len;
	char *exact = malloc(len ? len : 1);

	ck_assert(exact != NULL);
	if (len)
		memcpy(exact, c->pending.ptr, len);
	enum decode d = c->script->codec->decode(c->state, slice_of(exact, len), &used, &c->req, &log->sent);
	memset(exact, '#', len); /* what still points here is wrong, also without a sanitizer */
	free(exact);

	ck_assert_msg(used <= len, "decode used %zu of %zu bytes", used, len);
	if (d == DECODE_MORE) {
		ck_assert_msg(used == 0, "DECODE_MORE consumed %zu bytes", used);
		ck_assert_msg(log->sent.len == sent, "DECODE_MORE sent %zu bytes", log->sent.len - sent);
	}
	buf_drop(&c->pending, used);
	log->used += used;
	return d;
}

void codec_conn_feed(struct codec_conn *c, struct slice bytes)
{
	struct codec_log *log = c->log;
	int idle = 0;

	buf_add_slice(&c->pending, bytes);
	while (!log->closed) {
		size_t used = log->used, sent = log->sent.len;
		enum decode d = decode_once(c);

		log->last = d;
		if (d == DECODE_MORE)
			return;
		if (d == DECODE_REQUEST)
			answer_request(c);
		else if (d == DECODE_TLS)
			c->link.tls = true;
		else if (d == DECODE_CLOSE || d == DECODE_BAD)
			log->closed = true;
		idle = (used == log->used && sent == log->sent.len && d != DECODE_REQUEST) ? idle + 1 : 0;
		ck_assert_msg(idle < IDLE_MAX, "decode neither consumes, sends nor asks, %d times in a row", idle);
		ck_assert_msg(!buf_failed(&log->sent), "the codec sends without end");
	}
}

void codec_conn_release(struct codec_conn *c)
{
	if (c->script->codec->clean_end)
		c->log->clean = c->script->codec->clean_end(c->state);
	c->script->codec->free(c->state);
	request_release(&c->req);
	arena_release(&c->arena);
	buf_release(&c->pending);
	buf_add_str(&c->log->requests, c->log->last == DECODE_BAD ? "bad\n" : c->log->closed ? "close\n" : "more\n");
}

void codec_run(const struct codec_script *script, struct slice input, size_t piece, struct codec_log *log)
{
	struct codec_conn c;

	codec_conn_init(&c, script, log);
	if (!piece)
		piece = input.len;
	codec_conn_feed(&c, SLICE_NONE); /* a codec may be asked before there is a byte */
	for (struct slice rest = input; rest.len && !log->closed; rest = slice_skip(rest, piece))
		codec_conn_feed(&c, slice_take(rest, piece));
	codec_conn_release(&c);
}

static void check_same(const struct codec_script *script, const struct codec_log *want, const struct codec_log *got,
		       const char *how, size_t at)
{
	ck_assert_msg(slice_eq(buf_slice(&want->requests), buf_slice(&got->requests)),
		      "%s %zu: requests differ\n--- all at once\n%s--- %s\n%s", how, at, want->requests.ptr, how,
		      got->requests.ptr);
	ck_assert_msg(want->used == got->used, "%s %zu: consumed %zu bytes, all at once %zu", how, at, got->used,
		      want->used);
	if (!script->sent_may_differ)
		ck_assert_msg(slice_eq(buf_slice(&want->sent), buf_slice(&got->sent)),
			      "%s %zu: sent %zu bytes that differ from the %zu sent all at once", how, at,
			      got->sent.len, want->sent.len);
}

/* Half the input, then the end: a beginning of the whole, and no complaint
 * before the byte that is wrong. */
static void check_cut(const struct codec_script *script, struct slice input, size_t cut, const struct codec_log *whole)
{
	struct codec_log log;
	struct codec_conn c;

	codec_log_init(&log);
	codec_conn_init(&c, script, &log);
	codec_conn_feed(&c, slice_take(input, cut));
	ck_assert_msg(log.nrequests <= whole->nrequests, "cut at %zu: more requests than in the whole", cut);
	ck_assert_msg(log.requests.len <= whole->requests.len &&
			      memcmp(log.requests.ptr, whole->requests.ptr, log.requests.len) == 0,
		      "cut at %zu: not the beginning of the whole\n%s", cut, log.requests.ptr);
	ck_assert_msg(!log.closed || whole->closed, "cut at %zu: closed, and the whole is not", cut);
	if (!script->sent_may_differ)
		ck_assert_msg(log.sent.len <= whole->sent.len && memcmp(log.sent.ptr, whole->sent.ptr, log.sent.len) == 0,
			      "cut at %zu: sent other bytes than the whole begins with", cut);
	if (!log.closed)
		codec_conn_feed(&c, slice_skip(input, cut));
	codec_conn_release(&c);
	check_same(script, whole, &log, "cut at", cut);
	codec_log_release(&log);

	/* The connection is lost here: nothing leaks, nothing crashes. */
	codec_log_init(&log);
	codec_run(script, slice_take(input, cut), 0, &log);
	codec_log_release(&log);
}

void codec_test_three(const struct codec_script *script, struct slice input)
{
	struct codec_log whole, bytes;

	codec_log_init(&whole);
	codec_run(script, input, 0, &whole);
	ck_assert_msg(whole.used == input.len || whole.closed, "all at once: %zu of %zu bytes consumed", whole.used,
		      input.len);

	codec_log_init(&bytes);
	codec_run(script, input, 1, &bytes);
	check_same(script, &whole, &bytes, "pieces of", 1);
	codec_log_release(&bytes);

	for (size_t cut = 0; cut < input.len; cut++)
		check_cut(script, input, cut, &whole);
	codec_log_release(&whole);
}

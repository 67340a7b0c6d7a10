/* Plays client and host around one codec; checks nothing by itself but that the
 * service could be made. */
#include "http_talk.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define SAY_MAX (64 * 1024 * 1024)

uint64_t talk_now(void)
{
	return TALK_NOW;
}

static void answer_by_fake(void *arg, void *state, struct request *req, struct reply *reply)
{
	struct talk *t = arg;

	if (!t->type->fake->answer(t->fake, state, req, reply))
		*reply = (struct reply){ .port = req->port };
}

void talk_init(struct talk *t, const struct service_type *type, const char *declaration,
	       void (*answer)(void *arg, void *state, struct request *req, struct reply *reply))
{
	struct err err = {0};

	*t = (struct talk){ .type = type };
	ck_assert_msg(jsondoc_parse(&t->doc, "rules.json", declaration, strlen(declaration), &err) == 0, "%s", err.text);
	struct service_config config = { .name = SLICE_LIT("lake"), .doc = &t->doc, .path = "", .json = t->doc.root, .folder = "", .seed = 42,
					 .now_ns = talk_now };
	if (type->fake)
		ck_assert_msg(type->fake->new(&t->fake, &config, &err) == 0, "%s", err.text);
	t->script = (struct codec_script){
		.codec = type->codec, .fake = t->fake, .answer = answer ? answer : answer_by_fake, .arg = t,
		.link = { .boundary = SLICE_LIT("example.test:443"), .host = SLICE_LIT("example.test"), .port = 443, .tls = true,
			  .now_ns = TALK_NOW },
	};
	codec_log_init(&t->log);
	codec_conn_init(&t->conn, &t->script, &t->log);
}

void talk_release(struct talk *t)
{
	codec_conn_release(&t->conn);
	codec_log_release(&t->log);
	if (t->type->fake)
		t->type->fake->free(t->fake);
	jsondoc_release(&t->doc);
}

void talk_again(struct talk *t)
{
	codec_conn_release(&t->conn);
	codec_log_release(&t->log);
	codec_log_init(&t->log);
	codec_conn_init(&t->conn, &t->script, &t->log);
}

const char *talk_say(struct talk *t, struct slice bytes)
{
	buf_reset(&t->log.sent);
	codec_conn_feed(&t->conn, bytes);
	return t->log.sent.ptr;
}

const char *talk_sayf(struct talk *t, const char *fmt, ...)
{
	struct buf b;
	va_list ap;

	buf_init(&b, SAY_MAX);
	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	const char *reply = talk_say(t, buf_slice(&b));
	buf_release(&b);
	return reply;
}

const char *talk_send(struct talk *t, const char *method, const char *target, const char *headers, const char *body)
{
	return talk_sayf(t, "%s %s HTTP/1.1\r\nHost: s3.amazonaws.com\r\nContent-Length: %zu\r\n%s\r\n%s", method, target, strlen(body),
			 headers, body);
}

const char *talk_body(const struct talk *t)
{
	const char *end = strstr(t->log.sent.ptr, "\r\n\r\n");

	return end ? end + 4 : "";
}

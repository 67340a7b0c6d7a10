/*
 * http_talk: a conversation with a service that speaks HTTP, over memory: say a
 * request, read the reply. The clock stands still.
 */
#ifndef TESTS_HTTP_TALK_H
#define TESTS_HTTP_TALK_H

#include "codec_test.h"

#define TALK_NOW 1763637286000000000u /* 2025-11-20 11:14:46 UTC */
#define TALK_DATE "Thu, 20 Nov 2025 11:14:46 GMT"

struct talk {
	const struct service_type *type;
	struct jsondoc doc;
	void *fake;
	struct codec_script script;
	struct codec_log log;
	struct codec_conn conn;
};

/* The service as `declaration` (JSON) says. `answer` NULL: the fake's. Fails the
 * test when the declaration is refused. */
void talk_init(struct talk *t, const struct service_type *type, const char *declaration,
	       void (*answer)(void *arg, void *state, struct request *req, struct reply *reply));
void talk_release(struct talk *t);
/* A new connection to the same fake. */
void talk_again(struct talk *t);
/* Sends; what came back by then, NUL-terminated, until the next call. */
const char *talk_say(struct talk *t, struct slice bytes);
const char *talk_sayf(struct talk *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* PUT, POST with Content-Length; `headers` are whole lines, "" for none. */
const char *talk_send(struct talk *t, const char *method, const char *target, const char *headers, const char *body);
/* The part of the last reply behind its head. */
const char *talk_body(const struct talk *t);

uint64_t talk_now(void);

#endif

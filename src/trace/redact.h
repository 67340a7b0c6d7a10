/*
 * redact: takes secrets out of what is about to be written.
 *
 * A secret becomes <secret:8hex>, an HMAC-SHA256 under a key made for this run:
 * equal inside a run, so that it can be followed, and no use to anybody who
 * reads the trace. Default list: credential headers, password=... and
 * PASSWORD '...' in any text, userinfo of URLs, signature- and token-like query
 * fields, PEM blocks. Declared paths come on top.
 */
#ifndef TRACE_REDACT_H
#define TRACE_REDACT_H

#include "base/buf.h"
#include "base/map.h"
#include "trace/path.h"

struct redact {
	unsigned char key[32];
	struct paths paths;
	struct map *hidden; /* MACs of what became a token */
};

int redact_init(struct redact *r, json_t *declared, struct err *err);
void redact_release(struct redact *r);

/* Appends <secret:8hex>. */
void redact_token(const struct redact *r, struct slice secret, struct buf *out);
/* Whether this very text became a token before. */
bool redact_knows(const struct redact *r, struct slice text);
/* Whether free text holds a secret of the default list. */
bool redact_wanted(const struct redact *r, struct slice text);
/* Appends the text without its secrets. */
void redact_text(const struct redact *r, struct slice text, struct buf *out);
/* Whether the value of this attribute is a secret as a whole. */
bool redact_attr(const struct redact *r, struct slice name);
/* A header's value: "Bearer x" keeps its scheme. */
void redact_header(const struct redact *r, struct slice value, struct buf *out);
/* A JSON body with leaves under declared paths replaced; the text must be valid. */
void redact_json(const struct redact *r, bool request, struct slice json, struct buf *out);
/* A command line as a JSON array. */
void redact_args(const struct redact *r, const char *const *argv, struct buf *out);

#endif

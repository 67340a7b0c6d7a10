/*
 * jscan: the shape of JSON text (RFC 8259), without building a tree.
 *
 * jscan_value is the gate: what it let through is well-formed UTF-8 JSON, and
 * everything else here may assume so. Slices point into the text; strings keep
 * their quotes and escapes until jscan_text.
 */
#ifndef TRACE_JSCAN_H
#define TRACE_JSCAN_H

#include "base/buf.h"
#include "base/slice.h"

#define JSCAN_DEPTH 512 /* nesting a trace may have; jansson's own limit is 2,048 */
#define JSCAN_BODY_DEPTH 200 /* nesting of a body kept as JSON: jq 1.6 reads 256 levels */

/*
 * Bytes of the one value at the start of `s`, leading white space included; 0
 * when there is none, and then *what names the fault and *at its offset.
 */
size_t jscan_value(struct slice s, const char **what, size_t *at);

/* Whether one of eight bytes ends the easy way through a string: a quote, a
 * backslash, a control character, anything beyond ASCII. */
static inline bool jscan_special(const char *p)
{
	const uint64_t ones = 0x0101010101010101u;
	uint64_t v, quote, slash;

	memcpy(&v, p, 8);
	quote = v ^ ones * '"';
	slash = v ^ ones * '\\';
	return (((v - ones * 0x20) | (quote - ones) | (slash - ones) | v) & 0x8080808080808080u) != 0;
}

/* White space (RFC 8259 section 2) at the start of `s`. */
size_t jscan_space(struct slice s);

/*
 * Members of a valid object or items of a valid array, in order:
 *
 *	struct jscan it = jscan_open(value);
 *	while (jscan_next(&it, &key, &item))
 *
 * `key` keeps its quotes and is empty in an array.
 */
struct jscan {
	const char *p, *end;
	bool object;
};
struct jscan jscan_open(struct slice value);
bool jscan_next(struct jscan *it, struct slice *key, struct slice *value);

/* The value of a member of a valid object by its plain name, or empty. */
struct slice jscan_get(struct slice object, const char *name);

/* Appends what a valid string (with its quotes) stands for. */
void jscan_text(struct slice string, struct buf *out);
/* The inside of a valid string: decoded into `scratch` only when it has escapes. */
struct slice jscan_plain(struct slice string, struct buf *scratch);

/*
 * Appends the text without its white space, when it is one JSON value that
 * every reader takes alike: no member twice, no lone surrogate, no number
 * beyond a double, at most JSCAN_BODY_DEPTH deep. False otherwise, `out` then
 * is as before. Numbers stay as written.
 */
bool jscan_minify(struct slice text, struct buf *out);

/* A JSON string that stays on one line for every reader: as buf_add_json, and
 * U+0085, U+2028, U+2029 (which some take for line ends) as escapes. */
void jscan_add_string(struct buf *out, struct slice text);

#endif

/*
 * regex: PostgreSQL's advanced regular expressions, run by PCRE2. The pattern is
 * rewritten where the two differ; a pattern with alternatives is matched for the
 * longest, as POSIX wants it, which PCRE2's other matcher finds.
 *
 * Patterns are compiled once and kept in the library's cache.
 */
#ifndef SERVICE_PG_SQL_REGEX_H
#define SERVICE_PG_SQL_REGEX_H

#include "service/pg/sql/func/call.h"

struct regex;

struct regex_flags {
	bool icase, global, quoted, expanded, newline_dot, newline_anchors;
};

#define REGEX_GROUPS 100

struct regex_match {
	size_t count;                       /* groups and the whole */
	struct { size_t from, to; } at[REGEX_GROUPS]; /* from == SIZE_MAX: took no part */
};

/* Letters of a flags argument; `global` may be refused by the caller. False: raised. */
bool regex_flags_parse(sqlite3_context *ctx, struct sql_env *env, struct slice text, struct regex_flags *f);
/* NULL: raised (2201B). Borrowed until the next compile. */
const struct regex *regex_compile(struct sql_env *env, struct slice pattern, const struct regex_flags *f);
size_t regex_groups(const struct regex *r);
/* 1, 0 or -1 after raising. Begins at `start` bytes; what lies before it is seen by lookbehind. */
int regex_find(struct sql_env *env, const struct regex *r, struct slice s, size_t start, struct regex_match *m);

#endif

/*
 * path: the places of an event, in the one grammar that rule files, masks,
 * redaction and diff output share.
 *
 *	http.header.NAME   a request or response header (without case)
 *	http.query.NAME    a field of the URL's query
 *	json.PATH          a leaf of a JSON body, asked or answered: json.items[*].id
 *	sql.param.N        bind parameter $N
 *	sql.literal.N      the Nth constant (string or number) in a statement's text
 *	sql.column.NAME    a column of returned rows, or of an INSERT's column list
 *	s3.bucket s3.key   of the object; s3.meta.NAME: x-amz-meta-NAME
 *	a.NAME req.PATH res.PATH   as a diff prints them
 *
 * A path names a leaf or everything below it; [*] stands for any index.
 */
#ifndef TRACE_PATH_H
#define TRACE_PATH_H

#include <jansson.h>

#include "base/err.h"
#include "base/slice.h"

enum path_kind {
	PATH_HEADER,  /* name */
	PATH_QUERY,   /* name */
	PATH_JSON,    /* name: path in the body */
	PATH_PARAM,   /* number from 1 */
	PATH_LITERAL, /* number from 1 */
	PATH_COLUMN,  /* name */
	PATH_ATTR,    /* name of the attribute */
	PATH_REQ,     /* name: path below req ("b.x") */
	PATH_RES,
};

struct path {
	enum path_kind kind;
	char *name;
	uint64_t number;
};

struct paths {
	struct path *list;
	size_t count;
};

/* From an array of strings or of objects with a string "path"; others are
 * errors. NULL: none. */
int paths_init(struct paths *p, json_t *declared, const char *what, struct err *err);
void paths_release(struct paths *p);
bool paths_have(const struct paths *p, enum path_kind kind);

/* Whether one of the paths covers the attribute. */
bool paths_attr(const struct paths *p, struct slice name);
/* Whether one covers the leaf `path` of a body asked (or answered). */
bool paths_body(const struct paths *p, bool request, struct slice path);
bool paths_literal(const struct paths *p, uint64_t number);
bool paths_column(const struct paths *p, struct slice column);
bool paths_query(const struct paths *p, struct slice field);

int path_parse(struct path *p, const char *text, const char *what, struct err *err);
/* Of a boundary whose service is to come: declared today, it matches nothing. */
bool path_foreign(const char *text);
/* Whether the path covers a leaf as diffs print it: "req.b.items[2].id". */
bool path_matches(const struct path *p, struct slice path);

/* Pattern "items[*].id" against "items[3].id" or anything below it. */
bool path_covers(const char *pattern, struct slice path);

#endif

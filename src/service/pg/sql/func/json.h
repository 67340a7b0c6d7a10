/*
 * json: JSON as a tree whose numbers keep their digits and whose nodes know where
 * they stood in the text. One parser serves json (which keeps its text) and jsonb
 * (which is printed anew, keys in order, the last of equal ones).
 *
 * Source: RFC 8259; manual 8.14 and 9.16; the words are jsonapi.c's.
 */
#ifndef SERVICE_PG_SQL_JSON_H
#define SERVICE_PG_SQL_JSON_H

#include "base/buf.h"
#include "service/pg/sql/env.h"

enum json_kind { JSON_NULL_, JSON_STRING_, JSON_NUMBER_, JSON_FALSE_, JSON_TRUE_, JSON_ARRAY_, JSON_OBJECT_ };

struct json {
	enum json_kind kind;
	struct slice raw;        /* the text it was read from, without blanks around it; empty when it was made */
	struct slice text;       /* string: decoded; number: canonical for jsonb, as written for json */
	struct json **items;     /* array: elements; object: values */
	struct slice *keys;      /* object */
	size_t count, cap;
};

/* `jsonb`: keys are sorted and unique, numbers canonical, \u0000 refused. NULL: raised. */
struct json *json_parse(struct sql_env *env, struct arena *a, struct slice text, bool jsonb);
/* The same for text that is known to be right: what lies in SQLite. */
struct json *json_load(struct arena *a, struct slice text, bool jsonb);

struct json *json_new(struct arena *a, enum json_kind kind);
struct json *json_string_new(struct arena *a, struct slice text);
struct json *json_number_new(struct arena *a, struct slice digits);
void json_add(struct arena *a, struct json *array, struct json *item);
/* At its place in the order of jsonb's keys; replaces. */
void json_put(struct arena *a, struct json *object, struct slice key, struct json *value);
struct json *json_get(const struct json *object, struct slice key);
/* From the end when negative; NULL: none. */
struct json *json_at(const struct json *array, int64_t index);
/* As jsonb is ordered: manual 8.14.4. */
int json_compare(const struct json *a, const struct json *b);
int json_key_compare(struct slice a, struct slice b);

/* jsonb's text: ", " and ": ". */
void json_print(const struct json *v, struct buf *out);
void json_print_pretty(const struct json *v, int depth, struct buf *out);
/* What ->> gives: a string without its quotes. False: SQL NULL. */
bool json_as_text(const struct json *v, bool jsonb, struct buf *out);
/* A JSON string with its quotes, as escape_json() writes it. */
void json_quote(struct slice text, struct buf *out);

/* A value of any type as JSON, appended: to_json() (`jsonb` false) or to_jsonb(). False: raised. */
bool json_of_value(struct sql_env *env, uint32_t type, struct sql_datum v, bool jsonb, bool pretty, struct buf *out);

#endif

/*
 * Task: the door to libpg_query (see sql_tree.h). Leaves the meaning of what is
 * in a tree to sql_analyse.c and sql_verb.c.
 */
#include <pg_query.h>

#include "port/sql_tree.h"

#if PG_VERSION_NUM < 150000
#error "libpg_query of PostgreSQL 15 or newer is needed: older ones spell constants as {\"Integer\": {...}}"
#endif

void sql_tree_init(struct sql_tree *t, const char *text)
{
	*t = (struct sql_tree){ 0 };
	PgQueryParseResult parse = pg_query_parse(text);

	if (parse.error) {
		t->error_message = strdup(parse.error->message ? parse.error->message : "syntax error");
		t->error_position = parse.error->cursorpos;
	} else {
		t->parsed = true;
		t->root = json_loads(parse.parse_tree, 0, NULL);
		PgQueryFingerprintResult print = pg_query_fingerprint(text);
		t->fingerprint = print.error ? 0 : print.fingerprint;
		pg_query_free_fingerprint_result(print);
	}
	pg_query_free_parse_result(parse);
}

void sql_tree_release(struct sql_tree *t)
{
	json_decref(t->root);
	free(t->error_message);
	*t = (struct sql_tree){ 0 };
}

size_t sql_tree_count(const struct sql_tree *t)
{
	return json_array_size(json_object_get(t->root, "stmts"));
}

const char *sql_tree_statement(const struct sql_tree *t, size_t i, json_t **members)
{
	json_t *raw = json_array_get(json_object_get(t->root, "stmts"), i);

	return sql_node(json_object_get(raw, "stmt"), members);
}

const char *sql_node(json_t *node, json_t **members)
{
	void *it = json_object_size(node) == 1 ? json_object_iter(node) : NULL;

	if (!it || !json_is_object(json_object_iter_value(it)))
		return NULL;
	if (members)
		*members = json_object_iter_value(it);
	return json_object_iter_key(it);
}

const char *sql_node_text(json_t *members, const char *name)
{
	const char *text = json_string_value(json_object_get(members, name));

	return text ? text : "";
}

int64_t sql_node_int(json_t *members, const char *name)
{
	return json_integer_value(json_object_get(members, name));
}

bool sql_node_bool(json_t *members, const char *name)
{
	return json_is_true(json_object_get(members, name));
}

const char *sql_node_string(json_t *node)
{
	json_t *members;
	const char *type = sql_node(node, &members);

	return type && strcmp(type, "String") == 0 ? sql_node_text(members, "sval") : NULL;
}

int64_t sql_constant_int(json_t *constant, const char *text)
{
	json_t *value = json_object_get(json_object_get(constant, "ival"), "ival");
	int64_t at = sql_node_int(constant, "location");

	if (value)
		return json_integer_value(value);
	if (at < 0 || (size_t)at >= strlen(text) || text[at] != '-')
		return 0;
	const char *digits = text + at + 1;
	return -strtoll(digits, NULL, 10);
}

size_t sql_tree_split(const char *text, struct sql_span **spans)
{
	PgQuerySplitResult split = pg_query_split_with_parser(text);
	size_t count = 0;

	*spans = NULL;
	if (!split.error && split.n_stmts > 0) {
		count = (size_t)split.n_stmts;
		*spans = malloc(count * sizeof(**spans));
		if (!*spans)
			abort();
		size_t whole = strlen(text);
		for (size_t i = 0; i < count; i++) {
			size_t at = (size_t)split.stmts[i]->stmt_location;
			/* A length of 0 means: to the end of the text. */
			size_t len = split.stmts[i]->stmt_len ? (size_t)split.stmts[i]->stmt_len : whole - at;
			(*spans)[i] = (struct sql_span){ at, len };
		}
	}
	pg_query_free_split_result(split);
	return count;
}

/*
 * sql_tree: a parsed statement as a tree, behind one door.
 *
 * The only place that knows libpg_query's spelling of PostgreSQL's nodes. It
 * reads the JSON form, which needs no protobuf headers and is spelled alike in
 * version 15 (Debian 12) and 17 (Debian 13); members whose names moved between
 * versions are looked up here under each of them.
 *
 * A node is {"TypeName": {members}}; where the grammar allows one type only, the
 * members stand there bare. Zero, false and empty members are left out.
 */
#ifndef PORT_SQL_TREE_H
#define PORT_SQL_TREE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

struct sql_tree {
	json_t *root;         /* NULL: a syntax error, or too deep to be read */
	bool parsed;          /* PostgreSQL's grammar accepts the text */
	char *error_message;  /* when it does not */
	int error_position;   /* characters from 1 */
	uint64_t fingerprint; /* 0 when not parsed */
};

/* `text` is NUL-terminated. */
void sql_tree_init(struct sql_tree *t, const char *text);
void sql_tree_release(struct sql_tree *t);

/* Statements, and the node of one: its type's name, or NULL when out of range. */
size_t sql_tree_count(const struct sql_tree *t);
const char *sql_tree_statement(const struct sql_tree *t, size_t i, json_t **members);

/* The type's name and members of a wrapped node; NULL when it is not one. */
const char *sql_node(json_t *node, json_t **members);
/* Members by name; "" / 0 / false when left out. */
const char *sql_node_text(json_t *members, const char *name);
int64_t sql_node_int(json_t *members, const char *name);
bool sql_node_bool(json_t *members, const char *name);
/* A String node's text, or NULL. */
const char *sql_node_string(json_t *node);

/*
 * The integer of an A_Const's members. `text` is what was parsed: libpg_query 15
 * leaves negative integers out of its JSON (as it leaves out zero), so they are
 * read where they stand.
 */
int64_t sql_constant_int(json_t *constant, const char *text);

/* Boundaries of the statements in a text, in bytes. The array is malloc'ed and
 * the caller's; 0 when the text does not parse or holds nothing. */
struct sql_span {
	size_t at, len;
};
size_t sql_tree_split(const char *text, struct sql_span **spans);

#endif

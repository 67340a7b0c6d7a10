/*
 * sql_verb: PostgreSQL's name of a command, from its node.
 *
 * The words of the command tag (src/include/tcop/cmdtaglist.h) without counts.
 */
#ifndef PORT_SQL_VERB_H
#define PORT_SQL_VERB_H

#include <jansson.h>

#include "base/arena.h"
#include "base/slice.h"

/* `type` and `members` are of sql_tree_statement(). Empty when the node is not
 * in the table: the caller then takes the text's first word. */
struct slice sql_verb(const char *type, json_t *members, struct arena *a);

#endif

/*
 * sql_analyse: one analysis made from scratch. sql_cache.c keeps them.
 */
#ifndef PORT_SQL_ANALYSE_H
#define PORT_SQL_ANALYSE_H

#include "port/sql.h"

/* Everything in *out points into the arena, `text` included. */
void sql_analyse_text(struct slice text, struct arena *a, struct sql_analysis *out);

#endif

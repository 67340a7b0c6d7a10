/*
 * pg_script: the statements of a SQL file one after the other, as psql reads one:
 * with the data of COPY ... FROM stdin behind its statement, and without psql's own
 * commands (lines that begin with a backslash), which a dump may hold.
 */
#ifndef SERVICE_PG_SCRIPT_H
#define SERVICE_PG_SCRIPT_H

#include <stdbool.h>

#include "base/slice.h"

struct pg_script {
	struct slice rest;
	int line;                /* of `rest`, from 1 */
	/* filled by pg_script_next */
	struct slice statement;  /* without blanks around it and the semicolon */
	int at;                  /* the statement's line */
	struct slice data;       /* of COPY FROM stdin; ptr NULL: none */
};

void pg_script_init(struct pg_script *s, struct slice text);
/* False: no more. */
bool pg_script_next(struct pg_script *s);

#endif

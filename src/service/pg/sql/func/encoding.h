/*
 * encoding: names and numbers of PostgreSQL's encodings (pg_enc).
 */
#ifndef SERVICE_PG_SQL_ENCODING_H
#define SERVICE_PG_SQL_ENCODING_H

#include "base/slice.h"

/* By any of its names; -1: there is none. */
int encoding_find(struct slice name);
/* "" for a number that is none. */
const char *encoding_name(int encoding);

#endif

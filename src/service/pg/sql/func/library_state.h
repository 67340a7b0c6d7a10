/*
 * library_state: what the library remembers between calls on one connection.
 * Caches only: with any of it forgotten, results are the same.
 */
#ifndef SERVICE_PG_SQL_LIBRARY_STATE_H
#define SERVICE_PG_SQL_LIBRARY_STATE_H

#include "base/map.h"
#include "service/pg/sql/type/type.h"

struct regex_cache;
struct zone;

struct sql_library {
	struct arena scratch;       /* of the call that runs */
	struct arena compare;       /* of the comparison that runs */
	int compare_depth;
	struct map collations;      /* pg_of_<oid>: names, owned */
	/* The session's style and the settings it was made of. */
	struct style style;
	char seen[6][64];
	struct regex_cache *regex;
	/* An ordered aggregate that runs its plain one: where the plain one keeps its state. */
	void **ordered_state;
};

void library_state_init(struct sql_library *l, struct sql_env *env);
void library_state_release(struct sql_library *l);
void library_state_ping(sqlite3_context *ctx, int argc, sqlite3_value **argv);
void regex_cache_free(struct regex_cache *c);

#endif

/*
 * catalog_load: from the rows of the catalogs to the structs of catalog.h. Private
 * to catalog.c and catalog_load.c.
 */
#ifndef SERVICE_PG_SQL_CATALOG_LOAD_H
#define SERVICE_PG_SQL_CATALOG_LOAD_H

#include "base/arena.h"
#include "base/map.h"
#include "service/pg/sql/catalog.h"

struct sql_catalog {
	unsigned refs;
	uint64_t version;
	bool own;                /* of one session */
	struct arena arena;
	struct map relations;    /* OID -> struct sql_relation */
	struct map names;        /* schema OID and name -> struct sql_relation */
	struct map types;        /* OID -> struct sql_made_type */
	struct map type_names;   /* schema OID and name -> OID + 1 */
	struct map schemas;      /* name -> OID + 1 */
	struct map paths;        /* search_path and user -> struct path */
	struct sql_catalog *older, *kept;
};

/* A type that is not built in. */
struct sql_made_type {
	struct sql_type facts;
	struct sql_label *labels;
	size_t nlabels;
	struct sql_field *fields;
	size_t nfields;
	struct sql_constraint *checks;
	size_t nchecks;
	const char *fallback;
};

/* NULL: none. In the catalog's arena. */
struct sql_relation *sql_load_relation(struct sql_session *s, struct sql_catalog *c, uint32_t oid);
uint32_t sql_load_relation_oid(struct sql_session *s, uint32_t schema, struct slice name);
struct sql_made_type *sql_load_type(struct sql_session *s, struct sql_catalog *c, uint32_t oid);
void sql_load_fields(struct sql_session *s, struct sql_catalog *c, struct sql_made_type *t);

#endif

/*
 * Views of pg_catalog and information_schema, as SQL over the catalogs; made into
 * relations when a statement names them. system_views.def and information_schema.def have one row a view.
 */
#include "service/pg/sql/catalog.h"

/* A query is one string, however long: gcc and clang have no limit. */
#pragma GCC diagnostic ignored "-Woverlength-strings"
static const struct sql_system_view views[] = {
#define SYSTEM_VIEW(oid, schema, name, query) { oid, schema, name, query },
#include "service/pg/sql/system_views.def"
#include "service/pg/sql/information_schema.def"
#undef SYSTEM_VIEW
};

const struct sql_system_view *sql_system_view(struct slice schema, struct slice name)
{
	for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++)
		if (slice_eq_str(name, views[i].name) && slice_eq_str(schema, views[i].schema))
			return &views[i];
	return NULL;
}

const struct sql_system_view *sql_system_view_oid(uint32_t oid)
{
	for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++)
		if (views[i].oid == oid)
			return &views[i];
	return NULL;
}

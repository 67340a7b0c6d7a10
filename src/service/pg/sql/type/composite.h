/*
 * composite: a row value taken apart. Fields are stored values of their types;
 * of an anonymous record (type 2249) the types are not known and fields are TEXT.
 */
#ifndef SERVICE_PG_SQL_COMPOSITE_H
#define SERVICE_PG_SQL_COMPOSITE_H

#include "service/pg/sql/type/type.h"

struct composite {
	uint32_t type;
	size_t count;
	const struct sql_field *fields; /* NULL for an anonymous record */
	struct sql_datum *values;
};

bool composite_load(struct sql_env *env, struct arena *a, uint32_t type, struct slice text, struct composite *out);
bool composite_print(struct sql_env *env, const struct style *st, const struct composite *v, struct buf *b);
uint32_t composite_field_type(const struct composite *v, size_t i);
/* Writes one field with the quotes it needs. */
void composite_quote(struct buf *b, struct slice field);

#endif

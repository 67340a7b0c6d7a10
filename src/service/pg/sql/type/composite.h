/*
 * composite: a row value taken apart. Fields are stored values of their types.
 *
 * A stored anonymous record (type 2249) says itself what its fields are: before the
 * parenthesis stand the byte 1 and "<type>,<modifier>,<length of the name>:<name>" a
 * field; without a name it is f1, f2 .... The text without that head is a record of
 * TEXT fields. Heads are never printed.
 */
#ifndef SERVICE_PG_SQL_COMPOSITE_H
#define SERVICE_PG_SQL_COMPOSITE_H

#include "service/pg/sql/type/type.h"

struct composite {
	uint32_t type;
	size_t count;
	const struct sql_field *fields; /* NULL for a record without a head */
	struct sql_datum *values;
};

bool composite_load(struct sql_env *env, struct arena *a, uint32_t type, struct slice text, struct composite *out);
bool composite_print(struct sql_env *env, const struct style *st, const struct composite *v, struct buf *b);
uint32_t composite_field_type(const struct composite *v, size_t i);
/* Writes one field of a head; an empty head first: COMPOSITE_HEAD. */
#define COMPOSITE_HEAD '\1'
void composite_head_field(struct buf *b, uint32_t type, int32_t typmod, struct slice name);
/* The bytes of the head that the text begins with; 0: none, or not a well-formed one. */
size_t composite_head_length(struct slice text);
/* What a head says, in the arena; NULL: malformed. */
struct sql_field *composite_head_fields(struct arena *a, struct slice head, size_t *count);
/* The row as it is stored: with a head when its type is record. */
bool composite_store(struct sql_env *env, struct arena *a, const struct composite *v, struct sql_datum *out);
/* Writes one field with the quotes it needs. */
void composite_quote(struct buf *b, struct slice field);

#endif

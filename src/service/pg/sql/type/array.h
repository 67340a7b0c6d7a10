/*
 * array: a PostgreSQL array taken apart. Items are stored values of the element
 * type, row-major; NULL items are SQL_NULL. An empty array has no dimensions.
 */
#ifndef SERVICE_PG_SQL_ARRAY_H
#define SERVICE_PG_SQL_ARRAY_H

#include "service/pg/sql/type/type.h"

#define ARRAY_DIMS 6 /* MAXDIM */

struct array {
	uint32_t element;
	int ndim, dim[ARRAY_DIMS], lower[ARRAY_DIMS];
	size_t count;
	struct sql_datum *items;
};

/* From array_in's syntax (which what is stored is, too). False: raised. */
bool array_load(struct sql_env *env, struct arena *a, uint32_t element, int32_t typmod, struct slice text, struct array *out);
/* A stored value of an array type, or of int2vector or oidvector, which are "1 2" and count from 0. */
bool array_load_of(struct sql_env *env, struct arena *a, uint32_t type, struct slice text, struct array *out);
bool array_print(struct sql_env *env, const struct style *st, const struct array *v, struct buf *b);
/* A one-dimensional array of the items, as it is stored. */
struct sql_datum array_make(struct sql_env *env, struct arena *a, uint32_t element, const struct sql_datum *items, size_t count);
/* The element type of an array type; int2vector and oidvector too. 0: not an array. */
uint32_t array_element(struct sql_env *env, uint32_t type);
int array_compare(struct sql_env *env, const struct array *x, const struct array *y);
char array_delimiter(uint32_t element);

#endif

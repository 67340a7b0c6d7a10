/*
 * pg_types: values between PostgreSQL's text form and its binary form.
 *
 * Everything behind the codec speaks text; the binary form exists only on the
 * wire. So a type here is two conversions, found by OID once a column or a
 * parameter. Text that comes out is what PostgreSQL prints with DateStyle ISO,
 * IntervalStyle postgres, bytea_output hex and time zone UTC.
 *
 * Text that goes in may come from a rule file, and is read generously (ISO 8601
 * with T and Z, blanks around numbers); text that is not of the type is refused.
 */
#ifndef SERVICE_PG_TYPES_H
#define SERVICE_PG_TYPES_H

#include "base/buf.h"
#include "base/slice.h"

#define PG_OID_TEXT 25

struct pg_type {
	uint32_t oid;
	const char *name;       /* in PostgreSQL's messages: "integer" */
	const char *catalog;    /* pg_type.typname: "int4" */
	uint32_t element;       /* of an array; 0: not an array */
	/* Binary to text; false: not the binary form of this type. */
	bool (*recv)(const struct pg_type *t, struct slice binary, struct buf *text);
	/* Text to binary; false: not a value of this type. */
	bool (*send)(const struct pg_type *t, struct slice text, struct buf *binary);
};

/* NULL: no type that this fake can carry in binary. */
const struct pg_type *pg_type_find(uint32_t oid);

/* Numbers: pg_types_number.c. */
bool pg_recv_int(const struct pg_type *t, struct slice binary, struct buf *text);
bool pg_send_int(const struct pg_type *t, struct slice text, struct buf *binary);
bool pg_recv_float(const struct pg_type *t, struct slice binary, struct buf *text);
bool pg_send_float(const struct pg_type *t, struct slice text, struct buf *binary);
/* As PostgreSQL prints a double (or, when `single`, a float4). */
void pg_print_float(struct buf *out, double v, bool single);
bool pg_recv_numeric(const struct pg_type *t, struct slice binary, struct buf *text);
bool pg_send_numeric(const struct pg_type *t, struct slice text, struct buf *binary);

/* Dates and times: pg_types_time.c. */
bool pg_recv_date(const struct pg_type *t, struct slice binary, struct buf *text);
bool pg_send_date(const struct pg_type *t, struct slice text, struct buf *binary);
bool pg_recv_time(const struct pg_type *t, struct slice binary, struct buf *text);
bool pg_send_time(const struct pg_type *t, struct slice text, struct buf *binary);
bool pg_recv_timestamp(const struct pg_type *t, struct slice binary, struct buf *text);
bool pg_send_timestamp(const struct pg_type *t, struct slice text, struct buf *binary);
bool pg_recv_interval(const struct pg_type *t, struct slice binary, struct buf *text);
bool pg_send_interval(const struct pg_type *t, struct slice text, struct buf *binary);

/* Arrays: pg_types_array.c. */
bool pg_recv_array(const struct pg_type *t, struct slice binary, struct buf *text);
bool pg_send_array(const struct pg_type *t, struct slice text, struct buf *binary);

#endif

/*
 * type: what each type can do with its values, inside the library.
 *
 * A row a base type (struct type_ops); arrays, enums, domains, composites and
 * ranges share one row a family and look at the facts of the type they are
 * called for. Values are as value.h says they lie in SQLite.
 *
 * Memory: what `in` and `recv` give is the arena's they are handed. `scratch` of
 * the library is forgotten when the next function of ours begins.
 */
#ifndef SERVICE_PG_SQL_TYPE_H
#define SERVICE_PG_SQL_TYPE_H

#include "base/buf.h"
#include "service/pg/sql/env.h"

/* pg_type.oid of the types that are built in. */
enum {
	T_BOOL = 16, T_BYTEA = 17, T_CHAR = 18, T_NAME = 19, T_INT8 = 20, T_INT2 = 21, T_INT2VECTOR = 22, T_INT4 = 23,
	T_REGPROC = 24, T_TEXT = 25, T_OID = 26, T_TID = 27, T_XID = 28, T_CID = 29, T_OIDVECTOR = 30, T_JSON = 114,
	T_XML = 142, T_CIDR = 650, T_FLOAT4 = 700, T_FLOAT8 = 701, T_UNKNOWN = 705, T_MACADDR8 = 774, T_MONEY = 790,
	T_MACADDR = 829, T_INET = 869, T_INT4_ARRAY = 1007, T_TEXT_ARRAY = 1009, T_FLOAT8_ARRAY = 1022, T_BPCHAR = 1042, T_VARCHAR = 1043, T_DATE = 1082,
	T_TIME = 1083, T_TIMESTAMP = 1114, T_TIMESTAMPTZ = 1184, T_INTERVAL = 1186, T_TIMETZ = 1266, T_BIT = 1560,
	T_VARBIT = 1562, T_NUMERIC = 1700, T_REFCURSOR = 1790, T_REGPROCEDURE = 2202, T_REGOPER = 2203, T_REGOPERATOR = 2204,
	T_REGCLASS = 2205, T_REGTYPE = 2206, T_RECORD = 2249, T_CSTRING = 2275, T_ANYARRAY = 2277, T_VOID = 2278,
	T_RECORD_ARRAY = 2287, T_UUID = 2950, T_PG_LSN = 3220, T_REGCONFIG = 3734, T_REGDICTIONARY = 3769, T_JSONB = 3802,
	T_JSONPATH = 4072, T_REGNAMESPACE = 4089, T_REGROLE = 4096, T_REGCOLLATION = 4191, T_XID8 = 5069,
};

enum date_style { DATE_ISO, DATE_POSTGRES, DATE_SQL, DATE_GERMAN };
enum date_order { ORDER_MDY, ORDER_DMY, ORDER_YMD };
enum interval_style { INTERVAL_POSTGRES, INTERVAL_VERBOSE, INTERVAL_SQL, INTERVAL_ISO };
struct zone;

/* How values are printed. */
struct style {
	enum date_style dates;
	enum date_order order;
	enum interval_style intervals;
	int float_digits;        /* extra_float_digits */
	bool bytea_escape;
	const struct zone *zone; /* NULL: UTC */
};

/* As values lie inside arrays, ranges and rows. */
extern const struct style style_stored;
/* The session's. Borrowed until the next call. */
const struct style *style_of(struct sql_env *env);

struct type_ops {
	uint32_t oid;
	const char *name;        /* as format_type() says it: "integer" */
	/* Text to value with the modifier of an explicit cast; false: raised. */
	bool (*in)(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice text, struct sql_datum *out);
	bool (*out)(struct sql_env *env, const struct style *st, uint32_t type, struct sql_datum v, struct buf *b);
	bool (*recv)(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice bytes, struct sql_datum *out);
	bool (*send)(struct sql_env *env, uint32_t type, struct sql_datum v, struct buf *b);
	/* NULL: SQLite's own order of the stored values. */
	int (*compare)(struct sql_env *env, uint32_t type, struct sql_datum a, struct sql_datum b);
	const char *collation;   /* that calls compare; NULL with compare: pg_of_<oid> */
};

/* Never NULL: a type that is not known reads and prints as text. */
const struct type_ops *type_ops_find(struct sql_env *env, uint32_t type);
const struct sql_type *type_facts(struct sql_env *env, uint32_t type);
/* Through the ops, domains resolved. */
bool type_in(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice text, struct sql_datum *out);
bool type_out(struct sql_env *env, const struct style *st, uint32_t type, struct sql_datum v, struct buf *b);
int type_compare(struct sql_env *env, uint32_t type, struct sql_datum a, struct sql_datum b);
/* Whether equal values are the same bytes: no collation is needed. */
bool type_is_plain(struct sql_env *env, uint32_t type);

/* ---- pieces the rows are made of ---- */

struct sql_datum datum_text(struct slice s);
struct sql_datum datum_int(int64_t i);
/* NaN becomes its BLOB. */
struct sql_datum datum_real(double d);
double datum_double(struct sql_datum v);
struct sql_datum datum_copy(struct arena *a, struct sql_datum v);
/* A buf's text moved to an arena. */
struct slice arena_take(struct arena *a, struct buf *b);
/* "invalid input syntax for type integer: "x"" (22P02), always false. */
bool type_refuse(struct sql_env *env, const char *type, struct slice text);
bool type_refuse_binary(struct sql_env *env);
uint64_t read_be(struct slice s, size_t at, size_t size);

#define BUF_MAX ((size_t)1 << 30) /* PostgreSQL's limit of one value */

/* Integers of 2, 4 or 8 bytes from PostgreSQL's syntax; false: raised for the named type. */
bool int_parse(struct sql_env *env, struct slice text, int bytes, const char *type, int64_t *out);
/* As float8in; `single`: float4in. */
bool float_parse(struct sql_env *env, struct slice text, bool single, double *out);
void float_print(struct buf *b, double v, bool single, int extra_digits);
bool bool_parse(struct slice text, bool *out);

/* The rows, per file. */
extern const struct type_ops type_number_rows[], type_text_rows[], type_bytes_rows[], type_time_rows[],
	type_numeric_rows[], type_json_rows[], type_net_rows[], type_reg_rows[], type_absent_rows[], type_snapshot_rows[], type_jsonpath_rows[];
extern const struct type_ops type_array_ops, type_enum_ops, type_composite_ops, type_range_ops, type_multirange_ops;

#endif

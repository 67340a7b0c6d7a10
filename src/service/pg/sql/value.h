/*
 * value: how a PostgreSQL value lies in SQLite.
 *
 * The storage is chosen so that SQLite's own comparison is PostgreSQL's; where it
 * cannot be, a collation of ours makes it so, and the column and every comparison
 * name it. Nothing of a value says its type: the analysis knows it, always.
 *
 *   bool, int2/4/8, oid and the reg types      INTEGER
 *   date                                       INTEGER, days since 2000-01-01
 *   time                                       INTEGER, microseconds since midnight
 *   timestamp, timestamptz                     INTEGER, microseconds since 2000-01-01 (UTC)
 *   (infinities of the three above: INT32/INT64 minimum and maximum)
 *   enum                                       INTEGER or REAL: pg_enum.enumsortorder
 *   float4, float8                             REAL; NaN is the one-byte BLOB 0xff, which sorts above every number
 *   text, varchar, name, "char", json, xml     TEXT, as printed
 *   bpchar                                     TEXT, padded; collation pg_bpchar
 *   bytea, uuid                                BLOB
 *   numeric                                    TEXT, as printed; collation pg_numeric
 *   interval                                   TEXT, as printed with IntervalStyle postgres; collation pg_interval
 *   timetz                                     TEXT, as printed; collation pg_timetz
 *   jsonb                                      TEXT, as printed; collation pg_jsonb
 *   inet, cidr                                 TEXT, as printed; collation pg_inet
 *   bit, varbit                                TEXT of 0 and 1
 *   money                                      INTEGER, cents
 *   arrays, ranges, composite rows             TEXT, as printed with DateStyle ISO and zone UTC; collation
 *                                              pg_of_<oid of the type>, made when first asked for
 *   void                                       the empty TEXT
 */
#ifndef SERVICE_PG_SQL_VALUE_H
#define SERVICE_PG_SQL_VALUE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

enum sql_kind { SQL_NULL, SQL_INT, SQL_REAL, SQL_TEXT, SQL_BLOB };

/* One value outside of SQLite. Text and bytes are borrowed. */
struct sql_datum {
	enum sql_kind kind;
	union {
		int64_t i;
		double d;
		struct slice s;
	};
};

struct sql_datum sql_datum_of(sqlite3_value *v);
struct sql_datum sql_datum_column(sqlite3_stmt *st, int column);
/* Text and bytes are copied by SQLite. SQLITE_OK, or SQLite's code. */
int sql_datum_bind(sqlite3_stmt *st, int index, struct sql_datum v);
void sql_datum_result(sqlite3_context *ctx, struct sql_datum v);

#endif

/*
 * Comparisons: SQLite compares what is stored, with the type's collation where
 * its own order is not PostgreSQL's. Arrays, ranges and rows compare by their
 * type, which is among the arguments.
 */
#include "service/pg/sql/func/call.h"

#define SIGNS(name, collate) \
	INLINE(name "eq", "($1 = $2" collate ")"), INLINE(name "ne", "($1 <> $2" collate ")"), INLINE(name "lt", "($1 < $2" collate ")"), \
	INLINE(name "le", "($1 <= $2" collate ")"), INLINE(name "gt", "($1 > $2" collate ")"), INLINE(name "ge", "($1 >= $2" collate ")")
#define SIGNS_(name, collate) \
	INLINE(name "_eq", "($1 = $2" collate ")"), INLINE(name "_ne", "($1 <> $2" collate ")"), INLINE(name "_lt", "($1 < $2" collate ")"), \
	INLINE(name "_le", "($1 <= $2" collate ")"), INLINE(name "_gt", "($1 > $2" collate ")"), INLINE(name "_ge", "($1 >= $2" collate ")")
#define ORDER(name, collate) INLINE(name, "(($1 > $2" collate ") - ($1 < $2" collate "))")
#define ENDS(larger, smaller, collate) \
	INLINE(larger, "CASE WHEN $1 > $2" collate " THEN $1 ELSE $2 END"), INLINE(smaller, "CASE WHEN $1 < $2" collate " THEN $1 ELSE $2 END")

static int compare_typed(sqlite3_context *ctx, sqlite3_value **argv)
{
	return sql_type_compare(sql_env_of(ctx), (uint32_t)arg_int(argv[1]), sql_datum_of(argv[2]), sql_datum_of(argv[4]));
}

STRICT_TYPED(typed_eq) { result_bool(ctx, compare_typed(ctx, argv) == 0); }
STRICT_TYPED(typed_ne) { result_bool(ctx, compare_typed(ctx, argv) != 0); }
STRICT_TYPED(typed_lt) { result_bool(ctx, compare_typed(ctx, argv) < 0); }
STRICT_TYPED(typed_le) { result_bool(ctx, compare_typed(ctx, argv) <= 0); }
STRICT_TYPED(typed_gt) { result_bool(ctx, compare_typed(ctx, argv) > 0); }
STRICT_TYPED(typed_ge) { result_bool(ctx, compare_typed(ctx, argv) >= 0); }
STRICT_TYPED(typed_cmp) { int r = compare_typed(ctx, argv); sqlite3_result_int(ctx, (r > 0) - (r < 0)); }
STRICT_TYPED(typed_larger) { sqlite3_result_value(ctx, argv[compare_typed(ctx, argv) > 0 ? 2 : 4]); }
STRICT_TYPED(typed_smaller) { sqlite3_result_value(ctx, argv[compare_typed(ctx, argv) < 0 ? 2 : 4]); }

#define BY_TYPE(name) \
	TYPED(name "_eq", typed_eq), TYPED(name "_ne", typed_ne), TYPED(name "_lt", typed_lt), TYPED(name "_le", typed_le), \
	TYPED(name "_gt", typed_gt), TYPED(name "_ge", typed_ge)

const struct func_row func_compare_rows[] = {
	SIGNS("bool", ""), SIGNS("int2", ""), SIGNS("int4", ""), SIGNS("int8", ""),
	SIGNS("int24", ""), SIGNS("int42", ""), SIGNS("int28", ""), SIGNS("int82", ""), SIGNS("int48", ""), SIGNS("int84", ""),
	SIGNS("float4", ""), SIGNS("float8", ""), SIGNS("float48", ""), SIGNS("float84", ""),
	SIGNS("oid", ""), SIGNS("char", ""), SIGNS("name", ""), SIGNS("text", ""), SIGNS_("text", ""),
	
	INLINE("nameeqtext", "($1 = $2)"), INLINE("namenetext", "($1 <> $2)"), INLINE("namelttext", "($1 < $2)"),
	INLINE("nameletext", "($1 <= $2)"), INLINE("namegttext", "($1 > $2)"), INLINE("namegetext", "($1 >= $2)"),
	INLINE("texteqname", "($1 = $2)"), INLINE("textnename", "($1 <> $2)"), INLINE("textltname", "($1 < $2)"),
	INLINE("textlename", "($1 <= $2)"), INLINE("textgtname", "($1 > $2)"), INLINE("textgename", "($1 >= $2)"),
	SIGNS("bpchar", " COLLATE pg_bpchar"), SIGNS("bytea", ""), SIGNS_("uuid", ""), SIGNS_("enum", ""),
	SIGNS_("numeric", " COLLATE pg_numeric"), SIGNS_("interval", " COLLATE pg_interval"), SIGNS_("timetz", " COLLATE pg_timetz"),
	SIGNS_("jsonb", " COLLATE pg_jsonb"), SIGNS_("network", " COLLATE pg_inet"),
	SIGNS_("date", ""), SIGNS_("time", ""), SIGNS_("timestamp", ""), SIGNS_("timestamptz", ""), SIGNS_("cash", ""),
	SIGNS_("macaddr", ""), SIGNS_("macaddr8", ""), SIGNS_("pg_lsn", ""), SIGNS("bit", ""), SIGNS("tid", " COLLATE pg_tid"),
	SIGNS("xid8", ""), INLINE("xideq", "(($1 & 4294967295) = ($2 & 4294967295))"), INLINE("xidneq", "(($1 & 4294967295) <> ($2 & 4294967295))"), INLINE("cideq", "($1 = $2)"),
	INLINE("text_pattern_lt", "($1 < $2)"), INLINE("text_pattern_le", "($1 <= $2)"), INLINE("text_pattern_gt", "($1 > $2)"),
	INLINE("text_pattern_ge", "($1 >= $2)"), INLINE("bpchar_pattern_lt", "($1 < $2 COLLATE pg_bpchar)"),
	INLINE("bpchar_pattern_le", "($1 <= $2 COLLATE pg_bpchar)"), INLINE("bpchar_pattern_gt", "($1 > $2 COLLATE pg_bpchar)"),
	INLINE("bpchar_pattern_ge", "($1 >= $2 COLLATE pg_bpchar)"),
	BY_TYPE("array"), BY_TYPE("range"), BY_TYPE("multirange"), BY_TYPE("record"), BY_TYPE("record_image"),
	TYPED("oidvectoreq", typed_eq), TYPED("oidvectorne", typed_ne), TYPED("oidvectorlt", typed_lt), TYPED("oidvectorle", typed_le),
	TYPED("oidvectorgt", typed_gt), TYPED("oidvectorge", typed_ge),
	TYPED("btarraycmp", typed_cmp), TYPED("range_cmp", typed_cmp), TYPED("multirange_cmp", typed_cmp), TYPED("btrecordcmp", typed_cmp),
	TYPED("array_larger", typed_larger), TYPED("array_smaller", typed_smaller),
	ORDER("btint2cmp", ""), ORDER("btint4cmp", ""), ORDER("btint8cmp", ""), ORDER("btint24cmp", ""), ORDER("btint42cmp", ""),
	ORDER("btint28cmp", ""), ORDER("btint82cmp", ""), ORDER("btint48cmp", ""), ORDER("btint84cmp", ""), ORDER("btfloat4cmp", ""),
	ORDER("btfloat8cmp", ""), ORDER("btfloat48cmp", ""), ORDER("btfloat84cmp", ""), ORDER("btboolcmp", ""), ORDER("btoidcmp", ""),
	ORDER("btcharcmp", ""), ORDER("btnamecmp", ""), ORDER("bttextcmp", ""), ORDER("bttextnamecmp", ""), ORDER("btnametextcmp", ""),
	ORDER("byteacmp", ""), ORDER("uuid_cmp", ""), ORDER("enum_cmp", ""), ORDER("date_cmp", ""), ORDER("time_cmp", ""),
	ORDER("timestamp_cmp", ""), ORDER("cash_cmp", ""), ORDER("macaddr_cmp", ""), ORDER("macaddr8_cmp", ""), ORDER("bitcmp", ""),
	ORDER("xid8cmp", ""), ORDER("pg_lsn_cmp", ""), ORDER("bpcharcmp", " COLLATE pg_bpchar"), ORDER("numeric_cmp", " COLLATE pg_numeric"),
	ORDER("interval_cmp", " COLLATE pg_interval"), ORDER("timetz_cmp", " COLLATE pg_timetz"), ORDER("jsonb_cmp", " COLLATE pg_jsonb"),
	ORDER("network_cmp", " COLLATE pg_inet"), ORDER("bttidcmp", " COLLATE pg_tid"),
	ENDS("int2larger", "int2smaller", ""), ENDS("int4larger", "int4smaller", ""), ENDS("int8larger", "int8smaller", ""),
	ENDS("float4larger", "float4smaller", ""), ENDS("float8larger", "float8smaller", ""), ENDS("oidlarger", "oidsmaller", ""),
	ENDS("text_larger", "text_smaller", ""), INLINE("bpchar_larger", "CASE WHEN $1 >= $2 COLLATE pg_bpchar THEN $1 ELSE $2 END"), INLINE("bpchar_smaller", "CASE WHEN $1 <= $2 COLLATE pg_bpchar THEN $1 ELSE $2 END"),
	ENDS("numeric_larger", "numeric_smaller", " COLLATE pg_numeric"), ENDS("interval_larger", "interval_smaller", " COLLATE pg_interval"),
	ENDS("timetz_larger", "timetz_smaller", " COLLATE pg_timetz"), ENDS("date_larger", "date_smaller", ""),
	ENDS("time_larger", "time_smaller", ""), ENDS("timestamp_larger", "timestamp_smaller", ""), ENDS("cashlarger", "cashsmaller", ""),
	ENDS("enum_larger", "enum_smaller", ""), ENDS("network_larger", "network_smaller", " COLLATE pg_inet"),
	ENDS("pg_lsn_larger", "pg_lsn_smaller", ""), ENDS("xid8_larger", "xid8_smaller", ""),
	END_OF_ROWS
};

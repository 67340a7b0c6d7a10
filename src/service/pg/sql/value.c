/*
 * Values across the border of SQLite. What they mean is the type's business.
 */
#include "service/pg/sql/value.h"

struct sql_datum sql_datum_of(sqlite3_value *v)
{
	switch (sqlite3_value_type(v)) {
	case SQLITE_INTEGER: return (struct sql_datum){ .kind = SQL_INT, .i = sqlite3_value_int64(v) };
	case SQLITE_FLOAT: return (struct sql_datum){ .kind = SQL_REAL, .d = sqlite3_value_double(v) };
	case SQLITE_TEXT: {
		const char *text = (const char *)sqlite3_value_text(v);
		return (struct sql_datum){ .kind = SQL_TEXT, .s = { text, (size_t)sqlite3_value_bytes(v) } };
	}
	case SQLITE_BLOB: {
		const char *bytes = sqlite3_value_blob(v);
		return (struct sql_datum){ .kind = SQL_BLOB, .s = { bytes ? bytes : "", (size_t)sqlite3_value_bytes(v) } };
	}
	default: return (struct sql_datum){ .kind = SQL_NULL };
	}
}

struct sql_datum sql_datum_column(sqlite3_stmt *st, int column)
{
	/* a row's values are unprotected, which is fine in one thread that changes none */
	switch (sqlite3_column_type(st, column)) {
	case SQLITE_INTEGER: return (struct sql_datum){ .kind = SQL_INT, .i = sqlite3_column_int64(st, column) };
	case SQLITE_FLOAT: return (struct sql_datum){ .kind = SQL_REAL, .d = sqlite3_column_double(st, column) };
	case SQLITE_TEXT: {
		const char *text = (const char *)sqlite3_column_text(st, column);
		return (struct sql_datum){ .kind = SQL_TEXT, .s = { text, (size_t)sqlite3_column_bytes(st, column) } };
	}
	case SQLITE_BLOB: {
		const char *bytes = sqlite3_column_blob(st, column);
		return (struct sql_datum){ .kind = SQL_BLOB, .s = { bytes ? bytes : "", (size_t)sqlite3_column_bytes(st, column) } };
	}
	default: return (struct sql_datum){ .kind = SQL_NULL };
	}
}

int sql_datum_bind(sqlite3_stmt *st, int index, struct sql_datum v)
{
	switch (v.kind) {
	case SQL_INT: return sqlite3_bind_int64(st, index, v.i);
	case SQL_REAL: return sqlite3_bind_double(st, index, v.d);
	case SQL_TEXT: return sqlite3_bind_text64(st, index, v.s.ptr, v.s.len, SQLITE_TRANSIENT, SQLITE_UTF8);
	case SQL_BLOB: return sqlite3_bind_blob64(st, index, v.s.ptr, v.s.len, SQLITE_TRANSIENT);
	case SQL_NULL: break;
	}
	return sqlite3_bind_null(st, index);
}

void sql_datum_result(sqlite3_context *ctx, struct sql_datum v)
{
	switch (v.kind) {
	case SQL_INT: sqlite3_result_int64(ctx, v.i); return;
	case SQL_REAL: sqlite3_result_double(ctx, v.d); return;
	case SQL_TEXT: sqlite3_result_text64(ctx, v.s.ptr, v.s.len, SQLITE_TRANSIENT, SQLITE_UTF8); return;
	case SQL_BLOB: sqlite3_result_blob64(ctx, v.s.ptr, v.s.len, SQLITE_TRANSIENT); return;
	case SQL_NULL: break;
	}
	sqlite3_result_null(ctx);
}

/*
 * datetime_call: what the functions of dates and times share.
 */
#ifndef SERVICE_PG_SQL_DATETIME_CALL_H
#define SERVICE_PG_SQL_DATETIME_CALL_H

#include "service/pg/sql/func/call.h"
#include "service/pg/sql/type/datetime.h"

struct interval arg_interval(sqlite3_value *v);
void result_interval(sqlite3_context *ctx, const struct interval *v);
/* Raises when it is out of range. */
void result_stamp(sqlite3_context *ctx, int64_t t);
void stamp_out_of_range(sqlite3_context *ctx);
/* False: out of range. */
bool interval_add(struct interval *r, const struct interval *a, const struct interval *b);
bool interval_subtract(struct interval *r, const struct interval *a, const struct interval *b);
bool interval_scale_by(struct interval *r, const struct interval *v, double factor, bool divide);
bool stamp_add(int64_t *t, const struct interval *v);
bool stamptz_add(int64_t *t, const struct interval *v, const struct zone *zone);

void interval_out_of_range(sqlite3_context *ctx);
bool date_is_finite(int64_t d);
/* False: raised. */
bool local_to_utc(sqlite3_context *ctx, int64_t local, const struct zone *z, int64_t *utc);
void result_timetz(sqlite3_context *ctx, struct timetz t);
int64_t wrap_day(int64_t t);

#endif

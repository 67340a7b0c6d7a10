/*
 * Functions that PostgreSQL writes in SQL (system_functions.sql of version 15):
 * their key is their whole signature. Those that are another function with its
 * arguments the other way round stand beside that one. And enum_first and its like.
 */
#include "service/pg/sql/func/call.h"
#include "service/pg/sql/type/array.h"

/* text || anynonarray, either way round: (result type, type, value, type, value). Booleans as ::text has them. */
STRICT_TYPED(text_any_concat)
{
	struct sql_env *env = sql_env_of(ctx);
	struct buf b;

	buf_init(&b, BUF_MAX);
	for (int i = 1; i < argc; i += 2) {
		uint32_t type = (uint32_t)arg_int(argv[i]);
		struct sql_datum v = sql_datum_of(argv[i + 1]);

		if (type == T_TEXT || type == 705) { /* unknown */
			buf_add_slice(&b, v.s);
		} else if (type == T_BOOL) {
			buf_add_str(&b, v.i ? "true" : "false");
		} else if (!type_out(env, style_of(env), type, v, &b)) {
			buf_release(&b);
			result_raised(ctx);
			return;
		}
	}
	result_buf(ctx, &b);
}

/* ---- enums (manual 9.10): the types say everything, NULLs are welcome ---- */

static const struct sql_label *labels_of(sqlite3_context *ctx, uint32_t type, size_t *count)
{
	struct sql_env *env = sql_env_of(ctx);
	const struct sql_label *labels = env->labels ? env->labels(env, type, count) : NULL;

	if (!labels)
		*count = 0;
	return labels;
}

static struct sql_datum place_of(const struct sql_label *l)
{
	return l->order == (double)(int64_t)l->order ? datum_int((int64_t)l->order) : datum_real(l->order);
}

static void one_end(sqlite3_context *ctx, sqlite3_value **argv, bool last)
{
	size_t count = 0;
	const struct sql_label *labels = labels_of(ctx, (uint32_t)arg_int(argv[1]), &count);

	if (count)
		sql_datum_result(ctx, place_of(labels + (last ? count - 1 : 0)));
	else
		sql_raise(ctx, "55000", "enum %s contains no values", type_facts(sql_env_of(ctx), (uint32_t)arg_int(argv[1]))->name);
}

FUNC(enum_first) { one_end(ctx, argv, false); }
FUNC(enum_last) { one_end(ctx, argv, true); }

static void range_of_labels(sqlite3_context *ctx, uint32_t type, sqlite3_value *low, sqlite3_value *high)
{
	struct sql_env *env = sql_env_of(ctx);
	struct arena *a = scratch(env);
	size_t count = 0, n = 0;
	const struct sql_label *labels = labels_of(ctx, type, &count);
	struct sql_datum *items = ARENA_ARRAY(a, struct sql_datum, count + 1);

	for (size_t i = 0; i < count; i++) {
		if (low && !arg_null(low) && labels[i].order < sqlite3_value_double(low))
			continue;
		if (high && !arg_null(high) && labels[i].order > sqlite3_value_double(high))
			continue;
		items[n++] = place_of(labels + i);
	}
	sql_datum_result(ctx, array_make(env, a, type, items, n));
}

FUNC(enum_range_all) { range_of_labels(ctx, (uint32_t)arg_int(argv[1]), NULL, NULL); }
FUNC(enum_range_bounds) { range_of_labels(ctx, (uint32_t)arg_int(argv[1]), argv[2], argv[4]); }

/* ---- quote_literal(anyelement): its text, quoted ---- */

static void quoted(sqlite3_context *ctx, sqlite3_value **argv)
{
	struct sql_env *env = sql_env_of(ctx);
	uint32_t type = (uint32_t)arg_int(argv[1]);
	struct sql_datum v = sql_datum_of(argv[2]);
	struct buf text, b;

	buf_init(&text, BUF_MAX);
	if (type == T_BOOL) {
		buf_add_str(&text, v.i ? "true" : "false");
	} else if (!type_out(env, style_of(env), type, v, &text)) {
		buf_release(&text);
		result_raised(ctx);
		return;
	}
	buf_init(&b, BUF_MAX);
	if (memchr(text.ptr ? text.ptr : "", '\\', text.len))
		buf_add_char(&b, 'E');
	buf_add_char(&b, '\'');
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '\'' || text.ptr[i] == '\\')
			buf_add_char(&b, text.ptr[i]);
		buf_add_char(&b, text.ptr[i]);
	}
	buf_add_char(&b, '\'');
	buf_release(&text);
	result_buf(ctx, &b);
}

STRICT_TYPED(quote_literal_any) { quoted(ctx, argv); }

FUNC(quote_nullable_any)
{
	if (arg_null(argv[2]))
		result_text(ctx, SLICE_LIT("NULL"));
	else
		quoted(ctx, argv);
}

/* ---- num_nulls("any" ...) (manual 9.2) ---- */

static void count_nulls(sqlite3_context *ctx, int argc, sqlite3_value **argv, bool nulls)
{
	int found = 0;

	for (int i = 2; i < argc; i += 2)
		found += arg_null(argv[i]) == nulls;
	sqlite3_result_int(ctx, found);
}

FUNC(num_nulls) { count_nulls(ctx, argc, argv, true); }
FUNC(num_nonnulls) { count_nulls(ctx, argc, argv, false); }

const struct func_row func_sql_rows[] = {
	TYPED("textanycat(text,anynonarray)", text_any_concat), TYPED("anytextcat(anynonarray,text)", text_any_concat),
	TYPED("enum_first", enum_first), TYPED("enum_last", enum_last), TYPED("enum_range_all", enum_range_all),
	TYPED("enum_range_bounds", enum_range_bounds),
	TYPED("quote_literal(anyelement)", quote_literal_any), TYPED("quote_nullable(anyelement)", quote_nullable_any),
	TYPED("pg_num_nulls", num_nulls), TYPED("pg_num_nonnulls", num_nonnulls),
	INLINE("round(numeric)", "p_numeric_round($1, 0)"), INLINE("trunc(numeric)", "p_numeric_trunc($1, 0)"),
	INLINE("bit_length(text)", "8 * length(CAST($1 AS BLOB))"), INLINE("bit_length(bytea)", "8 * length($1)"),
	INLINE("bit_length(bit)", "length($1)"),
	INLINE("age(timestamp)", "p_timestamp_age(p_date_timestamp(p_timestamptz_date(p_now())), $1)"),
	INLINE("age(timestamptz)", "p_timestamptz_age(p_date_timestamptz(p_timestamptz_date(p_now())), $1)"),
	INLINE("date_part(text,date)", "p_timestamp_part($1, p_date_timestamp($2))"),
	INLINE("timestamptz(date,time)", "p_timestamp_timestamptz(p_datetime_timestamp($1, $2))"),
	INLINE("log(numeric)", "p_numeric_log('10', $1)"), INLINE("log10(numeric)", "p_numeric_log('10', $1)"),
	INLINE("substring(text,text,text)", "p_textregexsubstr($1, p_similar_to_escape_2($2, $3))"),
	INLINE("overlaps(timestamptz,interval,timestamptz,interval)", "p_overlaps_timestamp(16, 1184, $1, 1184, p_timestamptz_pl_interval($1, $2), 1184, $3, 1184, p_timestamptz_pl_interval($3, $4))"),
	INLINE("overlaps(timestamptz,timestamptz,timestamptz,interval)", "p_overlaps_timestamp(16, 1184, $1, 1184, $2, 1184, $3, 1184, p_timestamptz_pl_interval($3, $4))"),
	INLINE("overlaps(timestamptz,interval,timestamptz,timestamptz)", "p_overlaps_timestamp(16, 1184, $1, 1184, p_timestamptz_pl_interval($1, $2), 1184, $3, 1184, $4)"),
	INLINE("overlaps(timestamp,interval,timestamp,interval)", "p_overlaps_timestamp(16, 1114, $1, 1114, p_timestamp_pl_interval($1, $2), 1114, $3, 1114, p_timestamp_pl_interval($3, $4))"),
	INLINE("overlaps(timestamp,timestamp,timestamp,interval)", "p_overlaps_timestamp(16, 1114, $1, 1114, $2, 1114, $3, 1114, p_timestamp_pl_interval($3, $4))"),
	INLINE("overlaps(timestamp,interval,timestamp,timestamp)", "p_overlaps_timestamp(16, 1114, $1, 1114, p_timestamp_pl_interval($1, $2), 1114, $3, 1114, $4)"),
	INLINE("overlaps(time,interval,time,interval)", "p_overlaps_time(16, 1083, $1, 1083, p_time_pl_interval($1, $2), 1083, $3, 1083, p_time_pl_interval($3, $4))"),
	INLINE("overlaps(time,time,time,interval)", "p_overlaps_time(16, 1083, $1, 1083, $2, 1083, $3, 1083, p_time_pl_interval($3, $4))"),
	INLINE("overlaps(time,interval,time,time)", "p_overlaps_time(16, 1083, $1, 1083, p_time_pl_interval($1, $2), 1083, $3, 1083, $4)"),
	END_OF_ROWS
};

/*
 * The session's settings as a struct style, made again when one of them changed.
 */
#include "service/pg/sql/func/library_state.h"
#include "service/pg/sql/type/datetime.h"

const struct style style_stored = { .float_digits = 1 };

enum { ZONE, DATES, INTERVALS, DIGITS, BYTEA };

static bool has_word(struct slice s, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= s.len; i++)
		if (slice_eq_nocase(slice_of(s.ptr + i, n), slice_of(word, n)))
			return true;
	return false;
}

static void parse(struct style *st, int which, struct slice s)
{
	switch (which) {
	case ZONE: st->zone = slice_eq_nocase_str(s, "UTC") ? NULL : zone_of_setting(s); break;
	case DATES:
		st->dates = has_word(s, "SQL") ? DATE_SQL : has_word(s, "POSTGRES") ? DATE_POSTGRES : has_word(s, "GERMAN") ? DATE_GERMAN : DATE_ISO;
		st->order = has_word(s, "DMY") ? ORDER_DMY : has_word(s, "YMD") ? ORDER_YMD : ORDER_MDY;
		break;
	case INTERVALS:
		st->intervals = slice_eq_nocase_str(s, "postgres_verbose") ? INTERVAL_VERBOSE :
				slice_eq_nocase_str(s, "sql_standard") ? INTERVAL_SQL :
				slice_eq_nocase_str(s, "iso_8601") ? INTERVAL_ISO : INTERVAL_POSTGRES;
		break;
	case DIGITS: {
		int64_t v = 1;
		if (s.len && s.ptr[0] == '+')
			s = slice_skip(s, 1);
		st->float_digits = slice_to_i64(s, &v) ? (int)v : 1;
		break;
	}
	case BYTEA: st->bytea_escape = slice_eq_nocase_str(s, "escape"); break;
	}
}

const struct style *style_of(struct sql_env *env)
{
	static const char *const names[] = { [ZONE] = "timezone", [DATES] = "datestyle", [INTERVALS] = "intervalstyle",
					     [DIGITS] = "extra_float_digits", [BYTEA] = "bytea_output" };
	struct sql_library *l = env->library;

	if (!env->setting)
		return &style_stored;
	if (env->style_known)
		return &l->style;
	env->style_known = env->session != NULL; /* asked for every value: one look-up a statement is enough */
	for (int i = 0; i < 5; i++) {
		struct slice s = env->setting(env, names[i]);
		char *seen = l->seen[i];
		size_t n = s.len < sizeof(l->seen[i]) - 1 ? s.len : sizeof(l->seen[i]) - 1;
		if (seen[n] == 0 && memcmp(seen, s.ptr ? s.ptr : "", n) == 0 && strlen(seen) == n)
			continue;
		parse(&l->style, i, s);
		memcpy(seen, s.ptr, n);
		seen[n] = 0;
	}
	return &l->style;
}

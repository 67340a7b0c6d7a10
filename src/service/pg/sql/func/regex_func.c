/*
 * Functions over regular expressions, and LIKE and SIMILAR TO.
 */
#include "base/utf8.h"
#include "service/pg/sql/func/call.h"
#include "service/pg/sql/func/regex.h"
#include "service/pg/sql/func/string.h"
#include "service/pg/sql/type/array.h"

/* ---- LIKE ---- */

/* 1 yes, 0 no, -1 raised. Bytes, or characters where `_` stands. */
static int like(sqlite3_context *ctx, struct slice s, struct slice p, bool bytes)
{
	while (p.len) {
		if (!s.len && p.ptr[0] != '%')
			return 0;
		if (p.ptr[0] == '\\') {
			p = slice_skip(p, 1);
			if (!p.len) {
				sql_raise(ctx, "22025", "LIKE pattern must not end with escape character");
				return -1;
			}
			if (!s.len || s.ptr[0] != p.ptr[0])
				return 0;
			s = slice_skip(s, 1);
			p = slice_skip(p, 1);
		} else if (p.ptr[0] == '%') {
			while (p.len && (p.ptr[0] == '%' || p.ptr[0] == '_')) {
				if (p.ptr[0] == '_') {
					if (!s.len)
						return 0;
					size_t n = bytes ? 1 : utf8_char(s);
					s = slice_skip(s, n ? n : 1);
				}
				p = slice_skip(p, 1);
			}
			if (!p.len)
				return 1;
			if (p.ptr[0] == '\\' && p.len < 2) {
				sql_raise(ctx, "22025", "LIKE pattern must not end with escape character");
				return -1;
			}
			char first = p.ptr[0] == '\\' ? p.ptr[1] : p.ptr[0];
			for (; s.len; s = slice_skip(s, 1)) {
				if (s.ptr[0] != first)
					continue;
				int r = like(ctx, s, p, bytes);
				if (r)
					return r;
			}
			return 0;
		} else if (p.ptr[0] == '_') {
			if (!s.len)
				return 0;
			size_t n = bytes ? 1 : utf8_char(s);
			s = slice_skip(s, n ? n : 1);
			p = slice_skip(p, 1);
		} else {
			if (!s.len || s.ptr[0] != p.ptr[0])
				return 0;
			s = slice_skip(s, 1);
			p = slice_skip(p, 1);
		}
	}
	return !s.len;
}

static void result_like(sqlite3_context *ctx, sqlite3_value **argv, bool wanted)
{
	int r = like(ctx, arg_text(argv[0]), arg_text(argv[1]), false);

	if (r >= 0)
		result_bool(ctx, (r == 1) == wanted);
}

static void result_ilike(sqlite3_context *ctx, sqlite3_value **argv, bool wanted)
{
	struct sql_env *env = sql_env_of(ctx);
	struct buf s, p;

	buf_init(&s, BUF_MAX);
	buf_init(&p, BUF_MAX);
	text_lower(env, arg_text(argv[0]), &s);
	text_lower(env, arg_text(argv[1]), &p);
	int r = like(ctx, buf_slice(&s), buf_slice(&p), false);
	if (r >= 0)
		result_bool(ctx, (r == 1) == wanted);
	buf_release(&s);
	buf_release(&p);
}

STRICT(textlike) { result_like(ctx, argv, true); }
STRICT(textnlike) { result_like(ctx, argv, false); }
STRICT(texticlike) { result_ilike(ctx, argv, true); }
STRICT(texticnlike) { result_ilike(ctx, argv, false); }

STRICT(bytealike)
{
	int r = like(ctx, arg_blob(argv[0]), arg_blob(argv[1]), true);
	if (r >= 0)
		result_bool(ctx, r == 1);
}

STRICT(byteanlike)
{
	int r = like(ctx, arg_blob(argv[0]), arg_blob(argv[1]), true);
	if (r >= 0)
		result_bool(ctx, r == 0);
}

/* like_escape(pattern, escape): the same pattern with a backslash for escape. */
STRICT(like_escape)
{
	struct slice p = arg_text(argv[0]), e = arg_text(argv[1]);
	bool after = false;
	struct buf b;

	if (e.len && utf8_char(e) != e.len) {
		struct sql_error *err = sql_raise(ctx, "22025", "invalid escape string");
		sql_hint(sql_env_of(ctx), err, "Escape string must be empty or one character.");
		return;
	}
	if (slice_eq_str(e, "\\")) {
		result_text(ctx, p);
		return;
	}
	buf_init(&b, BUF_MAX);
	for (size_t i = 0, n; i < p.len; i += n) {
		n = utf8_char(slice_skip(p, i));
		n = n ? n : 1;
		if (e.len && n == e.len && memcmp(p.ptr + i, e.ptr, n) == 0 && !after) {
			buf_add_char(&b, '\\');
			after = true;
			continue;
		}
		if (p.ptr[i] == '\\' && !(e.len && after))
			buf_add_char(&b, '\\');
		buf_add(&b, p.ptr + i, n);
		after = false;
	}
	result_buf(ctx, &b);
}

/* SIMILAR TO's pattern as a regular expression (similar_escape_internal). */
FUNC(similar_to_escape)
{
	struct slice p, e = SLICE_LIT("\\");
	struct buf b;
	bool after = false, bracket = false;
	int quotes = 0;

	if (arg_null(argv[0]))
		return;
	p = arg_text(argv[0]);
	if (argc > 1) {
		if (arg_null(argv[1]))
			return;
		e = arg_text(argv[1]);
		if (e.len && utf8_char(e) != e.len) {
			struct sql_error *err = sql_raise(ctx, "22025", "invalid escape string");
			sql_hint(sql_env_of(ctx), err, "Escape string must be empty or one character.");
			return;
		}
	}
	buf_init(&b, BUF_MAX);
	buf_add_str(&b, "^(?:");
	for (size_t i = 0; i < p.len; i++) {
		char c = p.ptr[i];
		if (after) {
			if (c == '"' && !bracket) {
				if (quotes == 0) {
					buf_add_str(&b, "){1,1}?(");
				} else if (quotes == 1) {
					buf_add_str(&b, "){1,1}(?:");
				} else {
					sql_raise(ctx, "2200C", "SQL regular expression may not contain more than two escape-double-quote separators");
					buf_release(&b);
					return;
				}
				quotes++;
			} else {
				buf_add_char(&b, '\\');
				buf_add_char(&b, c);
			}
			after = false;
		} else if (e.len && slice_has_prefix(slice_skip(p, i), e)) {
			after = true;
			i += e.len - 1;
		} else if (bracket) {
			if (c == '\\')
				buf_add_char(&b, '\\');
			buf_add_char(&b, c);
			if (c == ']')
				bracket = false;
		} else if (c == '[') {
			buf_add_char(&b, c);
			bracket = true;
		} else if (c == '%') {
			buf_add_str(&b, ".*");
		} else if (c == '_') {
			buf_add_char(&b, '.');
		} else if (c == '(') {
			buf_add_str(&b, "(?:");
		} else if (c == '\\' || c == '.' || c == '^' || c == '$') {
			buf_add_char(&b, '\\');
			buf_add_char(&b, c);
		} else {
			buf_add_char(&b, c);
		}
	}
	buf_add_str(&b, ")$");
	result_buf(ctx, &b);
}

/* ---- matching ---- */

static void result_matches(sqlite3_context *ctx, sqlite3_value **argv, bool icase, bool wanted)
{
	struct sql_env *env = sql_env_of(ctx);
	struct regex_flags f = { .icase = icase };
	const struct regex *r = regex_compile(env, arg_text(argv[1]), &f);
	struct regex_match m;
	int found = r ? regex_find(env, r, arg_text(argv[0]), 0, &m) : -1;

	if (found < 0)
		result_raised(ctx);
	else
		result_bool(ctx, (found == 1) == wanted);
}

STRICT(textregexeq) { result_matches(ctx, argv, false, true); }
STRICT(textregexne) { result_matches(ctx, argv, false, false); }
STRICT(texticregexeq) { result_matches(ctx, argv, true, true); }
STRICT(texticregexne) { result_matches(ctx, argv, true, false); }

static struct slice group(struct slice s, const struct regex_match *m, size_t i)
{
	return slice_of(s.ptr + m->at[i].from, m->at[i].to - m->at[i].from);
}

STRICT(textregexsubstr)
{
	struct sql_env *env = sql_env_of(ctx);
	struct regex_flags f = { 0 };
	struct slice s = arg_text(argv[0]);
	const struct regex *r = regex_compile(env, arg_text(argv[1]), &f);
	struct regex_match m;
	int found = r ? regex_find(env, r, s, 0, &m) : -1;

	if (found < 0) {
		result_raised(ctx);
	} else if (found) {
		size_t g = regex_groups(r) ? 1 : 0;
		if (m.at[g].from != SIZE_MAX)
			result_text(ctx, group(s, &m, g));
	}
}

static void add_replacement(struct buf *b, struct slice with, struct slice s, const struct regex_match *m)
{
	for (size_t i = 0; i < with.len; i++) {
		char c = with.ptr[i];
		if (c != '\\' || i + 1 >= with.len) {
			buf_add_char(b, c);
			continue;
		}
		char d = with.ptr[i + 1];
		if (d >= '1' && d <= '9') {
			size_t g = (size_t)(d - '0');
			if (g < m->count && m->at[g].from != SIZE_MAX)
				buf_add_slice(b, group(s, m, g));
			i++;
		} else if (d == '&') {
			buf_add_slice(b, group(s, m, 0));
			i++;
		} else if (d == '\\') {
			buf_add_char(b, '\\');
			i++;
		} else {
			buf_add_char(b, '\\');
		}
	}
}

/* From byte `start`; the nth match only, or all from the first when n is 0. */
static void replace(sqlite3_context *ctx, struct slice s, struct slice pattern, struct slice with, size_t start, int64_t n, const struct regex_flags *f)
{
	struct sql_env *env = sql_env_of(ctx);
	const struct regex *r = regex_compile(env, pattern, f);
	struct regex_match m;
	size_t copied = 0, search = start;
	int64_t count = 0;
	struct buf b;

	if (!r) {
		result_raised(ctx);
		return;
	}
	buf_init(&b, BUF_MAX);
	while (search <= s.len) {
		int found = regex_find(env, r, s, search, &m);
		if (found < 0) {
			buf_release(&b);
			result_raised(ctx);
			return;
		}
		if (!found)
			break;
		if (++count >= n) {
			buf_add(&b, s.ptr + copied, m.at[0].from - copied);
			add_replacement(&b, with, s, &m);
			copied = m.at[0].to;
			if (n)
				break;
		}
		search = m.at[0].to;
		if (m.at[0].from == m.at[0].to) {
			size_t k = search < s.len ? utf8_char(slice_skip(s, search)) : 1;
			search += k ? k : 1;
		}
	}
	if (copied < s.len)
		buf_add(&b, s.ptr + copied, s.len - copied);
	result_buf(ctx, &b);
}

/* regexp_replace(text, pattern, replacement[, flags]) */
STRICT(textregexreplace)
{
	struct regex_flags f = { 0 };

	if (argc > 3) {
		struct slice flags = arg_text(argv[3]);
		if (flags.len && flags.ptr[0] >= '0' && flags.ptr[0] <= '9') {
			struct sql_error *e = sql_raise(ctx, "22023", "invalid regular expression option: \"%.*s\"", 1, flags.ptr);
			sql_hint(sql_env_of(ctx), e, "If you meant to use regexp_replace() with a start parameter, cast the fourth argument to integer explicitly.");
			return;
		}
		if (!regex_flags_parse(ctx, sql_env_of(ctx), flags, &f))
			return;
	}
	replace(ctx, arg_text(argv[0]), arg_text(argv[1]), arg_text(argv[2]), 0, f.global ? 0 : 1, &f);
}

static bool check_least(sqlite3_context *ctx, const char *name, int64_t v, int64_t least)
{
	if (v >= least)
		return true;
	sql_raise(ctx, "22023", "invalid value for parameter \"%s\": %d", name, (int)v);
	return false;
}

/* (text, pattern, replacement, start[, n[, flags]]) */
STRICT(textregexreplace_extended)
{
	struct regex_flags f = { 0 };
	struct slice s = arg_text(argv[0]);
	int64_t start = arg_int(argv[3]), n = argc > 4 ? arg_int(argv[4]) : 1;

	if (!check_least(ctx, "start", start, 1) || !check_least(ctx, "n", n, 0))
		return;
	if (argc > 5 && !regex_flags_parse(ctx, sql_env_of(ctx), arg_text(argv[5]), &f))
		return;
	if (argc <= 4 && f.global)
		n = 0;
	if (start > 1 && start - 1 > (int64_t)slice_chars(s)) {
		result_text(ctx, s);
		return;
	}
	replace(ctx, s, arg_text(argv[1]), arg_text(argv[2]), text_bytes(s, start - 1), n, &f);
}

static bool no_global(sqlite3_context *ctx, const char *function, const char *hint)
{
	struct sql_error *e = sql_raise(ctx, "22023", "%s does not support the \"global\" option", function);

	if (hint)
		sql_hint(sql_env_of(ctx), e, "Use the %s function instead.", hint);
	return false;
}

/* The groups of a match as text[], or the whole when there are none. */
static struct sql_datum match_array(struct sql_env *env, struct arena *a, struct slice s, const struct regex *r, const struct regex_match *m)
{
	size_t first = regex_groups(r) ? 1 : 0, n = first ? m->count - 1 : 1;
	struct sql_datum *items = ARENA_ARRAY(a, struct sql_datum, n);

	for (size_t i = 0; i < n; i++)
		items[i] = m->at[first + i].from == SIZE_MAX ? (struct sql_datum){ .kind = SQL_NULL } : datum_text(group(s, m, first + i));
	return array_make(env, a, T_TEXT, items, n);
}

STRICT(regexp_match)
{
	struct sql_env *env = sql_env_of(ctx);
	struct regex_flags f = { 0 };
	struct slice s = arg_text(argv[0]);
	struct regex_match m;

	if (argc > 2 && !regex_flags_parse(ctx, env, arg_text(argv[2]), &f))
		return;
	if (f.global && !no_global(ctx, "regexp_match()", "regexp_matches"))
		return;
	const struct regex *r = regex_compile(env, arg_text(argv[1]), &f);
	int found = r ? regex_find(env, r, s, 0, &m) : -1;
	if (found < 0)
		result_raised(ctx);
	else if (found)
		sql_datum_result(ctx, match_array(env, scratch(env), s, r, &m));
}

/* Calls `each` for every match (one unless global) as setup_regexp_matches finds them; those of no
 * length at the ends or after another do not count when `ignore_empty`. */
typedef void each_fn(void *arg, const struct regex *r, const struct regex_match *m);

static bool each_match(struct sql_env *env, struct slice s, struct slice pattern, const struct regex_flags *f, size_t start, bool ignore_empty, each_fn *each, void *arg)
{
	const struct regex *r = regex_compile(env, pattern, f);
	struct regex_match m;
	size_t search = start, end_before = 0;

	if (!r)
		return false;
	while (search <= s.len) {
		int found = regex_find(env, r, s, search, &m);
		if (found < 0)
			return false;
		if (!found)
			break;
		bool empty = m.at[0].from == m.at[0].to;
		if (!ignore_empty || (m.at[0].from < s.len && m.at[0].to > end_before)) {
			each(arg, r, &m);
			end_before = m.at[0].to;
			if (!f->global)
				break;
		}
		search = m.at[0].to;
		if (empty) {
			size_t k = search < s.len ? utf8_char(slice_skip(s, search)) : 1;
			search += k ? k : 1;
		}
	}
	return true;
}

struct gather {
	struct sql_env *env;
	struct arena *arena;
	struct row_set *rows;
	struct slice s;
	struct sql_datum *items;
	size_t count, cap, from;
	struct regex_match found;
};

static void gather_item(struct gather *g, struct slice piece)
{
	struct sql_datum d = datum_text(piece);

	if (g->rows) {
		rows_add(g->rows, &d);
		return;
	}
	if (g->count == g->cap) {
		size_t cap = g->cap ? g->cap * 2 : 16;
		struct sql_datum *larger = ARENA_ARRAY(g->arena, struct sql_datum, cap);
		if (g->count)
			memcpy(larger, g->items, g->count * sizeof(*larger));
		g->items = larger;
		g->cap = cap;
	}
	g->items[g->count++] = d;
}

static void gather_split(void *arg, const struct regex *r, const struct regex_match *m)
{
	struct gather *g = arg;

	(void)r;
	gather_item(g, slice_of(g->s.ptr + g->from, m->at[0].from - g->from));
	g->from = m->at[0].to;
}

static void gather_match(void *arg, const struct regex *r, const struct regex_match *m)
{
	struct gather *g = arg;
	struct sql_datum d = match_array(g->env, g->arena, g->s, r, m);

	rows_add(g->rows, &d);
}

static void gather_count(void *arg, const struct regex *r, const struct regex_match *m)
{
	struct gather *g = arg;

	(void)r;
	g->count++;
	if (g->count == g->cap)
		g->found = *m; /* the one that is asked for */
}

STRICT(regexp_split_to_array)
{
	struct sql_env *env = sql_env_of(ctx);
	struct regex_flags f = { 0 };

	if (argc > 2 && !regex_flags_parse(ctx, env, arg_text(argv[2]), &f))
		return;
	if (f.global && !no_global(ctx, "regexp_split_to_array()", NULL))
		return;
	f.global = true;
	struct gather g = { .env = env, .arena = scratch(env), .s = arg_text(argv[0]) };
	if (!each_match(env, g.s, arg_text(argv[1]), &f, 0, true, gather_split, &g)) {
		result_raised(ctx);
		return;
	}
	gather_item(&g, slice_skip(g.s, g.from));
	sql_datum_result(ctx, array_make(env, g.arena, T_TEXT, g.items, g.count));
}

static bool split_to_table(struct sql_env *env, struct row_set *rows, int argc, sqlite3_value **argv)
{
	struct regex_flags f = { 0 };

	if (argc < 2 || any_null(argc, argv))
		return true;
	if (argc > 2 && !regex_flags_parse(NULL, env, arg_text(argv[2]), &f))
		return false;
	if (f.global) {
		sql_raise_env(env, "22023", "regexp_split_to_table() does not support the \"global\" option");
		return false;
	}
	f.global = true;
	struct gather g = { .env = env, .arena = rows_arena(rows), .rows = rows, .s = arg_text(argv[0]) };
	if (!each_match(env, g.s, arg_text(argv[1]), &f, 0, true, gather_split, &g))
		return false;
	gather_item(&g, slice_skip(g.s, g.from));
	return true;
}

static bool matches(struct sql_env *env, struct row_set *rows, int argc, sqlite3_value **argv)
{
	struct regex_flags f = { 0 };

	if (argc < 2 || any_null(argc, argv))
		return true;
	if (argc > 2 && !regex_flags_parse(NULL, env, arg_text(argv[2]), &f))
		return false;
	struct gather g = { .env = env, .arena = rows_arena(rows), .rows = rows, .s = arg_text(argv[0]) };
	return each_match(env, g.s, arg_text(argv[1]), &f, 0, false, gather_match, &g);
}

/* (text, pattern[, start[, flags]]) */
STRICT(regexp_count)
{
	struct sql_env *env = sql_env_of(ctx);
	struct regex_flags f = { 0 };
	int64_t start = argc > 2 ? arg_int(argv[2]) : 1;

	if (!check_least(ctx, "start", start, 1))
		return;
	if (argc > 3 && !regex_flags_parse(ctx, env, arg_text(argv[3]), &f))
		return;
	if (f.global && !no_global(ctx, "regexp_count()", NULL))
		return;
	f.global = true;
	struct gather g = { .s = arg_text(argv[0]) };
	if (start - 1 > (int64_t)slice_chars(g.s)) {
		sqlite3_result_int(ctx, 0);
		return;
	}
	if (each_match(env, g.s, arg_text(argv[1]), &f, text_bytes(g.s, start - 1), false, gather_count, &g))
		sqlite3_result_int64(ctx, (int64_t)g.count);
	else
		result_raised(ctx);
}

STRICT(regexp_like)
{
	struct sql_env *env = sql_env_of(ctx);
	struct regex_flags f = { 0 };
	struct regex_match m;

	if (argc > 2 && !regex_flags_parse(ctx, env, arg_text(argv[2]), &f))
		return;
	if (f.global && !no_global(ctx, "regexp_like()", NULL))
		return;
	const struct regex *r = regex_compile(env, arg_text(argv[1]), &f);
	int found = r ? regex_find(env, r, arg_text(argv[0]), 0, &m) : -1;
	if (found < 0)
		result_raised(ctx);
	else
		result_bool(ctx, found);
}

/* The nth match from a character on; 1 found, 0 not, -1 raised. */
static int nth(sqlite3_context *ctx, struct gather *g, struct slice pattern, struct regex_flags *f, int64_t start, int64_t n)
{
	struct sql_env *env = sql_env_of(ctx);

	if (start - 1 > (int64_t)slice_chars(g->s))
		return 0;
	f->global = true;
	g->cap = (size_t)n;
	if (!each_match(env, g->s, pattern, f, text_bytes(g->s, start - 1), false, gather_count, g)) {
		result_raised(ctx);
		return -1;
	}
	return g->count >= g->cap;
}

/* Without groups the whole match is the first. */
static int64_t group_of(const struct gather *g, int64_t sub)
{
	return sub == 1 && g->found.count == 1 ? 0 : sub;
}

/* (text, pattern[, start[, n[, endoption[, flags[, subexpr]]]]]) */
STRICT(regexp_instr)
{
	struct regex_flags f = { 0 };
	int64_t start = argc > 2 ? arg_int(argv[2]) : 1, n = argc > 3 ? arg_int(argv[3]) : 1, end = argc > 4 ? arg_int(argv[4]) : 0,
		sub = argc > 6 ? arg_int(argv[6]) : 0;

	if (!check_least(ctx, "start", start, 1) || !check_least(ctx, "n", n, 1))
		return;
	if (end != 0 && end != 1) {
		sql_raise(ctx, "22023", "invalid value for parameter \"%s\": %d", "endoption", (int)end);
		return;
	}
	if (argc > 5 && !regex_flags_parse(ctx, sql_env_of(ctx), arg_text(argv[5]), &f))
		return;
	if (!check_least(ctx, "subexpr", sub, 0))
		return;
	if (f.global && !no_global(ctx, "regexp_instr()", NULL))
		return;
	struct gather g = { .s = arg_text(argv[0]) };
	int found = nth(ctx, &g, arg_text(argv[1]), &f, start, n);
	if (found < 0)
		return;
	sub = group_of(&g, sub);
	if (!found || (size_t)sub >= g.found.count || g.found.at[sub].from == SIZE_MAX) {
		sqlite3_result_int(ctx, 0);
		return;
	}
	sqlite3_result_int64(ctx, (int64_t)slice_chars(slice_take(g.s, end ? g.found.at[sub].to : g.found.at[sub].from)) + 1);
}

/* (text, pattern[, start[, n[, flags[, subexpr]]]]) */
STRICT(regexp_substr)
{
	struct regex_flags f = { 0 };
	int64_t start = argc > 2 ? arg_int(argv[2]) : 1, n = argc > 3 ? arg_int(argv[3]) : 1, sub = argc > 5 ? arg_int(argv[5]) : 0;

	if (!check_least(ctx, "start", start, 1) || !check_least(ctx, "n", n, 1))
		return;
	if (argc > 4 && !regex_flags_parse(ctx, sql_env_of(ctx), arg_text(argv[4]), &f))
		return;
	if (!check_least(ctx, "subexpr", sub, 0))
		return;
	if (f.global && !no_global(ctx, "regexp_substr()", NULL))
		return;
	struct gather g = { .s = arg_text(argv[0]) };
	if (nth(ctx, &g, arg_text(argv[1]), &f, start, n) != 1)
		return;
	sub = group_of(&g, sub);
	if ((size_t)sub < g.found.count && g.found.at[sub].from != SIZE_MAX)
		result_text(ctx, group(g.s, &g.found, (size_t)sub));
}

#define LIKES(prefix) \
	CALL(prefix "like", textlike, 2), CALL(prefix "nlike", textnlike, 2), CALL(prefix "iclike", texticlike, 2), CALL(prefix "icnlike", texticnlike, 2), \
	CALL(prefix "regexeq", textregexeq, 2), CALL(prefix "regexne", textregexne, 2), CALL(prefix "icregexeq", texticregexeq, 2), CALL(prefix "icregexne", texticregexne, 2)

const struct func_row func_regex_rows[] = {
	LIKES("text"), LIKES("name"), LIKES("bpchar"), CALL("bytealike", bytealike, 2), CALL("byteanlike", byteanlike, 2),
	CALL("like_escape", like_escape, 2), CALL("similar_to_escape_1", similar_to_escape, 1), CALL("similar_to_escape_2", similar_to_escape, 2),
	CALL("similar_escape", similar_to_escape, 2),
	CALL("textregexsubstr", textregexsubstr, 2), CALL("textregexreplace_noopt", textregexreplace, 3), CALL("textregexreplace", textregexreplace, 4),
	CALL("textregexreplace_extended", textregexreplace_extended, 6), CALL("textregexreplace_extended_no_flags", textregexreplace_extended, 5),
	CALL("textregexreplace_extended_no_n", textregexreplace_extended, 4),
	CALL("regexp_match", regexp_match, 3), CALL("regexp_match_no_flags", regexp_match, 2),
	CALL("regexp_split_to_array", regexp_split_to_array, 3), CALL("regexp_split_to_array_no_flags", regexp_split_to_array, 2),
	ROWS("regexp_split_to_table", split_to_table, 3, 1), ROWS("regexp_split_to_table_no_flags", split_to_table, 2, 1),
	ROWS("regexp_matches", matches, 3, 1), ROWS("regexp_matches_no_flags", matches, 2, 1),
	CALL("regexp_count", regexp_count, 4), CALL("regexp_count_no_flags", regexp_count, 3), CALL("regexp_count_no_start", regexp_count, 2),
	CALL("regexp_like", regexp_like, 3), CALL("regexp_like_no_flags", regexp_like, 2),
	CALL("regexp_instr", regexp_instr, 7), CALL("regexp_instr_no_subexpr", regexp_instr, 6), CALL("regexp_instr_no_flags", regexp_instr, 5),
	CALL("regexp_instr_no_endoption", regexp_instr, 4), CALL("regexp_instr_no_n", regexp_instr, 3), CALL("regexp_instr_no_start", regexp_instr, 2),
	CALL("regexp_substr", regexp_substr, 6), CALL("regexp_substr_no_subexpr", regexp_substr, 5), CALL("regexp_substr_no_flags", regexp_substr, 4),
	CALL("regexp_substr_no_n", regexp_substr, 3), CALL("regexp_substr_no_start", regexp_substr, 2),
	END_OF_ROWS
};

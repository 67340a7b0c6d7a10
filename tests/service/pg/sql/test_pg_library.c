/*
 * The library against facts that a real PostgreSQL 15 gave (facts.py, facts/):
 * input, output, wire form and order of types, and functions called through
 * SQLite as the lowering calls them.
 *
 * PG_LIBRARY_SHOW=N prints the first N differences of each kind of fact.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/map.h"
#include "service/pg/sql/library.h"
#include "suites.h"

#define FACTS "tests/service/pg/sql/facts/"

/* ---- an env of built-in types ---- */

static struct sql_type *types;
static size_t ntypes;
static uint32_t *pairs; /* range to multirange and back */
static struct arena facts_arena;

static struct slice field(struct slice *line)
{
	return slice_split(line, '\t');
}

static char *word(struct slice *line)
{
	struct slice f = field(line);
	return arena_str(&facts_arena, arena_slice(&facts_arena, f).ptr);
}

static long number(struct slice *line)
{
	return strtol(word(line), NULL, 10);
}

static char *read_file(const char *path)
{
	FILE *f = fopen(path, "r");
	struct buf b;
	char piece[4096];
	size_t n;

	if (!f)
		return NULL;
	buf_init(&b, 64 * 1024 * 1024);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_add(&b, piece, n);
	fclose(f);
	return buf_detach(&b);
}

static void read_types(void)
{
	char *text = read_file(FACTS "types.txt");
	struct slice rest = slice_str(text);

	ck_assert_msg(text != NULL, "no %stypes.txt: run the unit tests in the top folder", FACTS);
	types = ARENA_ARRAY(&facts_arena, struct sql_type, 1024);
	pairs = ARENA_ARRAY(&facts_arena, uint32_t, 1024);
	while (rest.len) {
		struct slice line = slice_split(&rest, '\n');
		struct sql_type *t = &types[ntypes];
		if (!line.len)
			continue;
		t->oid = (uint32_t)number(&line);
		t->name = word(&line);
		t->schema = "pg_catalog";
		t->kind = word(&line)[0];
		t->category = word(&line)[0];
		t->len = (int16_t)number(&line);
		t->element = (uint32_t)number(&line);
		t->array = (uint32_t)number(&line);
		t->preferred = word(&line)[0] == 'T';
		t->base = (uint32_t)number(&line);
		pairs[ntypes] = (uint32_t)number(&line);
		if (!number(&line))
			t->element = 0;
		if (t->kind == 'm')
			t->base = pairs[ntypes];
		t->basemod = -1;
		ntypes++;
	}
	free(text);
}

static const struct sql_type *find_type(struct sql_env *env, uint32_t oid)
{
	(void)env;
	for (size_t i = 0; i < ntypes; i++)
		if (types[i].oid == oid)
			return &types[i];
	return NULL;
}

static uint32_t range_of(struct sql_env *env, uint32_t element, bool multi)
{
	(void)env;
	for (size_t i = 0; i < ntypes; i++)
		if (types[i].base == element && types[i].kind == (multi ? 'm' : 'r'))
			return types[i].oid;
	return 0;
}

static struct slice setting(struct sql_env *env, const char *name)
{
	(void)env;
	if (strcmp(name, "timezone") == 0)
		return SLICE_LIT("America/New_York");
	if (strcmp(name, "datestyle") == 0)
		return SLICE_LIT("ISO, MDY");
	if (strcmp(name, "intervalstyle") == 0)
		return SLICE_LIT("postgres");
	if (strcmp(name, "bytea_output") == 0)
		return SLICE_LIT("hex");
	if (strcmp(name, "lc_ctype") == 0)
		return SLICE_LIT("C.UTF-8");
	return SLICE_LIT("1");
}

static struct arena run_arena;
static struct sql_env env;

static void start(void)
{
	sqlite3 *db;

	arena_init(&facts_arena);
	arena_init(&run_arena);
	ntypes = 0;
	read_types();
	env = (struct sql_env){ .arena = &run_arena, .setting = setting, .type = find_type, .range_of = range_of };
	ck_assert_int_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
	ck_assert_int_eq(sql_library_register(db, &env), SQLITE_OK);
}

static void stop(void)
{
	ck_assert_int_eq(sqlite3_close(env.db), SQLITE_OK);
	arena_release(&facts_arena);
	arena_release(&run_arena);
}

/* ---- facts ---- */

static struct slice unescape(struct slice s, bool *null)
{
	char *p = arena_alloc(&run_arena, s.len + 1);
	size_t n = 0;

	*null = slice_eq_str(s, "\\N");
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		if (c == '\\' && i + 1 < s.len) {
			c = s.ptr[++i];
			c = c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : c;
		}
		p[n++] = c;
	}
	p[n] = 0;
	return slice_of(p, n);
}

static void escape(struct buf *b, struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		if (c == '\\' || c == '\t' || c == '\n' || c == '\r') {
			buf_add_char(b, '\\');
			c = c == '\t' ? 't' : c == '\n' ? 'n' : c == '\r' ? 'r' : c;
		}
		buf_add_char(b, c);
	}
}

static void write_error(struct buf *b)
{
	const struct sql_error *e = env.error;

	buf_addf(b, "!%.*s ", SLICE_ARG(e->sqlstate));
	escape(b, e->message);
	if (e->detail.len) {
		buf_add_char(b, '|');
		escape(b, e->detail);
	}
	env.error = NULL;
}

static void write_value(struct buf *b, uint32_t type, struct sql_datum v)
{
	struct buf text;

	if (v.kind == SQL_NULL) {
		buf_add_char(b, 'N');
		return;
	}
	buf_init(&text, 1 << 26);
	if (sql_type_out(&env, type, v, &text)) {
		buf_add_char(b, '=');
		escape(b, buf_slice(&text));
	} else {
		write_error(b);
	}
	buf_release(&text);
}

/* The SQL of a call with parameters ?1, ?2. */
static void write_call(struct buf *sql, const struct sql_impl *impl, uint32_t result, const uint32_t *arg_types, int nargs)
{
	buf_add_str(sql, "SELECT ");
	if (impl->form == SQL_FORM_INLINE) {
		for (const char *p = impl->text; *p; p++) {
			if (*p == '$' && p[1] >= '1' && p[1] <= '9')
				buf_addf(sql, "?%c", *++p);
			else
				buf_add_char(sql, *p);
		}
		return;
	}
	buf_addf(sql, "p_%s(", impl->key);
	if (impl->form == SQL_FORM_TYPED)
		buf_addf(sql, "%u", result);
	for (int i = 0; i < nargs; i++) {
		if (impl->form == SQL_FORM_TYPED)
			buf_addf(sql, ", %u, ?%d", arg_types[i], i + 1);
		else
			buf_addf(sql, "%s?%d", i ? ", " : "", i + 1);
	}
	buf_add_char(sql, ')');
}

/* False: the library has no such function. */
/* Facts have results cast to text, which writes the mask of every inet. */
static void write_cast(struct buf *got, uint32_t type, struct sql_datum v)
{
	size_t at = got->len;

	write_value(got, type, v);
	struct slice text = slice_of(got->ptr + at, got->len - at);
	if (type == 869 && v.kind != SQL_NULL && slice_find(text, '/') == text.len)
		buf_add_str(got, slice_find(text, ':') < text.len ? "/128" : "/32");
}

static bool run_call(struct slice line, struct buf *got, struct slice *expected, struct slice *key)
{
	uint32_t arg_types[16];
	struct sql_datum args[16];
	int nargs = 0;

	*key = field(&line);
	uint32_t result = (uint32_t)number(&line);
	const struct sql_impl *impl = sql_impl_find(arena_printf(&run_arena, "%.*s", SLICE_ARG(*key)).ptr);
	bool ok = true;
	for (;;) {
		struct slice f = field(&line), text;
		bool null;
		if (!line.ptr) {
			*expected = f;
			break;
		}
		arg_types[nargs] = (uint32_t)strtoul(arena_printf(&run_arena, "%.*s", SLICE_ARG(f)).ptr, NULL, 10);
		text = unescape(field(&line), &null);
		args[nargs] = (struct sql_datum){ .kind = SQL_NULL };
		if (!null && ok)
			ok = sql_type_in(&env, arg_types[nargs], -1, text, &args[nargs]);
		nargs++;
	}
	if (!impl || impl->form == SQL_FORM_ROWS || impl->form == SQL_FORM_AGGREGATE)
		return false;
	if (!ok) {
		write_error(got);
		return true;
	}
	struct buf sql;
	sqlite3_stmt *st = NULL;
	buf_init(&sql, 4096);
	write_call(&sql, impl, result, arg_types, nargs);
	if (sqlite3_prepare_v2(env.db, sql.ptr, -1, &st, NULL) != SQLITE_OK) {
		buf_addf(got, "?%s in %s", sqlite3_errmsg(env.db), sql.ptr);
	} else {
		for (int i = 0; i < nargs; i++)
			sql_datum_bind(st, i + 1, args[i]);
		int rc = sqlite3_step(st);
		if (env.error)
			write_error(got);
		else if (rc != SQLITE_ROW)
			buf_addf(got, "?%s", sqlite3_errmsg(env.db));
		else
			write_cast(got, result, sql_datum_column(st, 0));
	}
	sqlite3_finalize(st);
	env.error = NULL;
	buf_release(&sql);
	return true;
}

static bool run_in(struct slice line, struct buf *got, struct slice *expected, struct slice *key)
{
	struct sql_datum v;
	bool null;

	*key = line;
	uint32_t type = (uint32_t)number(&line);
	int32_t typmod = (int32_t)number(&line);
	struct slice text = unescape(field(&line), &null);
	*expected = line;
	*key = slice_take(*key, slice_find(*key, '\t'));
	if (sql_type_in(&env, type, typmod, text, &v))
		write_value(got, type, v);
	else
		write_error(got);
	return true;
}

static bool run_send(struct slice line, struct buf *got, struct slice *expected, struct slice *key)
{
	struct sql_datum v, again;
	struct buf binary;
	bool null;

	*key = slice_take(line, slice_find(line, '\t'));
	uint32_t type = (uint32_t)number(&line);
	struct slice text = unescape(field(&line), &null);
	*expected = line;
	buf_init(&binary, 1 << 26);
	if (sql_type_in(&env, type, -1, text, &v) && sql_type_send(&env, type, v, &binary)) {
		buf_add_char(got, '=');
		buf_add_hex(got, binary.ptr, binary.len);
		/* and back */
		if (!sql_type_recv(&env, type, -1, buf_slice(&binary), &again)) {
			buf_add_str(got, " recv: ");
			write_error(got);
		} else if (sql_type_compare(&env, type, v, again) != 0) {
			buf_add_str(got, " recv: another value");
		}
	} else {
		write_error(got);
	}
	buf_release(&binary);
	return true;
}

static bool run_cmp(struct slice line, struct buf *got, struct slice *expected, struct slice *key)
{
	struct sql_datum a, b;
	bool null;

	*key = slice_take(line, slice_find(line, '\t'));
	uint32_t type = (uint32_t)number(&line);
	struct slice x = unescape(field(&line), &null), y = unescape(field(&line), &null);
	*expected = line;
	if (sql_type_in(&env, type, -1, x, &a) && sql_type_in(&env, type, -1, y, &b)) {
		int r = sql_type_compare(&env, type, a, b);
		buf_addf(got, "=%d", (r > 0) - (r < 0));
	} else {
		write_error(got);
	}
	return true;
}

/* Runs a file; missing functions are counted apart. Returns how many facts differ. */
static int run_file(const char *topic, int *missing, int *count)
{
	const char *show = getenv("PG_LIBRARY_SHOW");
	long shown = show ? strtol(show, NULL, 10) : 5;
	char path[256];
	int differ = 0;
	struct map lacking;

	snprintf(path, sizeof(path), FACTS "%s.txt", topic);
	char *text = read_file(path);
	ck_assert_msg(text != NULL, "no %s", path);
	struct slice rest = slice_str(text);
	struct buf got;
	buf_init(&got, 1 << 26);
	map_init(&lacking);
	while (rest.len) {
		struct slice line = slice_split(&rest, '\n'), whole = line, expected = SLICE_NONE, key = SLICE_NONE;
		if (!line.len)
			continue;
		struct slice kind = field(&line);
		bool known;
		buf_reset(&got);
		arena_reset(&run_arena);
		if (slice_eq_str(kind, "call"))
			known = run_call(line, &got, &expected, &key);
		else if (slice_eq_str(kind, "in"))
			known = run_in(line, &got, &expected, &key);
		else if (slice_eq_str(kind, "send"))
			known = run_send(line, &got, &expected, &key);
		else
			known = run_cmp(line, &got, &expected, &key);
		(*count)++;
		if (!known) {
			(*missing)++;
			if (!map_get(&lacking, key) && show && strcmp(show, "missing") == 0)
				printf("missing %.*s\n", SLICE_ARG(key));
			map_set(&lacking, key, &lacking);
			continue;
		}
		if (slice_eq(buf_slice(&got), expected))
			continue;
		if (differ++ < shown)
			printf("%s: %.*s\n   got %s\n", topic, SLICE_ARG(whole), got.ptr);
	}
	fflush(stdout);
	map_release(&lacking);
	buf_release(&got);
	free(text);
	return differ;
}

static void check_topic(const char *topic)
{
	int missing = 0, count = 0, differ = run_file(topic, &missing, &count);

	if (getenv("PG_LIBRARY_SHOW"))
		printf("library: %s: %d facts, %d differ, %d of functions it lacks\n", topic, count, differ, missing);
	ck_assert_msg(count > 20, "%s: too few facts", topic);
	ck_assert_msg(differ == 0, "%s: %d of %d facts differ", topic, differ, count);
}

#define TOPICS TOPIC(number) TOPIC(numeric) TOPIC(datetime) TOPIC(text) TOPIC(json) TOPIC(jsonpath) TOPIC(array) TOPIC(range) TOPIC(net) TOPIC(in) TOPIC(cmp)

#define TOPIC(name) START_TEST(name##_is_as_postgresql_has_it) { check_topic(#name); } END_TEST
TOPICS
#undef TOPIC

SUITE_BEGIN(pg_library)
	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, start, stop);
#define TOPIC(name) SUITE_TEST(name##_is_as_postgresql_has_it);
	TOPICS
#undef TOPIC
SUITE_END

/*
 * fuzz_jsonpath: whatever is called a jsonpath is read or refused with a reason; what
 * was read prints as a path that prints the same again, and runs over a value without
 * ending the process: silently it raises nothing that silence covers. The path ends at
 * the first line break, the value follows.
 */
#include <stdint.h>
#include <stdlib.h>

#include "service/pg/sql/jsonpath/jsonpath.h"
#include "service/pg/sql/library.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void print_again(struct sql_env *env, struct arena *a, const struct jsonpath *p)
{
	struct jsonpath again;
	struct buf first, second;

	buf_init(&first, 1 << 24);
	buf_init(&second, 1 << 24);
	jsonpath_print(p, &first);
	if (buf_failed(&first) || !jsonpath_parse(env, a, buf_slice(&first), &again))
		abort();
	jsonpath_print(&again, &second);
	if (!slice_eq(buf_slice(&first), buf_slice(&second)))
		abort();
	buf_release(&first);
	buf_release(&second);
}

static void run(struct sql_env *env, struct arena *a, const struct jsonpath *p, struct json *value)
{
	struct jsonpath_list found = { 0 };

	if (jsonpath_run(env, a, p, value, NULL, true, &found) == JSONPATH_FOUND && !found.count)
		abort();
	/* a variable that is not there, a form that is not supported, a depth: these are said */
	if (env->error && !slice_eq_str(env->error->sqlstate, "42704") && !slice_eq_str(env->error->sqlstate, "0A000") &&
	    !slice_eq_str(env->error->sqlstate, "54001") && !slice_eq_str(env->error->sqlstate, "2201B"))
		abort();
	env->error = NULL;
	found = (struct jsonpath_list){ 0 };
	jsonpath_run(env, a, p, value, NULL, false, &found);
	env->error = NULL;
	jsonpath_run(env, a, p, value, NULL, false, NULL);
	env->error = NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static sqlite3 *db;
	static struct arena arena;
	static struct sql_env env = { .arena = &arena };
	struct jsonpath p;

	if (size > 2048 || (size && memchr(data, 0, size))) /* no text of PostgreSQL holds a zero byte */
		return 0;
	if (!db && (sqlite3_open(":memory:", &db) != SQLITE_OK || sql_library_register(db, &env) != SQLITE_OK))
		abort();
	char *exact = malloc(size ? size : 1); /* so that a read past the slice is seen */
	if (size)
		memcpy(exact, data, size);
	struct slice s = slice_of(exact, size), text = slice_take(s, slice_find(s, '\n')), value = slice_skip(s, text.len + 1);
	arena_reset(&arena);
	env.error = NULL;
	if (jsonpath_parse(&env, &arena, text, &p)) {
		print_again(&env, &arena, &p);
		struct json *v = json_parse(&env, &arena, value, true);
		env.error = NULL;
		run(&env, &arena, &p, v ? v : json_new(&arena, JSON_NULL_));
	} else if (!env.error) {
		abort();
	}
	free(exact);
	return 0;
}

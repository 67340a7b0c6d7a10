/*
 * engine_state: what the SQL engine's tables cost, without a wire: the engine's
 * start up to the first answer, going back to the seed, and memory.
 *
 * usage: engine_state CHANGED ROWS     CHANGED: rows of the table that is reset;
 *                                      ROWS: of the table that is weighed
 *
 * Prints a line each: a name, a tab, a number and its unit.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "service/pg/sql/copy.h"
#include "service/pg/sql/engine.h"
#include "service/pg/sql/marks.h"
#include "service/pg/sql/transaction.h"

static struct sql_engine *engine;
static struct sql_session *session;

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static struct slice setting(void *of, const char *name)
{
	(void)of;
	return strcmp(name, "search_path") == 0 ? SLICE_LIT("public") : strcmp(name, "timezone") == 0 ? SLICE_LIT("UTC") : SLICE_NONE;
}

static void run(const char *sql, struct slice data)
{
	struct sql_result result = { 0 };
	struct arena a;

	arena_init(&a);
	struct sql_prepared *p = sql_prepare(session, slice_str(sql), NULL, 0, &a, &result.error);
	struct sql_running r = { .session = session, .prepared = p, .arena = &a, .out = &result, .copy_in = data };

	if (!p || !sql_run(&r) || result.error) {
		fprintf(stderr, "%s: %.*s\n", sql, result.error ? (int)result.error->message.len : 0, result.error ? result.error->message.ptr : "");
		exit(1);
	}
	sql_prepared_drop(p);
	sql_session_settle(session, false, &a);
	sql_engine_turn(engine);
	arena_release(&a);
}

static void begin(void)
{
	static const struct sql_engine_config config = { .seed = 1, .version = "15.8" };
	static const struct sql_session_hooks hooks = { .setting = setting };
	const char *why;

	engine = sql_engine_new(&config, &why);
	session = sql_session_new(engine, "app", "shop", 1, &hooks);
}

static void end(void)
{
	sql_session_free(session);
	sql_engine_free(engine);
}

static long resident_kb(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];
	long kb = 0;

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, "VmRSS:", 6))
			kb = strtol(line + 6, NULL, 10);
	if (f)
		fclose(f);
	return kb;
}

/* Best of five: restore alone, then the first statement after it. */
static void reset_after(const char *name, const char *change, uint64_t mark)
{
	double best = 1e300, first = 1e300;

	for (int i = 0; i < 5; i++) {
		if (change)
			run(change, SLICE_NONE);
		double from = now_us();
		if (sql_engine_restore(engine, mark) < 0)
			exit(1);
		double to = now_us();
		run("select count(*) from item where id = 7", SLICE_NONE);
		double after = now_us();
		best = to - from < best ? to - from : best;
		first = after - to < first ? after - to : first;
	}
	printf("%s\t%.3f ms, next statement %.3f ms\n", name, best / 1e3, first / 1e3);
}

int main(int argc, char **argv)
{
	long changed = argc > 1 ? strtol(argv[1], NULL, 10) : 100000, rows = argc > 2 ? strtol(argv[2], NULL, 10) : 1000000;
	char sql[256];
	double from = now_us();

	begin();
	double made = now_us();
	run("select 1", SLICE_NONE);
	double one = now_us();
	run("create table first (id int primary key, name text)", SLICE_NONE);
	run("insert into first values (1, 'a')", SLICE_NONE);
	run("select * from first", SLICE_NONE);
	printf("engine\t%.2f ms, select 1 %.2f ms, a table with a row %.2f ms\n", (made - from) / 1e3, (one - made) / 1e3, (now_us() - one) / 1e3);

	run("create table item (id int primary key, label text, price numeric(10,2))", SLICE_NONE);
	snprintf(sql, sizeof(sql), "insert into item select i, 'label ' || i, i %% 1000 + 0.25 from generate_series(1, %ld) i", changed);
	run(sql, SLICE_NONE);
	uint64_t mark = sql_engine_mark(engine);
	reset_after("reset, nothing changed", NULL, mark);
	reset_after("reset, one row changed", "update item set label = 'x' where id = 5", mark);
	reset_after("reset, all rows updated", "update item set label = label || 'x'", mark);
	reset_after("reset, all rows deleted", "delete from item", mark);
	reset_after("reset, truncated", "truncate item", mark);
	end();

	struct buf data;
	buf_init(&data, (size_t)1 << 31);
	for (long i = 0; i < rows; i++)
		buf_addf(&data, "%ld\tregion-%ld\t%ld.25\t2024-01-%02ld\tsome text of row %ld\n", i, i % 100, i % 1000, i % 28 + 1, i);
	begin();
	run("create table bulk (id int, region text, amount numeric(10,2), day date, note text)", SLICE_NONE);
	malloc_trim(0);
	long before = resident_kb();
	run("copy bulk from stdin", buf_slice(&data));
	malloc_trim(0);
	printf("memory\t%ld rows of 5 columns take %ld MB\n", rows, (resident_kb() - before) / 1024);
	before = resident_kb();
	run("create index on bulk (id)", SLICE_NONE);
	printf("memory\tan index over them %ld MB\n", (resident_kb() - before) / 1024);
	end();
	buf_release(&data);
	return 0;
}

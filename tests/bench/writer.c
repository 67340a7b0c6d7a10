/*
 * writer: how many events a second the host's writer puts into a file.
 *
 *	writer FILE EVENTS
 *
 * The events are those of a fake that answers an INSERT: two attributes, two
 * parameters, a tag. Flushed every 64, as at the end of a busy loop turn.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "trace/write.h"

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	static const char *const none[] = { NULL };
	struct trace_header h = { .path = argc > 1 ? argv[1] : "writer.trace", .run = "bench", .argv = none, .mode = "fake" };
	uint64_t n = argc > 2 ? strtoull(argv[2], NULL, 10) : 1000000;
	struct attr list[] = {
		{ .name = SLICE_LIT("db.system.name"), .type = ATTR_TEXT, .text = SLICE_LIT("postgresql") },
		{ .name = SLICE_LIT("db.query.text"), .type = ATTR_TEXT, .text = SLICE_LIT("insert into orders (id, total) values ($1, $2)") },
		{ .name = SLICE_LIT("db.query.parameter.0"), .type = ATTR_TEXT },
		{ .name = SLICE_LIT("db.query.parameter.1"), .type = ATTR_TEXT, .text = SLICE_LIT("19.90") },
	};
	struct attrs attrs = { .list = list, .count = 4 };
	struct payload reply = { .present = true, .rows = -1, .tag = SLICE_LIT("INSERT 0 1") };
	struct event e = { .k = "sql", .st = { SLICE_LIT("loader"), SLICE_LIT("orders-db"), SLICE_LIT("db:5432"), 0 }, .sum = SLICE_LIT("INSERT orders"),
			   .by = BY_FAKE, .attrs = &attrs, .reply = &reply, .pid = 7, .tid = 7, .duration_ns = 900 };
	struct trace *t;
	struct err err = { 0 };
	char id[40];

	if (trace_open(&t, &h, &err) < 0)
		return 2;
	double start = now();
	for (uint64_t i = 0; i < n; i++) {
		list[2].text = slice_of(id, (size_t)snprintf(id, sizeof(id), "%08llx-0000-4000-a000-000000000000", (unsigned long long)i));
		e.st.n = (int64_t)(i % 64);
		e.time_ns = i * 1000;
		trace_write(t, &e);
		if (i % 64 == 63)
			trace_flush(t);
	}
	struct trace_trailer end = { .processes = 1 };
	int rc = trace_close(t, &end);
	double seconds = now() - start;
	printf("%llu events in %.3f s, %.0f a second\n", (unsigned long long)n, seconds, (double)n / seconds);
	return rc < 0;
}

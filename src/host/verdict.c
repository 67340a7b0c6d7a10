/* verdict: a run judged by the expectations of its own rule files, as it ends:
 * the trace is read back as far as it was written, so that what is judged is
 * what is kept. */
#include "host/verdict.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check/judge.h"

#define LINE_MAX_BYTES ((size_t)1 << 30)

/* Feeds every whole line. */
static void feed_file(struct judge *j, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct buf line;
	ssize_t n;

	buf_init(&line, LINE_MAX_BYTES);
	while (fd >= 0) {
		char *room = buf_reserve(&line, 256 * 1024);
		if (!room || (n = read(fd, room, 256 * 1024)) <= 0)
			break;
		buf_commit(&line, (size_t)n);
		size_t from = 0;
		for (char *end; (end = memchr(line.ptr + from, '\n', line.len - from)); from = (size_t)(end - line.ptr) + 1)
			judge_feed(j, slice_of(line.ptr + from, (size_t)(end - line.ptr) - from));
		buf_drop(&line, from);
	}
	buf_release(&line);
	if (fd >= 0)
		close(fd);
}

/* What the trailer will say that judges look at. */
static json_t *trailer_json(const struct trace_trailer *trailer)
{
	struct buf text;

	buf_init(&text, LINE_MAX_BYTES);
	buf_addf(&text, "{\"leaks\":%.*s", SLICE_ARG(trailer->leaks.len ? trailer->leaks : SLICE_LIT("{\"connections\":0,\"results\":0}")));
	if (trailer->hygiene.len)
		buf_addf(&text, ",\"hygiene\":%.*s", SLICE_ARG(trailer->hygiene));
	buf_add_char(&text, '}');
	json_t *v = json_loadb(text.ptr, text.len, 0, NULL);
	buf_release(&text);
	return v;
}

size_t verdict_reach(struct host *h, const struct trace_trailer *trailer, struct buf *out)
{
	struct judge *j = judge_new(h->rules, h->trace_path);
	size_t count, failed = 0;

	trace_flush(h->trace);
	feed_file(j, h->trace_path);
	json_t *end = trailer_json(trailer);
	const struct verdict *list = judge_end(j, end, &count);
	for (size_t i = 0; i < count; i++)
		failed += !list[i].holds;
	if (failed)
		buf_addf(out, "seam: %zu of %zu expectations failed\n", failed, count);
	judge_print(list, count, false, out);
	json_decref(end);
	judge_free(j);
	return failed;
}

/* follow: feeds a judge from the trace's file. What is not written yet is not
 * there yet: replies leave after their events were written. */
#include "host/follow.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check/asked.h"
#include "check/judge.h"
#include "host/state.h"

#define PIECE ((size_t)256 * 1024)
#define LINE_MAX_BYTES ((size_t)1 << 30)

struct follow {
	struct host *host;
	struct rules *rules;              /* of the expectation */
	struct judge *judge;              /* NULL: one event */
	const struct selector *selector;
	bool came;
	uint64_t at, event;
	struct buf rest;
	struct arena arena;
	int fd;
};

static struct follow *follow_new(struct host *h, uint64_t since)
{
	struct follow *f = calloc(1, sizeof(*f));

	if (!f)
		abort();
	f->host = h;
	f->at = since;
	f->fd = open(h->trace_path, O_RDONLY | O_CLOEXEC);
	buf_init(&f->rest, LINE_MAX_BYTES);
	arena_init(&f->arena);
	return f;
}

/* Services are the session's own business: names are taken as they are given. */
static struct rules *load(const char *what, struct err *err)
{
	struct rule_options options = { .expectations = true };
	struct rule_errors errors = { 0 };
	struct rules *r = NULL;
	struct buf text;
	const char *const files[] = { what };
	int code;

	options.protocols = host_protocols(&options.nprotocols);
	if (what[0] == '/' || strncmp(what, "./", 2) == 0) {
		code = rules_load(&r, files, 1, &options, &errors);
	} else {
		buf_init(&text, 1024 * 1024);
		if (what[0] == '[') {
			buf_add_str(&text, what);
		} else if (what[0] == '{') {
			buf_addf(&text, "[%s]", what);
		} else {
			buf_add_str(&text, "[{\"order\":[");
			buf_add_json(&text, slice_str(what));
			buf_add_str(&text, "]}]");
		}
		code = rules_parse(&r, "expectation", text.ptr, text.len, &options, &errors);
		buf_release(&text);
	}
	if (code < 0 && errors.count)
		*err = errors.list[0];
	rule_errors_release(&errors);
	return r;
}

struct follow *follow_expect(struct host *h, const char *what, uint64_t since, struct err *err)
{
	struct rules *r = load(what, err);

	if (!r)
		return NULL;
	struct follow *f = follow_new(h, since);
	f->rules = r;
	f->judge = judge_new(r, h->trace_path);
	return f;
}

struct follow *follow_event(struct host *h, const char *what, uint64_t since, struct err *err)
{
	const struct selector *s;

	if (rules_selector(h->rules, what, &s, err) < 0)
		return NULL;
	struct follow *f = follow_new(h, since);
	f->selector = s;
	return f;
}

void follow_free(struct follow *f)
{
	if (!f)
		return;
	judge_free(f->judge);
	rules_free(f->rules);
	buf_release(&f->rest);
	arena_release(&f->arena);
	if (f->fd >= 0)
		close(f->fd);
	free(f);
}

static json_t *look(void *of, const char *service, json_t *question)
{
	const struct follow *f = of;
	json_t *empty = json_object(), *answer = state_look(f->host, service, question ? question : empty);

	json_decref(empty);
	return answer;
}

static void take_line(struct follow *f, struct slice line)
{
	struct asked e;

	if (f->judge) {
		judge_feed(f->judge, line);
		return;
	}
	if (f->came || !asked_read(&e, line, f->event++, f->host->trace_path, &f->arena))
		return;
	f->came = selector_holds(f->host->rules, f->selector, &e.req, &e.outcome);
	asked_release(&e);
	arena_reset(&f->arena);
}

bool follow_holds(struct follow *f)
{
	ssize_t n = 0;

	for (;;) {
		char *room = f->fd >= 0 ? buf_reserve(&f->rest, PIECE) : NULL;
		if (!room || (n = pread(f->fd, room, PIECE, (off_t)f->at)) <= 0)
			break;
		buf_commit(&f->rest, (size_t)n);
		f->at += (uint64_t)n;
		size_t from = 0;
		for (char *end; (end = memchr(f->rest.ptr + from, '\n', f->rest.len - from)); from = (size_t)(end - f->rest.ptr) + 1)
			take_line(f, slice_of(f->rest.ptr + from, (size_t)(end - f->rest.ptr) - from));
		buf_drop(&f->rest, from);
	}
	if (!f->judge)
		return f->came;
	judge_look(f->judge, look, f);
	return judge_holds_yet(f->judge);
}

void follow_say(struct follow *f, struct buf *out)
{
	size_t count;

	if (f->judge) {
		const struct verdict *list = judge_end(f->judge, NULL, &count);
		judge_print(list, count, false, out);
	}
}

uint64_t follow_here(struct host *h)
{
	struct stat st;

	trace_flush(h->trace);
	return stat(h->trace_path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

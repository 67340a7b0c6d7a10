/* keep: the socket on which a session takes its orders. Leaves obeying to
 * keep_order.c. */
#include "host/keep.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "host/follow.h"

#define ORDER_MAX ((size_t)64 * 1024 * 1024)
#define ANSWER_MAX ((size_t)4 << 30)
#define TURN_MS 2 /* how often something that is waited for is looked at */

/* ---- answering --------------------------------------------------------------- */

static void forget(struct caller *c)
{
	for (struct caller **at = &c->keep->callers; *at; at = &(*at)->next)
		if (*at == c) {
			*at = c->next;
			break;
		}
	if (c->keep->stopper == c)
		c->keep->stopper = NULL;
	json_decref(c->order);
	follow_free(c->follow);
	buf_release(&c->in);
	buf_release(&c->out);
	free(c);
}

static void on_closed(uv_handle_t *handle)
{
	struct caller *c = handle->data;

	if (--c->handles == 0)
		forget(c);
}

static void hang_up(struct caller *c)
{
	if (c->closing)
		return;
	c->closing = true;
	uv_close((uv_handle_t *)&c->timer, on_closed);
	uv_close((uv_handle_t *)&c->pipe, on_closed);
}

static void on_written(uv_write_t *write, int status)
{
	(void)status;
	hang_up(write->data);
}

void keep_answer(struct caller *c, json_t *reply)
{
	char *dump = json_dumps(reply, JSON_COMPACT);

	json_decref(reply);
	if (c->answered || c->closing) {
		free(dump);
		return;
	}
	c->answered = true;
	uv_timer_stop(&c->timer);
	buf_add_str(&c->out, dump ? dump : "{\"error\":\"the answer is too large\"}");
	buf_add_char(&c->out, '\n');
	free(dump);
	uv_buf_t bytes = uv_buf_init(c->out.ptr, (unsigned)c->out.len);
	c->write.data = c;
	if (uv_write(&c->write, (uv_stream_t *)&c->pipe, &bytes, 1, on_written) < 0)
		hang_up(c);
}

void keep_fail(struct caller *c, const char *fmt, ...)
{
	char text[1200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	keep_answer(c, json_pack("{s:s}", "error", text));
}

/* ---- waiting ------------------------------------------------------------------ */

static void on_timer(uv_timer_t *timer)
{
	struct caller *c = timer->data;
	bool over = uv_now(timer->loop) >= c->deadline_ms;

	if (c->turn(c, over) || over)
		uv_timer_stop(timer);
}

void keep_wait(struct caller *c, uint64_t timeout_ms, bool (*turn)(struct caller *c, bool over))
{
	uv_update_time(&c->keep->host->loop);
	c->began_ms = uv_now(&c->keep->host->loop);
	c->deadline_ms = c->began_ms + timeout_ms;
	c->turn = turn;
	if (!turn(c, false))
		uv_timer_start(&c->timer, on_timer, TURN_MS, TURN_MS);
}

/* ---- callers ------------------------------------------------------------------ */

static void on_room(uv_handle_t *handle, size_t size, uv_buf_t *bytes)
{
	struct caller *c = handle->data;
	char *room = buf_reserve(&c->in, 64 * 1024);

	(void)size;
	*bytes = uv_buf_init(room, room ? 64 * 1024 : 0);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *bytes)
{
	struct caller *c = stream->data;
	json_error_t at;

	(void)bytes;
	if (n < 0) {
		hang_up(c); /* who asked does not wait any more: what was begun goes on */
		return;
	}
	buf_commit(&c->in, (size_t)n);
	size_t end = slice_find(buf_slice(&c->in), '\n');
	if (end == c->in.len || c->order)
		return;
	c->order = json_loadb(c->in.ptr, end, JSON_REJECT_DUPLICATES, &at);
	if (!json_is_object(c->order))
		keep_fail(c, "not an order: %s", c->order ? "expected an object" : at.text);
	else
		keep_obey(c);
}

static void on_caller(uv_stream_t *listener, int status)
{
	struct keep *k = listener->data;
	struct caller *c = status == 0 ? calloc(1, sizeof(*c)) : NULL;

	if (!c)
		return;
	c->keep = k;
	buf_init(&c->in, ORDER_MAX);
	buf_init(&c->out, ANSWER_MAX);
	uv_pipe_init(listener->loop, &c->pipe, 0);
	uv_timer_init(listener->loop, &c->timer);
	c->handles = 2;
	c->pipe.data = c->timer.data = c;
	c->next = k->callers;
	k->callers = c;
	if (uv_accept(listener, (uv_stream_t *)&c->pipe) < 0 || uv_read_start((uv_stream_t *)&c->pipe, on_room, on_read) < 0)
		hang_up(c);
}

/* ---- tests --------------------------------------------------------------------- */

/* pytest names the test in hand to what is started by it. */
static char *test_of(pid_t pid)
{
	static const char name[] = "PYTEST_CURRENT_TEST=";
	char path[64], text[64 * 1024], *found = NULL;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return strdup("");
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	for (char *at = text; n > 0 && at < text + n && !found; at += strlen(at) + 1)
		if (strncmp(at, name, sizeof(name) - 1) == 0)
			found = at + sizeof(name) - 1;
	return strdup(found ? found : "");
}

struct slice keep_test(struct host *h, pid_t pid)
{
	struct process *p = pid > 0 ? process_find(&h->processes, pid) : NULL;

	if (p && !p->test)
		p->test = test_of(pid);
	if (p && p->test && *p->test)
		return slice_str(p->test);
	return slice_str(h->keep->label);
}

/* ---- life ---------------------------------------------------------------------- */

static int write_environment(struct host *h, struct err *err)
{
	char path[200];
	struct arena arena;
	struct buf out;
	const char **env;

	arena_init(&arena);
	buf_init(&out, 64 * 1024);
	size_t n = launch_environment(h, &arena, &env);
	for (size_t i = 0; i < n; i++)
		buf_add(&out, env[i], strlen(env[i]) + 1);
	rundir_path(&h->dir, KEEP_ENV, path, sizeof(path));
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	bool good = fd >= 0 && write(fd, out.ptr, out.len) == (ssize_t)out.len;
	if (fd >= 0)
		close(fd);
	buf_release(&out);
	arena_release(&arena);
	return good ? 0 : err_set(err, ERR_IO, "%s cannot be written", path);
}

int keep_open(struct host *h, struct err *err)
{
	struct keep *k = calloc(1, sizeof(*k));
	char path[200];

	if (!k)
		abort();
	h->keep = k;
	k->host = h;
	if (h->options->from && keep_load(h, h->options->from, err) < 0)
		return ERR_CONTENT;
	keep_mark_seed(k);
	if (write_environment(h, err) < 0)
		return ERR_IO;
	rundir_path(&h->dir, KEEP_SOCK, path, sizeof(path));
	uv_pipe_init(&h->loop, &k->listener, 0);
	k->listener.data = k;
	if (uv_pipe_bind(&k->listener, path) < 0 || chmod(path, 0600) < 0 || uv_listen((uv_stream_t *)&k->listener, 128, on_caller) < 0)
		return err_set(err, ERR_IO, "%s cannot be listened on", path);
	return 0;
}

void keep_ended(struct host *h, int code, const struct trace_trailer *trailer)
{
	struct keep *k = h->keep;

	char path[200];

	if (!k)
		return;
	rundir_path(&h->dir, KEEP_ENV, path, sizeof(path)); /* nobody joins from here on */
	unlink(path);
	rundir_path(&h->dir, KEEP_SOCK, path, sizeof(path));
	unlink(path);
	if (!k->stopper)
		return;
	json_t *leaks = json_loadb(trailer->leaks.ptr ? trailer->leaks.ptr : "{}", trailer->leaks.ptr ? trailer->leaks.len : 2, 0, NULL);
	keep_answer(k->stopper, json_pack("{s:b, s:i, s:I, s:I, s:o}", "ok", 1, "exit", code, "requests", (json_int_t)h->requests, "unmatched",
					  (json_int_t)h->unmatched, "leaks", leaks ? leaks : json_object()));
	for (int i = 0; i < 100 && k->stopper; i++)
		uv_run(&h->loop, UV_RUN_NOWAIT);
}

void keep_close(struct host *h)
{
	struct keep *k = h->keep;

	if (!k)
		return;
	if (k->listener.data)
		uv_close((uv_handle_t *)&k->listener, NULL);
	for (struct caller *c = k->callers, *next; c; c = next) {
		next = c->next;
		hang_up(c);
	}
	uv_run(&h->loop, UV_RUN_NOWAIT);
	keep_marks_free(k);
	free(k->label);
	free(k);
	h->keep = NULL;
}

/* host: a run from beginning to end. Everything is prepared before the program
 * starts, so that from its first instruction on it finds the fakes; everything
 * is written down before the program's status is passed on. */
#include "host/host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/hint.h"
#include "base/log.h"
#include "host/guard.h"
#include "host/handles.h"
#include "host/keep.h"
#include "host/inside.h"
#include "host/relay.h"
#include "host/owner.h"
#include "host/final.h"
#include "host/state.h"
#include "host/tally.h"
#include "host/verdict.h"
#include "host/until.h"
#include "host/watch.h"
#include "host/why.h"
#include "port/body.h"

#define DRAIN_MS 200 /* how long what the program left behind is still taken in after it ended */

static uint64_t monotonic_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* The program's clock is libfaketime's; the fakes' has to be the same. */
static struct {
	uint64_t at, since;
	bool goes_on;
} run_clock;

static void set_clock(const struct host_options *o)
{
	run_clock.at = o->clock_ns;
	run_clock.since = monotonic_ns();
	run_clock.goes_on = o->clock_goes_on;
}

uint64_t host_wall_ns(void)
{
	struct timespec t;

	if (run_clock.at)
		return run_clock.at + (run_clock.goes_on ? monotonic_ns() - run_clock.since : 0);
	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t host_now(const struct host *h)
{
	return monotonic_ns() - h->start_ns;
}

/* ---- a turn of the loop ------------------------------------------------------ */

/* Each event is written before the reply that it describes. */
static void flush_turn(struct host *h)
{
	do {
		if (h->trace) /* closed already: what still leaves is no reply to a request */
			trace_flush(h->trace);
		session_flush_dirty(h);
	} while (h->dirty);
}

static void on_before_poll(uv_prepare_t *handle)
{
	flush_turn(handle->data);
}

static void on_after_poll(uv_check_t *handle)
{
	flush_turn(handle->data);
}

static void open_turn(struct host *h)
{
	uv_prepare_init(&h->loop, &h->before_poll);
	uv_check_init(&h->loop, &h->after_poll);
	h->before_poll.data = h->after_poll.data = h;
	uv_prepare_start(&h->before_poll, on_before_poll);
	uv_check_start(&h->after_poll, on_after_poll);
}

/* ---- preparing ---------------------------------------------------------------- */

static int load_rules(struct host *h)
{
	struct rule_errors errors = { 0 };
	struct rule_options options = { .profile = h->options->profile, .seed = h->options->seed, .now_ns = host_wall_ns };

	options.protocols = host_protocols(&options.nprotocols);
	int code = rules_load(&h->rules, h->options->rules, h->options->nrules, &options, &errors);
	if (code < 0) {
		struct buf out;
		buf_init(&out, 1024 * 1024);
		for (size_t i = 0; i < errors.count; i++) {
			buf_add_str(&out, "seam: ");
			err_print(&errors.list[i], &out);
			buf_add_char(&out, '\n');
		}
		hint_add(&out, out.ptr);
		host_complain(h, out.ptr);
		buf_release(&out);
	}
	rule_errors_release(&errors);
	return code;
}

void host_trace_header(const struct host *h, struct trace_header *header)
{
	*header = (struct trace_header){ .run = h->dir.id,
					 .argv = h->options->argv,
					 .mode = h->options->mode == HOST_PASS ? "pass" : "fake",
					 .mode_why = h->options->mode_why,
					 .seed = h->options->seed,
					 .redact = rules_member(h->rules, "redact"),
					 .correlate = rules_member(h->rules, "correlate") };
	/* as they were given: what they include follows from them */
	header->rules = h->options->rules;
	header->nrules = h->options->nrules;
	header->start = (struct timespec){ .tv_sec = (time_t)(h->start_wall_ns / 1000000000u), .tv_nsec = (long)(h->start_wall_ns % 1000000000u) };
}

static int open_trace(struct host *h, struct err *err)
{
	char path[200];
	struct trace_header header;

	host_trace_header(h, &header);
	rundir_path(&h->dir, "run.trace", path, sizeof(path));
	h->trace_path = strdup(h->options->trace ? h->options->trace : path);
	header.path = h->trace_path;
	return trace_open(&h->trace, &header, err);
}

/* The page says that nothing is to be done; there is nobody who would speak to
 * a control socket. */
static int prepare_pass(struct host *h, const char *page, struct err *err)
{
	if (publish_open(&h->page, page, err) < 0 || open_trace(h, err) < 0)
		return -1;
	h->page.page->mode = PAGE_PASS;
	open_turn(h);
	return signals_open(h, err);
}

static int prepare(struct host *h, struct err *err)
{
	char path[200];

	if (rundir_make(&h->dir, err) < 0)
		return -1;
	rundir_path(&h->dir, "blobs", path, sizeof(path));
	body_store(path);
	rundir_path(&h->dir, WIRE_PAGE, path, sizeof(path));
	if (h->options->mode == HOST_PASS)
		return prepare_pass(h, path, err);
	if (isolate_open(h, err) < 0)
		return -1;
	if (publish_open(&h->page, path, err) < 0 || services_start(h, err) < 0 || open_trace(h, err) < 0 || control_open(h, err) < 0)
		return -1;
	char musl[500];
	h->page.page->twins = host_find_musl_shim(musl, sizeof(musl));
	if (guard_open(h, err) < 0)
		return -1;
	open_turn(h);
	if (h->options->session && keep_open(h, err) < 0)
		return -1;
	return signals_open(h, err);
}

/* ---- bare preload: the program waits for a word on ready_fd --------------------- */

static void say_ready(struct host *h)
{
	struct arena arena;
	struct buf out;
	const char **env;

	if (h->options->ready_fd < 0)
		return;
	arena_init(&arena);
	buf_init(&out, 64 * 1024);
	size_t n = launch_environment(h, &arena, &env);
	buf_add_char(&out, '0');
	for (size_t i = 0; i < n; i++)
		buf_add(&out, env[i], strlen(env[i]) + 1);
	if (write(h->options->ready_fd, out.ptr, out.len) != (ssize_t)out.len)
		log_line(LOG_ERROR, "host", "the program did not wait for its host");
	close(h->options->ready_fd);
	buf_release(&out);
	arena_release(&arena);
}

void host_complain(struct host *h, const char *text)
{
	if (h->options->ready_fd >= 0) {
		char mark = 'E';
		if (write(h->options->ready_fd, &mark, 1) == 1 && write(h->options->ready_fd, text, strlen(text)) < 0)
			log_line(LOG_ERROR, "host", "the program did not wait for its host");
		log_line(LOG_ERROR, "host", "%s", text);
	} else {
		fputs(text, stderr);
	}
}

static void complain_err(struct host *h, const struct err *err)
{
	struct buf out;

	buf_init(&out, 4096);
	buf_add_str(&out, "seam: ");
	err_print(err, &out);
	buf_add_char(&out, '\n');
	hint_add(&out, out.ptr);
	host_complain(h, out.ptr);
	buf_release(&out);
}

/* ---- ending -------------------------------------------------------------------- */

/* What the program sent before it ended is still in the sockets. */
static void drain(struct host *h)
{
	uint64_t until = monotonic_ns() + DRAIN_MS * 1000000ull;

	for (int quiet = 0; quiet < 3 && monotonic_ns() < until;) {
		uint64_t before = trace_events(h->trace);
		bool came = control_drain(h);
		uv_run(&h->loop, UV_RUN_NOWAIT);
		flush_turn(h);
		quiet = came || trace_events(h->trace) != before ? 0 : quiet + 1;
	}
}

static void note_survivors(struct host *h)
{
	for (size_t i = 0; i < h->processes.count; i++) {
		struct process *p = h->processes.list[i];
		if (!p->ended && p->pid != h->root)
			events_note(h, p, "outlived the run: refused from here on");
	}
}

/* Somebody could not say what it was refused. */
static void note_marks(struct host *h)
{
	const struct page_marks *marks = &h->page.page->marks;
	char program[sizeof(marks->program)];

	if (!marks->unsaid)
		return;
	snprintf(program, sizeof(program), "%.*s", (int)sizeof(program) - 1, marks->program);
	unshimmed_add(&h->unshimmed, slice_str(program[0] ? program : "program"), why_unsaid(marks->error));
}

static int exit_code(const struct host *h, size_t unused)
{
	int code = h->options->bare ? 0 : WIFSIGNALED(h->status) ? 128 + WTERMSIG(h->status) : WEXITSTATUS(h->status);

	if (code)
		return code;
	if (h->foreign_shim)
		return HOST_EXIT_FAILED;
	if (trace_dropped(h->trace))
		return 3;
	if (h->unshimmed.count && !h->options->allow_unshimmed)
		return HOST_EXIT_UNSHIMMED;
	if (h->options->require_traffic && !h->requests)
		return HOST_EXIT_NO_TRAFFIC;
	if (h->failed || (h->options->check && h->unmatched))
		return HOST_EXIT_EXPECTATION;
	if (h->options->strict && (h->unmatched || unused))
		return HOST_EXIT_EXPECTATION;
	return 0;
}

static int end_run(struct host *h)
{
	struct process *root = process_find(&h->processes, h->root);
	size_t unused;
	const char **unused_rules = rules_unused(h->rules, &unused);
	struct buf hygiene;
	struct trace_trailer trailer = { .processes = h->processes.images, .unused_rules = unused_rules, .nunused = unused };

	if (h->keep && !h->keep->stopper)
		events_note(h, NULL, "the owner of the session ended: it cleans itself up");
	drain(h);
	if (h->options->mode != HOST_PASS)
		tally_note(h);
	isolate_dismiss(h);
	h->page.page->ended = 1;
	note_survivors(h);
	guard_close(h);
	listen_close_all(h);
	relay_close_all(h);
	h->ending = true;
	session_close_all(h);
	listen_report_missed(h);
	for (size_t i = 0; i < h->processes.count; i++)
		handles_read(h, h->processes.list[i]); /* of survivors too */
	if (root)
		events_process_end(h, root, !h->options->bare, h->status);
	if (h->options->mode != HOST_PASS)
		state_ask_expected(h);
	flush_turn(h);
	free(unused_rules);
	trailer.unused_rules = unused_rules = rules_unused(h->rules, &trailer.nunused);
	if (h->options->mode == HOST_PASS)
		trailer.nunused = 0; /* no rule was in force */
	else if (!h->root_hello)
		owner_accuse_root(h);
	note_marks(h);
	buf_init(&hygiene, 64 * 1024 * 1024);
	hygiene_trailer(h, &trailer, &hygiene);
	if (h->options->check || h->options->strict)
		h->failed = verdict_reach(h, &trailer, &h->verdict);
	int code = until_exit(h, exit_code(h, trailer.nunused), &h->verdict);
	trailer.unshimmed = (const char *const *)h->unshimmed.names;
	trailer.unshimmed_why = h->unshimmed.why;
	trailer.nunshimmed = h->unshimmed.count;
	trailer.unmatched = h->unmatched;
	trailer.processes = h->processes.images;
	trailer.exit = code;
	if (!h->options->quiet && !h->options->bare)
		report_summary(h, code);
	final_write(h);
	if (trace_close(h->trace, &trailer) < 0 && !code)
		code = 3;
	h->trace = NULL;
	keep_ended(h, code, &trailer);
	buf_release(&hygiene);
	free(unused_rules);
	control_release_waiting(h);
	return code;
}

/* The trace stays when it has no other place and the run failed. */
static void leave_directory(struct host *h, int code)
{
	static const char *const gone[] = { KEEP_SOCK, KEEP_ENV, "sock", "news", "page", "keys", "state", "ca.pem", "ca.jks", "lock" };
	char path[300];

	if (h->options->trace || !code || !h->trace_path) {
		rundir_remove(&h->dir);
		return;
	}
	for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++) {
		rundir_path(&h->dir, gone[i], path, sizeof(path));
		if (unlink(path) < 0)
			rmdir(path);
	}
}

static void release(struct host *h)
{
	if (h->trace)
		trace_abandon(h->trace);
	guard_close(h);
	listen_close_all(h);
	relay_close_all(h);
	listen_forget_all(h);
	until_close(h);
	keep_close(h);
	control_close(h);
	signals_close(h);
	watch_close_all(h);
	if (h->before_poll.data) {
		uv_close((uv_handle_t *)&h->before_poll, NULL);
		uv_close((uv_handle_t *)&h->after_poll, NULL);
	}
	uv_run(&h->loop, UV_RUN_DEFAULT); /* until every handle is closed */
	uv_loop_close(&h->loop);
	services_stop(h);
	isolate_close(h);
	unshimmed_release(&h->unshimmed);
	publish_close(&h->page);
	rules_free(h->rules);
	process_table_release(&h->processes);
	map_release(&h->ordinals);
	attempt_forget_all(h);
	map_release(&h->pointers);
	buf_release(&h->misses);
	buf_release(&h->verdict);
	hygiene_release(&h->hygiene);
	arena_release(&h->arena);
	arena_release(&h->names);
	free(h->trace_path);
}

/* A socket of the host must never land on 0, 1 or 2: somebody would print into
 * it. The program still finds them closed. */
static void fill_standard_fds(struct host *h)
{
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			h->closed[fd] = open("/dev/null", O_RDWR) == fd;
}

int host_run(const struct host_options *options)
{
	struct host h = { .options = options, .control_fd = -1, .news_fd = -1, .signal_fd = -1, .root_fd = -1, .page = { .block_fd = -1 } };
	struct err err = { 0 };
	int code = HOST_EXIT_FAILED;

	h.start_ns = monotonic_ns();
	set_clock(h.options);
	h.start_wall_ns = host_wall_ns();
	process_table_init(&h.processes);
	map_init(&h.ordinals);
	map_init(&h.refusals);
	map_init(&h.pointers);
	buf_init(&h.misses, 256 * 1024);
	buf_init(&h.verdict, 16 * 1024 * 1024);
	hygiene_init(&h.hygiene);
	arena_init(&h.arena);
	arena_init(&h.names);
	fill_standard_fds(&h);
	uv_loop_init(&h.loop);
	sigprocmask(SIG_SETMASK, NULL, &h.mask);
	if (load_rules(&h) < 0)
		goto out;
	if (prepare(&h, &err) < 0)
		goto complain;
	if (options->bare) {
		h.root = h.processes.root = options->bare;
		h.root_hello = true; /* the shim in it has started this very host */
	} else {
		code = launch(&h, &err);
		if (code)
			goto complain;
	}
	if (signals_watch_root(&h, &err) < 0) {
		code = HOST_EXIT_FAILED;
		goto complain;
	}
	say_ready(&h);
	if (options->mode == HOST_PASS)
		events_root(&h);
	for (char **i = h.inherited; i && *i; i++)
		events_note(&h, NULL, *i);
	if (until_open(&h, &err) < 0) {
		kill(h.root, SIGKILL);
		code = HOST_EXIT_FAILED;
		goto complain;
	}
	do {
		while (!h.root_ended)
			uv_run(&h.loop, UV_RUN_ONCE);
	} while (until_restarts(&h, &err));
	code = end_run(&h);
	goto out;
complain:
	complain_err(&h, &err);
out:
	leave_directory(&h, code);
	release(&h);
	return code;
}

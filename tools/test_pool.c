/* test_pool: starts cases, reads what they report, ends those that take too
 * long, and shows how far it is. */
#include "test_pool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"

#define REPORT_MAX (1024 * 1024)
#define GRACE_S 1.0 /* between the polite signal and the last one */
#define BAR 24

struct worker {
	pid_t pid;       /* 0: free */
	size_t at;
	double began, deadline;
	bool asked;      /* to end, because its time is over */
	int fd;
	struct buf why;
	char *work;
};

struct running {
	struct test_pool *pool;
	struct worker *workers;
	size_t next, done, failed;
	double began;
	size_t *again;   /* indexes to try once more */
	size_t nagain;
};

double test_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- the bar ------------------------------------------------------------------------ */

static void show(struct running *r)
{
	struct test_pool *p = r->pool;
	double spent = test_now() - r->began, rate = spent > 0 ? (double)r->done / spent : 0;
	size_t filled = p->results->count ? r->done * BAR / p->results->count : BAR;
	const char *current = "";

	if (!p->progress)
		return;
	for (size_t i = 0; i < p->jobs; i++)
		if (r->workers[i].pid)
			current = p->cases[r->workers[i].at].name;
	fprintf(stderr, "\r\033[K[%.*s%.*s] %zu/%zu", (int)filled, "########################", (int)(BAR - filled), "........................", r->done,
		p->results->count);
	if (r->failed)
		fprintf(stderr, "  %zu failed", r->failed);
	if (rate > 0)
		fprintf(stderr, "  %.0f/s  %.0f s left", rate, (double)(p->results->count - r->done) / rate);
	fprintf(stderr, "  %.40s", current);
	fflush(stderr);
}

static void clear(const struct running *r)
{
	if (r->pool->progress)
		fputs("\r\033[K", stderr);
}

/* ---- a worker ------------------------------------------------------------------------- */

static void start(struct running *r, struct worker *w, size_t at)
{
	struct test_pool *p = r->pool;
	const struct test_case *c = &p->cases[at];
	int pipes[2];

	*w = (struct worker){ .at = at, .began = test_now(), .fd = -1 };
	w->deadline = w->began + (double)c->timeout_ms / 1000;
	buf_init(&w->why, REPORT_MAX);
	if (asprintf(&w->work, "%s/%zu-%s", p->options->parent, at, strrchr(c->name, '/') ? strrchr(c->name, '/') + 1 : c->name) < 0 ||
	    pipe2(pipes, O_CLOEXEC) < 0)
		abort();
	p->results->list[at].tries++;
	fflush(NULL);
	w->pid = fork();
	if (w->pid == 0) {
		setpgid(0, 0); /* so that nothing of it outlives its time */
		signal(SIGINT, SIG_DFL);
		test_case_run(c, p->options, w->work, pipes[1]);
	}
	if (w->pid < 0)
		abort();
	close(pipes[1]);
	fcntl(pipes[0], F_SETFL, O_NONBLOCK);
	w->fd = pipes[0];
}

static void read_report(struct worker *w)
{
	char *room;
	ssize_t n;

	while (w->fd >= 0 && (room = buf_reserve(&w->why, 4096)) && (n = read(w->fd, room, 4096)) > 0)
		buf_commit(&w->why, (size_t)n);
}

static void drop_copy(struct worker *w)
{
	static const char *const rests[] = { ".trace", ".stdout", ".stderr", ".said" };
	char path[4200];

	test_remove(w->work);
	for (size_t i = 0; i < sizeof(rests) / sizeof(rests[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", w->work, rests[i]);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s.trace.blobs", w->work);
	test_remove(path);
}

static void finish(struct running *r, struct worker *w, int status)
{
	struct test_pool *p = r->pool;
	struct test_result *t = &p->results->list[w->at];
	bool passed = WIFEXITED(status) && WEXITSTATUS(status) == 0 && !w->asked;

	read_report(w);
	close(w->fd);
	kill(-w->pid, SIGKILL); /* what it left behind */
	t->seconds += test_now() - w->began;
	if (w->asked) {
		buf_reset(&w->why);
		buf_addf(&w->why, "took longer than its %.1f s and was ended\n", (double)p->cases[w->at].timeout_ms / 1000);
	} else if (!passed && !w->why.len) {
		buf_addf(&w->why, "its process ended with %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	}
	if (passed && t->tries > 1) {
		t->verdict = TEST_FLAKY;
	} else if (passed) {
		t->verdict = TEST_PASSED;
	} else {
		t->verdict = TEST_FAILED;
		free(t->why);
		t->why = buf_detach(&w->why);
	}
	buf_release(&w->why);
	bool again = !passed && t->tries <= p->retries;
	if (passed || again) {
		drop_copy(w);
		free(w->work);
	} else {
		free(t->kept);
		t->kept = w->work;
	}
	w->pid = 0;
	if (again) {
		r->again[r->nagain++] = w->at;
		return;
	}
	r->done++;
	if (!passed) {
		r->failed++;
		clear(r);
		if (!p->quiet)
			test_print_one(t, stdout, p->color);
		fflush(stdout);
	}
}

static void enforce_time(struct worker *w)
{
	double now = test_now();

	if (!w->pid || now < w->deadline)
		return;
	kill(w->asked ? -w->pid : w->pid, w->asked ? SIGKILL : SIGTERM);
	w->asked = true;
	w->deadline = now + GRACE_S;
}

/* ---- all of them -------------------------------------------------------------------------- */

static volatile sig_atomic_t interrupted;

static void on_interrupt(int sig)
{
	(void)sig;
	interrupted = 1;
}

static bool next_case(struct running *r, size_t *at)
{
	struct test_pool *p = r->pool;

	if (interrupted)
		return false;
	while (r->next < p->results->count && p->results->list[r->next].verdict == TEST_SKIPPED) {
		r->next++;
		r->done++;
	}
	if (r->next < p->results->count) {
		*at = r->next++;
		return true;
	}
	if (!r->nagain)
		return false;
	*at = r->again[--r->nagain];
	return true;
}

static bool any(const struct running *r)
{
	for (size_t i = 0; i < r->pool->jobs; i++)
		if (r->workers[i].pid)
			return true;
	return false;
}

static void wait_a_little(struct running *r)
{
	struct pollfd fds[256];
	size_t n = 0;

	for (size_t i = 0; i < r->pool->jobs && n < 256; i++)
		if (r->workers[i].pid)
			fds[n++] = (struct pollfd){ .fd = r->workers[i].fd, .events = POLLIN };
	poll(fds, n, 50); /* the report's end comes with the worker's: no need for SIGCHLD */
	for (size_t i = 0; i < r->pool->jobs; i++) {
		struct worker *w = &r->workers[i];
		int status;
		if (!w->pid)
			continue;
		read_report(w);
		enforce_time(w);
		if (waitpid(w->pid, &status, WNOHANG) == w->pid)
			finish(r, w, status);
	}
}

void test_pool_run(struct test_pool *p)
{
	struct running r = { .pool = p, .began = test_now() };
	struct sigaction act = { .sa_handler = on_interrupt }, before;
	size_t at;

	r.workers = calloc(p->jobs, sizeof(*r.workers));
	r.again = calloc(p->results->count + 1, sizeof(*r.again));
	if (!r.workers || !r.again)
		abort();
	sigaction(SIGINT, &act, &before);
	do {
		for (size_t i = 0; i < p->jobs; i++)
			if (!r.workers[i].pid && next_case(&r, &at))
				start(&r, &r.workers[i], at);
		show(&r);
		if (interrupted)
			for (size_t i = 0; i < p->jobs; i++)
				if (r.workers[i].pid)
					kill(-r.workers[i].pid, SIGKILL);
		if (any(&r))
			wait_a_little(&r);
	} while (any(&r) || (!interrupted && (r.next < p->results->count || r.nagain)));
	clear(&r);
	sigaction(SIGINT, &before, NULL);
	for (size_t i = r.next; interrupted && i < p->results->count; i++) {
		p->results->list[i].verdict = TEST_SKIPPED;
		p->results->list[i].why = strdup("interrupted");
	}
	p->results->seconds = test_now() - r.began;
	free(r.workers);
	free(r.again);
}

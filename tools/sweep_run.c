/* sweep_run: trials side by side, each under a host of its own; results are kept
 * as they come, so that a sweep that was ended goes on where it was. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "host/host.h"
#include "sweep.h"
#include "test_pool.h"

#define GRACE_S 1.0
#define BAR 24

struct worker {
	pid_t pid;
	struct sweep_trial *trial;
	double began, deadline;
	bool asked;
	char trace[PATH_MAX], log[PATH_MAX], copy[PATH_MAX];
};

/* ---- a trial ------------------------------------------------------------------- */

/* A rule that comes before all others, at that one request. */
static bool write_rule(const struct sweep_trial *t, const char *file)
{
	FILE *f = fopen(file, "we");

	if (!f)
		return false;
	fprintf(f, "{\"seam\": 1, \"rules\": [{\"id\": \"sweep\", \"priority\": 1000000000, \"optional\": true, \"on\": \"%s\", \"service\": \"%s\",\n"
		   " \"when\": {\"nth\": %llu}, \"do\": %s}]}\n",
		t->on, t->service, (unsigned long long)t->nth, t->rule);
	return fclose(f) == 0;
}

_Noreturn void sweep_child(const struct sweep *s, const struct sweep_trial *t, const char *trace, const char *log, const char *copy)
{
	const char *rules[66];
	char extra[PATH_MAX];
	struct host_inject inject;
	struct err err = { 0 };
	struct host_options o = { .rules = rules, .nrules = s->nrules, .trace = trace, .profile = s->profile, .seed = 42, .argv = s->argv, .ready_fd = -1,
				  .quiet = true, .isolate = HOST_ISOLATE_AUTO };

	memcpy(rules, s->rules, s->nrules * sizeof(*rules));
	if (t && t->rule) {
		snprintf(extra, sizeof(extra), "%s.rule.json", trace);
		if (!write_rule(t, extra))
			_exit(HOST_EXIT_FAILED);
		rules[o.nrules++] = extra;
	} else if (t) {
		inject = (struct host_inject){ .on = t->on, .service = t->service, .nth = t->nth, .fault = t->inject, .after_effect = t->after_effect };
		o.inject = &inject;
	}
	int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666), null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	dup2(null, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	if (s->copy && (test_copy(".", copy, &err) < 0 || chdir(copy) < 0))
		_exit(HOST_EXIT_FAILED);
	log_init();
	_exit(host_run(&o));
}

/* ---- the bar -------------------------------------------------------------------- */

static void show(const struct sweep *s, size_t done, size_t fresh, size_t bad, double began, const char *current)
{
	double spent = test_now() - began, rate = spent > 0 ? (double)fresh / spent : 0;
	size_t filled = s->count ? done * BAR / s->count : BAR;

	if (!s->progress)
		return;
	fprintf(stderr, "\r\033[K[%.*s%.*s] %zu/%zu  %zu found", (int)filled, "########################", (int)(BAR - filled), "........................",
		done, s->count, bad);
	if (rate > 0)
		fprintf(stderr, "  %.0f s left", (double)(s->count - done) / rate);
	fprintf(stderr, "  %.50s", current);
	fflush(stderr);
}

/* ---- results, kept ---------------------------------------------------------------- */

static void results_path(const struct sweep *s, char *out, size_t size)
{
	snprintf(out, size, "%s/results.jsonl", s->out);
}

static void keep(const struct sweep *s, const struct sweep_trial *t)
{
	char path[PATH_MAX];
	json_t *v = json_pack("{s:s, s:i, s:i, s:f}", "trial", t->key, "verdict", (int)t->verdict, "exit", t->exit, "seconds", t->seconds);

	if (t->why)
		json_object_set_new(v, "why", json_string(t->why));
	results_path(s, path, sizeof(path));
	FILE *f = fopen(path, "ae");
	char *line = json_dumps(v, JSON_COMPACT);
	if (f && line)
		fprintf(f, "%s\n", line);
	if (f)
		fclose(f);
	free(line);
	json_decref(v);
}

size_t sweep_resume(struct sweep *s)
{
	char path[PATH_MAX], *line = NULL;
	size_t size = 0, taken = 0;

	results_path(s, path, sizeof(path));
	FILE *f = fopen(path, "re");
	while (f && getline(&line, &size, f) > 0) {
		json_t *v = json_loads(line, 0, NULL);
		const char *key = json_string_value(json_object_get(v, "trial")), *why = json_string_value(json_object_get(v, "why"));
		for (size_t i = 0; key && i < s->count; i++) {
			struct sweep_trial *t = &s->trials[i];
			if (t->done || strcmp(t->key, key) != 0)
				continue;
			t->done = true;
			t->verdict = (enum sweep_verdict)json_integer_value(json_object_get(v, "verdict"));
			t->exit = (int)json_integer_value(json_object_get(v, "exit"));
			t->seconds = json_number_value(json_object_get(v, "seconds"));
			t->why = why ? arena_str(&s->arena, why) : NULL;
			taken++;
		}
		json_decref(v);
	}
	if (f)
		fclose(f);
	free(line);
	return taken;
}

/* ---- all of them ---------------------------------------------------------------------- */

static void start(struct sweep *s, struct worker *w, size_t i)
{
	*w = (struct worker){ .trial = &s->trials[i], .began = test_now() };
	w->deadline = w->began + s->timeout_s;
	snprintf(w->trace, sizeof(w->trace), "%s/%zu.trace", s->out, i);
	snprintf(w->log, sizeof(w->log), "%s/%zu.log", s->out, i);
	snprintf(w->copy, sizeof(w->copy), "%s/%zu.copy", s->out, i);
	fflush(NULL);
	w->pid = fork();
	if (w->pid == 0) {
		setpgid(0, 0);
		sweep_child(s, w->trial, w->trace, w->log, w->copy);
	}
}

static void clean(const struct sweep *s, struct worker *w, bool bad)
{
	char path[PATH_MAX + 16];

	snprintf(path, sizeof(path), "%s.rule.json", w->trace);
	unlink(path);
	if (s->copy)
		test_remove(w->copy);
	if (bad)
		return; /* what was found can be looked at */
	unlink(w->trace);
	unlink(w->log);
	snprintf(path, sizeof(path), "%s.blobs", w->trace);
	test_remove(path);
}

static void finish(struct sweep *s, struct worker *w, int status)
{
	struct sweep_trial *t = w->trial;
	struct sweep_effects e;
	struct err err = { 0 };

	kill(-w->pid, SIGKILL);
	t->seconds = test_now() - w->began;
	t->exit = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	t->done = t->fresh = true;
	if (t->exit == HOST_EXIT_FAILED || (sweep_effects(&e, w->trace, &err) < 0 && !w->asked)) {
		t->verdict = SWEEP_BROKEN;
		t->why = arena_str(&s->arena, err.text);
	} else {
		t->verdict = sweep_judge(&s->base, &e, t->exit, w->asked, &s->arena, &t->why);
		sweep_effects_release(&e);
	}
	keep(s, t);
	clean(s, w, sweep_is_bad(t->verdict));
	w->pid = 0;
}

static volatile sig_atomic_t interrupted;

static void on_interrupt(int sig)
{
	(void)sig;
	interrupted = 1;
}

/* What ended, and what takes too long. */
static void look_after(struct sweep *s, struct worker *workers)
{
	for (size_t i = 0; i < s->jobs; i++) {
		struct worker *w = &workers[i];
		double now = test_now();
		int status;
		if (!w->pid)
			continue;
		if (now > w->deadline || interrupted) {
			kill(w->asked || interrupted ? -w->pid : w->pid, w->asked || interrupted ? SIGKILL : SIGTERM);
			w->asked = true;
			w->deadline = now + GRACE_S;
		}
		if (waitpid(w->pid, &status, WNOHANG) != w->pid)
			continue;
		if (interrupted)
			w->pid = 0;
		else
			finish(s, w, status);
	}
}

void sweep_run(struct sweep *s)
{
	struct worker *workers = calloc(s->jobs, sizeof(*workers));
	struct sigaction act = { .sa_handler = on_interrupt }, before;
	double began = test_now();
	size_t next = 0, running;

	if (!workers)
		abort();
	sigaction(SIGINT, &act, &before);
	do {
		size_t done = 0, fresh = 0, bad = 0;
		const char *current = "";
		running = 0;
		for (size_t i = 0; i < s->jobs; i++) {
			while (next < s->count && s->trials[next].done)
				next++;
			if (!workers[i].pid && next < s->count && !interrupted)
				start(s, &workers[i], next++);
			if (workers[i].pid) {
				running++;
				current = workers[i].trial->key;
			}
		}
		for (size_t i = 0; i < s->count; i++) {
			done += s->trials[i].done;
			fresh += s->trials[i].fresh;
			bad += s->trials[i].done && sweep_is_bad(s->trials[i].verdict);
		}
		show(s, done, fresh, bad, began, current);
		if (running)
			poll(NULL, 0, 5);
		look_after(s, workers);
	} while (running || (next < s->count && !interrupted));
	if (s->progress)
		fputs("\r\033[K", stderr);
	sigaction(SIGINT, &before, NULL);
	free(workers);
}

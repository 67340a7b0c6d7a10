/*
 * test_run: one case, in a process of its own: copies the folder, runs the
 * command under a host, and holds what came of it against everything that the
 * case says. Every fault is a line or more of the report.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "check/judge.h"
#include "cmd.h"
#include "host/host.h"
#include "test_case.h"
#include "trace_rules.h"

#define SHOWN_BYTES (16 * 1024) /* of one fault */
#define ARGS_MAX 80

struct run {
	const struct test_case *c;
	const struct test_options *o;
	const char *work;       /* the copy */
	char trace[PATH_MAX], out[PATH_MAX], err[PATH_MAX], said[PATH_MAX];
	char rules[64][PATH_MAX];
	int report;
	bool failed;
	size_t judged;          /* things that were compared or expected */
};

__attribute__((format(printf, 2, 3))) static void fault(struct run *r, const char *fmt, ...)
{
	struct buf text;
	va_list ap;

	buf_init(&text, 4 * SHOWN_BYTES);
	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	if (!text.len || text.ptr[text.len - 1] != '\n')
		buf_add_char(&text, '\n');
	r->failed = true;
	for (size_t at = 0; at < text.len;) {
		ssize_t n = write(r->report, text.ptr + at, text.len - at);
		if (n <= 0)
			break;
		at += (size_t)n;
	}
	buf_release(&text);
}

static void join(char *out, size_t size, const char *folder, const char *name)
{
	if (name[0] == '/')
		snprintf(out, size, "%s", name);
	else
		snprintf(out, size, "%s/%s", folder, name);
}

static char *slurp(const char *path, size_t *len)
{
	struct buf text;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 0;
	char *room;

	buf_init(&text, (size_t)1 << 30);
	while (fd >= 0 && (room = buf_reserve(&text, 64 * 1024)) && (n = read(fd, room, 64 * 1024)) > 0)
		buf_commit(&text, (size_t)n);
	if (fd >= 0)
		close(fd);
	*len = text.len;
	if (fd < 0 || !text.len) {
		buf_release(&text);
		return fd < 0 ? NULL : strdup("");
	}
	return buf_detach(&text);
}

/* The text of a file into the report, its first part. */
static void fault_file(struct run *r, const char *what, const char *path)
{
	size_t len = 0;
	char *text = slurp(path, &len);

	if (len > SHOWN_BYTES)
		fault(r, "%s%.*s\n... (%zu bytes more)", what, SHOWN_BYTES, text, len - SHOWN_BYTES);
	else
		fault(r, "%s%s", what, text ? text : "");
	free(text);
}

/* Runs a function of this program with its output in a file. */
static int quietly(const char *path, int (*run)(struct run *r), struct run *r)
{
	int out = dup(1), errors = dup(2), fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	fflush(NULL);
	dup2(fd, 1);
	dup2(fd, 2);
	int code = run(r);
	fflush(NULL);
	dup2(out, 1);
	dup2(errors, 2);
	close(out);
	close(errors);
	close(fd);
	return code;
}

/* ---- preparing ---------------------------------------------------------------- */

static void point(const char *path, int flags, int fd)
{
	int got = open(path, flags | O_CLOEXEC, 0666);

	if (got >= 0 && got != fd) {
		dup2(got, fd);
		close(got);
	}
}

static void set_environment(const struct test_case *c)
{
	static const char *const ours[] = { "SEAM_RULES", "SEAM_TRACE", "SEAM_SESSION", "SEAM_RUN", "SEAM_PROFILE", "SEAM_MODE" };

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		unsetenv(ours[i]);
	for (const char **e = c->env; *e; e++)
		if (strchr(*e, '='))
			putenv((char *)*e);
		else
			unsetenv(*e);
}

static bool build(struct run *r)
{
	for (const char ***b = r->c->build; *b; b++) {
		int status = 0;
		pid_t pid = fork();
		if (pid == 0) {
			execvp((*b)[0], (char *const *)*b);
			_exit(127);
		}
		waitpid(pid, &status, 0);
		if (status) {
			fault(r, "build: %s ended with %d", (*b)[0], WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
			return false;
		}
	}
	return true;
}

/* ---- judging -------------------------------------------------------------------- */

static bool line_matches(struct slice wanted, struct slice got)
{
	struct buf glob;

	if (slice_find_slice(wanted, SLICE_LIT("...")) == wanted.len)
		return slice_eq(wanted, got);
	/* "..." stands for anything on the line; what a glob would read as its own has to match itself */
	buf_init(&glob, 1024 * 1024);
	for (size_t i = 0; i < wanted.len; i++) {
		if (slice_has_prefix(slice_skip(wanted, i), SLICE_LIT("..."))) {
			buf_add_char(&glob, '*');
			i += 2;
		} else {
			buf_add_char(&glob, wanted.ptr[i] == '*' ? '?' : wanted.ptr[i]);
		}
	}
	bool matches = slice_glob(buf_slice(&glob), got, false);
	buf_release(&glob);
	return matches;
}

static void compare_text(struct run *r, const char *what, const char *file, const char *got_path)
{
	char path[PATH_MAX];
	size_t wanted_len = 0, got_len = 0, line = 0;

	if (!file)
		return;
	r->judged++;
	snprintf(path, sizeof(path), "%s/%s", r->c->folder, file);
	char *got = slurp(got_path, &got_len), *wanted = r->o->update ? NULL : slurp(path, &wanted_len);
	if (r->o->update) {
		int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
		if (fd < 0 || write(fd, got ? got : "", got_len) != (ssize_t)got_len)
			fault(r, "%s: %s cannot be written: %s", what, path, strerror(errno));
		if (fd >= 0)
			close(fd);
		free(got);
		return;
	}
	if (!wanted)
		fault(r, "%s: %s is missing; seam test --update writes it", what, file);
	struct slice a = slice_of(wanted, wanted_len), b = slice_of(got, got_len);
	while (wanted && (a.ptr || b.ptr)) {
		struct slice x = slice_split(&a, '\n'), y = slice_split(&b, '\n');
		line++;
		if (line_matches(x, y) && (a.ptr != NULL) == (b.ptr != NULL))
			continue;
		fault(r, "%s differs from %s at line %zu\n  - %.*s\n  + %.*s", what, file, line, (int)(x.len < 400 ? x.len : 400), x.ptr ? x.ptr : "",
		      (int)(y.len < 400 ? y.len : 400), y.ptr ? y.ptr : "");
		break;
	}
	free(got);
	free(wanted);
}

static size_t with_rules(struct run *r, char **args, size_t n)
{
	for (size_t i = 0; i < r->c->nrules; i++) {
		args[n++] = (char *)"-r";
		args[n++] = r->rules[i];
	}
	return n;
}

static int call_diff(struct run *r)
{
	char golden[PATH_MAX], *args[2 * 64 + 10] = { (char *)"diff", (char *)"--color", (char *)"never" };
	size_t n = with_rules(r, args, 3);

	snprintf(golden, sizeof(golden), "%s/%s", r->c->folder, r->c->golden);
	if (r->c->order) {
		args[n++] = (char *)"--order";
		args[n++] = (char *)r->c->order;
	}
	args[n++] = golden;
	args[n++] = r->trace;
	args[n] = NULL;
	return cmd_diff((int)n, args);
}

static int call_accept(struct run *r)
{
	char golden[PATH_MAX], *args[2 * 64 + 10] = { (char *)"accept", (char *)"--force-ci", (char *)"-q" };
	size_t n = with_rules(r, args, 3);

	snprintf(golden, sizeof(golden), "%s/%s", r->c->folder, r->c->golden);
	args[n++] = golden;
	args[n++] = r->trace;
	args[n] = NULL;
	return cmd_accept((int)n, args);
}

static void compare_golden(struct run *r)
{
	if (!r->c->golden)
		return;
	if (r->o->update && (r->c->has_golden || r->c->golden_given || !r->judged)) {
		r->judged++;
		if (quietly(r->said, call_accept, r) != 0)
			fault_file(r, "golden: cannot be written\n", r->said);
		return;
	}
	if (!r->c->has_golden) {
		if (r->c->golden_given)
			fault(r, "golden: %s is missing; seam test --update writes it", r->c->golden);
		return;
	}
	r->judged++;
	if (quietly(r->said, call_diff, r) != EXIT_SAME)
		fault_file(r, "golden: ", r->said);
}

/* The expectations of the rule files, and those of the case itself. */
static void judge_one(struct run *r, const char *const *files, size_t count, struct trace_file *f)
{
	struct rules *rules = NULL;
	struct trace_line l;
	struct buf out;
	size_t n, failed = 0;

	if (tool_expectations("test", files, count, &rules)) {
		fault_file(r, "expect: ", r->err);
		return;
	}
	struct judge *j = judge_new(rules, trace_file_path(f));
	for (size_t i = 0; i < trace_file_count(f); i++) {
		trace_file_line(f, i, &l);
		judge_feed(j, l.text);
	}
	const struct verdict *list = judge_end(j, trace_file_trailer(f), &n);
	r->judged += n;
	for (size_t i = 0; i < n; i++)
		failed += !list[i].holds;
	if (failed) {
		buf_init(&out, SHOWN_BYTES);
		judge_print(list, n, false, &out);
		fault(r, "expect: %zu of %zu do not hold\n%s", failed, n, out.ptr);
		buf_release(&out);
	}
	judge_free(j);
	rules_free(rules);
}

static void judge_expectations(struct run *r, struct trace_file *f)
{
	const char *files[65];
	char own[PATH_MAX];

	for (size_t i = 0; i < r->c->nrules; i++)
		files[i] = r->rules[i];
	if (r->c->nrules)
		judge_one(r, files, r->c->nrules, f);
	if (r->c->expect_file) {
		snprintf(own, sizeof(own), "%s/%s", r->work, r->c->expect_file);
	} else if (r->c->expect) {
		snprintf(own, sizeof(own), "%s%scase.json", r->c->cwd ? r->c->folder : "", r->c->cwd ? "/" : "");
	} else {
		return;
	}
	const char *const one[] = { own };
	judge_one(r, one, 1, f);
}

/* Events that somebody asked for, and requests that nothing answered. */
static void look_at(struct run *r, struct trace_file *f)
{
	uint64_t unmatched = (uint64_t)json_integer_value(json_object_get(trace_file_trailer(f), "unmatched"));
	struct trace_line l;
	size_t asked = 0;

	for (size_t i = 0; i < trace_file_count(f) && !asked; i++) {
		trace_file_line(f, i, &l);
		asked += !slice_has_prefix(l.k, SLICE_LIT("proc.")) && !slice_eq_str(l.k, "note");
	}
	if (!asked)
		fault(r, "nothing was intercepted: a test that asks the outside world for nothing tests nothing");
	if (unmatched && !r->c->has_golden && !r->c->exit)
		fault(r, "%llu request%s that nothing answered: seam show %s", (unsigned long long)unmatched, unmatched == 1 ? "" : "s", r->trace);
}

/* ---- the case ---------------------------------------------------------------------- */

static int run_host(struct run *r)
{
	const char *rules[64];
	struct host_options o = { .rules = rules, .nrules = r->c->nrules, .trace = r->trace, .profile = r->c->profile, .seed = 42,
				  .argv = r->c->command, .ready_fd = -1, .quiet = true, .isolate = HOST_ISOLATE_AUTO };

	for (size_t i = 0; i < r->c->nrules; i++)
		rules[i] = r->rules[i];
	return host_run(&o);
}

static void judge_all(struct run *r, int code)
{
	struct trace_file *f = NULL;

	if (code != r->c->exit) {
		fault(r, "exit status %d, expected %d%s", code, r->c->exit, code == HOST_EXIT_UNSHIMMED ? ": a program ran without the shim" : "");
		fault_file(r, "its stderr:\n", r->err);
	}
	if (code == HOST_EXIT_FAILED && r->c->exit != code)
		return;
	compare_text(r, "stdout", r->c->stdout_file, r->out);
	compare_text(r, "stderr", r->c->stderr_file, r->err);
	if (tool_trace("test", r->trace, false, &f)) {
		fault_file(r, "trace: ", r->err);
		return;
	}
	look_at(r, f);
	judge_expectations(r, f);
	compare_golden(r);
	trace_file_close(f);
	if (!r->judged)
		fault(r, "nothing is compared and nothing is expected: add golden.trace (seam test --update), \"expect\" or \"stdout\"");
}

_Noreturn void test_case_run(const struct test_case *c, const struct test_options *o, const char *work, int report)
{
	static struct run r;
	struct err err = { 0 };
	char stdin_path[PATH_MAX], cwd[PATH_MAX];

	r = (struct run){ .c = c, .o = o, .work = work, .report = report };
	snprintf(r.trace, sizeof(r.trace), "%s.trace", work);
	snprintf(r.out, sizeof(r.out), "%s.stdout", work);
	snprintf(r.err, sizeof(r.err), "%s.stderr", work);
	snprintf(r.said, sizeof(r.said), "%s.said", work);
	for (size_t i = 0; i < c->nrules && i < 64; i++)
		snprintf(r.rules[i], sizeof(r.rules[i]), "%s", c->rules[i]); /* as a person would name it: the copy is the folder */
	snprintf(stdin_path, sizeof(stdin_path), "%s/%s", c->folder, c->stdin_file ? c->stdin_file : "");
	join(cwd, sizeof(cwd), c->cwd ? c->folder : work, c->cwd ? c->cwd : ".");
	if (test_copy(c->folder, work, &err) < 0) {
		fault(&r, "%s", err.text);
		_exit(1);
	}
	if (c->cwd)
		for (size_t i = 0; i < c->nrules && i < 64; i++)
			join(r.rules[i], sizeof(r.rules[i]), c->folder, c->rules[i]);
	if (chdir(cwd) < 0) {
		fault(&r, "cwd: %s: %s", cwd, strerror(errno));
		_exit(1);
	}
	set_environment(c);
	point(c->stdin_file ? stdin_path : "/dev/null", O_RDONLY, 0);
	point(r.out, O_WRONLY | O_CREAT | O_TRUNC, 1);
	point(r.err, O_WRONLY | O_CREAT | O_TRUNC, 2);
	log_init();
	if (build(&r))
		judge_all(&r, run_host(&r));
	_exit(r.failed);
}

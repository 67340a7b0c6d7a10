/*
 * run_repeat: records a program several times and compares the recordings. What
 * had another value in each is noise, and a mask is proposed; what differed only
 * now and then is rather the program's logic, and is only named. Nothing is
 * written: a mask is for a person to add.
 */
#include "run_repeat.h"

#include "cmd.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/map.h"
#include "render.h"
#include "suggest.h"
#include "trace/diff.h"
#include "trace_rules.h"

/* A place that differed between two of the runs. */
struct place {
	struct finding *finding; /* of the first comparison that showed it; borrowed */
	struct finding_path *path;
	struct map values;       /* seen there */
	unsigned runs;           /* comparisons that showed it */
};

struct repeat {
	const struct host_options *o;
	unsigned times;
	char folder[64];
	struct diff *diffs;
	struct map places;
	size_t other;            /* findings that no mask can hide: missing, extra, moved, ... */
};

static void trace_name(const struct repeat *r, unsigned i, char *out, size_t size)
{
	if (i == 0 && r->o->trace)
		snprintf(out, size, "%s", r->o->trace);
	else
		snprintf(out, size, "%s/%u.trace", r->folder, i + 1);
}

/* In a process of its own: a host lives once. */
static int run_once(const struct repeat *r, unsigned i)
{
	struct host_options o = *r->o;
	char path[4096];
	int status;

	trace_name(r, i, path, sizeof(path));
	o.trace = path;
	o.quiet = o.quiet || i > 0;
	fflush(NULL);
	pid_t pid = fork();
	if (pid < 0)
		return cmd_usage("run", "--repeat: cannot fork: %s", strerror(errno));
	if (pid == 0)
		exit(host_run(&o));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void add_value(struct place *p, const char *text)
{
	map_set(&p->values, slice_str(text ? text : "(none)"), p);
}

static void add_places(struct repeat *r, struct diff *d)
{
	for (size_t i = 0; i < d->nfindings; i++) {
		struct finding *f = &d->findings[i];
		struct buf key;
		if (f->kind != FIND_CHANGED || !f->npaths) {
			r->other++;
			continue;
		}
		buf_init(&key, 1024 * 1024);
		for (size_t k = 0; k < f->npaths; k++) {
			buf_reset(&key);
			if (!suggest_mask(f, &f->paths[k], NULL, &key))
				continue;
			struct place *p = map_get(&r->places, buf_slice(&key));
			if (!p) {
				p = calloc(1, sizeof(*p));
				if (!p)
					abort();
				p->finding = f;
				p->path = &f->paths[k];
				map_init(&p->values);
				map_set(&r->places, buf_slice(&key), p);
			}
			add_value(p, f->paths[k].golden);
			add_value(p, f->paths[k].run);
			p->runs++;
		}
		buf_release(&key);
	}
}

static int compare(struct repeat *r)
{
	struct trace_file *first = NULL, *other = NULL;
	struct rules *rules = NULL;
	struct diff_options options = { 0 };
	struct err err = { 0 };
	char path[4096];
	int rc = tool_rules("run", r->o->rules, r->o->nrules, &rules);

	trace_name(r, 0, path, sizeof(path));
	if (!rc)
		rc = tool_trace("run", path, false, &first);
	if (rules) {
		options.mask = rules_member(rules, "mask");
		options.normalise = rules_member(rules, "normalise");
	}
	for (unsigned i = 1; i < r->times && !rc; i++) {
		trace_name(r, i, path, sizeof(path));
		rc = tool_trace("run", path, false, &other);
		if (!rc && diff_traces(&r->diffs[i], first, other, &options, &err) < 0)
			rc = cmd_fail("run", &err);
		trace_file_close(other);
		other = NULL;
		if (!rc)
			add_places(r, &r->diffs[i]);
	}
	trace_file_close(first);
	rules_free(rules);
	return rc;
}

static void tell(struct repeat *r)
{
	struct map_entry *e;
	const char *rules = r->o->nrules ? r->o->rules[0] : NULL;
	size_t proposed = 0, named = 0;

	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; (e = map_next(&r->places, &i));) {
			const struct place *p = e->value;
			bool each = p->runs == r->times - 1 && p->values.live == r->times;
			struct buf line;
			if (each != (pass == 0))
				continue;
			if (!(each ? proposed : named))
				fputs(each ? "seam: another value in each run; if it does not matter, leave it out:\n"
					   : "seam: another value in some runs only, which is rather logic than noise; look at it:\n",
				      stderr);
			*(each ? &proposed : &named) += 1;
			buf_init(&line, 1024 * 1024);
			suggest_mask(p->finding, p->path, rules, &line);
			fputs("  ", stderr);
			render_text(stderr, buf_slice(&line));
			fputc('\n', stderr);
			buf_release(&line);
		}
	if (r->other)
		fprintf(stderr, "seam: %zu differences between the runs are no matter of values: events missing, extra or moved; seam diff shows them: %s\n",
			r->other, r->folder);
	else if (!proposed && !named)
		fprintf(stderr, "seam: %u runs, all the same\n", r->times);
}

int run_repeat(const struct host_options *o, unsigned times)
{
	struct repeat r = { .o = o, .times = times, .folder = "/tmp/seam-repeat-XXXXXX" };
	struct map_entry *e;
	int code = 0;
	char path[4096];

	if (!mkdtemp(r.folder))
		return cmd_usage("run", "--repeat: no folder in /tmp: %s", strerror(errno)), HOST_EXIT_FAILED;
	r.diffs = calloc(times, sizeof(*r.diffs));
	if (!r.diffs)
		abort();
	map_init(&r.places);
	for (unsigned i = 0; i < times && !code; i++)
		code = run_once(&r, i);
	if (!code && compare(&r))
		code = HOST_EXIT_FAILED;
	if (!code)
		tell(&r);
	for (size_t i = 0; (e = map_next(&r.places, &i));) {
		struct place *p = e->value;
		map_release(&p->values);
		free(p);
	}
	map_release(&r.places);
	for (unsigned i = 0; i < times; i++) {
		diff_release(&r.diffs[i]);
		/* Kept when somebody should look at them. */
		if (r.other || code)
			continue;
		snprintf(path, sizeof(path), "%s/%u.trace", r.folder, i + 1);
		unlink(path);
	}
	if (!r.other && !code)
		rmdir(r.folder);
	free(r.diffs);
	return code;
}

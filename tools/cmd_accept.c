/*
 * seam accept: makes a run the golden trace: canonical form, written aside and
 * renamed, its bodies beside it. In CI it refuses: a golden that a machine
 * wrote is a golden that nobody read.
 */
#include "cmd.h"
#include "final.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <unistd.h>

#include "accept_choose.h"
#include "accept_unused.h"
#include "render.h"
#include "trace/blob.h"
#include "trace/canon.h"
#include "trace/merge.h"
#include "trace_rules.h"

#define RULES_MAX 64
#define PATH_MAX_HERE 4096
#define FINDINGS_SHOWN 12 /* the summary fits one screen */

static const char help[] =
	"usage: seam accept [OPTION]... GOLDEN RUN\n"
	"       seam accept --unused [--prune] FOLDER...\n\n"
	"Writes RUN's canonical form to GOLDEN: no times, pids or ports, streams in the order of\n"
	"their content, so that it merges in git. Bodies go to GOLDEN.blobs.\n\n"
	"  -r, --rules RULES   take masks from this rule file; may be repeated\n"
	"  --review            show each finding and ask: accept, reject, skip, all, details\n"
	"  --only FINDING      take over only that finding: its number as 'seam diff' counts, its kind\n"
	"                      (changed, extra, ...), or a pattern of its summary or stream; may be repeated\n"
	"  --reason TEXT       why, kept in the golden's header\n"
	"  --unused            list goldens below the folders that no case.json names, and bodies that no\n"
	"                      golden names; --prune removes those bodies\n"
	"  --force-ci          also when CI is set in the environment\n"
	"  -q, --quiet         no summary\n\n"
	"exit status: 0 written, 1 nothing accepted (or: unused ones found), 2 usage or I/O, 3 RUN is unusable, 4 RUN asked nothing\n\n"
	"example:\n"
	"  seam accept golden.trace run.trace && git diff golden.trace\n";

struct asked {
	const char *rules[RULES_MAX];
	size_t nrules;
	bool force_ci, quiet, review, unused, prune;
	const char *only[RULES_MAX], *reason;
	size_t nonly;
};

/* ---- writing --------------------------------------------------------------- */

static int put_blob(void *golden, struct slice bytes, struct err *err)
{
	char hex[BLOB_HEX + 1];

	return blob_put(golden, bytes, hex, err);
}

static int write_file(const char *path, struct slice text, struct err *err)
{
	char tmp[PATH_MAX_HERE];
	int failed = 0;

	if ((size_t)snprintf(tmp, sizeof(tmp), "%s.new.%d", path, (int)getpid()) >= sizeof(tmp))
		return err_at(err, ERR_IO, path, 0, 0, "the path is too long");
	int fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		return err_at(err, ERR_IO, path, 0, 0, "cannot write the golden: %s", strerror(errno));
	while (text.len && !failed) {
		ssize_t n = write(fd, text.ptr, text.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			failed = errno ? errno : EIO;
		else
			text = slice_skip(text, (size_t)n);
	}
	if (!failed && fsync(fd) < 0 && errno != EINVAL)
		failed = errno;
	if (close(fd) < 0 && !failed)
		failed = errno;
	if (!failed && rename(tmp, path) < 0)
		failed = errno;
	if (!failed)
		return 0;
	unlink(tmp);
	return err_at(err, ERR_IO, path, 0, 0, "cannot write the golden: %s", strerror(failed));
}

/* ---- the summary ------------------------------------------------------------- */

static void describe_new(const struct canon *c)
{
	char n[32];
	int shown = 0;

	printf("  new golden: %s events in %zu streams\n", render_count(canon_count(c), n), canon_streams(c));
	for (size_t i = 0; i < canon_streams(c) && shown < FINDINGS_SHOWN; i++, shown++) {
		const struct canon_stream *s = canon_stream(c, i);
		printf("  %7s  ", render_count(s->count, n));
		render_text(stdout, s->name);
		putchar('\n');
	}
	if (canon_streams(c) > FINDINGS_SHOWN)
		printf("  ... and %zu more streams\n", canon_streams(c) - FINDINGS_SHOWN);
}

static void describe_change(const struct diff *d)
{
	char n[32];

	if (!d->nfindings) {
		printf("  nothing changed: %s events the same\n", render_count(d->same, n));
		return;
	}
	for (size_t i = 0; i < d->nfindings && i < FINDINGS_SHOWN; i++) {
		const struct finding *f = &d->findings[i];
		printf("  %-9s x%-6s ", finding_name(f->kind), render_count(f->count, n));
		render_text(stdout, slice_str(f->sum));
		if (f->npaths) {
			fputs("   ", stdout);
			render_text(stdout, slice_str(f->paths[0].path));
			if (f->npaths > 1)
				printf(" and %zu more", f->npaths - 1);
		}
		putchar('\n');
	}
	if (d->nfindings > FINDINGS_SHOWN)
		printf("  ... and %zu more findings\n", d->nfindings - FINDINGS_SHOWN);
}

static bool asks_nothing(const struct trace_file *f)
{
	struct trace_line l;

	for (size_t i = 0; i < trace_file_count(f); i++) {
		trace_file_line(f, i, &l);
		if (!slice_has_prefix(l.k, SLICE_LIT("proc.")) && !slice_eq_str(l.k, "note"))
			return false;
	}
	return true;
}

/* What the golden was, when there was a sound one. */
static bool compare_old(const char *golden, const struct trace_file *run, json_t *mask, json_t *normalise, struct diff *out)
{
	struct trace_file *old = NULL;
	struct diff_options options = { .mask = mask, .normalise = normalise };
	struct err err = { 0 };

	if (trace_file_open(&old, golden, false, 0, &err) < 0)
		return false;
	bool ok = diff_traces(out, old, run, &options, &err) == 0;
	trace_file_close(old);
	return ok;
}

/* ---- part by part ------------------------------------------------------------- */

static size_t choose(const struct asked *a, const struct diff_view *v, bool *accepted, int *rc)
{
	struct render r = { stdout, cmd_color(NULL, stdout) };
	size_t n = 0;

	for (size_t i = 0; i < a->nonly && !*rc; i++)
		if (!accept_only(v->diff, a->only[i], accepted))
			*rc = cmd_usage("accept", "--only %s: no finding is that; 'seam diff %s %s' lists %zu", a->only[i], v->golden, v->run,
					v->diff->nfindings);
	if (!*rc && a->review && !accept_review(&r, v, accepted)) {
		fputs("seam: accept: nothing written\n", stderr);
		*rc = EXIT_DIFFERENT;
	}
	for (size_t i = 0; i < v->diff->nfindings; i++)
		n += accepted[i];
	return n;
}

/* What the person (or --only) chose becomes part of the golden. */
static int accept_part(const struct asked *a, const char *golden, const char *run_path, const struct trace_file *run, json_t *mask, json_t *normalise)
{
	struct trace_file *old = NULL;
	struct diff_options options = { .mask = mask, .normalise = normalise, .keep = true };
	struct diff d = { 0 };
	struct buf text;
	struct err err = { 0 };
	bool *accepted = NULL;
	int rc = tool_trace("accept", golden, false, &old);

	buf_init(&text, (size_t)1 << 40);
	if (rc)
		goto out;
	if (!trace_file_canonical(old)) {
		rc = cmd_usage("accept", "%s is a recording, no golden; accept it whole first: seam accept %s %s", golden, golden, golden);
		goto out;
	}
	if (diff_traces(&d, old, run, &options, &err) < 0) {
		rc = cmd_fail("accept", &err);
		goto out;
	}
	if (!d.nfindings) {
		if (!a->quiet)
			printf("seam: nothing to accept: %s is as %s says\n", run_path, golden);
		goto out;
	}
	struct diff_view view = { .diff = &d, .golden = golden, .run = run_path, .rules = a->nrules ? a->rules[0] : NULL };
	accepted = calloc(d.nfindings, sizeof(*accepted));
	if (!accepted)
		abort();
	size_t n = choose(a, &view, accepted, &rc);
	if (rc)
		goto out;
	if (!n) {
		fputs("seam: accept: nothing accepted, nothing written\n", stderr);
		rc = EXIT_DIFFERENT;
		goto out;
	}
	if (merge_golden(&d, accepted, a->reason, put_blob, (void *)(uintptr_t)golden, &text, &err) < 0 || write_file(golden, buf_slice(&text), &err) < 0)
		rc = cmd_fail("accept", &err);
	else if (n < d.nfindings)
		final_forget(golden);
	else if (final_accept(golden, run, mask, normalise, &err) < 0)
		rc = cmd_fail("accept", &err);
	if (!rc && !a->quiet)
		printf("seam: accepted %zu of %zu findings into %s\n", n, d.nfindings, golden);
	if (!rc && accept_unused_bodies(golden, false) && !a->quiet)
		printf("  no line names these bodies any more; seam accept --unused --prune FOLDER removes them\n");
out:
	free(accepted);
	diff_release(&d);
	buf_release(&text);
	trace_file_close(old);
	return rc;
}

static int accept_run(const struct asked *a, const char *golden, const char *run_path)
{
	struct trace_file *run = NULL;
	struct rules *rules = NULL;
	struct canon *canon = NULL;
	struct diff change = { 0 };
	struct buf text;
	struct err err = { 0 };
	json_t *mask = NULL, *normalise = NULL;
	int rc = tool_rules("accept", a->rules, a->nrules, &rules);

	buf_init(&text, (size_t)1 << 40);
	if (!rc)
		rc = tool_trace("accept", run_path, false, &run);
	if (rc)
		goto out;
	if (asks_nothing(run)) {
		rc = EXIT_NOTHING;
		cmd_usage("accept", "%s asked nothing of the outside; a golden of nothing proves nothing", run_path);
		goto out;
	}
	if (rules) {
		mask = rules_member(rules, "mask");
		normalise = rules_member(rules, "normalise");
	}
	if (a->review || a->nonly) {
		rc = accept_part(a, golden, run_path, run, mask, normalise);
		goto out;
	}
	if (canon_new(&canon, run, mask, normalise, &err) < 0) {
		rc = cmd_fail("accept", &err);
		goto out;
	}
	bool had = compare_old(golden, run, mask, normalise, &change);
	if (canon_write_form(canon, a->reason, put_blob, (void *)(uintptr_t)golden, &text, &err) < 0 || write_file(golden, buf_slice(&text), &err) < 0 ||
	    final_accept(golden, run, mask, normalise, &err) < 0) {
		rc = cmd_fail("accept", &err);
		goto out;
	}
	if (!a->quiet) {
		printf("seam: accepted %s as %s\n", run_path, golden);
		if (had)
			describe_change(&change);
		else
			describe_new(canon);
		if (accept_unused_bodies(golden, false))
			printf("  no line names these bodies any more; seam accept --unused --prune FOLDER removes them\n");
	}
out:
	diff_release(&change);
	canon_free(canon);
	buf_release(&text);
	trace_file_close(run);
	rules_free(rules);
	return rc;
}

int cmd_accept(int argc, char **argv)
{
	static const struct option options[] = {
		{ "rules", required_argument, NULL, 'r' }, { "force-ci", no_argument, NULL, 'f' },
		{ "quiet", no_argument, NULL, 'q' },	   { "review", no_argument, NULL, 'R' },
		{ "only", required_argument, NULL, 'O' },  { "reason", required_argument, NULL, 'W' },
		{ "unused", no_argument, NULL, 'U' },	   { "prune", no_argument, NULL, 'P' },
		{ "help", no_argument, NULL, 'h' },	   { 0 },
	};
	struct asked a = { 0 };
	int got;

	optind = 1;
	while ((got = getopt_long(argc, argv, ":r:qh", options, NULL)) != -1) {
		switch (got) {
		case 'r':
			if (a.nrules == RULES_MAX)
				return cmd_usage("accept", "more than %d rule files; use \"include\"", RULES_MAX);
			a.rules[a.nrules++] = optarg;
			break;
		case 'f':
			a.force_ci = true;
			break;
		case 'q':
			a.quiet = true;
			break;
		case 'R':
			a.review = true;
			break;
		case 'O':
			if (a.nonly == RULES_MAX)
				return cmd_usage("accept", "more than %d --only; use a pattern", RULES_MAX);
			a.only[a.nonly++] = optarg;
			break;
		case 'W':
			a.reason = optarg;
			break;
		case 'U':
			a.unused = true;
			break;
		case 'P':
			a.prune = true;
			break;
		case 'h':
			fputs(help, stdout);
			return 0;
		default:
			return cmd_bad_option("accept", argv, options, got);
		}
	}
	if (a.unused && optind >= argc)
		return cmd_usage("accept", "--unused: expected a folder");
	if (a.unused)
		return accept_unused((const char *const *)argv + optind, (size_t)(argc - optind), a.prune);
	if (a.prune)
		return cmd_usage("accept", "--prune goes with --unused");
	if (argc - optind != 2)
		return cmd_usage("accept", "expected GOLDEN and RUN, got %d file%s; try 'seam accept --help'", argc - optind,
				 argc - optind == 1 ? "" : "s");
	const char *ci = getenv("CI");
	if (ci && *ci && strcmp(ci, "false") != 0 && strcmp(ci, "0") != 0 && !a.force_ci)
		return cmd_usage("accept", "CI is set: goldens are accepted by a person who read the diff; --force-ci does it anyway");
	if (a.review && (!isatty(0) || !isatty(1)))
		return cmd_usage("accept", "--review asks at a terminal, and this is none; without one: seam diff %s %s, then seam accept --only N %s %s",
				 argv[optind], argv[optind + 1], argv[optind], argv[optind + 1]);
	return accept_run(&a, argv[optind], argv[optind + 1]);
}

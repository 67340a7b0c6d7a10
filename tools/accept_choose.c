/*
 * accept_choose: the dialogue of seam accept --review, and --only.
 */
#include "accept_choose.h"

#include <stdlib.h>
#include <string.h>

#include "trace/diff.h"

bool accept_only(const struct diff *d, const char *only, bool *accepted)
{
	uint64_t n;
	bool any = false;

	if (slice_to_u64(slice_str(only), &n)) {
		if (!n || n > d->nfindings)
			return false;
		accepted[n - 1] = true;
		return true;
	}
	for (size_t i = 0; i < d->nfindings; i++) {
		const struct finding *f = &d->findings[i];
		if (strcmp(finding_name(f->kind), only) != 0 && !slice_glob(slice_str(only), slice_str(f->sum), false) &&
		    !slice_glob(slice_str(only), slice_str(f->stream), false))
			continue;
		accepted[i] = any = true;
	}
	return any;
}

static const char keys[] =
	"  a  accept this finding      A  accept it and all that follow\n"
	"  r  reject it: the golden stays as it is there\n"
	"  s  skip it: decide another time    R  skip all that follow\n"
	"  d  details: both events whole\n"
	"  q  leave, and write nothing\n";

static void details(const struct diff_view *v, const struct finding *f, const struct render *r)
{
	const char *paths[2] = { v->golden, v->run };
	const int lines[2] = { f->golden_line, f->run_line };

	for (int side = 0; side < 2; side++) {
		struct trace_file *t = NULL;
		struct err err = { 0 };
		if (!lines[side] || trace_file_open(&t, paths[side], true, 0, &err) < 0)
			continue;
		render_event(r, t, (size_t)lines[side] - 2);
		trace_file_close(t);
	}
}

bool accept_review(const struct render *r, const struct diff_view *v, bool *accepted)
{
	char line[256];
	size_t i = 0, n = v->diff->nfindings;

	while (i < n) {
		render_finding(r, v, i);
		fprintf(r->out, "[%zu/%zu] accept? [a]ccept [r]eject [s]kip [A]ll [R]est skip [d]etails [q]uit: ", i + 1, n);
		fflush(r->out);
		if (!fgets(line, sizeof(line), stdin)) {
			fputc('\n', r->out);
			return false;
		}
		switch (line[0]) {
		case 'a':
		case 'y':
			accepted[i++] = true;
			break;
		case 'A':
			while (i < n)
				accepted[i++] = true;
			break;
		case 'r':
		case 's':
		case 'n':
			i++;
			break;
		case 'R':
			i = n;
			break;
		case 'd':
			details(v, &v->diff->findings[i], r);
			break;
		case 'q':
			return false;
		default:
			fputs(keys, r->out);
			break;
		}
	}
	return true;
}

/*
 * render: how things look. Everything goes to a stream; nothing here decides.
 */
#ifndef TOOLS_RENDER_H
#define TOOLS_RENDER_H

#include <stdbool.h>
#include <stdio.h>

#include "base/slice.h"
#include "trace/diff.h"
#include "trace/read.h"

struct render {
	FILE *out;
	bool color;
};

/* What a comparison's output says besides its findings. */
struct diff_view {
	const struct diff *diff;
	const char *golden, *run; /* paths as given */
	const char *order;        /* --order, NULL: defaults */
	const char *rules;        /* the first rule file given, NULL: none */
	size_t limit;             /* findings shown, 0: all */
	double seconds;
	int exit;
};

/* One finding, by its index. */
void render_finding(const struct render *r, const struct diff_view *v, size_t i);
void render_diff_text(const struct render *r, const struct diff_view *v);
/* One object, or with `lines` one finding a line and a summary last. */
void render_diff_json(const struct render *r, const struct diff_view *v, bool lines);

void render_diff_junit(const struct render *r, const struct diff_view *v);
/* Also the job's summary, where GITHUB_STEP_SUMMARY names it. */
void render_diff_github(const struct render *r, const struct diff_view *v);

/* One line of `seam show`'s list. */
void render_event_line(const struct render *r, const struct trace_line *l, size_t event);
/* One event, member by member. */
void render_event(const struct render *r, const struct trace_file *f, size_t event);

/* Swimlanes; `wanted` may be NULL. Events shown. */
size_t render_lanes(const struct render *r, const struct trace_file *f, bool (*wanted)(void *arg, const struct trace_line *l), void *arg);

const char *finding_name(enum finding_kind kind);
/* 1204 as "1,204". */
const char *render_count(uint64_t n, char text[32]);

enum tint { TINT_NONE, TINT_RED, TINT_GREEN, TINT_YELLOW, TINT_MAGENTA, TINT_BOLD, TINT_DIM };
const char *render_tint(const struct render *r, enum tint t); /* "" without colour */
const char *render_plain(const struct render *r);

/* Text from a trace for a terminal: control characters as \xNN. */
void render_text(FILE *out, struct slice s);

#endif

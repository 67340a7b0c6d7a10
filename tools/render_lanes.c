/*
 * render_lanes: a trace as swimlanes: a column for each program, time going
 * down, what it asked and whom. Equal neighbours are one row.
 */
#include "render.h"

#include "base/map.h"
#include "base/utf8.h"
#include "moment.h"

#define LANES_MAX 12
#define LANE_WIDTH 38

struct lane {
	struct slice role;
};

static void padded(FILE *out, struct slice s, size_t width)
{
	size_t cut = s.len;

	while (cut && (slice_chars(slice_take(s, cut)) > width || (cut < s.len && ((unsigned char)s.ptr[cut] & 0xc0) == 0x80)))
		cut--;
	render_text(out, slice_take(s, cut));
	for (size_t n = slice_chars(slice_take(s, cut)); n < width; n++)
		putc(' ', out);
}

static bool shown(const struct moment *m)
{
	return !slice_has_prefix(m->k, SLICE_LIT("conn.")) && !slice_eq_str(m->k, "dns") && !slice_eq_str(m->k, "call");
}

static void row(const struct render *r, const struct moment *m, uint64_t times, size_t lane, size_t lanes)
{
	struct buf what;

	buf_init(&what, 64 * 1024);
	if (m->timed)
		fprintf(r->out, "%9.1fms", (double)m->ts_ns / 1e6);
	else
		fprintf(r->out, "%11s", "");
	for (size_t i = 0; i < lane; i++)
		fprintf(r->out, "  %s|%s%*s", render_tint(r, TINT_DIM), render_plain(r), LANE_WIDTH - 3, "");
	bool none = slice_eq_str(m->by, "none");
	if (slice_eq_str(m->k, "proc.start"))
		buf_add_str(&what, "begins");
	else if (slice_eq_str(m->k, "proc.exit"))
		buf_add_str(&what, "ends");
	else
		buf_addf(&what, "%.*s > %.*s", SLICE_ARG(m->sum), SLICE_ARG(m->service));
	if (times > 1)
		buf_addf(&what, "  x%llu", (unsigned long long)times);
	if (none)
		buf_add_str(&what, "  !! unmatched");
	else if (!m->ok)
		buf_addf(&what, "  !! %.*s", SLICE_ARG(m->err));
	fprintf(r->out, "  %s", render_tint(r, none ? TINT_MAGENTA : m->ok ? TINT_NONE : TINT_RED));
	if (lane + 1 < lanes)
		padded(r->out, buf_slice(&what), LANE_WIDTH - 2);
	else
		render_text(r->out, buf_slice(&what));
	fputs(render_plain(r), r->out);
	for (size_t i = lane + 1; i < lanes; i++)
		fprintf(r->out, "  %s|%s%*s", render_tint(r, TINT_DIM), render_plain(r), i + 1 < lanes ? LANE_WIDTH - 3 : 0, "");
	putc('\n', r->out);
	buf_release(&what);
}

size_t render_lanes(const struct render *r, const struct trace_file *f, bool (*wanted)(void *arg, const struct trace_line *l), void *arg)
{
	struct arena arena, keep;
	struct map roles;
	struct slice names[LANES_MAX];
	struct moment m, last = { 0 };
	uint64_t times = 0;
	size_t lanes = 0, rows = 0, last_lane = 0;

	arena_init(&arena);
	arena_init(&keep);
	map_init(&roles);
	for (size_t i = 0; i < trace_file_count(f); i++) {
		arena_reset(&arena);
		moment_read(f, i, &arena, &m);
		if (!shown(&m) || (wanted && !wanted(arg, &m.line)) || map_get(&roles, m.role))
			continue;
		size_t lane = lanes < LANES_MAX ? lanes++ : LANES_MAX - 1;
		map_set(&roles, m.role, (void *)(uintptr_t)(lane + 1));
		names[lane] = lane == LANES_MAX - 1 && lanes == LANES_MAX && roles.live > LANES_MAX ? SLICE_LIT("(others)") : arena_slice(&keep, m.role);
	}
	fprintf(r->out, "%s%11s", render_tint(r, TINT_BOLD), "time");
	for (size_t i = 0; i < lanes; i++) {
		fputs("  ", r->out);
		if (i + 1 < lanes)
			padded(r->out, names[i], LANE_WIDTH - 2);
		else
			render_text(r->out, names[i]);
	}
	fprintf(r->out, "%s\n", render_plain(r));
	arena_reset(&arena);
	for (size_t i = 0; i < trace_file_count(f); i++) {
		moment_read(f, i, &arena, &m);
		if (!shown(&m) || (wanted && !wanted(arg, &m.line)))
			continue;
		size_t lane = (size_t)(uintptr_t)map_get(&roles, m.role) - 1;
		rows++;
		if (times && lane == last_lane && slice_eq(m.k, last.k) && slice_eq(m.sum, last.sum) && slice_eq(m.service, last.service) && m.ok == last.ok &&
		    slice_eq(m.by, last.by) && slice_eq(m.role, last.role)) {
			times++;
			continue;
		}
		if (times)
			row(r, &last, times, last_lane, lanes);
		if (rows % 4096 == 0) {
			arena_reset(&arena);
			moment_read(f, i, &arena, &m);
		}
		last = m;
		last_lane = lane;
		times = 1;
	}
	if (times)
		row(r, &last, times, last_lane, lanes);
	map_release(&roles);
	arena_release(&arena);
	arena_release(&keep);
	return rows;
}

/*
 * diff_pool: a pool of connections gives work to any of them, so that the
 * number of a connection says nothing: what recurs are units of work.
 */
#include "trace/diff_model.h"

#include "trace/idmap.h"

enum step { STEP_OTHER, STEP_BEGIN, STEP_END };

static enum step read_step(struct differ *d, int side, uint32_t line)
{
	static const char *const begin[] = { "BEGIN", "START TRANSACTION" }, *const end[] = { "COMMIT", "ROLLBACK", "END", "ABORT" };
	struct trace_line l;

	trace_file_line(d->side[side].file, canon_line(d->side[side].canon, line).event, &l);
	struct slice sum = slice_skip(l.sum, 1);
	for (size_t i = 0; i < 2; i++)
		if (slice_has_prefix(sum, slice_str(begin[i])))
			return STEP_BEGIN;
	for (size_t i = 0; i < 4; i++)
		if (slice_has_prefix(sum, slice_str(end[i])) && !slice_has_prefix(sum, SLICE_LIT("ROLLBACK TO")))
			return STEP_END;
	return STEP_OTHER;
}

/* There are few kinds: a line of each is looked at. */
static enum step step_of(struct differ *d, int side, uint32_t line)
{
	uint64_t coarse = canon_line(d->side[side].canon, line).coarse;
	uint32_t step;

	if (idmap_get(&d->steps, coarse, &step))
		return (enum step)step;
	step = read_step(d, side, line);
	idmap_set(&d->steps, coarse, step);
	return (enum step)step;
}

/* Lines of the unit that begins at `from`: up to the end of its transaction, one
 * without a transaction. */
static size_t unit_length(struct differ *d, int side, const struct segment *seg, size_t from)
{
	if (step_of(d, side, seg->lines[from]) != STEP_BEGIN)
		return 1;
	for (size_t i = from + 1; i < seg->count; i++) {
		enum step s = step_of(d, side, seg->lines[i]);
		if (s != STEP_OTHER)
			return s == STEP_BEGIN ? i - from : i - from + 1;
	}
	return seg->count - from;
}

/*
 * Cuts each connection into transactions, a segment each, and single statements,
 * which are one bag: a pool gives no order among units.
 */
static struct segment *cut_units(struct differ *d, const struct group *g, int side, size_t *count)
{
	size_t n = 0, cap = 0, singles = 0;
	struct segment *units = NULL;
	uint32_t *alone = diff_alloc(g->lines[side], sizeof(*alone));

	for (size_t s = 0; s < g->count[side]; s++) {
		const struct segment *seg = &g->segments[side][s];
		for (size_t i = 0; i < seg->count;) {
			size_t length = unit_length(d, side, seg, i);
			if (length == 1) {
				alone[singles++] = seg->lines[i++];
				continue;
			}
			if (n == cap) {
				cap = cap ? cap * 2 : 64;
				units = realloc(units, cap * sizeof(*units));
				if (!units)
					abort();
			}
			units[n] = (struct segment){ .other = DIFF_NONE, .lines = seg->lines + i, .count = length };
			diff_digest(&d->side[side], &units[n++]);
			i += length;
		}
	}
	units = realloc(units, (n + 1) * sizeof(*units));
	alone = realloc(alone, (singles + 1) * sizeof(*alone));
	if (!units || !alone)
		abort();
	units[n++] = (struct segment){ .name = SLICE_LIT("pool"), .other = DIFF_NONE, .lines = alone, .count = singles, .owned = true, .bag = true };
	*count = n;
	return units;
}

/* Lines of transactions that come again, and of single statements. */
static uint64_t equal_units(struct differ *d, const struct segment *a, size_t n, const struct segment *b, size_t m)
{
	struct idmap have;
	uint64_t lines = 0;

	for (int bag = 0; bag < 2; bag++) {
		idmap_init(&have);
		for (int side = 0; side < 2; side++) {
			const struct segment *list = side ? b : a;
			for (size_t i = 0; i < (side ? m : n); i++) {
				if (list[i].bag != (bool)bag)
					continue;
				for (size_t k = 0; k < (bag ? list[i].count : 1); k++) {
					uint64_t key = bag ? d->side[side].key[list[i].lines[k]] : list[i].digest;
					uint32_t left = 0;
					idmap_get(&have, key, &left);
					if (side && !left)
						continue;
					idmap_set(&have, key, side ? left - 1 : left + 1);
					lines += side ? (bag ? 1 : list[i].count) : 0;
				}
			}
		}
		idmap_release(&have);
	}
	return lines;
}

static void free_segments(struct segment *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].owned)
			free(list[i].lines);
	free(list);
}

/*
 * A pool gives work to any of its connections: then units recur, connections do
 * not. Judged by how much is found again either way.
 */
void diff_find_pool(struct differ *d, struct group *g)
{
	bool numbered = g->count[0] > 1 && g->count[1] > 1;
	size_t n[2];
	struct segment *units[2];

	for (int s = 0; s < 2 && numbered; s++)
		numbered = canon_stream(d->side[s].canon, canon_line_stream(d->side[s].canon, g->segments[s][0].lines[0]))->numbered;
	if (!numbered || d->mode == MODE_STREAM || d->mode == MODE_STRICT)
		return;
	uint64_t least = g->lines[0] < g->lines[1] ? g->lines[0] : g->lines[1];
	/* 0.9 and 0.5 are starting values, not tuned. */
	if (diff_found_again(d, g) * 2 >= least)
		return; /* most connections come again, as they are or nearly */
	for (int s = 0; s < 2; s++)
		units[s] = cut_units(d, g, s, &n[s]);
	g->pool = equal_units(d, units[0], n[0], units[1], n[1]) * 10 >= least * 9;
	for (int s = 0; s < 2; s++) {
		if (g->pool) {
			free_segments(g->segments[s], g->count[s]);
			g->segments[s] = units[s];
			g->count[s] = n[s];
		} else {
			free_segments(units[s], n[s]);
		}
	}
}

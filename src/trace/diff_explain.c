/*
 * diff_explain: says what became of the lines that alignment left over.
 *
 * In this order: the same elsewhere in its lane (moved), one of the same kind
 * and sum in the same gap, then in the group (changed), alone (missing, extra;
 * unmatched when nobody answered it).
 */
#include "trace/diff_model.h"

#include "trace/idmap.h"

#define WINDOW 32 /* lines a side of which the closest pairs are searched; beyond, in order */

void diff_raw(struct differ *d, struct raw_finding f)
{
	if (f.run != DIFF_NONE)
		f.rank = canon_line(d->side[1].canon, f.run).event;
	if (d->nraw == d->cap_raw) {
		d->cap_raw = d->cap_raw ? d->cap_raw * 2 : 64;
		d->raw = realloc(d->raw, d->cap_raw * sizeof(*d->raw));
		if (!d->raw)
			abort();
	}
	d->raw[d->nraw++] = f;
}

static bool left(const struct differ *d, int side, uint32_t line)
{
	return d->side[side].match[line] == DIFF_NONE;
}

static void changed(struct differ *d, uint32_t golden, uint32_t run)
{
	bool none = canon_line(d->side[1].canon, run).none;

	diff_match(d, golden, run);
	diff_raw(d, (struct raw_finding){ .kind = none ? FIND_UNMATCHED : FIND_CHANGED, .golden = golden, .run = run });
	d->changed++;
	d->unmatched += none;
}

/* ---- moved ------------------------------------------------------------------ */

/* Where the golden's line would be in the run: behind its nearest matched
 * predecessor. */
static int64_t expected(const struct differ *d, const struct segment *a, size_t at, const uint32_t *place)
{
	while (at-- > 0) {
		uint32_t run = d->side[0].match[a->lines[at]];
		if (run != DIFF_NONE && place[run] != DIFF_NONE)
			return place[run] + 1;
	}
	return 0;
}

static void find_moved(struct differ *d, const struct segment *a, const struct segment *b)
{
	struct idmap at; /* shape -> first leftover of the run, +1 */
	bool any = false;
	uint32_t i;

	for (size_t k = 0; k < b->count && !any; k++)
		any = left(d, 1, b->lines[k]);
	if (!any)
		return;
	uint32_t *place = diff_alloc(d->side[1].n, sizeof(*place)); /* of a run's line in this lane */
	uint32_t *next = diff_alloc(b->count, sizeof(*next));
	for (size_t k = 0; k < d->side[1].n; k++)
		place[k] = DIFF_NONE;
	idmap_init(&at);
	for (size_t k = b->count; k-- > 0;) {
		place[b->lines[k]] = (uint32_t)k;
		if (!left(d, 1, b->lines[k]))
			continue;
		uint64_t key = d->side[1].key[b->lines[k]];
		if (idmap_get(&at, key, &i))
			next[k] = i;
		idmap_set(&at, key, (uint32_t)k + 1);
	}
	struct raw_finding *found = diff_alloc(a->count, sizeof(*found));
	size_t n = 0;
	for (size_t k = 0; k < a->count; k++) {
		if (!left(d, 0, a->lines[k]) || !idmap_get(&at, d->side[0].key[a->lines[k]], &i) || !i)
			continue;
		idmap_set(&at, d->side[0].key[a->lines[k]], next[i - 1]);
		found[n++] = (struct raw_finding){ .kind = FIND_MOVED,
						   .golden = a->lines[k],
						   .run = b->lines[i - 1],
						   .distance = (int64_t)(i - 1) - expected(d, a, k, place) };
	}
	for (size_t k = 0; k < n; k++) {
		diff_match(d, found[k].golden, found[k].run);
		diff_raw(d, found[k]);
		d->moved++;
	}
	free(found);
	free(next);
	free(place);
	idmap_release(&at);
}

/* ---- changed ---------------------------------------------------------------------- */

struct candidate {
	uint64_t coarse;
	uint32_t line;
	uint32_t order;
};

static int by_coarse(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->coarse != y->coarse)
		return x->coarse < y->coarse ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* Lines of one kind and sum: the closest pairs. */
static void pair_closest(struct differ *d, const struct candidate *a, size_t n, const struct candidate *b, size_t m)
{
	unsigned cost[WINDOW * WINDOW];

	if (n == 1 && m == 1) {
		changed(d, a->line, b->line);
		return;
	}
	if (n > WINDOW || m > WINDOW) {
		for (size_t i = 0; i < n && i < m; i++)
			changed(d, a[i].line, b[i].line);
		return;
	}
	struct buf texts[2 * WINDOW];
	for (size_t i = 0; i < n + m; i++) {
		buf_init(&texts[i], (size_t)1 << 32);
		diff_text_of(d, i >= n, i < n ? a[i].line : b[i - n].line, &texts[i]);
	}
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < m; k++)
			cost[i * m + k] = diff_distance(buf_slice(&texts[i]), buf_slice(&texts[n + k]));
	for (size_t i = 0; i < n + m; i++)
		buf_release(&texts[i]);
	for (size_t pairs = n < m ? n : m; pairs > 0; pairs--) {
		size_t bi = n, bk = m;
		for (size_t i = 0; i < n; i++)
			for (size_t k = 0; k < m; k++)
				if (left(d, 0, a[i].line) && left(d, 1, b[k].line) &&
				    (bi == n || cost[i * m + k] < cost[bi * m + bk])) {
					bi = i;
					bk = k;
				}
		changed(d, a[bi].line, b[bk].line);
	}
}

static size_t candidates(const struct differ *d, int side, const uint32_t *lines, size_t count, struct candidate *out)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		if (left(d, side, lines[i])) {
			out[n] = (struct candidate){ canon_line(d->side[side].canon, lines[i]).coarse, lines[i], (uint32_t)n };
			n++;
		}
	qsort(out, n, sizeof(*out), by_coarse);
	return n;
}

static void find_changed(struct differ *d, const uint32_t *a, size_t na, const uint32_t *b, size_t nb)
{
	if (!na || !nb)
		return;
	struct candidate *x = diff_alloc(na, sizeof(*x)), *y = diff_alloc(nb, sizeof(*y));
	size_t n = candidates(d, 0, a, na, x), m = candidates(d, 1, b, nb, y), i = 0, k = 0;

	while (i < n && k < m) {
		if (x[i].coarse != y[k].coarse) {
			if (x[i].coarse < y[k].coarse)
				i++;
			else
				k++;
			continue;
		}
		size_t ri = 1, rk = 1;
		while (i + ri < n && x[i + ri].coarse == x[i].coarse)
			ri++;
		while (k + rk < m && y[k + rk].coarse == y[k].coarse)
			rk++;
		pair_closest(d, x + i, ri, y + k, rk);
		i += ri;
		k += rk;
	}
	free(x);
	free(y);
}

/* Between two matched lines, or in a whole bag. */
static void changed_in_lane(struct differ *d, const struct segment *a, const struct segment *b)
{
	size_t i = 0, k = 0;

	if (a->bag || b->bag) {
		find_changed(d, a->lines, a->count, b->lines, b->count);
		return;
	}
	while (i < a->count || k < b->count) {
		size_t i1 = i, k1 = k;
		while (i1 < a->count && left(d, 0, a->lines[i1]))
			i1++;
		while (k1 < b->count && left(d, 1, b->lines[k1]))
			k1++;
		find_changed(d, a->lines + i, i1 - i, b->lines + k, k1 - k);
		i = i1 + 1;
		k = k1 + 1;
	}
}

static uint32_t *leftovers(const struct differ *d, const struct group *g, int side, size_t *count)
{
	uint32_t *list = diff_alloc(g->lines[side], sizeof(*list));

	*count = 0;
	for (size_t s = 0; s < g->count[side]; s++)
		for (size_t k = 0; k < g->segments[side][s].count; k++)
			if (left(d, side, g->segments[side][s].lines[k]))
				list[(*count)++] = g->segments[side][s].lines[k];
	return list;
}

/* ---- alone ------------------------------------------------------------------------- */

/* When a missing line would have come: with the next one of its stream that did. */
static uint64_t when(const struct differ *d, const struct segment *a, size_t at)
{
	for (size_t i = at + 1; i < a->count; i++)
		if (!left(d, 0, a->lines[i]))
			return canon_line(d->side[1].canon, d->side[0].match[a->lines[i]]).event;
	for (size_t i = at; i-- > 0;)
		if (!left(d, 0, a->lines[i]))
			return (uint64_t)canon_line(d->side[1].canon, d->side[0].match[a->lines[i]]).event + 1;
	return d->side[1].n;
}

static void find_alone(struct differ *d, struct group *g)
{
	for (size_t s = 0; s < g->count[0]; s++) {
		const struct segment *a = &g->segments[0][s];
		for (size_t k = 0; k < a->count; k++) {
			if (!left(d, 0, a->lines[k]))
				continue;
			diff_raw(d, (struct raw_finding){ .kind = FIND_MISSING,
							  .golden = a->lines[k],
							  .run = DIFF_NONE,
							  .rank = when(d, a, k) });
			d->missing++;
		}
	}
	for (size_t s = 0; s < g->count[1]; s++) {
		const struct segment *b = &g->segments[1][s];
		for (size_t k = 0; k < b->count; k++) {
			if (!left(d, 1, b->lines[k]))
				continue;
			bool none = canon_line(d->side[1].canon, b->lines[k]).none;
			diff_raw(d, (struct raw_finding){ .kind = none ? FIND_UNMATCHED : FIND_EXTRA,
							  .golden = DIFF_NONE,
							  .run = b->lines[k] });
			d->extra++;
			d->unmatched += none;
		}
	}
}

void diff_explain_group(struct differ *d, struct group *g)
{
	uint32_t *a, *b;
	size_t n, m;

	for (size_t i = 0; i < g->count[0]; i++) {
		const struct segment *x = &g->segments[0][i];
		if (x->other != DIFF_NONE && !x->bag && !g->segments[1][x->other].bag)
			find_moved(d, x, &g->segments[1][x->other]);
	}
	for (size_t i = 0; i < g->count[0]; i++)
		if (g->segments[0][i].other != DIFF_NONE)
			changed_in_lane(d, &g->segments[0][i], &g->segments[1][g->segments[0][i].other]);
	a = leftovers(d, g, 0, &n);
	b = leftovers(d, g, 1, &m);
	/* In one lane a pair across other lines would hide that it moved. */
	if (g->count[0] != 1 || g->count[1] != 1)
		find_changed(d, a, n, b, m);
	free(a);
	free(b);
	find_alone(d, g);
}

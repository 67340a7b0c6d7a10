/*
 * diff_like: which segments are the same though they changed. Few are compared
 * each with each, by sketches of their lines; many find each other by the lines
 * that only one of them has.
 *
 * A sketch is the lowest hashes of a set: how many of the lowest of two sets
 * together are in both tells how alike the sets are (Broder, "On the
 * resemblance and containment of documents", 1997).
 */
#include "trace/diff_model.h"

#include "trace/canon_text.h"
#include "trace/idmap.h"

#define LIKE_MAX 512  /* segments a side that are compared each with each */
#define SKETCH 64
#define SEVERAL (UINT32_MAX - 1)

struct sketch {
	uint64_t low[SKETCH];
	size_t count;
};

static void sketch_add(struct sketch *s, uint64_t v)
{
	size_t at = s->count;

	v *= 0x9e3779b97f4a7c15u;
	v ^= v >> 32;
	if (at == SKETCH && v >= s->low[SKETCH - 1])
		return;
	while (at && s->low[at - 1] > v)
		at--;
	if (at && s->low[at - 1] == v)
		return;
	if (s->count < SKETCH)
		s->count++;
	memmove(&s->low[at + 1], &s->low[at], (s->count - at - 1) * sizeof(*s->low));
	s->low[at] = v;
}

/* In thousandths. */
static unsigned alike(const struct sketch *a, const struct sketch *b)
{
	size_t i = 0, k = 0, both = 0, seen = 0;

	while (seen < SKETCH && i < a->count && k < b->count) {
		seen++;
		if (a->low[i] == b->low[k]) {
			both++;
			i++;
			k++;
		} else if (a->low[i] < b->low[k]) {
			i++;
		} else {
			k++;
		}
	}
	size_t rest = (a->count - i) + (b->count - k);
	seen = seen + rest > SKETCH ? SKETCH : seen + rest;
	return seen ? (unsigned)(both * 1000 / seen) : 1000;
}

/* Of shapes, and of kinds and sums. */
struct sketches {
	struct sketch exact, coarse;
};

static struct sketches *sketch_all(struct differ *d, const struct group *g, int side, const uint32_t *list, size_t n)
{
	struct sketches *all = diff_alloc(n, sizeof(*all));

	for (size_t i = 0; i < n; i++) {
		const struct segment *s = &g->segments[side][list ? list[i] : i];
		for (size_t k = 0; k < s->count; k++) {
			sketch_add(&all[i].exact, d->side[side].key[s->lines[k]]);
			sketch_add(&all[i].coarse, canon_line(d->side[side].canon, s->lines[k]).coarse);
		}
	}
	return all;
}

/* ---- few ----------------------------------------------------------------------- */

static unsigned size_like(size_t a, size_t b)
{
	return (unsigned)(a < b ? a * 100 / b : b ? b * 100 / a : 100);
}

/* Best pairs first; `score` may be NULL. */
static void each_with_each(struct differ *d, struct group *g, const uint32_t *a, size_t n, const uint32_t *b, size_t m)
{
	struct sketches *x = sketch_all(d, g, 0, a, n), *y = sketch_all(d, g, 1, b, m);
	unsigned *like = diff_alloc(n * m, sizeof(*like));

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < m; k++) {
			const struct segment *p = &g->segments[0][a[i]], *q = &g->segments[1][b[k]];
			like[i * m + k] = 1 + alike(&x[i].exact, &y[k].exact) * 15 + alike(&x[i].coarse, &y[k].coarse) * 5 +
					  size_like(p->count, q->count) + (slice_eq(p->name, q->name) ? 1000 : 0);
		}
	for (size_t pairs = n < m ? n : m; pairs > 0; pairs--) {
		unsigned best = 0;
		size_t bi = 0, bk = 0;
		for (size_t i = 0; i < n; i++)
			for (size_t k = 0; k < m && g->segments[0][a[i]].other == DIFF_NONE; k++)
				if (like[i * m + k] > best && g->segments[1][b[k]].other == DIFF_NONE) {
					best = like[i * m + k];
					bi = i;
					bk = k;
				}
		if (!best)
			break;
		diff_pair(g, a[bi], b[bk]);
	}
	free(like);
	free(x);
	free(y);
}

/* ---- many ---------------------------------------------------------------------- */

static uint64_t steps(struct differ *d, int side, const struct segment *s)
{
	uint64_t h = s->count;

	for (size_t i = 0; i < s->count; i++)
		h = (h ^ canon_line(d->side[side].canon, s->lines[i]).coarse) * 0x9e3779b97f4a7c15u + (h >> 29);
	return h;
}

/* The run's segment that has the most lines which no other has. */
static void by_own_lines(struct differ *d, struct group *g, const uint32_t *a, size_t n, const uint32_t *b, size_t m)
{
	struct idmap owners;
	uint32_t owner;

	idmap_init(&owners);
	for (size_t k = 0; k < m; k++) {
		const struct segment *s = &g->segments[1][b[k]];
		for (size_t i = 0; i < s->count; i++) {
			uint64_t key = d->side[1].key[s->lines[i]];
			bool known = idmap_get(&owners, key, &owner);
			idmap_set(&owners, key, known && owner != b[k] ? SEVERAL : b[k]);
		}
	}
	for (size_t i = 0; i < n; i++) {
		const struct segment *s = &g->segments[0][a[i]];
		uint32_t best = DIFF_NONE;
		size_t votes = 0;
		for (size_t k = 0; k < s->count; k++) {
			if (!idmap_get(&owners, d->side[0].key[s->lines[k]], &owner) || owner == SEVERAL || g->segments[1][owner].other != DIFF_NONE)
				continue;
			/* Boyer and Moore's vote: the majority wins where there is one. */
			if (!votes)
				best = owner;
			votes = owner == best ? votes + 1 : votes - 1;
		}
		if (best != DIFF_NONE && g->segments[1][best].other == DIFF_NONE)
			diff_pair(g, a[i], best);
	}
	idmap_release(&owners);
}

struct step {
	uint64_t steps;
	uint32_t at;
};

static int by_steps(const void *p, const void *q)
{
	const struct step *x = p, *y = q;

	if (x->steps != y->steps)
		return x->steps < y->steps ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static struct step *sorted_steps(struct differ *d, const struct group *g, int side, const uint32_t *list, size_t n, size_t *count)
{
	struct step *out = diff_alloc(n, sizeof(*out));

	*count = 0;
	for (size_t i = 0; i < n; i++)
		if (g->segments[side][list[i]].other == DIFF_NONE)
			out[(*count)++] = (struct step){ steps(d, side, &g->segments[side][list[i]]), list[i] };
	qsort(out, *count, sizeof(*out), by_steps);
	return out;
}

/* Those that did the same kinds of things in the same order, one after the
 * other; what is left then as it comes. */
static void in_order(struct differ *d, struct group *g, const uint32_t *a, size_t n, const uint32_t *b, size_t m)
{
	size_t na, nb, i = 0, k = 0;
	struct step *x = sorted_steps(d, g, 0, a, n, &na), *y = sorted_steps(d, g, 1, b, m, &nb);

	while (i < na && k < nb) {
		if (x[i].steps == y[k].steps)
			diff_pair(g, x[i++].at, y[k++].at);
		else if (x[i].steps < y[k].steps)
			i++;
		else
			k++;
	}
	free(x);
	free(y);
	for (i = k = 0; i < n && k < m;) {
		if (g->segments[0][a[i]].other != DIFF_NONE)
			i++;
		else if (g->segments[1][b[k]].other != DIFF_NONE)
			k++;
		else
			diff_pair(g, a[i++], b[k++]);
	}
}

void diff_pair_alike(struct differ *d, struct group *g)
{
	uint32_t *left[2];
	size_t n[2] = { 0, 0 };

	for (int s = 0; s < 2; s++) {
		left[s] = diff_alloc(g->count[s], sizeof(**left));
		for (size_t i = 0; i < g->count[s]; i++)
			if (g->segments[s][i].other == DIFF_NONE)
				left[s][n[s]++] = (uint32_t)i;
	}
	if (n[0] && n[1] && n[0] <= LIKE_MAX && n[1] <= LIKE_MAX) {
		each_with_each(d, g, left[0], n[0], left[1], n[1]);
	} else if (n[0] && n[1]) {
		by_own_lines(d, g, left[0], n[0], left[1], n[1]);
		in_order(d, g, left[0], n[0], left[1], n[1]);
	}
	free(left[0]);
	free(left[1]);
}

/* ---- pools ----------------------------------------------------------------------- */

static uint64_t exactly_again(const struct group *g)
{
	struct idmap have;
	uint64_t lines = 0;
	uint32_t left;

	idmap_init(&have);
	for (size_t i = 0; i < g->count[0]; i++) {
		left = 0;
		idmap_get(&have, g->segments[0][i].digest, &left);
		idmap_set(&have, g->segments[0][i].digest, left + 1);
	}
	for (size_t k = 0; k < g->count[1]; k++) {
		if (!idmap_get(&have, g->segments[1][k].digest, &left) || !left)
			continue;
		idmap_set(&have, g->segments[1][k].digest, left - 1);
		lines += g->segments[1][k].count;
	}
	idmap_release(&have);
	return lines;
}

uint64_t diff_found_again(struct differ *d, const struct group *g)
{
	uint64_t exact = exactly_again(g), lines = 0;

	if (exact * 2 >= (g->lines[0] < g->lines[1] ? g->lines[0] : g->lines[1]) || g->count[0] > LIKE_MAX || g->count[1] > LIKE_MAX)
		return exact;
	/* Each of the run's with the golden's that it is most like. */
	struct sketches *x = sketch_all(d, g, 0, NULL, g->count[0]), *y = sketch_all(d, g, 1, NULL, g->count[1]);
	for (size_t k = 0; k < g->count[1]; k++) {
		unsigned best = 0;
		for (size_t i = 0; i < g->count[0]; i++) {
			unsigned v = alike(&x[i].exact, &y[k].exact);
			best = v > best ? v : best;
		}
		lines += g->segments[1][k].count * best / 1000;
	}
	free(x);
	free(y);
	return lines > exact ? lines : exact;
}

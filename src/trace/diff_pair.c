/*
 * diff_pair: finds for each segment its counterpart, then aligns their lines.
 *
 * Equal segments first: by their fine digest, which tells twins apart by where
 * their values come again, then by their shapes; real twins by the values they
 * are already known to share. What is left is paired by likeness, and its lines
 * aligned twice: by the fine key, then by shape in the gaps.
 */
#include "trace/diff_model.h"

#include "trace/align.h"
#include "trace/canon_text.h"
#include "trace/idmap.h"

/* ---- segments -------------------------------------------------------------------- */

void diff_pair(struct group *g, size_t golden, size_t run)
{
	g->segments[0][golden].other = (uint32_t)run;
	g->segments[1][run].other = (uint32_t)golden;
}

static void match_equal(struct differ *d, struct group *g, size_t golden, size_t run)
{
	const struct segment *a = &g->segments[0][golden], *b = &g->segments[1][run];

	diff_pair(g, golden, run);
	if (a->bag || b->bag)
		return; /* which line is which is for pair_bag to say */
	for (size_t i = 0; i < a->count; i++)
		diff_match(d, a->lines[i], b->lines[i]);
}

/* The value at a place of a segment: its first with identity. */
static bool first_value(const struct side *s, const struct segment *seg, uint32_t *value, uint32_t *place)
{
	size_t n;

	for (size_t i = 0; i < seg->count && i < 64; i++) {
		const uint32_t *v = canon_line_values(s->canon, seg->lines[i], &n, NULL);
		for (size_t k = 0; k < n; k++, ++*place)
			if (s->value[v[k]] != DIFF_NONE) {
				*value = v[k];
				return true;
			}
	}
	return false;
}

struct by_digest {
	uint64_t digest;
	uint32_t at;
};

static int compare_digest(const void *a, const void *b)
{
	const struct by_digest *x = a, *y = b;

	if (x->digest != y->digest)
		return x->digest < y->digest ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

/* The segments that wait for a counterpart. */
static struct by_digest *sorted_digests(const struct group *g, int side, bool fine, size_t *count)
{
	struct by_digest *list = diff_alloc(g->count[side], sizeof(*list));

	*count = 0;
	for (size_t i = 0; i < g->count[side]; i++) {
		const struct segment *s = &g->segments[side][i];
		if (s->other == DIFF_NONE)
			list[(*count)++] = (struct by_digest){ canon_hash(s->name.ptr, s->name.len, fine ? s->fine : s->digest), (uint32_t)i };
	}
	qsort(list, *count, sizeof(*list), compare_digest);
	return list;
}

static uint64_t value_place(uint32_t value, uint32_t place)
{
	return ((uint64_t)value << 32 | place) * 0x9e3779b97f4a7c15u | 1;
}

/* Twins: the run's segment that holds the value which the golden's is known to
 * correspond to, else the next in order. */
static void pair_twins(struct differ *d, struct group *g, const struct by_digest *a, size_t n, const struct by_digest *b, size_t m)
{
	struct idmap holders;

	idmap_init(&holders);
	for (size_t k = 0; k < m && (n > 1 || m > 1); k++) {
		const struct segment *seg = &g->segments[1][b[k].at];
		uint32_t place = 0;
		for (size_t i = 0; i < seg->count && i < 64; i++) {
			size_t c;
			const uint32_t *v = canon_line_values(d->side[1].canon, seg->lines[i], &c, NULL);
			for (size_t o = 0; o < c; o++, place++)
				idmap_add(&holders, value_place(v[o], place), b[k].at, NULL);
		}
	}
	size_t next = 0;
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < n; i++) {
			const struct segment *seg = &g->segments[0][a[i].at];
			uint32_t value, place = 0, run;
			if (seg->other != DIFF_NONE)
				continue;
			if (first_value(&d->side[0], seg, &value, &place)) {
				if (idmap_get(&holders, value_place(d->side[0].value[value], place), &run) &&
				    g->segments[1][run].other == DIFF_NONE) {
					match_equal(d, g, a[i].at, run);
					continue;
				}
			}
			if (pass == 0)
				continue;
			while (next < m && g->segments[1][b[next].at].other != DIFF_NONE)
				next++;
			if (next < m)
				match_equal(d, g, a[i].at, b[next++].at);
		}
	}
	idmap_release(&holders);
}

static void pair_equal(struct differ *d, struct group *g, bool fine, bool twins)
{
	size_t na, nb, i = 0, k = 0;
	struct by_digest *a = sorted_digests(g, 0, fine, &na), *b = sorted_digests(g, 1, fine, &nb);

	while (i < na && k < nb) {
		if (a[i].digest != b[k].digest) {
			if (a[i].digest < b[k].digest)
				i++;
			else
				k++;
			continue;
		}
		size_t n = 1, m = 1;
		while (i + n < na && a[i + n].digest == a[i].digest)
			n++;
		while (k + m < nb && b[k + m].digest == b[k].digest)
			m++;
		if ((n > 1 || m > 1) == twins)
			pair_twins(d, g, a + i, n, b + k, m);
		i += n;
		k += m;
	}
	free(a);
	free(b);
}

/* Bags of one name are one bag, whatever is in them. */
static void pair_named_bags(struct group *g)
{
	struct idmap run;
	uint32_t k;

	idmap_init(&run);
	for (uint32_t i = 0; i < g->count[1]; i++)
		if (g->segments[1][i].other == DIFF_NONE)
			idmap_add(&run, canon_hash(g->segments[1][i].name.ptr, g->segments[1][i].name.len, 5), i, NULL);
	for (uint32_t i = 0; i < g->count[0]; i++) {
		const struct segment *a = &g->segments[0][i];
		if (a->other == DIFF_NONE && idmap_get(&run, canon_hash(a->name.ptr, a->name.len, 5), &k) &&
		    g->segments[1][k].other == DIFF_NONE && (a->bag || g->segments[1][k].bag))
			diff_pair(g, i, k);
	}
	idmap_release(&run);
}

/* ---- lines -------------------------------------------------------------------------- */

static void align_keys(struct differ *d, const struct segment *a, size_t a0, size_t a1, const struct segment *b, size_t b0,
		       size_t b1, bool fine)
{
	size_t n = a1 - a0, m = b1 - b0;

	if (!n || !m)
		return;
	uint64_t *ka = diff_alloc(n, sizeof(*ka)), *kb = diff_alloc(m, sizeof(*kb));
	uint32_t *match = diff_alloc(n, sizeof(*match));
	for (size_t i = 0; i < n; i++)
		ka[i] = fine ? d->side[0].fine[a->lines[a0 + i]] : d->side[0].key[a->lines[a0 + i]];
	for (size_t i = 0; i < m; i++)
		kb[i] = fine ? d->side[1].fine[b->lines[b0 + i]] : d->side[1].key[b->lines[b0 + i]];
	align(ka, n, kb, m, match);
	for (size_t i = 0; i < n; i++)
		if (match[i] != ALIGN_NONE)
			diff_match(d, a->lines[a0 + i], b->lines[b0 + match[i]]);
	free(ka);
	free(kb);
	free(match);
}

static void align_pair(struct differ *d, const struct segment *a, const struct segment *b)
{
	align_keys(d, a, 0, a->count, b, 0, b->count, true);
	size_t i = 0, k = 0;
	while (i < a->count && k < b->count) {
		if (d->side[0].match[a->lines[i]] != DIFF_NONE && d->side[1].match[b->lines[k]] != DIFF_NONE) {
			i++;
			k++;
			continue;
		}
		size_t i1 = i, k1 = k;
		while (i1 < a->count && d->side[0].match[a->lines[i1]] == DIFF_NONE)
			i1++;
		while (k1 < b->count && d->side[1].match[b->lines[k1]] == DIFF_NONE)
			k1++;
		align_keys(d, a, i, i1, b, k, k1, false);
		i = i1;
		k = k1;
	}
}

static void align_pairs(struct differ *d, struct group *g)
{
	for (size_t i = 0; i < g->count[0]; i++) {
		const struct segment *a = &g->segments[0][i];
		if (a->other == DIFF_NONE)
			continue;
		const struct segment *b = &g->segments[1][a->other];
		/* Equal segments have all their lines matched already. */
		if (!a->bag && !b->bag && a->count && d->side[0].match[a->lines[0]] == DIFF_NONE)
			align_pair(d, a, b);
	}
}

/* ---- bags ---------------------------------------------------------------------------- */

static size_t waiting(const struct differ *d, int side, const struct segment *seg, bool fine, struct by_digest *out)
{
	const struct side *s = &d->side[side];
	size_t n = 0;

	for (size_t i = 0; i < seg->count; i++)
		if (s->match[seg->lines[i]] == DIFF_NONE)
			out[n++] = (struct by_digest){ fine ? s->fine[seg->lines[i]] : s->key[seg->lines[i]], seg->lines[i] };
	qsort(out, n, sizeof(*out), compare_digest);
	return n;
}

/* Lines of one key: each golden line takes the run's line that holds its
 * values, then what is left in order. */
static void pair_class(struct differ *d, const struct by_digest *x, size_t n, const struct by_digest *y, size_t m)
{
	struct idmap holders;
	size_t c, next = 0;

	idmap_init(&holders);
	for (size_t k = 0; k < m && (n > 1 || m > 1); k++) {
		const uint32_t *v = canon_line_values(d->side[1].canon, y[k].at, &c, NULL);
		for (size_t o = 0; o < c; o++)
			idmap_add(&holders, value_place(v[o], (uint32_t)o), y[k].at, NULL);
	}
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < n; i++) {
			const uint32_t *v = canon_line_values(d->side[0].canon, x[i].at, &c, NULL);
			uint32_t run;
			for (size_t o = 0; o < c && d->side[0].match[x[i].at] == DIFF_NONE; o++)
				if (d->side[0].value[v[o]] != DIFF_NONE &&
				    idmap_get(&holders, value_place(d->side[0].value[v[o]], (uint32_t)o), &run) &&
				    d->side[1].match[run] == DIFF_NONE)
					diff_match(d, x[i].at, run);
			if (pass == 0 || d->side[0].match[x[i].at] != DIFF_NONE)
				continue;
			while (next < m && d->side[1].match[y[next].at] != DIFF_NONE)
				next++;
			if (next < m)
				diff_match(d, x[i].at, y[next++].at);
		}
	}
	idmap_release(&holders);
}

static void pair_bag(struct differ *d, const struct segment *a, const struct segment *b, bool fine, bool certain)
{
	struct by_digest *x = diff_alloc(a->count, sizeof(*x)), *y = diff_alloc(b->count, sizeof(*y));
	size_t n = waiting(d, 0, a, fine, x), m = waiting(d, 1, b, fine, y), i = 0, k = 0;

	while (i < n && k < m) {
		if (x[i].digest != y[k].digest) {
			if (x[i].digest < y[k].digest)
				i++;
			else
				k++;
			continue;
		}
		size_t p = 1, q = 1;
		while (i + p < n && x[i + p].digest == x[i].digest)
			p++;
		while (k + q < m && y[k + q].digest == y[k].digest)
			q++;
		if (!certain || (p == 1 && q == 1))
			pair_class(d, x + i, p, y + k, q);
		i += p;
		k += q;
	}
	free(x);
	free(y);
}

static void pair_bags(struct differ *d, struct group *g, bool fine, bool certain)
{
	for (size_t i = 0; i < g->count[0]; i++) {
		const struct segment *a = &g->segments[0][i];
		if (a->other == DIFF_NONE)
			continue;
		const struct segment *b = &g->segments[1][a->other];
		if (a->bag || b->bag)
			pair_bag(d, a, b, fine, certain);
	}
}

/* ---- elsewhere in the group ------------------------------------------------------------ */

#define LANES_MANY (UINT32_MAX - 1)

/* Whether a line that one connection lost stands in another: then connections
 * share their work, and the order inside one says little. */
static bool work_is_shared(const struct differ *d, const struct group *g)
{
	struct idmap lanes; /* shape -> the golden's segment that misses it */
	bool shared = false;
	uint32_t lane;

	idmap_init(&lanes);
	for (size_t i = 0; i < g->count[0]; i++)
		for (size_t k = 0; k < g->segments[0][i].count && !g->segments[0][i].bag; k++) {
			uint32_t line = g->segments[0][i].lines[k];
			if (d->side[0].match[line] != DIFF_NONE)
				continue;
			bool known = idmap_get(&lanes, d->side[0].key[line], &lane);
			idmap_set(&lanes, d->side[0].key[line], known && lane != i ? LANES_MANY : (uint32_t)i);
		}
	for (size_t i = 0; i < g->count[1] && !shared; i++)
		for (size_t k = 0; k < g->segments[1][i].count && !g->segments[1][i].bag && !shared; k++) {
			uint32_t line = g->segments[1][i].lines[k];
			shared = d->side[1].match[line] == DIFF_NONE && idmap_get(&lanes, d->side[1].key[line], &lane) &&
				 lane != g->segments[1][i].other;
		}
	idmap_release(&lanes);
	return shared;
}

static struct segment all_lines(const struct group *g, int side)
{
	struct segment all = { .other = DIFF_NONE };

	all.lines = diff_alloc(g->lines[side], sizeof(*all.lines));
	for (size_t i = 0; i < g->count[side]; i++)
		for (size_t k = 0; k < g->segments[side][i].count && !g->segments[side][i].bag; k++)
			all.lines[all.count++] = g->segments[side][i].lines[k];
	return all;
}

static void pair_elsewhere(struct differ *d, struct group *g)
{
	if ((g->count[0] < 2 && g->count[1] < 2) || !work_is_shared(d, g))
		return;
	struct segment a = all_lines(g, 0), b = all_lines(g, 1);
	pair_bag(d, &a, &b, true, false);
	pair_bag(d, &a, &b, false, false);
	g->shuffled = true;
	free(a.lines);
	free(b.lines);
}

void diff_pair_group(struct differ *d, struct group *g, enum pair_phase phase)
{
	switch (phase) {
	case PAIR_CERTAIN:
		diff_find_pool(d, g);
		pair_named_bags(g);
		pair_equal(d, g, true, false);
		break;
	case PAIR_CERTAIN_LINES:
		pair_bags(d, g, true, true);
		break;
	case PAIR_TWINS:
		pair_equal(d, g, true, true);
		pair_equal(d, g, false, false);
		pair_equal(d, g, false, true);
		break;
	case PAIR_ALIKE:
		diff_pair_alike(d, g);
		align_pairs(d, g);
		break;
	case PAIR_ELSEWHERE:
		pair_elsewhere(d, g);
		break;
	default:
		pair_bags(d, g, true, false);
		pair_bags(d, g, false, false);
		break;
	}
}

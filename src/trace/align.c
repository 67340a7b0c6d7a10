/*
 * align: see align.h. Ranges wait on a stack of their own, so that no input
 * can exhaust the program's.
 */
#include "trace/align.h"

#include <math.h>
#include <stdbool.h>

#define RARE_MAX 64          /* occurrences up to which a key may split a range (as git's histogram) */
#define MYERS_MIN 256        /* edits tried at least */
#define MYERS_MAX 1024       /* and at most: the trace of steps takes its square */
#define WORK_PER_KEY 48      /* sorting passes a key may take part in before the range is left to Myers */

struct range {
	uint32_t a0, a1, b0, b1;
};
struct place {
	uint64_t key;
	uint32_t at;
};

struct aligner {
	const uint64_t *a, *b;
	uint32_t *match;
	struct range *stack;
	size_t depth, cap;
	struct place *pa, *pb;   /* scratch: the places of a range, sorted by key */
	struct range *anchors;   /* scratch: a0 and b0 of each pair */
	uint32_t *tails, *back;  /* scratch of the longest increasing subsequence */
	uint64_t work, work_max;
};

static void *need(void *p)
{
	if (!p) {
		fputs("seam: align: out of memory\n", stderr);
		abort();
	}
	return p;
}

static void push(struct aligner *x, uint32_t a0, uint32_t a1, uint32_t b0, uint32_t b1)
{
	if (a0 >= a1 || b0 >= b1)
		return;
	if (x->depth == x->cap) {
		x->cap = x->cap ? x->cap * 2 : 64;
		x->stack = need(realloc(x->stack, x->cap * sizeof(*x->stack)));
	}
	x->stack[x->depth++] = (struct range){ a0, a1, b0, b1 };
}

static int by_key(const void *p, const void *q)
{
	const struct place *x = p, *y = q;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static int by_a(const void *p, const void *q)
{
	const struct range *x = p, *y = q;

	return x->a0 < y->a0 ? -1 : x->a0 > y->a0;
}

static void sort_places(struct place *out, const uint64_t *keys, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++)
		out[i - from] = (struct place){ keys[i], i };
	qsort(out, to - from, sizeof(*out), by_key);
}

static size_t run_of(const struct place *p, size_t from, size_t n)
{
	size_t i = from + 1;

	while (i < n && p[i].key == p[from].key)
		i++;
	return i - from;
}

/* ---- anchors --------------------------------------------------------------- */

/* Keeps the longest subsequence of the anchors (sorted by a0) whose b0 grow. */
static size_t increasing(struct aligner *x, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		size_t lo = 0, hi = len;
		while (lo < hi) {
			size_t mid = (lo + hi) / 2;
			if (x->anchors[x->tails[mid]].b0 < x->anchors[i].b0)
				lo = mid + 1;
			else
				hi = mid;
		}
		x->back[i] = lo ? x->tails[lo - 1] : ALIGN_NONE;
		x->tails[lo] = (uint32_t)i;
		if (lo == len)
			len++;
	}
	size_t at = len ? x->tails[len - 1] : 0;
	for (size_t k = len; k-- > 0;) {
		x->tails[k] = (uint32_t)at;
		at = x->back[at];
	}
	for (size_t k = 0; k < len; k++)
		x->anchors[k] = x->anchors[x->tails[k]]; /* tails[k] >= k: nothing is overwritten too early */
	return len;
}

struct rare {
	size_t ia, na, ib, nb; /* runs in pa and pb */
};

/* Keys that stand once on both sides; the rarest of the others. */
static size_t find_anchors(struct aligner *x, size_t na, size_t nb, struct rare *rare)
{
	size_t i = 0, k = 0, n = 0;

	rare->na = 0;
	while (i < na && k < nb) {
		if (x->pa[i].key != x->pb[k].key) {
			if (x->pa[i].key < x->pb[k].key)
				i++;
			else
				k++;
			continue;
		}
		size_t ra = run_of(x->pa, i, na), rb = run_of(x->pb, k, nb);
		if (ra == 1 && rb == 1)
			x->anchors[n++] = (struct range){ .a0 = x->pa[i].at, .b0 = x->pb[k].at };
		else if (ra <= RARE_MAX && rb <= RARE_MAX && (!rare->na || ra + rb < rare->na + rare->nb))
			*rare = (struct rare){ i, ra, k, rb };
		i += ra;
		k += rb;
	}
	qsort(x->anchors, n, sizeof(*x->anchors), by_a);
	return increasing(x, n);
}

static void split_at_anchors(struct aligner *x, struct range r, size_t n)
{
	uint32_t a = r.a0, b = r.b0;

	for (size_t i = 0; i < n; i++) {
		struct range at = x->anchors[i];
		x->match[at.a0] = at.b0;
		push(x, a, at.a0, b, at.b0);
		a = at.a0 + 1;
		b = at.b0 + 1;
	}
	push(x, a, r.a1, b, r.b1);
}

/* The longest equal run through an occurrence of the rare key. */
static void split_at_rare(struct aligner *x, struct range r, const struct rare *rare)
{
	uint32_t best = 0, best_a = 0, best_b = 0;

	for (size_t i = 0; i < rare->na; i++) {
		for (size_t k = 0; k < rare->nb; k++) {
			uint32_t a = x->pa[rare->ia + i].at, b = x->pb[rare->ib + k].at, n = 1;
			while (a > r.a0 && b > r.b0 && x->a[a - 1] == x->b[b - 1] && n < 4096) {
				a--;
				b--;
				n++;
			}
			while (a + n < r.a1 && b + n < r.b1 && x->a[a + n] == x->b[b + n] && n < 8192)
				n++;
			if (n > best) {
				best = n;
				best_a = a;
				best_b = b;
			}
		}
	}
	for (uint32_t i = 0; i < best; i++)
		x->match[best_a + i] = best_b + i;
	push(x, r.a0, best_a, r.b0, best_b);
	push(x, best_a + best, r.a1, best_b + best, r.b1);
}

/* ---- Myers, "An O(ND) difference algorithm", 1986 ----------------------------- */

static void myers(struct aligner *x, struct range r)
{
	int64_t n = r.a1 - r.a0, m = r.b1 - r.b0;
	int64_t cap = (int64_t)(4 * sqrt((double)(n + m)));

	cap = cap < MYERS_MIN ? MYERS_MIN : cap > MYERS_MAX ? MYERS_MAX : cap;
	if (cap > n + m)
		cap = n + m;
	/* steps[d] holds v[-d..d] as it was before step d. */
	int32_t *v = need(calloc((size_t)(2 * cap + 3), sizeof(*v)));
	int32_t *steps = need(malloc((size_t)((cap + 1) * (cap + 2)) * sizeof(*steps)));
	int64_t d, k, found = -1;
	const uint64_t *a = x->a + r.a0, *b = x->b + r.b0;
	int32_t *mid = v + cap + 1;

	for (d = 0; d <= cap && found < 0; d++) {
		int32_t *kept = steps + d * (d + 1); /* sum of the rows before: each 2e+2 wide */
		for (k = -d; k <= d; k++)
			kept[k + d] = mid[k];
		for (k = -d; k <= d; k += 2) {
			int64_t i = k == -d || (k != d && mid[k - 1] < mid[k + 1]) ? mid[k + 1] : mid[k - 1] + 1;
			int64_t j = i - k;
			while (i < n && j < m && a[i] == b[j]) {
				i++;
				j++;
			}
			mid[k] = (int32_t)i;
			if (i >= n && j >= m) {
				found = d;
				break;
			}
		}
	}
	int64_t i = n, j = m;
	for (d = found; d > 0; d--) {
		const int32_t *kept = steps + d * (d + 1) + d;
		k = i - j;
		bool down = k == -d || (k != d && kept[k - 1] < kept[k + 1]);
		int64_t pi = kept[down ? k + 1 : k - 1], pj = pi - (down ? k + 1 : k - 1);
		int64_t si = down ? pi : pi + 1, sj = down ? pj + 1 : pj; /* where the run of equals began */
		while (i > si && j > sj) {
			i--;
			j--;
			x->match[r.a0 + i] = (uint32_t)(r.b0 + j);
		}
		i = pi;
		j = pj;
	}
	while (found >= 0 && i > 0 && j > 0) {
		i--;
		j--;
		x->match[r.a0 + i] = (uint32_t)(r.b0 + j);
	}
	free(v);
	free(steps);
}

/* ---- ranges --------------------------------------------------------------------- */

static void step(struct aligner *x, struct range r)
{
	struct rare rare;

	while (r.a0 < r.a1 && r.b0 < r.b1 && x->a[r.a0] == x->b[r.b0])
		x->match[r.a0++] = r.b0++;
	while (r.a0 < r.a1 && r.b0 < r.b1 && x->a[r.a1 - 1] == x->b[r.b1 - 1])
		x->match[--r.a1] = --r.b1;
	if (r.a0 == r.a1 || r.b0 == r.b1)
		return;
	size_t na = r.a1 - r.a0, nb = r.b1 - r.b0;
	x->work += na + nb;
	if (x->work > x->work_max) {
		myers(x, r);
		return;
	}
	sort_places(x->pa, x->a, r.a0, r.a1);
	sort_places(x->pb, x->b, r.b0, r.b1);
	size_t n = find_anchors(x, na, nb, &rare);
	if (n)
		split_at_anchors(x, r, n);
	else if (rare.na)
		split_at_rare(x, r, &rare);
	else
		myers(x, r);
}

void align(const uint64_t *a, size_t n, const uint64_t *b, size_t m, uint32_t *match)
{
	struct aligner x = { .a = a, .b = b, .match = match };
	size_t least = n < m ? n : m;

	for (size_t i = 0; i < n; i++)
		match[i] = ALIGN_NONE;
	/* Most streams are equal: no memory before the first difference. */
	size_t same = 0;
	while (same < least && a[same] == b[same]) {
		match[same] = (uint32_t)same;
		same++;
	}
	if (same == n || same == m)
		return;
	x.work_max = (uint64_t)WORK_PER_KEY * (n + m);
	x.pa = need(malloc((n - same) * sizeof(*x.pa)));
	x.pb = need(malloc((m - same) * sizeof(*x.pb)));
	x.anchors = need(malloc((least - same) * sizeof(*x.anchors)));
	x.tails = need(malloc((least - same) * sizeof(*x.tails)));
	x.back = need(malloc((least - same) * sizeof(*x.back)));
	push(&x, (uint32_t)same, (uint32_t)n, (uint32_t)same, (uint32_t)m);
	while (x.depth)
		step(&x, x.stack[--x.depth]);
	free(x.pa);
	free(x.pb);
	free(x.anchors);
	free(x.tails);
	free(x.back);
	free(x.stack);
}

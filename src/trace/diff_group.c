/*
 * diff_group: which lines of the two runs may be compared at all.
 *
 * Roles are numbered by content ("curl[2]"), so a change can renumber them:
 * roles of one program are matched by what they did, not by their number.
 */
#include "trace/diff_model.h"

#include "base/map.h"
#include "trace/idmap.h"

void *diff_alloc(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size);

	if (!p) {
		fputs("seam: diff: out of memory\n", stderr);
		abort();
	}
	return p;
}

struct role {
	struct slice name, program;
	uint64_t *keys; /* sorted */
	size_t count, cap;
	uint32_t other;
};

struct roles {
	struct role *list;
	size_t count;
};

static int by_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* `of`: the role of each stream. */
static void collect_roles(const struct side *s, struct roles *roles, uint32_t *of)
{
	struct map names;
	size_t n = canon_streams(s->canon);

	map_init(&names);
	roles->list = diff_alloc(n, sizeof(*roles->list));
	roles->count = 0;
	for (size_t i = 0; i < n; i++) {
		const struct canon_stream *st = canon_stream(s->canon, i);
		uintptr_t id = (uintptr_t)map_get(&names, st->role);
		if (!id) {
			id = ++roles->count;
			map_set(&names, st->role, (void *)id);
			roles->list[id - 1] = (struct role){ .name = st->role, .program = st->program, .other = DIFF_NONE };
		}
		of[i] = (uint32_t)id - 1;
	}
	map_release(&names);
}

static void collect_keys(const struct side *s, struct roles *roles, const uint32_t *of)
{
	for (size_t i = 0; i < canon_streams(s->canon); i++)
		roles->list[of[i]].cap += 2 * canon_stream(s->canon, i)->count;
	for (size_t r = 0; r < roles->count; r++)
		roles->list[r].keys = diff_alloc(roles->list[r].cap, sizeof(uint64_t));
	for (size_t i = 0; i < canon_streams(s->canon); i++) {
		const struct canon_stream *st = canon_stream(s->canon, i);
		struct role *r = &roles->list[of[i]];
		for (size_t k = 0; k < st->count; k++)
			r->keys[r->count++] = s->key[st->from + k];
		/* Who did the same kinds of things with another value is the same, too. */
		for (size_t k = 0; k < st->count; k++)
			r->keys[r->count++] = canon_line(s->canon, st->from + k).coarse + 1;
	}
	for (size_t r = 0; r < roles->count; r++)
		qsort(roles->list[r].keys, roles->list[r].count, sizeof(uint64_t), by_u64);
}

/* Roles of one program must be told apart by what they did. */
static bool several(const struct roles *roles)
{
	struct map programs;
	bool twice = false;

	map_init(&programs);
	for (size_t i = 0; i < roles->count && !twice; i++)
		twice = map_set(&programs, roles->list[i].program, &programs) != NULL;
	map_release(&programs);
	return twice;
}

static size_t common(const struct role *a, const struct role *b)
{
	size_t i = 0, k = 0, n = 0;

	while (i < a->count && k < b->count) {
		if (a->keys[i] == b->keys[k]) {
			n++;
			i++;
			k++;
		} else if (a->keys[i] < b->keys[k]) {
			i++;
		} else {
			k++;
		}
	}
	return n;
}

/* Best first; with equal likeness in the order of the names, which is the
 * order of both files. */
static void match_roles(struct roles *g, struct roles *r)
{
	for (;;) {
		size_t best = 0, bi = 0, bk = 0;
		bool any = false;
		for (size_t i = 0; i < g->count; i++) {
			if (g->list[i].other != DIFF_NONE)
				continue;
			for (size_t k = 0; k < r->count; k++) {
				if (r->list[k].other != DIFF_NONE || !slice_eq(g->list[i].program, r->list[k].program))
					continue;
				size_t n = 2 * common(&g->list[i], &r->list[k]) * 1000 /
						   (g->list[i].count + r->list[k].count + 1) +
					   1 + slice_eq(g->list[i].name, r->list[k].name);
				if (n > best) {
					best = n;
					bi = i;
					bk = k;
					any = true;
				}
			}
		}
		if (!any)
			return;
		g->list[bi].other = (uint32_t)bk;
		r->list[bk].other = (uint32_t)bi;
	}
}

/* ---- groups ------------------------------------------------------------------ */

/* What names a stream inside its group: the key of "role/service/boundary/key". */
static struct slice own_name(const struct canon_stream *st)
{
	struct slice rest = st->name;

	slice_split(&rest, '/');
	slice_split(&rest, '/');
	slice_split(&rest, '/');
	return slice_take(rest, slice_find(rest, '#'));
}

void diff_digest(const struct side *s, struct segment *seg)
{
	seg->digest = seg->fine = seg->count;
	for (size_t i = 0; i < seg->count; i++) {
		seg->digest = (seg->digest ^ s->key[seg->lines[i]]) * 0x9e3779b97f4a7c15u + (seg->digest >> 29);
		seg->fine = (seg->fine ^ s->fine[seg->lines[i]]) * 0x9e3779b97f4a7c15u + (seg->fine >> 29);
	}
}

static void add_segment(struct differ *d, struct group *g, int side, size_t stream)
{
	const struct canon_stream *st = canon_stream(d->side[side].canon, stream);
	struct segment *seg = &g->segments[side][g->count[side]++];

	*seg = (struct segment){ .name = own_name(st), .count = st->count, .other = DIFF_NONE, .bag = st->bag };
	seg->lines = d->side[side].lines + st->from;
	diff_digest(&d->side[side], seg);
	g->lines[side] += st->count;
}

/* Strict: everything in one lane, in the order of the recordings. Key, bag, set
 * and count are judged over whole groups in diff_explain. */
static void group_strict(struct differ *d)
{
	struct group *g = d->groups = diff_alloc(1, sizeof(*d->groups));

	d->ngroups = 1;
	*g = (struct group){ .program = SLICE_LIT("all"), .role = SLICE_LIT("all") };
	for (int side = 0; side < 2; side++) {
		struct side *s = &d->side[side];
		uint32_t *at = diff_alloc(trace_file_count(s->file), sizeof(*at));
		for (size_t i = 0; i < trace_file_count(s->file); i++)
			at[i] = DIFF_NONE;
		for (size_t i = 0; i < s->n; i++)
			at[canon_line(s->canon, i).event] = (uint32_t)i;
		struct segment *seg = g->segments[side] = diff_alloc(1, sizeof(*seg));
		g->count[side] = 1;
		seg->lines = diff_alloc(s->n, sizeof(*seg->lines));
		for (size_t i = 0; i < trace_file_count(s->file); i++)
			if (at[i] != DIFF_NONE)
				seg->lines[seg->count++] = at[i];
		seg->other = DIFF_NONE;
		seg->owned = true;
		diff_digest(s, seg);
		g->lines[side] = seg->count;
		free(at);
	}
}

/* One segment for all lines of a group, in the order of the streams. */
static struct segment *join(const struct group *g, int side)
{
	struct segment *all = diff_alloc(1, sizeof(*all));

	*all = (struct segment){ .other = DIFF_NONE, .bag = true, .owned = true };
	all->lines = diff_alloc(g->lines[side], sizeof(*all->lines));
	for (size_t i = 0; i < g->count[side]; i++)
		for (size_t k = 0; k < g->segments[side][i].count; k++)
			all->lines[all->count++] = g->segments[side][i].lines[k];
	return all;
}

/* Set: of each shape the first line only; the others are matched by being there. */
static void once(const struct side *s, struct segment *seg)
{
	struct idmap seen;
	size_t n = 0;
	bool added;

	idmap_init(&seen);
	for (size_t i = 0; i < seg->count; i++) {
		idmap_add(&seen, s->key[seg->lines[i]], 1, &added);
		if (added)
			seg->lines[n++] = seg->lines[i];
	}
	seg->count = n;
	idmap_release(&seen);
}

/* Key: a segment for each kind and sum. */
static struct segment *by_coarse(struct differ *d, struct segment *all, int side, size_t *count)
{
	struct segment *list = diff_alloc(all->count, sizeof(*list));
	size_t *cap = diff_alloc(all->count, sizeof(*cap));
	struct idmap ids;
	size_t n = 0;

	idmap_init(&ids);
	for (size_t i = 0; i < all->count; i++) {
		uint64_t coarse = canon_line(d->side[side].canon, all->lines[i]).coarse;
		bool added;
		uint32_t id = idmap_add(&ids, coarse, (uint32_t)n, &added);
		if (added) {
			n++;
			list[id] = (struct segment){ .name = arena_slice(&d->arena, slice_of((const char *)&coarse, sizeof(coarse))),
						     .other = DIFF_NONE,
						     .owned = true };
		}
		if (list[id].count >= cap[id]) {
			cap[id] = cap[id] ? cap[id] * 2 : 8;
			list[id].lines = realloc(list[id].lines, cap[id] * sizeof(*list[id].lines));
			if (!list[id].lines)
				abort();
		}
		list[id].lines[list[id].count++] = all->lines[i];
	}
	for (size_t i = 0; i < n; i++)
		diff_digest(&d->side[side], &list[i]);
	idmap_release(&ids);
	free(cap);
	*count = n;
	return list;
}

static void regroup(struct differ *d, struct group *g)
{
	for (int side = 0; side < 2; side++) {
		if (!g->count[side])
			continue;
		struct segment *all = join(g, side);
		for (size_t i = 0; i < g->count[side]; i++)
			if (g->segments[side][i].owned)
				free(g->segments[side][i].lines);
		free(g->segments[side]);
		g->segments[side] = all;
		g->count[side] = 1;
		if (d->mode == MODE_SET)
			once(&d->side[side], all);
		if (d->mode == MODE_KEY) {
			g->segments[side] = by_coarse(d, all, side, &g->count[side]);
			free(all->lines);
			free(all);
		}
	}
}

void diff_group(struct differ *d)
{
	struct roles roles[2];
	uint32_t *of[2];
	struct map groups;
	struct buf name;

	if (d->mode == MODE_STRICT) {
		group_strict(d);
		return;
	}
	for (int s = 0; s < 2; s++) {
		of[s] = diff_alloc(canon_streams(d->side[s].canon), sizeof(**of));
		collect_roles(&d->side[s], &roles[s], of[s]);
	}
	if (several(&roles[0]) || several(&roles[1])) {
		collect_keys(&d->side[0], &roles[0], of[0]);
		collect_keys(&d->side[1], &roles[1], of[1]);
	}
	match_roles(&roles[0], &roles[1]);

	/* A group has the golden's role name; a role of the run alone its own, marked. */
	map_init(&groups);
	buf_init(&name, 1024 * 1024);
	size_t total = canon_streams(d->side[0].canon) + canon_streams(d->side[1].canon);
	d->groups = diff_alloc(total, sizeof(*d->groups));
	for (int pass = 0; pass < 2; pass++) {
		for (int s = 0; s < 2; s++) {
			for (size_t i = 0; i < canon_streams(d->side[s].canon); i++) {
				const struct canon_stream *st = canon_stream(d->side[s].canon, i);
				struct role *r = &roles[s].list[of[s][i]];
				bool golden = s == 0 || r->other != DIFF_NONE;
				struct slice role = s == 1 && golden ? roles[0].list[r->other].name : r->name;
				buf_reset(&name);
				buf_addf(&name, "%c%.*s/%.*s/%.*s", golden ? 'g' : 'r', SLICE_ARG(role), SLICE_ARG(st->service),
					 SLICE_ARG(st->boundary));
				uintptr_t id = (uintptr_t)map_get(&groups, buf_slice(&name));
				if (!id) {
					id = ++d->ngroups;
					map_set(&groups, buf_slice(&name), (void *)id);
					d->groups[id - 1] = (struct group){ .program = st->program,
									    .role = role,
									    .golden_role = golden,
									    .service = st->service,
									    .boundary = st->boundary };
				}
				struct group *g = &d->groups[id - 1];
				if (pass == 0) {
					g->count[s]++;
				} else {
					if (!g->segments[s]) {
						g->segments[s] = diff_alloc(g->count[s], sizeof(struct segment));
						g->count[s] = 0;
					}
					d->side[s].group[i] = (uint32_t)id - 1;
					add_segment(d, g, s, i);
				}
			}
		}
	}
	buf_release(&name);
	map_release(&groups);
	if (d->mode >= MODE_KEY)
		for (size_t i = 0; i < d->ngroups; i++)
			regroup(d, &d->groups[i]);
	for (int s = 0; s < 2; s++) {
		for (size_t r = 0; r < roles[s].count; r++)
			free(roles[s].list[r].keys);
		free(roles[s].list);
		free(of[s]);
	}
}

/*
 * lineage: follows ids from event to event. What the golden has and the run has
 * not is found by the comparison, which knows which ids of the two correspond.
 */
#include "trace/lineage.h"

#include "base/map.h"
#include "trace/diff_model.h"
#include "trace/jscan.h"

#define ROUNDS_MAX 16 /* ids tied to ids tied to ids */

static void hop_add(struct lineage *l, uint32_t event, bool missing, const char *via)
{
	if (l->count == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 16;
		l->hops = realloc(l->hops, l->cap * sizeof(*l->hops));
		if (!l->hops)
			abort();
	}
	l->hops[l->count++] = (struct lineage_hop){ event, missing, strdup(via) };
}

/* An id as a word of its own: 7 is not in 17. */
static bool holds(struct slice text, struct slice id)
{
	while (text.len >= id.len) {
		size_t at = slice_find_slice(text, id);
		if (at == text.len)
			return false;
		char before = at ? text.ptr[at - 1] : ' ', after = at + id.len < text.len ? text.ptr[at + id.len] : ' ';
		bool word = (before >= '0' && before <= '9') || (before >= 'a' && before <= 'z') || (before >= 'A' && before <= 'Z') ||
			    (after >= '0' && after <= '9') || (after >= 'a' && after <= 'z') || (after >= 'A' && after <= 'Z');
		if (!word)
			return true;
		text = slice_skip(text, at + 1);
	}
	return false;
}

/* Everything of an event but its volatile member. */
static struct slice said(const struct trace_line *l)
{
	return l->t.ptr ? slice_of(l->text.ptr, (size_t)(l->t.ptr - l->text.ptr)) : l->text;
}

/* One more event; its other ids are followed too. */
static void take(struct lineage *out, bool *taken, struct map *ids, uint32_t event, const struct trace_line *l, const char *via)
{
	struct jscan it = jscan_open(l->cor);
	struct slice key, item;

	taken[event] = true;
	hop_add(out, event, false, via);
	while (l->cor.ptr && jscan_next(&it, &key, &item))
		if (item.len > 2 && !map_get(ids, item))
			map_set(ids, item, ids);
}

static bool tied(const struct trace_line *l, const struct map *ids, struct slice *via)
{
	struct jscan it = jscan_open(l->cor);
	struct slice key, item;

	while (l->cor.ptr && jscan_next(&it, &key, &item))
		if (map_get(ids, item)) {
			*via = item;
			return true;
		}
	return false;
}

static int by_event(const void *a, const void *b)
{
	const struct lineage_hop *x = a, *y = b;

	if (x->event != y->event)
		return x->event < y->event ? -1 : 1;
	return x->missing - y->missing;
}

static void follow(struct lineage *out, const struct trace_file *f, struct slice id)
{
	size_t n = trace_file_count(f), before = SIZE_MAX;
	bool *taken = diff_alloc(n, sizeof(*taken));
	struct map ids;
	struct trace_line l;
	struct slice via;

	map_init(&ids);
	for (uint32_t i = 0; i < n; i++) {
		trace_file_line(f, i, &l);
		if (holds(said(&l), id))
			take(out, taken, &ids, i, &l, l.cor.ptr && holds(l.cor, id) ? "id" : "text");
	}
	for (int round = 0; round < ROUNDS_MAX && out->count && out->count != before; round++) {
		before = out->count;
		for (uint32_t i = 0; i < n; i++) {
			if (taken[i])
				continue;
			trace_file_line(f, i, &l);
			if (!tied(&l, &ids, &via))
				continue;
			char *text = strndup(via.ptr + 1, via.len - 2);
			take(out, taken, &ids, i, &l, text);
			free(text);
		}
	}
	if (out->count) /* an id that nothing names has no hops, and qsort takes no NULL */
		qsort(out->hops, out->count, sizeof(*out->hops), by_event);
	map_release(&ids);
	free(taken);
}

/* Values of the run's hops that name the id or hang together with it, and the
 * golden's lines that hold their counterparts and came to nothing. */
static void add_missing(struct lineage *out, struct differ *d)
{
	const struct side *golden = &d->side[0], *run = &d->side[1];
	bool *hop = diff_alloc(trace_file_count(run->file), sizeof(*hop));
	bool *wanted = diff_alloc(canon_values(golden->canon), sizeof(*wanted));
	size_t n, hops = out->count;

	for (size_t i = 0; i < hops; i++)
		hop[out->hops[i].event] = true;
	for (size_t line = 0; line < run->n; line++) {
		const uint32_t *v = canon_line_values(run->canon, line, &n, NULL);
		for (size_t i = 0; i < n && hop[canon_line(run->canon, line).event]; i++)
			if (run->value[v[i]] != DIFF_NONE)
				wanted[run->value[v[i]]] = true;
	}
	for (size_t line = 0; line < golden->n; line++) {
		const uint32_t *v = canon_line_values(golden->canon, line, &n, NULL);
		bool holds_one = false;
		for (size_t i = 0; i < n; i++)
			holds_one |= wanted[v[i]];
		if (holds_one && golden->match[line] == DIFF_NONE)
			hop_add(out, canon_line(golden->canon, line).event, true, "the golden");
	}
	free(hop);
	free(wanted);
}

int lineage_find(struct lineage *out, const struct trace_file *run, const struct trace_file *golden, const char *id, json_t *mask,
		 json_t *normalise, struct err *err)
{
	struct diff d = { 0 };
	struct diff_options options = { .mask = mask, .normalise = normalise, .keep = true };

	*out = (struct lineage){ 0 };
	follow(out, run, slice_str(id));
	if (!golden || !out->count)
		return 0;
	int rc = diff_traces(&d, golden, run, &options, err);
	if (!rc)
		add_missing(out, d.inside);
	diff_release(&d);
	return rc;
}

void lineage_release(struct lineage *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->hops[i].via);
	free(l->hops);
	*l = (struct lineage){ 0 };
}

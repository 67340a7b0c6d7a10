/*
 * judge_each: every correlation id that goes in comes out, and as often as it
 * should: exactly-once delivery, also over a program that was killed and
 * started again. What counts is what took effect: a statement counts when its
 * transaction was committed, a request when it did not fail, and an object
 * that is put again under its key is still one object.
 */
#include <stdlib.h>
#include <string.h>

#include "check/inside.h"
#include "port/sql.h"

struct delivered {
	uint64_t in;          /* times seen in "in" */
	uint64_t *then;       /* times seen in each of "then_in" */
	uint64_t first;       /* event */
	uint64_t counts[];
};
/* What a transaction holds back, until it is committed. */
struct held {
	size_t place;         /* 0: "in", else then_in from 1 */
	char *id;
};
struct transaction {
	struct held *list;
	size_t count, cap;
	bool open;
};

static void transaction_forget(struct transaction *x, size_t from)
{
	for (size_t i = from; i < x->count; i++)
		free(x->list[i].id);
	x->count = from;
}

void judge_pending_free(struct map *pending)
{
	struct map_entry *e;

	for (size_t i = 0; (e = map_next(pending, &i));) {
		struct transaction *x = e->value;
		transaction_forget(x, 0);
		free(x->list);
		free(x);
	}
	map_release(pending);
}

/* ---- counting -------------------------------------------------------------- */

static void deliver(struct tally *t, size_t place, const char *id, uint64_t event)
{
	struct delivered *d = map_get_str(&t->ids, id);

	if (!d) {
		d = calloc(1, sizeof(*d) + (t->e->nthen + 1) * sizeof(uint64_t));
		if (!d)
			abort();
		d->then = d->counts;
		d->first = event;
		map_set(&t->ids, slice_str(id), d);
	}
	if (place)
		d->then[place - 1]++;
	else
		d->in++;
}

static struct transaction *transaction_of(struct tally *t, struct slice stream)
{
	struct transaction *x = map_get(&t->pending, stream);

	if (!x) {
		x = calloc(1, sizeof(*x));
		if (!x)
			abort();
		map_set(&t->pending, stream, x);
	}
	return x;
}

static void hold(struct transaction *x, size_t place, const char *id)
{
	if (x->count == x->cap) {
		x->cap = x->cap ? x->cap * 2 : 16;
		x->list = realloc(x->list, x->cap * sizeof(*x->list));
		if (!x->list)
			abort();
	}
	x->list[x->count++] = (struct held){ place, strdup(id) };
}

/* A savepoint is a held entry that stands for nothing. */
#define SAVEPOINT ((size_t)-1)

static void back_to_savepoint(struct transaction *x, struct slice name)
{
	for (size_t i = x->count; i-- > 0;)
		if (x->list[i].place == SAVEPOINT && slice_eq_nocase_str(name, x->list[i].id)) {
			transaction_forget(x, i + 1);
			return;
		}
}

static struct slice last_word(struct slice text)
{
	text = slice_trim(text);
	while (text.len && (text.ptr[text.len - 1] == ';' || text.ptr[text.len - 1] == ' '))
		text.len--;
	size_t at = text.len;
	while (at && text.ptr[at - 1] != ' ' && text.ptr[at - 1] != '\n')
		at--;
	return slice_skip(text, at);
}

/* What the statement does to its transaction. */
static void follow_transaction(struct tally *t, struct asked *e, bool effect)
{
	struct slice verb = e->req.sql.analysis->verb;
	const char *tag = json_string_value(json_object_get(json_object_get(e->json, "res"), "tag"));
	struct transaction *x = transaction_of(t, e->stream);

	if (!effect)
		return;
	if (slice_eq_str(verb, "BEGIN") || slice_eq_str(verb, "START TRANSACTION")) {
		x->open = true;
	} else if (slice_eq_str(verb, "COMMIT") || slice_eq_str(verb, "END")) {
		bool undone = tag && strcmp(tag, "ROLLBACK") == 0; /* of a failed transaction */
		for (size_t i = 0; i < x->count && !undone; i++)
			if (x->list[i].place != SAVEPOINT)
				deliver(t, x->list[i].place, x->list[i].id, e->event);
		transaction_forget(x, 0);
		x->open = false;
	} else if (slice_eq_str(verb, "SAVEPOINT") && x->open) {
		struct slice name = last_word(e->req.sql.text);
		hold(x, SAVEPOINT, arena_slice(e->req.arena, name).ptr);
	} else if (slice_has_prefix(verb, SLICE_LIT("ROLLBACK"))) {
		if (slice_find_slice(e->req.sql.text, SLICE_LIT(" to ")) < e->req.sql.text.len ||
		    slice_find_slice(e->req.sql.text, SLICE_LIT(" TO ")) < e->req.sql.text.len) {
			back_to_savepoint(x, last_word(e->req.sql.text));
		} else {
			transaction_forget(x, 0);
			x->open = false;
		}
	}
}

static void count_ids(struct tally *t, struct asked *e, size_t place)
{
	json_t *cor = json_object_get(e->json, "cor"), *one;
	struct transaction *x = e->req.port == PORT_SQL ? transaction_of(t, e->stream) : NULL;
	size_t i;

	json_array_foreach(cor, i, one) {
		const char *id = json_string_value(one);
		if (!id || !slice_has_prefix(slice_str(id), t->e->each))
			continue;
		if (e->req.port == PORT_OBJECT) {
			struct slice unit = arena_printf(e->req.arena, "%zu %.*s/%.*s %s", place, SLICE_ARG(e->req.object.bucket),
							 SLICE_ARG(e->req.object.key), id);
			if (map_get(&t->units, unit))
				continue;
			map_set(&t->units, unit, t);
		}
		if (x && x->open)
			hold(x, place, id);
		else
			deliver(t, place, id, e->event);
	}
}

/* An answer that was lost on its way took effect all the same. */
static bool took_effect(const struct asked *e)
{
	return e->outcome.ok || json_is_true(json_object_get(json_object_get(e->json, "a"), "seam.effect"));
}

static void feed_each(struct judge *j, struct tally *t, struct asked *e)
{
	bool effect = took_effect(e);

	if (effect) {
		for (size_t i = 0; i < t->e->nsteps; i++)
			if (selector_holds(j->rules, &t->e->steps[i], &e->req, &e->outcome)) {
				count_ids(t, e, 0);
				break;
			}
		for (size_t i = 0; i < t->e->nthen; i++)
			if (selector_holds(j->rules, &t->e->then[i], &e->req, &e->outcome))
				count_ids(t, e, i + 1);
	}
	if (e->req.port == PORT_SQL)
		follow_transaction(t, e, effect);
	if (slice_eq_str(e->kind, "conn.close"))
		transaction_forget(transaction_of(t, e->stream), 0);
}

/* ---- the verdict -------------------------------------------------------------- */

static void say(struct buf *found, struct tally *t, size_t *wrong, const char *id, uint64_t times, struct slice where)
{
	if ((*wrong)++ < SHOWN)
		buf_addf(found, "%s%s appears %llu time%s in %.*s", *wrong > 1 ? "; " : "", id + t->e->each.len, (unsigned long long)times,
			 times == 1 ? "" : "s", SLICE_ARG(where));
}

static bool within(const struct count_range *c, uint64_t n)
{
	return n >= c->min && n <= c->max;
}

static bool end_each(struct judge *j, struct tally *t, struct buf *found)
{
	const struct expectation *x = t->e;
	struct map_entry *e;
	size_t wrong = 0, ids = 0;

	(void)j;
	for (size_t i = 0; (e = map_next(&t->ids, &i));) {
		struct delivered *d = e->value;
		if (!d->in) { /* out of nothing */
			for (size_t k = 0; k < x->nthen; k++)
				if (d->then[k] && wrong++ < SHOWN)
					buf_addf(found, "%s%s appears in %.*s and never in %.*s", wrong > 1 ? "; " : "", e->key.ptr + x->each.len,
						 SLICE_ARG(x->then[k].text), SLICE_ARG(x->steps[0].text));
			continue;
		}
		ids++;
		if (!within(&x->count, d->in))
			say(found, t, &wrong, e->key.ptr, d->in, x->steps[0].text);
		for (size_t k = 0; k < x->nthen; k++)
			if (!within(&x->count, d->then[k]))
				say(found, t, &wrong, e->key.ptr, d->then[k], x->then[k].text);
	}
	if (wrong > SHOWN)
		buf_addf(found, "; and %zu more", wrong - SHOWN);
	if (!ids && !wrong)
		buf_addf(found, "no event of %.*s carries such an id; is its path in \"correlate\"", SLICE_ARG(x->steps[0].text));
	return ids && !wrong;
}

const struct judge_kind judge_each = { .feed = feed_each, .end = end_each, .by_events = true };

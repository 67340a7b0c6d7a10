/* judge_events: expectations that count events, and their order. */
#include "check/inside.h"

static void say_range(const struct count_range *c, struct buf *out)
{
	if (c->min == c->max)
		buf_addf(out, "wants %llu event%s", (unsigned long long)c->min, c->min == 1 ? "" : "s");
	else if (c->max == UINT64_MAX)
		buf_addf(out, "wants at least %llu event%s", (unsigned long long)c->min, c->min == 1 ? "" : "s");
	else
		buf_addf(out, "wants %llu to %llu events", (unsigned long long)c->min, (unsigned long long)c->max);
}

static bool end_count(struct judge *j, struct tally *t, struct buf *found)
{
	(void)j;
	if (t->count >= t->e->count.min && t->count <= t->e->count.max)
		return true;
	say_range(&t->e->count, found);
	buf_addf(found, ", found %llu%s", (unsigned long long)t->count, t->count ? ":" : "");
	return false;
}

static void feed_count(struct judge *j, struct tally *t, struct asked *e)
{
	judge_count(j, t, &t->e->steps[0], e);
}

const struct judge_kind judge_events = { .feed = feed_count, .end = end_count, .by_events = true };
const struct judge_kind judge_never = { .feed = feed_count, .end = end_count, .by_events = true };
const struct judge_kind judge_times = { .feed = feed_count, .end = end_count, .by_events = true };

/*
 * Steps are taken one after the other. An event of a later step that is not
 * also one of a step before it came too early; what repeats an earlier step
 * is let pass.
 */
static void feed_order(struct judge *j, struct tally *t, struct asked *e)
{
	const struct expectation *x = t->e;

	if (t->step == x->nsteps || t->broken.len)
		return;
	if (selector_holds(j->rules, &x->steps[t->step], &e->req, &e->outcome)) {
		t->count = ++t->step;
		buf_add_str(&t->seen, "     ");
		judge_event_line(e, &t->seen);
		buf_add_char(&t->seen, '\n');
		return;
	}
	for (size_t i = 0; i < t->step; i++)
		if (selector_holds(j->rules, &x->steps[i], &e->req, &e->outcome))
			return;
	for (size_t i = t->step + 1; i < x->nsteps; i++) {
		if (!selector_holds(j->rules, &x->steps[i], &e->req, &e->outcome))
			continue;
		buf_addf(&t->broken, "%.*s came before %.*s: ", SLICE_ARG(x->steps[i].text), SLICE_ARG(x->steps[t->step].text));
		judge_event_line(e, &t->broken);
		return;
	}
}

static bool end_order(struct judge *j, struct tally *t, struct buf *found)
{
	const struct expectation *x = t->e;

	(void)j;
	if (t->broken.len)
		buf_add_slice(found, buf_slice(&t->broken));
	else if (t->step < x->nsteps)
		buf_addf(found, "%.*s did not come%s%.*s%s", SLICE_ARG(x->steps[t->step].text), t->step ? " after " : "",
			 t->step ? (int)x->steps[t->step - 1].text.len : 0, t->step ? x->steps[t->step - 1].text.ptr : "", t->step ? ":" : "");
	return !t->broken.len && t->step == x->nsteps;
}

const struct judge_kind judge_order = { .feed = feed_order, .end = end_order, .by_events = true };

/* judge_end: expectations on how the run ended: what the fakes held, how much
 * memory was used. What leaked is in judge_hygiene.c. */
#include <string.h>

#include "check/inside.h"

/* ---- state: the host asked the fakes and wrote down what they said -------------- */

static bool same_question(json_t *asked, json_t *question)
{
	return question ? json_equal(asked, question) : json_object_size(asked) == 0;
}

static void feed_state(struct judge *j, struct tally *t, struct asked *e)
{
	const char *question = json_string_value(json_object_get(json_object_get(e->json, "a"), "seam.state.question"));
	const char *service = json_string_value(json_object_get(json_object_get(e->json, "a"), "seam.state.service"));

	if (!question || !slice_eq_str(e->kind, "note") || strcmp(service ? service : "", t->e->service ? t->e->service : "") != 0)
		return;
	json_t *asked = json_loads(question, 0, NULL);
	if (same_question(asked, t->e->question)) {
		struct body *body = asked_body(json_object_get(e->json, "res"), j->trace);
		struct slice text = body_slice(body);
		json_decref(t->answer);
		t->answer = json_loadb(text.ptr ? text.ptr : "", text.len, 0, NULL);
		body_free(body);
	}
	json_decref(asked);
}

static bool end_state(struct judge *j, struct tally *t, struct buf *found)
{
	if (t->answer)
		return expectation_state_holds(j->rules, t->e, t->answer, found);
	buf_add_str(found, "the trace does not hold the answer: the run's own rule files must have this expectation, so that it is asked at the end");
	return false;
}

const struct judge_kind judge_state = { .feed = feed_state, .end = end_state };

/* ---- memory ------------------------------------------------------------------------- */

static void feed_rss(struct judge *j, struct tally *t, struct asked *e)
{
	json_t *rss = json_object_get(json_object_get(e->json, "t"), "rss");

	(void)j;
	if ((uint64_t)json_integer_value(rss) > t->number)
		t->number = (uint64_t)json_integer_value(rss);
}

static bool end_rss(struct judge *j, struct tally *t, struct buf *found)
{
	(void)j;
	if (!t->number) {
		buf_add_str(found, "the trace does not say how much memory the program used");
		return false;
	}
	if (t->number <= t->e->limit)
		return true;
	buf_addf(found, "wants at most %.1f MiB, found %.1f MiB", (double)t->e->limit / 1048576, (double)t->number / 1048576);
	return false;
}

const struct judge_kind judge_max_rss = { .feed = feed_rss, .end = end_rss };

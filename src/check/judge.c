/* judge: feeds events to the judges of every kind (expect.def) and collects
 * what they say. Leaves deciding to judge_*.c. */
#include <stdlib.h>
#include <string.h>

#include "check/inside.h"

static const struct judge_kind *const kinds[] = {
#define EXPECT(name, key, reader) &judge_##name,
#include "rule/expect.def"
};

struct judge *judge_new(struct rules *r, const char *trace)
{
	struct judge *j = calloc(1, sizeof(*j));
	const struct expectation *list = rules_expectations(r, &j->count);

	if (!j || !(j->tallies = calloc(j->count + 1, sizeof(*j->tallies))))
		abort();
	j->rules = r;
	j->trace = trace ? strdup(trace) : NULL;
	arena_init(&j->arena);
	arena_init(&j->kept);
	for (size_t i = 0; i < j->count; i++) {
		struct tally *t = &j->tallies[i];
		t->e = &list[i];
		buf_init(&t->seen, 64 * 1024);
		buf_init(&t->broken, 64 * 1024);
		map_init(&t->ids);
		map_init(&t->pending);
		map_init(&t->units);
	}
	return j;
}

static void free_values(struct map *m)
{
	struct map_entry *e;

	for (size_t i = 0; (e = map_next(m, &i));)
		free(e->value);
	map_release(m);
}

void judge_free(struct judge *j)
{
	if (!j)
		return;
	for (size_t i = 0; i < j->count; i++) {
		struct tally *t = &j->tallies[i];
		for (size_t k = 0; k < NEAR; k++)
			free(t->near[k].line);
		buf_release(&t->seen);
		buf_release(&t->broken);
		free_values(&t->ids);
		judge_pending_free(&t->pending);
		map_release(&t->units);
		json_decref(t->answer);
	}
	free(j->tallies);
	free(j->trace);
	arena_release(&j->arena);
	arena_release(&j->kept);
	free(j);
}

/* ---- events ---------------------------------------------------------------- */

static struct slice shortened(struct slice s)
{
	size_t n = s.len < 160 ? s.len : 160;

	while (n && n < s.len && ((unsigned char)s.ptr[n] & 0xc0) == 0x80)
		n--;
	return slice_take(s, n);
}

void judge_event_line(const struct asked *e, struct buf *out)
{
	struct slice what = e->req.sum;

	if (e->req.port == PORT_HTTP && e->req.http.authority.len)
		what = arena_printf(e->req.arena, "%.*s %.*s", SLICE_ARG(e->req.http.method), SLICE_ARG(http_request_url(&e->req.http, e->req.arena)));
	else if (e->req.port == PORT_SQL)
		what = e->req.sql.text;
	else if (e->req.port == PORT_OBJECT && e->req.object.key.len)
		what = arena_printf(e->req.arena, "%.*s %.*s/%.*s", SLICE_ARG(e->req.op), SLICE_ARG(e->req.object.bucket), SLICE_ARG(e->req.object.key));
	buf_addf(out, "event %llu  %.*s  ", (unsigned long long)e->event, SLICE_ARG(e->stream));
	what = shortened(what);
	for (size_t i = 0; i < what.len; i++)
		buf_add_char(out, what.ptr[i] == '\n' || what.ptr[i] == '\t' ? ' ' : what.ptr[i]);
	if (!e->outcome.ok)
		buf_addf(out, "  failed: %.*s", SLICE_ARG(e->outcome.err));
}

static void remember(struct tally *t, unsigned score, struct asked *e)
{
	size_t at = 0;

	while (at < NEAR && t->near[at].score >= score)
		at++;
	if (at == NEAR)
		return;
	free(t->near[NEAR - 1].line);
	memmove(&t->near[at + 1], &t->near[at], (NEAR - 1 - at) * sizeof(t->near[0]));
	t->near[at] = (struct near){ score, e->event, json_dumps(e->json, JSON_COMPACT) };
}

void judge_count(struct judge *j, struct tally *t, const struct selector *s, struct asked *e)
{
	if (selector_holds(j->rules, s, &e->req, &e->outcome)) {
		if (t->count++ < SHOWN) {
			buf_add_str(&t->seen, "     ");
			judge_event_line(e, &t->seen);
			buf_add_char(&t->seen, '\n');
		}
		return;
	}
	unsigned score = selector_closeness(j->rules, s, &e->req, &e->outcome);
	if (score && score > t->near[NEAR - 1].score)
		remember(t, score, e);
}

void judge_feed(struct judge *j, struct slice line)
{
	struct asked e;

	if (!asked_read(&e, line, j->events, j->trace, &j->arena))
		return;
	j->events++;
	for (size_t i = 0; i < j->count; i++)
		if (kinds[j->tallies[i].e->kind]->feed)
			kinds[j->tallies[i].e->kind]->feed(j, &j->tallies[i], &e);
	asked_release(&e);
	arena_reset(&j->arena);
}

/* ---- verdicts ----------------------------------------------------------------- */

static void near_one(struct judge *j, const struct tally *t, const struct near *n, struct buf *out)
{
	const struct selector *s = t->step < t->e->nsteps ? &t->e->steps[t->step] : t->e->steps;
	struct asked e;

	if (!n->line || !asked_read(&e, slice_str(n->line), n->event, j->trace, &j->arena))
		return;
	const struct why *why = selector_why(j->rules, s, &e.req, &e.outcome);
	buf_add_str(out, "     nearest: ");
	judge_event_line(&e, out);
	if (why->nconditions)
		buf_addf(out, "   %zu of %zu conditions hold", why->nhold, why->nconditions);
	buf_add_char(out, '\n');
	for (size_t i = 0; i < why->nconditions; i++)
		if (!why->conditions[i].holds)
			buf_addf(out, "       NO  %.*s   wants %.*s   got %.*s\n", SLICE_ARG(why->conditions[i].path), SLICE_ARG(why->conditions[i].wants),
				 SLICE_ARG(why->conditions[i].got));
	asked_release(&e);
	arena_reset(&j->arena);
}

static struct slice nearest(struct judge *j, const struct tally *t)
{
	struct buf out;

	buf_init(&out, 256 * 1024);
	buf_add_slice(&out, buf_slice(&t->seen));
	if (t->count < t->e->count.min || t->e->kind == EXPECT_order)
		for (size_t i = 0; i < NEAR; i++)
			near_one(j, t, &t->near[i], &out);
	struct slice kept = arena_slice(&j->kept, buf_slice(&out));
	buf_release(&out);
	return kept;
}

void judge_look(struct judge *j, json_t *(*look)(void *of, const char *service, json_t *question), void *of)
{
	for (size_t i = 0; i < j->count; i++) {
		struct tally *t = &j->tallies[i];

		if (t->e->kind != EXPECT_state)
			continue;
		json_decref(t->answer);
		t->answer = look(of, t->e->service, t->e->question);
	}
}

bool judge_holds_yet(const struct judge *j)
{
	struct buf found;
	bool all = true;

	buf_init(&found, 64 * 1024);
	for (size_t i = 0; i < j->count && all; i++) {
		const struct judge_kind *kind = kinds[j->tallies[i].e->kind];
		all = (!kind->by_events && !j->tallies[i].answer) || kind->end((struct judge *)j, &j->tallies[i], &found);
	}
	buf_release(&found);
	return all;
}

const struct verdict *judge_end(struct judge *j, json_t *trailer, size_t *count)
{
	struct buf found;

	j->trailer = trailer;
	j->verdicts = ARENA_ARRAY(&j->kept, struct verdict, j->count + 1);
	buf_init(&found, 64 * 1024);
	for (size_t i = 0; i < j->count; i++) {
		struct tally *t = &j->tallies[i];
		struct verdict *v = &j->verdicts[i];
		buf_reset(&found);
		*v = (struct verdict){ .expectation = t->e, .place = expectation_place(j->rules, t->e, &j->kept) };
		v->holds = kinds[t->e->kind]->end(j, t, &found);
		v->found = arena_slice(&j->kept, buf_slice(&found));
		if (!v->holds)
			v->near = nearest(j, t);
	}
	buf_release(&found);
	*count = j->count;
	return j->verdicts;
}

void judge_print(const struct verdict *v, size_t count, bool all, struct buf *out)
{
	for (size_t i = 0; i < count; i++) {
		if (v[i].holds && !all)
			continue;
		struct slice text = shortened(v[i].expectation->text);
		buf_addf(out, "  %s %.*s  %.*s%s\n", v[i].holds ? "ok " : "NO ", SLICE_ARG(v[i].place), SLICE_ARG(text),
			 text.len < v[i].expectation->text.len ? "..." : "");
		if (v[i].holds)
			continue;
		buf_addf(out, "     %.*s\n%.*s", SLICE_ARG(v[i].found), SLICE_ARG(v[i].near));
	}
}

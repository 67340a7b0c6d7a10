/* state: what the fakes hold, asked on behalf of expectations and sessions. The
 * answers at the end of a run go into its trace, so that they can be judged
 * without the host. */
#include "host/state.h"

#include <stdlib.h>
#include <string.h>

#include "rule/expect.h"

struct served *state_service(struct host *h, const char *name)
{
	for (size_t i = 0; i < h->nservices; i++)
		if (strcmp(h->services[i].declared->name, name) == 0)
			return &h->services[i];
	return NULL;
}

json_t *state_look(struct host *h, const char *service, json_t *question)
{
	struct served *s;

	if (!service)
		return json_pack("{s:o}", "states", rules_states(h->rules));
	if (!(s = state_service(h, service)))
		return json_pack("{s:s+++}", "error", "no service is named \"", service, "\"", "");
	if (!s->type || !s->type->state || !s->fake)
		return json_pack("{s:s++}", "error", s->declared->protocol, " services hold nothing that could be looked at", "");
	return s->type->state->look(s->fake, question);
}

static void note(struct host *h, const struct expectation *e)
{
	json_t *answer = state_look(h, e->service, e->question);
	char *question = json_dumps(e->question ? e->question : json_object(), JSON_COMPACT), *dump = json_dumps(answer, JSON_COMPACT);
	const char *error = json_string_value(json_object_get(answer, "error"));

	if (question && dump)
		events_state(h, e->service ? e->service : "", question, dump, error != NULL);
	free(question);
	free(dump);
	json_decref(answer);
}

static bool same(const struct expectation *a, const struct expectation *b)
{
	if (strcmp(a->service ? a->service : "", b->service ? b->service : "") != 0)
		return false;
	return a->question && b->question ? json_equal(a->question, b->question) : a->question == b->question;
}

void state_ask_expected(struct host *h)
{
	size_t n;
	const struct expectation *list = rules_expectations(h->rules, &n);

	for (size_t i = 0; i < n; i++) {
		bool asked = list[i].kind != EXPECT_state;
		for (size_t k = 0; k < i && !asked; k++)
			asked = list[k].kind == EXPECT_state && same(&list[k], &list[i]);
		if (!asked)
			note(h, &list[i]);
	}
}

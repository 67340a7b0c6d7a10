/* attempt: a name has two addresses, and a client that is refused at one tries the
 * other at once. That is one attempt: one rule answers it, one event tells of it,
 * and whether a client tries twice shows nowhere. Only refusals need this: a
 * client that was served stops there. */
#include "host/inside.h"

#include <stdio.h>
#include <stdlib.h>

/* Refusals by one thread at one address of a name that the other address has not had yet. */
struct refusals {
	unsigned count;
	int error;
};

/* "" when the address is no name's. */
static struct slice key_of(struct host *h, const struct process *p, int32_t tid, const struct wire_addr *asked, uint8_t family, char key[400])
{
	const struct page_name *name = publish_name_of(&h->page, asked);
	int n = name ? snprintf(key, 400, "%d %d %u %u %u %s", (int)p->pid, tid, asked->transport, asked->port, family, name->name) : 0;

	return slice_of(key, (size_t)n);
}

static uint8_t other_family(const struct wire_addr *asked)
{
	return asked->family == WIRE_INET ? WIRE_INET6 : WIRE_INET;
}

int attempt_goes_on(struct host *h, const struct process *p, int32_t tid, const struct wire_addr *asked)
{
	char key[400];
	struct slice at = key_of(h, p, tid, asked, other_family(asked), key);
	struct refusals *r = at.len ? map_get(&h->refusals, at) : NULL;

	if (!r)
		return 0;
	int error = r->error;
	if (--r->count == 0)
		free(map_take(&h->refusals, at));
	return error;
}

void attempt_refused(struct host *h, const struct process *p, int32_t tid, const struct wire_addr *asked, int error)
{
	char key[400];
	struct slice at = key_of(h, p, tid, asked, asked->family, key);

	if (!at.len)
		return;
	struct refusals *r = map_get(&h->refusals, at);
	if (!r) {
		r = calloc(1, sizeof(*r));
		if (!r)
			return;
		map_set(&h->refusals, at, r);
	}
	r->count++;
	r->error = error;
}

void attempt_forget_all(struct host *h)
{
	struct map_entry *e;

	for (size_t i = 0; (e = map_next(&h->refusals, &i));)
		free(e->value);
	map_release(&h->refusals);
}

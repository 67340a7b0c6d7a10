/* unshimmed: a short list, in the order of discovery. */
#include "host/unshimmed.h"

#include <stdlib.h>
#include <string.h>

#define KEPT 256 /* a shell loop over a static program is one entry; more than this many are not read by anybody */

static size_t find(const struct unshimmed *u, struct slice name)
{
	size_t i = 0;

	while (i < u->count && !slice_eq_str(name, u->names[i]))
		i++;
	return i;
}

void unshimmed_add(struct unshimmed *u, struct slice name, const char *why)
{
	if (u->count == KEPT || find(u, name) < u->count)
		return;
	u->names = realloc(u->names, (u->count + 1) * sizeof(*u->names));
	u->why = realloc(u->why, (u->count + 1) * sizeof(*u->why));
	char *copy = strndup(name.ptr, name.len);
	if (!u->names || !u->why || !copy)
		abort();
	u->names[u->count] = copy;
	u->why[u->count++] = why;
}

void unshimmed_remove(struct unshimmed *u, struct slice name)
{
	size_t i = find(u, name);

	if (i == u->count)
		return;
	free(u->names[i]);
	u->count--;
	memmove(u->names + i, u->names + i + 1, (u->count - i) * sizeof(*u->names));
	memmove(u->why + i, u->why + i + 1, (u->count - i) * sizeof(*u->why));
}

void unshimmed_release(struct unshimmed *u)
{
	for (size_t i = 0; i < u->count; i++)
		free(u->names[i]);
	free(u->names);
	free(u->why);
	*u = (struct unshimmed){ 0 };
}

void unshimmed_print(const struct unshimmed *u, struct buf *out)
{
	for (size_t i = 0; i < u->count; i++)
		buf_addf(out, "seam: unshimmed  %s: %s\n", u->names[i], u->why[i]);
}

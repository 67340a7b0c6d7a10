/*
 * canon_label: names the volatile values of a recording.
 *
 * A label is a hash of where the value first appears: stream, sum, place, and
 * the how-manieth of its kind there. So an event inserted elsewhere renames
 * nothing. Four hex digits, more when another place came to the same ones.
 */
#include "trace/canon_model.h"

/* Which value has which number is forgotten after loading: only labels need it.
 * Read in the same order, the values get the same numbers again. */
static void number_again(struct canon *c)
{
	size_t n = 0;

	idmap_release(&c->text.etags);
	idmap_init(&c->text.etags);
	c->text.again = true;
	c->state = CANON_READING;
	for (uint32_t i = 0; i < trace_file_count(c->file); i++) {
		struct slice leaves[SKELETON_LEAVES];
		struct skeleton *s = trace_file_skeleton(c->file, i, leaves);
		struct shape_plan *p = shape_plan(&c->text, s);
		struct shape unused;
		size_t values = c->nvalues, occurrences = c->noccurrences;
		c->nfound = 0;
		c->nvalues = n;
		shape_event(&c->text, s, p, leaves, &unused);
		n = c->nvalues;
		c->nvalues = values;
		c->noccurrences = occurrences;
		if (s->scratch) {
			shape_plan_free(p);
			s->plan = NULL;
		}
	}
	c->text.again = false;
}

static struct slice label_new(struct canon *c, uint64_t label, struct idmap *used)
{
	char digits[20];
	bool fresh = false;
	size_t n;

	snprintf(digits, sizeof(digits), "%016llx", (unsigned long long)label);
	for (n = 4;; n += 4) {
		idmap_add(used, canon_hash(digits, n, 12), 1, &fresh);
		if (fresh || n == 16)
			break;
	}
	return arena_slice(&c->arena, slice_of(digits, n));
}

void canon_label(struct canon *c)
{
	struct idmap places, used;

	if (c->labels)
		return;
	c->labels = canon_alloc(c->nvalues, sizeof(*c->labels));
	number_again(c);
	if (c->text.canonical) {
		c->state = CANON_LABELLED;
		return; /* a golden's names are its own */
	}
	idmap_init(&places);
	idmap_init(&used);
	for (size_t i = 0; i < c->nlines; i++) {
		size_t n;
		const uint32_t *paths, *v = canon_line_values(c, i, &n, &paths);
		if (!n)
			continue;
		struct slice st = c->streams[canon_line_stream(c, i)].name;
		uint64_t where = canon_hash(st.ptr, st.len, (uint32_t)c->kinds[c->kind[i]].sum);
		for (size_t o = 0; o < n; o++) {
			if (c->labels[v[o]].len)
				continue;
			uint64_t place = canon_hash(&paths[o], sizeof(paths[o]), where);
			uint32_t ordinal = 0;
			idmap_get(&places, place, &ordinal);
			idmap_set(&places, place, ordinal + 1);
			c->labels[v[o]] = label_new(c, canon_hash(&ordinal, sizeof(ordinal), place), &used);
		}
	}
	idmap_release(&places);
	idmap_release(&used);
	c->state = CANON_LABELLED;
}

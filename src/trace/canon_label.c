/*
 * canon_label: names the volatile values of a recording.
 *
 * A label is a hash of where the value first appears: stream, sum, place, and
 * the how-manieth of its kind there. So an event inserted elsewhere renames
 * nothing. Four hex digits, more when another place came to the same ones.
 */
#include "trace/canon_model.h"

void canon_label(struct canon *c)
{
	struct idmap places, used;
	char digits[20];

	idmap_init(&places);
	idmap_init(&used);
	for (size_t i = 0; i < c->nlines; i++) {
		const struct canon_line *l = &c->lines[i];
		const struct canon_event *e = &c->events[l->event];
		struct slice st = c->streams[l->stream].name;
		if (!e->values_count)
			continue;
		uint64_t where = canon_hash(st.ptr, st.len, e->sum);
		for (uint32_t o = 0; o < e->values_count; o++) {
			const struct canon_value *x = &c->occurrences[e->values_from + o];
			struct canon_val *v = &c->values[x->value];
			if (v->label[0])
				continue;
			uint64_t place = canon_hash(&x->path, sizeof(x->path), where);
			uint32_t ordinal = 0;
			idmap_get(&places, place, &ordinal);
			idmap_set(&places, place, ordinal + 1);
			uint64_t label = canon_hash(&ordinal, sizeof(ordinal), place);
			snprintf(digits, sizeof(digits), "%016llx", (unsigned long long)label);
			bool fresh = false;
			for (size_t n = 4; n <= 16 && !fresh; n += 4) {
				snprintf(v->label, sizeof(v->label), "%.*s", (int)n, digits);
				idmap_add(&used, canon_hash(v->label, n, 12), 1, &fresh);
			}
		}
	}
	idmap_release(&places);
	idmap_release(&used);
}

/*
 * canon_events: reads what is compared of each event: its shape, and which of
 * its values are equal to which others.
 *
 * What is kept of an event is a hash, the number of its kind and where its
 * values begin; kinds are few.
 */
#include "trace/canon_model.h"

void canon_on_value(void *arg, enum volatile_type type, uint64_t value, struct slice path, struct slice text, struct buf *out)
{
	struct canon *c = arg;
	bool added;
	uint32_t id;

	switch (c->state) {
	case CANON_LABELLED:
		if (idmap_get(&c->value_ids, value, &id) && c->labels[id].len) {
			buf_add_char(out, ':');
			buf_add_slice(out, c->labels[id]);
		}
		return;
	case CANON_TEXT:
		if (c->text.canonical) {
			buf_add_char(out, ':');
			buf_add_slice(out, text);
		}
		return;
	case CANON_LOOKING:
		if (c->looked++ == c->look_for) {
			buf_addf(c->look_value, "<%s:", volatile_name(type));
			buf_add_slice(c->look_value, text);
			buf_add_char(c->look_value, '>');
			buf_add_slice(c->look_path, path);
		}
		return;
	default:
		break;
	}
	id = idmap_add(&c->value_ids, value, (uint32_t)c->nvalues, &added);
	if (added) {
		c->value_type = canon_grow(c->value_type, &c->cap_values, c->nvalues, sizeof(*c->value_type));
		c->value_type[c->nvalues++] = (uint8_t)type;
	}
	if (c->text.again && c->text.canonical)
		c->labels[id] = canon_intern(c, text);
	c->occurrences = canon_grow(c->occurrences, &c->cap_occurrences, c->noccurrences, sizeof(*c->occurrences));
	c->occurrences[c->noccurrences++] = id;
	c->found = canon_grow(c->found, &c->cap_found, c->nfound, sizeof(*c->found));
	c->found[c->nfound++] = (uint32_t)canon_hash(path.ptr, path.len, 9);
}

static enum canon_class class_of(struct slice k)
{
	if (slice_eq_str(k, "conn.open"))
		return C_OPEN;
	if (slice_eq_str(k, "conn.close"))
		return C_CLOSE;
	if (slice_eq_str(k, "tls"))
		return C_TLS;
	if (slice_eq_str(k, "http") || slice_eq_str(k, "s3"))
		return C_REQUEST;
	return C_OTHER;
}

static uint32_t kind_of(struct canon *c, const struct skeleton *s, const struct shape *sh)
{
	uint64_t flags[3] = { sh->coarse, sh->sum, (uint64_t)sh->none | (uint64_t)sh->failed << 1 | (uint64_t)sh->near << 2 };
	uint64_t key = canon_hash(flags, sizeof(flags), c->nfound ? canon_hash(c->found, c->nfound * sizeof(*c->found), 21) : 0);
	bool added;
	uint32_t id = idmap_add(&c->kind_ids, key, (uint32_t)c->nkinds, &added);

	if (!added)
		return id;
	c->kinds = canon_grow(c->kinds, &c->cap_kinds, c->nkinds, sizeof(*c->kinds));
	c->kinds[c->nkinds++] = (struct canon_kind){ .coarse = sh->coarse,
						     .sum = sh->sum,
						     .class = class_of(s->k),
						     .none = sh->none,
						     .failed = sh->failed,
						     .near = sh->near,
						     .paths = c->npaths,
						     .npaths = c->nfound };
	for (size_t i = 0; i < c->nfound; i++) {
		c->paths = canon_grow(c->paths, &c->cap_paths, c->npaths, sizeof(*c->paths));
		c->paths[c->npaths++] = c->found[i];
	}
	return id;
}

void canon_event_add(struct canon *c, uint32_t event, struct skeleton *s, const struct slice *leaves)
{
	struct shape shape;

	c->nfound = 0;
	c->values_from[event] = (uint32_t)c->noccurrences;
	struct shape_plan *p = shape_plan(&c->text, s);
	shape_event(&c->text, s, p, leaves, &shape);
	if (s->scratch) {
		shape_plan_free(p);
		s->plan = NULL;
	}
	c->shapes[event] = shape.hash;
	c->kind[event] = kind_of(c, s, &shape);
}

void canon_events_done(struct canon *c)
{
	struct skeleton_set *set = trace_file_skeletons(c->file);

	for (size_t i = 0; i < skeleton_count(set); i++) {
		struct skeleton *s = skeleton_at(set, i);
		shape_plan_free(s->plan);
		s->plan = NULL;
	}
	idmap_release(&c->value_ids);
	idmap_release(&c->kind_ids);
	idmap_init(&c->value_ids);
	idmap_init(&c->kind_ids);
	free(c->found);
	c->found = NULL;
	c->cap_found = 0;
}

const uint32_t *canon_event_values(const struct canon *c, uint32_t at, size_t *count, const uint32_t **paths)
{
	const struct canon_kind *k = &c->kinds[c->kind[at]];

	*count = k->npaths;
	if (paths)
		*paths = c->paths + k->paths;
	return c->occurrences + c->values_from[at];
}

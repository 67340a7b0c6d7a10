/*
 * shape: a plan for each structure says which leaf is hashed how, and in what
 * order; what an event adds are the leaves.
 */
#include "trace/shape.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "trace/canon_text_model.h"
#include "trace/jscan.h"
#include "trace/sql_form.h"

enum act { ACT_LEAF, ACT_ATTR, ACT_BODY, ACT_BLOB, ACT_SIZE, ACT_SUM, ACT_BY, ACT_COR };

struct slot {
	size_t leaf;
	enum act act;
	enum attr_rule rule;
	enum volatile_type type;
	bool noisy;        /* declared noise may apply */
	bool plain;        /* no rule for its name */
	uint64_t place;    /* hash of the place */
	/* The leaf met last, when nothing in it was volatile. */
	const char *last;
	size_t generation; /* of the etags then known */
	uint64_t hash;
};

struct part {
	size_t from, to;
};

struct shape_plan {
	const struct canon_text *owner;
	struct slot *slots;
	size_t count;
	struct part req, res, rest;
	uint64_t base;     /* of kind and places */
	uint64_t kind;
	size_t ct_req, ct_res; /* leaves of content types, SIZE_MAX: none */
	size_t counted;    /* leaf of a golden's counted event, SIZE_MAX: none */
	struct buf text;   /* of one leaf */
	struct buf plain;  /* of a statement */
};

/* ---- plans ------------------------------------------------------------------- */

static const struct skeleton_leaf *sorting_leaves; /* qsort has no argument for its comparison */

static unsigned part_of(const struct skeleton_leaf *l)
{
	return l->member == SK_REQ ? 0 : l->member == SK_RES ? 1 : l->member == SK_COR ? 3 : 2;
}

static int by_place(const void *a, const void *b)
{
	const struct slot *s = a, *t = b;
	const struct skeleton_leaf *x = &sorting_leaves[s->leaf], *y = &sorting_leaves[t->leaf];
	unsigned p = part_of(x), q = part_of(y);

	if (p != q)
		return p < q ? -1 : 1;
	int d = slice_cmp(x->order, y->order);
	return d ? d : s->leaf < t->leaf ? -1 : s->leaf > t->leaf;
}

static bool wanted(const struct skeleton_leaf *l, struct slot *s)
{
	struct slice sub = slice_skip(l->path, 4);

	switch (l->member) {
	case SK_OK:
	case SK_ERR:
		s->act = ACT_LEAF;
		return true;
	case SK_SUM:
		s->act = ACT_SUM;
		return true;
	case SK_BY:
		s->act = ACT_BY;
		return true;
	case SK_COR:
		s->act = ACT_COR;
		return true;
	case SK_A:
		s->act = ACT_ATTR;
		s->rule = canon_attr_rule(l->name, &s->type);
		return s->rule != AS_NOTHING;
	case SK_REQ:
	case SK_RES:
		if (l->path.len < 5) {
			s->act = ACT_BODY; /* "req" is {} */
			return true;
		}
		s->act = slice_eq_str(sub, "sz") ? ACT_SIZE : slice_eq_str(sub, "blob") && l->type == 's' ? ACT_BLOB : ACT_BODY;
		return true;
	default:
		return false;
	}
}

/* Whether the leaf's place in the structure is always in the hash. What is of
 * one side of the comparison alone, or may be masked, brings its place along. */
static bool fixed(const struct slot *s)
{
	return s->act != ACT_SIZE && s->act != ACT_BY && s->act != ACT_COR && !s->noisy;
}

static void find_parts(struct shape_plan *p, const struct skeleton *s)
{
	struct part *parts[3] = { &p->req, &p->res, &p->rest };
	size_t i = 0;

	for (unsigned k = 0; k < 3; k++) {
		parts[k]->from = i;
		while (i < p->count && part_of(&s->leaves[p->slots[i].leaf]) == k)
			i++;
		parts[k]->to = i;
	}
}

struct shape_plan *shape_plan(struct canon_text *x, struct skeleton *s)
{
	struct shape_plan *p = s->plan;

	if (p && p->owner == x)
		return p;
	shape_plan_free(p); /* another form of the same file */
	p = calloc(1, sizeof(*p));
	if (!p || !(p->slots = calloc(s->nleaves + 1, sizeof(*p->slots))))
		abort();
	p->owner = x;
	buf_init(&p->text, TEXT_MAX);
	buf_init(&p->plain, TEXT_MAX);
	p->ct_req = p->ct_res = p->counted = SIZE_MAX;
	for (size_t i = 0; i < s->nleaves; i++) {
		struct slot *slot = &p->slots[p->count];
		const struct skeleton_leaf *l = &s->leaves[i];
		*slot = (struct slot){ .leaf = i };
		if (l->member == SK_A && slice_eq_str(l->path, "a.seam.count"))
			p->counted = i; /* hashed as a recording's count */
		else if (wanted(l, slot))
			p->count++;
		else
			continue;
		if (slice_eq_str(l->path, "req.ct"))
			p->ct_req = i;
		if (slice_eq_str(l->path, "res.ct"))
			p->ct_res = i;
		slot->noisy = x->noise.count && (l->member == SK_A || l->member == SK_REQ || l->member == SK_RES || l->member == SK_SUM ||
						 l->member == SK_ERR) && (l->type == 'x' || x->noise.only || noise_may(&x->noise, l->path));
		slot->place = canon_hash(l->order.ptr, l->order.len, 15);
		slot->plain = slot->act != ACT_ATTR || (slot->rule == AS_IT_IS && !slice_has_prefix(l->name, SLICE_LIT("seam.")));
	}
	sorting_leaves = s->leaves;
	qsort(p->slots, p->count, sizeof(*p->slots), by_place);
	find_parts(p, s);
	p->base = p->kind = canon_hash(s->k.ptr, s->k.len, 14);
	for (size_t i = 0; i < p->count; i++)
		if (fixed(&p->slots[i]))
			p->base = (p->base ^ p->slots[i].place) * 0x9e3779b97f4a7c15u + (p->base >> 32);
	s->plan = p;
	return p;
}

void shape_plan_free(struct shape_plan *p)
{
	if (!p)
		return;
	free(p->slots);
	buf_release(&p->text);
	buf_release(&p->plain);
	free(p);
}

/* ---- leaves -------------------------------------------------------------------- */

struct making {
	struct canon_text *x;
	struct skeleton *s;
	struct shape_plan *p;
	const struct slice *leaves;
	struct attr_leaf attrs;
	uint64_t hashes[2 * SKELETON_LEAVES + 4];
	size_t n;
};

static void attr_list(struct making *m, const struct slot *s, const struct skeleton_leaf *l, struct slice list, struct buf *out)
{
	struct jscan it = jscan_open(list);
	struct slice key, item;

	buf_add_char(out, '[');
	while (jscan_next(&it, &key, &item)) {
		if (item.ptr[0] == '[' || item.ptr[0] == '{')
			canon_copy(m->x, item, l->path, out);
		else
			canon_attr_value(&m->attrs, l->name, s->rule, s->type, l->path, item, out);
		buf_add_char(out, ',');
	}
	buf_add_char(out, ']');
}

static void leaf_text(struct making *m, const struct slot *s, struct buf *out)
{
	const struct skeleton_leaf *l = &m->s->leaves[s->leaf];
	struct slice value = m->leaves[s->leaf];

	switch (s->act) {
	case ACT_ATTR:
		if (s->noisy) {
			struct noise_rule *r = noise_at(&m->x->noise, &m->x->event, l->path, false);
			if (r) {
				canon_noise(m->x, r, l->path, value, out);
				return;
			}
		}
		if (value.ptr[0] == '[')
			attr_list(m, s, l, value, out);
		else if (value.ptr[0] == '{')
			canon_copy(m->x, value, l->path, out);
		else
			canon_attr_value(&m->attrs, l->name, s->rule, s->type, l->path, value, out);
		return;
	case ACT_BLOB:
		canon_copy_blob(m->x, value, l->path, out);
		return;
	default:
		canon_copy(m->x, value, l->path, out);
		return;
	}
}

/* Too short for anything volatile, wherever it stands. */
static bool is_short(struct slice value)
{
	return value.len < (value.ptr[0] == '"' ? 12 : 10) && !memchr(value.ptr, '<', value.len);
}

/* A statement counts by its form: the text in hand becomes that. */
static void as_sql(struct shape_plan *p)
{
	buf_reset(&p->plain);
	jscan_text(buf_slice(&p->text), &p->plain);
	buf_reset(&p->text);
	sql_form(buf_slice(&p->plain), false, &p->text);
}

static void hash_leaf(struct making *m, struct slot *s)
{
	const struct skeleton_leaf *l = &m->s->leaves[s->leaf];
	struct slice value = m->leaves[s->leaf];
	struct canon_text *x = m->x;
	struct buf *text = &m->p->text;

	if (s->plain && l->type != 'x' && !s->noisy && is_short(value) && !x->literal.len && !x->boundary.len) {
		m->hashes[m->n++] = XXH3_64bits(value.ptr, value.len);
		return;
	}
	/* Equal pointers are equal texts. */
	bool keeps = l->type == 's' && !s->noisy && (s->act == ACT_LEAF || s->act == ACT_BODY || s->act == ACT_SUM || s->act == ACT_ATTR) &&
		     !x->literal.len && !x->boundary.len && !m->attrs.volatile_req && !m->attrs.volatile_res;
	if (keeps && s->last == value.ptr && s->generation == x->etags.count) {
		m->hashes[m->n++] = s->hash;
		return;
	}
	bool before = x->changed;
	x->changed = false;
	buf_reset(text);
	leaf_text(m, s, text);
	/* A masked place is as if it were not there. */
	bool masked = s->noisy && slice_eq_str(buf_slice(text), "\"<masked>\"");
	if (s->noisy)
		m->hashes[m->n++] = s->place;
	if (s->act == ACT_ATTR && s->rule == AS_SQL && text->len > 1 && text->ptr[0] == '"')
		as_sql(m->p);
	uint64_t hash = XXH3_64bits(text->ptr, text->len);
	m->hashes[m->n++] = hash;
	if (masked)
		m->n -= 2;
	s->last = keeps && !x->changed ? value.ptr : NULL;
	s->generation = x->etags.count;
	s->hash = hash;
	x->changed |= before;
}

/* Size says nothing of a body that is volatile; one that is not told is 0. */
static void hash_payload(struct making *m, struct part part)
{
	uint64_t size = 0;

	m->x->changed = false;
	for (size_t i = part.from; i < part.to; i++) {
		struct slot *s = &m->p->slots[i];
		struct slice value = m->leaves[s->leaf];
		if (s->act == ACT_SIZE)
			size = canon_hash(value.ptr, value.len, 16);
		else
			hash_leaf(m, s);
	}
	m->hashes[m->n++] = m->x->changed || m->x->noise.bodies ? 0 : size;
}

static void hash_rest(struct making *m, struct shape *out)
{
	struct shape_plan *p = m->p;
	struct canon_text *x = m->x;

	for (size_t i = p->rest.from; i < p->rest.to; i++) {
		struct slot *s = &p->slots[i];
		struct slice value = m->leaves[s->leaf];
		if (s->act == ACT_BY) {
			out->none = slice_eq_str(value, "\"none\"");
			continue;
		}
		if (s->act != ACT_SUM) {
			hash_leaf(m, s);
			continue;
		}
		/* Hashed with its own seed: labels and coarse keys are made of it. */
		bool known = s->last == value.ptr && s->generation == x->etags.count && !x->literal.len;
		if (!known) {
			bool before = x->changed;
			x->changed = false;
			buf_reset(&p->text);
			leaf_text(m, s, &p->text);
			s->hash = canon_hash(p->text.ptr, p->text.len, 6);
			s->last = x->changed || x->literal.len ? NULL : value.ptr;
			s->generation = x->etags.count;
			x->changed |= before;
		}
		m->hashes[m->n++] = s->hash;
		out->sum = s->hash;
		out->coarse = canon_hash(&s->hash, sizeof(s->hash), p->kind);
	}
}

static struct slice whole(const struct making *m, enum skeleton_member member)
{
	int at = m->s->member[member];

	return at < 0 ? SLICE_NONE : m->leaves[at];
}

/* The raw names of a result's columns, when a mask asks for them. */
static struct slice columns(const struct making *m)
{
	for (size_t i = 0; i < m->s->nleaves; i++)
		if (m->s->leaves[i].member == SK_A && slice_eq_str(m->s->leaves[i].name, "seam.columns"))
			return m->leaves[i];
	return SLICE_NONE;
}

void shape_event(struct canon_text *x, struct skeleton *s, struct shape_plan *p, const struct slice *leaves, struct shape *out)
{
	struct making m;
	struct buf literal_as;
	struct slice cor;

	m.x = x;
	m.s = s;
	m.p = p;
	m.leaves = leaves;
	m.attrs = (struct attr_leaf){ .x = x };
	m.n = 0;
	*out = (struct shape){ 0 };
	buf_init(&literal_as, 1024);
	x->literal = x->literal_as = x->boundary = SLICE_NONE;
	x->shape = true;
	x->changed = x->near = false;
	struct slice st = whole(&m, SK_ST);
	if (x->noise.count) {
		canon_scope(x, s->k, st, whole(&m, SK_SUM), SLICE_NONE);
		x->columns = columns(&m);
	}
	if (canon_ephemeral(st, &literal_as, &x->literal)) {
		x->literal_as = buf_slice(&literal_as);
		m.attrs.loopback = true;
	}
	if (p->req.to > p->req.from) {
		canon_boundary_of(x, p->ct_req != SIZE_MAX ? leaves[p->ct_req] : SLICE_NONE);
		struct slice boundary = x->boundary;
		hash_payload(&m, p->req);
		x->boundary = boundary;
		m.attrs.volatile_req = x->changed;
	}
	bool volatile_req = m.attrs.volatile_req;
	m.attrs.volatile_req = false; /* bodies do not know of each other */
	if (p->res.to > p->res.from) {
		struct slice boundary = x->boundary; /* the content-type header repeats it */
		canon_boundary_of(x, p->ct_res != SIZE_MAX ? leaves[p->ct_res] : SLICE_NONE);
		hash_payload(&m, p->res);
		m.attrs.volatile_res = x->changed;
		if (!x->boundary.len)
			x->boundary = boundary;
	}
	m.attrs.volatile_req = volatile_req;
	cor = whole(&m, SK_COR);
	if (volatile_req || m.attrs.volatile_res)
		canon_learn_etags(x, cor);
	hash_rest(&m, out);
	if (cor.ptr) {
		/* Checked by identity, not compared as text. */
		buf_reset(&p->text);
		canon_cor(x, cor, &p->text);
	}
	out->hash = XXH3_64bits_withSeed(m.hashes, m.n * sizeof(*m.hashes), out->none ? p->base + 1 : p->base);
	if (p->counted != SIZE_MAX) {
		uint64_t count = 0;
		slice_to_u64(leaves[p->counted], &count);
		out->hash = shape_counted(out->hash, (uint32_t)count);
	}
	int ok = s->member[SK_OK];
	out->failed = ok >= 0 && leaves[ok].ptr[0] == 'f';
	out->near = x->near;
	buf_release(&literal_as);
}

uint64_t shape_counted(uint64_t hash, uint32_t count)
{
	uint64_t pair[2] = { hash, count };

	return canon_hash(pair, sizeof(pair), 17);
}

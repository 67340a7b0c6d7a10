/*
 * skeleton: see skeleton.h. The structures used last are tried first; one that
 * followed the last one before comes before all.
 */
#include "trace/skeleton.h"

#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

#include "base/arena.h"
#include "base/buf.h"
#include "trace/idmap.h"
#include "trace/jscan.h"

#define SKELETONS_MAX 4096 /* kept; data as member names would make one a line */
#define RECENT 24          /* tried before a line is taken for new */
#define DEPTH 6            /* levels of objects that are laid open */

struct skeleton_set {
	struct arena arena, scratch;
	struct skeleton **list;
	size_t count, cap;
	struct idmap by_hash;
	struct skeleton *recent[RECENT];
	size_t nrecent;
	struct skeleton *last;
};

struct skeleton_set *skeleton_set_new(void)
{
	struct skeleton_set *set = calloc(1, sizeof(*set));

	if (!set)
		abort();
	arena_init(&set->arena);
	arena_init(&set->scratch);
	idmap_init(&set->by_hash);
	return set;
}

void skeleton_set_free(struct skeleton_set *set)
{
	if (!set)
		return;
	idmap_release(&set->by_hash);
	arena_release(&set->arena);
	arena_release(&set->scratch);
	free(set->list);
	free(set);
}

size_t skeleton_count(const struct skeleton_set *set)
{
	return set->count;
}

struct skeleton *skeleton_at(const struct skeleton_set *set, size_t id)
{
	return set->list[id];
}

/* ---- leaves ---------------------------------------------------------------- */

static const char *string_end(const char *p, const char *end)
{
	const char *from = p;

	if (p >= end || *p != '"')
		return NULL;
	p++;
	for (;;) {
		while (end - p >= 8 && !jscan_special(p))
			p += 8;
		while (p < end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20 && (unsigned char)*p < 0x80)
			p++;
		if (p < end && *p == '"')
			return p + 1;
		if (p >= end || (unsigned char)*p < 0x20)
			return NULL;
		/* Escapes and other alphabets: the whole string the careful way. */
		const char *what;
		size_t at, n = jscan_value(slice_of(from, (size_t)(end - from)), &what, &at);
		return n ? from + n : NULL;
	}
}

static const char *number_end(const char *p, const char *end)
{
	const char *from = p;
	const char *what;
	size_t at;

	if (p < end && *p >= '1' && *p <= '9') {
		while (p < end && *p >= '0' && *p <= '9')
			p++;
		if (p < end && (*p == ',' || *p == '}' || *p == ']'))
			return p;
	}
	if (from >= end || (*from != '-' && (*from < '0' || *from > '9')))
		return NULL;
	size_t n = jscan_value(slice_of(from, (size_t)(end - from)), &what, &at);
	return n ? from + n : NULL;
}

static const char *word_end(const char *p, const char *end)
{
	size_t left = (size_t)(end - p);

	if (left >= 4 && (memcmp(p, "true", 4) == 0 || memcmp(p, "null", 4) == 0))
		return p + 4;
	return left >= 5 && memcmp(p, "false", 5) == 0 ? p + 5 : NULL;
}

static const char *any_end(const char *p, const char *end)
{
	const char *what;
	size_t at, n = jscan_value(slice_of(p, (size_t)(end - p)), &what, &at);

	return n ? p + n : NULL;
}

static bool try(struct skeleton *s, struct slice line, struct slice *leaves)
{
	const char *p = line.ptr, *end = line.ptr + line.len;

	for (size_t i = 0;; i++) {
		struct slice lit = s->literals[i];
		if ((size_t)(end - p) < lit.len || memcmp(p, lit.ptr, lit.len) != 0)
			return false;
		p += lit.len;
		if (i == s->nleaves)
			return p == end;
		const char *to;
		switch (s->leaves[i].type) {
		case 's': {
			struct slice last = s->last[i];
			if (last.len && (size_t)(end - p) > last.len && memcmp(p, last.ptr, last.len) == 0) {
				leaves[i] = last;
				p += last.len;
				continue;
			}
			to = string_end(p, end);
			break;
		}
		case 'n':
			to = number_end(p, end);
			break;
		case 'w':
			to = word_end(p, end);
			break;
		default:
			to = any_end(p, end);
			break;
		}
		if (!to)
			return false;
		leaves[i] = slice_of(p, (size_t)(to - p));
		p = to;
	}
}

static void used(struct skeleton_set *set, struct skeleton *s, const struct slice *leaves)
{
	for (size_t i = 0; i < s->nleaves; i++)
		if (s->leaves[i].type == 's')
			s->last[i] = leaves[i];
	if (set->last)
		set->last->then = s;
	set->last = s;
}

struct skeleton *skeleton_match(struct skeleton_set *set, struct slice line, struct slice *leaves)
{
	struct skeleton *guess = set->last ? set->last->then : NULL;

	if (guess && try(guess, line, leaves)) {
		used(set, guess, leaves);
		return guess;
	}
	for (size_t i = 0; i < set->nrecent; i++) {
		struct skeleton *s = set->recent[i];
		if (s == guess || !try(s, line, leaves))
			continue;
		for (; i; i--)
			set->recent[i] = set->recent[i - 1];
		set->recent[0] = s;
		used(set, s, leaves);
		return s;
	}
	return NULL;
}

/* ---- learning --------------------------------------------------------------- */

struct learn {
	struct arena *arena;
	struct slice line;
	size_t from; /* of the literal that is growing */
	struct skeleton_leaf leaf[SKELETON_LEAVES];
	struct slice value[SKELETON_LEAVES];
	struct slice literal[SKELETON_LEAVES + 1];
	size_t n;
	bool flat;   /* a hole for each member */
	bool full;
	struct buf path, order;
};

static void leaf_new(struct learn *l, char type, uint8_t member, bool item, struct slice name, struct slice value)
{
	size_t at = (size_t)(value.ptr - l->line.ptr);

	if (l->n == SKELETON_LEAVES) {
		l->full = true;
		return;
	}
	l->leaf[l->n] = (struct skeleton_leaf){ .type = type, .member = member, .item = item };
	l->leaf[l->n].path = arena_slice(l->arena, buf_slice(&l->path));
	l->leaf[l->n].order = arena_slice(l->arena, buf_slice(&l->order));
	l->leaf[l->n].name = arena_slice(l->arena, name);
	l->literal[l->n] = slice_of(l->line.ptr + l->from, at - l->from);
	l->value[l->n++] = value;
	l->from = at + value.len;
}

static void walk(struct learn *l, uint8_t member, struct slice name, struct slice value, int depth, bool item);

static void walk_object(struct learn *l, uint8_t member, struct slice value, int depth)
{
	struct jscan it = jscan_open(value);
	struct slice key, v;
	size_t path = l->path.len, order = l->order.len;

	while (jscan_next(&it, &key, &v)) {
		struct slice name = slice_of(key.ptr + 1, key.len - 2);
		buf_add_char(&l->path, '.');
		buf_add_slice(&l->path, name);
		buf_add_char(&l->order, '\x01');
		buf_add_slice(&l->order, name);
		walk(l, member, name, v, depth + 1, false);
		buf_cut(&l->path, path);
		buf_cut(&l->order, order);
	}
}

static bool is_empty(struct slice value)
{
	size_t n = 1 + jscan_space(slice_skip(value, 1));

	return value.ptr[n] == '}' || value.ptr[n] == ']';
}

/* The one scalar of a list: headers of HTTP are such lists. */
static bool one_item(struct slice list, struct slice *item)
{
	struct jscan it = jscan_open(list);
	struct slice key, more;

	return jscan_next(&it, &key, item) && item->ptr[0] != '[' && item->ptr[0] != '{' && !jscan_next(&it, &key, &more);
}

static void walk(struct learn *l, uint8_t member, struct slice name, struct slice value, int depth, bool item)
{
	struct slice only;

	switch (value.ptr[0]) {
	case '"':
		leaf_new(l, 's', member, item, name, value);
		break;
	case '{':
		if (l->flat || depth >= DEPTH || is_empty(value) || (member == SK_A && depth > 0) || member == SK_WHY)
			leaf_new(l, 'x', member, item, name, value);
		else
			walk_object(l, member, value, depth);
		break;
	case '[':
		if (member == SK_A && depth == 1 && !l->flat && one_item(value, &only)) {
			size_t order = l->order.len;
			buf_add_str(&l->order, "\x02[]");
			walk(l, member, name, only, depth + 1, true);
			buf_cut(&l->order, order);
		} else {
			leaf_new(l, 'x', member, item, name, value);
		}
		break;
	case 't':
	case 'f':
	case 'n':
		leaf_new(l, 'w', member, item, name, value);
		break;
	default:
		leaf_new(l, 'n', member, item, name, value);
		break;
	}
}

static uint8_t member_of(struct slice name)
{
	static const char *const names[] = { "st", "seq", "sum", "ok", "err", "by", "rule", "a", "req", "res", "cor", "why", "t" };

	for (uint8_t i = 0; i < SK_OTHER; i++)
		if (slice_eq_str(name, names[i]))
			return i;
	return SK_OTHER;
}

/* True: laid open; false: too many leaves. */
static bool lay_open(struct learn *l, struct skeleton *s)
{
	struct jscan it = jscan_open(l->line);
	struct slice key, value;

	l->n = l->from = 0;
	l->full = false;
	s->k = SLICE_NONE;
	while (jscan_next(&it, &key, &value)) {
		struct slice name = slice_of(key.ptr + 1, key.len - 2);
		if (!s->k.ptr && slice_eq_str(name, "k") && value.ptr[0] == '"') {
			s->k = arena_slice(l->arena, slice_of(value.ptr + 1, value.len - 2));
			continue; /* part of the literal */
		}
		buf_reset(&l->path);
		buf_add_slice(&l->path, name);
		buf_reset(&l->order);
		buf_add_slice(&l->order, name);
		walk(l, member_of(name), name, value, 0, false);
	}
	if (l->full)
		return false;
	l->literal[l->n] = slice_skip(l->line, l->from);
	return true;
}

static struct skeleton *build(struct arena *a, struct slice line, struct slice *leaves)
{
	struct learn l = { .arena = a, .line = line };
	struct skeleton *s = ARENA_NEW(a, struct skeleton);
	XXH3_state_t *h = XXH3_createState();

	if (!h)
		abort();
	buf_init(&l.path, 64 * 1024);
	buf_init(&l.order, 64 * 1024);
	if (!lay_open(&l, s)) {
		l.flat = true;
		if (!lay_open(&l, s))
			l.n = 0; /* more than a hundred members: nothing the reader will let through */
	}
	s->nleaves = l.n;
	s->leaves = ARENA_ARRAY(a, struct skeleton_leaf, l.n + 1);
	s->literals = ARENA_ARRAY(a, struct slice, l.n + 1);
	s->last = ARENA_ARRAY(a, struct slice, l.n + 1);
	for (int i = 0; i < SK_OTHER; i++)
		s->member[i] = -1;
	XXH3_64bits_reset(h);
	for (size_t i = 0; i <= l.n; i++) {
		s->literals[i] = arena_slice(a, l.literal[i]);
		XXH3_64bits_update(h, s->literals[i].ptr, s->literals[i].len);
		if (i == l.n)
			break;
		s->leaves[i] = l.leaf[i];
		char tag[2] = { '\0', l.leaf[i].type };
		XXH3_64bits_update(h, tag, 2);
		leaves[i] = l.value[i];
		uint8_t m = l.leaf[i].member;
		if (m < SK_OTHER && l.leaf[i].order.len == l.leaf[i].path.len && slice_eq(l.leaf[i].order, l.leaf[i].path) &&
		    !memchr(l.leaf[i].path.ptr, '.', l.leaf[i].path.len))
			s->member[m] = (int)i;
	}
	s->hash = XXH3_64bits_digest(h);
	XXH3_freeState(h);
	buf_release(&l.path);
	buf_release(&l.order);
	return s;
}

struct skeleton *skeleton_learn(struct skeleton_set *set, struct slice line, struct slice *leaves)
{
	uint32_t id;

	arena_reset(&set->scratch);
	struct skeleton *s = build(&set->scratch, line, leaves);
	if (idmap_get(&set->by_hash, s->hash, &id)) {
		struct skeleton *known = set->list[id];
		if (!try(known, line, leaves)) {
			s->scratch = true; /* one hash, two structures */
			set->last = NULL;
			return s;
		}
		s = known;
	} else if (set->count == SKELETONS_MAX) {
		s->scratch = true;
		set->last = NULL;
		return s;
	} else {
		s = build(&set->arena, line, leaves);
		if (set->count == set->cap) {
			set->cap = set->cap ? set->cap * 2 : 64;
			set->list = realloc(set->list, set->cap * sizeof(struct skeleton *));
			if (!set->list)
				abort();
		}
		s->id = (uint32_t)set->count;
		idmap_set(&set->by_hash, s->hash, s->id);
		set->list[set->count++] = s;
	}
	if (set->nrecent < RECENT)
		set->nrecent++;
	for (size_t i = set->nrecent - 1; i; i--)
		set->recent[i] = set->recent[i - 1];
	set->recent[0] = s;
	used(set, s, leaves);
	return s;
}

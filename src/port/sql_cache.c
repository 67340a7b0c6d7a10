/*
 * Task: one analysis a text for the life of the process, so that a statement
 * that comes again costs one look-up. An entry is one block of memory: the
 * analysis, its arrays and its strings. Splits that needed the parser are
 * kept the same way.
 *
 * A text that is new but for its literals is analysed from its shape: what the
 * parser said of the first one, with this text's literals.
 */
#include <stdio.h>

#include "base/buf.h"
#include "base/map.h"
#include "port/sql.h"
#include "port/sql_analyse.h"
#include "port/sql_literals.h"
#include "port/sql_tree.h"

#define CACHE_TEXTS 4096               /* a program's statements; more means that constants are in the texts */
#define CACHE_BYTES (64 * 1024 * 1024) /* large INSERTs: a few thousand of 16 KiB */

struct cache {
	struct map map;
	size_t bytes;
	void (*drop)(void *entry); /* NULL: free */
	bool ready;
};
static struct cache analyses, splits;
static struct cache stays; /* by the key without literals: which literals have to stay in the shape's key */
static struct cache shapes;

struct split_entry {
	size_t bytes;
	size_t count;
	struct sql_span spans[];
};
struct analysis_entry {
	size_t bytes;
	struct sql_analysis an;
	/* arrays, then strings */
};

/* Every entry begins with the bytes it stands for. */
static size_t entry_bytes(const void *entry)
{
	return *(const size_t *)entry;
}

static void drop_entry(struct cache *c, void *entry)
{
	c->bytes -= entry_bytes(entry);
	if (c->drop)
		c->drop(entry);
	else
		free(entry);
}

static void cache_drop_old(struct cache *c)
{
	struct map newer;
	struct map_entry *e;
	size_t skip = c->map.live / 2;

	map_init(&newer);
	for (size_t i = 0; (e = map_next(&c->map, &i));) {
		if (skip) {
			skip--;
			drop_entry(c, e->value);
			continue;
		}
		map_set(&newer, e->key, e->value);
	}
	map_release(&c->map);
	c->map = newer;
}

static void *cache_get(struct cache *c, struct slice text)
{
	if (!c->ready) {
		map_init(&c->map);
		c->ready = true;
	}
	return map_get(&c->map, text);
}

static void cache_put(struct cache *c, struct slice text, void *entry)
{
	while (c->map.live && (c->map.live >= CACHE_TEXTS || c->bytes + entry_bytes(entry) > CACHE_BYTES)) {
		if (c->map.live == 1) {
			/* Half of one is none: the last one goes whole. */
			struct map_entry *e;
			size_t i = 0;
			e = map_next(&c->map, &i);
			void *last = map_take(&c->map, e->key);
			drop_entry(c, last);
			break;
		}
		cache_drop_old(c);
	}
	c->bytes += entry_bytes(entry);
	map_set(&c->map, text, entry);
}

static void *must_alloc(size_t size)
{
	void *p = malloc(size);

	if (!p) {
		fprintf(stderr, "seam: sql: out of memory\n");
		abort();
	}
	return p;
}

static struct slice pack_text(char **at, struct slice s)
{
	if (!s.ptr)
		return s;
	char *copy = *at;
	if (s.len)
		memcpy(copy, s.ptr, s.len);
	copy[s.len] = '\0';
	*at += s.len + 1;
	return slice_of(copy, s.len);
}

/* Copies an analysis whose parts lie in an arena into one block. */
static struct analysis_entry *pack(const struct sql_analysis *an)
{
	size_t arrays = (an->ntables + an->nliterals + an->ncopy_force) * sizeof(struct slice) + an->nparams * sizeof(uint32_t);
	size_t strings = an->text.len + an->verb.len + an->summary.len + an->copy_null.len + an->error_message.len + 5;

	for (size_t i = 0; i < an->ntables; i++)
		strings += an->tables[i].len + 1;
	for (size_t i = 0; i < an->nliterals; i++)
		strings += an->literals[i].len + 1;
	for (size_t i = 0; i < an->ncopy_force; i++)
		strings += an->copy_force[i].len + 1;
	struct analysis_entry *e = must_alloc(sizeof(*e) + arrays + strings);
	/* The text counts twice: the map keeps its own copy as the key. */
	e->bytes = sizeof(*e) + arrays + strings + an->text.len;
	e->an = *an;
	e->an.literal_at = NULL;
	e->an.tables = (struct slice *)(e + 1);
	e->an.literals = e->an.tables + an->ntables;
	e->an.copy_force = e->an.literals + an->nliterals;
	e->an.param_oids = (uint32_t *)(e->an.copy_force + an->ncopy_force);
	char *at = (char *)(e->an.param_oids + an->nparams);
	if (an->nparams)
		memcpy(e->an.param_oids, an->param_oids, an->nparams * sizeof(uint32_t));
	for (size_t i = 0; i < an->ntables; i++)
		e->an.tables[i] = pack_text(&at, an->tables[i]);
	for (size_t i = 0; i < an->nliterals; i++)
		e->an.literals[i] = pack_text(&at, an->literals[i]);
	for (size_t i = 0; i < an->ncopy_force; i++)
		e->an.copy_force[i] = pack_text(&at, an->copy_force[i]);
	e->an.text = pack_text(&at, an->text);
	e->an.verb = pack_text(&at, an->verb);
	e->an.summary = pack_text(&at, an->summary);
	e->an.copy_null = pack_text(&at, an->copy_null);
	e->an.error_message = pack_text(&at, an->error_message);
	return e;
}

/* ---- texts that differ in their literals ---- */

struct stay_entry {
	size_t bytes;
	size_t n;
	bool verbatim[];
};
struct shape_entry {
	size_t bytes;
	struct analysis_entry *made; /* of the first text; one block with this entry's life */
	struct shape_part {
		int literal;         /* of the text's, by position; -1: stands as it is */
		bool negative;
	} parts[];                   /* one a constant of the analysis */
};

static void free_shape(void *entry)
{
	free(((struct shape_entry *)entry)->made);
	free(entry);
}

/* What a text's shape says of it, packed. NULL: its shape is not known. */
static struct analysis_entry *from_shape(struct slice text, const struct sql_literals *l, struct arena *a)
{
	struct buf key;

	buf_init(&key, CACHE_BYTES);
	sql_literals_key(text, l, NULL, &key);
	const struct stay_entry *stay = buf_failed(&key) ? NULL : cache_get(&stays, buf_slice(&key));
	const struct shape_entry *shape = NULL;
	if (stay && stay->n == l->n) {
		buf_reset(&key);
		sql_literals_key(text, l, stay->verbatim, &key);
		shape = cache_get(&shapes, buf_slice(&key));
	}
	buf_release(&key);
	if (!shape)
		return NULL;
	struct sql_analysis an = shape->made->an;
	an.text = text;
	an.literals = ARENA_ARRAY(a, struct slice, an.nliterals + 1);
	for (size_t i = 0; i < an.nliterals; i++) {
		const struct shape_part *part = shape->parts + i;

		an.literals[i] = part->literal < 0 ? shape->made->an.literals[i] :
						     sql_literal_value(text, l->list + part->literal, part->negative, a);
	}
	return pack(&an);
}

static void keep_shape(struct slice text, const struct sql_literals *l, const struct sql_analysis *an)
{
	struct buf key;
	struct stay_entry *stay = must_alloc(sizeof(*stay) + l->n);
	struct shape_entry *shape = must_alloc(sizeof(*shape) + an->nliterals * sizeof(shape->parts[0]));

	stay->n = l->n;
	memset(stay->verbatim, true, l->n);
	for (size_t i = 0; i < an->nliterals; i++) {
		bool negative;
		const struct sql_literal *one = sql_literals_find(l, an->literal_at[i], &negative);

		shape->parts[i] = (struct shape_part){ one ? (int)(one - l->list) : -1, negative };
		if (one)
			stay->verbatim[one - l->list] = false;
	}
	buf_init(&key, CACHE_BYTES);
	sql_literals_key(text, l, NULL, &key);
	stay->bytes = sizeof(*stay) + l->n + key.len;
	struct stay_entry *former = cache_get(&stays, buf_slice(&key));
	if (former && former->n == l->n) {
		for (size_t i = 0; i < l->n; i++)
			former->verbatim[i] |= stay->verbatim[i];
		free(stay);
		stay = former;
	} else {
		cache_put(&stays, buf_slice(&key), stay);
	}
	buf_reset(&key);
	sql_literals_key(text, l, stay->verbatim, &key);
	if (cache_get(&shapes, buf_slice(&key))) {
		free(shape);
	} else {
		shape->made = pack(an);
		shape->bytes = sizeof(*shape) + an->nliterals * sizeof(shape->parts[0]) + shape->made->bytes + key.len;
		shapes.drop = free_shape;
		cache_put(&shapes, buf_slice(&key), shape);
	}
	buf_release(&key);
}

const struct sql_analysis *sql_analyse(struct slice text)
{
	struct analysis_entry *e = cache_get(&analyses, text);
	struct sql_literals literals;
	struct sql_analysis an;
	struct arena arena;

	if (e)
		return &e->an;
	arena_init(&arena);
	bool plain = sql_literals_scan(text, &arena, &literals);
	if (plain)
		e = from_shape(text, &literals, &arena);
	if (!e) {
		sql_analyse_text(text, &arena, &an);
		e = pack(&an);
		if (plain && an.valid && !an.empty && an.literal_at)
			keep_shape(text, &literals, &an);
	}
	cache_put(&analyses, text, e);
	arena_release(&arena);
	return &e->an;
}

/*
 * Most texts hold one statement and say so: no semicolon but the last byte, and
 * nothing in which a semicolon could hide. The parser is asked for the others.
 */
static bool plainly_one(struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		switch (text.ptr[i]) {
		case ';':
			if (i + 1 < text.len)
				return false;
			break;
		case '\'': case '"': case '$': case '\0':
			/* Without a semicolon after it nothing can be split. */
			return !memchr(text.ptr + i, ';', text.len - i);
		case '-': case '/':
			if (memchr(text.ptr + i, ';', text.len - i) && i + 1 < text.len &&
			    (text.ptr[i + 1] == '-' || text.ptr[i + 1] == '*'))
				return false;
			break;
		default:
			break;
		}
	}
	return true;
}

static struct split_entry *split_text(struct slice text)
{
	struct sql_span *spans = NULL;
	char *copy = must_alloc(text.len + 1);

	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	size_t count = strlen(copy) == text.len ? sql_tree_split(copy, &spans) : 0;
	struct split_entry *e = must_alloc(sizeof(*e) + count * sizeof(*spans));
	e->bytes = sizeof(*e) + count * sizeof(*spans) + text.len;
	e->count = count;
	if (count)
		memcpy(e->spans, spans, count * sizeof(*spans));
	free(spans);
	free(copy);
	return e;
}

size_t sql_split(struct slice text, struct arena *a, struct slice **statements)
{
	struct slice trimmed = slice_trim(text);

	if (plainly_one(trimmed)) {
		if (trimmed.len && trimmed.ptr[trimmed.len - 1] == ';')
			trimmed = slice_trim(slice_take(trimmed, trimmed.len - 1));
		*statements = ARENA_NEW(a, struct slice);
		**statements = trimmed;
		return 1;
	}
	struct split_entry *e = cache_get(&splits, text);
	if (!e) {
		e = split_text(text);
		cache_put(&splits, text, e);
	}
	*statements = ARENA_ARRAY(a, struct slice, e->count + 1);
	for (size_t i = 0; i < e->count; i++)
		(*statements)[i] = slice_trim(slice_of(text.ptr + e->spans[i].at, e->spans[i].len));
	if (e->count)
		return e->count;
	/* Nothing but semicolons and comments, or a syntax error: the whole text, which sql_analyse tells apart. */
	(*statements)[0] = text;
	return 1;
}

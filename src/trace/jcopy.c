/*
 * jcopy: a walk over valid JSON text that copies it, objects sorted on demand.
 * Members of one object are gathered in a buf before they are sorted; most are
 * in order already, which the insertion sort below likes.
 */
#include "trace/jcopy.h"

#include "trace/jscan.h"

#define JCOPY_PATH_MAX (64 * 1024)           /* bytes; longer paths are cut, the copy is not */
#define JCOPY_MEMBERS_MAX (64 * 1024 * 1024) /* bytes of gathered members of one object */

struct member {
	struct slice key, value;
};

void jcopy_init(struct jcopy *c, bool sort, void (*leaf)(void *, struct slice, struct slice, struct buf *), void *arg)
{
	*c = (struct jcopy){ .sort = sort, .leaf = leaf, .arg = arg };
	buf_init(&c->path, JCOPY_PATH_MAX);
}

void jcopy_release(struct jcopy *c)
{
	buf_release(&c->path);
}

static int by_key(const void *a, const void *b)
{
	return slice_cmp(((const struct member *)a)->key, ((const struct member *)b)->key);
}

static void sort_members(struct member *m, size_t n)
{
	if (n > 32) {
		qsort(m, n, sizeof(*m), by_key);
		return;
	}
	for (size_t i = 1; i < n; i++) {
		struct member x = m[i];
		size_t j = i;
		for (; j && slice_cmp(m[j - 1].key, x.key) > 0; j--)
			m[j] = m[j - 1];
		m[j] = x;
	}
}

static void copy_member(struct jcopy *c, struct slice key, struct slice value, struct buf *out)
{
	size_t at = c->path.len;

	buf_add_slice(out, key);
	buf_add_char(out, ':');
	if (at)
		buf_add_char(&c->path, '.');
	buf_add(&c->path, key.ptr + 1, key.len - 2);
	jcopy_value(c, value, out);
	c->path.failed = false;
	buf_cut(&c->path, at);
}

static void copy_object(struct jcopy *c, struct slice value, struct buf *out)
{
	struct jscan it = jscan_open(value);
	struct slice key, item;
	bool first = true;

	buf_add_char(out, '{');
	if (!c->sort) {
		while (jscan_next(&it, &key, &item)) {
			if (!first)
				buf_add_char(out, ',');
			first = false;
			copy_member(c, key, item, out);
		}
	} else {
		struct member few[24];
		struct buf many;
		size_t n = 0;
		buf_init(&many, JCOPY_MEMBERS_MAX);
		while (jscan_next(&it, &key, &item)) {
			struct member m = { key, item };
			if (n < 24) {
				few[n++] = m;
				continue;
			}
			if (n == 24)
				buf_add(&many, few, sizeof(few));
			buf_add(&many, &m, sizeof(m));
			n++;
		}
		struct member *list = n > 24 ? (struct member *)(void *)many.ptr : few;
		if (buf_failed(&many))
			n = many.len / sizeof(*list);
		sort_members(list, n);
		for (size_t i = 0; i < n; i++) {
			if (i)
				buf_add_char(out, ',');
			copy_member(c, list[i].key, list[i].value, out);
		}
		buf_release(&many);
	}
	buf_add_char(out, '}');
}

static void copy_array(struct jcopy *c, struct slice value, struct buf *out)
{
	struct jscan it = jscan_open(value);
	struct slice key, item;
	size_t at = c->path.len;

	buf_add_char(out, '[');
	for (size_t i = 0; jscan_next(&it, &key, &item); i++) {
		if (i)
			buf_add_char(out, ',');
		buf_add_char(&c->path, '[');
		buf_add_u64(&c->path, i);
		buf_add_char(&c->path, ']');
		jcopy_value(c, item, out);
		c->path.failed = false;
		buf_cut(&c->path, at);
	}
	buf_add_char(out, ']');
}

void jcopy_value(struct jcopy *c, struct slice value, struct buf *out)
{
	value = slice_skip(value, jscan_space(value));
	if (!value.len)
		return;
	if (c->whole && (value.ptr[0] == '{' || value.ptr[0] == '[') && c->whole(c->arg, buf_slice(&c->path), value, out))
		return;
	if (value.ptr[0] == '{')
		copy_object(c, value, out);
	else if (value.ptr[0] == '[')
		copy_array(c, value, out);
	else
		c->leaf(c->arg, buf_slice(&c->path), value, out);
}

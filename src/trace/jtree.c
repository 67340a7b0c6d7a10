/* jtree: marks numbers on the way into a tree, and takes the marks off on the way out. */
#include "trace/jtree.h"

#include "trace/jcopy.h"

#define JTREE_MARK "\"\\u0001" /* a control character: jansson writes it as this escape */
#define JTREE_MARK_LEN 7
#define JTREE_MAX ((size_t)1 << 32)

static void mark_number(void *arg, struct slice path, struct slice value, struct buf *out)
{
	bool number = value.ptr[0] == '-' || (value.ptr[0] >= '0' && value.ptr[0] <= '9');

	(void)arg;
	(void)path;
	if (number)
		buf_add_str(out, JTREE_MARK);
	buf_add_slice(out, value);
	if (number)
		buf_add_char(out, '"');
}

json_t *jtree_load(struct slice text)
{
	struct buf marked;
	struct jcopy copy;

	buf_init(&marked, JTREE_MAX);
	jcopy_init(&copy, false, mark_number, NULL);
	jcopy_value(&copy, text, &marked);
	jcopy_release(&copy);
	json_t *v = json_loadb(marked.ptr, marked.len, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
	buf_release(&marked);
	return v;
}

char *jtree_dump(const json_t *v, size_t flags)
{
	char *text = v ? json_dumps(v, flags | JSON_ENCODE_ANY) : NULL, *at = text, *to = text;

	while (text && *at) {
		if (strncmp(at, JTREE_MARK, JTREE_MARK_LEN) != 0) {
			*to++ = *at++;
			continue;
		}
		for (at += JTREE_MARK_LEN; *at != '"';)
			*to++ = *at++;
		at++;
	}
	if (text)
		*to = '\0';
	return text;
}

/* correlate: see correlate.h. Looks only where a declared path can lead. */
#include "trace/correlate.h"

#include "base/arena.h"
#include "trace/jcopy.h"
#include "trace/jscan.h"

#define CORRELATE_BODY_MAX (16 * 1024 * 1024) /* JSON bodies above are not searched */

struct look {
	const struct paths *declared;
	correlate_found *found;
	void *arg;
	bool request;
	struct arena arena;
};

static void tell(struct look *l, struct slice value)
{
	if (value.len && value.len <= 256)
		l->found(l->arg, value);
}

/* ---- attributes and bodies --------------------------------------------- */

static void look_attrs(struct look *l, const struct attrs *attrs)
{
	for (size_t i = 0; i < attrs->count; i++) {
		const struct attr *a = &attrs->list[i];
		if ((a->type == ATTR_TEXT || a->type == ATTR_LIST) && paths_attr(l->declared, a->name))
			tell(l, a->text);
	}
	const struct attr *url = attrs_get(attrs, "url.full");
	if (!url || !paths_have(l->declared, PATH_QUERY))
		return;
	struct slice query = slice_skip(url->text, slice_find(url->text, '?') + 1), value;
	for (size_t i = 0; i < l->declared->count; i++) {
		const struct path *p = &l->declared->list[i];
		if (p->kind == PATH_QUERY && http_query_get(query, p->name, &l->arena, &value))
			tell(l, value);
	}
}

static void body_leaf(void *arg, struct slice path, struct slice value, struct buf *out)
{
	struct look *l = arg;

	(void)out;
	if (!paths_body(l->declared, l->request, path))
		return;
	struct buf plain;
	buf_init(&plain, 4096);
	tell(l, value.ptr[0] == '"' ? jscan_plain(value, &plain) : value);
	buf_release(&plain);
}

static void look_body(struct look *l, const struct payload *p, bool request)
{
	struct slice text = p->body ? body_slice(p->body) : p->json;
	struct jcopy c;
	struct buf none;
	const char *what;
	size_t at;

	if (!text.len || text.len > CORRELATE_BODY_MAX || (text.ptr[0] != '{' && text.ptr[0] != '['))
		return;
	if (p->body && jscan_value(text, &what, &at) == 0)
		return;
	l->request = request;
	buf_init(&none, 0); /* the copy is not wanted: every write fails at once */
	jcopy_init(&c, false, body_leaf, l);
	jcopy_value(&c, text, &none);
	jcopy_release(&c);
	buf_release(&none);
}

/* ---- columns ----------------------------------------------------------- */

/* Rows are arrays of the columns named in seam.columns. */
static void look_rows(struct look *l, struct slice columns, struct slice rows)
{
	struct jscan names = jscan_open(columns), row, cell;
	struct slice key, name, one, value;
	struct buf plain;

	buf_init(&plain, 4096);
	for (size_t at = 0; jscan_next(&names, &key, &name); at++) {
		if (!paths_column(l->declared, jscan_plain(name, &plain)))
			continue;
		row = jscan_open(rows);
		while (jscan_next(&row, &key, &one)) {
			cell = jscan_open(one);
			for (size_t i = 0; jscan_next(&cell, &key, &value); i++)
				if (i == at && value.ptr[0] == '"')
					tell(l, jscan_plain(value, &plain));
		}
	}
	buf_release(&plain);
}

static struct slice next_word(struct slice *text)
{
	*text = slice_trim(*text);
	size_t n = 0;
	char quote = text->len && (text->ptr[0] == '\'' || text->ptr[0] == '"') ? text->ptr[0] : 0;

	if (quote) {
		for (n = 1; n < text->len && text->ptr[n] != quote; n++)
			;
		n += n < text->len;
	} else if (text->len && strchr("(),;", text->ptr[0])) {
		n = 1;
	} else {
		while (n < text->len && !strchr("(),; \t\r\n'\"", text->ptr[n] ? text->ptr[n] : ' '))
			n++;
	}
	struct slice word = slice_take(*text, n);
	*text = slice_skip(*text, n ? n : 1);
	return word;
}

static struct slice bare(struct slice word)
{
	if (word.len >= 2 && (word.ptr[0] == '\'' || word.ptr[0] == '"'))
		return slice_of(word.ptr + 1, word.len - 2);
	return word;
}

static void tell_insert(struct look *l, const struct attrs *attrs, struct slice word)
{
	char name[64];
	uint64_t n;

	if (word.len > 1 && word.ptr[0] == '$' &&
	    slice_to_u64(slice_take(slice_skip(word, 1), slice_find(slice_skip(word, 1), ':')), &n) && n) {
		snprintf(name, sizeof(name), "db.query.parameter.%llu", (unsigned long long)(n - 1));
		const struct attr *a = attrs_get(attrs, name);
		if (a && a->type == ATTR_TEXT)
			tell(l, a->text);
	} else if (!slice_eq_nocase_str(word, "null") && !slice_eq_nocase_str(word, "default")) {
		tell(l, bare(word));
	}
}

/* INSERT INTO name (columns) VALUES (...), (...): words and commas only, an
 * expression with commas of its own ends the look. */
static void look_insert(struct look *l, const struct attrs *attrs, struct slice text)
{
	uint64_t wanted[4] = { 0 }; /* a bit a column: the first 256 */
	struct slice word;
	size_t at = 0;
	bool any = false;

	if (!slice_eq_nocase_str(next_word(&text), "insert") || !slice_eq_nocase_str(next_word(&text), "into"))
		return;
	next_word(&text);
	if (!slice_eq_str(next_word(&text), "("))
		return;
	while ((word = next_word(&text)).len && !slice_eq_str(word, ")")) {
		if (slice_eq_str(word, ",")) {
			at++;
		} else if (at < 256 && paths_column(l->declared, bare(word))) {
			wanted[at / 64] |= (uint64_t)1 << at % 64;
			any = true;
		}
	}
	if (!any || !slice_eq_nocase_str(next_word(&text), "values"))
		return;
	while (slice_eq_str(next_word(&text), "(")) {
		at = 0;
		while ((word = next_word(&text)).len && !slice_eq_str(word, ")")) {
			if (slice_eq_str(word, "("))
				return;
			if (slice_eq_str(word, ","))
				at++;
			else if (at < 256 && (wanted[at / 64] >> at % 64 & 1))
				tell_insert(l, attrs, word);
		}
		if (!slice_eq_str(next_word(&text), ","))
			return;
	}
}

void correlate_event(const struct paths *declared, const struct event *e, correlate_found *found, void *arg)
{
	struct look l = { .declared = declared, .found = found, .arg = arg };

	if (!declared->count || !e->attrs)
		return;
	arena_init(&l.arena);
	look_attrs(&l, e->attrs);
	if (paths_have(declared, PATH_JSON) || paths_have(declared, PATH_REQ))
		if (e->request && e->request->present)
			look_body(&l, e->request, true);
	if (paths_have(declared, PATH_JSON) || paths_have(declared, PATH_RES))
		if (e->reply && e->reply->present && e->reply->rows < 0)
			look_body(&l, e->reply, false);
	if (paths_have(declared, PATH_COLUMN)) {
		const struct attr *columns = attrs_get(e->attrs, "seam.columns");
		const struct attr *text = attrs_get(e->attrs, "db.query.text");
		if (columns && e->reply && e->reply->json.len)
			look_rows(&l, columns->text, e->reply->json);
		if (text)
			look_insert(&l, e->attrs, text->text);
	}
	arena_release(&l.arena);
}

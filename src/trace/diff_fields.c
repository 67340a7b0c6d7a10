/*
 * diff_fields: where two events of one kind differ, leaf by leaf.
 *
 * Labels are taken off first: a placeholder says what it stands for, its
 * identity is checked elsewhere. Text of several lines is compared by line, and
 * by cell when it is CSV with the same first line.
 */
#include "trace/diff_model.h"

#include "base/utf8.h"
#include "trace/align.h"
#include "trace/body_shape.h"
#include "trace/canon_text.h"
#include "trace/jtree.h"
#include "trace/sql_form.h"
#include "trace/volatile.h"

#define TEXT_MAX ((size_t)1 << 32)
#define FIELDS_MAX 64        /* differences listed of one pair; there are more when the last one is "..." */
#define VALUE_SHOWN 4096     /* bytes of a value kept for showing */

/* ---- text without labels ---------------------------------------------------------- */

static void without_labels(struct slice s, struct buf *out)
{
	static const struct volatile_window never;
	struct volatile_hit hit;
	size_t plain = 0;

	for (size_t i = 0; i < s.len;) {
		if (s.ptr[i] != '<' || !volatile_at(slice_skip(s, i), &never, true, &hit) || !hit.value.len) {
			i++;
			continue;
		}
		buf_add(out, s.ptr + plain, i - plain);
		buf_addf(out, "<%s>", volatile_name(hit.type));
		plain = i += hit.len;
	}
	buf_add(out, s.ptr + plain, s.len - plain);
}

static void line_text(struct differ *d, int side, uint32_t line, struct buf *out)
{
	struct buf labelled;

	buf_init(&labelled, TEXT_MAX);
	canon_line_add(d->side[side].canon, line, &labelled);
	without_labels(buf_slice(&labelled), out);
	buf_release(&labelled);
}

void diff_text_of(struct differ *d, int side, uint32_t line, struct buf *out)
{
	line_text(d, side, line, out);
}

unsigned diff_distance(struct slice a, struct slice b)
{
	size_t front = 0, back = 0, least = a.len < b.len ? a.len : b.len, most = a.len < b.len ? b.len : a.len;

	while (front < least && a.ptr[front] == b.ptr[front])
		front++;
	while (back < least - front && a.ptr[a.len - 1 - back] == b.ptr[b.len - 1 - back])
		back++;
	return most ? (unsigned)((most - front - back) * 1000 / most) : 0;
}

/* ---- the list ------------------------------------------------------------------------ */

static char *shown(json_t *v)
{
	char *text = jtree_dump(v, JSON_COMPACT);
	size_t cut = VALUE_SHOWN;

	if (!text || strlen(text) <= VALUE_SHOWN + 64)
		return text;
	while (cut && ((unsigned char)text[cut] & 0xc0) == 0x80)
		cut--;
	struct buf b;
	buf_init(&b, VALUE_SHOWN * 2);
	buf_add(&b, text, cut);
	buf_addf(&b, "... (%zu bytes in all)", strlen(text));
	free(text);
	return buf_detach(&b);
}

static void add(struct field_list *out, const char *path, json_t *golden, json_t *run)
{
	if (out->count >= FIELDS_MAX)
		return;
	if (out->count == out->cap) {
		out->cap = out->cap ? out->cap * 2 : 8;
		out->list = realloc(out->list, out->cap * sizeof(*out->list));
		if (!out->list)
			abort();
	}
	out->list[out->count++] = (struct finding_path){ .path = strdup(path), .golden = shown(golden), .run = shown(run) };
}

/* ---- lines of text ---------------------------------------------------------------------- */

struct text_lines {
	struct slice *list;
	uint64_t *keys;
	size_t count;
};

static struct text_lines split_lines(struct slice s)
{
	struct text_lines t = { 0 };
	size_t cap = 1;

	for (size_t i = 0; i < s.len; i++)
		cap += s.ptr[i] == '\n';
	t.list = diff_alloc(cap, sizeof(*t.list));
	t.keys = diff_alloc(cap, sizeof(*t.keys));
	while (s.ptr && s.len) {
		struct slice line = slice_split(&s, '\n');
		t.keys[t.count] = canon_hash(line.ptr, line.len, 0);
		t.list[t.count++] = line;
	}
	return t;
}

static json_t *text_json(struct slice s)
{
	json_t *j = json_stringn(s.ptr ? s.ptr : "", s.len);

	return j ? j : json_string("(not text)");
}

static size_t cells(struct slice line)
{
	size_t n = 1;

	for (size_t i = 0; i < line.len; i++)
		n += line.ptr[i] == ',';
	return n;
}

/* Cells by the names of the first line; false: not CSV as far as one can see
 * without reading quotes. */
static bool diff_cells(const char *path, size_t number, struct slice head, struct slice a, struct slice b, struct field_list *out)
{
	struct buf name;
	bool quoted = memchr(a.ptr, '"', a.len) || memchr(b.ptr, '"', b.len);

	if (quoted || cells(head) < 2 || cells(a) != cells(head) || cells(b) != cells(head))
		return false;
	buf_init(&name, 64 * 1024);
	while (a.ptr) {
		struct slice column = slice_trim(slice_split(&head, ',')), x = slice_trim(slice_split(&a, ',')),
			     y = slice_trim(slice_split(&b, ','));
		if (slice_eq(x, y))
			continue;
		buf_reset(&name);
		buf_addf(&name, "%s[%zu].%.*s", path, number, SLICE_ARG(column));
		json_t *gx = text_json(x), *ry = text_json(y);
		add(out, name.ptr, gx, ry);
		json_decref(gx);
		json_decref(ry);
	}
	buf_release(&name);
	return true;
}

static void one_line(const char *path, size_t number, const struct slice *a, const struct slice *b, struct field_list *out)
{
	struct buf name;
	json_t *x = a ? text_json(*a) : NULL, *y = b ? text_json(*b) : NULL;

	buf_init(&name, 64 * 1024);
	buf_addf(&name, "%s[%zu]", path, number);
	add(out, name.ptr, x, y);
	buf_release(&name);
	json_decref(x);
	json_decref(y);
}

/* Lines are numbered from 0, as items of an array are. */
static void diff_text(const char *path, struct slice a, struct slice b, struct field_list *out)
{
	struct text_lines x = split_lines(a), y = split_lines(b);

	if (x.count < 2 && y.count < 2) {
		json_t *gx = text_json(a), *ry = text_json(b);
		add(out, path, gx, ry);
		json_decref(gx);
		json_decref(ry);
	} else {
		uint32_t *match = diff_alloc(x.count, sizeof(*match));
		size_t i = 0, k = 0;
		bool head = x.count && y.count && x.keys[0] == y.keys[0];
		align(x.keys, x.count, y.keys, y.count, match);
		while (i < x.count || k < y.count) {
			if (i < x.count && match[i] == k) {
				i++;
				k++;
				continue;
			}
			bool gone = i < x.count && match[i] == ALIGN_NONE;
			bool come = k < y.count && (i >= x.count || match[i] == ALIGN_NONE || k < match[i]);
			if (gone && come) {
				if (!head || !diff_cells(path, i, x.list[0], x.list[i], y.list[k], out))
					one_line(path, i, &x.list[i], &y.list[k], out);
				i++;
				k++;
			} else if (gone) {
				one_line(path, i, &x.list[i], NULL, out);
				i++;
			} else {
				one_line(path, k, NULL, &y.list[k], out);
				k++;
			}
		}
		/* A last newline alone. */
		if (!out->count) {
			json_t *gx = text_json(a), *ry = text_json(b);
			add(out, path, gx, ry);
			json_decref(gx);
			json_decref(ry);
		}
		free(match);
	}
	free(x.list);
	free(x.keys);
	free(y.list);
	free(y.keys);
}

/* ---- trees -------------------------------------------------------------------------------- */

static void diff_value(struct buf *path, json_t *a, json_t *b, struct field_list *out);

static void diff_object(struct buf *path, json_t *a, json_t *b, struct field_list *out)
{
	const char *key;
	json_t *v;
	size_t at = path->len;

	json_object_foreach(a, key, v) {
		buf_addf(path, "%s%s", at ? "." : "", key);
		diff_value(path, v, json_object_get(b, key), out);
		buf_cut(path, at);
	}
	json_object_foreach(b, key, v) {
		if (json_object_get(a, key))
			continue;
		buf_addf(path, "%s%s", at ? "." : "", key);
		diff_value(path, NULL, v, out);
		buf_cut(path, at);
	}
}

/* Equal ends first, so that one item put in is one difference. */
static void diff_array(struct buf *path, json_t *a, json_t *b, struct field_list *out)
{
	size_t n = json_array_size(a), m = json_array_size(b), front = 0, back = 0, at = path->len;

	while (front < n && front < m && json_equal(json_array_get(a, front), json_array_get(b, front)))
		front++;
	while (n != m && back < n - front && back < m - front &&
	       json_equal(json_array_get(a, n - 1 - back), json_array_get(b, m - 1 - back)))
		back++;
	for (size_t i = front; i < n - back || i < m - back; i++) {
		buf_addf(path, "[%zu]", i);
		diff_value(path, i < n - back ? json_array_get(a, i) : NULL, i < m - back ? json_array_get(b, i) : NULL, out);
		buf_cut(path, at);
	}
}

static void diff_value(struct buf *path, json_t *a, json_t *b, struct field_list *out)
{
	if (a && b && json_equal(a, b))
		return;
	if (json_is_object(a) && json_is_object(b))
		diff_object(path, a, b, out);
	else if (json_is_array(a) && json_is_array(b))
		diff_array(path, a, b, out);
	else if (json_is_string(a) && json_is_string(b))
		diff_text(path->ptr, slice_of(json_string_value(a), json_string_length(a)),
			  slice_of(json_string_value(b), json_string_length(b)), out);
	else
		add(out, path->ptr, a, b);
}

/* ---- statements ------------------------------------------------------------------------------- */

static json_t *next_literal(struct slice *rest)
{
	struct sql_token t;

	while (sql_token_next(rest, &t))
		if (sql_token_literal(&t))
			return text_json(t.text);
	return NULL;
}

/* Two texts of one form: nothing. That differ in their constants alone: those, by
 * number. False: they are other statements. */
static bool diff_sql(struct slice a, struct slice b, struct field_list *out)
{
	struct buf x, y;
	char path[48];

	buf_init(&x, TEXT_MAX);
	buf_init(&y, TEXT_MAX);
	sql_form(a, true, &x);
	sql_form(b, true, &y);
	bool same = slice_eq(buf_slice(&x), buf_slice(&y));
	for (size_t i = 1; same; i++) {
		json_t *p = next_literal(&a), *q = next_literal(&b);
		if (p && q && !json_equal(p, q)) {
			snprintf(path, sizeof(path), "sql.literal.%zu", i);
			add(out, path, p, q);
		}
		json_decref(p);
		json_decref(q);
		if (!p || !q)
			break;
	}
	buf_release(&x);
	buf_release(&y);
	return same;
}

static void diff_statement(json_t *a, json_t *b, struct field_list *out)
{
	json_t *x = json_object_get(a, "db.query.text"), *y = json_object_get(b, "db.query.text");

	if (!json_is_string(x) || !json_is_string(y) ||
	    !diff_sql(slice_of(json_string_value(x), json_string_length(x)), slice_of(json_string_value(y), json_string_length(y)), out))
		return;
	json_object_del(a, "db.query.text");
	json_object_del(b, "db.query.text");
}

/* ---- events ---------------------------------------------------------------------------------- */

static json_t *shape_json(struct slice bytes)
{
	struct buf shape;

	buf_init(&shape, 1024 * 1024);
	body_shape(bytes, &shape);
	json_t *j = text_json(buf_slice(&shape));
	buf_release(&shape);
	return j;
}

/* JSON by its tree, other text by its lines; of what is no text, the shape. */
static void diff_bytes(const char *path, struct slice a, struct slice b, struct field_list *out)
{
	json_t *x = jtree_load(a), *y = jtree_load(b);
	struct buf at;

	buf_init(&at, 1024 * 1024);
	buf_add_str(&at, path);
	if ((json_is_object(x) || json_is_array(x)) && x && y && json_typeof(x) == json_typeof(y)) {
		diff_value(&at, x, y, out);
	} else if (slice_is_utf8(a) && slice_is_utf8(b)) {
		diff_text(path, a, b, out);
	} else {
		json_t *p = shape_json(a), *q = shape_json(b);
		buf_add_str(&at, json_equal(p, q) ? " (content; the shape is the same)" : " (shape)");
		add(out, at.ptr, p, q);
		json_decref(p);
		json_decref(q);
	}
	buf_release(&at);
	json_decref(x);
	json_decref(y);
}

/* Bodies that stand beside the trace; false: one is not there. */
static bool diff_blobs(struct differ *d, uint32_t golden, uint32_t run, bool request, struct field_list *out)
{
	struct buf a, b, x, y;
	struct err err = { 0 };
	bool told = false;

	buf_init(&a, TEXT_MAX);
	buf_init(&b, TEXT_MAX);
	buf_init(&x, TEXT_MAX);
	buf_init(&y, TEXT_MAX);
	if (canon_blob(d->side[0].canon, golden, request, &a, &err) == 0 && canon_blob(d->side[1].canon, run, request, &b, &err) == 0) {
		without_labels(buf_slice(&a), &x);
		without_labels(buf_slice(&b), &y);
		if (!slice_eq(buf_slice(&x), buf_slice(&y)))
			diff_bytes(request ? "req.b" : "res.b", buf_slice(&x), buf_slice(&y), out);
		told = true;
	}
	buf_release(&a);
	buf_release(&b);
	buf_release(&x);
	buf_release(&y);
	return told;
}

static void diff_payload(struct differ *d, uint32_t golden, uint32_t run, const char *name, json_t *a, json_t *b, struct field_list *out)
{
	bool request = strcmp(name, "req") == 0;
	struct buf path;
	size_t before = out->count;

	if (json_object_get(a, "blob") && json_object_get(b, "blob") && diff_blobs(d, golden, run, request, out)) {
		json_object_del(a, "blob");
		json_object_del(b, "blob");
	}
	/* Another size is how another body shows, not a difference of its own. */
	json_t *x = json_incref(json_object_get(a, "sz")), *y = json_incref(json_object_get(b, "sz"));
	if (a && b) {
		json_object_del(a, "sz");
		json_object_del(b, "sz");
	}
	buf_init(&path, 1024 * 1024);
	buf_add_str(&path, name);
	diff_value(&path, a, b, out);
	if (a && b && out->count == before && !(x && y && json_equal(x, y)) && (x || y)) {
		buf_add_str(&path, ".sz");
		add(out, path.ptr, x, y);
	}
	buf_release(&path);
	json_decref(x);
	json_decref(y);
}

static json_t *parse(struct differ *d, int side, uint32_t line)
{
	struct buf text;

	buf_init(&text, TEXT_MAX);
	line_text(d, side, line, &text);
	json_t *j = jtree_load(buf_slice(&text));
	buf_release(&text);
	return j;
}

static void field_release(struct finding_path *p)
{
	free(p->path);
	free(p->golden);
	free(p->run);
}

void diff_fields_free(struct field_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		field_release(&l->list[i]);
	free(l->list);
	*l = (struct field_list){ 0 };
}

/* Numbers that a declared tolerance covers are equal. */
static void drop_near(struct differ *d, struct field_list *out)
{
	size_t kept = 0;

	for (size_t i = 0; i < out->count; i++) {
		struct finding_path *p = &out->list[i];
		if (p->golden && p->run && canon_near(d->side[1].canon, slice_str(p->path), slice_str(p->golden), slice_str(p->run)))
			field_release(p);
		else
			out->list[kept++] = *p;
	}
	out->count = kept;
}

void diff_fields(struct differ *d, uint32_t golden, uint32_t run, struct field_list *out)
{
	static const char *const plain[] = { "sum", "ok", "err", NULL };
	json_t *a = parse(d, 0, golden), *b = parse(d, 1, run);
	struct buf path;

	buf_init(&path, 1024 * 1024);
	for (const char *const *name = plain; *name; name++) {
		buf_reset(&path);
		buf_add_str(&path, *name);
		json_t *x = json_object_get(a, *name), *y = json_object_get(b, *name);
		if (x || y)
			diff_value(&path, x, y, out);
	}
	/* Who answered matters when one side had nobody. */
	const char *by = json_string_value(json_object_get(a, "by")), *by_run = json_string_value(json_object_get(b, "by"));
	if (by && by_run && (strcmp(by, "none") == 0) != (strcmp(by_run, "none") == 0))
		add(out, "by", json_object_get(a, "by"), json_object_get(b, "by"));
	json_t *x = json_object_get(a, "a"), *y = json_object_get(b, "a");
	buf_reset(&path);
	buf_add_str(&path, "a");
	diff_statement(x, y, out);
	if (x || y)
		diff_value(&path, x, y, out);
	for (int i = 0; i < 2; i++) {
		x = json_object_get(a, i ? "res" : "req");
		y = json_object_get(b, i ? "res" : "req");
		if (x || y)
			diff_payload(d, golden, run, i ? "res" : "req", x, y, out);
	}
	drop_near(d, out);
	buf_release(&path);
	json_decref(a);
	json_decref(b);
}

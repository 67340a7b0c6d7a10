/* jsondoc: loading JSON, and finding where in the text a value stands. The walk
 * trusts that jansson accepted the text: it only has to skip, not to check. */
#include "base/jsondoc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (64 * 1024 * 1024) /* a rule file or seed description; data belongs into CSV */

static int read_file(const char *file, struct buf *out, struct err *err)
{
	FILE *f = fopen(file, "rb");
	char piece[64 * 1024];
	size_t n;

	if (!f)
		return err_at(err, ERR_IO, file, 0, 0, "cannot be opened: %s", strerror(errno));
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_add(out, piece, n);
	bool failed = ferror(f) != 0;
	int why = errno;
	fclose(f);
	if (failed)
		return err_at(err, ERR_IO, file, 0, 0, "cannot be read: %s", strerror(why));
	if (buf_failed(out))
		return err_at(err, ERR_LIMIT, file, 0, 0, "is larger than 64 MiB; keep data in CSV or body files and name them");
	return 0;
}

int jsondoc_load(struct jsondoc *doc, const char *file, struct err *err)
{
	struct buf text;

	buf_init(&text, FILE_MAX);
	int code = read_file(file, &text, err);
	if (!code)
		code = jsondoc_parse(doc, file, text.ptr, text.len, err);
	buf_release(&text);
	return code;
}

int jsondoc_parse(struct jsondoc *doc, const char *file, const char *text, size_t len, struct err *err)
{
	json_error_t at;

	*doc = (struct jsondoc){ 0 };
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &at);
	if (!root)
		return err_at(err, ERR_SYNTAX, file, at.line > 0 ? at.line : 1, at.column > 0 ? at.column : 1, "not JSON: %s", at.text);
	doc->file = strdup(file);
	doc->text = malloc(len + 1);
	if (!doc->file || !doc->text) {
		json_decref(root);
		jsondoc_release(doc);
		return err_set(err, ERR_IO, "out of memory");
	}
	memcpy(doc->text, text, len);
	doc->text[len] = '\0';
	doc->len = len;
	doc->root = root;
	return 0;
}

void jsondoc_release(struct jsondoc *doc)
{
	free(doc->file);
	free(doc->text);
	json_decref(doc->root);
	*doc = (struct jsondoc){ 0 };
}

/* ---- walking the text -------------------------------------------------- */

static const char *skip_blank(const char *p)
{
	while (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')
		p++;
	return p;
}

/* p is at the opening quote; returns the byte after the closing one. */
static const char *skip_string(const char *p)
{
	for (p++; *p && *p != '"'; p++)
		if (*p == '\\' && p[1])
			p++;
	return *p ? p + 1 : p;
}

static const char *skip_value(const char *p)
{
	int depth = 0;

	do {
		p = skip_blank(p);
		if (*p == '"') {
			p = skip_string(p);
		} else if (*p == '{' || *p == '[') {
			depth++;
			p++;
		} else if (*p == '}' || *p == ']') {
			depth--;
			p++;
		} else if (*p == ',' || *p == ':') {
			p++;
		} else {
			while (*p && !strchr(",:]} \t\r\n", *p))
				p++;
		}
	} while (depth > 0 && *p);
	return p;
}

/* Compares a member name in the text (quoted, perhaps escaped) with `name`. */
static bool same_name(const char *quoted, struct slice name)
{
	const char *end = skip_string(quoted);
	bool same = false;
	json_t *s = json_loadb(quoted, (size_t)(end - quoted), JSON_DECODE_ANY, NULL);

	if (s)
		same = slice_eq(slice_of(json_string_value(s), json_string_length(s)), name);
	json_decref(s);
	return same;
}

/* One step of a path: a member's name or an index. */
struct step {
	bool index;
	struct slice name;
	uint64_t n;
};

/* Takes the first step off *path; false at its end. */
static bool next_step(struct slice *path, struct step *step)
{
	if (path->len && path->ptr[0] == '.')
		*path = slice_skip(*path, 1);
	if (!path->len)
		return false;
	if (slice_has_prefix(*path, SLICE_LIT("[\""))) {
		*path = slice_skip(*path, 2);
		size_t end = slice_find_slice(*path, SLICE_LIT("\"]"));
		*step = (struct step){ .name = slice_take(*path, end) };
		*path = slice_skip(*path, end + 2);
		return true;
	}
	if (path->ptr[0] == '[') {
		size_t end = slice_find(*path, ']');
		*step = (struct step){ .index = true };
		slice_to_u64(slice_of(path->ptr + 1, end ? end - 1 : 0), &step->n);
		*path = slice_skip(*path, end + 1);
		return true;
	}
	size_t end = 0;
	while (end < path->len && path->ptr[end] != '.' && path->ptr[end] != '[')
		end++;
	*step = (struct step){ .name = slice_take(*path, end) };
	*path = slice_skip(*path, end);
	return true;
}

/* p is at a value. Returns the child's value, or NULL; *name is set to the
 * place of the member's name. */
static const char *child(const char *p, const struct step *step, const char **name)
{
	if (*p != (step->index ? '[' : '{'))
		return NULL;
	p = skip_blank(p + 1);
	for (uint64_t i = 0; *p && *p != ']' && *p != '}'; i++) {
		const char *key = p;
		if (!step->index) {
			p = skip_blank(skip_string(p));
			p = skip_blank(*p == ':' ? p + 1 : p);
		}
		if (step->index ? i == step->n : same_name(key, step->name)) {
			*name = key;
			return p;
		}
		p = skip_blank(skip_value(p));
		if (*p == ',')
			p = skip_blank(p + 1);
	}
	return NULL;
}

void jsondoc_where(const struct jsondoc *doc, const char *path, bool key, int *line, int *column)
{
	const char *at = skip_blank(doc->text), *name = at;
	struct slice rest = slice_str(path);
	struct step step;

	while (next_step(&rest, &step)) {
		const char *below = child(at, &step, &name);
		if (!below)
			break;
		at = below;
	}
	if (key)
		at = name;
	*line = 1;
	const char *start = doc->text;
	for (const char *p = doc->text; p < at; p++)
		if (*p == '\n') {
			++*line;
			start = p + 1;
		}
	*column = (int)(at - start) + 1;
}

/*
 * Task: what every part of the loader needs: the path, errors at its place,
 * members by type. Leaves the meaning of members to load_*.c.
 */
#include "rule/load.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#define FILE_BODY_MAX (64 * 1024 * 1024) /* bodies named by rules are held in memory */

void *load_grow(struct load *l, void *list, size_t count, size_t *cap, size_t size)
{
	if (count < *cap)
		return list;
	size_t want = *cap ? *cap * 2 : 8;
	char *bigger = arena_zalloc(&l->r->arena, want * size);
	if (count)
		memcpy(bigger, list, count * size);
	*cap = want;
	return bigger;
}

/* ---- the path ---------------------------------------------------------- */

size_t load_enter(struct load *l, const char *key)
{
	size_t former = l->len, room = sizeof(l->path) - l->len;
	int n;

	/* The form that jsondoc_where reads: a name with a dot or a bracket in it is quoted. */
	if (strpbrk(key, ".[]\"") || !*key)
		n = snprintf(l->path + l->len, room, "[\"%s\"]", key);
	else
		n = snprintf(l->path + l->len, room, "%s%s", l->len ? "." : "", key);
	if (n > 0 && (size_t)n < room)
		l->len += (size_t)n;
	else
		l->path[l->len] = '\0';
	return former;
}

size_t load_enter_index(struct load *l, size_t index)
{
	size_t former = l->len, room = sizeof(l->path) - l->len;
	int n = snprintf(l->path + l->len, room, "[%zu]", index);

	if (n > 0 && (size_t)n < room)
		l->len += (size_t)n;
	else
		l->path[l->len] = '\0';
	return former;
}

void load_leave(struct load *l, size_t former)
{
	l->len = former;
	l->path[former] = '\0';
}

/* ---- errors ------------------------------------------------------------ */

static struct err *new_error(struct load *l)
{
	struct err *list = realloc(l->errs->list, (l->errs->count + 1) * sizeof(*list));

	if (!list)
		abort();
	l->errs->list = list;
	struct err *e = &list[l->errs->count++];
	*e = (struct err){ 0 };
	return e;
}

static void file_error(struct load *l, const char *path, bool key, const char *fmt, va_list ap)
{
	char text[sizeof(((struct err *)0)->text)];
	int line = 0, column = 0;

	vsnprintf(text, sizeof(text), fmt, ap);
	if (l->doc)
		jsondoc_where(l->doc, path, key, &line, &column);
	err_at(new_error(l), ERR_CONTENT, l->doc ? l->doc->file : NULL, line, column, "%s%s%s", path, *path ? ": " : "", text);
}

void load_bad(struct load *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	file_error(l, l->path, false, fmt, ap);
	va_end(ap);
}

void load_bad_key(struct load *l, const char *key, const char *fmt, ...)
{
	size_t former = load_enter(l, key);
	char whole[sizeof(l->path)];
	va_list ap;

	memcpy(whole, l->path, l->len + 1);
	load_leave(l, former);
	va_start(ap, fmt);
	file_error(l, whole, true, fmt, ap);
	va_end(ap);
}

void load_bad_file(struct load *l, const struct err *e)
{
	*new_error(l) = *e;
}

const char *load_hint(struct load *l, const char *word, const char *const *known, bool list)
{
	const char *near = err_nearest(word, known);

	if (near)
		return arena_printf(&l->r->arena, " (did you mean \"%s\"?)", near).ptr;
	if (!list || !known[0])
		return "";
	struct slice all = SLICE_NONE;
	for (size_t i = 0; known[i]; i++)
		all = arena_printf(&l->r->arena, "%.*s%s%s", SLICE_ARG(all), i ? ", " : "", known[i]);
	return arena_printf(&l->r->arena, " (known: %.*s)", SLICE_ARG(all)).ptr;
}

/* ---- members ----------------------------------------------------------- */

bool load_comment(const char *key)
{
	return key[0] == '/' && key[1] == '/';
}

static bool listed(const char *word, const char *const *words)
{
	for (; words && *words; words++)
		if (strcmp(word, *words) == 0)
			return true;
	return false;
}

void load_keys(struct load *l, json_t *object, const char *const *known, const char *const *later)
{
	const char *key;
	json_t *v;

	json_object_foreach(object, key, v) {
		if (load_comment(key) || listed(key, known))
			continue;
		if (listed(key, later))
			load_bad_key(l, key, "\"%s\" is not known yet to this version of seam", key);
		else
			load_bad_key(l, key, "unknown key \"%s\"%s", key, load_hint(l, key, known, true));
	}
}

const char *load_type(json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_OBJECT: return "an object";
	case JSON_ARRAY: return "an array";
	case JSON_STRING: return "a string";
	case JSON_INTEGER: return "an integer";
	case JSON_REAL: return "a number";
	case JSON_TRUE: case JSON_FALSE: return "a boolean";
	default: return "null";
	}
}

bool load_want(struct load *l, json_t *v, json_type type)
{
	static const char *const names[] = { [JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array", [JSON_STRING] = "a string",
					     [JSON_INTEGER] = "an integer" };

	if (json_typeof(v) == type)
		return true;
	load_bad(l, "is %s, expected %s", load_type(v), names[type]);
	return false;
}

bool load_is_text(json_t *v)
{
	json_t *line;
	size_t i;

	if (json_is_string(v))
		return true;
	if (!json_is_array(v) || !json_array_size(v))
		return false;
	json_array_foreach(v, i, line)
		if (!json_is_string(line))
			return false;
	return true;
}

const char *load_text(struct load *l, json_t *v)
{
	json_t *line;
	size_t i, len = 0;

	if (!load_is_text(v)) {
		load_bad(l, "is %s, expected a string or an array of strings", load_type(v));
		return NULL;
	}
	if (json_is_string(v))
		return json_string_value(v);
	json_array_foreach(v, i, line)
		len += json_string_length(line) + 1;
	char *text = arena_alloc(&l->r->arena, len), *at = text;
	json_array_foreach(v, i, line) {
		memcpy(at, json_string_value(line), json_string_length(line));
		at += json_string_length(line);
		*at++ = '\n';
	}
	at[-1] = '\0';
	return text;
}

const char *load_text_of(struct load *l, json_t *object, const char *key)
{
	json_t *v = json_object_get(object, key);

	if (!v)
		return NULL;
	size_t former = load_enter(l, key);
	const char *text = load_text(l, v);
	load_leave(l, former);
	return text;
}

bool load_bool_of(struct load *l, json_t *object, const char *key, bool otherwise)
{
	json_t *v = json_object_get(object, key);

	if (!v)
		return otherwise;
	if (json_is_boolean(v))
		return json_is_true(v);
	size_t former = load_enter(l, key);
	load_bad(l, "is %s, expected true or false", load_type(v));
	load_leave(l, former);
	return otherwise;
}

bool load_duration(struct load *l, json_t *v, uint64_t *ns)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = { { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 }, { "m", 60e9 }, { "h", 3600e9 } };
	const char *text = json_string_value(v);
	char *end;

	if (text) {
		double number = strtod(text, &end);
		while (*end == ' ')
			end++;
		for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
			if (end != text && strcmp(end, units[i].unit) == 0 && number >= 0 && number * units[i].ns < 1e18) {
				*ns = (uint64_t)(number * units[i].ns + 0.5);
				return true;
			}
		}
	}
	char *found = json_dumps(v, JSON_ENCODE_ANY);
	load_bad(l, "is %s, expected a duration like \"200ms\" or \"1.5s\" (ns, us, ms, s, m, h)", found ? found : "?");
	free(found);
	return false;
}

size_t load_names(struct load *l, json_t *v, const char ***names)
{
	size_t count = 0, i;
	json_t *one;

	*names = ARENA_ARRAY(&l->r->arena, const char *, json_array_size(v) + 2);
	if (json_is_string(v)) {
		(*names)[count++] = json_string_value(v);
		return count;
	}
	if (!load_want(l, v, JSON_ARRAY))
		return 0;
	json_array_foreach(v, i, one) {
		size_t former = load_enter_index(l, i);
		if (load_want(l, one, JSON_STRING))
			(*names)[count++] = json_string_value(one);
		load_leave(l, former);
	}
	return count;
}

bool load_file(struct load *l, const char *name, struct slice *bytes)
{
	char path[PATH_MAX], piece[64 * 1024];
	struct buf all;
	size_t n;

	snprintf(path, sizeof(path), "%s%s%s", *name == '/' ? "" : l->folder, *name == '/' ? "" : "/", name);
	FILE *f = fopen(path, "rb");
	if (!f) {
		load_bad(l, "file \"%s\" cannot be opened: %s (names are relative to the rule file)", path, strerror(errno));
		return false;
	}
	buf_init(&all, FILE_BODY_MAX);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_add(&all, piece, n);
	bool good = !ferror(f) && !buf_failed(&all);
	fclose(f);
	if (good)
		*bytes = arena_slice(&l->r->arena, buf_slice(&all));
	else
		load_bad(l, "file \"%s\" cannot be read, or is larger than 64 MiB", path);
	buf_release(&all);
	return good;
}

/*
 * Task: holds a fake's answer against what a state expectation wants. Answers
 * of tables are {"columns": [...], "rows": [["3", null]]}; of objects
 * {"objects": [{"bucket", "key", "size", "type", "text"}]}; any may be
 * {"error": "..."} (src/service/service.h).
 */
#include "rule/expect_model.h"

#include <stdio.h>

static struct value of_json(json_t *v)
{
	if (!v)
		return (struct value){ .kind = VALUE_ABSENT };
	if (json_is_null(v))
		return (struct value){ .kind = VALUE_NULL, .json = v };
	if (json_is_string(v))
		return (struct value){ .kind = VALUE_TEXT, .text = slice_of(json_string_value(v), json_string_length(v)) };
	return (struct value){ .kind = VALUE_JSON, .json = v };
}

static void say(struct buf *why, const char *what, json_t *v)
{
	char *dump = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);

	if (dump && strlen(dump) > 400)
		buf_addf(why, "%s%.*s...", what, 400, dump);
	else
		buf_addf(why, "%s%s", what, dump ? dump : "nothing");
	free(dump);
}

/* ---- rows ----------------------------------------------------------------- */

static bool row_holds(const struct state_row *want, json_t *row, struct matching *m)
{
	if (json_array_size(row) != want->count)
		return false;
	for (size_t i = 0; i < want->count; i++)
		if (!pattern_matches(&want->cells[i], of_json(json_array_get(row, i)), m))
			return false;
	return true;
}

static bool rows_hold(const struct state_want *w, json_t *rows, struct matching *m, struct buf *why)
{
	size_t n = json_array_size(rows);
	bool *taken = ARENA_ARRAY(m->arena, bool, n + 1);

	memset(taken, 0, (n + 1) * sizeof(*taken));
	for (size_t i = 0; i < w->nrows; i++) {
		bool found = false;
		for (size_t k = w->unordered ? 0 : i; k < n && !found; k++) {
			found = !taken[k] && row_holds(&w->rows[i], json_array_get(rows, k), m);
			if (found)
				taken[k] = true;
			if (!w->unordered)
				break;
		}
		if (found)
			continue;
		if (!w->unordered && i < n) {
			buf_addf(why, "row %zu is ", i + 1);
			say(why, "", json_array_get(rows, i));
		} else {
			buf_addf(why, "row %zu is not among the %zu found: ", i + 1, n);
			say(why, "", rows);
		}
		return false;
	}
	if (n != w->nrows) {
		buf_addf(why, "wants %zu row%s, found %zu: ", w->nrows, w->nrows == 1 ? "" : "s", n);
		say(why, "", rows);
		return false;
	}
	return true;
}

/* ---- objects ---------------------------------------------------------------- */

static bool is_that_object(json_t *question, json_t *o)
{
	const char *wanted = json_string_value(json_object_get(question, "key")), *bucket = json_string_value(json_object_get(o, "bucket"));
	const char *key = json_string_value(json_object_get(o, "key"));
	size_t n = bucket ? strlen(bucket) : 0;

	if (!wanted || !key)
		return !wanted;
	if (strcmp(wanted, key) == 0)
		return true;
	/* "curated/events.json" may also mean the bucket curated */
	return strncmp(wanted, bucket, n) == 0 && wanted[n] == '/' && strcmp(wanted + n + 1, key) == 0;
}

static bool object_holds(const struct state_want *w, json_t *o, struct matching *m, struct buf *why)
{
	for (size_t i = 0; i < w->nfields; i++) {
		const struct state_field *f = &w->fields[i];
		bool json = strcmp(f->name, "json") == 0;
		json_t *text = json_object_get(o, json ? "text" : f->name);
		json_t *v = json && text ? json_loads(json_string_value(text), JSON_DECODE_ANY, NULL) : json_incref(text);
		bool holds = json && !v ? false : pattern_matches(&f->pattern, json ? (struct value){ .kind = VALUE_JSON, .json = v } : of_json(v), m);
		if (!holds) {
			buf_addf(why, "%s is ", f->name);
			if (json && !v)
				buf_add_str(why, "no JSON: ");
			say(why, "", v ? v : text);
		}
		json_decref(v);
		if (!holds)
			return false;
	}
	return true;
}

static bool objects_hold(const struct expectation *e, json_t *list, struct matching *m, struct buf *why)
{
	const struct state_want *w = e->want;
	json_t *o, *found = NULL;
	size_t i, n = 0;

	json_array_foreach(list, i, o)
		if (is_that_object(e->question, o)) {
			found = o;
			n++;
		}
	if (w->has_count && (n < e->count.min || n > e->count.max)) {
		buf_addf(why, "found %zu object%s", n, n == 1 ? "" : "s");
		return false;
	}
	if (w->absent || !json_object_get(e->question, "key")) {
		if (w->absent && n) {
			buf_add_str(why, "it is there: ");
			say(why, "", found);
		}
		return !w->absent || !n;
	}
	if (!found) {
		buf_addf(why, "no such object among %zu:", json_array_size(list));
		json_array_foreach(list, i, o)
			if (i < 20)
				buf_addf(why, " %s/%s", json_string_value(json_object_get(o, "bucket")), json_string_value(json_object_get(o, "key")));
		return false;
	}
	return object_holds(w, found, m, why);
}

/* ---- the states of rules ------------------------------------------------------ */

json_t *rules_states(const struct rules *r)
{
	json_t *all = json_object();
	struct map_entry *e;
	struct buf name;

	buf_init(&name, 1024 * 1024);
	for (size_t i = 0; (e = map_next(&r->states, &i));) {
		buf_reset(&name);
		for (size_t k = 0; k < e->key.len; k++)
			buf_add_char(&name, e->key.ptr[k] ? e->key.ptr[k] : '/');
		json_object_set_new(all, name.ptr, json_string(e->value));
	}
	buf_release(&name);
	return all;
}

static bool states_are(const struct state_want *w, json_t *answer, struct matching *m, struct buf *why)
{
	json_t *seen = json_object(), *all = json_object_get(answer, "states"), *v;
	const char *name;

	json_object_foreach(all, name, v) {
		const char *slash = strrchr(name, '/');
		if (!w->key.len)
			json_object_set(seen, name, v);
		else if (slash && slice_eq_str(w->key, slash + 1))
			json_object_set_new_nocheck(seen, arena_slice(m->arena, slice_of(name, (size_t)(slash - name))).ptr, json_incref(v));
	}
	bool holds = pattern_matches(&w->states, (struct value){ .kind = VALUE_JSON, .json = seen }, m);
	if (!holds)
		say(why, "the states are ", seen);
	json_decref(seen);
	return holds;
}

bool expectation_state_holds(struct rules *r, const struct expectation *e, json_t *answer, struct buf *why)
{
	struct arena arena;
	const char *error = json_string_value(json_object_get(answer, "error"));
	json_t *rows = json_object_get(answer, "rows");
	bool holds;

	if (error) {
		buf_add_str(why, error);
		return false;
	}
	arena_init(&arena);
	struct matching m = { .rules = r, .arena = &arena };
	if (!e->question) {
		holds = states_are(e->want, answer, &m, why);
	} else if (json_object_get(e->question, "sql")) {
		size_t n = json_array_size(rows);
		holds = !e->want->has_count || (n >= e->count.min && n <= e->count.max);
		if (!holds)
			buf_addf(why, "found %zu row%s", n, n == 1 ? "" : "s");
		else if (e->want->has_rows)
			holds = rows_hold(e->want, rows, &m, why);
	} else {
		holds = objects_hold(e, json_object_get(answer, "objects"), &m, why);
	}
	arena_release(&arena);
	return holds;
}

/* render_diff_json: a comparison for programs. `golden` and `run` of an example
 * are lines of the files, from 1, so that editors can point at them. */
#include "render.h"

#include "suggest.h"

/* JSON text as a value; text that is cut is a string. */
static json_t *json_or_text(const char *text)
{
	json_t *v = text ? json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL) : NULL;

	return v || !text ? v : json_string(text);
}

static const char *change_of(const struct finding_path *p, json_t *golden, json_t *run)
{
	if (!p->golden)
		return "extra";
	if (!p->run)
		return "missing";
	return json_typeof(golden) == json_typeof(run) ? "value" : "type";
}

static bool number_of(json_t *v, double *n)
{
	char *end;

	if (json_is_number(v)) {
		*n = json_number_value(v);
		return true;
	}
	if (!json_is_string(v) || !json_string_length(v))
		return false;
	*n = strtod(json_string_value(v), &end);
	return !*end;
}

static json_t *path_json(const struct finding_path *p)
{
	json_t *o = json_object(), *golden = json_or_text(p->golden), *run = json_or_text(p->run);
	double a, b;

	json_object_set_new(o, "path", json_string(p->path));
	if (golden || run)
		json_object_set_new(o, "change", json_string(change_of(p, golden, run)));
	if (golden && run && number_of(golden, &a) && number_of(run, &b))
		json_object_set_new(o, "numeric_equal", json_boolean(a == b));
	if (golden)
		json_object_set_new(o, "golden", golden);
	if (run)
		json_object_set_new(o, "run", run);
	return o;
}

static json_t *finding_json(const struct diff_view *v, const struct finding *f, size_t n)
{
	json_t *o = json_object(), *paths = json_array(), *example = json_object(), *examples = json_array();

	json_object_set_new(o, "n", json_integer((json_int_t)n));
	json_object_set_new(o, "kind", json_string(finding_name(f->kind)));
	json_object_set_new(o, "stream", json_string(f->stream));
	json_object_set_new(o, "sum", json_string(f->sum));
	json_object_set_new(o, "count", json_integer((json_int_t)f->count));
	if (f->first)
		json_object_set_new(o, "first", json_true());
	for (size_t i = 0; i < f->npaths; i++)
		json_array_append_new(paths, path_json(&f->paths[i]));
	json_object_set_new(o, "paths", paths);
	if (f->golden_line)
		json_object_set_new(example, "golden", json_integer(f->golden_line));
	if (f->run_line)
		json_object_set_new(example, "run", json_integer(f->run_line));
	if (f->run_event >= 0)
		json_object_set_new(example, "event", json_integer(f->run_event));
	json_array_append_new(examples, example);
	json_object_set_new(o, "examples", examples);
	json_t *suggest = json_array();
	for (size_t i = 0; i < f->npaths && i < 6; i++) {
		struct buf line;
		buf_init(&line, 1024 * 1024);
		if (suggest_mask(f, &f->paths[i], v->rules, &line))
			json_array_append_new(suggest, json_string(line.ptr));
		buf_release(&line);
	}
	json_object_set_new(o, "suggest", suggest);
	if (f->first)
		json_object_set_new(o, "first", json_true());
	if (f->note)
		json_object_set_new(o, "note", json_string(f->note));
	if (f->why)
		json_object_set(o, "why", f->why);
	return o;
}

static json_t *side_json(const char *path, uint64_t events)
{
	return json_pack("{s:s, s:I}", "path", path, "events", (json_int_t)events);
}

static json_t *counts_json(const struct diff *d)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "same", (json_int_t)d->same, "changed", (json_int_t)d->changed,
			 "moved", (json_int_t)d->moved, "missing", (json_int_t)d->missing, "extra", (json_int_t)d->extra, "unmatched",
			 (json_int_t)d->unmatched, "identity", (json_int_t)d->identity, "masked", (json_int_t)d->masked);
}

static json_t *groups_json(const struct diff *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->ngroups; i++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:I, s:I}", "name", d->groups[i].name, "order", d->groups[i].order,
						      "golden", (json_int_t)d->groups[i].golden, "run", (json_int_t)d->groups[i].run,
						      "same", (json_int_t)d->groups[i].same));
	return list;
}

/* "masked": hits by path; "unused": masks that hid nothing. */
static void add_noise(json_t *o, const struct diff *d)
{
	json_t *hits = json_object(), *unused = json_array(), *expired = json_array();

	for (size_t i = 0; i < d->nnoise; i++) {
		const struct diff_noise *n = &d->noise[i];
		if (n->hits && n->mask)
			json_object_set_new(hits, n->text, json_integer((json_int_t)n->hits + json_integer_value(json_object_get(hits, n->text))));
		else if (!n->hits)
			json_array_append_new(n->expired ? expired : unused, json_string(n->text));
	}
	json_object_set_new(o, "masked", hits);
	json_object_set_new(o, "unused", json_pack("{s:o, s:o}", "masks", unused, "expired", expired));
}

static void put(const struct render *r, json_t *v)
{
	json_dumpf(v, r->out, JSON_COMPACT);
	putc('\n', r->out);
	json_decref(v);
}

void render_diff_json(const struct render *r, const struct diff_view *v, bool lines)
{
	const struct diff *d = v->diff;
	size_t shown = v->limit && v->limit < d->nfindings ? v->limit : d->nfindings;
	json_t *o = json_object(), *findings = json_array();

	json_object_set_new(o, "seam", json_string("diff"));
	json_object_set_new(o, "v", json_integer(1));
	json_object_set_new(o, "verdict", json_string(v->exit == 4 ? "nothing compared" : d->nfindings ? "different" : "same"));
	json_object_set_new(o, "golden", side_json(v->golden, d->golden_events));
	json_object_set_new(o, "run", side_json(v->run, d->run_events));
	json_object_set_new(o, "counts", counts_json(d));
	for (size_t i = 0; i < shown; i++) {
		json_t *f = finding_json(v, &d->findings[i], i + 1);
		if (lines)
			put(r, f);
		else
			json_array_append_new(findings, f);
	}
	if (lines)
		json_decref(findings);
	else
		json_object_set_new(o, "findings", findings);
	json_object_set_new(o, "groups", groups_json(d));
	add_noise(o, d);
	json_object_set_new(o, "order", json_string(v->order ? v->order : "default"));
	json_object_set_new(o, "limits", json_pack("{s:I, s:b}", "findings", (json_int_t)v->limit, "clipped", shown < d->nfindings));
	json_object_set_new(o, "exit", json_integer(v->exit));
	put(r, o);
}

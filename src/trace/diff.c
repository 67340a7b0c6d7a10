/* diff: the flow of a comparison, and what it counts. */
#include "trace/diff.h"

#include "trace/canon_text.h"
#include "trace/diff_model.h"
#include "trace/noise.h"

static const char *const mode_names[] = {
	[MODE_DEFAULT] = "default", [MODE_STRICT] = "strict", [MODE_STREAM] = "stream", [MODE_KEY] = "key",
	[MODE_BAG] = "bag",	    [MODE_SET] = "set",	      [MODE_COUNT] = "count",
};

static uint64_t mix(uint64_t a, uint64_t b)
{
	uint64_t pair[2] = { a, b };

	return canon_hash(pair, sizeof(pair), 31);
}

/* A value's signature: in what shapes it stands, and where in them. */
static void fine_keys(struct side *s)
{
	uint64_t *sign = diff_alloc(canon_values(s->canon), sizeof(*sign));
	size_t n;

	for (size_t i = 0; i < s->n; i++) {
		const uint32_t *paths, *v = canon_line_values(s->canon, i, &n, &paths);
		for (size_t k = 0; k < n; k++)
			sign[v[k]] += mix(mix(s->key[i], k), paths[k]);
	}
	for (size_t i = 0; i < s->n; i++) {
		const uint32_t *v = canon_line_values(s->canon, i, &n, NULL);
		s->fine[i] = s->key[i];
		for (size_t k = 0; k < n; k++)
			s->fine[i] = mix(s->fine[i], sign[v[k]]);
	}
	free(sign);
}

static int side_init(struct differ *d, int which, const struct trace_file *f, const struct diff_options *o, struct err *err)
{
	struct side *s = &d->side[which];
	int rc = canon_new(&s->canon, f, o->mask, o->normalise, err);

	if (rc)
		return rc;
	s->file = f;
	s->n = canon_count(s->canon);
	s->key = canon_shapes(s->canon);
	if (d->mode == MODE_COUNT) {
		s->key = s->coarse = diff_alloc(s->n, sizeof(*s->coarse));
		for (size_t i = 0; i < s->n; i++)
			s->coarse[i] = canon_line(s->canon, i).coarse;
	}
	s->fine = diff_alloc(s->n, sizeof(*s->fine));
	s->match = diff_alloc(s->n, sizeof(*s->match));
	s->group = diff_alloc(canon_streams(s->canon), sizeof(*s->group));
	s->value = diff_alloc(canon_values(s->canon), sizeof(*s->value));
	s->lines = diff_alloc(s->n, sizeof(*s->lines));
	for (size_t i = 0; i < s->n; i++) {
		s->match[i] = DIFF_NONE;
		s->lines[i] = (uint32_t)i;
	}
	for (size_t i = 0; i < canon_values(s->canon); i++)
		s->value[i] = DIFF_NONE;
	fine_keys(s);
	return 0;
}

static void side_release(struct side *s)
{
	canon_free(s->canon);
	free(s->coarse);
	free(s->fine);
	free(s->match);
	free(s->lines);
	free(s->group);
	free(s->value);
}

static int find_mode(struct differ *d, const struct diff_options *o, const struct trace_file *golden, const struct trace_file *run,
		     struct err *err)
{
	if (!o->order)
		return 0;
	for (int m = MODE_STRICT; m <= MODE_COUNT; m++)
		if (strcmp(o->order, mode_names[m]) == 0)
			d->mode = (enum diff_mode)m;
	if (d->mode == MODE_DEFAULT)
		return err_set(err, ERR_CONTENT, "order \"%s\" is none of strict stream key bag set count", o->order);
	if (d->mode == MODE_STRICT && (trace_file_canonical(golden) || trace_file_canonical(run)))
		return err_set(err, ERR_CONTENT,
			       "order strict needs two recordings; %s is canonical and no longer knows the order between streams",
			       trace_file_path(trace_file_canonical(golden) ? golden : run));
	return 0;
}

static const char *order_of(const struct differ *d, const struct group *g)
{
	if (d->mode != MODE_DEFAULT)
		return mode_names[d->mode];
	if (g->pool || g->shuffled)
		return "pool";
	for (int s = 0; s < 2; s++)
		for (size_t i = 0; i < g->count[s]; i++)
			if (g->segments[s][i].bag)
				return "bag";
	for (size_t i = 0; i < g->count[0]; i++)
		if (g->segments[0][i].name.len)
			return "key";
	return "stream";
}

static void count_groups(struct differ *d)
{
	struct diff *out = d->out;

	out->groups = diff_alloc(d->ngroups, sizeof(*out->groups));
	for (size_t i = 0; i < d->ngroups; i++) {
		struct group *g = &d->groups[i];
		for (size_t s = 0; s < g->count[0]; s++)
			for (size_t k = 0; k < g->segments[0][s].count; k++) {
				uint32_t line = g->segments[0][s].lines[k], run = d->side[0].match[line];
				uint32_t apart;
				g->same += run != DIFF_NONE && d->side[0].key[line] == d->side[1].key[run] &&
					   !(d->apart.count && idmap_get(&d->apart, line + 1, &apart));
			}
		struct diff_group *o = &out->groups[out->ngroups++];
		struct buf name;
		buf_init(&name, 1024 * 1024);
		buf_addf(&name, "%.*s", SLICE_ARG(g->role.len ? g->role : g->program));
		if (g->service.len)
			buf_addf(&name, " %.*s", SLICE_ARG(g->service));
		if (g->boundary.len)
			buf_addf(&name, " %.*s", SLICE_ARG(g->boundary));
		o->name = buf_detach(&name);
		o->golden = g->lines[0];
		o->run = g->lines[1];
		o->same = g->same;
		o->order = strdup(order_of(d, g));
		d->same += g->same;
	}
}

static void report_noise(struct differ *d)
{
	const struct noise *a = canon_noise_of(d->side[0].canon), *b = canon_noise_of(d->side[1].canon);
	struct diff *out = d->out;

	out->noise = diff_alloc(a->count, sizeof(*out->noise));
	for (size_t i = 0; i < a->count; i++)
		out->noise[out->nnoise++] = (struct diff_noise){ .text = strdup(a->list[i].text),
								 .until = a->list[i].until ? strdup(a->list[i].until) : NULL,
								 .hits = a->list[i].hits + b->list[i].hits,
								 .mask = a->list[i].mask,
								 .expired = a->list[i].expired };
}

/* Numbers that are compared with tolerance count as equal until here. */
static void check_near(struct differ *d)
{
	for (uint32_t line = 0; line < d->side[0].n; line++) {
		uint32_t run = d->side[0].match[line];
		struct field_list fields = { 0 };
		if (run == DIFF_NONE || !canon_line(d->side[0].canon, line).near || d->side[0].key[line] != d->side[1].key[run])
			continue;
		diff_fields(d, line, run, &fields);
		if (fields.count) {
			diff_raw(d, (struct raw_finding){ .kind = FIND_CHANGED, .golden = line, .run = run });
			d->changed++;
			idmap_set(&d->apart, line + 1, 1);
		}
		diff_fields_free(&fields);
	}
}

static void differ_release(struct differ *d)
{
	for (size_t i = 0; i < d->ngroups; i++)
		for (int s = 0; s < 2; s++) {
			for (size_t k = 0; k < d->groups[i].count[s]; k++)
				if (d->groups[i].segments[s][k].owned)
					free(d->groups[i].segments[s][k].lines);
			free(d->groups[i].segments[s]);
		}
	free(d->groups);
	free(d->raw);
	side_release(&d->side[0]);
	side_release(&d->side[1]);
	arena_release(&d->arena);
	idmap_release(&d->steps);
	idmap_release(&d->apart);
}

int diff_traces(struct diff *out, const struct trace_file *golden, const struct trace_file *run, const struct diff_options *options,
		struct err *err)
{
	struct differ d = { .out = out };
	int rc;

	*out = (struct diff){ 0 };
	arena_init(&d.arena);
	rc = find_mode(&d, options, golden, run, err);
	if (!rc)
		rc = side_init(&d, 0, golden, options, err);
	if (!rc)
		rc = side_init(&d, 1, run, options, err);
	if (rc)
		goto out;

	diff_group(&d);
	for (int phase = 0; phase < PAIR_PHASES; phase++)
		for (size_t i = 0; i < d.ngroups; i++)
			diff_pair_group(&d, &d.groups[i], (enum pair_phase)phase);
	for (size_t i = 0; i < d.ngroups; i++)
		diff_explain_group(&d, &d.groups[i]);
	if (d.mode != MODE_COUNT && d.mode != MODE_SET)
		diff_check_identity(&d);
	check_near(&d);
	count_groups(&d);
	diff_find(&d);
	report_noise(&d);

	out->golden_events = d.side[0].n;
	out->run_events = d.side[1].n;
	out->same = d.same - d.moved; /* a moved line is equal, but not where it was */
	out->changed = d.changed;
	out->missing = d.missing;
	out->extra = d.extra;
	out->unmatched = d.unmatched;
	out->moved = d.moved;
	out->identity = d.identity;
	out->masked = canon_masked(d.side[1].canon);
	if (options->keep) {
		out->inside = diff_alloc(1, sizeof(d));
		*out->inside = d;
		return 0;
	}
out:
	differ_release(&d);
	return rc;
}

void diff_release(struct diff *d)
{
	if (d->inside)
		differ_release(d->inside);
	free(d->inside);
	for (size_t i = 0; i < d->nfindings; i++) {
		struct finding *f = &d->findings[i];
		for (size_t k = 0; k < f->npaths; k++) {
			free(f->paths[k].path);
			free(f->paths[k].golden);
			free(f->paths[k].run);
		}
		free(f->paths);
		free(f->stream);
		free(f->sum);
		free(f->note);
		json_decref(f->why);
	}
	free(d->findings);
	for (size_t i = 0; i < d->nnoise; i++) {
		free(d->noise[i].text);
		free(d->noise[i].until);
	}
	free(d->noise);
	for (size_t i = 0; i < d->ngroups; i++) {
		free(d->groups[i].name);
		free(d->groups[i].order);
	}
	free(d->groups);
	*d = (struct diff){ 0 };
}

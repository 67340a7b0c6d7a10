/*
 * diff_find: makes findings of what was left over: equal causes become one
 * with a count, the first in time comes first.
 */
#include "trace/diff_model.h"

#include "trace/canon_text.h"
#include "trace/idmap.h"
#include "trace/jscan.h"

#define FIELDS_EACH 1000 /* pairs of one cause whose fields are looked at; the others are counted with the first */

static char *text_of(struct slice s)
{
	char *copy = diff_alloc(s.len + 1, 1);

	if (s.len)
		memcpy(copy, s.ptr, s.len);
	return copy;
}

static void read_line(struct differ *d, int side, uint32_t line, struct trace_line *out)
{
	trace_file_line(d->side[side].file, canon_line(d->side[side].canon, line).event, out);
}

static char *plain_text(struct slice json)
{
	struct buf scratch;

	buf_init(&scratch, 1024 * 1024);
	char *text = text_of(jscan_plain(json, &scratch));
	buf_release(&scratch);
	return text;
}

static char *canonical_sum(struct differ *d, int side, uint32_t line)
{
	struct buf text;

	buf_init(&text, (size_t)1 << 32);
	canon_line_add(d->side[side].canon, line, &text);
	char *sum = plain_text(jscan_get(buf_slice(&text), "sum"));
	buf_release(&text);
	return sum;
}

static char *moved_note(int64_t distance)
{
	struct buf b;
	long long places = distance < 0 ? -distance : distance;

	buf_init(&b, 256);
	if (places)
		buf_addf(&b, "%lld place%s %s", places, places == 1 ? "" : "s", distance < 0 ? "earlier" : "later");
	else
		buf_add_str(&b, "in another order");
	return buf_detach(&b);
}

/* "<uuid:7f3a> at req.b.id is not the value it was at a.x of INSERT orders". */
static char *identity_note(struct differ *d, const struct raw_finding *f, char **path)
{
	struct canon *c = d->side[0].canon;
	struct buf here, there, note, unused;
	uint32_t first = DIFF_NONE;
	size_t n, index = 0;

	buf_init(&here, 64 * 1024);
	buf_init(&there, 64 * 1024);
	buf_init(&unused, 1024 * 1024);
	buf_init(&note, 1024 * 1024);
	canon_value_show(c, f->golden, f->index, &note, &here);
	for (uint32_t line = 0; line < d->side[0].n && first == DIFF_NONE; line++) {
		const uint32_t *v = canon_line_values(c, line, &n, NULL);
		for (size_t i = 0; i < n; i++)
			if (v[i] == f->value && line != f->golden) {
				first = line;
				index = i;
			}
	}
	buf_addf(&note, " at %s is another value in the run", here.ptr);
	if (first != DIFF_NONE) {
		char *sum = canonical_sum(d, 0, first);
		canon_value_show(c, first, index, &unused, &there);
		buf_addf(&note, ", no longer the one at %s of %s", there.ptr, sum);
		free(sum);
	}
	*path = text_of(buf_slice(&here));
	buf_release(&here);
	buf_release(&there);
	buf_release(&unused);
	return buf_detach(&note);
}

static char *unmatched_note(json_t *why)
{
	struct buf b;
	const char *closest = json_string_value(json_object_get(why, "closest"));
	const char *place = json_string_value(json_object_get(why, "place"));

	buf_init(&b, 64 * 1024);
	buf_add_str(&b, "no rule answered");
	if (closest)
		buf_addf(&b, "; closest %s%s%s, %lld of %lld conditions hold", closest, place ? "  " : "", place ? place : "",
			 (long long)json_integer_value(json_object_get(why, "hold")),
			 (long long)json_integer_value(json_object_get(why, "of")));
	return buf_detach(&b);
}

static void fill(struct differ *d, const struct raw_finding *raw, struct finding *f)
{
	struct trace_line line;
	int side = raw->golden != DIFF_NONE ? 0 : 1;
	uint32_t at = side ? raw->run : raw->golden;

	*f = (struct finding){ .kind = raw->kind, .count = 1, .run_event = -1 };
	f->stream = text_of(canon_stream(d->side[side].canon, canon_line_stream(d->side[side].canon, at))->name);
	f->sum = canonical_sum(d, raw->run != DIFF_NONE ? 1 : 0, raw->run != DIFF_NONE ? raw->run : raw->golden);
	if (raw->golden != DIFF_NONE) {
		read_line(d, 0, raw->golden, &line);
		f->golden_line = line.number;
	}
	if (raw->run != DIFF_NONE) {
		int64_t n;
		read_line(d, 1, raw->run, &line);
		f->run_line = line.number;
		struct slice t = line.t.ptr ? jscan_get(line.t, "n") : SLICE_NONE;
		if (t.ptr && slice_to_i64(t, &n) && n <= INT32_MAX)
			f->run_event = (int)n;
		if (raw->kind == FIND_UNMATCHED) {
			f->why = line.why.ptr ? json_loadb(line.why.ptr, line.why.len, JSON_ALLOW_NUL, NULL) : NULL;
			f->note = unmatched_note(f->why);
		}
	}
	if (raw->kind == FIND_MOVED)
		f->note = moved_note(raw->distance);
	if (raw->kind == FIND_IDENTITY) {
		f->paths = diff_alloc(1, sizeof(*f->paths));
		f->npaths = 1;
		f->note = identity_note(d, raw, &f->paths[0].path);
	}
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	uint64_t pair[2] = { a, b };

	return canon_hash(pair, sizeof(pair), 21);
}

static int by_rank(const void *a, const void *b)
{
	const struct raw_finding *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->golden != y->golden)
		return x->golden < y->golden ? -1 : 1;
	return x->run < y->run ? -1 : x->run > y->run;
}

/* The cause without its fields: kind, group, kind of event and sum. */
static uint64_t cause_of(struct differ *d, const struct raw_finding *f)
{
	int side = f->golden != DIFF_NONE ? 0 : 1;
	uint32_t line = side ? f->run : f->golden;
	uint64_t h = mix(f->kind, canon_line(d->side[side].canon, line).coarse);

	h = mix(h, d->mode == MODE_STRICT ? 0 : d->side[side].group[canon_line_stream(d->side[side].canon, line)] + 1);
	return f->kind == FIND_MOVED ? mix(h, (uint64_t)f->distance) : h;
}

/* A path's shape: indices do not make another cause. */
static uint64_t path_shape(const char *path)
{
	uint64_t h = 7;

	for (; *path; path++)
		if (*path < '0' || *path > '9')
			h = mix(h, (unsigned char)*path);
	return h;
}

void diff_find(struct differ *d)
{
	struct diff *out = d->out;
	struct idmap causes, looked;

	idmap_init(&causes);
	idmap_init(&looked);
	if (d->nraw)
		qsort(d->raw, d->nraw, sizeof(*d->raw), by_rank);
	out->findings = diff_alloc(d->nraw, sizeof(*out->findings));
	for (size_t i = 0; i < d->nraw; i++) {
		struct raw_finding *raw = &d->raw[i];
		struct field_list fields = { 0 };
		uint64_t cause = cause_of(d, raw);
		uint32_t seen = 0, at;
		idmap_get(&looked, cause, &seen);
		idmap_set(&looked, cause, seen + 1);
		uint64_t exact = cause;
		if ((raw->kind == FIND_CHANGED || raw->kind == FIND_UNMATCHED) && raw->golden != DIFF_NONE && seen < FIELDS_EACH) {
			diff_fields(d, raw->golden, raw->run, &fields);
			for (size_t k = 0; k < fields.count; k++)
				exact = mix(exact, path_shape(fields.list[k].path));
		}
		if (raw->kind == FIND_IDENTITY)
			exact = mix(exact, raw->value);
		bool added;
		if (seen >= FIELDS_EACH && idmap_get(&causes, cause, &at)) {
			out->findings[at].count++;
			raw->finding = at;
			continue;
		}
		at = idmap_add(&causes, exact, (uint32_t)out->nfindings, &added);
		idmap_add(&causes, cause, at, NULL);
		raw->finding = at;
		if (!added) {
			out->findings[at].count++;
			diff_fields_free(&fields);
			continue;
		}
		struct finding *f = &out->findings[out->nfindings++];
		fill(d, raw, f);
		if (fields.count) {
			f->paths = fields.list;
			f->npaths = fields.count;
		}
	}
	if (out->nfindings)
		out->findings[0].first = true;
	idmap_release(&causes);
	idmap_release(&looked);
}

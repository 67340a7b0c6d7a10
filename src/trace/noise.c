/*
 * noise: reads what is declared not to matter, and finds the entry for a
 * place. What is done there is in noise_apply.c.
 */
#include "trace/noise.h"

#include "trace/noise_model.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ALIAS_MAX (64 * 1024)

/* ---- loading --------------------------------------------------------------- */

static int compile(const char *text, const char *what, bool whole, void **out, struct err *err)
{
	int code;
	PCRE2_SIZE at;
	uint32_t flags = PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C | (whole ? PCRE2_ANCHORED | PCRE2_ENDANCHORED : 0);

	*out = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, flags, &code, &at, NULL);
	if (*out)
		return 0;
	PCRE2_UCHAR why[128];
	pcre2_get_error_message(code, why, sizeof(why));
	return err_set(err, ERR_CONTENT, "%s: pattern \"%s\", character %zu: %s", what, text, (size_t)at + 1, (const char *)why);
}

static int take_path(struct noise_rule *r, const char *text, const char *what, struct err *err)
{
	r->text = strdup(text);
	if (strncmp(text, "re:", 3) == 0)
		return compile(text + 3, what, true, &r->re, err);
	return path_parse(&r->path, text, what, err);
}

/* "2027-01-31": the mask holds through that day, in UTC. */
static int take_until(struct noise_rule *r, const char *date, const char *what, struct err *err)
{
	struct tm tm = { 0 };
	char end;

	if (sscanf(date, "%4d-%2d-%2d%c", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &end) != 3 || strlen(date) != 10 || tm.tm_mon < 1 ||
	    tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31)
		return err_set(err, ERR_CONTENT, "%s: \"until\": \"%s\" is no date, expected \"2027-01-31\"", what, date);
	tm.tm_year -= 1900;
	tm.tm_mon--;
	tm.tm_mday++;
	r->until = strdup(date);
	r->expired = time(NULL) >= timegm(&tm);
	return 0;
}

static char *member(json_t *entry, const char *name)
{
	const char *text = json_string_value(json_object_get(entry, name));

	return text ? strdup(text) : NULL;
}

static int known_members(json_t *entry, const char *const *names, const char *what, struct err *err)
{
	const char *key;
	json_t *v;

	json_object_foreach(entry, key, v) {
		bool known = strncmp(key, "//", 2) == 0;
		for (size_t i = 0; names[i]; i++)
			known |= strcmp(key, names[i]) == 0;
		if (known)
			continue;
		const char *near = err_nearest(key, names);
		return err_set(err, ERR_CONTENT, "%s: unknown member \"%s\"%s%s", what, key, near ? ", did you mean " : "", near ? near : "");
	}
	return 0;
}

static int take_scope(struct noise_rule *r, json_t *entry, const char *what, struct err *err)
{
	json_t *until = json_object_get(entry, "until");

	r->k = member(entry, "k");
	r->service = member(entry, "service");
	r->sum = member(entry, "sum");
	if (until && !json_is_string(until))
		return err_set(err, ERR_CONTENT, "%s: \"until\" is no string, expected \"2027-01-31\"", what);
	return until ? take_until(r, json_string_value(until), what, err) : 0;
}

static struct noise_rule *rule_new(struct noise *n)
{
	struct noise_rule *list = realloc(n->list, (n->count + 1) * sizeof(*list));

	if (!list)
		abort();
	n->list = list;
	list[n->count] = (struct noise_rule){ .digits = -1 };
	return &list[n->count++];
}

static int mask_entry(struct noise *n, json_t *entry, const char *what, struct err *err)
{
	static const char *const names[] = { "path", "only", "k", "service", "sum", "until", "reason", NULL };
	json_t *only = json_object_get(entry, "only"), *path = json_is_object(entry) ? json_object_get(entry, "path") : entry, *item;
	size_t i;
	int rc = json_is_object(entry) ? known_members(entry, names, what, err) : 0;

	if (rc)
		return rc;
	if (json_is_string(path) && path_foreign(json_string_value(path)))
		return 0;
	if (json_is_string(path) && !only) {
		struct noise_rule *r = rule_new(n);
		*r = (struct noise_rule){ .act = NOISE_MASK, .mask = true, .digits = -1 };
		rc = take_path(r, json_string_value(path), what, err);
		return rc ? rc : json_is_object(entry) ? take_scope(r, entry, what, err) : 0;
	}
	if (!json_is_array(only) || path)
		return err_set(err, ERR_CONTENT, "%s is neither a path nor an object with a \"path\" or an array \"only\"", what);
	n->only = true;
	json_array_foreach(only, i, item) {
		if (!json_is_string(item))
			return err_set(err, ERR_CONTENT, "%s: \"only\" holds something that is no path", what);
		struct noise_rule *r = rule_new(n);
		*r = (struct noise_rule){ .act = NOISE_MASK, .mask = true, .only = true, .digits = -1 };
		rc = take_path(r, json_string_value(item), what, err);
		if (!rc)
			rc = take_scope(r, entry, what, err);
		if (rc)
			return rc;
	}
	return 0;
}

static int take_as(struct noise_rule *r, const char *as, const char *what, struct err *err)
{
	static const char *const names[] = { "number", "lower", "space", "set", "id", "time", NULL };
	static const enum noise_act acts[] = { NOISE_NUMBER, NOISE_LOWER, NOISE_SPACE, NOISE_SET, NOISE_ID, NOISE_TIME };

	for (size_t i = 0; names[i]; i++)
		if (strcmp(as, names[i]) == 0) {
			r->act = acts[i];
			return 0;
		}
	const char *near = err_nearest(as, names);
	return err_set(err, ERR_CONTENT, "%s: \"as\": \"%s\" is none of number lower space set id time%s%s", what, as,
		       near ? "; did you mean " : "", near ? near : "");
}

/* 0.01, or "0.5%" of the larger of the two. */
static int take_tolerance(struct noise_rule *r, json_t *v, const char *what, struct err *err)
{
	char *end = NULL;
	const char *text = json_string_value(v);

	r->act = NOISE_TOLERANCE;
	r->tolerance = text ? strtod(text, &end) : json_number_value(v);
	r->relative = text && end && strcmp(end, "%") == 0;
	if ((text && (end == text || (*end && !r->relative))) || (!text && !json_is_number(v)) || r->tolerance < 0)
		return err_set(err, ERR_CONTENT, "%s: \"tolerance\" is neither a number nor \"0.5%%\"", what);
	if (r->relative)
		r->tolerance /= 100;
	return 0;
}

static int normalise_entry(struct noise *n, json_t *entry, const char *what, struct err *err)
{
	static const char *const names[] = { "path", "as", "round", "tolerance", "replace", "k", "service", "sum", "until", "reason", NULL };
	json_t *path = json_object_get(entry, "path"), *as = json_object_get(entry, "as"), *round = json_object_get(entry, "round"),
	       *near = json_object_get(entry, "tolerance"), *replace = json_object_get(entry, "replace");
	int rc = known_members(entry, names, what, err);

	if (rc)
		return rc;
	if (!json_is_string(path) || !!as + !!round + !!near + !!replace != 1)
		return err_set(err, ERR_CONTENT, "%s is no object with a \"path\" and one of \"as\", \"round\", \"tolerance\", \"replace\"", what);
	if (path_foreign(json_string_value(path)))
		return 0;
	struct noise_rule *r = rule_new(n);
	if ((rc = take_path(r, json_string_value(path), what, err)) || (rc = take_scope(r, entry, what, err)))
		return rc;
	if (as)
		return json_is_string(as) ? take_as(r, json_string_value(as), what, err) : err_set(err, ERR_CONTENT, "%s: \"as\" is no string", what);
	if (near)
		return take_tolerance(r, near, what, err);
	if (round) {
		if (!json_is_integer(round) || json_integer_value(round) < 0 || json_integer_value(round) > 30)
			return err_set(err, ERR_CONTENT, "%s: \"round\" is no number of digits from 0 to 30", what);
		r->act = NOISE_NUMBER;
		r->digits = (int)json_integer_value(round);
		return 0;
	}
	if (!json_is_array(replace) || json_array_size(replace) != 2 || !json_is_string(json_array_get(replace, 0)) ||
	    !json_is_string(json_array_get(replace, 1)))
		return err_set(err, ERR_CONTENT, "%s: \"replace\" is not [\"pattern\", \"with\"]", what);
	r->act = NOISE_REPLACE;
	r->with = strdup(json_string_value(json_array_get(replace, 1)));
	return compile(json_string_value(json_array_get(replace, 0)), what, false, &r->pattern, err);
}

int noise_init(struct noise *n, json_t *mask, json_t *normalise, struct err *err)
{
	size_t i;
	json_t *item;
	char what[64];
	int rc = 0;

	*n = (struct noise){ 0 };
	buf_init(&n->alias, ALIAS_MAX);
	json_array_foreach(mask, i, item) {
		snprintf(what, sizeof(what), "mask: entry %zu", i);
		if ((rc = mask_entry(n, item, what, err)))
			return rc;
	}
	json_array_foreach(normalise, i, item) {
		snprintf(what, sizeof(what), "normalise: entry %zu", i);
		if ((rc = normalise_entry(n, item, what, err)))
			return rc;
	}
	for (i = 0; i < n->count; i++)
		n->bodies |= n->list[i].re || (n->list[i].path.kind != PATH_ATTR && n->list[i].path.kind != PATH_HEADER &&
					       n->list[i].path.kind != PATH_PARAM && n->list[i].path.kind != PATH_QUERY && n->list[i].path.kind != PATH_LITERAL);
	return 0;
}

void noise_release(struct noise *n)
{
	for (size_t i = 0; i < n->count; i++) {
		struct noise_rule *r = &n->list[i];
		pcre2_code_free(r->re);
		pcre2_code_free(r->pattern);
		free(r->path.name);
		free(r->text);
		free(r->with);
		free(r->k);
		free(r->service);
		free(r->sum);
		free(r->until);
	}
	free(n->list);
	buf_release(&n->alias);
	*n = (struct noise){ 0 };
}

/* ---- places ------------------------------------------------------------------ */

static bool re_matches(const pcre2_code *re, struct slice s)
{
	pcre2_match_data *m = pcre2_match_data_create(1, NULL);
	int rc = m ? pcre2_match(re, (PCRE2_SPTR)s.ptr, s.len, 0, 0, m, noise_limits()) : -1;

	pcre2_match_data_free(m);
	return rc >= 0;
}

/* The place as rule files call it, where they have a name of their own. */
static struct slice alias_of(struct noise *n, struct slice path)
{
	uint64_t v;
	struct slice body = SLICE_NONE;

	buf_reset(&n->alias);
	if (slice_has_prefix(path, SLICE_LIT("a.http.request.header.")))
		buf_addf(&n->alias, "http.header.%.*s", SLICE_ARG(slice_skip(path, 22)));
	else if (slice_has_prefix(path, SLICE_LIT("a.http.response.header.")))
		buf_addf(&n->alias, "http.header.%.*s", SLICE_ARG(slice_skip(path, 23)));
	else if (slice_has_prefix(path, SLICE_LIT("a.db.query.parameter.")) && slice_to_u64(slice_skip(path, 21), &v))
		buf_addf(&n->alias, "sql.param.%llu", (unsigned long long)v + 1);
	else if (slice_has_prefix(path, SLICE_LIT("req.b")) || slice_has_prefix(path, SLICE_LIT("res.b")))
		body = slice_skip(path, 5);
	if (body.ptr && (!body.len || body.ptr[0] == '.' || body.ptr[0] == '['))
		buf_addf(&n->alias, "json%s%.*s", body.len && body.ptr[0] == '[' ? "." : "", SLICE_ARG(body));
	return buf_slice(&n->alias);
}

static bool place_matches(struct noise *n, const struct noise_rule *r, struct slice path)
{
	if (!r->re)
		return path_matches(&r->path, path);
	if (re_matches(r->re, path))
		return true;
	struct slice alias = alias_of(n, path);
	return alias.len && re_matches(r->re, alias);
}

static bool in_scope(const struct noise_rule *r, const struct noise_event *e)
{
	return !r->expired && (!r->k || slice_eq_str(e->k, r->k)) && (!r->service || slice_eq_str(e->service, r->service)) &&
	       (!r->sum || slice_glob(slice_str(r->sum), e->sum, false));
}

bool noise_may(struct noise *n, struct slice path)
{
	for (size_t i = 0; i < n->count; i++)
		if (n->only || (!n->list[i].re && n->list[i].path.kind == PATH_QUERY && slice_eq_str(path, "a.url.full")) ||
		    (!n->list[i].re && n->list[i].path.kind == PATH_LITERAL && slice_eq_str(path, "a.db.query.text")) ||
		    n->list[i].act == NOISE_SET || place_matches(n, &n->list[i], path))
			return true;
	return false;
}

static bool is_open(struct slice path)
{
	return slice_has_prefix(path, SLICE_LIT("a.")) || slice_has_prefix(path, SLICE_LIT("req.")) || slice_has_prefix(path, SLICE_LIT("res."));
}

struct noise_rule *noise_at(struct noise *n, const struct noise_event *e, struct slice path, bool whole)
{
	struct noise_rule *listed = NULL, *found = NULL;
	bool allowed = false;

	for (size_t i = 0; i < n->count; i++) {
		struct noise_rule *r = &n->list[i];
		if (!in_scope(r, e) || (whole && (r->only || (r->act != NOISE_MASK && r->act != NOISE_SET))) || (!whole && r->act == NOISE_SET))
			continue;
		bool there = place_matches(n, r, path);
		if (r->only) {
			listed = listed ? listed : r;
			if (there) {
				allowed = true;
				r->hits++;
			}
		} else if (there && !found) {
			found = r;
		}
	}
	/* What the allow-list does not name is masked, but for what tells events apart. */
	if (!found && listed && !allowed && is_open(path))
		return listed;
	return found;
}

struct noise_rule *noise_query(struct noise *n, const struct noise_event *e, struct slice field)
{
	for (size_t i = 0; i < n->count; i++)
		if (!n->list[i].re && n->list[i].path.kind == PATH_QUERY && in_scope(&n->list[i], e) && slice_eq_str(field, n->list[i].path.name))
			return &n->list[i];
	return NULL;
}

struct noise_rule *noise_literal(struct noise *n, const struct noise_event *e, uint64_t number)
{
	for (size_t i = 0; i < n->count; i++)
		if (!n->list[i].re && n->list[i].path.kind == PATH_LITERAL && in_scope(&n->list[i], e) && n->list[i].path.number == number)
			return &n->list[i];
	return NULL;
}

struct noise_rule *noise_column(struct noise *n, const struct noise_event *e, struct slice column)
{
	for (size_t i = 0; i < n->count; i++)
		if (!n->list[i].re && n->list[i].path.kind == PATH_COLUMN && in_scope(&n->list[i], e) &&
		    slice_eq_nocase_str(column, n->list[i].path.name))
			return &n->list[i];
	return NULL;
}

bool noise_has(const struct noise *n, enum path_kind kind)
{
	for (size_t i = 0; i < n->count; i++)
		if (!n->list[i].re && n->list[i].path.kind == kind)
			return true;
	return false;
}

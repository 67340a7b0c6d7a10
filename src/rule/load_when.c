/*
 * Task: `when`: turns its members into a flat list of conditions, one a thing
 * that can hold or not, so that a near miss can say of each what it wanted and
 * what it got. Members of a JSON body become a condition each.
 */
#include <stdio.h>

#include "rule/load.h"

enum shape { SHAPE_TEXT, SHAPE_PATH, SHAPE_NAMES, SHAPE_NAMES_OR_TEXT, SHAPE_LIST, SHAPE_JSON, SHAPE_SQL, SHAPE_RE };

struct field_row {
	const char *name;
	enum field field;
	enum shape shape;
	unsigned weight;
};

/* Fields by port. A rule is close to a request first by what names the thing asked: those weigh more. */
static const struct field_row http_fields[] = {
	{ "method", FIELD_METHOD, SHAPE_TEXT, 1 },
	{ "path", FIELD_PATH, SHAPE_PATH, 3 },
	{ "url", FIELD_URL, SHAPE_TEXT, 3 },
	{ "host", FIELD_HOST, SHAPE_TEXT, 2 },
	{ "header", FIELD_HEADER, SHAPE_NAMES, 1 },
	{ "query", FIELD_QUERY, SHAPE_NAMES_OR_TEXT, 1 },
	{ "json", FIELD_JSON, SHAPE_JSON, 1 },
	{ "body", FIELD_BODY, SHAPE_TEXT, 1 },
	{ "text", FIELD_BODY, SHAPE_TEXT, 1 },
	{ "form", FIELD_FORM, SHAPE_NAMES, 1 },
	{ NULL, 0, 0, 0 },
};
static const struct field_row sql_fields[] = {
	{ "sql", FIELD_SQL, SHAPE_SQL, 4 },
	{ "params", FIELD_PARAM, SHAPE_LIST, 1 },
	{ "literals", FIELD_LITERAL, SHAPE_LIST, 1 },
	{ "verb", FIELD_VERB, SHAPE_TEXT, 1 },
	{ "table", FIELD_TABLE, SHAPE_TEXT, 2 },
	{ "sqlRe", FIELD_SQL_TEXT, SHAPE_RE, 2 },
	{ "user", FIELD_USER, SHAPE_TEXT, 1 },
	{ "database", FIELD_DATABASE, SHAPE_TEXT, 1 },
	{ "body", FIELD_BODY, SHAPE_TEXT, 1 },
	{ "text", FIELD_BODY, SHAPE_TEXT, 1 },
	{ NULL, 0, 0, 0 },
};
static const struct field_row object_fields[] = {
	{ "op", FIELD_OP, SHAPE_TEXT, 2 },
	{ "bucket", FIELD_BUCKET, SHAPE_TEXT, 1 },
	{ "key", FIELD_KEY, SHAPE_TEXT, 3 },
	{ "prefix", FIELD_PREFIX, SHAPE_TEXT, 2 },
	{ "delimiter", FIELD_DELIMITER, SHAPE_TEXT, 1 },
	{ "range", FIELD_RANGE, SHAPE_TEXT, 1 },
	{ "copySource", FIELD_COPY_SOURCE, SHAPE_TEXT, 1 },
	{ "meta", FIELD_META, SHAPE_NAMES, 1 },
	{ "method", FIELD_METHOD, SHAPE_TEXT, 1 },
	{ "path", FIELD_PATH, SHAPE_PATH, 3 },
	{ "header", FIELD_HEADER, SHAPE_NAMES, 1 },
	{ "query", FIELD_QUERY, SHAPE_NAMES_OR_TEXT, 1 },
	{ "json", FIELD_JSON, SHAPE_JSON, 1 },
	{ "body", FIELD_BODY, SHAPE_TEXT, 1 },
	{ "text", FIELD_BODY, SHAPE_TEXT, 1 },
	{ NULL, 0, 0, 0 },
};
static const struct field_row call_fields[] = {
	{ "function", FIELD_FUNCTION, SHAPE_TEXT, 3 },
	{ "library", FIELD_LIBRARY, SHAPE_TEXT, 1 },
	{ "caller", FIELD_CALLER, SHAPE_TEXT, 1 },
	{ "args", FIELD_ARG, SHAPE_LIST, 1 },
	{ NULL, 0, 0, 0 },
};
static const struct field_row connect_fields[] = {
	{ "boundary", FIELD_BOUNDARY, SHAPE_TEXT, 2 },
	{ "name", FIELD_NAME, SHAPE_TEXT, 2 },
	{ "transport", FIELD_TRANSPORT, SHAPE_TEXT, 1 },
	{ NULL, 0, 0, 0 },
};
static const struct field_row tls_fields[] = {
	{ "boundary", FIELD_BOUNDARY, SHAPE_TEXT, 2 },
	{ "name", FIELD_NAME, SHAPE_TEXT, 2 },
	{ "alpn", FIELD_ALPN, SHAPE_TEXT, 1 },
	{ NULL, 0, 0, 0 },
};
static const struct field_row common_fields[] = {
	{ "conn", FIELD_CONN, SHAPE_TEXT, 1 },
	{ "process", FIELD_PROCESS, SHAPE_TEXT, 1 },
	{ NULL, 0, 0, 0 },
};
static const char *const common_keys[] = { "conn", "process", "nth", "state", "chance" };

static const struct field_row *fields_of(enum port port)
{
	switch (port) {
	case PORT_HTTP: return http_fields;
	case PORT_SQL: return sql_fields;
	case PORT_OBJECT: return object_fields;
	case PORT_CALL: return call_fields;
	case PORT_TLS: return tls_fields;
	default: return connect_fields;
	}
}

/* ---- conditions -------------------------------------------------------- */

struct conds {
	struct cond *list;
	size_t count, cap;
};

static struct cond *add_cond(struct load *l, struct conds *conds, const struct field_row *row, json_t *wants, const char *path)
{
	struct cond *c = LOAD_PUSH(l, conds->list, conds->count, conds->cap);

	*c = (struct cond){ .field = row->field, .weight = row->weight, .wants = wants, .path = path };
	return c;
}

static const char *below(struct load *l, const char *path, const char *name)
{
	return arena_printf(&l->r->arena, "%s.%s", path, name).ptr;
}

static void read_names(struct load *l, struct conds *conds, const struct field_row *row, json_t *v)
{
	const char *name;
	json_t *wants;

	if (!load_want(l, v, JSON_OBJECT))
		return;
	json_object_foreach(v, name, wants) {
		if (load_comment(name))
			continue;
		size_t former = load_enter(l, name);
		struct cond *c = add_cond(l, conds, row, wants, below(l, row->name, name));
		struct pattern pattern;
		c->name = slice_str(name);
		load_pattern(l, wants, false, &pattern);
		c->pattern = pattern;
		load_leave(l, former);
	}
}

/* Params, literals and args by position: an array, or an object {"2": ...} counted from 1. */
static void read_list(struct load *l, struct conds *conds, const struct field_row *row, json_t *v)
{
	const char *name;
	json_t *wants;
	size_t i;

	if (json_is_object(v)) {
		json_object_foreach(v, name, wants) {
			uint64_t n;
			if (load_comment(name))
				continue;
			if (!slice_to_u64(slice_str(name), &n) || n < 1 || n > SQL_PARAMS_MAX) {
				load_bad_key(l, name, "\"%s\" is no position; write {\"1\": ...} or an array", name);
				continue;
			}
			size_t former = load_enter(l, name);
			struct pattern pattern;
			load_pattern(l, wants, false, &pattern);
			struct cond *c = add_cond(l, conds, row, wants, below(l, row->name, name));
			c->index = (size_t)n - 1;
			c->pattern = pattern;
			load_leave(l, former);
		}
		return;
	}
	if (!load_want(l, v, JSON_ARRAY))
		return;
	json_array_foreach(v, i, wants) {
		size_t former = load_enter_index(l, i);
		struct pattern pattern;
		load_pattern(l, wants, false, &pattern);
		struct cond *c = add_cond(l, conds, row, wants, arena_printf(&l->r->arena, "%s.%zu", row->name, i + 1).ptr);
		c->index = i;
		c->pattern = pattern;
		load_leave(l, former);
	}
}

static void read_json(struct load *l, struct conds *conds, const struct field_row *row, json_t *v, const char *path,
		      const struct slice *steps, size_t nsteps)
{
	const char *name;
	json_t *wants;
	size_t members = 0;

	if (json_is_object(v) && !load_is_operator(v) && !load_all_operators(v)) {
		json_object_foreach(v, name, wants) {
			if (load_comment(name))
				continue;
			struct slice *deeper = ARENA_ARRAY(&l->r->arena, struct slice, nsteps + 1);
			if (nsteps)
				memcpy(deeper, steps, nsteps * sizeof(*deeper));
			deeper[nsteps] = slice_str(name);
			size_t former = load_enter(l, name);
			read_json(l, conds, row, wants, below(l, path, name), deeper, nsteps + 1);
			load_leave(l, former);
			members++;
		}
		if (members)
			return;
	}
	struct pattern pattern;
	load_pattern(l, v, true, &pattern);
	struct cond *c = add_cond(l, conds, row, v, path);
	c->steps = (struct slice *)steps;
	c->nsteps = nsteps;
	c->pattern = pattern;
}

static void read_sql(struct load *l, struct conds *conds, const struct field_row *row, json_t *v)
{
	const char *text = load_text(l, v);
	struct slice *parts;

	if (!text)
		return;
	size_t count = sql_split(slice_str(text), &l->r->arena, &parts);
	if (count > 1) {
		load_bad(l, "holds %zu statements; a rule is about one", count);
		return;
	}
	const struct sql_analysis *an = sql_analyse(parts[0]);
	if (!an->valid) {
		load_bad(l, "is not SQL: %.*s, at character %d", SLICE_ARG(an->error_message), an->error_position);
		return;
	}
	if (an->empty) {
		load_bad(l, "is empty");
		return;
	}
	struct cond *c = add_cond(l, conds, row, v, row->name);
	c->fingerprint = an->fingerprint;
	if (!json_is_string(v)) {
		c->wants = json_string(text);
		json_array_append_new(l->r->owned, c->wants);
	}
}

static void read_field(struct load *l, struct conds *conds, const struct field_row *row, json_t *v)
{
	struct pattern pattern = { .op = OP_EQ };
	const char *text;
	struct cond *c;

	switch (row->shape) {
	case SHAPE_NAMES_OR_TEXT:
		if (json_is_object(v) && !load_is_operator(v)) {
			read_names(l, conds, row, v);
			return;
		}
		load_pattern(l, v, false, &pattern);
		c = add_cond(l, conds, row, v, row->name);
		c->field = FIELD_QUERY_TEXT;
		c->pattern = pattern;
		return;
	case SHAPE_NAMES:
		read_names(l, conds, row, v);
		return;
	case SHAPE_LIST:
		read_list(l, conds, row, v);
		return;
	case SHAPE_JSON:
		read_json(l, conds, row, v, row->name, NULL, 0);
		return;
	case SHAPE_SQL:
		read_sql(l, conds, row, v);
		return;
	case SHAPE_RE:
		if (!(text = load_text(l, v)))
			return;
		pattern = (struct pattern){ .op = OP_RE, .json = v, .text = slice_str(text) };
		load_re(l, text, strlen(text), &pattern);
		break;
	case SHAPE_PATH:
		if (json_is_string(v) && json_string_value(v)[0] != '/' && !strstr(json_string_value(v), "${"))
			load_bad(l, "\"%s\": a path begins with /", json_string_value(v));
		else if (json_is_string(v) && strchr(json_string_value(v), '{') && !strstr(json_string_value(v), "${"))
			load_path_pattern(l, json_string_value(v), &pattern);
		else
			load_pattern(l, v, false, &pattern);
		break;
	case SHAPE_TEXT:
		load_pattern(l, v, false, &pattern);
		break;
	}
	c = add_cond(l, conds, row, v, row->name);
	c->pattern = pattern;
}

/* ---- nth, state, chance ------------------------------------------------ */

static void read_nth(struct load *l, struct rule *rule, json_t *v)
{
	struct slice s = slice_str(json_string_value(v)), rest = s, first;
	bool good = false;

	rule->nth_wants = v;
	rule->nth = NTH_RANGE;
	rule->nth_from = 1;
	rule->nth_to = UINT64_MAX;
	if (json_is_integer(v)) {
		good = json_integer_value(v) >= 1;
		rule->nth_from = rule->nth_to = (uint64_t)json_integer_value(v);
	} else if (slice_has_prefix(s, SLICE_LIT("every "))) {
		rule->nth = NTH_EVERY;
		good = slice_to_u64(slice_trim(slice_skip(s, 6)), &rule->nth_from) && rule->nth_from >= 1;
	} else if (s.len && slice_find_slice(s, SLICE_LIT("..")) < s.len) {
		first = slice_take(rest, slice_find_slice(s, SLICE_LIT("..")));
		rest = slice_skip(rest, first.len + 2);
		good = (first.len || rest.len) && (!first.len || slice_to_u64(first, &rule->nth_from)) &&
		       (!rest.len || slice_to_u64(rest, &rule->nth_to)) && rule->nth_from >= 1 && rule->nth_from <= rule->nth_to;
	} else if (s.len) {
		good = slice_to_u64(s, &rule->nth_from) && rule->nth_from >= 1;
		rule->nth_to = rule->nth_from;
	}
	if (!good) {
		char *found = json_dumps(v, JSON_ENCODE_ANY);
		load_bad(l, "is %s, expected a number from 1, \"2..\", \"2..5\", \"..3\" or \"every 5\"", found ? found : "?");
		free(found);
	}
}

static void read_state(struct load *l, struct rule *rule, json_t *v)
{
	rule->states_wants = v;
	load_set(l, v, &rule->states, &rule->nstates);
}

static void read_chance(struct load *l, struct rule *rule, json_t *v)
{
	if (!json_is_number(v) || json_number_value(v) < 0 || json_number_value(v) > 1)
		load_bad(l, "expected a number from 0 to 1");
	else
		rule->chance = json_number_value(v);
}

/* ---- when -------------------------------------------------------------- */

static const struct field_row *find_row(const struct field_row *rows, const char *name)
{
	for (; rows->name; rows++)
		if (strcmp(rows->name, name) == 0)
			return rows;
	return NULL;
}

static const char *const *known_names(struct load *l, const struct field_row *rows)
{
	size_t n = 0, ncommon = sizeof(common_keys) / sizeof(common_keys[0]);
	const char **names = ARENA_ARRAY(&l->r->arena, const char *, 32 + ncommon);

	for (; rows->name; rows++)
		names[n++] = rows->name;
	for (size_t i = 0; i < ncommon; i++)
		names[n++] = common_keys[i];
	return names;
}

/* The port on which a field exists, for the hint: status under on:sql is a mistake of place, not of spelling. */
static const char *where_known(const char *name)
{
	static const enum port ports[] = { PORT_HTTP, PORT_SQL, PORT_OBJECT, PORT_CALL, PORT_CONNECT, PORT_TLS };

	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
		if (find_row(fields_of(ports[i]), name))
			return port_name(ports[i]);
	return NULL;
}

void load_when(struct load *l, struct rule *rule, json_t *when)
{
	const struct field_row *rows = fields_of(rule->port), *row;
	struct conds conds = { 0 };
	const char *key, *elsewhere;
	json_t *v;

	if (!load_want(l, when, JSON_OBJECT))
		return;
	json_object_foreach(when, key, v) {
		if (load_comment(key))
			continue;
		size_t former = load_enter(l, key);
		if ((row = find_row(rows, key)) || (row = find_row(common_fields, key))) {
			read_field(l, &conds, row, v);
		} else if (strcmp(key, "nth") == 0) {
			read_nth(l, rule, v);
		} else if (strcmp(key, "state") == 0) {
			read_state(l, rule, v);
		} else if (strcmp(key, "chance") == 0) {
			read_chance(l, rule, v);
		} else {
			load_leave(l, former);
			if ((elsewhere = where_known(key)))
				load_bad_key(l, key, "\"%s\" is a condition of on: \"%s\", not of on: \"%s\"", key, elsewhere, port_name(rule->port));
			else
				load_bad_key(l, key, "unknown condition \"%s\"%s", key, load_hint(l, key, known_names(l, rows), true));
		}
		load_leave(l, former);
	}
	rule->conds = conds.list;
	rule->nconds = conds.count;
}

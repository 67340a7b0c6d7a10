/*
 * Task: `expect`: reads expectations, each at its place, with the words of
 * rules for the events they are about. Kinds and their readers: expect.def.
 * Leaves holding them against events to expect_select.c and src/check.
 */
#include <stdio.h>

#include "rule/expect_model.h"
#include "rule/load.h"

static const char *const common_keys[] = { "id", "note", "profiles" };
#define COMMON (sizeof(common_keys) / sizeof(common_keys[0]))

static struct slice compact(struct load *l, json_t *v)
{
	char *dump = json_dumps(v, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
	struct slice s = slice_str(arena_str(&l->r->arena, dump ? dump : ""));

	free(dump);
	return s;
}

/* ---- how many ---------------------------------------------------------- */

static bool whole(json_t *v, uint64_t *n)
{
	if (!json_is_integer(v) || json_integer_value(v) < 0)
		return false;
	*n = (uint64_t)json_integer_value(v);
	return true;
}

/* 3, {"min": 1, "max": 2}, {"gt": 0}, {"le": 5} ... */
static void read_count(struct load *l, json_t *v, struct count_range *range)
{
	static const char *const known[] = { "min", "max", "eq", "gt", "ge", "lt", "le", NULL };
	const char *name;
	uint64_t n;
	json_t *one;

	*range = (struct count_range){ 0, UINT64_MAX };
	if (whole(v, &n)) {
		*range = (struct count_range){ n, n };
		return;
	}
	if (!json_is_object(v) || !json_object_size(v)) {
		load_bad(l, "is %s, expected a whole number from 0, {\"min\": 1, \"max\": 2} or {\"gt\": 0}", load_type(v));
		return;
	}
	load_keys(l, v, known, NULL);
	json_object_foreach(v, name, one) {
		size_t former = load_enter(l, name);
		if (!whole(one, &n))
			load_bad(l, "is %s, expected a whole number from 0", load_type(one));
		else if (strcmp(name, "lt") == 0 && !n)
			load_bad(l, "nothing is less than 0");
		else if (strcmp(name, "min") == 0 || strcmp(name, "ge") == 0)
			range->min = n;
		else if (strcmp(name, "gt") == 0)
			range->min = n + 1;
		else if (strcmp(name, "max") == 0 || strcmp(name, "le") == 0)
			range->max = n;
		else if (strcmp(name, "lt") == 0)
			range->max = n - 1;
		else if (strcmp(name, "eq") == 0)
			*range = (struct count_range){ n, n };
		load_leave(l, former);
	}
	if (range->min > range->max)
		load_bad(l, "no number is at least %llu and at most %llu", (unsigned long long)range->min, (unsigned long long)range->max);
}

static void read_count_of(struct load *l, json_t *object, const char *key, struct count_range *range)
{
	json_t *v = json_object_get(object, key);

	if (!v)
		return;
	size_t former = load_enter(l, key);
	read_count(l, v, range);
	load_leave(l, former);
}

/* ---- which events ------------------------------------------------------ */

static const struct rule_service *find_service(const struct rules *r, struct slice name)
{
	for (size_t i = 0; i < r->nservices + r->nabsent; i++) {
		const struct rule_service *s = i < r->nservices ? &r->services[i] : &r->absent[i - r->nservices];
		if (slice_eq_str(name, s->name))
			return s;
	}
	return NULL;
}

static bool any_services(const struct rules *r)
{
	return r->nservices + r->nabsent > 0;
}

static const char *const *heads(struct load *l)
{
	const struct rules *r = l->r;
	const char **names = ARENA_ARRAY(&l->r->arena, const char *, r->nservices + r->nabsent + PORT_COUNT + 1);
	size_t n = 0;

	for (size_t i = 0; i < r->nservices; i++)
		names[n++] = r->services[i].name;
	for (size_t i = 0; i < r->nabsent; i++)
		names[n++] = r->absent[i].name;
	for (int p = 1; p < PORT_COUNT; p++)
		names[n++] = port_name((enum port)p);
	return names;
}

/* "sql:COMMIT", "kafka.produce:orders.done", "http:slack", "warehouse:events", "slack" */
static void read_text(struct load *l, const char *text, struct selector *s)
{
	struct slice rest = slice_str(text), head = slice_split(&rest, ':'), op = head, word = slice_split(&op, '.');
	enum port port = find_service(l->r, head) ? PORT_NONE : port_by_name(word);

	*s = (struct selector){ .ok = -1, .name = rest.ptr ? rest : SLICE_NONE, .text = slice_str(text) };
	if (rest.ptr && !rest.len) {
		load_bad(l, "\"%s\": nothing follows the colon", text);
	} else if (port != PORT_NONE) {
		struct rule *rule = ARENA_NEW(&l->r->arena, struct rule);
		*rule = (struct rule){ .id = text, .doc = l->doc, .port = port, .chance = 1, .max = UINT64_MAX };
		if (op.ptr)
			rule->op = load_operation(l, port, op);
		s->rule = rule;
	} else if (find_service(l->r, head) || !any_services(l->r)) {
		s->service = head;
	} else {
		const char *name = arena_slice(&l->r->arena, head).ptr;
		load_bad(l, "\"%s\": \"%s\" is neither a service nor what a rule can be on%s", text, name, load_hint(l, name, heads(l), true));
	}
}

/* What a run counts as it goes cannot be asked of a trace. */
static void refuse_counting(struct load *l, const struct rule *rule)
{
	if (rule->nth != NTH_NONE)
		load_bad_key(l, "nth", "is for rules: an expectation says \"count\" or \"order\"");
	if (rule->nstates)
		load_bad_key(l, "state", "is for rules: {\"expect\": [{\"state\": {...}}]} asks for states at the end");
	if (rule->chance < 1)
		load_bad_key(l, "chance", "is for rules: an expectation holds or it does not");
	for (size_t i = 0; i < rule->nconds; i++)
		if (rule->conds[i].field == FIELD_CONN)
			load_bad_key(l, "conn", "is for rules: a trace names connections by their streams");
}

static void read_object(struct load *l, json_t *object, struct selector *s)
{
	struct rule *rule = ARENA_NEW(&l->r->arena, struct rule);
	json_t *when = json_object_get(object, "when"), *ok = json_object_get(object, "ok");

	*s = (struct selector){ .ok = -1, .text = compact(l, object) };
	*rule = (struct rule){ .id = "expect", .doc = l->doc, .chance = 1, .max = UINT64_MAX };
	l->captures = NULL;
	l->ncaptures = l->captures_cap = 0;
	if (!load_on(l, rule, object, true))
		return;
	if (any_services(l->r))
		load_service_of(l, rule, object);
	else
		rule->service = load_text_of(l, object, "service");
	if (when) {
		size_t former = load_enter(l, "when");
		if (!load_port_known(rule->port))
			load_bad(l, "conditions on \"%s\" are not known yet to this version of seam", port_name(rule->port));
		else
			load_when(l, rule, when);
		refuse_counting(l, rule);
		load_leave(l, former);
	}
	if (ok && !json_is_boolean(ok))
		load_bad_key(l, "ok", "is %s, expected true or false", load_type(ok));
	s->ok = ok ? json_is_true(ok) : -1;
	s->err = slice_str(load_text_of(l, object, "err"));
	s->by = slice_str(load_text_of(l, object, "by"));
	s->rule = rule;
}

static const char *const selector_keys[] = { "on", "service", "when", "ok", "err", "by", NULL };

static void read_selector(struct load *l, json_t *v, struct selector *s)
{
	*s = (struct selector){ .ok = -1 };
	if (json_is_string(v)) {
		read_text(l, json_string_value(v), s);
	} else if (json_is_object(v)) {
		load_keys(l, v, selector_keys, NULL);
		read_object(l, v, s);
	} else {
		load_bad(l, "is %s, expected a text like \"sql:COMMIT\" or an object with \"on\"", load_type(v));
	}
}

static void read_selectors(struct load *l, json_t *object, const char *key, struct selector **list, size_t *count)
{
	json_t *v = json_object_get(object, key), *one;
	size_t former = load_enter(l, key), i;

	*count = 0;
	if (!json_is_array(v) || !json_array_size(v)) {
		load_bad(l, "is %s, expected a list like [\"sql:COMMIT\", \"http:slack\"]", !v ? "missing" : json_is_array(v) ? "empty" : load_type(v));
		load_leave(l, former);
		return;
	}
	*list = ARENA_ARRAY(&l->r->arena, struct selector, json_array_size(v));
	json_array_foreach(v, i, one) {
		size_t at = load_enter_index(l, i);
		read_selector(l, one, &(*list)[(*count)++]);
		load_leave(l, at);
	}
	load_leave(l, former);
}

static struct selector *one_step(struct load *l, struct expectation *e)
{
	e->steps = ARENA_NEW(&l->r->arena, struct selector);
	e->nsteps = 1;
	return e->steps;
}

/* ---- a reader a kind ---------------------------------------------------- */

static void keys(struct load *l, json_t *object, const char *const *own)
{
	const char *known[32];
	size_t n = 0;

	for (; *own; own++)
		known[n++] = *own;
	for (size_t i = 0; i < COMMON; i++)
		known[n++] = common_keys[i];
	known[n] = NULL;
	load_keys(l, object, known, NULL);
}

static void load_expect_events(struct load *l, struct expectation *e, json_t *object)
{
	static const char *const own[] = { "on", "service", "when", "ok", "err", "by", "count", NULL };

	keys(l, object, own);
	e->count = (struct count_range){ 1, UINT64_MAX };
	read_object(l, object, one_step(l, e));
	read_count_of(l, object, "count", &e->count);
}

static void load_expect_order(struct load *l, struct expectation *e, json_t *object)
{
	static const char *const own[] = { "order", NULL };

	keys(l, object, own);
	read_selectors(l, object, "order", &e->steps, &e->nsteps);
}

static void load_expect_never(struct load *l, struct expectation *e, json_t *object)
{
	static const char *const own[] = { "never", NULL };
	size_t former;

	keys(l, object, own);
	former = load_enter(l, "never");
	read_selector(l, json_object_get(object, "never"), one_step(l, e));
	load_leave(l, former);
	e->count = (struct count_range){ 0, 0 };
}

/* The last word of a declared path: json.correlation_id, sql.column.id. */
static bool is_declared(const struct rules *r, const char *name)
{
	json_t *one, *correlate = rules_member(r, "correlate");
	size_t i;

	json_array_foreach(correlate, i, one) {
		const char *path = json_string_value(json_is_object(one) ? json_object_get(one, "path") : one);
		if (!path)
			continue;
		const char *dot = strrchr(path, '.');
		if (strcmp(path, name) == 0 || (dot && strcmp(dot + 1, name) == 0))
			return true;
	}
	return false;
}

static void load_expect_each(struct load *l, struct expectation *e, json_t *object)
{
	static const char *const own[] = { "each", "in", "appears", "then_in", NULL };
	const char *name = load_text_of(l, object, "each");

	keys(l, object, own);
	e->count = (struct count_range){ 1, UINT64_MAX };
	read_count_of(l, object, "appears", &e->count);
	read_selectors(l, object, "in", &e->steps, &e->nsteps);
	if (json_object_get(object, "then_in"))
		read_selectors(l, object, "then_in", &e->then, &e->nthen);
	if (!name)
		return;
	e->each = strcmp(name, "traceparent") == 0 ? SLICE_LIT("tp:") : SLICE_LIT("id:");
	if (e->each.ptr[0] == 'i' && any_services(l->r) && !is_declared(l->r, name))
		load_bad_key(l, "each", "\"%s\" is in none of the paths of \"correlate\"; declare one, like \"json.%s\" or \"sql.column.%s\"", name,
			     name, name);
}

/* The members of `object` that are numbers of a kind each; the others are the caller's. */
static void read_parts(struct load *l, struct expectation *e, json_t *object, const char *const *known)
{
	e->parts = ARENA_ARRAY(&l->r->arena, struct named_range, json_object_size(object) + 1);
	for (; *known; known++)
		if (json_object_get(object, *known)) {
			struct named_range *part = &e->parts[e->nparts++];
			part->name = *known;
			read_count_of(l, object, *known, &part->range);
		}
}

/* As the trailer names them (host/hygiene.c). */
static const char *const leak_names[] = { "connections", "results", "transactions", "idle", "curl_easy", "curl_multi", "used_after_fork",
					  "two_threads", NULL };

/* 0, {"max": 2}, or kind by kind: {"connections": 0, "results": {"max": 5}}. */
static void load_expect_leaks(struct load *l, struct expectation *e, json_t *object)
{
	static const char *const own[] = { "leaks", NULL };
	json_t *v = json_object_get(object, "leaks");
	bool parts = false;

	keys(l, object, own);
	for (size_t i = 0; leak_names[i]; i++)
		parts = parts || json_object_get(v, leak_names[i]);
	if (!parts) {
		read_count_of(l, object, "leaks", &e->count);
		return;
	}
	size_t former = load_enter(l, "leaks");
	load_keys(l, v, leak_names, NULL);
	read_parts(l, e, v, leak_names);
	load_leave(l, former);
}

static const char *const connection_names[] = { "opened", "reused", "peak", "leaked", "transactions", "idle", NULL };

static void load_expect_connections(struct load *l, struct expectation *e, json_t *object)
{
	static const char *const own[] = { "connections", NULL };
	static const char *const known[] = { "service", "process", "user", "database", "opened", "reused", "peak", "leaked", "transactions", "idle",
					     NULL };
	json_t *v = json_object_get(object, "connections");
	size_t former;

	keys(l, object, own);
	former = load_enter(l, "connections");
	if (load_want(l, v, JSON_OBJECT)) {
		load_keys(l, v, known, NULL);
		e->service = load_text_of(l, v, "service");
		e->process = load_text_of(l, v, "process");
		e->user = load_text_of(l, v, "user");
		e->database = load_text_of(l, v, "database");
		if (e->service && any_services(l->r) && !find_service(l->r, slice_str(e->service)))
			load_bad_key(l, "service", "no service is named \"%s\"%s", e->service, load_hint(l, e->service, heads(l), false));
		read_parts(l, e, v, connection_names);
		if (!e->nparts)
			load_bad(l, "nothing is said of them: add \"opened\", \"reused\", \"peak\", \"leaked\", \"transactions\" or \"idle\"");
	}
	load_leave(l, former);
}

static void load_expect_size(struct load *l, struct expectation *e, json_t *object)
{
	static const char *const own[] = { "max_rss", NULL };
	size_t former = load_enter(l, "max_rss");

	if (!load_bytes(l, json_object_get(object, "max_rss"), &e->limit))
		load_bad(l, "expected a number of bytes, or a text like \"256MiB\"");
	load_leave(l, former);
	keys(l, object, own);
}

/* ---- the state at the end ------------------------------------------------ */

/* What a fake is asked. Members beyond these say what is wanted of the answer. */
static const char *const question_keys[] = { "sql", "database", "bucket", "key", "prefix", NULL };

static void read_rows(struct load *l, json_t *rows, struct state_want *want)
{
	json_t *row, *cell;
	size_t i, k;

	if (!load_want(l, rows, JSON_ARRAY))
		return;
	want->has_rows = true;
	want->nrows = json_array_size(rows);
	want->rows = ARENA_ARRAY(&l->r->arena, struct state_row, want->nrows + 1);
	json_array_foreach(rows, i, row) {
		size_t former = load_enter_index(l, i);
		if (load_want(l, row, JSON_ARRAY)) {
			struct state_row *r = &want->rows[i];
			*r = (struct state_row){ .count = json_array_size(row) };
			r->cells = ARENA_ARRAY(&l->r->arena, struct pattern, r->count + 1);
			json_array_foreach(row, k, cell) {
				size_t at = load_enter_index(l, k);
				load_pattern(l, cell, json_is_array(cell), &r->cells[k]);
				load_leave(l, at);
			}
		}
		load_leave(l, former);
	}
}

static void read_wants(struct load *l, json_t *object, struct state_want *want)
{
	static const struct {
		const char *key;
		bool in_json;
	} rows[] = { { "json", true }, { "text", false }, { "size", false }, { "type", false } };
	json_t *v;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!(v = json_object_get(object, rows[i].key)))
			continue;
		size_t former = load_enter(l, rows[i].key);
		struct state_field *f = &want->fields[want->nfields++];
		f->name = rows[i].key;
		load_pattern(l, v, rows[i].in_json, &f->pattern);
		load_leave(l, former);
	}
	if ((v = json_object_get(object, "rows"))) {
		size_t former = load_enter(l, "rows");
		read_rows(l, v, want);
		load_leave(l, former);
	}
	want->absent = load_bool_of(l, object, "absent", false);
	want->unordered = load_bool_of(l, object, "unordered", false);
}

static void load_expect_state(struct load *l, struct expectation *e, json_t *object)
{
	static const char *const own[] = { "state", "sql", "database", "rows", "unordered", "count", "bucket", "key", "prefix", "json", "text",
					   "size", "type", "absent", NULL };
	json_t *state = json_object_get(object, "state"), *v;
	struct state_want *want = ARENA_NEW(&l->r->arena, struct state_want);

	*want = (struct state_want){ 0 };
	keys(l, object, own);
	e->want = want;
	if (json_is_object(state)) { /* the states of rules, with "key" those of one value */
		size_t former = load_enter(l, "state");
		load_pattern(l, state, true, &want->states);
		load_leave(l, former);
		want->key = slice_str(load_text_of(l, object, "key"));
		return;
	}
	e->service = load_text_of(l, object, "state");
	if (e->service && any_services(l->r) && !find_service(l->r, slice_str(e->service)))
		load_bad_key(l, "state", "no service is named \"%s\"%s", e->service, load_hint(l, e->service, heads(l), false));
	e->question = json_object();
	json_array_append_new(l->r->owned, e->question);
	for (size_t i = 0; question_keys[i]; i++) {
		const char *text;
		if ((v = json_object_get(object, question_keys[i])) && (text = load_text_of(l, object, question_keys[i])))
			json_object_set_new(e->question, question_keys[i], json_string(text));
	}
	e->count = (struct count_range){ 0, UINT64_MAX };
	want->has_count = json_object_get(object, "count") != NULL;
	read_count_of(l, object, "count", &e->count);
	read_wants(l, object, want);
	if (!json_object_get(e->question, "sql") && (want->has_rows || want->unordered))
		load_bad(l, "\"rows\" are what \"sql\" gives, and there is none");
	else if (json_object_get(e->question, "sql") && !want->has_rows && !want->has_count)
		load_bad(l, "\"sql\" is asked, and nothing is said of its answer: add \"rows\" or \"count\"");
	else if (!json_object_get(e->question, "sql") && !json_object_get(e->question, "key") && !want->has_count)
		load_bad(l, "what is asked of \"%s\" is missing: \"sql\" with \"rows\", \"key\" with \"json\" or \"text\", or \"prefix\" with \"count\"",
			 e->service ? e->service : "?");
}

/* ---- all of them ---------------------------------------------------------- */

static const struct {
	const char *key;
	void (*read)(struct load *l, struct expectation *e, json_t *object);
} kinds[] = {
#define EXPECT(name, key, reader) { key, load_expect_##reader },
#include "rule/expect.def"
};

static const char *const *kind_names(void)
{
	static const char *names[EXPECT_KINDS + 1];
	size_t n = 0;

	for (int k = 0; k < EXPECT_KINDS; k++)
		if (kinds[k].key[0])
			names[n++] = kinds[k].key;
	return names;
}

static void read_one(struct load *l, json_t *object)
{
	struct expectation e = { .doc = l->doc, .json = object };
	const char *key, *id;
	json_t *v;
	int kind = -1;

	if (!json_is_object(object))
		return; /* said when the files were merged */
	for (int k = 0; k < EXPECT_KINDS; k++)
		if (kinds[k].key[0] && json_object_get(object, kinds[k].key))
			kind = kind < 0 ? k : EXPECT_KINDS;
	if (kind == EXPECT_KINDS) {
		load_bad(l, "says more than one thing: one expectation has one of \"on\", \"order\", \"never\", \"each\", \"state\", ...");
		return;
	}
	if (kind < 0) {
		const char *first = NULL;
		json_object_foreach(object, key, v)
			if (!load_comment(key) && !first)
				first = key;
		load_bad(l, "says nothing that is known%s", load_hint(l, first ? first : "", kind_names(), true));
		return;
	}
	e.kind = (enum expect_kind)kind;
	e.path = arena_str(&l->r->arena, l->path);
	id = load_text_of(l, object, "id");
	e.id = slice_str(id ? id : e.path);
	e.text = compact(l, object);
	bool in = load_in_profile(l, object);
	kinds[kind].read(l, &e, object);
	if (in)
		*LOAD_PUSH(l, l->r->expects, l->r->nexpects, l->r->expects_cap) = e;
}

void load_expects(struct load *l, json_t *list)
{
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one) {
		size_t at = load_enter_index(l, i);
		read_one(l, one);
		load_leave(l, at);
	}
}

/* times.min of rules. */
void load_expect_times(struct load *l)
{
	struct rules *r = l->r;

	for (size_t i = 0; i < r->nrules; i++) {
		struct rule *rule = &r->rules[i];
		struct expectation e = { .kind = EXPECT_times, .doc = rule->doc };
		if (!rule->min)
			continue;
		struct selector *s = one_step(l, &e);
		*s = (struct selector){ .rule = rule, .ok = -1, .rule_id = slice_str(rule->id) };
		e.path = arena_printf(&r->arena, "rules[%zu].times", rule->index).ptr;
		e.id = slice_str(rule->id);
		e.text = arena_printf(&r->arena, "rule %s answers at least %llu time%s", rule->id, (unsigned long long)rule->min, rule->min == 1 ? "" : "s");
		e.count = (struct count_range){ rule->min, UINT64_MAX };
		*LOAD_PUSH(l, r->expects, r->nexpects, r->expects_cap) = e;
	}
}

int rules_selector(struct rules *r, const char *text, const struct selector **out, struct err *err)
{
	struct rule_errors errors = { 0 };
	struct load l = { .r = r, .errs = &errors, .folder = "." };
	struct selector *s = ARENA_NEW(&r->arena, struct selector);
	json_t *v = text[0] == '{' ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : json_string(text);
	int code = 0;

	if (!v)
		return err_set(err, ERR_SYNTAX, "\"%s\" is neither JSON nor a text like sql:COMMIT", text);
	json_array_append_new(r->owned, v);
	read_selector(&l, v, s);
	if (errors.count) {
		code = errors.list[0].code;
		err_set(err, code, "%s", errors.list[0].text);
	}
	rule_errors_release(&errors);
	*out = s;
	return code;
}

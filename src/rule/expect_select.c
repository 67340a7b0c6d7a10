/*
 * Task: holds a request and what came of it against a selector, and says how
 * near it came. Leaves reading expectations to load_expect.c and counting to
 * src/check.
 */
#include "rule/expect_model.h"

/* ---- an event's names ---------------------------------------------------- */

static bool named(struct slice glob, struct slice name)
{
	return name.len && slice_glob(glob, name, true);
}

static bool sql_named(struct slice glob, const struct sql_request *q)
{
	if (!q->analysis)
		return false;
	if (named(glob, q->analysis->verb))
		return true;
	for (size_t i = 0; i < q->analysis->ntables; i++) {
		struct slice whole = q->analysis->tables[i];
		size_t dot = slice_find(whole, '.');
		if (named(glob, whole) || (dot < whole.len && named(glob, slice_skip(whole, dot + 1))))
			return true;
	}
	return false;
}

/* Whatever a person would call it by. */
static bool name_holds(struct slice glob, struct request *req)
{
	struct slice rest = req->sum;

	if (named(glob, req->service) || named(glob, req->op) || named(glob, req->boundary) || named(glob, req->sum))
		return true;
	slice_split(&rest, ' '); /* "produce orders.done": also by what follows the first word */
	if (rest.ptr && named(glob, rest))
		return true;
	switch (req->port) {
	case PORT_SQL:
		return sql_named(glob, &req->sql);
	case PORT_HTTP:
		return named(glob, req->http.authority) || named(glob, req->http.path);
	case PORT_OBJECT:
		return named(glob, req->object.bucket) || named(glob, req->object.key) ||
		       named(glob, arena_printf(req->arena, "%.*s/%.*s", SLICE_ARG(req->object.bucket), SLICE_ARG(req->object.key)));
	case PORT_CALL:
		return named(glob, req->call.library);
	case PORT_CONNECT:
		return named(glob, req->connect.boundary);
	case PORT_DNS:
		return named(glob, req->dns.name);
	case PORT_TLS:
		return named(glob, req->tls.name);
	default:
		return false;
	}
}

/* ---- selectors ------------------------------------------------------------ */

static bool outcome_holds(const struct selector *s, const struct outcome *o)
{
	if (s->ok >= 0 && (s->ok != 0) != o->ok)
		return false;
	if (s->err.len && !slice_glob(s->err, o->err, true))
		return false;
	return !s->by.len || slice_eq(s->by, o->by);
}

static bool by_that_rule(const struct selector *s, const struct outcome *o)
{
	size_t n = s->rule_id.len;

	return o->rule.len > n && o->rule.ptr[o->rule.len - n - 1] == '#' && slice_has_suffix(o->rule, s->rule_id);
}

/* The same port, service and operation. */
static bool concerns(const struct selector *s, const struct request *req)
{
	if (s->service.len && !slice_eq(s->service, req->service))
		return false;
	return !s->rule || (s->rule->port == req->port && rule_applies(s->rule, req));
}

bool selector_holds(const struct rules *r, const struct selector *s, struct request *req, const struct outcome *o)
{
	struct matching m = { .rules = (struct rules *)r, .arena = req->arena };

	if (s->rule_id.len)
		return by_that_rule(s, o);
	if (!concerns(s, req) || !outcome_holds(s, o) || (s->name.len && !name_holds(s->name, req)))
		return false;
	for (size_t i = 0; s->rule && i < s->rule->nconds; i++)
		if (!cond_holds(&s->rule->conds[i], req, &m))
			return false;
	return true;
}

unsigned selector_closeness(const struct rules *r, const struct selector *s, struct request *req, const struct outcome *o)
{
	struct matching m = { .rules = (struct rules *)r, .arena = req->arena };
	unsigned score = 1;

	if (s->service.len ? !slice_eq(s->service, req->service) : s->rule && s->rule->port != req->port)
		return 0;
	if (s->rule && s->rule->service && !slice_eq_str(req->service, s->rule->service))
		return 0;
	for (size_t i = 0; s->rule && i < s->rule->nconds; i++)
		score += cond_holds(&s->rule->conds[i], req, &m) ? 2 * s->rule->conds[i].weight : 0;
	score += s->rule && s->rule->op.len && slice_eq_nocase(s->rule->op, req->op) ? 4 : 0;
	score += s->name.len && name_holds(s->name, req) ? 4 : 0;
	return score + outcome_holds(s, o);
}

static struct slice quote(struct arena *a, struct slice text)
{
	struct buf b;

	buf_init(&b, 64 * 1024);
	buf_add_json(&b, text);
	struct slice kept = arena_slice(a, buf_slice(&b));
	buf_release(&b);
	return kept;
}

const struct why *selector_why(struct rules *r, const struct selector *s, struct request *req, const struct outcome *o)
{
	struct why *why = ARENA_NEW(req->arena, struct why);
	size_t n = 0;

	*why = (struct why){ 0 };
	if (s->rule)
		why_rule(r, s->rule, req, why);
	struct why_condition *all = ARENA_ARRAY(req->arena, struct why_condition, why->nconditions + 3);
	for (; n < why->nconditions; n++)
		all[n] = why->conditions[n];
	if (s->name.len)
		all[n++] = (struct why_condition){ name_holds(s->name, req), SLICE_LIT("name"), quote(req->arena, s->name), quote(req->arena, req->sum) };
	if (s->ok >= 0)
		all[n++] = (struct why_condition){ (s->ok != 0) == o->ok, SLICE_LIT("ok"), slice_str(s->ok ? "true" : "false"),
						   slice_str(o->ok ? "true" : "false") };
	if (s->err.len)
		all[n++] = (struct why_condition){ slice_glob(s->err, o->err, true), SLICE_LIT("err"), quote(req->arena, s->err), quote(req->arena, o->err) };
	why->conditions = all;
	why->nconditions = n;
	why->nhold = 0;
	for (size_t i = 0; i < n; i++)
		why->nhold += all[i].holds;
	return why;
}

const struct expectation *rules_expectations(const struct rules *r, size_t *count)
{
	*count = r->nexpects;
	return r->expects;
}

struct slice expectation_place(struct rules *r, const struct expectation *e, struct arena *a)
{
	int line, column;

	(void)r;
	if (!e->doc)
		return SLICE_NONE;
	jsondoc_where(e->doc, e->path, false, &line, &column);
	return arena_printf(a, "%s:%d", e->doc->file, line);
}

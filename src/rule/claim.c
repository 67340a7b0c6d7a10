/*
 * Task: which service claims an address or a name, and what the rules object
 * says of itself: files, members, functions, rules that never answered.
 */
#include "rule/model.h"

const struct rule_service *rules_services(const struct rules *r, size_t *count)
{
	*count = r->nservices;
	return r->services;
}

const char *const *rules_files(const struct rules *r, size_t *count)
{
	*count = r->ndocs;
	return r->files;
}

static bool host_claimed(const struct rule_at *at, struct slice host)
{
	if (at->glob)
		return slice_glob(slice_str(at->host), host, true);
	return slice_eq_nocase_str(host, at->host);
}

/* "db.prod." is "db.prod": a trailing dot only says that the name is complete. */
static struct slice without_dot(struct slice host)
{
	return host.len > 1 && host.ptr[host.len - 1] == '.' ? slice_take(host, host.len - 1) : host;
}

const struct rule_service *rules_claim(const struct rules *r, enum at_transport transport, struct slice host, uint16_t port,
				       const struct rule_at **found)
{
	if (transport != AT_UNIX)
		host = without_dot(host);
	for (size_t i = 0; i < r->nservices; i++) {
		for (size_t k = 0; k < r->services[i].nat; k++) {
			const struct rule_at *at = &r->services[i].at[k];
			if (at->transport != transport)
				continue;
			bool claims = transport == AT_UNIX ? slice_glob(slice_str(at->path), host, false)
							   : at->port == port && host_claimed(at, host);
			if (!claims)
				continue;
			if (found)
				*found = at;
			return &r->services[i];
		}
	}
	return NULL;
}

const struct rule_service *rules_claim_name(const struct rules *r, struct slice host)
{
	host = without_dot(host);
	for (size_t i = 0; i < r->nservices; i++)
		for (size_t k = 0; k < r->services[i].nat; k++)
			if (r->services[i].at[k].transport != AT_UNIX && host_claimed(&r->services[i].at[k], host))
				return &r->services[i];
	return NULL;
}

const struct rule_function *rules_functions(const struct rules *r, size_t *count)
{
	*count = r->nfunctions;
	return r->functions;
}

json_t *rules_member(const struct rules *r, const char *name)
{
	for (size_t i = 0; rule_member_names[i]; i++)
		if (strcmp(rule_member_names[i], name) == 0)
			return r->members[i];
	return NULL;
}

const char **rules_unused(const struct rules *r, size_t *count)
{
	const char **labels = calloc(r->nrules + 1, sizeof(*labels));

	if (!labels)
		abort();
	*count = 0;
	for (size_t i = 0; i < r->nrules; i++) {
		struct rule *rule = &r->rules[i];
		if (!rule->optional && rule->fired < (rule->min ? rule->min : 1))
			labels[(*count)++] = rule_label((struct rules *)r, rule).ptr;
	}
	return labels;
}

/* ---- rules that never come to their turn ------------------------------- */

/* Whether whatever `b` wants satisfies `a` as well: they want the same, or b wants one value that a accepts. */
static bool implied(struct rules *r, struct arena *arena, const struct cond *a, const struct cond *b)
{
	struct matching m = { .rules = r, .arena = arena };

	if (a->field != b->field || a->index != b->index || a->nsteps != b->nsteps)
		return false;
	if (a->field == FIELD_HEADER ? !slice_eq_nocase(a->name, b->name) : !slice_eq(a->name, b->name))
		return false;
	for (size_t i = 0; i < a->nsteps; i++)
		if (!slice_eq(a->steps[i], b->steps[i]))
			return false;
	if (a->field == FIELD_SQL)
		return a->fingerprint == b->fingerprint;
	if (a->wants && b->wants && json_equal(a->wants, b->wants))
		return true;
	if (b->pattern.op != OP_EQ || !b->wants)
		return false;
	bool is_json = a->field == FIELD_JSON;
	if (!is_json && !json_is_string(b->wants))
		return false;
	struct value v = { .kind = is_json ? VALUE_JSON : VALUE_TEXT, .text = b->pattern.text, .json = b->wants };
	return pattern_matches(&a->pattern, v, &m);
}

/* Always answers when its conditions hold: nothing counts, draws or waits for a state, and it never runs out. */
static bool unconditional(const struct rule *a)
{
	return a->max == UINT64_MAX && a->nth == NTH_NONE && a->chance >= 1 && !a->nstates && a->then != THEN_NEXT;
}

static bool hides(struct rules *r, struct arena *arena, const struct rule *a, const struct rule *b)
{
	if (!unconditional(a) || (a->service && (!b->service || strcmp(a->service, b->service) != 0)))
		return false;
	if (a->op.len && !slice_eq_nocase(a->op, b->op))
		return false;
	for (size_t i = 0; i < a->nconds; i++) {
		bool held = false;
		for (size_t k = 0; k < b->nconds && !held; k++)
			held = implied(r, arena, &a->conds[i], &b->conds[k]);
		if (!held)
			return false;
	}
	return true;
}

size_t rules_hidden(struct rules *r, struct rule_pair **pairs)
{
	struct arena arena;
	size_t count = 0;

	*pairs = calloc(r->nrules + 1, sizeof(**pairs));
	if (!*pairs)
		abort();
	arena_init(&arena);
	for (int p = 0; p < PORT_COUNT; p++) {
		const struct port_index *index = &r->ports[p];
		for (size_t k = 1; k < index->count; k++) {
			for (size_t i = 0; i < k; i++) {
				if (!hides(r, &arena, index->list[i], index->list[k]))
					continue;
				(*pairs)[count++] = (struct rule_pair){ rule_label(r, index->list[k]).ptr, rule_label(r, index->list[i]).ptr };
				break;
			}
			arena_reset(&arena);
		}
	}
	arena_release(&arena);
	return count;
}

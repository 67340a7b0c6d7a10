/*
 * Task: fills a reply from a rule's answer: http, s3, calls, connections, and
 * what all have (delay, fault, state). SQL is in answer_sql.c.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "rule/model.h"

static uint64_t draw_delay(const struct action *a, uint64_t *random)
{
	switch (a->delay) {
	case DELAY_FIXED:
		return a->delay_ns;
	case DELAY_UNIFORM:
		return a->delay_ns + (uint64_t)(random_unit(random) * (double)(a->delay_max_ns - a->delay_ns));
	case DELAY_LOGNORMAL: {
		/* Box-Muller; a delay above an hour would only be a hang. */
		double u = 1 - random_unit(random), v = random_unit(random);
		double ns = (double)a->delay_ns * exp(a->sigma * sqrt(-2 * log(u)) * cos(6.283185307179586 * v));
		return ns < 3600e9 ? (uint64_t)ns : 3600000000000ull;
	}
	default:
		return 0;
	}
}

static struct body *render_body(struct rules *r, struct rule_hit *hit, struct request *req)
{
	const struct action *a = hit->action;

	switch (a->body) {
	case BODY_TEXT: case BODY_JSON:
		return body_of(template_text(&a->text, r, hit, req));
	case BODY_FIXED:
		return body_of(a->fixed);
	default:
		return NULL;
	}
}

static void answer_http(struct rules *r, struct rule_hit *hit, struct request *req, struct reply *reply)
{
	const struct action *a = hit->action;
	struct http_reply *http = &reply->http;

	reply->port = PORT_HTTP;
	http->status = a->status ? a->status : 200;
	for (size_t i = 0; i < a->nheaders; i++)
		headers_add(&http->headers, req->arena, a->headers[i].name, template_text(&a->headers[i].value, r, hit, req));
	http->body = render_body(r, hit, req);
	if (http->status >= 400) {
		reply->failed = true;
		reply->err = arena_printf(req->arena, "%d", http->status);
	}
}

static void answer_object(struct rules *r, struct rule_hit *hit, struct request *req, struct reply *reply)
{
	const struct action *a = hit->action;

	if (!a->has_error) {
		answer_http(r, hit, req, reply);
		return;
	}
	reply->port = PORT_OBJECT;
	reply->object.status = a->status;
	reply->object.code = a->code;
	reply->object.message = template_text(&a->message, r, hit, req);
	reply->failed = true;
	reply->err = a->code;
}

static void answer_call(struct rules *r, struct rule_hit *hit, struct request *req, struct reply *reply)
{
	const struct action *a = hit->action;

	reply->port = PORT_CALL;
	reply->call.result = a->result;
	if (a->result.kind == CALL_STRING)
		reply->call.result.text = template_text(&a->result_text, r, hit, req);
	if (a->nouts) {
		reply->call.outs = ARENA_ARRAY(req->arena, struct call_arg, a->nouts);
		reply->call.nouts = a->nouts;
	}
	for (size_t i = 0; i < a->nouts; i++) {
		reply->call.outs[i] = a->outs[i];
		if (a->outs[i].kind == CALL_STRING)
			reply->call.outs[i].text = template_text(&a->out_texts[i], r, hit, req);
	}
	reply->call.set_errno = a->set_errno;
	if (a->set_errno) {
		reply->failed = true;
		reply->err = a->errno_name;
	}
}

static void apply_fault(const struct action *a, struct reply *reply)
{
	reply->fault = a->fault;
	if (a->fault == FAULT_NONE)
		return;
	reply->fault_after = a->fault_after;
	reply->fault_rate = a->fault_rate;
	reply->mid_response = a->mid_response;
	reply->failed = a->fault_err.len > 0;
	reply->err = a->fault_err;
	if (a->fault == FAULT_REFUSE)
		reply->connect.error = ECONNREFUSED;
	else if (a->fault == FAULT_ERRNO)
		reply->connect.error = a->fault_errno;
	if (a->fault == FAULT_TLS_ALERT) {
		reply->tls.alert = a->alert;
		reply->err = slice_str(tls_alert_name(a->alert));
	}
}

static void set_states(struct rules *r, struct rule_hit *hit, struct request *req, const struct named_template *set, size_t count)
{
	for (size_t i = 0; i < count; i++)
		state_set(r, set[i].name, hit->key, template_text(&set[i].value, r, hit, req));
}

/* The sequence is over and the rule says that this is a failure. */
static void answer_over(struct rules *r, struct rule_hit *hit, struct request *req, struct reply *reply)
{
	struct why *why = ARENA_NEW(req->arena, struct why);
	struct rule *rule = hit->rule;

	why->closest = slice_str(rule->id);
	why->place = rule_place(r, rule);
	why->text = arena_printf(req->arena, "rule %s (%.*s) has %zu answer%s and was asked for number %llu; its \"then\" says fail", rule->id,
				 SLICE_ARG(why->place), rule->nactions, rule->nactions == 1 ? "" : "s", (unsigned long long)rule->fired);
	reply->by = BY_NONE;
	reply->why = why;
	reply->failed = true;
}

bool rule_answer(struct rules *r, struct rule_hit *hit, struct request *req, struct reply *reply)
{
	const struct action *a = hit->action;
	struct rule *rule = hit->rule;
	bool peek = req->port == PORT_SQL && req->sql.describe;

	reply->rule = rule_label(r, rule);
	reply->port = req->port;
	if (!a && rule->nactions) {
		answer_over(r, hit, req, reply);
		return true;
	}
	reply->by = a && a->fault ? BY_FAULT : BY_RULE;
	if (!peek) {
		set_states(r, hit, req, rule->set, rule->nset);
		if (a)
			set_states(r, hit, req, a->set, a->nset);
	}
	if (!a)
		return false; /* a rule on a call that only counts or sets a state */
	reply->delay_ns = draw_delay(a, &rule->random);
	apply_fault(a, reply);
	if (a->pass)
		return false;
	if (a->fault && !a->answers)
		return true;
	switch (req->port) {
	case PORT_SQL: answer_sql(r, hit, req, reply); break;
	case PORT_HTTP: answer_http(r, hit, req, reply); break;
	case PORT_OBJECT: answer_object(r, hit, req, reply); break;
	case PORT_CALL: answer_call(r, hit, req, reply); break;
	case PORT_TLS: reply->tls.certificate = a->certificate; break;
	default: break;
	}
	if (a->fault) { /* what the asker sees of it */
		reply->effect = true;
		reply->failed = reply->failed || a->fault_err.len > 0;
		reply->err = a->fault_err.len ? a->fault_err : reply->err;
	}
	return true;
}

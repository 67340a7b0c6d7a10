/*
 * Task: `do`: one answer or a list of them. What a port cannot answer with is
 * refused here with its place. Rows and SQL errors are read in load_sql.c.
 */
#include <errno.h>
#include <stdio.h>

#include "rule/load.h"

enum {
	ON_SQL = 1 << PORT_SQL,
	ON_HTTP = 1 << PORT_HTTP,
	ON_S3 = 1 << PORT_OBJECT,
	ON_CALL = 1 << PORT_CALL,
	ON_CONNECT = 1 << PORT_CONNECT,
	ON_TLS = 1 << PORT_TLS,
	ON_DNS = 1 << PORT_DNS,
	ON_ALL = ON_SQL | ON_HTTP | ON_S3 | ON_CALL | ON_CONNECT | ON_TLS,
};

/* Every member of an answer, and the ports that have it. */
static const struct {
	const char *name;
	unsigned ports;
} members[] = {
	{ "status", ON_HTTP | ON_S3 },
	{ "header", ON_HTTP | ON_S3 },
	{ "json", ON_HTTP | ON_S3 },
	{ "text", ON_HTTP | ON_S3 | ON_SQL },
	{ "file", ON_HTTP | ON_S3 | ON_SQL },
	{ "base64", ON_HTTP | ON_S3 | ON_SQL },
	{ "rows", ON_SQL },
	{ "columns", ON_SQL },
	{ "tag", ON_SQL },
	{ "error", ON_SQL | ON_S3 },
	{ "progress", ON_HTTP | ON_SQL },
	{ "by", ON_HTTP | ON_SQL },
	{ "every", ON_HTTP | ON_SQL },
	{ "return", ON_CALL },
	{ "errno", ON_CALL },
	{ "out", ON_CALL },
	{ "certificate", ON_TLS },
	{ "alert", ON_TLS },
	{ "delay", ON_ALL },
	{ "fault", (ON_ALL | ON_DNS) & ~ON_CALL },
	{ "at", ON_ALL & ~ON_CALL },
	{ "after", ON_SQL | ON_HTTP | ON_S3 },
	{ "rate", ON_SQL | ON_HTTP | ON_S3 },
	{ "pass", ON_ALL | ON_DNS },
	{ "set", ON_ALL | ON_DNS },
};
static const char *const later_members[] = { "proxy", "send", NULL };

static void check_members(struct load *l, enum port port, json_t *v)
{
	const char *names[sizeof(members) / sizeof(members[0]) + 1] = { NULL }, *key;
	json_t *value;
	size_t n = 0;

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (members[i].ports & 1u << port)
			names[n++] = members[i].name;
	json_object_foreach(v, key, value) {
		bool known = load_comment(key), later = false, elsewhere = false;
		for (size_t i = 0; i < n; i++)
			known = known || strcmp(names[i], key) == 0;
		for (size_t i = 0; later_members[i]; i++)
			later = later || strcmp(later_members[i], key) == 0;
		for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
			elsewhere = elsewhere || strcmp(members[i].name, key) == 0;
		if (known)
			continue;
		if (later)
			load_bad_key(l, key, "\"%s\" is not known yet to this version of seam", key);
		else if (elsewhere)
			load_bad_key(l, key, "\"%s\" is no answer to on: \"%s\"%s", key, port_name(port), load_hint(l, "", names, true));
		else
			load_bad_key(l, key, "unknown answer \"%s\"%s", key, load_hint(l, key, names, true));
	}
}

/* ---- delay --------------------------------------------------- */

static void read_delay(struct load *l, struct action *a, json_t *v)
{
	static const char *const known[] = { "uniform", "lognormal", NULL };
	json_t *pair, *first, *second;
	size_t former = load_enter(l, "delay");

	if (!json_is_object(v)) {
		if (load_duration(l, v, &a->delay_ns))
			a->delay = DELAY_FIXED;
		load_leave(l, former);
		return;
	}
	load_keys(l, v, known, NULL);
	bool uniform = json_object_get(v, "uniform") != NULL;
	pair = json_object_get(v, uniform ? "uniform" : "lognormal");
	if (!pair || json_object_size(v) != 1 || json_array_size(pair) != 2) {
		load_bad(l, "expected a duration, {\"uniform\": [\"10ms\", \"50ms\"]} or {\"lognormal\": [\"80ms\", 0.4]}");
		load_leave(l, former);
		return;
	}
	load_enter(l, uniform ? "uniform" : "lognormal");
	first = json_array_get(pair, 0);
	second = json_array_get(pair, 1);
	if (uniform) {
		if (load_duration(l, first, &a->delay_ns) && load_duration(l, second, &a->delay_max_ns) && a->delay_ns > a->delay_max_ns)
			load_bad(l, "the first duration is longer than the second");
		a->delay = DELAY_UNIFORM;
	} else {
		load_duration(l, first, &a->delay_ns);
		if (!json_is_number(second) || json_number_value(second) < 0 || json_number_value(second) > 5)
			load_bad(l, "the second value is the standard deviation of the logarithm, a number from 0 to 5");
		a->sigma = json_number_value(second);
		a->delay = DELAY_LOGNORMAL;
	}
	load_leave(l, former);
}

/* ---- bodies ------------------------------------------------------------ */

static void add_header(struct load *l, struct action *a, const char *name, const char *value, size_t *cap)
{
	struct named_template *h = LOAD_PUSH(l, a->headers, a->nheaders, *cap);

	h->name = slice_str(name);
	load_template(l, value, &h->value);
}

static void read_headers(struct load *l, struct action *a, json_t *v, size_t *cap)
{
	const char *name;
	json_t *value;
	size_t former = load_enter(l, "header");

	if (load_want(l, v, JSON_OBJECT)) {
		json_object_foreach(v, name, value) {
			size_t at = load_enter(l, name), i;
			json_t *one;
			/* Several values are several lines; a header cannot hold a newline anyway. */
			if (load_comment(name))
				;
			else if (json_is_string(value))
				add_header(l, a, name, json_string_value(value), cap);
			else if (json_is_array(value))
				json_array_foreach(value, i, one) {
					size_t deeper = load_enter_index(l, i);
					if (load_want(l, one, JSON_STRING))
						add_header(l, a, name, json_string_value(one), cap);
					load_leave(l, deeper);
				}
			else
				load_bad(l, "is %s, expected a string or an array of strings", load_type(value));
			load_leave(l, at);
		}
	}
	load_leave(l, former);
}

static bool has_header(const struct action *a, const char *name)
{
	for (size_t i = 0; i < a->nheaders; i++)
		if (slice_eq_nocase_str(a->headers[i].name, name))
			return true;
	return false;
}

static void read_body(struct load *l, enum port port, struct action *a, json_t *object, size_t *cap)
{
	static const char *const kinds[] = { "json", "text", "file", "base64" };
	const char *found = NULL;
	size_t former;

	for (size_t i = 0; i < 4; i++) {
		json_t *v = json_object_get(object, kinds[i]);
		if (!v)
			continue;
		former = load_enter(l, kinds[i]);
		if (found) {
			load_bad(l, "there is \"%s\" already; an answer has one body", found);
			load_leave(l, former);
			continue;
		}
		found = kinds[i];
		if (i == 0) {
			a->body = BODY_JSON;
			load_template_json(l, v, &a->text);
		} else {
			const char *text = load_text(l, v);
			if (text && i == 1) {
				a->body = BODY_TEXT;
				load_template(l, text, &a->text);
			} else if (text) {
				a->body = BODY_FIXED;
				if (i == 2)
					load_file(l, text, &a->fixed);
				else if (!base64_decode(slice_str(text), &l->r->arena, &a->fixed))
					load_bad(l, "is not base64");
			}
		}
		load_leave(l, former);
	}
	if (port == PORT_SQL || has_header(a, "content-type"))
		return;
	if (a->body == BODY_JSON)
		add_header(l, a, "Content-Type", "application/json", cap);
	else if (a->body == BODY_TEXT)
		add_header(l, a, "Content-Type", "text/plain; charset=utf-8", cap);
}

static void read_http(struct load *l, enum port port, struct action *a, json_t *object)
{
	json_t *status = json_object_get(object, "status"), *header = json_object_get(object, "header");
	size_t cap = 0;

	a->status = 0;
	if (status) {
		size_t former = load_enter(l, "status");
		if (!json_is_integer(status) || json_integer_value(status) < 200 || json_integer_value(status) > 999)
			load_bad(l, "expected an HTTP status from 200 to 999");
		a->status = (int)json_integer_value(status);
		load_leave(l, former);
	}
	if (header)
		read_headers(l, a, header, &cap);
	read_body(l, port, a, object, &cap);
	/* 204 and 304 end at their header, RFC 9110 sections 15.3.5 and 15.4.5. */
	if (a->body != BODY_NONE && (a->status == 204 || a->status == 304))
		load_bad(l, "status %d has no body; leave out the body or use another status", a->status);
}

static void read_s3_error(struct load *l, struct action *a, json_t *v)
{
	static const char *const known[] = { "code", "message", "status", NULL };
	size_t former = load_enter(l, "error");

	a->has_error = true;
	if (json_is_string(v)) {
		a->code = slice_str(json_string_value(v));
	} else if (load_want(l, v, JSON_OBJECT)) {
		load_keys(l, v, known, NULL);
		const char *code = load_text_of(l, v, "code"), *message = load_text_of(l, v, "message");
		json_t *status = json_object_get(v, "status");
		if (!json_object_get(v, "code"))
			load_bad(l, "\"code\" is missing: the S3 error code, like \"NoSuchKey\"");
		a->code = slice_str(code);
		if (message)
			load_template(l, message, &a->message);
		if (status && (!json_is_integer(status) || json_integer_value(status) < 300 || json_integer_value(status) > 599))
			load_bad_key(l, "status", "expected an HTTP status from 300 to 599");
		a->status = (int)json_integer_value(status);
	}
	load_leave(l, former);
}

/* ---- tls --------------------------------------------------------------- */

static void read_certificate(struct load *l, struct action *a, const char *text)
{
	const char *names[TLS_CERTIFICATES + 1] = { NULL };
	size_t former = load_enter(l, "certificate");
	bool found = false;

	for (int i = 0; i < TLS_CERTIFICATES; i++) {
		names[i] = tls_certificate_name((enum tls_certificate)i);
		if (strcmp(names[i], text) == 0) {
			a->certificate = (enum tls_certificate)i;
			found = true;
		}
	}
	if (!found)
		load_bad(l, "\"%s\" is no kind of certificate%s", text, load_hint(l, text, names, true));
	load_leave(l, former);
}

static bool read_tls(struct load *l, struct action *a, json_t *object)
{
	const char *certificate = load_text_of(l, object, "certificate"), *alert = load_text_of(l, object, "alert");

	a->alert = tls_alert_by_name("handshake_failure"); /* what a server says that will not explain itself */
	if (alert) {
		size_t former = load_enter(l, "alert");
		a->alert = tls_alert_by_name(alert);
		if (a->fault != FAULT_TLS_ALERT)
			load_bad(l, "is what \"fault\": \"tls-alert\" sends, and that is missing");
		else if (a->alert <= 0) /* close_notify is no failure */
			load_bad(l, "\"%s\" is no alert that ends a handshake%s", alert, load_hint(l, alert, tls_alert_names() + 1, true));
		load_leave(l, former);
	}
	if (certificate)
		read_certificate(l, a, certificate);
	return certificate != NULL;
}

/* ---- call -------------------------------------------------------------- */

static const struct {
	const char *name;
	int value;
} errnos[] = {
#define E(name) { #name, name }
	E(EPERM), E(ENOENT), E(EINTR), E(EIO), E(EBADF), E(EAGAIN), E(ENOMEM), E(EACCES), E(EFAULT), E(EBUSY), E(EEXIST), E(EINVAL),
	E(ENOSPC), E(EPIPE), E(EPROTO), E(ENOTCONN), E(EADDRINUSE), E(EADDRNOTAVAIL), E(ENETDOWN), E(ENETUNREACH), E(ECONNABORTED),
	E(ECONNRESET), E(ETIMEDOUT), E(ECONNREFUSED), E(EHOSTDOWN), E(EHOSTUNREACH), E(EALREADY), E(EINPROGRESS), E(ENOTSUP),
#undef E
};

static void read_errno(struct load *l, struct action *a, json_t *v)
{
	const char *names[sizeof(errnos) / sizeof(errnos[0]) + 1] = { NULL };
	size_t former = load_enter(l, "errno");

	if (load_want(l, v, JSON_STRING)) {
		a->errno_name = slice_str(json_string_value(v));
		for (size_t i = 0; i < sizeof(errnos) / sizeof(errnos[0]); i++) {
			names[i] = errnos[i].name;
			if (strcmp(errnos[i].name, json_string_value(v)) == 0)
				a->set_errno = errnos[i].value;
		}
		if (!a->set_errno)
			load_bad(l, "\"%s\" is no errno that seam knows%s", json_string_value(v), load_hint(l, json_string_value(v), names, true));
	}
	load_leave(l, former);
}

/* A value as C has it. */
static void read_c_value(struct load *l, json_t *v, struct call_arg *value, struct template *text)
{
	json_t *pointer;

	if (json_is_integer(v)) {
		*value = (struct call_arg){ .kind = CALL_INT, .i = json_integer_value(v) };
	} else if (json_is_real(v)) {
		*value = (struct call_arg){ .kind = CALL_DOUBLE, .d = json_real_value(v) };
	} else if (json_is_boolean(v)) {
		*value = (struct call_arg){ .kind = CALL_INT, .i = json_is_true(v) };
	} else if (json_is_null(v)) {
		*value = (struct call_arg){ .kind = CALL_NULL };
	} else if (load_is_text(v)) {
		*value = (struct call_arg){ .kind = CALL_STRING };
		load_template(l, load_text(l, v), text);
	} else if ((pointer = json_object_get(v, "pointer")) && json_is_integer(pointer) && json_object_size(v) == 1) {
		*value = (struct call_arg){ .kind = CALL_POINTER, .i = json_integer_value(pointer) };
	} else {
		load_bad(l, "expected a number, a string, true, false, null or {\"pointer\": N}");
	}
}

static void read_return(struct load *l, struct action *a, json_t *v)
{
	size_t former = load_enter(l, "return");

	a->has_return = true;
	read_c_value(l, v, &a->result, &a->result_text);
	load_leave(l, former);
}

/* The declaration that the rule is about; NULL: none, or several. */
static const struct rule_function *declared(const struct rules *r, const struct rule *rule)
{
	const struct rule_function *found = NULL;

	for (size_t i = 0; i < r->nfunctions; i++) {
		const struct rule_function *f = &r->functions[i];
		if (!slice_eq_str(rule->op, f->function) || (rule->service && strcmp(rule->service, f->service) != 0))
			continue;
		if (found)
			return NULL;
		found = f;
	}
	return found;
}

#define OUTS_MAX 12 /* arguments of a declared function */

/* {"1": 42, "2": "text"}: what out-parameters are to hold, by their places. */
static void read_outs(struct load *l, const struct rule *rule, struct action *a, json_t *v)
{
	const struct rule_function *f = declared(l->r, rule);
	size_t former = load_enter(l, "out");
	const char *key;
	json_t *one;

	a->outs = ARENA_ARRAY(&l->r->arena, struct call_arg, OUTS_MAX);
	a->out_texts = ARENA_ARRAY(&l->r->arena, struct template, OUTS_MAX);
	for (size_t i = 0; i < OUTS_MAX; i++)
		a->outs[i] = (struct call_arg){ .kind = CALL_VOID };
	if (load_want(l, v, JSON_OBJECT))
		json_object_foreach(v, key, one) {
			size_t at = load_enter(l, key);
			uint64_t i;
			if (load_comment(key)) {
				load_leave(l, at);
				continue;
			}
			if (!slice_to_u64(slice_str(key), &i) || i >= OUTS_MAX || (f && i >= f->nargs))
				load_bad(l, "\"%s\" is no argument, expected its place, from 0", key);
			else if (f && strncmp(f->args[i], "out:", 4) != 0)
				load_bad(l, "argument %s of %s is declared \"%s\", and only an \"out:\" one can be written to", key, f->function, f->args[i]);
			else {
				read_c_value(l, one, &a->outs[i], &a->out_texts[i]);
				a->nouts = i + 1 > a->nouts ? i + 1 : a->nouts;
			}
			load_leave(l, at);
		}
	load_leave(l, former);
}

/* ---- one answer, all of them ------------------------------------------- */

static void read_action(struct load *l, struct rule *rule, struct action *a, json_t *v)
{
	json_t *member;
	size_t former;

	if (!load_want(l, v, JSON_OBJECT))
		return;
	check_members(l, rule->port, v);
	a->pass = load_bool_of(l, v, "pass", false);
	if ((member = json_object_get(v, "delay")))
		read_delay(l, a, member);
	load_fault(l, rule, a, v);
	load_progress(l, a, v);
	if ((member = json_object_get(v, "set"))) {
		former = load_enter(l, "set");
		load_set(l, member, &a->set, &a->nset);
		load_leave(l, former);
	}
	bool content = false;
	if (a->nprogress && rule->port == PORT_HTTP && !json_object_get(v, "json") && !json_object_get(v, "text") && !json_object_get(v, "file") &&
	    !json_object_get(v, "base64")) /* what a job's status usually looks like */
		json_object_set_new(v, "json", json_pack("{s:s}", "status", "{{progress}}"));
	switch (rule->port) {
	case PORT_HTTP:
		read_http(l, rule->port, a, v);
		content = a->status || a->nheaders || a->body != BODY_NONE;
		break;
	case PORT_OBJECT:
		read_http(l, rule->port, a, v);
		content = a->status || a->nheaders || a->body != BODY_NONE;
		if ((member = json_object_get(v, "error"))) {
			if (content)
				load_bad(l, "\"error\" is a whole answer; leave out the body, status and header");
			read_s3_error(l, a, member);
			content = true;
		}
		break;
	case PORT_SQL:
		load_sql_answer(l, a, v);
		read_body(l, rule->port, a, v, &(size_t){ 0 });
		if (a->body != BODY_NONE && (a->has_rows || a->has_error))
			load_bad(l, "a statement is answered by rows, by copied data or by an error: by one of them");
		content = a->has_rows || a->has_error || a->has_tag || a->body != BODY_NONE;
		break;
	case PORT_CALL:
		if ((member = json_object_get(v, "return")))
			read_return(l, a, member);
		if ((member = json_object_get(v, "errno")))
			read_errno(l, a, member);
		if ((member = json_object_get(v, "out")))
			read_outs(l, rule, a, member);
		content = a->has_return || a->nouts;
		if (a->set_errno && !a->has_return)
			load_bad(l, "\"errno\" needs a \"return\": what the function gives back when it fails");
		break;
	case PORT_TLS:
		content = read_tls(l, a, v);
		break;
	default:
		break;
	}
	if (a->pass && rule->port == PORT_HTTP)
		load_bad(l, "\"pass\": true leaves the answer to the fake, and an http service has none; write the answer here");
	else if (a->pass && content)
		load_bad(l, "\"pass\": true leaves the answer to the fake; leave it out, or leave out the answer");
	if (a->nprogress && !content)
		load_bad_key(l, "progress", "is a word for templates: write {{progress}} into the answer");
	load_fault_check(l, a, content);
	a->answers = content;
	if (!a->pass && !content && !a->fault) {
		/* A delay, or a state, alone: the answer is the fake's. An http answer without anything is a 200 without a body. */
		if (rule->port != PORT_HTTP && (a->delay != DELAY_NONE || a->nset || rule->port == PORT_CONNECT || rule->port == PORT_TLS || rule->port == PORT_CALL))
			a->pass = true;
	}
}

/* `text` and its kin are data of COPY ... TO STDOUT: such a rule matches no other statement. */
static void require_copy_out(struct load *l, struct rule *rule)
{
	bool copies = false;

	for (size_t i = 0; i < rule->nactions; i++)
		copies = copies || rule->actions[i].body != BODY_NONE;
	if (rule->port != PORT_SQL || !copies)
		return;
	struct cond *more = ARENA_ARRAY(&l->r->arena, struct cond, rule->nconds + 1);
	if (rule->nconds)
		memcpy(more, rule->conds, rule->nconds * sizeof(*more));
	struct cond *c = &more[rule->nconds++];
	c->field = FIELD_COPY_OUT;
	c->path = "copy to stdout";
	c->wants = json_true();
	c->pattern = (struct pattern){ .op = OP_EQ, .json = c->wants, .text = SLICE_LIT("true") };
	rule->conds = more;
}

void load_actions(struct load *l, struct rule *rule, json_t *what)
{
	json_t *one;
	size_t i;

	if (!json_is_array(what)) {
		rule->actions = ARENA_NEW(&l->r->arena, struct action);
		rule->nactions = 1;
		read_action(l, rule, rule->actions, what);
	} else {
		if (!json_array_size(what))
			load_bad(l, "is empty; give at least one answer");
		rule->actions = ARENA_ARRAY(&l->r->arena, struct action, json_array_size(what) + 1);
		json_array_foreach(what, i, one) {
			size_t former = load_enter_index(l, i);
			read_action(l, rule, &rule->actions[rule->nactions++], one);
			load_leave(l, former);
		}
	}
	require_copy_out(l, rule);
}

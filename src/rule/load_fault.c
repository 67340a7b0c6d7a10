/*
 * Task: the parts of `do` that are about how an answer goes wrong (fault, at,
 * after, rate) and how it changes from one time to the next (progress). Which
 * faults there are, and where they can be put: port/faults.def.
 */
#include <stdio.h>

#include "rule/load.h"

static const struct {
	const char *name, *err, *places;
	enum fault fault;
} faults[] = {
#define FAULT(id, name, err, places) { name, err, places, FAULT_##id },
#include "port/faults.def"
};
#define FAULTS (sizeof(faults) / sizeof(faults[0]))

/* The names of faults that can be put there, for a hint. */
static const char *const *faults_at(const char *places)
{
	static const char *names[FAULTS + 1];
	size_t n = 0;

	for (size_t i = 0; i < FAULTS; i++)
		if (strpbrk(faults[i].places, places))
			names[n++] = faults[i].name;
	names[n] = NULL;
	return names;
}

static const char *places_of(enum port port)
{
	return port == PORT_CONNECT ? "C" : port == PORT_DNS ? "D" : port == PORT_TLS ? "T" : "AB";
}

/* Whether the name is a fault that fits here; files the error when not. */
static int find_fault(struct load *l, enum port port, const char *name)
{
	const char *places = places_of(port);

	for (size_t i = 0; i < FAULTS; i++) {
		if (faults[i].fault == FAULT_ERRNO ? strncmp(name, "errno:", 6) != 0 : strcmp(name, faults[i].name) != 0)
			continue;
		if (strpbrk(faults[i].places, places))
			return (int)i;
		if (faults[i].fault == FAULT_REFUSE)
			load_bad(l, "a connection that is made cannot be refused any more; put \"refuse\" on: \"connect\", or use \"reset\"");
		else if (port == PORT_CONNECT && strpbrk(faults[i].places, "AB"))
			load_bad(l, "\"%s\" is of a connection that is made; on: \"connect\" knows \"refuse\" and \"errno:NAME\"", name);
		else if (faults[i].fault == FAULT_TLS_ALERT)
			load_bad(l, "an alert answers a client's hello; put \"tls-alert\" on: \"tls\"");
		else
			load_bad(l, "fault \"%s\" cannot be put on: \"%s\"%s", name, port_name(port), load_hint(l, "", faults_at(places), true));
		return -1;
	}
	load_bad(l, "fault \"%s\" is not known%s", name, load_hint(l, name, faults_at("ABCDT"), true));
	return -1;
}

static void read_moment(struct load *l, const struct rule *rule, struct action *a, const char *at)
{
	static const char *const places[] = { "before-effect", "after-effect", "mid-response", "connect", "tls", "auth", NULL };
	bool in_handshake = strcmp(at, "tls") == 0, on_connect = strcmp(at, "connect") == 0, at_login = strcmp(at, "auth") == 0;
	bool login = rule->port == PORT_SQL && slice_eq_str(rule->op, "login");
	enum port port = rule->port;

	a->after_effect = strcmp(at, "after-effect") == 0;
	a->mid_response = strcmp(at, "mid-response") == 0;
	if (!a->after_effect && !a->mid_response && !in_handshake && !on_connect && !at_login && strcmp(at, "before-effect") != 0)
		load_bad(l, "\"%s\" is no moment for a fault%s", at, load_hint(l, at, places, true));
	else if (!a->fault)
		load_bad(l, "says when a fault happens, and there is no \"fault\"");
	else if (in_handshake != (port == PORT_TLS))
		load_bad(l, in_handshake ? "is the handshake; put the fault on: \"tls\"" : "a handshake has one moment, \"tls\"");
	else if (on_connect != (port == PORT_CONNECT))
		load_bad(l, on_connect ? "is before there is a connection; put the fault on: \"connect\"" : "a connection to be has one moment, \"connect\"");
	else if (at_login != login)
		load_bad(l, at_login ? "is the log-in; put the fault on: \"sql.login\"" : "a log-in has one moment, \"auth\"");
	else if (a->after_effect && !a->pass && port != PORT_HTTP)
		load_bad(l, "without \"pass\": true nothing takes effect, so nothing can fail after it");
	else if (strcmp(at, "before-effect") == 0 && a->pass)
		load_bad(l, "\"pass\": true lets the effect happen; leave out one of the two");
}

static void read_fault_errno(struct load *l, struct action *a, const char *name)
{
	for (int i = 1; i < 134; i++)
		if (strerrorname_np(i) && strcmp(strerrorname_np(i), name + 6) == 0)
			a->fault_errno = i;
	if (!a->fault_errno)
		load_bad(l, "\"%s\" is no name of an error; write \"errno:ENETUNREACH\"", name + 6);
	a->fault_err = slice_str(name + 6);
}

void load_fault(struct load *l, const struct rule *rule, struct action *a, json_t *object)
{
	const char *fault = load_text_of(l, object, "fault"), *at = load_text_of(l, object, "at");
	json_t *after = json_object_get(object, "after"), *rate = json_object_get(object, "rate");
	size_t former;

	a->fault_after = FAULT_AFTER_DEFAULT;
	a->fault_rate = 1024;
	if (fault) {
		former = load_enter(l, "fault");
		int i = find_fault(l, rule->port, fault);
		if (i >= 0) {
			a->fault = faults[i].fault;
			a->fault_err = slice_str(faults[i].err);
		}
		if (a->fault == FAULT_ERRNO)
			read_fault_errno(l, a, fault);
		load_leave(l, former);
	}
	if (at) {
		former = load_enter(l, "at");
		read_moment(l, rule, a, at);
		load_leave(l, former);
	}
	if (after && (!json_is_integer(after) || json_integer_value(after) < 0))
		load_bad_key(l, "after", "expected a number of bytes, from 0");
	else if (after && !fault)
		load_bad_key(l, "after", "says where a fault begins, and there is no \"fault\"");
	else if (after)
		a->fault_after = (uint64_t)json_integer_value(after);
	if (rate && a->fault != FAULT_THROTTLE)
		load_bad_key(l, "rate", "is how fast \"fault\": \"throttle\" lets an answer through");
	else if (rate && !load_bytes(l, rate, &a->fault_rate))
		load_bad_key(l, "rate", "expected bytes a second: a number, or a text like \"10KiB\"");
}

/* A fault instead of an answer, or one that does something to an answer. */
void load_fault_check(struct load *l, struct action *a, bool content)
{
	const char *places = "";

	for (size_t i = 0; i < FAULTS; i++)
		if (faults[i].fault == a->fault)
			places = faults[i].places;
	bool needs = a->mid_response || a->fault_after != FAULT_AFTER_DEFAULT || !strpbrk(places, "ACDT");
	if (!a->fault)
		return;
	if (a->fault == FAULT_GARBAGE || a->fault == FAULT_BLACKHOLE)
		needs = a->mid_response;
	if (needs && !content && !a->pass)
		load_bad(l, "\"%s\" does something to an answer, and there is none: add \"pass\": true, or the answer", fault_name(a->fault));
	else if (content && !needs && !a->after_effect && a->fault != FAULT_HALF_CLOSE)
		load_bad(l, "a fault takes the place of the answer; leave out one of the two, or say \"at\": \"mid-response\"");
}

/* ---- progress ------------------------------------------------------------ */

/* {"progress": ["queued", "running", "done"], "by": "poll", "every": 2}, or "by": "time", "every": "30s" */
void load_progress(struct load *l, struct action *a, json_t *object)
{
	json_t *list = json_object_get(object, "progress"), *every = json_object_get(object, "every");
	const char *by = load_text_of(l, object, "by");
	size_t former;

	if (!list) {
		if (by || every)
			load_bad_key(l, by ? "by" : "every", "says how \"progress\" goes on, and there is none");
		return;
	}
	former = load_enter(l, "progress");
	a->nprogress = load_names(l, list, &a->progress);
	if (!a->nprogress)
		load_bad(l, "expected the words that {{progress}} is, one after the other");
	load_leave(l, former);
	a->progress_by_time = by && strcmp(by, "time") == 0;
	a->progress_every = a->progress_by_time ? 1000000000u : 1;
	if (by && !a->progress_by_time && strcmp(by, "poll") != 0)
		load_bad_key(l, "by", "\"%s\": expected \"poll\" or \"time\"", by);
	if (!every)
		return;
	former = load_enter(l, "every");
	if (!a->progress_by_time && (!json_is_integer(every) || json_integer_value(every) < 1))
		load_bad(l, "expected how many polls see each word, from 1; with \"by\": \"time\" a duration like \"30s\"");
	else if (!a->progress_by_time)
		a->progress_every = (uint64_t)json_integer_value(every);
	else if (load_duration(l, every, &a->progress_every) && !a->progress_every)
		load_bad(l, "expected more than no time");
	load_leave(l, former);
}

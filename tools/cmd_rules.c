/* seam rules: checks rule files, explains who answers, suggests a rule. */
#include "cmd.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host/host.h"
#include "rule/rule.h"
#include "rules_fmt.h"
#include "service/service.h"
#include "trace_rules.h"

#define RULES_MAX 64

static const char help[] =
	"usage: seam rules lint [--profile NAME] FILE...\n"
	"       seam rules explain -r FILE [-r FILE]... ADDRESS\n"
	"       seam rules explain TRACE EVENT\n"
	"       seam rules suggest TRACE EVENT\n"
	"       seam rules fmt [--check] FILE...\n\n"
	"lint      checks rule files: every error with its place, and rules that can never answer\n"
	"explain   ADDRESS (host:port, udp:host:port, unix:PATH): the service that claims it;\n"
	"          EVENT (its number in the trace, t.n): what answered it, or why nothing did\n"
	"suggest   prints a rule that would answer the event\n"
	"fmt       lays files out in the one way there is (- is stdin to stdout); --check only names\n"
	"          those that are not (1)\n\n"
	"  -r, --rules FILE       a rule file; may be given again (default: SEAM_RULES)\n"
	"      --profile NAME     use the services and rules of that profile\n\n"
	"exit status: 0 nothing to complain of, 1 errors or no answer, 2 usage or unreadable, 3 trace unusable\n\n"
	"example:\n"
	"  seam rules lint rules.json\n"
	"  seam rules explain -r rules.json db.prod:5432\n";

enum { OPT_PROFILE = 256, OPT_CHECK };

static const struct option options[] = {
	{ "rules", required_argument, NULL, 'r' },
	{ "profile", required_argument, NULL, OPT_PROFILE },
	{ "check", no_argument, NULL, OPT_CHECK },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

struct asked {
	const char *rules[RULES_MAX];
	size_t nrules;
	const char *profile;
	bool check;
	char *from_env;
};

static uint64_t wall_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* ---- loading ----------------------------------------------------------- */

/* 0, or the exit status with the errors printed. */
static int load(const struct asked *asked, struct rules **rules)
{
	struct rule_options how = { .profile = asked->profile, .now_ns = wall_ns };
	struct rule_errors errs;
	int status = 0;

	how.protocols = host_protocols(&how.nprotocols);
	if (rules_load(rules, asked->rules, asked->nrules, &how, &errs) == 0) {
		rule_errors_release(&errs);
		return 0;
	}
	for (size_t i = 0; i < errs.count; i++) {
		cmd_fail("rules", &errs.list[i]);
		if (errs.list[i].code == ERR_IO)
			status = EXIT_USAGE;
	}
	rule_errors_release(&errs);
	return status ? status : EXIT_DIFFERENT;
}

/* ---- lint -------------------------------------------------------------- */

/* What the services say to their own members: seeds, users, keys. */
static int lint_services(const struct rules *rules)
{
	size_t count;
	const struct rule_service *services = rules_services(rules, &count);
	int errors = 0;

	for (size_t i = 0; i < count; i++) {
		const struct service_type *type = service_type_find(slice_str(services[i].protocol));
		struct service_config config = { .name = slice_str(services[i].name), .doc = services[i].doc, .path = services[i].path,
						 .json = services[i].json, .folder = services[i].folder, .now_ns = wall_ns };
		struct err err = { 0 };
		void *fake;
		if (!type || !type->fake || services[i].mode != MODE_FAKE)
			continue;
		if (type->fake->new(&fake, &config, &err) == 0) {
			type->fake->free(fake);
			continue;
		}
		cmd_fail("rules", &err);
		errors++;
	}
	return errors;
}

static int lint(const struct asked *asked)
{
	struct rules *rules;
	struct rule_pair *pairs;
	size_t files, services;
	int status = load(asked, &rules);

	if (status)
		return status;
	if (lint_services(rules))
		status = EXIT_DIFFERENT;
	size_t hidden = rules_hidden(rules, &pairs);
	for (size_t i = 0; i < hidden; i++)
		fprintf(stderr, "seam: rules: %s can never answer: %s is asked first and always does; put it later, or narrow its \"when\"\n",
			pairs[i].hidden, pairs[i].by);
	free(pairs);
	if (hidden)
		status = EXIT_DIFFERENT;
	if (!status) {
		rules_files(rules, &files);
		rules_services(rules, &services);
		printf("%zu file%s, %zu service%s: no errors\n", files, files == 1 ? "" : "s", services, services == 1 ? "" : "s");
	}
	rules_free(rules);
	return status;
}

/* ---- explain an address ------------------------------------------------ */

struct address {
	enum at_transport transport;
	struct slice host;
	uint16_t port; /* 0: none given */
};

static bool read_address(const char *text, struct address *a)
{
	struct slice s = slice_str(text);
	uint64_t port;

	*a = (struct address){ .transport = AT_TCP };
	if (slice_has_prefix(s, SLICE_LIT("unix:"))) {
		a->transport = AT_UNIX;
		a->host = slice_skip(s, 5);
		return a->host.len > 0;
	}
	if (slice_has_prefix(s, SLICE_LIT("udp:"))) {
		a->transport = AT_UDP;
		s = slice_skip(s, 4);
	}
	size_t colon = s.len;
	while (colon && s.ptr[colon - 1] != ':')
		colon--;
	if (s.len && s.ptr[0] == '[') {
		size_t end = slice_find(s, ']');
		a->host = slice_of(s.ptr + 1, end ? end - 1 : 0);
		if (end >= s.len)
			return false;
		if (end + 1 == s.len)
			return true;
	} else if (!colon) {
		a->host = s;
		return s.len > 0;
	} else {
		a->host = slice_take(s, colon - 1);
	}
	if (!slice_to_u64(slice_skip(s, colon), &port) || port < 1 || port > 65535)
		return false;
	a->port = (uint16_t)port;
	return a->host.len > 0;
}

static bool claims(const struct rule_at *at, const struct address *a)
{
	if (at->transport != a->transport)
		return false;
	if (at->transport == AT_UNIX)
		return slice_glob(slice_str(at->path), a->host, false);
	if (a->port && a->port != at->port)
		return false;
	return at->glob ? slice_glob(slice_str(at->host), a->host, true) : slice_eq_nocase_str(a->host, at->host);
}

static int explain_address(const struct asked *asked, const char *text)
{
	struct address a;
	struct rules *rules;
	size_t count, found = 0;

	if (!read_address(text, &a))
		return cmd_usage("rules", "\"%s\" is no address; write host:port, udp:host:port or unix:PATH", text);
	if (!asked->nrules)
		return cmd_usage("rules", "no rule file given; write -r FILE or set SEAM_RULES");
	int status = load(asked, &rules);
	if (status)
		return status;
	const struct rule_service *services = rules_services(rules, &count);
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < services[i].nat; k++) {
			const struct rule_at *at = &services[i].at[k];
			if (!claims(at, &a))
				continue;
			if (!found)
				printf("%s: service %s, protocol %s%s; claimed by \"%s\", %s:%d\n", text, services[i].name, services[i].protocol,
				       services[i].mode == MODE_PASS ? ", passed to the real system" : "", at->text, services[i].doc->file,
				       at->line);
			else
				printf("  also claimed by service %s (%s), which is declared later\n", services[i].name, services[i].place);
			found++;
			break;
		}
	}
	if (!found)
		printf("%s: no service claims it; a connection there is refused\n", text);
	rules_free(rules);
	return found ? 0 : EXIT_DIFFERENT;
}

/* ---- events ------------------------------------------------------------ */

/* The event with that number (t.n; in a golden its place, from 0); NULL with *status set. */
static json_t *find_event(const char *path, const char *number, int *status)
{
	struct trace_file *trace;
	uint64_t wanted;
	json_t *found = NULL;

	if (!slice_to_u64(slice_str(number), &wanted)) {
		*status = cmd_usage("rules", "\"%s\" is no event; write its number in the trace", number);
		return NULL;
	}
	if ((*status = tool_trace("rules", path, true, &trace)) != 0)
		return NULL;
	bool golden = trace_file_canonical(trace);
	for (size_t i = 0; i < trace_file_count(trace) && !found; i++) {
		if (golden && i != wanted)
			continue;
		json_t *event = trace_file_event(trace, i);
		json_t *n = json_object_get(json_object_get(event, "t"), "n");
		if (golden || (json_is_integer(n) && (uint64_t)json_integer_value(n) == wanted))
			found = event;
		else
			json_decref(event);
	}
	if (!found)
		*status = cmd_usage("rules", "%s has no event %s; it has %zu", path, number, trace_file_count(trace));
	trace_file_close(trace);
	return found;
}

static const char *text_of(json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static void print_why(json_t *event, const char *path, const char *number)
{
	json_t *why = json_object_get(event, "why"), *c;
	size_t i;

	printf("nothing answers  %s   %s, event %s\n", text_of(event, "sum"), text_of(event, "st"), number);
	if (*text_of(why, "closest"))
		printf("  closest: %s  %s   %lld of %lld conditions hold\n", text_of(why, "closest"), text_of(why, "place"),
		       (long long)json_integer_value(json_object_get(why, "hold")), (long long)json_integer_value(json_object_get(why, "of")));
	json_array_foreach(json_object_get(why, "conditions"), i, c) {
		char *wants = json_dumps(json_object_get(c, "wants"), JSON_ENCODE_ANY), *got = json_dumps(json_object_get(c, "got"), JSON_ENCODE_ANY);
		if (json_is_true(json_object_get(c, "ok")))
			printf("    ok  %-12s %s\n", text_of(c, "path"), got ? got : "");
		else
			printf("    NO  %-12s wants %s    got %s\n", text_of(c, "path"), wants ? wants : "", got && strcmp(got, "null") != 0 ? got : "nothing");
		free(wants);
		free(got);
	}
	if (!*text_of(why, "closest") && *text_of(why, "text"))
		printf("  %s\n", text_of(why, "text"));
	char *rule = rule_suggest(event);
	if (rule)
		printf("  to accept it:  seam rules suggest %s %s\n", path, number);
	free(rule);
}

static int explain_event(const char *path, const char *number)
{
	int status = 0;
	json_t *event = find_event(path, number, &status);

	if (!event)
		return status;
	const char *by = text_of(event, "by"), *rule = text_of(event, "rule");
	if (strcmp(by, "none") == 0) {
		print_why(event, path, number);
		status = EXIT_DIFFERENT;
	} else if (*rule) {
		printf("%s   %s, event %s: answered by rule %s%s\n", text_of(event, "sum"), text_of(event, "st"), number, rule,
		       strcmp(by, "fault") == 0 ? ", with a fault" : strcmp(by, "rule") == 0 ? "" : ", which left the answer to the fake");
	} else if (*by) {
		printf("%s   %s, event %s: answered by the %s; no rule matched\n", text_of(event, "sum"), text_of(event, "st"), number, by);
	} else {
		printf("%s   %s, event %s: nothing was asked\n", *text_of(event, "sum") ? text_of(event, "sum") : text_of(event, "k"),
		       text_of(event, "st"), number);
	}
	json_decref(event);
	return status;
}

static int suggest(const char *path, const char *number)
{
	int status = 0;
	json_t *event = find_event(path, number, &status);

	if (!event)
		return status;
	char *rule = rule_suggest(event);
	if (rule)
		puts(rule);
	else
		status = cmd_usage("rules", "event %s is of kind \"%s\": a rule can be suggested for http, sql and s3; a refused connection "
					    "needs a service: \"services\": {\"NAME\": {\"protocol\": \"...\", \"at\": [\"HOST:PORT\"]}}",
				   number, text_of(event, "k"));
	free(rule);
	json_decref(event);
	return status;
}

/* ---- the command ------------------------------------------------------- */

/* SEAM_RULES may name several files, separated like PATH. */
static void rules_from_env(struct asked *asked)
{
	const char *list = getenv("SEAM_RULES");
	struct slice rest = slice_str(list);

	if (asked->nrules || !list || !*list)
		return;
	char *at = asked->from_env = malloc(strlen(list) + 1);
	while (at && rest.ptr && asked->nrules < RULES_MAX) {
		struct slice one = slice_split(&rest, ':');
		if (!one.len)
			continue;
		asked->rules[asked->nrules++] = at;
		memcpy(at, one.ptr, one.len);
		at += one.len;
		*at++ = '\0';
	}
}

static int dispatch(struct asked *asked, const char *what, int argc, char **argv)
{
	static const char *const verbs[] = { "lint", "explain", "suggest", "fmt", NULL };

	if (strcmp(what, "fmt") == 0 && argc > 0)
		return rules_fmt_files(argv, argc, asked->check);
	if (strcmp(what, "fmt") == 0)
		return cmd_usage("rules", "fmt: no rule file given; - is stdin");
	if (strcmp(what, "lint") == 0) {
		for (int i = 0; i < argc && asked->nrules < RULES_MAX; i++)
			asked->rules[asked->nrules++] = argv[i];
		rules_from_env(asked);
		if (!asked->nrules)
			return cmd_usage("rules", "lint: no rule file given");
		return lint(asked);
	}
	if (strcmp(what, "explain") == 0 && argc == 1) {
		rules_from_env(asked);
		return explain_address(asked, argv[0]);
	}
	if (strcmp(what, "explain") == 0 && argc == 2)
		return explain_event(argv[0], argv[1]);
	if (strcmp(what, "explain") == 0)
		return cmd_usage("rules", "explain takes an address, or a trace and the number of an event");
	if (strcmp(what, "suggest") == 0 && argc == 2)
		return suggest(argv[0], argv[1]);
	if (strcmp(what, "suggest") == 0)
		return cmd_usage("rules", "suggest takes a trace and the number of an event");
	const char *near = err_nearest(what, verbs);
	if (near)
		return cmd_usage("rules", "unknown command \"%s\", did you mean \"%s\"", what, near);
	return cmd_usage("rules", "unknown command \"%s\"; lint, explain, suggest and fmt are known", what);
}

int cmd_rules(int argc, char **argv)
{
	struct asked asked = { 0 };
	int got, status;

	opterr = 0;
	while ((got = getopt_long(argc, argv, ":r:h", options, NULL)) != -1) {
		switch (got) {
		case 'r':
			if (asked.nrules == RULES_MAX)
				return cmd_usage("rules", "more than %d rule files", RULES_MAX);
			asked.rules[asked.nrules++] = optarg;
			break;
		case OPT_PROFILE:
			asked.profile = optarg;
			break;
		case OPT_CHECK:
			asked.check = true;
			break;
		case 'h':
			fputs(help, stdout);
			return 0;
		default:
			return cmd_bad_option("rules", argv, options, got);
		}
	}
	if (optind == argc) {
		fputs(help, stderr);
		return EXIT_USAGE;
	}
	status = dispatch(&asked, argv[optind], argc - optind - 1, argv + optind + 1);
	free(asked.from_env);
	return status;
}

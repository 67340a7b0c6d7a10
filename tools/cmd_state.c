/* seam state: what the fakes hold, or held: of a session that lives, or of a
 * trace by asking fresh fakes again what was asked. */
#include "cmd.h"

#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/host.h"
#include "session_client.h"
#include "state_replay.h"
#include "trace_rules.h"

static const char help[] =
	"usage: seam state [OPTION]... TRACE|SESSION [SQL]\n\n"
	"Shows what the fakes hold at the end of a run, or held at one of its events; of a session,\n"
	"what they hold now. Of a trace the fakes are made anew from its rule files, so start where\n"
	"the run was started.\n\n"
	"  --at EVENT       as it was just after this event (its number in 'seam show')\n"
	"  --service NAME   only this service (default: all that hold something; for SQL the tables' one)\n"
	"  --key K, --prefix P, --bucket B   of objects\n"
	"  --json           everything as one JSON value\n\n"
	"exit status: 0, 1 a fake refused the question, 2 usage or I/O, 3 the trace is unusable, 4 there is nothing to look at\n\n"
	"example:\n"
	"  seam state run.trace --at 37 --prefix raw/\n";

struct asked {
	const char *service, *key, *prefix, *bucket, *sql;
	int64_t at;
	bool json;
};

/* Where the answers come from. */
struct source {
	const char *session;
	struct state_replay *replay;
};

static json_t *look(const struct source *s, const char *service, json_t *question)
{
	struct err err = { 0 };

	if (s->replay)
		return state_replay_look(s->replay, service, question);
	json_t *said = session_order(s->session, json_pack("{s:s, s:s, s:O}", "do", "state", "service", service, "question", question), &err);
	json_t *state = said ? json_incref(json_object_get(said, "state")) : json_pack("{s:s}", "error", err.text);
	json_decref(said);
	return state;
}

static json_t *services(const struct source *s)
{
	struct err err = { 0 };
	json_t *all = json_object(), *one;
	size_t i;

	if (s->replay) {
		json_decref(all);
		return state_replay_services(s->replay);
	}
	json_t *said = session_order(s->session, json_pack("{s:s}", "do", "services"), &err);
	if (!said)
		cmd_fail("state", &err);
	json_array_foreach(json_object_get(said, "services"), i, one)
		if (json_is_true(json_object_get(one, "state")))
			json_object_set(all, json_string_value(json_object_get(one, "name")), json_object_get(one, "protocol"));
	json_decref(said);
	return all;
}

/* ---- printing -------------------------------------------------------------------- */

static void print_rows(json_t *answer)
{
	json_t *columns = json_object_get(answer, "columns"), *row, *cell;
	size_t i, k;

	json_array_foreach(columns, k, cell)
		printf("%s%s", k ? "\t" : "", json_string_value(cell));
	puts("");
	json_array_foreach(json_object_get(answer, "rows"), i, row) {
		json_array_foreach(row, k, cell)
			printf("%s%s", k ? "\t" : "", json_is_null(cell) ? "\\N" : json_string_value(cell) ? json_string_value(cell) : "?");
		puts("");
	}
}

static void print_objects(const char *service, json_t *answer)
{
	json_t *o;
	size_t i;

	json_array_foreach(json_object_get(answer, "objects"), i, o) {
		const char *text = json_string_value(json_object_get(o, "text"));
		printf("%s  %s/%s  %lld bytes%s%s\n", service, json_string_value(json_object_get(o, "bucket")), json_string_value(json_object_get(o, "key")),
		       (long long)json_integer_value(json_object_get(o, "size")), text ? "\n" : "", text ? text : "");
	}
	json_array_foreach(json_object_get(answer, "uploads"), i, o)
		printf("%s  %s/%s  unfinished upload of %lld parts\n", service, json_string_value(json_object_get(o, "bucket")),
		       json_string_value(json_object_get(o, "key")), (long long)json_integer_value(json_object_get(o, "parts")));
}

static int print(const char *service, json_t *answer, bool json)
{
	const char *error = json_string_value(json_object_get(answer, "error"));

	if (error) {
		cmd_usage("state", "%s: %s", service, error);
		return EXIT_DIFFERENT;
	}
	if (json_object_get(answer, "columns") && !json) {
		print_rows(answer);
	} else if (json_object_get(answer, "objects") && !json) {
		print_objects(service, answer);
	} else {
		char *text = json_dumps(answer, JSON_INDENT(1));
		puts(text ? text : "{}");
		free(text);
	}
	return 0;
}

/* ---- asking ------------------------------------------------------------------------ */

static json_t *question_of(const struct asked *a)
{
	const struct {
		const char *name, *value;
	} members[] = { { "key", a->key }, { "prefix", a->prefix }, { "bucket", a->bucket }, { "sql", a->sql } };
	json_t *q = json_object();

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (members[i].value)
			json_object_set_new(q, members[i].name, json_string(members[i].value));
	return q;
}

static int ask(const struct source *s, const struct asked *a)
{
	json_t *all = services(s), *question = question_of(a), *protocol;
	const char *name;
	size_t asked = 0;
	int code = 0;

	json_object_foreach(all, name, protocol) {
		bool tables = strcmp(json_string_value(protocol), "postgres") == 0;
		if (a->service ? strcmp(a->service, name) != 0 : (a->sql && !tables) || ((a->key || a->prefix || a->bucket) && tables))
			continue;
		json_t *answer = look(s, name, question);
		int one = print(name, answer, a->json);
		code = code ? code : one;
		json_decref(answer);
		asked++;
	}
	if (!asked) {
		cmd_usage("state", a->service ? "service \"%s\" holds nothing that could be looked at" : "no service holds what was asked for", a->service);
		code = EXIT_NOTHING;
	}
	json_decref(all);
	json_decref(question);
	return code;
}

static int of_trace(const char *path, const struct asked *a)
{
	struct source s = { 0 };
	struct trace_file *f = NULL;
	struct err err = { 0 };
	int code = tool_trace("state", path, true, &f);

	if (code)
		return code;
	if (a->at >= (int64_t)trace_file_count(f))
		code = cmd_usage("state", "%s has no event %lld; the last is %zu", path, (long long)a->at, trace_file_count(f) - 1);
	else if (state_replay_new(&s.replay, f, a->at, &err) < 0)
		code = cmd_fail("state", &err);
	else
		code = ask(&s, a);
	state_replay_free(s.replay);
	trace_file_close(f);
	return code;
}

int cmd_state(int argc, char **argv)
{
	static const struct option options[] = {
		{ "at", required_argument, NULL, 'a' },	    { "service", required_argument, NULL, 's' }, { "key", required_argument, NULL, 'k' },
		{ "prefix", required_argument, NULL, 'p' }, { "bucket", required_argument, NULL, 'b' },	 { "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },	    { 0 },
	};
	struct asked a = { .at = -1 };
	char sock[PATH_MAX];
	int got;

	optind = 1;
	while ((got = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (got) {
		case 'a':
			if (!slice_to_i64(slice_str(optarg), &a.at) || a.at < 0)
				return cmd_usage("state", "--at %s: expected the number of an event, as 'seam show' lists it", optarg);
			break;
		case 's': a.service = optarg; break;
		case 'k': a.key = optarg; break;
		case 'p': a.prefix = optarg; break;
		case 'b': a.bucket = optarg; break;
		case 'j': a.json = true; break;
		case 'h':
			fputs(help, stdout);
			return 0;
		default:
			return cmd_bad_option("state", argv, options, got);
		}
	}
	if (argc - optind < 1 || argc - optind > 2)
		return cmd_usage("state", "expected TRACE or SESSION, and perhaps SQL; try 'seam state --help'");
	a.sql = argv[optind + 1];
	snprintf(sock, sizeof(sock), "%s/" HOST_SESSION_SOCK, argv[optind]);
	if (access(sock, F_OK) != 0)
		return of_trace(argv[optind], &a);
	struct source s = { .session = argv[optind] };
	if (a.at >= 0) { /* of a session's trace so far */
		struct err err = { 0 };
		json_t *said = session_order(s.session, json_pack("{s:s}", "do", "services"), &err);
		const char *trace = json_string_value(json_object_get(said, "trace"));
		int code = cmd_usage("state", "--at: a session's trace is read when it has ended: seam session stop, then seam state %s --at %lld",
				     trace ? trace : "TRACE", (long long)a.at);
		json_decref(said);
		return code;
	}
	return ask(&s, &a);
}

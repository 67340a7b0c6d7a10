/* events: what the trace says of processes, connections and requests. The one
 * place in the host that knows event kinds and attribute names which are not a
 * request's own. */
#include "host/session.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/final.h"
#include "host/handles.h"
#include "host/keep.h"
#include "host/watch.h"

#define ROWS_SHOWN 100 /* rows of a result that stand in the trace; the count is always whole */
#define ARGS_BYTES (8 * 1024)    /* of a command line */
#define ARGS_SHOWN 64
#define MISSES_SHOWN 20 /* near misses printed at the end; the trace has all */

static uint64_t since(const struct host *h, uint64_t from)
{
	uint64_t now = host_now(h);

	return now > from ? now - from : 0;
}

/* The writer takes what it is given; this empties the arena that it was built in. */
static void write_event(struct host *h, struct event *e)
{
	if (!e->time_ns)
		e->time_ns = host_now(h);
	if (h->keep)
		e->test = keep_test(h, e->pid);
	trace_write(h->trace, e);
	arena_reset(&h->arena);
}

/* ---- processes ---------------------------------------------------------- */

/* The argument list, as the process told it, else from /proc; NULL when it is gone already. */
static const char *const *command_args(struct host *h, pid_t pid, struct slice told)
{
	char path[64], *args = arena_alloc(&h->arena, ARGS_BYTES + 1);
	size_t n = told.len < ARGS_BYTES ? told.len : ARGS_BYTES, count = 0;

	if (n) {
		memcpy(args, told.ptr, n);
	} else {
		snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
		FILE *f = fopen(path, "re");
		n = f ? fread(args, 1, ARGS_BYTES, f) : 0;
		if (f)
			fclose(f);
	}
	if (!n)
		return NULL;
	args[n] = '\0';
	const char **argv = ARENA_ARRAY(&h->arena, const char *, ARGS_SHOWN + 1);
	for (size_t i = 0; i < n && count < ARGS_SHOWN; i += strlen(args + i) + 1)
		argv[count++] = args + i;
	return argv;
}

static void process_start(struct host *h, struct process *p, int32_t tid, struct slice arguments)
{
	struct attrs attrs;
	struct event e = { .k = "proc.start",
			   .st = { .role = slice_str(p->role), .n = -1 },
			   .sum = slice_str(p->program),
			   .by = h->options->mode == HOST_PASS ? BY_PASS : BY_FAKE,
			   .attrs = &attrs,
			   .pid = p->pid,
			   .ppid = p->ppid,
			   .tid = tid,
			   .argv = command_args(h, p->pid, arguments) };

	attrs_init(&attrs, &h->arena);
	attrs_text(&attrs, "process.executable.name", slice_str(p->program));
	if (p->parent_role)
		attrs_text(&attrs, "seam.parent", slice_str(p->parent_role));
	write_event(h, &e);
}

struct process *events_hello(struct host *h, pid_t pid, pid_t ppid, struct slice program, int32_t tid, struct slice arguments)
{
	struct process *p = process_find(&h->processes, pid);

	if (p)
		handles_read(h, p); /* the image before this one took them along */
	p = process_hello(&h->processes, pid, ppid, program);

	process_start(h, p, tid, arguments);
	watch_process(h, p);
	return p;
}

void events_root(struct host *h)
{
	const char *name = h->options->argv[0] ? h->options->argv[0] : "program", *slash = strrchr(name, '/');

	events_hello(h, h->root, process_parent_of(h->root), slice_str(slash ? slash + 1 : name), 0, SLICE_NONE);
}

struct process *events_asking(struct host *h, pid_t pid, bool trusted)
{
	bool is_new;
	struct process *p = process_asking(&h->processes, pid, trusted, &is_new);

	if (p && is_new) {
		process_start(h, p, 0, SLICE_NONE);
		watch_process(h, p);
	}
	return p;
}

void events_process_end(struct host *h, struct process *p, bool known, int status)
{
	struct attrs attrs;
	char code[32] = "";
	struct event e = { .k = "proc.exit",
			   .st = { .role = slice_str(p->role), .n = -1 },
			   .sum = slice_str(p->program),
			   .by = h->options->mode == HOST_PASS ? BY_PASS : BY_FAKE,
			   .attrs = &attrs,
			   .pid = p->pid,
			   .ppid = p->ppid };

	if (p->ended)
		return;
	handles_read(h, p);
	attrs_init(&attrs, &h->arena);
	/* success goes without saying: only the status of the program that seam itself started is known */
	if (known && WIFEXITED(status) && WEXITSTATUS(status)) {
		attrs_int(&attrs, "process.exit.code", WEXITSTATUS(status));
		snprintf(code, sizeof(code), "exit %d", WEXITSTATUS(status));
	} else if (known && WIFSIGNALED(status)) {
		attrs_int(&attrs, "process.exit.signal", WTERMSIG(status));
		snprintf(code, sizeof(code), "signal %d", WTERMSIG(status));
	}
	e.rss = known ? h->rss : 0;
	e.failed = code[0] != '\0';
	e.err = slice_str(code);
	write_event(h, &e);
	process_ended(&h->processes, p);
}

void events_note(struct host *h, struct process *p, const char *text)
{
	struct event e = { .k = "note",
			   .st = { .role = slice_str(p ? p->role : "seam"), .n = -1 },
			   .sum = slice_str(text),
			   .by = BY_FAKE,
			   .pid = p ? p->pid : 0 };

	write_event(h, &e);
}

void events_state(struct host *h, const char *service, const char *question, const char *answer, bool failed)
{
	struct attrs attrs;
	struct payload said = { .present = true, .size = strlen(answer), .type = SLICE_LIT("application/json"), .json = slice_str(answer), .rows = -1 };
	struct event e = { .k = "note",
			   .st = { .role = SLICE_LIT("seam"), .service = slice_str(service), .n = -1 },
			   .sum = arena_printf(&h->arena, "state %s", *service ? service : "of rules"),
			   .failed = failed,
			   .err = SLICE_LIT("seam.state"),
			   .by = BY_FAKE,
			   .attrs = &attrs,
			   .reply = &said };

	attrs_init(&attrs, &h->arena);
	if (*service)
		attrs_text(&attrs, "seam.state.service", slice_str(service));
	attrs_text(&attrs, "seam.state.question", slice_str(question));
	write_event(h, &e);
}

/* ---- addresses and names ------------------------------------------------- */

static void remember_miss(struct host *h, const struct process *p, const char *what)
{
	h->unmatched++;
	if (h->unmatched > MISSES_SHOWN)
		return;
	buf_addf(&h->misses, "seam: nothing answers  %s   %s (pid %d), event %llu\n", what, p->program, (int)p->pid,
		 (unsigned long long)trace_events(h->trace));
}

static void connect_event(struct host *h, struct process *p, const struct wire_connect *c, struct slice rule)
{
	struct attrs attrs;
	bool datagram = c->asked.transport == WIRE_UDP, refused = c->outcome == WIRE_REFUSED;
	const struct endpoint *to = c->endpoint < h->nendpoints ? &h->endpoints[c->endpoint] : NULL;

	attrs_init(&attrs, &h->arena);
	const struct page_name *name = to ? NULL : publish_name_of(&h->page, &c->asked);
	struct slice address = to ? slice_str(to->boundary) : name ? arena_printf(&h->arena, "%s:%u", name->name, c->asked.port) :
								      address_text(&c->asked, &h->arena);
	if (c->asked.family != WIRE_OTHER)
		attrs_text(&attrs, "network.transport", datagram ? SLICE_LIT("udp") : c->asked.family == WIRE_UNIX ? SLICE_LIT("unix") : SLICE_LIT("tcp"));
	attrs_text(&attrs, "server.address", address);
	struct event e = { .k = "conn.open",
			   .st = { .role = slice_str(p->role),
				   .service = to ? slice_str(to->service->declared->name) : SLICE_LIT("-"),
				   .boundary = address,
				   .n = -1 },
			   .sum = arena_printf(&h->arena, "%s %.*s", datagram ? "send" : "connect", SLICE_ARG(address)),
			   .failed = refused,
			   .err = refused ? slice_str(strerrorname_np(c->error ? c->error : 111)) : SLICE_NONE,
			   .by = refused ? BY_NONE : BY_PASS,
			   .rule = rule,
			   .attrs = &attrs,
			   .pid = p->pid,
			   .tid = c->head.tid,
			   .local_port = c->local_port };
	if (refused && rule.len) {
		e.by = BY_FAULT;
	} else if (refused) {
		struct slice what = arena_printf(&h->arena, "a connection to %.*s", SLICE_ARG(address));
		remember_miss(h, p, what.ptr);
	}
	write_event(h, &e);
}

void events_connect(struct host *h, struct process *p, const struct wire_connect *c)
{
	connect_event(h, p, c, SLICE_NONE);
}

void events_refused(struct host *h, struct process *p, const struct wire_addr *asked, uint32_t endpoint, int32_t tid, int error,
		    struct slice rule)
{
	struct wire_connect c = { .head = { .tid = tid }, .asked = *asked, .outcome = WIRE_REFUSED, .endpoint = endpoint, .error = error };

	connect_event(h, p, &c, rule);
}

void events_dns(struct host *h, struct process *p, int32_t tid, struct slice name, int32_t result, const char *rule)
{
	static const struct { int code; const char *name; } codes[] = {
		{ EAI_NONAME, "EAI_NONAME" }, { EAI_AGAIN, "EAI_AGAIN" }, { EAI_FAIL, "EAI_FAIL" }, { EAI_FAMILY, "EAI_FAMILY" },
		{ EAI_SERVICE, "EAI_SERVICE" }, { EAI_MEMORY, "EAI_MEMORY" }, { EAI_SYSTEM, "EAI_SYSTEM" }, { EAI_BADFLAGS, "EAI_BADFLAGS" },
	};
	const char *code = "EAI_NONAME";
	struct event e = { .k = "dns",
			   .st = { .role = slice_str(p->role), .service = SLICE_LIT("dns"), .boundary = name, .n = -1 },
			   .sum = arena_printf(&h->arena, "resolve %.*s", SLICE_ARG(name)),
			   .failed = result != 0,
			   .by = rule ? BY_FAULT : result ? BY_NONE : BY_FAKE,
			   .rule = slice_str(rule),
			   .pid = p->pid,
			   .tid = tid };

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].code == result)
			code = codes[i].name;
	if (result) {
		e.err = slice_str(code);
		if (!rule) {
			struct slice what = arena_printf(&h->arena, "the name %.*s", SLICE_ARG(name));
			remember_miss(h, p, what.ptr);
		}
	}
	write_event(h, &e);
}

/* ---- sessions ------------------------------------------------------------ */

int64_t events_connection_number(struct host *h, const char *role, const char *service, const char *boundary)
{
	struct slice key = arena_printf(&h->arena, "%s/%s/%s", role, service, boundary);
	uintptr_t n = (uintptr_t)map_get(&h->ordinals, key);

	map_set(&h->ordinals, key, (void *)(n + 1));
	arena_reset(&h->arena);
	return (int64_t)n;
}

static struct stream_name session_stream(const struct session *s)
{
	return (struct stream_name){ .role = slice_str(s->role),
				     .service = s->link.service,
				     .boundary = s->link.boundary,
				     .n = s->number };
}

void events_session(struct session *s, const char *k, const char *how)
{
	struct host *h = s->host;
	struct attrs attrs;
	bool opens = strcmp(k, "conn.open") == 0;
	struct event e = { .k = k,
			   .st = session_stream(s),
			   .sum = arena_printf(&h->arena, "%s %s", opens ? "connect" : "close", s->endpoint->boundary),
			   .by = BY_FAKE,
			   .attrs = &attrs,
			   .pid = s->process->pid,
			   .tid = s->tid,
			   .local_port = s->peer_port };

	attrs_init(&attrs, &h->arena);
	/* what the program asked for: libpq's layer may have carried it another way */
	bool local = h->page.page->endpoint[s->endpoint - h->endpoints].asked.transport == WIRE_STREAM;
	attrs_text(&attrs, "network.transport", local ? SLICE_LIT("unix") : SLICE_LIT("tcp"));
	if (s->endpoint->name[0])
		attrs_text(&attrs, "server.address", s->link.host);
	if (s->endpoint->port)
		attrs_int(&attrs, "server.port", s->endpoint->port);
	if (how)
		attrs_text(&attrs, "seam.close", slice_str(how));
	if (!opens && s->link.in_transaction)
		attrs_text(&attrs, "seam.transaction", SLICE_LIT("open"));
	write_event(h, &e);
}

void events_request(struct host *h, struct process *p, int32_t tid, struct stream_name st, struct request *req, struct reply *rep,
		    uint64_t asked_ns, struct slice caller, uint16_t local_port)
{
	struct description d = { 0 };
	struct event e = { .k = port_name(req->port),
			   .st = st,
			   .sum = req->sum,
			   .failed = rep->failed,
			   .err = rep->err,
			   .by = rep->by,
			   .rule = rep->rule,
			   .attrs = &d.attrs,
			   .request = &d.request,
			   .reply = &d.reply,
			   .why = rep->why,
			   .time_ns = asked_ns,
			   .duration_ns = since(h, asked_ns),
			   .pid = p->pid,
			   .tid = tid,
			   .caller = caller,
			   .local_port = local_port };

	final_note(h, req, rep);
	port_describe(req, rep, ROWS_SHOWN, &d);
	if (rep->fault)
		attrs_text(&d.attrs, "seam.fault", slice_str(fault_name(rep->fault)));
	if (rep->effect)
		attrs_bool(&d.attrs, "seam.effect", true);
	e.cor = d.cor;
	e.ncor = d.ncor;
	h->requests += req->port != PORT_CALL || rep->by != BY_PASS; /* a call that was only watched is no traffic */
	h->by_port[req->port]++;
	if (rep->by == BY_NONE)
		events_miss(h, p, req, rep->why); /* first: it names the event by its number to come */
	write_event(h, &e);
}

void events_miss(struct host *h, struct process *p, const struct request *req, const struct why *why)
{
	struct slice what = req->sum;

	if (req->port == PORT_HTTP) {
		struct slice url = http_request_url(&req->http, &h->arena);
		what = arena_printf(&h->arena, "%.*s %.*s", SLICE_ARG(req->http.method), SLICE_ARG(url));
	} else if (req->port == PORT_SQL) {
		what = arena_printf(&h->arena, "%.*s on %.*s", SLICE_ARG(req->sql.text), SLICE_ARG(req->boundary));
	}
	remember_miss(h, p, arena_slice(&h->arena, what).ptr);
	if (h->unmatched > MISSES_SHOWN || !why || !why->closest.len)
		return;
	buf_addf(&h->misses, "  closest: %.*s  %.*s   %zu of %zu conditions hold\n", SLICE_ARG(why->closest), SLICE_ARG(why->place), why->nhold,
		 why->nconditions);
	for (size_t i = 0; i < why->nconditions; i++) {
		const struct why_condition *c = &why->conditions[i];
		if (c->holds)
			buf_addf(&h->misses, "    ok  %-11.*s %.*s\n", SLICE_ARG(c->path), SLICE_ARG(c->got));
		else
			buf_addf(&h->misses, "    NO  %-11.*s wants %.*s    got %.*s\n", SLICE_ARG(c->path), SLICE_ARG(c->wants), SLICE_ARG(c->got));
	}
	if (h->options->trace && req->port != PORT_CALL)
		buf_addf(&h->misses, "  to accept it:  seam rules suggest %s %llu\n", h->options->trace, (unsigned long long)trace_events(h->trace));
}

void events_answered(struct session *s)
{
	if (s->request.port == PORT_SQL && s->request.sql.describe)
		return; /* a question about a statement, not the statement */
	if (s->request.port == PORT_SQL && s->request.sql.login && s->reply.by == BY_FAKE)
		return; /* the connection's own event says it */
	events_request(s->host, s->process, s->tid, session_stream(s), &s->request, &s->reply, s->asked_ns,
		       s->request.port == PORT_SQL ? handles_caller(s, s->request.arena) : SLICE_NONE, s->peer_port);
}

void events_bad(struct session *s)
{
	struct event e = { .k = "note",
			   .st = session_stream(s),
			   .sum = arena_printf(&s->host->arena, "not %s", s->served->declared->protocol),
			   .failed = true,
			   .err = SLICE_LIT("EPROTO"),
			   .by = BY_FAKE,
			   .pid = s->process->pid,
			   .tid = s->tid };

	write_event(s->host, &e);
}

void events_tls(struct session *s, struct slice err, const char *why)
{
	const struct handshake *hs = &s->handshake;
	const char *got = hs->client.got_alert > 0 ? tls_alert_name(hs->client.got_alert) : NULL;
	struct attrs attrs;
	struct event e = { .k = "tls",
			   .st = session_stream(s),
			   .sum = arena_printf(&s->host->arena, "handshake %s", s->endpoint->boundary),
			   .failed = err.len,
			   .err = err,
			   .by = hs->by,
			   .rule = hs->rule,
			   .attrs = &attrs,
			   .time_ns = hs->asked_ns,
			   .duration_ns = hs->asked_ns ? since(s->host, hs->asked_ns) : 0,
			   .pid = s->process->pid,
			   .tid = s->tid };

	attrs_init(&attrs, &s->host->arena);
	if (hs->name[0])
		attrs_text(&attrs, "server.address", slice_str(hs->name));
	if (hs->alpn[0])
		attrs_text(&attrs, "seam.tls.alpn", slice_str(hs->alpn));
	if (hs->client.certificate)
		attrs_text(&attrs, "seam.tls.certificate", slice_str(tls_certificate_name(hs->client.certificate)));
	if (hs->fault == FAULT_TLS_ALERT)
		attrs_text(&attrs, "seam.tls.sent", err); /* the alert that the client got */
	if (got && !hs->fault)
		attrs_text(&attrs, "seam.tls.alert", slice_str(got));
	if (why)
		attrs_text(&attrs, "seam.tls.error", slice_str(why));
	write_event(s->host, &e);
}

/* control: the sockets on which shims say one thing and go. Frames are read in
 * the order of their connections; the sender is who the kernel says it is.
 * What nobody waits for comes on a second one, which wakes the host now and
 * then; between the two the senders' clock gives the order. */
#include "host/inside.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "host/control.h"
#include "host/guard.h"
#include "host/handles.h"
#include "host/launch.h"
#include "host/why.h"

#define BACKLOG 4096
#define NEWS_REST_MS 10 /* after news nobody listens for more: a shell loop's processes come in dozens */

struct exchange {
	struct host *host;
	struct exchange *next, *prev;
	uv_poll_t poll;
	int fd;
	struct ucred who;
	bool polled; /* the loop watches it: what it says had not come when it was accepted, or it waits */
	bool waits;  /* said goodbye, is told when the trailer is written */
	bool closed;
	bool listed; /* among the host's exchanges; not what is read and dropped at once */
};

static char frame[WIRE_FRAME_MAX], told_frame[WIRE_FRAME_MAX];
static size_t told_len;

/* ---- reading a frame ------------------------------------------------------ */

bool control_string(struct slice *rest, struct slice *out)
{
	uint16_t len;

	if (rest->len < sizeof(len))
		return false;
	memcpy(&len, rest->ptr, sizeof(len));
	*rest = slice_skip(*rest, sizeof(len));
	if (rest->len < len)
		return false;
	*out = slice_take(*rest, len);
	*rest = slice_skip(*rest, len);
	return true;
}

/* ---- what a frame means --------------------------------------------------- */

static void reply_frame(struct exchange *x, enum wire_kind kind, void *reply, size_t size, struct slice bytes)
{
	struct wire_head *head = reply;
	struct iovec parts[2] = { { reply, size }, { (void *)bytes.ptr, bytes.len } };
	struct msghdr msg = { .msg_iov = parts, .msg_iovlen = bytes.len ? 2 : 1 };

	*head = (struct wire_head){ .magic = WIRE_MAGIC,
				    .version = WIRE_VERSION,
				    .kind = (uint16_t)kind,
				    .length = (uint32_t)(size - sizeof(*head) + bytes.len) };
	trace_flush(x->host->trace); /* what is answered was written down before */
	if (sendmsg(x->fd, &msg, MSG_NOSIGNAL) < 0)
		log_line(LOG_INFO, "control", "pid %d did not wait for its answer", (int)x->who.pid);
}

static void take_hello(struct exchange *x, const struct wire_hello *f, struct slice strings)
{
	struct host *h = x->host;
	struct slice program, libc, arguments;

	if (!control_string(&strings, &program) || !control_string(&strings, &libc) || !control_string(&strings, &arguments))
		return;
	/* a login shell is named -sh */
	if (program.len > 1 && program.ptr[0] == '-')
		program = slice_skip(program, 1);
	if (x->who.pid == h->root)
		h->root_hello = true;
	/* its own word counts where it counts pids as the host does; in a pid namespace it does not */
	pid_t parent = f->head.pid == x->who.pid ? f->head.ppid : process_parent_of(x->who.pid);
	events_hello(h, x->who.pid, parent, program.len ? program : SLICE_LIT("program"), f->head.tid, arguments);
}

/* ldconfig is static so that it works when the loader does not. It asks nobody
 * for anything, and Python runs it whenever a program looks for a library by
 * name: a run that fails for it would teach people to allow everything. */
static bool is_harmless(const char *path)
{
	return strcmp(path, "/sbin/ldconfig") == 0 || strcmp(path, "/usr/sbin/ldconfig") == 0;
}

/* The hello of the new image says more, and a fork that only execs is no program
 * of its own. But an image into which the shim cannot get will never say hello. */
static void take_exec(struct exchange *x, const struct wire_exec *f, struct slice strings)
{
	struct slice path;
	char at[4096 + 32], name[4096];

	if (f->flags & WIRE_EXEC_FORKED)
		process_descends(&x->host->processes, f->flags & WIRE_EXEC_SPAWN ? f->child : x->who.pid);
	if (!control_string(&strings, &path) || !path.len || path.len >= sizeof(name))
		return;
	memcpy(name, path.ptr, path.len);
	name[path.len] = '\0';
	/* as the process that asks would find it */
	if (name[0] != '/' && strchr(name, '/'))
		snprintf(at, sizeof(at), "/proc/%d/cwd/%s", (int)x->who.pid, name);
	else
		launch_find(name, at, sizeof(at));
	const char *why = at[0] && !is_harmless(at) ? why_not_in(x->who.pid, at) : NULL;
	const char *slash = strrchr(name, '/');
	struct slice program = slice_str(slash ? slash + 1 : name);
	if (f->flags & WIRE_EXEC_FAILED)
		unshimmed_remove(&x->host->unshimmed, program);
	else if (why)
		unshimmed_add(&x->host->unshimmed, program, why);
}

/* What no service claims, at an address of a name: told once. */
static void take_refusal(struct host *h, const struct wire_connect *f, struct process *p)
{
	if (attempt_goes_on(h, p, f->head.tid, &f->asked))
		return;
	attempt_refused(h, p, f->head.tid, &f->asked, f->error);
	events_connect(h, p, f);
}

static void take_connect(struct exchange *x, const struct wire_connect *f, struct process *p)
{
	if (f->outcome == WIRE_REDIRECTED && f->asked.transport == WIRE_STREAM)
		session_claim_local(x->host, p, f->head.tid);
	else if (f->outcome == WIRE_REDIRECTED && f->endpoint < x->host->nendpoints)
		listen_record(x->host, f, p);
	else if (f->outcome == WIRE_REFUSED)
		take_refusal(x->host, f, p);
	else if (f->outcome != WIRE_REDIRECTED)
		events_connect(x->host, p, f);
}

int names_fault(struct host *h, struct process *p, const char *name, struct slice *rule)
{
	struct reply rep = { .port = PORT_DNS };

	if (!rules_on(h->rules, PORT_DNS, SLICE_NONE, SLICE_NONE))
		return 0;
	arena_reset(&h->names);
	const struct rule_service *claims = rules_claim_name(h->rules, slice_str(name));
	struct request req = { .port = PORT_DNS, .op = SLICE_LIT("resolve"), .sum = arena_printf(&h->names, "resolve %s", name),
			       .service = slice_str(claims ? claims->name : "dns"), .boundary = slice_str(name), .arena = &h->names,
			       .asker = { .program = slice_str(p->program) }, .dns = { .name = slice_str(name) } };
	struct rule_hit *hit = rules_match(h->rules, &req);
	if (!hit || !rule_answer(h->rules, hit, &req, &rep) || !rep.fault)
		return 0;
	*rule = rep.rule;
	return rep.fault == FAULT_DNS_TIMEOUT ? EAI_AGAIN : EAI_NONAME;
}

static void take_name(struct exchange *x, const struct wire_name *f, struct slice strings, struct process *p)
{
	struct host *h = x->host;
	struct wire_name_is is = { .name = UINT32_MAX, .result = EAI_NONAME };
	struct slice name;
	char lower[PAGE_NAME_BYTES];

	if (!control_string(&strings, &name) || !name.len || name.len >= sizeof(lower))
		return;
	for (size_t i = 0; i < name.len; i++)
		lower[i] = (char)(name.ptr[i] >= 'A' && name.ptr[i] <= 'Z' ? name.ptr[i] + 32 : name.ptr[i]);
	lower[name.len] = '\0';
	if (!f->ask) {
		events_dns(h, p, f->head.tid, slice_str(lower), f->result, NULL);
		return;
	}
	struct slice rule;
	int fault = names_fault(h, p, lower, &rule);
	if (!fault)
		is.name = services_claim_name(h, lower);
	if (fault || is.name != UINT32_MAX)
		is.result = fault;
	events_dns(h, p, f->head.tid, slice_str(lower), is.result, fault ? rule.ptr : NULL);
	reply_frame(x, WIRE_NAME_IS, &is, sizeof(is), SLICE_NONE);
}

void control_ask_rules(struct host *h, const struct wire_ask *f, struct process *p, struct wire_verdict *v)
{
	const struct endpoint *to = &h->endpoints[f->endpoint];
	struct arena arena;
	struct reply rep = { .port = PORT_CONNECT };
	int before = attempt_goes_on(h, p, f->head.tid, &f->asked);

	if (before) {
		v->outcome = WIRE_REFUSED;
		v->error = before;
		return;
	}
	arena_init(&arena);
	struct request req = { .port = PORT_CONNECT,
			       .op = SLICE_LIT("connect"),
			       .sum = arena_printf(&arena, "connect %s", to->boundary),
			       .service = slice_str(to->service->declared->name),
			       .boundary = slice_str(to->boundary),
			       .asker = { .program = slice_str(p->program), .conn = to->service->connections + 1 },
			       .arena = &arena,
			       .connect = { .boundary = slice_str(to->boundary), .transport = SLICE_LIT("tcp") } };
	struct rule_hit *hit = rules_match(h->rules, &req);
	if (hit) {
		rule_answer(h->rules, hit, &req, &rep);
		v->delay_ms = (uint32_t)(rep.delay_ns / 1000000);
		if (rep.connect.error || rep.fault) {
			v->outcome = WIRE_REFUSED;
			v->error = rep.connect.error ? rep.connect.error : rep.fault == FAULT_REFUSE ? ECONNREFUSED : ECONNRESET;
			events_refused(h, p, &f->asked, f->endpoint, f->head.tid, v->error, rep.rule);
			attempt_refused(h, p, f->head.tid, &f->asked, v->error);
		}
	}
	arena_release(&arena);
}

static void take_ask(struct exchange *x, const struct wire_ask *f, struct process *p)
{
	struct host *h = x->host;
	struct wire_verdict v = { .outcome = WIRE_REDIRECTED, .endpoint = f->endpoint };

	if (f->endpoint < h->nendpoints) {
		control_ask_rules(h, f, p, &v);
	} else if (!neighbour_may_pass(h, &f->asked, x->who.pid)) {
		v.outcome = WIRE_REFUSED;
		v.error = ECONNREFUSED;
		events_refused(h, p, &f->asked, UINT32_MAX, f->head.tid, v.error, SLICE_NONE);
	} else {
		v.outcome = WIRE_PASSED;
	}
	reply_frame(x, WIRE_VERDICT, &v, sizeof(v), SLICE_NONE);
}

static void take_call(struct exchange *x, const struct wire_call *f, struct slice strings, struct process *p)
{
	if (f->head.kind == WIRE_CALL) {
		calls_made(x->host, p, f, strings);
		return;
	}
	struct wire_call_is is = { 0 };
	struct buf bytes;
	buf_init(&bytes, WIRE_FRAME_MAX / 2);
	calls_asked(x->host, p, f, strings, &is, &bytes);
	reply_frame(x, WIRE_CALL_IS, &is, sizeof(is), buf_slice(&bytes));
	buf_release(&bytes);
}

/* Of a declared function: what was asked and answered is not in the trace, that it was is. */
static void take_uncovered(struct host *h, struct slice strings, struct process *p)
{
	struct slice function, library, object;
	char text[400];

	if (!control_string(&strings, &function) || !control_string(&strings, &library) || !control_string(&strings, &object))
		return;
	snprintf(text, sizeof(text), "uncovered: %.*s called %.*s of %.*s before the shim could stand in front of it", SLICE_ARG(object), SLICE_ARG(function),
		 SLICE_ARG(library));
	events_note(h, p, text);
}

/* The root of a bare run waits for the trailer before it goes. */
static void take_bye(struct exchange *x, const struct wire_bye *f)
{
	x->waits = f->wait && x->host->options->bare == x->who.pid;
	if (x->waits)
		x->host->root_ended = true;
}

/* Size of the fixed part of each kind that a shim may send; 0: not one of them. */
static size_t fixed_size(uint16_t kind)
{
	switch (kind) {
	case WIRE_HELLO:
		return sizeof(struct wire_hello);
	case WIRE_EXEC:
		return sizeof(struct wire_exec);
	case WIRE_CONNECT:
	case WIRE_SEND:
		return sizeof(struct wire_connect);
	case WIRE_NAME:
		return sizeof(struct wire_name);
	case WIRE_ASK:
		return sizeof(struct wire_ask);
	case WIRE_CALL:
	case WIRE_CALL_ASK:
		return sizeof(struct wire_call);
	case WIRE_BYE:
		return sizeof(struct wire_bye);
	case WIRE_BIND:
		return sizeof(struct wire_bind);
	case WIRE_HANDLES:
	case WIRE_UNCOVERED:
		return sizeof(struct wire_head);
	default:
		return 0;
	}
}

/* A bare run may have been begun by a vfork child of its root: then the first to
 * speak is not the root, and nobody is known without it. */
static void know_root(struct host *h, pid_t pid)
{
	if (h->options->bare && pid != h->root && !h->processes.count)
		events_root(h);
}

/* *passed becomes -1 when it was taken. */
static void take_frame(struct exchange *x, const char *bytes, size_t len, int *passed)
{
	const struct wire_head *head = (const struct wire_head *)bytes;
	size_t fixed = len >= sizeof(*head) ? fixed_size(head->kind) : 0;

	if (len < sizeof(*head) || head->magic != WIRE_MAGIC || head->version != WIRE_VERSION) {
		log_line(LOG_ERROR, "control", "pid %d speaks another version of the shim; install seam and libseam.so together", (int)x->who.pid);
		x->host->foreign_shim = true;
		return;
	}
	if (!fixed || len < fixed || head->length != len - sizeof(*head))
		return;
	struct slice strings = slice_of(bytes + fixed, len - fixed);
	know_root(x->host, x->who.pid);
	if (head->kind == WIRE_HELLO) {
		take_hello(x, (const struct wire_hello *)bytes, strings);
		return;
	}
	if (head->kind == WIRE_EXEC) {
		take_exec(x, (const struct wire_exec *)bytes, strings);
		return;
	}
	if (head->kind == WIRE_BIND) {
		struct wire_head ok;
		guard_yield(x->host, &((const struct wire_bind *)bytes)->wanted);
		reply_frame(x, WIRE_OK, &ok, sizeof(ok), SLICE_NONE);
		return;
	}
	if (head->kind == WIRE_BYE) {
		take_bye(x, (const struct wire_bye *)bytes);
		return;
	}
	struct process *p = events_asking(x->host, x->who.pid, true);
	if (!p)
		return;
	switch (head->kind) {
	case WIRE_CONNECT:
	case WIRE_SEND:
		take_connect(x, (const struct wire_connect *)bytes, p);
		break;
	case WIRE_UNCOVERED:
		take_uncovered(x->host, strings, p);
		break;
	case WIRE_HANDLES:
		if (*passed >= 0)
			handles_taken(x->host, p, *passed);
		*passed = -1;
		break;
	case WIRE_NAME:
		take_name(x, (const struct wire_name *)bytes, strings, p);
		break;
	case WIRE_ASK:
		take_ask(x, (const struct wire_ask *)bytes, p);
		break;
	case WIRE_CALL:
	case WIRE_CALL_ASK:
		take_call(x, (const struct wire_call *)bytes, strings, p);
		break;
	default:
		break;
	}
}

/* ---- connections ----------------------------------------------------------- */

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void list(struct exchange *x)
{
	x->listed = true;
	x->next = x->host->exchanges;
	if (x->next)
		x->next->prev = x;
	x->host->exchanges = x;
}

static void unlist(struct exchange *x)
{
	if (!x->listed)
		return;
	if (x->prev)
		x->prev->next = x->next;
	else
		x->host->exchanges = x->next;
	if (x->next)
		x->next->prev = x->prev;
}

static void drop(struct exchange *x)
{
	if (x->closed)
		return;
	x->closed = true;
	unlist(x);
	if (x->polled)
		uv_poll_stop(&x->poll);
	close(x->fd);
	if (x->polled)
		uv_close((uv_handle_t *)&x->poll, on_closed);
	else
		free(x);
}

enum outcome { NOTHING_YET, KEPT, DROPPED };

/* A frame, and the descriptor that came with it, or -1. */
static ssize_t receive(struct exchange *x, char *room, int *passed)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = { room, WIRE_FRAME_MAX };
	struct msghdr msg = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(x->fd, &msg, MSG_DONTWAIT | MSG_TRUNC | MSG_CMSG_CLOEXEC);
	struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&msg) : NULL;

	*passed = -1;
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(passed, CMSG_DATA(c), sizeof(int));
	return n;
}

/* What a frame sets going may want to read the next one: not before it is done with. */
static void hear(struct exchange *x, const char *bytes, size_t len, int *passed)
{
	bool before = x->host->hearing;

	x->host->hearing = true;
	take_frame(x, bytes, len, passed);
	x->host->hearing = before;
}

static bool take_news_before(struct host *h, uint64_t time_ns);

static enum outcome read_one(struct exchange *x)
{
	int passed;
	ssize_t n = receive(x, frame, &passed);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return NOTHING_YET;
	if (n >= (ssize_t)sizeof(struct wire_head) && (size_t)n <= sizeof(frame)) {
		take_news_before(x->host, ((const struct wire_head *)frame)->time_ns);
		hear(x, frame, (size_t)n, &passed);
	}
	if (passed >= 0)
		close(passed);
	if (n > 0 && x->waits)
		return KEPT;
	drop(x);
	return DROPPED;
}

static void on_exchange(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	read_one(poll->data);
}

/* A thread says one thing after the other, each on a connection of its own. One
 * that was accepted before its frame had come is read before any later one, or
 * their order would depend on the loop's. */
static void read_older(struct host *h)
{
	struct exchange *x = h->exchanges, *newer;

	while (x && x->next)
		x = x->next;
	for (; x; x = newer) {
		newer = x->prev;
		if (!x->waits)
			read_one(x);
	}
}

/* The user's own processes, and for a host of root everything below the program. */
static bool may_speak(struct host *h, const struct ucred *who)
{
	return who->uid == geteuid() || who->uid == 0 || events_asking(h, who->pid, false);
}

/* NULL with *any false: nobody is there. */
static struct exchange *take_in(struct host *h, int listener, bool *any)
{
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	socklen_t len = sizeof(struct ucred);
	struct exchange *x;

	*any = fd >= 0;
	if (fd < 0)
		return NULL;
	x = calloc(1, sizeof(*x));
	if (!x || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &x->who, &len) < 0 || !may_speak(h, &x->who)) {
		free(x);
		close(fd);
		return NULL;
	}
	x->host = h;
	x->fd = fd;
	return x;
}

/* The loop says when its frame has come. */
static void await_frame(struct exchange *x)
{
	x->polled = uv_poll_init(&x->host->loop, &x->poll, x->fd) == 0;
	x->poll.data = x;
	if (x->polled)
		uv_poll_start(&x->poll, UV_READABLE, on_exchange);
	else
		drop(x);
}

static bool accept_one(struct host *h)
{
	bool any;
	struct exchange *x = take_in(h, h->control_fd, &any);

	if (!x)
		return any;
	read_older(h);
	list(x);
	/* almost always the frame is there already: no need to ask the loop */
	if (read_one(x) != DROPPED)
		await_frame(x);
	return true;
}

/* ---- news ------------------------------------------------------------------ */

/* Reads the next news into told_frame; false: there is none. */
static bool news_next(struct host *h)
{
	bool any = true;

	while (!h->told && any) {
		struct exchange *x = take_in(h, h->news_fd, &any);
		int passed;
		ssize_t n = x ? receive(x, told_frame, &passed) : 0;

		if (!x)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
			list(x);
			await_frame(x);
			continue;
		}
		if (passed >= 0)
			close(passed);
		if (n < (ssize_t)sizeof(struct wire_head) || (size_t)n > sizeof(told_frame)) {
			drop(x);
			continue;
		}
		h->told = x;
		told_len = (size_t)n;
	}
	return h->told;
}

static void hear_news(struct host *h)
{
	struct exchange *x = h->told;
	int none = -1;

	hear(x, told_frame, told_len, &none);
	h->told = NULL;
	drop(x);
}

/* What was said earlier than a frame that is about to be heard. */
static bool take_news_before(struct host *h, uint64_t time_ns)
{
	bool any = false;

	while (news_next(h) && ((const struct wire_head *)told_frame)->time_ns <= time_ns) {
		hear_news(h);
		any = true;
	}
	return any;
}

static bool take_all(struct host *h)
{
	bool any = false;

	do {
		/* first this, then the others: whatever was said before it has come by now */
		news_next(h);
		while (accept_one(h))
			any = true;
		read_older(h);
		if (h->told) {
			hear_news(h);
			any = true;
		}
	} while (news_next(h));
	return any;
}

static void on_control(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	for (int i = 0; i < 256 && accept_one(poll->data); i++)
		;
}

static void on_news(uv_poll_t *poll, int status, int events);

static void on_rested(uv_timer_t *timer)
{
	struct host *h = timer->data;

	uv_poll_start(&h->news, UV_READABLE, on_news);
}

static void on_news(uv_poll_t *poll, int status, int events)
{
	struct host *h = poll->data;

	(void)status;
	(void)events;
	take_all(h);
	uv_poll_stop(&h->news);
	uv_timer_start(&h->news_rest, on_rested, NEWS_REST_MS, 0);
}

bool control_drain(struct host *h)
{
	return h->hearing ? false : take_all(h);
}

static int open_socket(struct host *h, const char *name, int *fd, uv_poll_t *poll, uv_poll_cb call, struct err *err)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	rundir_path(&h->dir, name, un.sun_path, sizeof(un.sun_path));
	*fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (*fd < 0 || bind(*fd, (struct sockaddr *)&un, sizeof(un)) < 0 || chmod(un.sun_path, geteuid() == 0 ? 0666 : 0600) < 0 ||
	    listen(*fd, BACKLOG) < 0)
		return err_set(err, ERR_IO, "control socket: %s: %s", un.sun_path, strerror(errno));
	if (uv_poll_init(&h->loop, poll, *fd) != 0)
		return err_set(err, ERR_IO, "control socket: the loop does not take it");
	poll->data = h;
	uv_poll_start(poll, UV_READABLE, call);
	return 0;
}

int control_open(struct host *h, struct err *err)
{
	int code = open_socket(h, WIRE_SOCK, &h->control_fd, &h->control, on_control, err);

	if (code == 0)
		code = open_socket(h, WIRE_NEWS, &h->news_fd, &h->news, on_news, err);
	uv_timer_init(&h->loop, &h->news_rest);
	h->news_rest.data = h;
	/* a session looks into its processes while they live: whose test they are of */
	h->page.page->news = code == 0 && !h->options->session;
	return code;
}

void control_release_waiting(struct host *h)
{
	struct wire_head ok;

	for (struct exchange *x = h->exchanges, *next; x; x = next) {
		next = x->next;
		ok = (struct wire_head){ .magic = WIRE_MAGIC, .version = WIRE_VERSION, .kind = WIRE_OK };
		if (x->waits && send(x->fd, &ok, sizeof(ok), MSG_NOSIGNAL) < 0)
			log_line(LOG_INFO, "control", "pid %d did not wait for the trailer", (int)x->who.pid);
		drop(x);
	}
}

static void close_socket(int *fd, uv_poll_t *poll)
{
	if (*fd < 0)
		return;
	uv_poll_stop(poll);
	uv_close((uv_handle_t *)poll, NULL);
	close(*fd);
	*fd = -1;
}

void control_close(struct host *h)
{
	if (h->told)
		drop(h->told);
	h->told = NULL;
	close_socket(&h->control_fd, &h->control);
	if (h->news_fd >= 0)
		uv_close((uv_handle_t *)&h->news_rest, NULL);
	close_socket(&h->news_fd, &h->news);
}

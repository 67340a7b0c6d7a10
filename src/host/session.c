/* session: one served connection, from accept to close. session_step is the
 * whole flow: decode, match, answer, trace, encode. */
#include "host/inside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/fault.h"
#include "host/session.h"

#define ATTRIBUTION_MS 1000 /* how long a connection waits for its record */

static const struct stream_owner stream_owner;

/* ---- life --------------------------------------------------------------- */

static void on_timer(uv_timer_t *timer);
static void finish_request(struct session *s);

struct session *session_open(struct host *h, int fd, uint32_t endpoint, uint16_t peer_port, bool v6, pid_t peer_pid)
{
	struct session *s = calloc(1, sizeof(*s));

	if (!s || stream_open(&s->stream, &h->loop, fd, &stream_owner) != 0) {
		free(s);
		close(fd);
		return NULL;
	}
	s->host = h;
	s->endpoint = &h->endpoints[endpoint];
	s->served = s->endpoint->service;
	s->peer_port = peer_port;
	s->peer_pid = peer_pid;
	s->v6 = v6;
	s->handle = HANDLE_NONE - 1; /* not looked for yet */
	s->state = SESSION_NAMELESS;
	s->stream.hold = true;
	arena_init(&s->arena);
	uv_timer_init(&h->loop, &s->timer);
	s->timer.data = s;
	uv_timer_start(&s->timer, on_timer, ATTRIBUTION_MS, 0);
	s->next = h->sessions;
	if (s->next)
		s->next->prev = s;
	h->sessions = s;
	return s;
}

static size_t session_step(struct session *s, struct slice in);

/* The answer that held the stream up is out: on with what came, also with what the
 * codec has read already (the second statement of a Query). */
static void go_on(struct session *s)
{
	stream_resume(&s->stream);
	if (s->state == SESSION_OPEN && !s->stream.hold && !s->stream.in.len && s->codec)
		session_step(s, SLICE_LIT(""));
}

static void interrupt(struct link *link, void (*fill)(struct reply *reply, struct request *request))
{
	struct session *s = (struct session *)((char *)link - offsetof(struct session, link));

	if (s->state != SESSION_WAITING)
		return;
	uv_timer_stop(&s->timer);
	fill(&s->reply, &s->request);
	s->reply.fault = FAULT_NONE;
	finish_request(s);
	if (s->state == SESSION_OPEN)
		go_on(s);
}

/* A fake has finished the answer that it put off; a rule's delay still comes on top. */
static void resume(struct link *link)
{
	struct session *s = (struct session *)((char *)link - offsetof(struct session, link));

	if (s->state != SESSION_LATER) {
		s->reply.later = false; /* finished within answer() itself, or for nobody */
		return;
	}
	uv_timer_stop(&s->timer);
	s->reply.later = false;
	s->state = SESSION_WAITING;
	session_start_timer(s, s->reply.delay_ns);
}

static void on_other(uv_poll_t *poll, int status, int events)
{
	struct session *s = poll->data;

	(void)status; /* an error shows when it is read */
	(void)events;
	s->link.now_ns = host_wall_ns();
	s->other_ready(s->codec);
}

static void free_handle(uv_handle_t *handle)
{
	free(handle);
}

static bool watch(struct link *link, int fd, void (*ready)(void *state))
{
	struct session *s = (struct session *)((char *)link - offsetof(struct session, link));

	if (s->other) {
		uv_close((uv_handle_t *)s->other, free_handle);
		s->other = NULL;
	}
	if (fd < 0)
		return true;
	uv_poll_t *poll = calloc(1, sizeof(*poll));
	if (!poll || uv_poll_init(&s->host->loop, poll, fd) != 0) {
		free(poll);
		return false;
	}
	poll->data = s;
	s->other = poll;
	s->other_ready = ready;
	return uv_poll_start(poll, UV_READABLE, on_other) == 0;
}

static void on_turn(uv_idle_t *idle)
{
	struct session *s = idle->data;

	s->link.now_ns = host_wall_ns();
	s->every_turn(s->codec);
}

static void every_turn(struct link *link, void (*run)(void *state))
{
	struct session *s = (struct session *)((char *)link - offsetof(struct session, link));

	s->every_turn = run;
	if (!run && s->turns) {
		uv_close((uv_handle_t *)s->turns, free_handle);
		s->turns = NULL;
	}
	if (!run || s->turns)
		return;
	s->turns = calloc(1, sizeof(*s->turns));
	if (!s->turns)
		abort(); /* as the arena: out of memory ends the host */
	uv_idle_init(&s->host->loop, s->turns);
	s->turns->data = s;
	uv_idle_start(s->turns, on_turn);
}

static void patience(struct link *link, uint64_t ns)
{
	struct session *s = (struct session *)((char *)link - offsetof(struct session, link));

	if (s->state != SESSION_LATER)
		return;
	uv_timer_stop(&s->timer);
	if (ns)
		session_start_timer(s, ns);
}

static void end_session(struct session *s, const char *how, bool clean);

static void end(struct link *link)
{
	struct session *s = (struct session *)((char *)link - offsetof(struct session, link));

	if (s->state != SESSION_OPEN)
		return;
	end_session(s, "ended by the service", true);
	s->stream.finishing = true;
	session_mark_dirty(s);
}

static void push(struct link *link, struct slice bytes)
{
	struct session *s = (struct session *)((char *)link - offsetof(struct session, link));

	if (s->state != SESSION_OPEN)
		return;
	buf_add_slice(&s->stream.out, bytes);
	session_mark_dirty(s);
}

static void begin_request(struct session *s)
{
	arena_reset(&s->arena);
	s->request = (struct request){ .arena = &s->arena };
}

void session_attribute(struct session *s, struct process *p, int32_t tid, uint32_t delay_ms)
{
	struct host *h = s->host;

	uv_timer_stop(&s->timer);
	s->process = p;
	s->tid = tid;
	s->role = strdup(p->role);
	s->program = strdup(p->program);
	s->ordinal = ++s->served->connections;
	s->number = events_connection_number(h, s->role, s->served->declared->name, s->endpoint->boundary);
	s->link = (struct link){ .id = ++h->links,
				 .service = slice_str(s->served->declared->name),
				 .boundary = slice_str(s->endpoint->boundary),
				 .host = slice_str(s->endpoint->name),
				 .port = s->endpoint->port,
				 .local = s->peer_port == 0,
				 .asks_login = rules_name(h->rules, PORT_SQL, slice_str(s->served->declared->name), SLICE_LIT("login")),
				 .asks_copy = rules_on(h->rules, PORT_SQL, slice_str(s->served->declared->name), SLICE_LIT("copy")),
				 .now_ns = host_wall_ns(),
				 .interrupt = interrupt,
				 .resume = resume,
				 .watch = watch,
				 .push = push,
				 .every_turn = every_turn,
				 .patience = patience,
				 .end = end };
	begin_request(s);
	s->state = SESSION_SNIFFING;
	events_session(s, "conn.open", NULL);
	s->held = delay_ms;
	if (s->held)
		session_start_timer(s, delay_ms * 1000000ull);
	else
		stream_resume(&s->stream);
}

void session_missed(struct host *h, uint32_t endpoint, uint16_t port, struct process *p, int32_t tid)
{
	struct endpoint *to = &h->endpoints[endpoint];
	static struct session s; /* too large for the stack, and only written about */

	s = (struct session){ .host = h, .endpoint = to, .served = to->service, .peer_port = port, .process = p, .tid = tid, .role = p->role };
	s.number = events_connection_number(h, s.role, s.served->declared->name, to->boundary);
	s.link = (struct link){ .service = slice_str(s.served->declared->name), .boundary = slice_str(to->boundary), .host = slice_str(to->name), .port = to->port };
	s.served->connections++;
	events_session(&s, "conn.open", NULL);
	events_session(&s, "conn.close", "without farewell");
}

bool session_claim(struct host *h, const struct wire_connect *c, struct process *p)
{
	for (struct session *s = h->sessions; s; s = s->next)
		if (s->state == SESSION_NAMELESS && s->endpoint == &h->endpoints[c->endpoint] && s->peer_port == c->local_port && s->v6 == c->v6) {
			session_attribute(s, p, c->head.tid, c->delay_ms);
			return true;
		}
	return false;
}

void session_claim_local(struct host *h, struct process *p, int32_t tid)
{
	for (struct session *s = h->sessions; s; s = s->next)
		if (s->state == SESSION_NAMELESS && s->peer_pid == p->pid)
			session_attribute(s, p, tid, 0);
}

void session_start_timer(struct session *s, uint64_t delay_ns)
{
	/* not a moment too early: the loop's clock may be old, and it drops the part of a millisecond */
	uv_update_time(&s->host->loop);
	uv_timer_start(&s->timer, on_timer, delay_ns ? (delay_ns + 999999) / 1000000 + 1 : 0, 0);
}

void session_mark_dirty(struct session *s)
{
	if (s->dirty)
		return;
	s->dirty = true;
	s->next_dirty = s->host->dirty;
	s->host->dirty = s;
}

void session_flush_dirty(struct host *h)
{
	struct session *list = h->dirty;

	/* what a flush sets going is of the next round: its event is not written yet */
	h->dirty = NULL;
	while (list) {
		struct session *s = list;
		list = s->next_dirty;
		s->dirty = false;
		stream_flush(&s->stream);
	}
}

/* Writes conn.close once, and no more bytes are decoded. `clean`: the program
 * said farewell, or it was not the program that ended it. */
static void end_session(struct session *s, const char *how, bool clean)
{
	if (s->state == SESSION_ENDED)
		return;
	if (s->state != SESSION_NAMELESS) {
		handshake_over(s);
		how = hygiene_ended(s, how, clean);
		events_session(s, "conn.close", how);
	}
	s->state = SESSION_ENDED;
	uv_timer_stop(&s->timer);
}

void session_break_off(struct session *s, const char *how)
{
	end_session(s, how, true);
	stream_close(&s->stream, true);
}

void session_break_off_softly(struct session *s, const char *how)
{
	end_session(s, how, true);
	stream_finish(&s->stream);
}

/* ---- the flow ------------------------------------------------------------ */

/* What answers: a rule, the fake, or nothing. */
static void answer_as_ever(struct session *s)
{
	struct host *h = s->host;
	struct request *req = &s->request;
	struct reply *rep = &s->reply;
	struct rule_hit *hit = req->settled ? NULL : rules_match(h->rules, req);

	*rep = (struct reply){ .port = req->port };
	if (hit && rule_answer(h->rules, hit, req, rep))
		return;
	const struct fake *fake = s->served->type->fake;
	struct reply before = *rep;
	rep->failed = false;
	if (fake && fake->answer(s->served->fake, s->codec, req, rep)) {
		if (before.by == BY_FAULT) {
			rep->by = before.by;
			rep->effect = !rep->failed;
			if (before.failed) {
				rep->failed = true;
				rep->err = before.err;
			}
		}
		return;
	}
	rep->by = BY_NONE;
	rep->failed = true;
	rep->err = SLICE_LIT("seam.unmatched");
	rep->why = rules_why(h->rules, req);
}

/* With the one fault that a sweep asks for. */
static void answer(struct session *s)
{
	const struct host_inject *in = s->host->options->inject;
	bool due = in && fault_due(s, in);

	if (due && !in->after_effect) {
		s->reply = (struct reply){ .port = s->request.port };
		fault_inject(&s->reply, in);
		return;
	}
	answer_as_ever(s);
	if (due)
		fault_inject(&s->reply, in);
}

/* The reply is due: write the event, then say it. */
static void finish_request(struct session *s)
{
	struct body *tail = NULL;
	bool stay = true;

	s->state = SESSION_OPEN;
	s->link.now_ns = host_wall_ns();
	s->active_ns = host_now(s->host); /* a wait of seam's own is not the program's idleness */
	events_answered(s);
	size_t from = s->stream.out.len;
	if (!s->reply.fault || fault_has_answer(&s->reply))
		stay = s->served->type->codec->encode(s->codec, &s->request, &s->reply, &s->stream.out, &tail);
	if (s->reply.fault) {
		fault_begin(s, from, tail, stay);
		tail = NULL;
	}
	request_release(&s->request);
	reply_release(&s->reply);
	begin_request(s);
	if (s->state != SESSION_OPEN) { /* a fault ended it, or is still at it */
		body_free(tail);
		return;
	}
	if (tail)
		stream_tail(&s->stream, tail);
	if (!stay) {
		end_session(s, "ended by the service", true);
		s->stream.finishing = true;
	}
	s->stream.hold = tail != NULL; /* the next reply follows the body */
	session_mark_dirty(s);
}

static void take_request(struct session *s)
{
	struct request *req = &s->request;

	req->service = s->link.service;
	req->boundary = s->link.boundary;
	req->asker = (struct asker){ .program = slice_str(s->program), .conn = s->ordinal };
	s->asked_ns = host_now(s->host);
	hygiene_request(s);
	answer(s);
	if (s->reply.later) {
		s->state = SESSION_LATER;
		s->stream.hold = true;
		if (s->reply.later_ns)
			session_start_timer(s, s->reply.later_ns);
		return;
	}
	if (!s->reply.delay_ns) {
		finish_request(s);
		return;
	}
	s->state = SESSION_WAITING;
	s->stream.hold = true;
	session_start_timer(s, s->reply.delay_ns);
}

/* Reads requests off the front of `in` and answers them, until more bytes are
 * needed. Returns how many were taken. */
static size_t session_step(struct session *s, struct slice in)
{
	size_t taken = 0, used;

	while (s->state == SESSION_OPEN && !s->stream.hold) {
		used = 0;
		enum decode got = s->served->type->codec->decode(s->codec, slice_skip(in, taken), &used, &s->request, &s->stream.out);
		hygiene_known(s);
		switch (got) {
		case DECODE_MORE:
			return taken;
		case DECODE_REQUEST:
			taken += used;
			take_request(s);
			break;
		case DECODE_OWN:
			taken += used;
			session_mark_dirty(s);
			break;
		case DECODE_TLS:
			handshake_begin(s, slice_skip(in, taken + used));
			return in.len;
		case DECODE_CLOSE:
			end_session(s, NULL, true);
			session_mark_dirty(s); /* a farewell may be in out */
			stream_finish(&s->stream);
			return in.len;
		case DECODE_BAD:
			events_bad(s);
			end_session(s, "bad protocol", true);
			session_mark_dirty(s);
			stream_finish(&s->stream);
			return in.len;
		}
	}
	return s->state == SESSION_ENDED ? in.len : taken;
}

/* ---- what the stream says ------------------------------------------------ */

static size_t on_bytes(struct stream *stream, struct slice in)
{
	struct session *s = (struct session *)stream;

	if (s->state == SESSION_SNIFFING) {
		/* a TLS record of type handshake, version 3.x: RFC 8446 section 5.1. No protocol
		 * served here begins so in the clear. */
		if (in.len < 2 && (unsigned char)in.ptr[0] == 0x16)
			return 0;
		s->state = SESSION_OPEN;
		s->link.tls = in.len >= 2 && (unsigned char)in.ptr[0] == 0x16 && in.ptr[1] == 0x03;
		s->codec = s->served->type->codec->new(&s->link, s->served->fake);
		if (s->link.tls) {
			handshake_begin(s, in);
			return 0;
		}
	}
	handshake_passed(s);
	s->link.now_ns = host_wall_ns();
	hygiene_active(s);
	return session_step(s, in);
}

static void on_ended(struct stream *stream, int error)
{
	struct session *s = (struct session *)stream;
	const struct codec *codec = s->served->type->codec;

	if (error == EPROTO)
		handshake_failed(s, stream_tls_error());
	if (error || s->state == SESSION_NAMELESS) {
		end_session(s, error == EPROTO ? "tls failed" : "lost", error == EPROTO);
		stream_close(stream, false);
		return;
	}
	bool pacing = s->state == SESSION_FAULTY && s->faulty.rest.len;
	if (s->state == SESSION_WAITING || s->state == SESSION_LATER || pacing || s->held || s->stream.tail)
		return; /* it still waits for an answer: RFC 9293 lets it half-close */
	bool farewell = !codec->clean_end || !s->codec || codec->clean_end(s->codec);
	end_session(s, farewell ? NULL : "without farewell", farewell);
	stream_finish(stream);
}

static void on_drained(struct stream *stream)
{
	struct session *s = (struct session *)stream;

	if (s->state == SESSION_OPEN && stream->hold)
		go_on(s);
	if (s->state == SESSION_OPEN && stream->ending && !stream->hold) {
		end_session(s, NULL, !s->served->type->codec->farewell);
		stream_finish(stream);
	}
}

static void on_timer(uv_timer_t *timer)
{
	struct session *s = timer->data;

	if (s->state == SESSION_NAMELESS) {
		session_break_off(s, NULL);
		return;
	}
	if (s->held) {
		s->held = false;
		go_on(s);
		if (s->stream.ending && s->state == SESSION_SNIFFING) { /* it left without a word */
			end_session(s, NULL, true);
			stream_finish(&s->stream);
		}
		return;
	}
	if (handshake_timer(s))
		return;
	if (s->state == SESSION_FAULTY) {
		fault_goes_on(s);
		return;
	}
	if (s->state == SESSION_LATER) {
		s->served->type->fake->overdue(s->served->fake, s->codec);
		return;
	}
	finish_request(s);
	if (s->state == SESSION_OPEN && !s->stream.tail)
		go_on(s);
}

static void on_timer_closed(uv_handle_t *handle)
{
	struct session *s = handle->data;

	free(s->role);
	free(s->program);
	free(s);
}

static void on_closed(struct stream *stream)
{
	struct session *s = (struct session *)stream;
	struct host *h = s->host;

	watch(&s->link, -1, NULL);
	every_turn(&s->link, NULL);
	if (s->codec)
		s->served->type->codec->free(s->codec);
	request_release(&s->request);
	reply_release(&s->reply); /* one that was still to be said */
	arena_release(&s->arena);
	buf_release(&s->faulty.rest);
	if (s->prev)
		s->prev->next = s->next;
	else
		h->sessions = s->next;
	if (s->next)
		s->next->prev = s->prev;
	for (struct session **at = &h->dirty; *at; at = &(*at)->next_dirty)
		if (*at == s) {
			*at = s->next_dirty;
			break;
		}
	uv_close((uv_handle_t *)&s->timer, on_timer_closed);
}

void session_close_all(struct host *h)
{
	for (struct session *s = h->sessions; s; s = s->next) {
		end_session(s, "open at the end", false);
		stream_close(&s->stream, true);
	}
}

bool session_any_busy(const struct host *h)
{
	for (const struct session *s = h->sessions; s; s = s->next)
		if (s->state != SESSION_ENDED && (s->state == SESSION_WAITING || s->state == SESSION_LATER || stream_busy(&s->stream)))
			return true;
	return false;
}

static const struct stream_owner stream_owner = {
	.bytes = on_bytes,
	.ended = on_ended,
	.drained = on_drained,
	.closed = on_closed,
};

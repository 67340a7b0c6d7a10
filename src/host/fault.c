/* fault: takes the encoded answer out of the stream and lets as much of it go,
 * as fast, as whole and as orderly as the fault says. The event is written
 * already: it says what was asked, what was done, and which fault came. */
#include "host/fault.h"

#include <string.h>
#include <sys/socket.h>

#define GARBAGE_BYTES 64
#define TICK_MS 10          /* throttle: how often something leaves */
#define CORRUPT_EVERY 16    /* bytes: of these one has its bits turned over */
#define SLICE_BYTES 128     /* slice: so many leave one by one */
#define ANSWER_MAX ((size_t)1 << 30)

bool fault_has_answer(const struct reply *r)
{
	switch (r->fault) {
	case FAULT_HALF_CLOSE:
		return r->effect;
	case FAULT_RESET: case FAULT_EOF:
		return r->mid_response || (r->effect && r->fault_after != FAULT_AFTER_DEFAULT);
	case FAULT_BLACKHOLE: case FAULT_GARBAGE:
		return false;
	default:
		return true;
	}
}

/* How many bytes arrive first. */
static size_t first_part(const struct reply *r, size_t whole, size_t otherwise)
{
	uint64_t n = r->fault_after == FAULT_AFTER_DEFAULT ? otherwise : r->fault_after;

	return n < whole ? (size_t)n : whole;
}

static void corrupt(struct buf *b, size_t from)
{
	for (size_t i = from; i < b->len; i += CORRUPT_EVERY)
		b->ptr[i] = (char)~b->ptr[i];
}

/* The same garbage in every run with that seed. */
static void garbage(struct session *s, struct buf *out)
{
	uint64_t z = s->host->options->seed ^ s->link.id * 0x9e3779b97f4a7c15u;

	for (int i = 0; i < GARBAGE_BYTES; i++) {
		z = z * 6364136223846793005u + 1442695040888963407u;
		buf_add_char(out, (char)(z >> 56));
	}
}

/* Now, and not at the end of the turn; the event first, as always. */
static void let_go(struct session *s)
{
	trace_flush(s->host->trace);
	stream_flush(&s->stream);
}

/* Nothing more is said; what comes is thrown away, until the peer has enough. */
static void fall_silent(struct session *s)
{
	s->state = SESSION_FAULTY;
	s->stream.hold = true;
	s->faulty.fault = FAULT_BLACKHOLE;
	session_mark_dirty(s);
}

static void end_orderly(struct session *s)
{
	session_mark_dirty(s);
	session_break_off_softly(s, "ended by a rule");
}

/* Bit by bit, from the timer. */
static void begin_pacing(struct session *s, size_t first, uint64_t rate, uint64_t pause_ms)
{
	struct buf *out = &s->stream.out;
	struct faulty *f = &s->faulty;

	f->rate = rate;
	buf_reset(&f->rest);
	if (!f->rest.max)
		buf_init(&f->rest, ANSWER_MAX);
	buf_add_slice(&f->rest, slice_skip(buf_slice(out), first));
	buf_cut(out, first);
	s->state = SESSION_FAULTY;
	s->stream.hold = true;
	session_mark_dirty(s);
	session_start_timer(s, pause_ms * 1000000);
}

void fault_begin(struct session *s, size_t from, struct body *tail, bool stay)
{
	const struct reply r = s->reply;
	struct buf *out = &s->stream.out;

	if (tail) {
		buf_add_slice(out, body_slice(tail));
		body_free(tail);
	}
	size_t whole = out->len - from;
	s->faulty = (struct faulty){ .fault = r.fault, .stay = stay, .rest = s->faulty.rest };
	switch (r.fault) {
	case FAULT_RESET:
		buf_cut(out, from + first_part(&r, whole, whole / 2));
		let_go(s); /* what arrives arrives before the reset */
		session_break_off(s, "reset by a rule");
		break;
	case FAULT_EOF: case FAULT_TRUNCATE:
		buf_cut(out, from + first_part(&r, whole, whole / 2));
		end_orderly(s);
		break;
	case FAULT_HALF_CLOSE:
		buf_cut(out, from + first_part(&r, whole, whole));
		let_go(s);
		if (s->stream.fd >= 0)
			shutdown(s->stream.fd, SHUT_WR);
		fall_silent(s);
		break;
	case FAULT_BLACKHOLE:
		buf_cut(out, from);
		fall_silent(s);
		break;
	case FAULT_STALL:
		buf_cut(out, from + first_part(&r, whole, whole / 2));
		fall_silent(s);
		break;
	case FAULT_SLICE:
		begin_pacing(s, from, 0, 0);
		break;
	case FAULT_THROTTLE:
		begin_pacing(s, from, r.fault_rate, TICK_MS);
		break;
	case FAULT_CORRUPT:
		corrupt(out, from + first_part(&r, whole, whole ? whole - 1 : 0));
		break;
	case FAULT_GARBAGE:
		buf_cut(out, from);
		garbage(s, out);
		break;
	default: /* before there are requests */
		break;
	}
}

void fault_goes_on(struct session *s)
{
	struct faulty *f = &s->faulty;
	/* one byte, where heads and lengths are; then larger pieces, or a body would take minutes */
	size_t n = f->rate ? (size_t)(f->rate * TICK_MS / 1000) : f->sent < SLICE_BYTES ? 1 : f->rest.len / 16;

	if (f->fault != FAULT_SLICE && f->fault != FAULT_THROTTLE)
		return;
	struct slice piece = slice_take(buf_slice(&f->rest), n ? n : 1);
	buf_add_slice(&s->stream.out, piece);
	f->sent += piece.len;
	buf_drop(&f->rest, piece.len);
	session_mark_dirty(s);
	if (f->rest.len) {
		session_start_timer(s, f->rate ? TICK_MS * 1000000 : 1);
		return;
	}
	s->state = SESSION_OPEN;
	if (!f->stay) {
		end_orderly(s);
		return;
	}
	s->stream.hold = false;
	stream_resume(&s->stream);
}

bool fault_due(struct session *s, const struct host_inject *in)
{
	const struct request *req = &s->request;

	if (strcmp(port_name(req->port), in->on) != 0 || !slice_eq_str(req->service, in->service))
		return false;
	if (req->port == PORT_SQL && req->sql.describe)
		return false;
	return ++s->host->injectable == in->nth;
}

void fault_inject(struct reply *r, const struct host_inject *in)
{
	static const struct {
		const char *name, *err;
		enum fault fault;
	} faults[] = {
#define FAULT(id, name, err, places) { name, err, FAULT_##id },
#include "port/faults.def"
	};

	if (r->by == BY_NONE && r->why)
		return; /* nothing answers it: that is said */
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		if (strcmp(faults[i].name, in->fault) != 0)
			continue;
		r->fault = faults[i].fault;
		r->effect = in->after_effect && !r->failed;
		r->failed = r->failed || faults[i].err;
		r->err = faults[i].err ? slice_str(faults[i].err) : r->err;
	}
	r->fault_after = FAULT_AFTER_DEFAULT;
	r->fault_rate = 1024;
	r->by = BY_FAULT;
}

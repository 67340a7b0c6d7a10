/* calls: library calls that the shim reports, and those it asks about. Pointers
 * are shown by the order in which the run first saw them, so that a trace holds
 * no addresses. */
#include "host/inside.h"

#include <stdlib.h>
#include <string.h>

#include "host/control.h"

struct call_frame {
	struct slice function, library, object, bytes;
	struct arena arena;
	struct request req;
};

/* `fresh`: a function made it, so what stood there before is gone. */
static int64_t pointer_ordinal(struct host *h, pid_t pid, int64_t pointer, bool fresh)
{
	/* addresses of two processes have nothing to do with each other */
	int64_t parts[2] = { pid, pointer };
	struct slice key = slice_of((const char *)parts, sizeof(parts));

	if (!pointer)
		return 0;
	uintptr_t n = fresh ? 0 : (uintptr_t)map_get(&h->pointers, key);
	if (!n) {
		n = ++h->pointers_seen;
		map_set(&h->pointers, key, (void *)n);
	}
	return (int64_t)n;
}

static struct call_arg read_value(struct host *h, pid_t pid, const struct wire_value *v, struct slice *bytes, bool fresh)
{
	struct call_arg a = { .kind = CALL_VOID };

	switch (v->kind) {
	case WIRE_INT:
		a.kind = CALL_INT;
		a.i = v->v.i;
		break;
	case WIRE_DOUBLE:
		a.kind = CALL_DOUBLE;
		a.d = v->v.d;
		break;
	case WIRE_POINTER:
		a.kind = v->v.i ? CALL_POINTER : CALL_NULL;
		a.i = pointer_ordinal(h, pid, v->v.i, fresh);
		break;
	case WIRE_STRING:
	case WIRE_BUFFER:
		a.kind = v->kind == WIRE_STRING ? CALL_STRING : CALL_BUFFER;
		a.text = slice_take(*bytes, v->len);
		*bytes = slice_skip(*bytes, v->len);
		break;
	case WIRE_NULL:
		a.kind = CALL_NULL;
		break;
	default:
		break;
	}
	return a;
}

static struct slice service_of(struct host *h, uint32_t function)
{
	size_t n;
	const struct rule_function *functions = rules_functions(h->rules, &n);

	return function < n ? slice_str(functions[function].service) : SLICE_LIT("call");
}

/* "libpq.so.5" and "/usr/lib/libpq.so.5.15" are both "libpq". */
static struct slice short_library(struct slice path)
{
	for (size_t i = path.len; i > 0; i--)
		if (path.ptr[i - 1] == '/') {
			path = slice_skip(path, i);
			break;
		}
	size_t so = slice_find_slice(path, SLICE_LIT(".so"));
	return slice_take(path, so);
}

static bool read_frame(struct host *h, struct process *p, const struct wire_call *c, struct slice rest, struct call_frame *f)
{
	if (!control_string(&rest, &f->function) || !control_string(&rest, &f->library) || !control_string(&rest, &f->object) ||
	    c->nargs > WIRE_ARGS_MAX)
		return false;
	arena_init(&f->arena);
	struct call_arg *args = ARENA_ARRAY(&f->arena, struct call_arg, c->nargs);
	for (int late = 0; late < 2; late++)
		for (uint32_t i = 0; i < c->nargs; i++)
			if (!!c->args[i].late == late)
				args[i] = read_value(h, p->pid, &c->args[i], &rest, late);
	f->library = short_library(f->library);
	/* the functions of libpq and libcurl return what they have just made; of a declared one nothing is known */
	f->req = (struct request){ .port = PORT_CALL,
				   .op = f->function,
				   .sum = f->function,
				   .service = service_of(h, c->function),
				   .boundary = f->library,
				   .asker = { .program = slice_str(p->program) },
				   .arena = &f->arena,
				   .call = { .library = f->library,
					     .caller = f->object,
					     .args = args,
					     .nargs = c->nargs,
					     .result = read_value(h, p->pid, &c->result, &rest, c->function == UINT32_MAX),
					     .made = c->head.kind == WIRE_CALL,
					     .duration_ns = c->duration_ns } };
	return true;
}

static void write_call(struct host *h, struct process *p, const struct wire_call *c, struct call_frame *f, struct reply *rep)
{
	uint64_t now = host_now(h), took = c->duration_ns < now ? c->duration_ns : now;
	struct stream_name st = { .role = slice_str(p->role), .service = SLICE_LIT("call"), .boundary = f->library, .n = -1 };

	events_request(h, p, c->head.tid, st, &f->req, rep, now - took,
		       arena_printf(&f->arena, "%.*s+0x%llx", SLICE_ARG(f->object), (unsigned long long)c->caller_offset), 0);
}

void calls_made(struct host *h, struct process *p, const struct wire_call *c, struct slice strings)
{
	struct call_frame f;
	struct reply rep = { .port = PORT_CALL, .by = BY_PASS };

	if (!read_frame(h, p, c, strings, &f))
		return;
	rep.call.result = f.req.call.result;
	write_call(h, p, c, &f, &rep);
	arena_release(&f.arena);
}

static struct wire_value answer_value(const struct call_arg *r, struct buf *bytes)
{
	switch (r->kind) {
	case CALL_INT:
		return (struct wire_value){ .kind = WIRE_INT, .v.i = r->i };
	case CALL_DOUBLE:
		return (struct wire_value){ .kind = WIRE_DOUBLE, .v.d = r->d };
	case CALL_POINTER:
		return (struct wire_value){ .kind = WIRE_POINTER, .v.i = r->i };
	case CALL_STRING:
	case CALL_BUFFER:
		buf_add_slice(bytes, r->text);
		return (struct wire_value){ .kind = WIRE_STRING, .len = (uint32_t)r->text.len };
	case CALL_NULL:
		return (struct wire_value){ .kind = WIRE_NULL };
	default:
		return (struct wire_value){ .kind = WIRE_VOID };
	}
}

static void fill_answer(const struct reply *rep, struct wire_call_is *is, struct buf *bytes)
{
	is->answered = 1;
	is->set_errno = rep->call.set_errno;
	is->result = answer_value(&rep->call.result, bytes);
	for (size_t i = 0; i < rep->call.nouts && i < WIRE_ARGS_MAX; i++)
		is->out[i] = answer_value(&rep->call.outs[i], bytes);
}

bool calls_asked(struct host *h, struct process *p, const struct wire_call *c, struct slice strings, struct wire_call_is *answer,
		 struct buf *bytes)
{
	struct call_frame f;
	struct reply rep = { .port = PORT_CALL };

	if (!read_frame(h, p, c, strings, &f))
		return false;
	struct rule_hit *hit = rules_match(h->rules, &f.req);
	bool answered = hit && rule_answer(h->rules, hit, &f.req, &rep);
	answer->delay_ms = (uint32_t)(rep.delay_ns / 1000000);
	if (answered) {
		fill_answer(&rep, answer, bytes);
		write_call(h, p, c, &f, &rep);
	}
	request_release(&f.req);
	arena_release(&f.arena);
	return answered;
}

/* relay: two connections and the bytes between them. One write at a time each
 * way: the reader waits for it, and so the slower side sets the pace. */
#include "host/relay.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/inside.h"

#define PIECE (64 * 1024)

/* One direction. */
struct pipe {
	struct relay *relay;
	uv_tcp_t *from, *to;
	uv_write_t write;
	uv_shutdown_t shutdown;
	bool ended;
	char piece[PIECE];
};

struct relay {
	struct host *host;
	struct relay *next, *prev;
	uv_tcp_t inner, outer;
	uv_getaddrinfo_t lookup;
	uv_connect_t connect;
	struct addrinfo *found, *next_address; /* a name may have several, and only one that answers */
	struct pipe out, in;
	int open;   /* handles and requests that still point here */
	bool closing;
	bool between; /* the outer handle is being closed, for the next address */
};

bool relay_wanted(const struct host *h, uint32_t endpoint)
{
	const struct rule_service *s = h->endpoints[endpoint].service->declared;

	return s->mode == MODE_PASS || strcmp(s->protocol, "pass") == 0;
}

/* ---- the end ------------------------------------------------------------------ */

static void let_go(struct relay *r)
{
	if (--r->open)
		return;
	if (r->prev)
		r->prev->next = r->next;
	else
		r->host->relays = r->next;
	if (r->next)
		r->next->prev = r->prev;
	uv_freeaddrinfo(r->found);
	free(r);
}

static void on_closed(uv_handle_t *handle)
{
	let_go(handle->data);
}

static void dissolve(struct relay *r)
{
	if (r->closing)
		return;
	r->closing = true;
	uv_close((uv_handle_t *)&r->inner, on_closed);
	if (!r->between)
		uv_close((uv_handle_t *)&r->outer, on_closed);
}

/* The real system is not there: the program sees that as a reset. */
static void fail(struct relay *r)
{
	if (r->closing)
		return;
	r->closing = true;
	uv_tcp_close_reset(&r->inner, on_closed);
	if (!r->between)
		uv_close((uv_handle_t *)&r->outer, on_closed);
}

/* ---- bytes -------------------------------------------------------------------- */

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf);

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct relay *r = handle->data;
	struct pipe *p = handle == (uv_handle_t *)&r->inner ? &r->out : &r->in;

	(void)suggested;
	*buf = uv_buf_init(p->piece, sizeof(p->piece));
}

static void on_written(uv_write_t *write, int status)
{
	struct pipe *p = write->data;

	if (p->relay->closing)
		return;
	if (status < 0)
		dissolve(p->relay);
	else
		uv_read_start((uv_stream_t *)p->from, on_room, on_read);
}

static void on_shut(uv_shutdown_t *shutdown, int status)
{
	struct pipe *p = shutdown->data;

	p->ended = true;
	if (status < 0 || (p->relay->in.ended && p->relay->out.ended))
		dissolve(p->relay);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct relay *r = stream->data;
	struct pipe *p = stream == (uv_stream_t *)&r->inner ? &r->out : &r->in;
	uv_buf_t part = uv_buf_init(buf->base, n > 0 ? (unsigned)n : 0);

	if (n == 0)
		return;
	uv_read_stop(stream);
	if (n == UV_EOF) {
		if (uv_shutdown(&p->shutdown, (uv_stream_t *)p->to, on_shut) != 0)
			dissolve(r);
	} else if (n < 0 || uv_write(&p->write, (uv_stream_t *)p->to, &part, 1, on_written) != 0) {
		fail(r);
	}
}

/* ---- the beginning -------------------------------------------------------------- */

static void try_next(struct relay *r);

static void on_given_up(uv_handle_t *handle)
{
	struct relay *r = handle->data;

	if (r->closing || uv_tcp_init(&r->host->loop, &r->outer) != 0) {
		let_go(r);
		return;
	}
	r->outer.data = r;
	r->between = false;
	try_next(r);
}

static void on_connected(uv_connect_t *connect, int status)
{
	struct relay *r = connect->data;

	if (r->closing)
		return;
	if (status < 0 && r->next_address) {
		r->between = true;
		uv_close((uv_handle_t *)&r->outer, on_given_up);
		return;
	}
	if (status < 0) {
		fail(r);
		return;
	}
	uv_tcp_nodelay(&r->outer, 1);
	uv_read_start((uv_stream_t *)&r->inner, on_room, on_read);
	uv_read_start((uv_stream_t *)&r->outer, on_room, on_read);
}

static void try_next(struct relay *r)
{
	struct addrinfo *at = r->next_address;

	if (at)
		r->next_address = at->ai_next;
	if (!at || uv_tcp_connect(&r->connect, &r->outer, at->ai_addr, on_connected) != 0)
		fail(r);
}

static void on_found(uv_getaddrinfo_t *lookup, int status, struct addrinfo *found)
{
	struct relay *r = lookup->data;

	r->found = r->next_address = found;
	if (!r->closing && status < 0)
		fail(r);
	else if (!r->closing)
		try_next(r);
	let_go(r);
}

static void init_pipe(struct pipe *p, struct relay *r, uv_tcp_t *from, uv_tcp_t *to)
{
	p->relay = r;
	p->from = from;
	p->to = to;
	p->write.data = p->shutdown.data = p;
}

static void report(struct host *h, uint32_t endpoint, struct process *p)
{
	struct wire_connect c = { .asked = h->page.page->endpoint[endpoint].asked, .outcome = WIRE_PASSED, .endpoint = endpoint };

	events_connect(h, p, &c);
}

void relay_open(struct host *h, int fd, uint32_t endpoint, struct process *p)
{
	const struct endpoint *to = &h->endpoints[endpoint];
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct relay *r = calloc(1, sizeof(*r));
	char port[8];

	if (!r || uv_tcp_init(&h->loop, &r->inner) != 0 || uv_tcp_init(&h->loop, &r->outer) != 0 || uv_tcp_open(&r->inner, fd) != 0)
		abort(); /* none of them allocates or fails on a socket that was just accepted */
	report(h, endpoint, p);
	r->host = h;
	r->inner.data = r->outer.data = r->lookup.data = r->connect.data = r;
	r->next = h->relays;
	if (r->next)
		r->next->prev = r;
	h->relays = r;
	r->open = 2;
	init_pipe(&r->out, r, &r->inner, &r->outer);
	init_pipe(&r->in, r, &r->outer, &r->inner);
	snprintf(port, sizeof(port), "%u", to->port);
	if (uv_getaddrinfo(&h->loop, &r->lookup, on_found, to->name, port, &hints) == 0)
		r->open++;
	else
		fail(r);
}

void relay_close_all(struct host *h)
{
	for (struct relay *r = h->relays; r; r = r->next) {
		uv_cancel((uv_req_t *)&r->lookup);
		fail(r);
	}
}

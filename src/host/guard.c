/* guard: listeners on all addresses, one per declared port and family, and the
 * naming of those who come. */
#include "host/guard.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/control.h"
#include "host/inside.h"
#include "host/owner.h"
#include "host/relay.h"
#include "host/resolver.h"

#define BACKLOG 4096

struct gate {
	struct host *host;
	struct gate *next;
	uv_poll_t poll;
	int fd;
	uint16_t port;
	bool v6;
};

struct guard {
	struct gate *gates;
	struct packets *packets;
	int diag;
};

int guard_diag(const struct host *h)
{
	return h->guard ? h->guard->diag : -1;
}

bool guard_holds(const struct host *h, uint16_t port)
{
	for (const struct gate *g = h->guard->gates; g; g = g->next)
		if (g->port == port)
			return true;
	return false;
}

/* ---- who comes -------------------------------------------------------------- */

static void refuse(int fd)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

static void take(struct gate *g, int fd, const struct wire_addr *asked, const struct wire_addr *peer)
{
	struct host *h = g->host;
	int on = 1;

	control_drain(h); /* who it is may just have said hello */
	unsigned long inode = owner_tcp_inode(h->guard->diag, peer, asked);
	struct process *p = owner_process(h, owner_of_inode(inode), true);
	uint32_t endpoint = publish_find_endpoint(&h->page, asked);
	if (endpoint == UINT32_MAX) {
		events_refused(h, p, asked, UINT32_MAX, 0, ECONNREFUSED, SLICE_NONE);
		refuse(fd);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	/* the kernel has accepted it already: what a rule refuses is reset */
	struct wire_ask ask = { .asked = *asked, .endpoint = endpoint };
	struct wire_verdict verdict = { .outcome = WIRE_REDIRECTED };
	if (h->page.page->endpoint[endpoint].flags & PAGE_ASK)
		control_ask_rules(h, &ask, p, &verdict);
	if (verdict.outcome == WIRE_REFUSED) {
		refuse(fd);
		return;
	}
	if (relay_wanted(h, endpoint)) {
		relay_open(h, fd, endpoint, p);
		return;
	}
	struct session *s = session_open(h, fd, endpoint, peer->port, g->v6, 0);
	if (s)
		session_attribute(s, p, 0, verdict.delay_ms);
}

static void on_gate(uv_poll_t *poll, int status, int events)
{
	struct gate *g = poll->data;

	(void)status;
	(void)events;
	for (int i = 0; i < 64; i++) {
		struct sockaddr_storage peer = { 0 }, own = { 0 };
		socklen_t peer_len = sizeof(peer), own_len = sizeof(own);
		struct wire_addr asked, from;
		int fd = accept4(g->fd, (struct sockaddr *)&peer, &peer_len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return;
		if (getsockname(fd, (struct sockaddr *)&own, &own_len) < 0) {
			close(fd);
			continue;
		}
		asked = address_read(&own, WIRE_TCP);
		from = address_read(&peer, WIRE_TCP);
		take(g, fd, &asked, &from);
	}
}

/* ---- life --------------------------------------------------------------------- */

static void on_gate_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void close_gate(struct gate *g)
{
	uv_poll_stop(&g->poll);
	close(g->fd);
	uv_close((uv_handle_t *)&g->poll, on_gate_closed);
}

static void open_gate(struct host *h, uint16_t port, bool v6)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	const struct sockaddr *any = v6 ? (const void *)&sin6 : (const void *)&sin;
	int fd = isolate_socket(h, v6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0), on = 1;

	if (fd < 0)
		return; /* no IPv6 inside */
	if (v6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	struct gate *g = calloc(1, sizeof(*g));
	if (!g || bind(fd, any, v6 ? sizeof(sin6) : sizeof(sin)) < 0 || listen(fd, BACKLOG) < 0 || uv_poll_init(&h->loop, &g->poll, fd) != 0) {
		close(fd);
		free(g);
		return; /* then its packets have no listener, and are named as such */
	}
	g->host = h;
	g->fd = fd;
	g->port = port;
	g->v6 = v6;
	g->poll.data = g;
	g->next = h->guard->gates;
	h->guard->gates = g;
	uv_poll_start(&g->poll, UV_READABLE, on_gate);
}

int guard_open(struct host *h, struct err *err)
{
	if (!h->isolate)
		return 0;
	h->guard = calloc(1, sizeof(*h->guard));
	if (!h->guard)
		return err_set(err, ERR_IO, "out of memory");
	h->guard->diag = owner_open(h);
	for (size_t i = 0; i < h->nservices; i++)
		for (size_t k = 0; k < h->services[i].declared->nat; k++) {
			const struct rule_at *at = &h->services[i].declared->at[k];
			if (at->transport != AT_TCP || !at->port || guard_holds(h, at->port))
				continue;
			open_gate(h, at->port, false);
			open_gate(h, at->port, true);
		}
	h->guard->packets = packets_open(h);
	h->page.page->guarded = 1;
	return resolver_open(h, err);
}

void guard_yield(struct host *h, const struct wire_addr *wanted)
{
	if (!h->guard)
		return;
	if (wanted->port == RESOLVER_PORT)
		resolver_yield(h, wanted->transport);
	if (wanted->transport != WIRE_TCP)
		return;
	for (struct gate **at = &h->guard->gates; *at;) {
		struct gate *g = *at;
		if (g->port != wanted->port) {
			at = &g->next;
			continue;
		}
		*at = g->next;
		close_gate(g);
	}
}

void guard_close(struct host *h)
{
	resolver_close(h);
	if (!h->guard)
		return;
	packets_close(h->guard->packets);
	while (h->guard->gates) {
		struct gate *g = h->guard->gates;
		h->guard->gates = g->next;
		close_gate(g);
	}
	if (h->guard->diag >= 0)
		close(h->guard->diag);
	free(h->guard);
	h->guard = NULL;
}

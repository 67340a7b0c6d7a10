/* listen: one listener per endpoint and family, and the matching of those who
 * came with what their shim said. A connection is served only when its record
 * has arrived: without one it is reset after a second. Unix sockets need no
 * record, the kernel says who is there (SO_PEERCRED). */
#include "host/inside.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "host/guard.h"
#include "host/owner.h"
#include "host/relay.h"

#define BACKLOG 4096
#define ARRIVALS_KEPT 65536 /* records whose connection has not come: as many as there are ports */

struct listener {
	struct host *host;
	struct listener *next;
	int fd;
	uv_poll_t poll;
	uint32_t endpoint;
	bool v6, local;
};

struct arrival {
	struct arrival *next;
	uint16_t port;
	bool v6;
	uint32_t endpoint;
	int32_t tid;
	uint32_t delay_ms;
	struct process *process;
};

/* The port alone does not tell: the kernel gives one source port to connections
 * to several listeners at once. */
static struct arrival *take_arrival(struct host *h, uint32_t endpoint, uint16_t port, bool v6)
{
	for (struct arrival **at = &h->arrivals; *at; at = &(*at)->next)
		if ((*at)->endpoint == endpoint && (*at)->port == port && (*at)->v6 == v6) {
			struct arrival *found = *at;
			*at = found->next;
			return found;
		}
	return NULL;
}

/* No record is waited for: the kernel knows. NULL: a stranger, which only a
 * network that is not the run's own can hold. */
static struct process *relay_owner(struct host *h, int fd, const struct sockaddr_storage *peer)
{
	struct sockaddr_storage own = { 0 };
	socklen_t len = sizeof(own);

	getsockname(fd, (struct sockaddr *)&own, &len);
	struct wire_addr local = address_read(&own, WIRE_TCP), remote = address_read(peer, WIRE_TCP);
	control_drain(h);
	if (h->isolate)
		return owner_process(h, owner_of_inode(owner_tcp_inode(guard_diag(h), &remote, &local)), false);
	int diag = owner_open(h);
	pid_t pid = diag >= 0 ? owner_of_inode(owner_tcp_inode(diag, &remote, &local)) : 0;
	if (diag >= 0)
		close(diag);
	return pid ? events_asking(h, pid, false) : NULL;
}

static void accept_one(struct listener *l, int fd, const struct sockaddr_storage *peer)
{
	struct host *h = l->host;
	uint16_t port = l->local ? 0 : ntohs(l->v6 ? ((const struct sockaddr_in6 *)peer)->sin6_port : ((const struct sockaddr_in *)peer)->sin_port);
	int on = 1;

	if (!l->local)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	struct ucred who = { 0 };
	socklen_t who_len = sizeof(who);
	if (l->local && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &who_len) < 0)
		who.pid = 0;
	if (!l->local && relay_wanted(h, l->endpoint)) {
		struct process *p = relay_owner(h, fd, peer);
		if (p)
			relay_open(h, fd, l->endpoint, p);
		else
			close(fd);
		return;
	}
	if (l->local)
		control_drain(h); /* what it said before it came, its hello perhaps */
	struct session *s = session_open(h, fd, l->endpoint, port, l->v6, who.pid);
	if (!s)
		return;
	if (l->local) {
		bool trusted = who.uid == geteuid() || who.uid == 0;
		struct process *p = who.pid ? events_asking(h, who.pid, trusted) : NULL;
		if (p)
			session_attribute(s, p, 0, 0);
		return; /* a stranger is reset when its second is over */
	}
	struct arrival *a = take_arrival(h, l->endpoint, port, l->v6);
	if (a) {
		session_attribute(s, a->process, a->tid, a->delay_ms);
		free(a);
	}
}

static void on_listener(uv_poll_t *poll, int status, int events)
{
	struct listener *l = poll->data;

	(void)status;
	(void)events;
	for (int i = 0; i < 256; i++) { /* as many as records are read; then the others have their turn */
		struct sockaddr_storage peer;
		socklen_t len = sizeof(peer);
		int fd = accept4(l->fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return;
		accept_one(l, fd, &peer);
	}
}

static struct listener *add_listener(struct host *h, int fd, uint32_t endpoint, bool v6, bool local)
{
	struct listener *l = calloc(1, sizeof(*l));

	if (!l || uv_poll_init(&h->loop, &l->poll, fd) != 0) {
		free(l);
		close(fd);
		return NULL;
	}
	*l = (struct listener){ .host = h, .fd = fd, .poll = l->poll, .endpoint = endpoint, .v6 = v6, .local = local };
	l->poll.data = l;
	uv_poll_start(&l->poll, UV_READABLE, on_listener);
	l->next = h->endpoints[endpoint].listeners;
	h->endpoints[endpoint].listeners = l;
	return l;
}

static int open_inet(struct host *h, uint32_t endpoint, struct page_endpoint *row, struct err *err)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(h->page.block + 1) };
	socklen_t len = sizeof(sin);

	if (row->name != UINT32_MAX)
		sin.sin_addr.s_addr = h->page.page->name[row->name].ip4;
	int fd = isolate_socket(h, AF_INET, SOCK_STREAM, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sin, len) < 0 || listen(fd, BACKLOG) < 0 || getsockname(fd, (struct sockaddr *)&sin, &len) < 0) {
		err_set(err, ERR_IO, "%s: no listener on loopback: %s", h->endpoints[endpoint].boundary, strerror(errno));
		if (fd >= 0)
			close(fd);
		return ERR_IO;
	}
	row->to_ip4 = sin.sin_addr.s_addr;
	row->to_port4 = ntohs(sin.sin_port);
	return add_listener(h, fd, endpoint, false, false) ? 0 : err_set(err, ERR_IO, "out of memory");
}

/* A machine without IPv6 loopback serves IPv4 alone. */
static void open_inet6(struct host *h, uint32_t endpoint, struct page_endpoint *row)
{
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	socklen_t len = sizeof(sin6);
	int on = 1;

	int fd = isolate_socket(h, AF_INET6, SOCK_STREAM, 0);
	if (fd < 0)
		return;
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&sin6, len) < 0 || listen(fd, BACKLOG) < 0 || getsockname(fd, (struct sockaddr *)&sin6, &len) < 0) {
		close(fd);
		return;
	}
	if (add_listener(h, fd, endpoint, true, false))
		row->to_port6 = ntohs(sin6.sin6_port);
}

static int open_unix(struct host *h, uint32_t endpoint, struct page_endpoint *row, struct err *err)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	char name[24];

	snprintf(name, sizeof(name), "u%u", endpoint);
	rundir_path(&h->dir, name, un.sun_path, sizeof(un.sun_path));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&un, sizeof(un)) < 0 || chmod(un.sun_path, 0666) < 0 || listen(fd, BACKLOG) < 0) {
		err_set(err, ERR_IO, "%s: no listener in the run directory: %s", h->endpoints[endpoint].boundary, strerror(errno));
		if (fd >= 0)
			close(fd);
		return ERR_IO;
	}
	memcpy(row->to_path, un.sun_path, sizeof(row->to_path));
	return add_listener(h, fd, endpoint, false, true) ? 0 : err_set(err, ERR_IO, "out of memory");
}

/* libpq's layer takes connections there (shim/carry.c), unless rules want to see their TLS. */
static bool wants_local(const struct host *h, uint32_t endpoint, const struct page_endpoint *row)
{
	const struct served *s = h->endpoints[endpoint].service;

	return h->page.page->layers & PAGE_LAYER_LIBPQ && s->type && s->type->codec && s->type->codec->local && !relay_wanted(h, endpoint) &&
	       !rules_on(h->rules, PORT_TLS, slice_str(s->declared->name), SLICE_NONE) &&
	       (row->asked.family == WIRE_INET || row->name == UINT32_MAX);
}

int listen_endpoint(struct host *h, uint32_t endpoint, struct page_endpoint *row, struct err *err)
{
	if (row->asked.family == WIRE_UNIX)
		return open_unix(h, endpoint, row, err);
	if (wants_local(h, endpoint, row) && open_unix(h, endpoint, row, err) < 0)
		return ERR_IO;
	/* a name has an address of either family; a V6ONLY socket reaches the one of its own alone */
	if (row->asked.family == WIRE_INET6 || row->name != UINT32_MAX)
		open_inet6(h, endpoint, row);
	/* without an IPv6 loopback an IPv6 socket goes to IPv4, v4-mapped */
	return row->asked.family == WIRE_INET6 && row->to_port6 ? 0 : open_inet(h, endpoint, row, err);
}

static void on_listener_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void listen_close_all(struct host *h)
{
	for (size_t i = 0; i < h->nendpoints; i++) {
		for (struct listener *l = h->endpoints[i].listeners, *next; l; l = next) {
			next = l->next;
			uv_poll_stop(&l->poll);
			close(l->fd);
			uv_close((uv_handle_t *)&l->poll, on_listener_closed);
		}
		h->endpoints[i].listeners = NULL;
	}
}

void listen_record(struct host *h, const struct wire_connect *c, struct process *p)
{
	size_t kept = 0;

	if (relay_wanted(h, c->endpoint) || session_claim(h, c, p))
		return;
	struct arrival *a = calloc(1, sizeof(*a));
	if (!a)
		return;
	*a = (struct arrival){ .next = h->arrivals, .port = c->local_port, .v6 = c->v6, .endpoint = c->endpoint, .tid = c->head.tid, .delay_ms = c->delay_ms, .process = p };
	h->arrivals = a;
	for (struct arrival **at = &h->arrivals; *at;) {
		if (++kept <= ARRIVALS_KEPT) {
			at = &(*at)->next;
			continue;
		}
		struct arrival *old = *at;
		*at = old->next;
		free(old);
	}
}

void listen_report_missed(struct host *h)
{
	struct arrival *oldest = NULL;

	while (h->arrivals) { /* the newest is first */
		struct arrival *a = h->arrivals;
		h->arrivals = a->next;
		a->next = oldest;
		oldest = a;
	}
	while (oldest) {
		struct arrival *a = oldest;
		oldest = a->next;
		session_missed(h, a->endpoint, a->port, a->process, a->tid);
		free(a);
	}
}

void listen_forget_all(struct host *h)
{
	while (h->arrivals) {
		struct arrival *next = h->arrivals->next;
		free(h->arrivals);
		h->arrivals = next;
	}
}

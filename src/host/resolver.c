/* resolver: sockets, and what is known of a name. Each question is an event,
 * except that a client's A and AAAA questions for one name are one. */
#include "host/resolver.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "host/dns_wire.h"
#include "host/guard.h"
#include "host/inside.h"
#include "host/owner.h"

#define QUERY_MAX 4096
#define PAIRS 32 /* questions remembered, to tell the second half of a pair */
#define SOCKETS 4 /* UDP and TCP, IPv4 and IPv6 */

/* A socket that waits: datagrams, or connections. */
struct desk {
	struct resolver *resolver;
	uv_poll_t poll;
	int fd;
	bool stream;
};

/* A connection: questions with their length before them (RFC 1035 section 4.2.2). */
struct line {
	struct resolver *resolver;
	struct line *next, *prev;
	uv_poll_t poll;
	int fd;
	struct process *process;
	size_t len;
	unsigned char bytes[2 + QUERY_MAX];
};

struct pair {
	pid_t pid;
	char name[DNS_NAME_BYTES];
	bool a, aaaa;
};

struct resolver {
	struct host *host;
	struct desk *desks[SOCKETS];
	struct line *lines;
	struct pair pairs[PAIRS];
	size_t next_pair;
};

/* ---- what is known -------------------------------------------------------------- */

/* The first of the two says it all: whether a name exists does not depend on the family. */
static bool second_half(struct resolver *r, const struct process *p, const struct dns_question *q)
{
	bool four = q->type == DNS_A;

	for (size_t i = 0; i < PAIRS; i++) {
		struct pair *pair = &r->pairs[i];
		if (pair->pid != p->pid || strcmp(pair->name, q->name) != 0)
			continue;
		bool *mine = four ? &pair->a : &pair->aaaa, *other = four ? &pair->aaaa : &pair->a;
		bool second = *other && !*mine;
		*mine = true;
		*other = second ? *other : false; /* asked again: a new pair begins */
		return second;
	}
	struct pair *pair = &r->pairs[r->next_pair++ % PAIRS];
	*pair = (struct pair){ .pid = p->pid, .a = four, .aaaa = !four };
	memcpy(pair->name, q->name, sizeof(pair->name));
	return false;
}

static bool ends_in(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

/* Who has this address? */
static size_t answer_reverse(struct host *h, const struct dns_question *q, unsigned char *out)
{
	struct wire_addr a = { 0 };
	unsigned char data[DNS_NAME_BYTES];
	size_t n = dns_reversed(q->name, a.ip);

	a.family = n == 4 ? WIRE_INET : WIRE_INET6;
	const struct page_name *row = n ? publish_name_of(&h->page, &a) : NULL;
	n = row ? dns_name(data, row->name) : 0;
	return n ? dns_answer(out, q, DNS_NOERROR, data, n) : dns_answer(out, q, DNS_NXDOMAIN, NULL, 0);
}

static bool is_machine(const char *name)
{
	struct utsname machine;

	return uname(&machine) == 0 && strcasecmp(machine.nodename, name) == 0;
}

static size_t answer(struct resolver *r, struct process *p, const unsigned char *query, size_t len, unsigned char *out)
{
	static const unsigned char loopback4[4] = { 127, 0, 0, 1 }, loopback6[16] = { [15] = 1 };
	struct host *h = r->host;
	struct dns_question q;
	bool four, address;

	if (dns_parse(&q, query, len) < 0)
		return 0;
	four = q.type == DNS_A;
	address = four || q.type == DNS_AAAA;
	if (q.type == DNS_PTR && ends_in(q.name, ".arpa"))
		return answer_reverse(h, &q, out);
	if (is_machine(q.name)) /* no /etc/hosts says it: then the run's own addresses */
		return dns_answer(out, &q, DNS_NOERROR, !address ? NULL : four ? isolate_own4 : isolate_own6, four ? 4 : 16);
	struct slice rule;
	int fault = address ? names_fault(h, p, q.name, &rule) : 0;
	if (fault) {
		if (!second_half(r, p, &q))
			events_dns(h, p, 0, slice_str(q.name), fault, rule.ptr);
		return fault == EAI_AGAIN ? 0 : dns_answer(out, &q, DNS_NXDOMAIN, NULL, 0);
	}
	uint32_t name = services_claim_name(h, q.name);
	if (name == UINT32_MAX && (strcmp(q.name, "localhost") == 0 || ends_in(q.name, ".localhost"))) /* RFC 6761 section 6.3 */
		return dns_answer(out, &q, DNS_NOERROR, !address ? NULL : four ? loopback4 : loopback6, four ? 4 : 16);
	if (!address || !second_half(r, p, &q))
		events_dns(h, p, 0, slice_str(q.name), name == UINT32_MAX ? EAI_NONAME : 0, NULL);
	if (name == UINT32_MAX)
		return dns_answer(out, &q, DNS_NXDOMAIN, NULL, 0);
	const struct page_name *row = &h->page.page->name[name];
	return dns_answer(out, &q, DNS_NOERROR, !address ? NULL : four ? (const void *)&row->ip4 : row->ip6, four ? 4 : 16);
}

/* A process without the shim is unshimmed; one with it just has a resolver of its own. */
static struct process *who_asks(struct host *h, unsigned long inode)
{
	control_drain(h);
	return owner_process(h, owner_of_inode(inode), false);
}

/* ---- datagrams ------------------------------------------------------------------- */

/* One question. The answer must come from the address that was asked, which
 * IP_PKTINFO tells and, sent back as it came, also sets. False: no more. */
static bool serve_datagram(struct desk *d)
{
	unsigned char query[QUERY_MAX], out[DNS_ANSWER_MAX];
	struct sockaddr_storage peer;
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(struct in_pktinfo))];
	} control;
	struct iovec part = { query, sizeof(query) };
	struct msghdr msg = { .msg_name = &peer, .msg_namelen = sizeof(peer), .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };
	struct wire_addr from;

	ssize_t n = recvmsg(d->fd, &msg, MSG_DONTWAIT);
	if (n < 0)
		return errno == EINTR;
	from = address_read(&peer, WIRE_UDP);
	struct process *p = who_asks(d->resolver->host, owner_udp_inode(guard_diag(d->resolver->host), &from));
	size_t len = answer(d->resolver, p, query, (size_t)n, out);
	if (!len)
		return true;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c))
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;
			memcpy(&info, CMSG_DATA(c), sizeof(info));
			info.ipi_spec_dst = info.ipi_addr;
			memcpy(CMSG_DATA(c), &info, sizeof(info));
		}
	part = (struct iovec){ out, len };
	trace_flush(d->resolver->host->trace); /* what is answered was written down before */
	if (sendmsg(d->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return true; /* it does not wait any more */
	return true;
}

/* ---- connections ----------------------------------------------------------------- */

static void on_line_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void drop_line(struct line *l)
{
	if (l->prev)
		l->prev->next = l->next;
	else
		l->resolver->lines = l->next;
	if (l->next)
		l->next->prev = l->prev;
	uv_poll_stop(&l->poll);
	close(l->fd);
	uv_close((uv_handle_t *)&l->poll, on_line_closed);
}

/* False: it is no name system's talk. */
static bool serve_line(struct line *l)
{
	unsigned char out[2 + DNS_ANSWER_MAX];

	while (l->len >= 2) {
		size_t size = (size_t)(l->bytes[0] << 8 | l->bytes[1]);
		if (size > QUERY_MAX)
			return false;
		if (l->len < 2 + size)
			return true;
		size_t n = answer(l->resolver, l->process, l->bytes + 2, size, out + 2);
		if (!n)
			return false;
		out[0] = (unsigned char)(n >> 8);
		out[1] = (unsigned char)n;
		trace_flush(l->resolver->host->trace);
		if (send(l->fd, out, n + 2, MSG_NOSIGNAL) != (ssize_t)(n + 2))
			return false;
		l->len -= 2 + size;
		memmove(l->bytes, l->bytes + 2 + size, l->len);
	}
	return true;
}

static void on_line(uv_poll_t *poll, int status, int events)
{
	struct line *l = poll->data;

	(void)events;
	ssize_t n = status < 0 ? 0 : recv(l->fd, l->bytes + l->len, sizeof(l->bytes) - l->len, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		l->len += (size_t)n;
	if (n <= 0 || !serve_line(l))
		drop_line(l);
}

static bool accept_line(struct desk *d)
{
	struct resolver *r = d->resolver;
	struct sockaddr_storage peer, own;
	socklen_t peer_len = sizeof(peer), own_len = sizeof(own);
	struct wire_addr from, to;
	int fd = accept4(d->fd, (struct sockaddr *)&peer, &peer_len, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return false;
	struct line *l = calloc(1, sizeof(*l));
	if (!l || getsockname(fd, (struct sockaddr *)&own, &own_len) < 0 || uv_poll_init(&r->host->loop, &l->poll, fd) != 0) {
		free(l);
		close(fd);
		return true;
	}
	from = address_read(&peer, WIRE_TCP);
	to = address_read(&own, WIRE_TCP);
	l->resolver = r;
	l->fd = fd;
	l->poll.data = l;
	l->process = who_asks(r->host, owner_tcp_inode(guard_diag(r->host), &from, &to));
	l->next = r->lines;
	if (l->next)
		l->next->prev = l;
	r->lines = l;
	uv_poll_start(&l->poll, UV_READABLE, on_line);
	return true;
}

/* ---- life ------------------------------------------------------------------------ */

static void on_desk(uv_poll_t *poll, int status, int events)
{
	struct desk *d = poll->data;

	(void)status;
	(void)events;
	for (int i = 0; i < 64; i++)
		if (d->stream ? !accept_line(d) : !serve_datagram(d))
			return;
}

static struct desk *open_desk(struct resolver *r, int family, bool stream)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(RESOLVER_PORT) };
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6, .sin6_port = htons(RESOLVER_PORT) };
	bool six = family == AF_INET6;
	int on = 1, fd = isolate_socket(r->host, family, stream ? SOCK_STREAM : SOCK_DGRAM, 0);
	struct desk *d = calloc(1, sizeof(*d));

	if (fd >= 0 && six)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (fd >= 0 && !stream)
		setsockopt(fd, six ? IPPROTO_IPV6 : IPPROTO_IP, six ? IPV6_RECVPKTINFO : IP_PKTINFO, &on, sizeof(on));
	/* taken: a service is declared on the port, and answers itself */
	if (!d || fd < 0 || bind(fd, six ? (struct sockaddr *)&sin6 : (struct sockaddr *)&sin, six ? sizeof(sin6) : sizeof(sin)) < 0 ||
	    (stream && listen(fd, 128) < 0) || uv_poll_init(&r->host->loop, &d->poll, fd) != 0) {
		if (fd >= 0)
			close(fd);
		free(d);
		return NULL;
	}
	d->resolver = r;
	d->fd = fd;
	d->stream = stream;
	d->poll.data = d;
	uv_poll_start(&d->poll, UV_READABLE, on_desk);
	return d;
}

static void on_desk_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void close_desk(struct desk **d)
{
	if (!*d)
		return;
	uv_poll_stop(&(*d)->poll);
	close((*d)->fd);
	uv_close((uv_handle_t *)&(*d)->poll, on_desk_closed);
	*d = NULL;
}

int resolver_open(struct host *h, struct err *err)
{
	struct resolver *r = calloc(1, sizeof(*r));

	if (!r)
		return err_set(err, ERR_IO, "out of memory");
	r->host = h;
	h->resolver = r;
	for (int i = 0; i < SOCKETS; i++)
		r->desks[i] = open_desk(r, i & 1 ? AF_INET6 : AF_INET, i & 2);
	return 0;
}

void resolver_yield(struct host *h, int transport)
{
	for (int i = 0; h->resolver && i < SOCKETS; i++)
		if (!(i & 2) == (transport == WIRE_UDP))
			close_desk(&h->resolver->desks[i]);
}

void resolver_close(struct host *h)
{
	if (!h->resolver)
		return;
	for (int i = 0; i < SOCKETS; i++)
		close_desk(&h->resolver->desks[i]);
	while (h->resolver->lines)
		drop_line(h->resolver->lines);
	free(h->resolver);
	h->resolver = NULL;
}

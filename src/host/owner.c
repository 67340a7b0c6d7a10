/* owner: from a socket to its process, by sock_diag(7) and /proc. */
#include "host/owner.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/inside.h"
#include "host/launch.h"
#include "host/why.h"

#define ROOM (32 * 1024) /* one answer of a dump: the kernel fills at most this */

struct question {
	struct nlmsghdr head;
	struct inet_diag_req_v2 body;
};

int owner_open(struct host *h)
{
	int fd = isolate_socket(h, AF_NETLINK, SOCK_DGRAM, NETLINK_SOCK_DIAG);

	if (fd >= 0) /* answers come before send returns; blocking is right */
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	return fd;
}

/* ---- the kernel's tables ------------------------------------------------------ */

/* One exact look-up. False: no such socket. */
static bool ask_tcp(int diag, const struct wire_addr *local, const struct wire_addr *remote, struct inet_diag_msg *found)
{
	struct question q = { .head = { .nlmsg_len = sizeof(q), .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST },
			      .body = { .sdiag_family = local->family == WIRE_INET6 ? AF_INET6 : AF_INET,
					.sdiag_protocol = IPPROTO_TCP,
					.idiag_states = ~0u,
					.id = { .idiag_sport = htons(local->port),
						.idiag_dport = htons(remote->port),
						.idiag_cookie = { INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE } } } };
	char room[1024];

	memcpy(q.body.id.idiag_src, local->ip, 16);
	memcpy(q.body.id.idiag_dst, remote->ip, 16);
	if (send(diag, &q, sizeof(q), 0) < 0)
		return false;
	ssize_t n = recv(diag, room, sizeof(room), 0);
	const struct nlmsghdr *answer = (const struct nlmsghdr *)room;
	if (n < (ssize_t)NLMSG_LENGTH(sizeof(*found)) || answer->nlmsg_type != SOCK_DIAG_BY_FAMILY)
		return false;
	memcpy(found, NLMSG_DATA(answer), sizeof(*found));
	return true;
}

unsigned long owner_tcp_inode(int diag, const struct wire_addr *local, const struct wire_addr *remote)
{
	struct inet_diag_msg found;

	return ask_tcp(diag, local, remote, &found) ? found.idiag_inode : 0;
}

bool owner_tcp_known(int diag, const struct wire_addr *local, const struct wire_addr *remote)
{
	struct inet_diag_msg found;

	return ask_tcp(diag, local, remote, &found);
}

unsigned long owner_tcp_listener(int diag, const struct wire_addr *at)
{
	static const struct wire_addr nobody;
	struct inet_diag_msg found;

	return ask_tcp(diag, at, &nobody, &found) && found.idiag_state == TCP_LISTEN ? found.idiag_inode : 0;
}

/* The best of one answer: a socket of that very address beats one of any. */
static void pick_udp(const struct nlmsghdr *answer, const struct wire_addr *local, unsigned long *exact, unsigned long *any)
{
	static const unsigned char zero[16];
	const struct inet_diag_msg *m = NLMSG_DATA(answer);
	size_t len = local->family == WIRE_INET6 ? 16 : 4;

	if (ntohs(m->id.idiag_sport) != local->port)
		return;
	if (memcmp(m->id.idiag_src, local->ip, len) == 0)
		*exact = m->idiag_inode;
	else if (memcmp(m->id.idiag_src, zero, len) == 0)
		*any = m->idiag_inode;
}

static void dump_udp(int diag, int family, const struct wire_addr *local, unsigned long *exact, unsigned long *any)
{
	struct question q = { .head = { .nlmsg_len = sizeof(q), .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
			      .body = { .sdiag_family = (unsigned char)family, .sdiag_protocol = IPPROTO_UDP, .idiag_states = ~0u } };
	static char room[ROOM];

	if (send(diag, &q, sizeof(q), 0) < 0)
		return;
	for (;;) {
		ssize_t n = recv(diag, room, sizeof(room), 0);
		if (n <= 0)
			return;
		size_t left = (size_t)n;
		for (const struct nlmsghdr *a = (const struct nlmsghdr *)room; NLMSG_OK(a, left); a = NLMSG_NEXT(a, left)) {
			if (a->nlmsg_type != SOCK_DIAG_BY_FAMILY)
				return; /* the end, or an error */
			pick_udp(a, local, exact, any);
		}
	}
}

unsigned long owner_udp_inode(int diag, const struct wire_addr *local)
{
	unsigned long exact = 0, any = 0;

	dump_udp(diag, local->family == WIRE_INET6 ? AF_INET6 : AF_INET, local, &exact, &any);
	/* an IPv6 socket that sends to IPv4 is in the other table, with any address */
	if (!exact && !any && local->family == WIRE_INET) {
		struct wire_addr mapped = { .family = WIRE_INET6, .port = local->port };
		mapped.ip[10] = mapped.ip[11] = 0xff;
		memcpy(mapped.ip + 12, local->ip, 4);
		dump_udp(diag, AF_INET6, &mapped, &exact, &any);
	}
	return exact ? exact : any;
}

/* Whether this bound socket lies on that file. The device is not asked for: some
 * file systems (overlayfs, btrfs) show another one to stat(2). */
static bool lies_on(const struct nlmsghdr *answer, const struct stat *file)
{
	const struct unix_diag_msg *m = NLMSG_DATA(answer);
	int left = (int)(answer->nlmsg_len - NLMSG_LENGTH(sizeof(*m)));

	for (const struct rtattr *a = (const struct rtattr *)(m + 1); RTA_OK(a, left); a = RTA_NEXT(a, left))
		if (a->rta_type == UNIX_DIAG_VFS)
			return ((const struct unix_diag_vfs *)RTA_DATA(a))->udiag_vfs_ino == (uint32_t)file->st_ino;
	return false;
}

unsigned long owner_unix_inode(int diag, const struct stat *file)
{
	struct {
		struct nlmsghdr head;
		struct unix_diag_req body;
	} q = { .head = { .nlmsg_len = sizeof(q), .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.body = { .sdiag_family = AF_UNIX, .udiag_states = ~0u, .udiag_show = UDIAG_SHOW_VFS } };
	static char room[ROOM];
	unsigned long found = 0;

	if (send(diag, &q, sizeof(q), 0) < 0)
		return 0;
	for (;;) {
		ssize_t n = recv(diag, room, sizeof(room), 0);
		if (n <= 0)
			return found;
		size_t left = (size_t)n;
		for (const struct nlmsghdr *a = (const struct nlmsghdr *)room; NLMSG_OK(a, left); a = NLMSG_NEXT(a, left)) {
			if (a->nlmsg_type != SOCK_DIAG_BY_FAMILY)
				return found;
			/* a connection that was accepted has its listener's file: any of them will do, its process is the same */
			if (lies_on(a, file))
				found = ((const struct unix_diag_msg *)NLMSG_DATA(a))->udiag_ino;
		}
	}
}

/* ---- /proc ---------------------------------------------------------------------- */

static bool holds(pid_t pid, const char *socket)
{
	char folder[64], path[400], link[64];
	bool found = false;

	snprintf(folder, sizeof(folder), "/proc/%d/fd", (int)pid);
	DIR *dir = opendir(folder);
	struct dirent *e;
	while (dir && !found && (e = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		ssize_t n = readlink(path, link, sizeof(link) - 1);
		found = n > 0 && slice_eq_str(slice_of(link, (size_t)n), socket);
	}
	if (dir)
		closedir(dir);
	return found;
}

pid_t owner_of_inode(unsigned long inode)
{
	static pid_t last; /* whoever came past the shim comes again */
	char socket[64];
	pid_t found = 0;

	if (!inode)
		return 0;
	snprintf(socket, sizeof(socket), "socket:[%lu]", inode);
	if (last && holds(last, socket))
		return last;
	DIR *dir = opendir("/proc");
	struct dirent *e;
	while (dir && !found && (e = readdir(dir))) {
		uint64_t pid;
		if (slice_to_u64(slice_str(e->d_name), &pid) && (pid_t)pid != getpid() && holds((pid_t)pid, socket))
			found = (pid_t)pid;
	}
	if (dir)
		closedir(dir);
	if (found)
		last = found;
	return found;
}

static struct slice last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slice_str(slash && slash[1] ? slash + 1 : path);
}

/* The last part of argv[0], as a hello would give it. */
static struct slice program_name(pid_t pid, char *room, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, room, size - 1) : 0;
	if (fd >= 0)
		close(fd);
	room[n > 0 ? n : 0] = '\0';
	return room[0] ? last_part(room) : SLICE_LIT("program");
}

/* Who else lives inside: one process without the shim, or one process at all. */
static pid_t only_suspect(struct host *h)
{
	char path[64], ours[64], theirs[64];
	pid_t with = 0, without = 0;
	int nwith = 0, nwithout = 0;
	DIR *dir = opendir("/proc");
	struct dirent *e;

	snprintf(path, sizeof(path), "%s/ns/net", isolate_proc(h));
	ssize_t len = readlink(path, ours, sizeof(ours));
	while (dir && len > 0 && (e = readdir(dir))) {
		uint64_t pid;
		if (!slice_to_u64(slice_str(e->d_name), &pid) || isolate_is_keeper(h, (pid_t)pid))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/ns/net", e->d_name);
		if (readlink(path, theirs, sizeof(theirs)) != len || memcmp(ours, theirs, (size_t)len) != 0)
			continue;
		if (why_has_shim((pid_t)pid)) {
			with = (pid_t)pid;
			nwith++;
		} else {
			without = (pid_t)pid;
			nwithout++;
		}
	}
	if (dir)
		closedir(dir);
	return nwithout == 1 ? without : !nwithout && nwith == 1 ? with : 0;
}

void owner_accuse_root(struct host *h)
{
	char path[4096];

	launch_find(h->options->argv[0], path, sizeof(path));
	const char *why = path[0] ? launch_obstacle(path) : NULL;
	unshimmed_add(&h->unshimmed, last_part(h->options->argv[0]), why ? why : "did not load the shim");
}

struct process *owner_process(struct host *h, pid_t pid, bool accuse)
{
	static struct process unknown = { .program = (char *)"unknown", .role = (char *)"unknown" };
	char name[512];
	struct process *p;

	if (!pid)
		pid = only_suspect(h);
	if (pid && why_has_shim(pid) && (p = events_asking(h, pid, true))) {
		if (accuse)
			unshimmed_add(&h->unshimmed, slice_str(p->program), why_past(pid));
		return p;
	}
	if (!pid && h->processes.count <= 1) { /* it is gone, and was alone */
		p = process_find(&h->processes, h->root);
		if (!p)
			p = events_hello(h, h->root, getpid(), last_part(h->options->argv[0]), 0, SLICE_NONE);
		if (h->root_hello)
			unshimmed_add(&h->unshimmed, slice_str(p->program), why_past(0));
		else
			owner_accuse_root(h);
		return p;
	}
	if (!pid) {
		unshimmed_add(&h->unshimmed, slice_str(unknown.program), "a process went past the shim and ended before it could be named");
		return &unknown;
	}
	struct slice program = program_name(pid, name, sizeof(name));
	p = process_find(&h->processes, pid);
	if (!p || !slice_eq_str(program, p->program))
		p = events_hello(h, pid, process_parent_of(pid), program, 0, SLICE_NONE);
	unshimmed_add(&h->unshimmed, program, why_without(pid));
	return p;
}

/*
 * reach DOOR CALL SOCKET ADDRESS PORT [WHEN]: tries once to reach an address.
 *
 * DOOR: doors.c. CALL: connect, nonblock (connect on a non-blocking socket), sendto, sendmsg, sendmmsg,
 * each of the three with fast: MSG_FASTOPEN, fastopen (TCP_FASTOPEN_CONNECT, then write).
 * SOCKET: tcp4 tcp6 mapped udp4 udp6 udpmapped mptcp sctp dccp udplite icmp icmp6 raw4 (protocol 253) packet
 * unix unixdgram unixseq abstract abstractdgram vsock; PORT is ignored where there is none.
 * WHEN: now (default), fork, vfork, clone, thread, signal, exit (a destructor), constructor, dup, passed.
 *
 * Says "sent", "refused ERRNO" or "impossible ERRNO" (no such door or socket here), always exits 0.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doors.h"

#ifndef TCP_FASTOPEN_CONNECT
#define TCP_FASTOPEN_CONNECT 30
#endif

/* linux/vm_sockets.h and linux/if_packet.h, which musl's programs lack */
struct vm_address { unsigned short family, zero; unsigned port, cid; unsigned char rest[4]; };
struct link_address { unsigned short family, protocol; int index; unsigned short type; unsigned char kind, len, address[8]; };

static char **args;
static struct sockaddr_storage to;
static int family, type = SOCK_STREAM, protocol;
static socklen_t to_len;

static bool is(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static void say(const char *what, int error)
{
	char line[64];
	int n = snprintf(line, sizeof(line), error ? "%s %d\n" : "%s\n", what, error);

	if (write(1, line, (size_t)n) < 0)
		_exit(9);
}

static void address_ip(const char *ip, int port)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&to;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&to;

	if (family == AF_INET) {
		in->sin_family = AF_INET;
		in->sin_port = htons((uint16_t)port);
		inet_pton(AF_INET, ip, &in->sin_addr);
		to_len = sizeof(*in);
	} else {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons((uint16_t)port);
		inet_pton(AF_INET6, ip, &in6->sin6_addr);
		to_len = sizeof(*in6);
	}
}

static void address_unix(const char *path, bool abstract)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&to;

	un->sun_family = family = AF_UNIX;
	strncpy(un->sun_path + abstract, path, sizeof(un->sun_path) - 1 - abstract);
	to_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + abstract + strlen(path) + !abstract);
}

/* family, type, protocol and address of SOCKET. */
static void prepare(const char *kind, const char *address, int port)
{
	static const struct { const char *name; int family, type, protocol; } kinds[] = {
		{ "tcp4", AF_INET, SOCK_STREAM, 0 },   { "tcp6", AF_INET6, SOCK_STREAM, 0 },    { "mapped", AF_INET6, SOCK_STREAM, 0 },
		{ "udp4", AF_INET, SOCK_DGRAM, 0 },    { "udp6", AF_INET6, SOCK_DGRAM, 0 },     { "udpmapped", AF_INET6, SOCK_DGRAM, 0 },
		{ "mptcp", AF_INET, SOCK_STREAM, 262 },{ "sctp", AF_INET, SOCK_STREAM, 132 },   { "dccp", AF_INET, 6, 33 },
		{ "udplite", AF_INET, SOCK_DGRAM, 136 },{ "udplite6", AF_INET6, SOCK_DGRAM, 136 },
		{ "ping4", AF_INET, SOCK_DGRAM, IPPROTO_ICMP }, { "ping6", AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6 },
		{ "icmp", AF_INET, SOCK_RAW, IPPROTO_ICMP }, { "icmp6", AF_INET6, SOCK_RAW, IPPROTO_ICMPV6 },
		{ "raw4", AF_INET, SOCK_RAW, 253 },    { "raw6", AF_INET6, SOCK_RAW, 253 },
	};

	if (is(kind, "unix") || is(kind, "unixdgram") || is(kind, "unixseq") || is(kind, "abstract") || is(kind, "abstractdgram")) {
		type = strstr(kind, "dgram") ? SOCK_DGRAM : is(kind, "unixseq") ? SOCK_SEQPACKET : SOCK_STREAM;
		address_unix(address, kind[0] == 'a');
		return;
	}
	if (is(kind, "vsock")) {
		struct vm_address vm = { .family = 40, .port = (unsigned)port, .cid = 1 };
		family = 40;
		memcpy(&to, &vm, to_len = sizeof(vm));
		return;
	}
	if (is(kind, "packet")) {
		struct link_address link = { .family = 17, .protocol = htons(0x0800), .index = (int)if_nametoindex("lo"), .len = 6 };
		family = 17;
		type = SOCK_DGRAM;
		memcpy(&to, &link, to_len = sizeof(link));
		return;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (is(kind, kinds[i].name)) {
			family = kinds[i].family;
			type = kinds[i].type;
			protocol = kinds[i].protocol;
			address_ip(address, port);
			return;
		}
	exit(2);
}

static void attempt(void)
{
	const char *how = args[2];
	const struct door *door = doors;
	int fd = socket(family, type, protocol), on = 1;
	struct ask ask = { .fd = fd, .to = (struct sockaddr *)&to, .len = to_len };

	while (door->name && !is(door->name, args[1]))
		door++;
	if (!door->name || fd < 0) {
		say("impossible", door->name ? errno : ENOSYS);
		return;
	}
	if (is(args[6] ? args[6] : "", "dup"))
		ask.fd = fcntl(fd, F_DUPFD, 100);
	if (is(how, "nonblock"))
		fcntl(fd, F_SETFL, O_NONBLOCK);
	if (is(how, "fastopen") && setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof(on)) < 0) {
		say("impossible", errno);
		return;
	}
	if (strncmp(how, "fast", 4) == 0 && !is(how, "fastopen")) {
		ask.flags = MSG_FASTOPEN;
		how += 4;
	}
	ask.call = is(how, "sendto") ? SENDTO : is(how, "sendmsg") ? SENDMSG : is(how, "sendmmsg") ? SENDMMSG : CONNECT;
	long r = door->go(&ask);
	if (r < 0 && errno == ENOSYS) {
		say("impossible", errno);
		return;
	}
	if (r < 0 && errno != EINPROGRESS) {
		say("refused", errno);
		return;
	}
	/* connected, or on its way: whatever it may say */
	if (ask.call == CONNECT && is(how, "nonblock"))
		usleep(50000);
	signal(SIGPIPE, SIG_IGN);
	r = write(fd, "x", 1);
	say("sent", 0);
}

static void *on_thread(void *unused)
{
	attempt();
	return unused;
}

static void on_signal(int unused)
{
	(void)unused;
	attempt();
}

static int on_clone(void *unused)
{
	(void)unused;
	attempt();
	return 0;
}

static void wait_for(pid_t pid)
{
	while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
}

static void run(const char *when)
{
	static char stack[256 * 1024] __attribute__((aligned(16)));
	pthread_t thread;
	pid_t pid;

	if (is(when, "fork")) {
		if ((pid = fork()) == 0) {
			attempt();
			_exit(0);
		}
		wait_for(pid);
	} else if (is(when, "vfork")) {
		if ((pid = vfork()) == 0) {
			attempt();
			_exit(0);
		}
		wait_for(pid);
	} else if (is(when, "clone")) {
		wait_for(clone(on_clone, stack + sizeof(stack), CLONE_VM | CLONE_FILES | SIGCHLD, NULL));
	} else if (is(when, "rawfork")) {
		if ((pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)) == 0) {
			attempt();
			_exit(0);
		}
		wait_for(pid);
	} else if (is(when, "thread")) {
		pthread_create(&thread, NULL, on_thread, NULL);
		pthread_join(thread, NULL);
	} else if (is(when, "signal")) {
		signal(SIGALRM, on_signal);
		raise(SIGALRM);
	} else {
		attempt();
	}
}

static bool at(const char *when)
{
	return args && args[6] && is(args[6], when);
}

__attribute__((constructor(101))) static void early(int argc, char **argv)
{
#ifdef __GLIBC__
	if (argc > 6 && is(argv[6], "constructor")) {
		args = argv;
		prepare(argv[3], argv[4], atoi(argv[5]));
		attempt();
	}
#else
	(void)argc;
	(void)argv;
#endif
}

__attribute__((destructor)) static void late(void)
{
	if (at("exit"))
		attempt();
}

int main(int argc, char **argv)
{
	if (argc < 6)
		return 2;
	args = argv;
	prepare(argv[3], argv[4], atoi(argv[5]));
	if (!at("exit") && !at("constructor"))
		run(argc > 6 ? argv[6] : "now");
	return 0;
}

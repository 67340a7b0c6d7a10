/*
 * prog_net: a program that resolves, connects and sends, and prints what came
 * of it. It knows nothing of seam; its lines are what the tests compare.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *err_name(int error)
{
	return error ? strerrorname_np(error) : "0";
}

static const char *eai_name(int error)
{
	switch (error) {
	case 0: return "0";
	case EAI_NONAME: return "EAI_NONAME";
	case EAI_FAMILY: return "EAI_FAMILY";
	case EAI_SERVICE: return "EAI_SERVICE";
	case EAI_BADFLAGS: return "EAI_BADFLAGS";
	case EAI_SOCKTYPE: return "EAI_SOCKTYPE";
	case EAI_OVERFLOW: return "EAI_OVERFLOW";
	default: return gai_strerror(error);
	}
}

static void print_addr(const void *addr)
{
	const struct sockaddr *sa = addr;
	char text[INET6_ADDRSTRLEN] = "?";

	if (sa->sa_family == AF_INET)
		printf("%s:%u", inet_ntop(AF_INET, &((const struct sockaddr_in *)addr)->sin_addr, text, sizeof(text)),
		       ntohs(((const struct sockaddr_in *)addr)->sin_port));
	else if (sa->sa_family == AF_INET6)
		printf("[%s]:%u", inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)addr)->sin6_addr, text, sizeof(text)),
		       ntohs(((const struct sockaddr_in6 *)addr)->sin6_port));
	else
		printf("%s", ((const struct sockaddr_un *)addr)->sun_path);
}

static socklen_t parse(struct sockaddr_storage *to, const char *ip, int port)
{
	struct sockaddr_in *in = (void *)to;
	struct sockaddr_in6 *in6 = (void *)to;
	struct sockaddr_un *un = (void *)to;

	memset(to, 0, sizeof(*to));
	if (ip[0] == '/') {
		un->sun_family = AF_UNIX;
		strncpy(un->sun_path, ip, sizeof(un->sun_path) - 1);
		return sizeof(*un);
	}
	if (strchr(ip, ':')) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons((uint16_t)port);
		inet_pton(AF_INET6, ip, &in6->sin6_addr);
		return sizeof(*in6);
	}
	in->sin_family = AF_INET;
	in->sin_port = htons((uint16_t)port);
	inet_pton(AF_INET, ip, &in->sin_addr);
	return sizeof(*in);
}

/* resolve NAME [SERVICE] [FAMILY] [FLAGS] */
static void resolve(const char *node, const char *service, int family, int flags)
{
	struct addrinfo hints = { .ai_family = family, .ai_flags = flags, .ai_socktype = SOCK_STREAM }, *result = NULL;
	int error = getaddrinfo(node, service, &hints, &result);

	printf("%s", eai_name(error));
	for (struct addrinfo *a = error ? NULL : result; a; a = a->ai_next) {
		printf(" ");
		print_addr(a->ai_addr);
		if (a->ai_canonname)
			printf(" canon=%s", a->ai_canonname);
	}
	printf("\n");
	if (!error)
		freeaddrinfo(result);
}

/* `error` NULL: in h_errno */
static void host_line(const char *what, const struct hostent *host, const int *error)
{
	char text[INET6_ADDRSTRLEN];

	printf("%s ", what);
	if (!host)
		printf("h_errno %d\n", error ? *error : h_errno);
	else
		printf("%s %s %d\n", host->h_name, inet_ntop(host->h_addrtype, host->h_addr_list[0], text, sizeof(text)),
		       host->h_length);
}

/* hostent NAME ADDRESS */
static void hostents(const char *name, const char *ip)
{
	struct hostent room, *result;
	char bytes[512], small[8];
	struct in_addr in;
	struct in6_addr in6;
	int h_error = 0, r;

	host_line("gethostbyname", gethostbyname(name), NULL);
	host_line("gethostbyname2", gethostbyname2(name, AF_INET6), NULL);
	r = gethostbyname_r(name, &room, bytes, sizeof(bytes), &result, &h_error);
	host_line("gethostbyname_r", r ? NULL : result, &h_error);
	r = gethostbyname2_r(name, AF_INET6, &room, bytes + 1, sizeof(bytes) - 1, &result, &h_error);
	host_line("gethostbyname2_r", r ? NULL : result, &h_error);
	r = gethostbyname_r(name, &room, small, sizeof(small), &result, &h_error);
	printf("small room %s\n", err_name(r));
	inet_pton(AF_INET, ip, &in);
	host_line("gethostbyaddr", gethostbyaddr(&in, sizeof(in), AF_INET), NULL);
	r = gethostbyaddr_r(&in, sizeof(in), AF_INET, &room, bytes, sizeof(bytes), &result, &h_error);
	host_line("gethostbyaddr_r", r ? NULL : result, &h_error);
	inet_pton(AF_INET6, "fd5e::1", &in6);
	host_line("gethostbyaddr v6", gethostbyaddr(&in6, sizeof(in6), AF_INET6), NULL);
	inet_pton(AF_INET, "203.0.113.9", &in);
	host_line("gethostbyaddr of a stranger", gethostbyaddr(&in, sizeof(in), AF_INET), NULL);
}

/* nameinfo ADDRESS PORT FLAGS */
static void nameinfo(const char *ip, int port, int flags)
{
	struct sockaddr_storage addr;
	socklen_t len = parse(&addr, ip, port);
	char host[NI_MAXHOST] = "", service[NI_MAXSERV] = "", small[3];
	int error = getnameinfo((struct sockaddr *)&addr, len, host, sizeof(host), service, sizeof(service), flags);

	printf("%s %s %s\n", eai_name(error), host, service);
	error = getnameinfo((struct sockaddr *)&addr, len, small, sizeof(small), NULL, 0, flags);
	printf("small room %s\n", eai_name(error));
}

static void read_line(int fd)
{
	char line[200];
	ssize_t n = recv(fd, line, sizeof(line) - 1, 0);

	if (n > 0) {
		line[n] = '\0';
		fputs(line, stdout);
	} else {
		printf("nothing: %s\n", n < 0 ? err_name(errno) : "end");
	}
}

/* connect FAMILY ADDRESS PORT: errno, flags and names around a blocking connect */
static void do_connect(int family, const char *ip, int port, int type)
{
	struct sockaddr_storage addr, name = { 0 };
	socklen_t len = parse(&addr, ip, port), name_len = sizeof(name);
	int fd = socket(family, type, 0), one = 1, got = 0, fd_flags, fl_flags, r;
	char tiny[4];

	fcntl(fd, F_SETFD, FD_CLOEXEC);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	fd_flags = fcntl(fd, F_GETFD);
	fl_flags = fcntl(fd, F_GETFL);
	errno = 1234;
	r = connect(fd, (struct sockaddr *)&addr, len);
	printf("connect %s\n", r < 0 ? err_name(errno) : errno == 1234 ? "ok, errno kept" : "ok, errno lost");
	if (r < 0) {
		close(fd);
		return;
	}
	printf("flags %s\n", fd_flags == fcntl(fd, F_GETFD) && fl_flags == fcntl(fd, F_GETFL) ? "kept" : "lost");
	getpeername(fd, (struct sockaddr *)&name, &name_len);
	printf("peer ");
	print_addr(&name);
	printf(" len %u\n", name_len);
	name_len = sizeof(tiny);
	getpeername(fd, (struct sockaddr *)tiny, &name_len);
	printf("peer in 4 bytes: len %u\n", name_len);
	if (type == SOCK_STREAM && family != AF_UNIX) {
		name_len = sizeof(got);
		getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &got, &name_len);
		printf("nodelay %s\n", got ? "kept" : "lost");
	}
	if (type == SOCK_DGRAM)
		send(fd, "x", 1, 0);
	read_line(fd);
	name_len = sizeof(name);
	getsockname(fd, (struct sockaddr *)&name, &name_len);
	if (family != AF_UNIX)
		printf("local port %u\n", ntohs(((struct sockaddr_in *)&name)->sin_port));
	close(fd);
}

/* nonblock ADDRESS PORT: connect() again until it says how it ended */
static void nonblock(const char *ip, int port)
{
	struct sockaddr_storage addr;
	socklen_t len = parse(&addr, ip, port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), error = -1;
	int r = connect(fd, (struct sockaddr *)&addr, len), e = errno;
	struct pollfd p = { fd, POLLOUT, 0 };

	printf("first %s\n", r == 0 || e == EINPROGRESS ? "ok" : err_name(e));
	if (r < 0 && e != EINPROGRESS)
		return;
	poll(&p, 1, 2000);
	len = sizeof(error);
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
	printf("so_error %s\n", err_name(error));
	len = parse(&addr, ip, port);
	r = connect(fd, (struct sockaddr *)&addr, len);
	printf("second %s\n", r == 0 || errno == EISCONN ? "connected" : err_name(errno));
	r = connect(fd, (struct sockaddr *)&addr, len);
	printf("third %s\n", r == 0 || errno == EISCONN ? "connected" : err_name(errno));
	p.events = POLLIN;
	poll(&p, 1, 2000);
	read_line(fd);
}

/* datagrams ADDRESS PORT */
static void datagrams(const char *ip, int port)
{
	struct sockaddr_storage addr;
	socklen_t len = parse(&addr, ip, port);
	int fd = socket(addr.ss_family, SOCK_DGRAM, 0);
	struct iovec iov = { "x", 1 };
	struct mmsghdr many[2] = { 0 };
	struct msghdr msg = { .msg_name = &addr, .msg_namelen = len, .msg_iov = &iov, .msg_iovlen = 1 };
	long n = sendto(fd, "x", 1, 0, (struct sockaddr *)&addr, len);

	printf("sendto %ld %s\n", n, n < 0 ? err_name(errno) : "");
	if (n < 0)
		return;
	read_line(fd);
	n = sendmsg(fd, &msg, 0);
	printf("sendmsg %ld, address %s\n", n, memcmp(msg.msg_name, &addr, len) == 0 ? "untouched" : "changed");
	read_line(fd);
	many[0].msg_hdr = many[1].msg_hdr = msg;
	n = sendmmsg(fd, many, 2, 0);
	printf("sendmmsg %ld of %u and %u\n", n, many[0].msg_len, many[1].msg_len);
	read_line(fd);
	read_line(fd);
}

/* fastopen ADDRESS PORT */
static void fastopen(const char *ip, int port)
{
	struct sockaddr_storage addr;
	socklen_t len = parse(&addr, ip, port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	long n = sendto(fd, "x", 1, MSG_FASTOPEN, (struct sockaddr *)&addr, len);

	printf("fastopen %ld %s\n", n, n < 0 ? err_name(errno) : "");
	if (n > 0)
		read_line(fd);
}

static void plain_connect(int fd, const char *ip, int port)
{
	struct sockaddr_storage addr;
	socklen_t len = parse(&addr, ip, port);

	printf("%s\n", connect(fd, (struct sockaddr *)&addr, len) == 0 ? "connected" : err_name(errno));
}

static const char *busy_ip;
static int busy_port;
static _Atomic int busy_failures;

static void one_round(void)
{
	struct sockaddr_storage addr;
	socklen_t len = parse(&addr, busy_ip, busy_port);
	struct addrinfo *result;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (connect(fd, (struct sockaddr *)&addr, len) < 0)
		busy_failures++;
	close(fd);
	if (getaddrinfo("db.prod", "5432", NULL, &result) == 0)
		freeaddrinfo(result);
	else
		busy_failures++;
}

static void *busy_thread(void *arg)
{
	for (int i = 0; i < 50; i++)
		one_round();
	return arg;
}

static void on_alarm(int sig)
{
	struct sockaddr_storage addr;
	socklen_t len = parse(&addr, busy_ip, busy_port);
	int fd = socket(AF_INET, SOCK_STREAM, 0), kept = errno;

	(void)sig;
	if (fd >= 0 && connect(fd, (struct sockaddr *)&addr, len) < 0)
		busy_failures++;
	close(fd);
	errno = kept;
}

/* busy ADDRESS PORT: 8 threads connect while main forks 100 children that do */
static void busy(void)
{
	pthread_t threads[8];
	int status, bad = 0;

	for (int i = 0; i < 8; i++)
		pthread_create(&threads[i], NULL, busy_thread, NULL);
	for (int i = 0; i < 100; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			busy_failures = 0;
			one_round();
			_exit(busy_failures != 0);
		}
		waitpid(pid, &status, 0);
		bad += status != 0;
	}
	for (int i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	printf("%d failures in threads, %d in children\n", busy_failures, bad);
}

/* alarms ADDRESS PORT: a signal handler connects while main does */
static void alarms(void)
{
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	struct timeval every = { 0, 500 };
	struct itimerval timer = { every, every };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	for (int i = 0; i < 500; i++)
		one_round();
	timer = (struct itimerval){ 0 };
	setitimer(ITIMER_REAL, &timer, NULL);
	printf("%d failures\n", busy_failures);
}

static void close_all(const char *ip, int port)
{
	for (int fd = 3; fd < 256; fd++)
		close(fd);
	do_connect(AF_INET, ip, port, SOCK_STREAM);
	/* the lowest descriptor is free again: nothing of seam's is open */
	printf("lowest fd %d\n", open("/dev/null", O_RDONLY));
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	const char *ip = argc > 2 ? argv[2] : "127.0.0.1";
	int port = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 0;

	signal(SIGPIPE, SIG_DFL);
	if (strcmp(what, "resolve") == 0)
		resolve(ip, argc > 3 && *argv[3] ? argv[3] : NULL, argc > 4 ? (int)strtol(argv[4], NULL, 10) : 0,
			argc > 5 ? (int)strtol(argv[5], NULL, 0) : 0);
	else if (strcmp(what, "hostent") == 0)
		hostents(ip, argv[3]);
	else if (strcmp(what, "nameinfo") == 0)
		nameinfo(ip, port, (int)strtol(argv[4], NULL, 10));
	else if (strcmp(what, "connect4") == 0)
		do_connect(AF_INET, ip, port, SOCK_STREAM);
	else if (strcmp(what, "connect6") == 0)
		do_connect(AF_INET6, ip, port, SOCK_STREAM);
	else if (strcmp(what, "unix") == 0)
		do_connect(AF_UNIX, ip, 0, SOCK_STREAM);
	else if (strcmp(what, "udp") == 0)
		do_connect(AF_INET, ip, port, SOCK_DGRAM);
	else if (strcmp(what, "nonblock") == 0)
		nonblock(ip, port);
	else if (strcmp(what, "datagrams") == 0)
		datagrams(ip, port);
	else if (strcmp(what, "fastopen") == 0)
		fastopen(ip, port);
	else if (strcmp(what, "closeall") == 0)
		close_all(ip, port);
	else if (strcmp(what, "badfd") == 0)
		plain_connect(77, ip, port);
	else if (strcmp(what, "tied") == 0) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, argv[4], (socklen_t)strlen(argv[4])) < 0)
			printf("cannot tie: %s\n", err_name(errno));
		else
			plain_connect(fd, ip, port);
	} else {
		busy_ip = ip;
		busy_port = port;
		if (strcmp(what, "busy") == 0)
			busy();
		else if (strcmp(what, "alarms") == 0)
			alarms();
		else
			return 2;
	}
	return 0;
}

/* fakehost: see fakehost.h. */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fakehost.h"

#define BLOCK4 0x7f401000u /* 127.64.16.0/20 */
#define ARGS_MAX 16

const char *build_dir(void)
{
	static char dir[400];

	if (!dir[0]) {
		ssize_t n = readlink("/proc/self/exe", dir, sizeof(dir) - 1);

		ck_assert(n > 0);
		dir[n] = '\0';
		*strrchr(dir, '/') = '\0'; /* bin/unit */
		*strrchr(dir, '/') = '\0';
	}
	return dir;
}

/* ---- what the host says ------------------------------------------------ */

static void reply(int fd, enum wire_kind kind, void *frame, size_t size, const char *text)
{
	struct wire_head *head = frame;
	struct iovec pieces[2] = { { frame, size }, { (void *)text, text ? strlen(text) : 0 } };
	struct msghdr msg = { .msg_iov = pieces, .msg_iovlen = 2 };

	*head = (struct wire_head){ .magic = WIRE_MAGIC, .version = WIRE_VERSION, .kind = (uint16_t)kind,
				    .length = (uint32_t)(size - sizeof(*head) + pieces[1].iov_len) };
	ck_assert_int_ge(sendmsg(fd, &msg, MSG_NOSIGNAL), 0);
}

static void answer_name(struct fakehost *h, int fd)
{
	struct wire_name_is is = { .name = UINT32_MAX, .result = -2 /* EAI_NONAME */ };

	if (h->name_for_globs)
		is = (struct wire_name_is){ .name = fakehost_name(h, h->name_for_globs) };
	reply(fd, WIRE_NAME_IS, &is, sizeof(is), NULL);
}

static void answer(struct fakehost *h, int fd, const struct frame *f)
{
	switch (f->u.head.kind) {
	case WIRE_NAME:
		if (f->u.name.ask)
			answer_name(h, fd);
		break;
	case WIRE_ASK: {
		struct wire_verdict verdict = h->verdict;

		if (!verdict.outcome)
			verdict.outcome = WIRE_PASSED;
		reply(fd, WIRE_VERDICT, &verdict, sizeof(verdict), NULL);
		break;
	}
	case WIRE_CALL_ASK: {
		struct wire_call_is is = h->call_is;
		bool text = is.result.kind == WIRE_STRING;

		for (int i = 0; i < WIRE_ARGS_MAX; i++)
			text |= is.out[i].kind == WIRE_STRING;
		if (is.result.kind == WIRE_STRING)
			is.result.len = (uint32_t)strlen(h->call_string);
		reply(fd, WIRE_CALL_IS, &is, sizeof(is), text ? h->call_string : NULL);
		break;
	}
	case WIRE_BYE:
		if (f->u.bye.wait) {
			struct wire_head ok;

			reply(fd, WIRE_OK, &ok, sizeof(ok), NULL);
		}
		break;
	}
}

static size_t fixed_size(int kind)
{
	switch (kind) {
	case WIRE_HELLO: return sizeof(struct wire_hello);
	case WIRE_EXEC: return sizeof(struct wire_exec);
	case WIRE_CONNECT:
	case WIRE_SEND: return sizeof(struct wire_connect);
	case WIRE_NAME: return sizeof(struct wire_name);
	case WIRE_ASK: return sizeof(struct wire_ask);
	case WIRE_CALL:
	case WIRE_CALL_ASK: return sizeof(struct wire_call);
	case WIRE_HANDLES: return sizeof(struct wire_head); /* the descriptor is dropped */
	default: return sizeof(struct wire_bye);
	}
}

static void take_frame(struct fakehost *h)
{
	static char bytes[WIRE_FRAME_MAX];
	int fd = accept(h->control, NULL, NULL);
	struct frame *f = &h->frames[h->nframes];
	ssize_t n;

	ck_assert_int_ge(fd, 0);
	n = recv(fd, bytes, sizeof(bytes), 0);
	if (n >= (ssize_t)sizeof(struct wire_head)) {
		size_t fixed = fixed_size(((struct wire_head *)bytes)->kind), rest;

		ck_assert_int_lt(h->nframes, FAKEHOST_FRAMES);
		ck_assert_int_ge(n, (int)fixed);
		rest = (size_t)n - fixed;
		memset(f, 0, sizeof(*f));
		memcpy(&f->u, bytes, fixed);
		memcpy(f->strings, bytes + fixed, rest < sizeof(f->strings) - 1 ? rest : sizeof(f->strings) - 1);
		f->len = (size_t)n;
		ck_assert_uint_eq(f->u.head.magic, WIRE_MAGIC);
		ck_assert_uint_eq(f->u.head.length, (size_t)n - sizeof(struct wire_head));
		pthread_mutex_lock(&h->lock);
		h->nframes++;
		pthread_mutex_unlock(&h->lock);
		answer(h, fd, f);
	}
	close(fd);
}

static uint16_t port_of(const struct sockaddr_storage *a)
{
	return ntohs(a->ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)a)->sin6_port :
						((const struct sockaddr_in *)a)->sin_port);
}

static void greet(struct fakehost *h, int i)
{
	struct sockaddr_storage peer = { 0 };
	socklen_t len = sizeof(peer);
	const char *line = h->listeners[i].greeting;
	char drop[2048];
	int fd;

	if (h->listeners[i].datagrams) {
		if (recvfrom(h->listeners[i].fd, drop, sizeof(drop), 0, (struct sockaddr *)&peer, &len) >= 0)
			sendto(h->listeners[i].fd, line, strlen(line), 0, (struct sockaddr *)&peer, len);
	} else {
		fd = accept(h->listeners[i].fd, (struct sockaddr *)&peer, &len);
		if (fd >= 0) {
			send(fd, line, strlen(line), MSG_NOSIGNAL);
			shutdown(fd, SHUT_WR);
			while (recv(fd, drop, sizeof(drop), MSG_DONTWAIT) > 0)
				;
			close(fd);
		}
	}
	pthread_mutex_lock(&h->lock);
	h->listeners[i].accepted++;
	h->listeners[i].last_port = port_of(&peer);
	pthread_mutex_unlock(&h->lock);
}

static void *serve(void *arg)
{
	struct fakehost *h = arg;

	for (;;) {
		struct pollfd fds[FAKEHOST_LISTENERS + 2] = { { h->stop[0], POLLIN, 0 }, { h->control, POLLIN, 0 } };
		int n;

		pthread_mutex_lock(&h->lock);
		n = h->nlisteners;
		for (int i = 0; i < n; i++)
			fds[i + 2] = (struct pollfd){ h->listeners[i].fd, POLLIN, 0 };
		pthread_mutex_unlock(&h->lock);
		if (poll(fds, (nfds_t)n + 2, -1) < 0)
			continue;
		if (fds[0].revents) {
			char what;

			if (read(h->stop[0], &what, 1) == 1 && what == 'q')
				return NULL;
		}
		if (fds[1].revents)
			take_frame(h);
		for (int i = 0; i < n; i++)
			if (fds[i + 2].revents)
				greet(h, i);
	}
}

/* ---- life --------------------------------------------------------------- */

struct fakehost *fakehost_start(void)
{
	struct fakehost *h = calloc(1, sizeof(*h));
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char path[128];
	int fd;

	ck_assert_ptr_nonnull(h);
	h->frames = calloc(FAKEHOST_FRAMES, sizeof(*h->frames));
	ck_assert_ptr_nonnull(h->frames);
	strcpy(h->dir, "/tmp/seam-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(h->dir));
	snprintf(h->shim, sizeof(h->shim), "%s/lib/libseam.so", build_dir());
	snprintf(path, sizeof(path), "%s/" WIRE_PAGE, h->dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, sizeof(struct page)), 0);
	h->page = mmap(NULL, sizeof(struct page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ck_assert_ptr_ne(h->page, MAP_FAILED);
	close(fd);
	h->page->magic = WIRE_MAGIC;
	h->page->version = WIRE_VERSION;
	h->page->mode = PAGE_FAKE;
	h->page->block4 = htonl(BLOCK4);
	h->page->host_pid = getpid();
	h->page->layers = PAGE_LAYER_LIBPQ | PAGE_LAYER_LIBCURL | PAGE_LAYER_CALLS;

	h->control = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/" WIRE_SOCK, h->dir);
	ck_assert_int_eq(bind(h->control, (struct sockaddr *)&addr, sizeof(addr)), 0);
	ck_assert_int_eq(listen(h->control, 512), 0);
	ck_assert_int_eq(pipe2(h->stop, O_CLOEXEC), 0);
	pthread_mutex_init(&h->lock, NULL);
	ck_assert_int_eq(pthread_create(&h->thread, NULL, serve, h), 0);
	return h;
}

void fakehost_kill(struct fakehost *h)
{
	if (h->control < 0)
		return;
	ck_assert_int_eq(write(h->stop[1], "q", 1), 1);
	pthread_join(h->thread, NULL);
	close(h->control);
	h->control = -1;
	for (int i = 0; i < h->nlisteners; i++)
		close(h->listeners[i].fd);
}

void fakehost_stop(struct fakehost *h)
{
	char command[128];

	fakehost_kill(h);
	close(h->stop[0]);
	close(h->stop[1]);
	munmap(h->page, sizeof(*h->page));
	snprintf(command, sizeof(command), "rm -rf %s", h->dir);
	ck_assert_int_eq(system(command), 0);
	free(h->frames);
	free(h);
}

/* ---- the page ------------------------------------------------------------ */

uint32_t fakehost_name(struct fakehost *h, const char *name)
{
	uint32_t i = h->page->names;
	struct page_name *row = &h->page->name[i];

	row->ip4 = htonl(BLOCK4 + i + 1);
	row->ip6[0] = 0xfd;
	row->ip6[1] = 0x5e;
	row->ip6[15] = (uint8_t)(i + 1);
	snprintf(row->name, sizeof(row->name), "%s", name);
	__atomic_store_n(&h->page->names, i + 1, __ATOMIC_RELEASE);
	return i;
}

static uint16_t add_listener(struct fakehost *h, int family, int type, const char *path, const char *greeting)
{
	struct sockaddr_storage addr = { 0 };
	struct sockaddr_un *un = (void *)&addr;
	socklen_t len = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
	int fd = socket(family, type | SOCK_CLOEXEC, 0), i;

	ck_assert_int_ge(fd, 0);
	addr.ss_family = (sa_family_t)family;
	if (family == AF_INET) {
		((struct sockaddr_in *)&addr)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	} else if (family == AF_INET6) {
		((struct sockaddr_in6 *)&addr)->sin6_addr = in6addr_loopback;
	} else {
		snprintf(un->sun_path, sizeof(un->sun_path), "%s", path);
		len = sizeof(*un);
	}
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr, len), 0);
	if (type == SOCK_STREAM)
		ck_assert_int_eq(listen(fd, 512), 0);
	len = sizeof(addr);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
	pthread_mutex_lock(&h->lock);
	ck_assert_int_lt(h->nlisteners, FAKEHOST_LISTENERS);
	i = h->nlisteners;
	h->listeners[i].fd = fd;
	h->listeners[i].datagrams = type == SOCK_DGRAM;
	snprintf(h->listeners[i].greeting, sizeof(h->listeners[i].greeting), "here is %s\n", greeting);
	h->nlisteners++;
	pthread_mutex_unlock(&h->lock);
	ck_assert_int_eq(write(h->stop[1], "p", 1), 1); /* poll anew */
	return family == AF_UNIX ? 0 : port_of(&addr);
}

uint32_t fakehost_endpoint(struct fakehost *h, uint32_t name, enum wire_transport transport, uint16_t port,
			   uint32_t flags)
{
	uint32_t i = h->page->endpoints;
	struct page_endpoint *row = &h->page->endpoint[i];
	int type = transport == WIRE_UDP ? SOCK_DGRAM : SOCK_STREAM;
	char greeting[100];

	snprintf(greeting, sizeof(greeting), "%.80s:%u", h->page->name[name].name, port);
	row->asked = (struct wire_addr){ .family = WIRE_INET, .transport = (uint8_t)transport, .port = port };
	memcpy(row->asked.ip, &h->page->name[name].ip4, 4);
	row->name = name;
	row->flags = flags;
	row->to_ip4 = htonl(INADDR_LOOPBACK);
	row->to_port4 = add_listener(h, AF_INET, type, NULL, greeting);
	row->to_port6 = add_listener(h, AF_INET6, type, NULL, greeting);
	__atomic_store_n(&h->page->endpoints, i + 1, __ATOMIC_RELEASE);
	return i;
}

uint32_t fakehost_unix(struct fakehost *h, const char *path)
{
	uint32_t i = h->page->endpoints;
	struct page_endpoint *row = &h->page->endpoint[i];

	row->asked = (struct wire_addr){ .family = WIRE_UNIX, .transport = WIRE_STREAM };
	row->asked.path_len = (uint16_t)strlen(path);
	memcpy(row->asked.path, path, row->asked.path_len);
	row->name = UINT32_MAX;
	snprintf(row->to_path, sizeof(row->to_path), "%s/u%u", h->dir, i);
	add_listener(h, AF_UNIX, SOCK_STREAM, row->to_path, path);
	__atomic_store_n(&h->page->endpoints, i + 1, __ATOMIC_RELEASE);
	return i;
}

void fakehost_call(struct fakehost *h, const struct page_call *row)
{
	h->page->call[h->page->calls] = *row;
	__atomic_store_n(&h->page->calls, h->page->calls + 1, __ATOMIC_RELEASE);
}

uint16_t fakehost_stranger(struct fakehost *h)
{
	return add_listener(h, AF_INET, SOCK_STREAM, NULL, "a stranger");
}

uint16_t fakehost_last_port(struct fakehost *h, uint32_t endpoint, bool v6)
{
	uint16_t port = v6 ? h->page->endpoint[endpoint].to_port6 : h->page->endpoint[endpoint].to_port4, last = 0;

	pthread_mutex_lock(&h->lock);
	for (int i = 0; i < h->nlisteners; i++) {
		struct sockaddr_storage addr;
		socklen_t len = sizeof(addr);

		ck_assert_int_eq(getsockname(h->listeners[i].fd, (struct sockaddr *)&addr, &len), 0);
		if (port_of(&addr) == port)
			last = h->listeners[i].last_port;
	}
	pthread_mutex_unlock(&h->lock);
	return last;
}

/* ---- running ------------------------------------------------------------- */

/* The control socket is served in order: when a frame of ours is through, all
 * that came before it are. */
static void settle(struct fakehost *h)
{
	struct wire_bye bye = { .head = { WIRE_MAGIC, WIRE_VERSION, WIRE_BYE, sizeof(bye) - sizeof(bye.head), 0, 0, 0, 0 },
				.wait = 1 };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct wire_head ok;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (h->control < 0) {
		close(fd);
		return;
	}
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/" WIRE_SOCK, h->dir);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	ck_assert_int_gt(send(fd, &bye, sizeof(bye), 0), 0);
	ck_assert_int_gt(recv(fd, &ok, sizeof(ok), 0), 0);
	close(fd);
	pthread_mutex_lock(&h->lock);
	h->nframes--;
	pthread_mutex_unlock(&h->lock);
}

/* Whether `entry` names the variable of `setting`, both NAME=value. */
static bool names(const char *entry, const char *setting)
{
	size_t n = strcspn(setting, "=");

	return strncmp(entry, setting, n) == 0 && entry[n] == '=';
}

/* The program's environment: this one's, with `mine` instead of what has their names. Made before the fork: the
 * thread that plays the host may hold the allocator's lock in that moment. */
static char **environment_with(const char *const *mine, size_t n)
{
	size_t have = 0, used = 0;

	while (environ[have])
		have++;
	char **env = calloc(have + n + 1, sizeof(*env));
	ck_assert_ptr_nonnull(env);
	for (size_t i = 0; i < have; i++) {
		bool replaced = false;
		for (size_t k = 0; k < n; k++)
			replaced = replaced || names(environ[i], mine[k]);
		if (!replaced)
			env[used++] = environ[i];
	}
	for (size_t k = 0; k < n; k++)
		if (strchr(mine[k], '=')[1] || strncmp(mine[k], "SEAM_RUN=", 9) != 0)
			env[used++] = (char *)mine[k];
	return env;
}

const char *fakehost_run(struct fakehost *h, const char *program, ...)
{
	static char out[64 * 1024];
	char path[600], preload[600], run[100], *argv[ARGS_MAX + 1];
	const char *mine[ARGS_MAX + 2] = { preload, run };
	int pipe_fds[2], status, n = 1;
	size_t settings = 2;
	size_t used = 0;
	ssize_t got;
	va_list ap;
	pid_t pid;

	snprintf(path, sizeof(path), strchr(program, '/') ? "%s" : "%s/tests/%s", strchr(program, '/') ? program : build_dir(),
		 program);
	argv[0] = path;
	va_start(ap, program);
	while (n < ARGS_MAX && (argv[n] = va_arg(ap, char *)))
		n++;
	va_end(ap);
	argv[n] = NULL;
	snprintf(preload, sizeof(preload), "LD_PRELOAD=%s", h->shim);
	snprintf(run, sizeof(run), "SEAM_RUN=%s", h->bare ? "" : h->dir); /* empty: not set */
	for (const char *const *v = h->extra_env; v && *v && settings < ARGS_MAX + 2; v++)
		mine[settings++] = *v;
	char **env = environment_with(mine, settings);
	ck_assert_int_eq(pipe2(pipe_fds, O_CLOEXEC), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		dup2(pipe_fds[1], 1);
		dup2(pipe_fds[1], 2);
		execve(path, argv, env);
		_exit(127);
	}
	free(env);
	close(pipe_fds[1]);
	while (used < sizeof(out) - 32 && (got = read(pipe_fds[0], out + used, sizeof(out) - 32 - used)) > 0)
		used += (size_t)got;
	close(pipe_fds[0]);
	out[used] = '\0';
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		snprintf(out + used, 32, "signal %d\n", WTERMSIG(status));
	else if (WEXITSTATUS(status))
		snprintf(out + used, 32, "exit %d\n", WEXITSTATUS(status));
	settle(h);
	return out;
}

int fakehost_count(struct fakehost *h, enum wire_kind kind)
{
	int count = 0;

	for (int i = 0; i < h->nframes; i++)
		count += h->frames[i].u.head.kind == kind;
	return count;
}

const struct frame *fakehost_frame(struct fakehost *h, enum wire_kind kind, int nth)
{
	for (int i = 0; i < h->nframes; i++)
		if (h->frames[i].u.head.kind == kind && nth-- == 0)
			return &h->frames[i];
	ck_abort_msg("no such frame of kind %d", kind);
	return NULL;
}

const char *fakehost_bytes(const struct frame *f, int nstrings)
{
	const char *at = f->strings;

	while (nstrings--) {
		uint16_t len;

		memcpy(&len, at, sizeof(len));
		at += sizeof(len) + len;
	}
	return at;
}

const char *fakehost_string(const struct frame *f, int nth)
{
	static char rooms[4][512];
	static int next;
	char *room = rooms[next++ % 4];
	const char *at = fakehost_bytes(f, nth);
	uint16_t len;

	memcpy(&len, at, sizeof(len));
	ck_assert_int_lt(len, (int)sizeof(rooms[0]));
	memcpy(room, at + sizeof(len), len);
	room[len] = '\0';
	return room;
}

void fakehost_forget(struct fakehost *h)
{
	h->nframes = 0;
}

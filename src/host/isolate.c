/* isolate: the host's side. Starts the two processes inside, asks the keeper
 * for sockets, and tells the entrant when it is time. */
#include "host/inside.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <sched.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/isolate.h"

#define KINDS 4     /* of sockets that are asked for again and again: TCP and UDP, IPv4 and IPv6 */
#define AT_ONCE 16  /* sockets fetched by one question: a question is two wake-ups */
#define INHERITED_MAX 64

/* Sockets that came with the last answer and wait to be used. */
struct stock {
	int domain, type, protocol;
	int fds[AT_ONCE];
	int count;
};

struct isolate {
	int entrant_channel, keeper_channel;
	pid_t entrant, keeper;
	bool launched;
	char proc[32];
	struct stock stock[KINDS];
	int sockets[INHERITED_MAX]; /* of seam itself, kept from the program */
	size_t nsockets;
};

/* ---- what the program must not inherit -------------------------------------- */

static const char *family_name(int domain)
{
	switch (domain) {
	case AF_INET:
		return "IPv4";
	case AF_INET6:
		return "IPv6";
	default:
		return "packet";
	}
}

/* A socket of the outside network that was open when seam was started. Unix
 * sockets stay: a parent talks to its child through them. */
static bool leads_out(int fd, int *domain)
{
	socklen_t len = sizeof(*domain);

	return fcntl(fd, F_GETFD) == 0 && getsockopt(fd, SOL_SOCKET, SO_DOMAIN, domain, &len) == 0 && *domain != AF_UNIX && *domain != AF_NETLINK;
}

static size_t find_inherited(int *fds)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *e;
	size_t n = 0;
	int domain;

	while (dir && (e = readdir(dir)) && n < INHERITED_MAX) {
		uint64_t fd;
		if (slice_to_u64(slice_str(e->d_name), &fd) && leads_out((int)fd, &domain))
			fds[n++] = (int)fd;
	}
	if (dir)
		closedir(dir);
	return n;
}

static void name_inherited(struct host *h, const int *fds, size_t n)
{
	h->inherited = calloc(n + 1, sizeof(char *));
	for (size_t i = 0; i < n && h->inherited; i++) {
		int domain = 0;
		char text[120];
		leads_out(fds[i], &domain);
		snprintf(text, sizeof(text), "descriptor %d, an inherited %s socket, was closed before the program started", fds[i],
			 family_name(domain));
		h->inherited[i] = strdup(text);
	}
}

/* ---- opening ------------------------------------------------------------------ */

static struct isolate *isolate_new(void)
{
	struct isolate *i = calloc(1, sizeof(*i));

	if (!i)
		abort();
	*i = (struct isolate){ .entrant_channel = -1,
			       .keeper_channel = -1,
			       .stock = { { .domain = AF_INET, .type = SOCK_STREAM },
					  { .domain = AF_INET6, .type = SOCK_STREAM },
					  { .domain = AF_INET, .type = SOCK_DGRAM },
					  { .domain = AF_INET6, .type = SOCK_DGRAM } } };
	return i;
}

static bool start(struct host *h, struct isolate *i)
{
	struct entrant e = { .argv = h->options->argv, .closed = h->closed, .mask = h->mask, .folder = h->dir.path, .sockets = i->sockets, .nsockets = i->nsockets };
	int first[2] = { -1, -1 }, second[2] = { -1, -1 };
	bool ok = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, first) == 0 &&
		  socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, second) == 0;

	i->entrant = ok ? fork() : -1;
	if (i->entrant == 0) {
		close(first[0]);
		close(second[0]);
		e.channel = first[1];
		e.keeper_channel = second[1];
		enter(&e);
	}
	if (first[1] >= 0)
		close(first[1]);
	if (second[1] >= 0)
		close(second[1]);
	i->entrant_channel = first[0];
	i->keeper_channel = second[0];
	return i->entrant > 0;
}

/* The entrant's first word, or what kept it from saying one. */
static void await(struct isolate *i, struct isolate_ready *ready)
{
	int fds[PASS_FDS_MAX];
	size_t n;

	if (pass_receive(i->entrant_channel, ready, sizeof(*ready), fds, &n) != (ssize_t)sizeof(*ready)) {
		ready->error = ECHILD;
		snprintf(ready->step, sizeof(ready->step), "the process that sets up the namespaces was killed");
	}
	i->keeper = ready->keeper;
	snprintf(i->proc, sizeof(i->proc), "/proc/%d", (int)i->keeper);
}

static void end(struct isolate *i)
{
	for (int k = 0; k < KINDS; k++)
		while (i->stock[k].count)
			close(i->stock[k].fds[--i->stock[k].count]);
	if (i->entrant_channel >= 0)
		close(i->entrant_channel);
	if (i->keeper_channel >= 0)
		close(i->keeper_channel);
	if (i->keeper > 0)
		waitpid(i->keeper, NULL, 0);
	if (i->entrant > 0 && !i->launched)
		waitpid(i->entrant, NULL, 0);
	free(i);
}

int isolate_open(struct host *h, struct err *err)
{
	if (h->options->isolate == HOST_ISOLATE_OFF || h->options->bare)
		return 0;
	if (isolate_mounts_prepare(h->dir.path, err) < 0)
		return ERR_IO;
	struct isolate *i = h->isolate = isolate_new();
	i->nsockets = find_inherited(i->sockets);
	return start(h, i) ? 0 : err_set(err, ERR_IO, "no process: %s", strerror(errno));
}

int isolate_settle(struct host *h, struct err *err)
{
	struct isolate *i = h->isolate;
	struct isolate_ready ready = { 0 };

	if (!i)
		return 0;
	await(i, &ready);
	if (!ready.error) {
		name_inherited(h, i->sockets, i->nsockets);
		return 0;
	}
	h->isolate = NULL;
	end(i);
	char *why = NULL;
	if (asprintf(&why, "%s: %s", ready.step, strerror(ready.error)) < 0)
		why = NULL;
	if (h->options->isolate == HOST_ISOLATE_ON) {
		err_set(err, ERR_IO, "--isolate=on: %s; --isolate=auto does without", why);
		free(why);
		return ERR_IO;
	}
	h->exposed = why;
	return 0;
}

void isolate_dismiss(struct host *h)
{
	if (h->isolate && h->isolate->keeper_channel >= 0) {
		close(h->isolate->keeper_channel);
		h->isolate->keeper_channel = -1;
	}
}

void isolate_close(struct host *h)
{
	if (h->isolate)
		end(h->isolate);
	h->isolate = NULL;
	for (size_t i = 0; h->inherited && h->inherited[i]; i++)
		free(h->inherited[i]);
	free(h->inherited);
	h->inherited = NULL;
	free(h->exposed);
	h->exposed = NULL;
}

/* ---- using ---------------------------------------------------------------------- */

static int fetch(struct isolate *i, const struct isolate_wish *wish, int *fds, size_t *count)
{
	int error = 0;

	*count = 0;
	if (pass_send(i->keeper_channel, wish, sizeof(*wish), NULL, 0) < 0 ||
	    pass_receive(i->keeper_channel, &error, sizeof(error), fds, count) != (ssize_t)sizeof(error))
		error = EPIPE;
	return error;
}

int isolate_socket(struct host *h, int domain, int type, int protocol)
{
	struct isolate *i = h->isolate;
	struct isolate_wish wish = { domain, type, protocol, 1 };
	int fds[PASS_FDS_MAX], error;
	size_t n;

	if (!i)
		return socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
	struct stock *stock = NULL;
	for (int k = 0; k < KINDS; k++)
		if (i->stock[k].domain == domain && i->stock[k].type == type && !protocol)
			stock = &i->stock[k];
	if (stock && !stock->count) {
		wish.count = AT_ONCE;
		error = fetch(i, &wish, fds, &n);
		memcpy(stock->fds, fds, n * sizeof(int));
		stock->count = (int)n;
		errno = error;
	}
	if (stock)
		return stock->count ? stock->fds[--stock->count] : -1;
	error = fetch(i, &wish, fds, &n);
	errno = error;
	return n ? fds[0] : -1;
}

pid_t isolate_launch(struct isolate *i, const char *const *env, size_t count, int report)
{
	int file = memfd_create("environment", MFD_CLOEXEC);
	bool whole = file >= 0;

	for (size_t k = 0; k < count && whole; k++) {
		size_t len = strlen(env[k]) + 1;
		whole = write(file, env[k], len) == (ssize_t)len;
	}
	int fds[2] = { file, report };
	/* an entrant that was killed meanwhile is a program that was killed: its status says so */
	i->launched = whole && (pass_send(i->entrant_channel, &count, sizeof(count), fds, 2) > 0 || errno == EPIPE || errno == ECONNRESET);
	if (file >= 0)
		close(file);
	return i->launched ? i->entrant : -1;
}

/* The keeper stays where the first program was. Calls only what is safe after fork. */
int isolate_rejoin(struct host *h)
{
	static const struct { const char *name; int kind; } spaces[] = { { "user", CLONE_NEWUSER }, { "net", CLONE_NEWNET }, { "mnt", CLONE_NEWNS } };
	char path[64], here[4096];
	struct stat mine, theirs;
	int fds[3];

	if (!getcwd(here, sizeof(here)))
		here[0] = '\0';
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "/proc/self/ns/%s", spaces[i].name);
		bool known = stat(path, &mine) == 0;
		snprintf(path, sizeof(path), "%s/ns/%s", h->isolate->proc, spaces[i].name);
		fds[i] = open(path, O_RDONLY | O_CLOEXEC);
		if (fds[i] < 0)
			return -1;
		if (known && fstat(fds[i], &theirs) == 0 && mine.st_ino == theirs.st_ino) {
			close(fds[i]);
			fds[i] = -1; /* root makes no user namespace */
		}
	}
	for (int i = 0; i < 3; i++)
		if (fds[i] >= 0 && setns(fds[i], spaces[i].kind) < 0)
			return -1;
	return here[0] && chdir(here) < 0 ? -1 : 0; /* a mount namespace is entered at its root */
}

const char *isolate_proc(const struct host *h)
{
	return h->isolate ? h->isolate->proc : "/proc/self";
}

bool isolate_is_keeper(const struct host *h, pid_t pid)
{
	return h->isolate && h->isolate->keeper == pid;
}

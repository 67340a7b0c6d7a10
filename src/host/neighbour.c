/* neighbour: a program may talk to its own servers on loopback, and to nothing
 * else there. Who listens is asked of sock_diag(7), or read from /proc: the
 * socket's inode in the net tables (a walk over all that the kernel could hold,
 * 2 ms), then the process that holds it. Asked once a connect to an address that
 * no service claims. */
#include "host/guard.h"
#include "host/inside.h"
#include "host/owner.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum neighbour { NEIGHBOUR_NONE, NEIGHBOUR_OURS, NEIGHBOUR_STRANGER };

/* Of the column "st"; include/net/tcp_states.h. A UDP socket that is not connected is "closed". */
#define TCP_LISTEN_STATE 0x0a
#define UDP_BOUND_STATE 0x07

/* /proc/net/tcp writes addresses as 32-bit words in the machine's order. */
static bool same_or_any(const unsigned char *listening, const unsigned char *asked, size_t len)
{
	static const unsigned char any[16];

	return memcmp(listening, any, len) == 0 || memcmp(listening, asked, len) == 0;
}

static bool parse_words(const char *hex, unsigned char *out, size_t len)
{
	for (size_t i = 0; i < len; i += 4) {
		unsigned int word;
		if (sscanf(hex + i * 2, "%8x", &word) != 1)
			return false;
		memcpy(out + i, &word, 4);
	}
	return true;
}

static unsigned long inode_in(const char *table, const struct wire_addr *a, bool six)
{
	static const unsigned char mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	unsigned char asked[16];
	char line[512];
	unsigned long found = 0;
	FILE *f = fopen(table, "re");

	memcpy(asked, a->ip, 16);
	if (six && a->family == WIRE_INET) { /* a dual-stack listener serves IPv4 too */
		memcpy(asked, mapped, 12);
		memcpy(asked + 12, a->ip, 4);
	}
	while (f && !found && fgets(line, sizeof(line), f)) {
		char hex[40];
		unsigned int port, state;
		unsigned long inode;
		unsigned char listening[16];
		if (sscanf(line, " %*d: %32[0-9A-Fa-f]:%x %*[^ ] %x %*s %*s %*s %*d %*d %lu", hex, &port, &state, &inode) != 4)
			continue;
		if (state == (a->transport == WIRE_UDP ? UDP_BOUND_STATE : TCP_LISTEN_STATE) && port == a->port && parse_words(hex, listening, six ? 16 : 4) &&
		    same_or_any(listening, asked, six ? 16 : 4))
			found = inode;
	}
	if (f)
		fclose(f);
	return found;
}

static unsigned long unix_inode(const char *table, const struct wire_addr *a)
{
	char line[512], wanted[sizeof(a->path) + 1];
	unsigned long found = 0;
	FILE *f = fopen(table, "re");

	memcpy(wanted, a->path, sizeof(a->path));
	wanted[a->path_len < sizeof(a->path) ? a->path_len : sizeof(a->path)] = '\0';
	for (size_t i = 0; i < a->path_len; i++) /* an abstract name is shown with @ for NUL */
		if (!wanted[i])
			wanted[i] = '@';
	while (f && !found && fgets(line, sizeof(line), f)) {
		unsigned long inode;
		int at = 0;
		if (sscanf(line, "%*x: %*x %*x %*x %*x %*x %lu %n", &inode, &at) == 1 && at &&
		    slice_eq_str(slice_trim(slice_str(line + at)), wanted))
			found = inode;
	}
	if (f)
		fclose(f);
	return found;
}

static bool holds(const char *pid, const char *socket)
{
	char folder[64], path[400], link[64];
	bool found = false;

	snprintf(folder, sizeof(folder), "/proc/%s/fd", pid);
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

/* Any process of the run that holds the socket makes it ours: a server's
 * parent may hold it too. */
static bool held_by_run(struct host *h, unsigned long inode)
{
	char socket[64];
	DIR *dir = opendir("/proc");
	struct dirent *e;
	bool ours = false;

	snprintf(socket, sizeof(socket), "socket:[%lu]", inode);
	while (dir && !ours && (e = readdir(dir))) {
		uint64_t pid;
		if (!slice_to_u64(slice_str(e->d_name), &pid) || (pid_t)pid == getpid() || !holds(e->d_name, socket))
			continue;
		ours = events_asking(h, (pid_t)pid, false) != NULL;
	}
	if (dir)
		closedir(dir);
	return ours;
}

/* A program that connects to its own server does so often: what was found out is
 * believed for a while. A closed socket's number may go to somebody else's only
 * after very many others. */
static bool known_to_run(struct host *h, unsigned long inode)
{
	static struct {
		unsigned long inode;
		uint64_t until;
	} ours[16];
	static unsigned next;
	uint64_t now = host_now(h);

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (ours[i].inode == inode && now < ours[i].until)
			return true;
	if (!held_by_run(h, inode))
		return false;
	ours[next].inode = inode;
	ours[next].until = now + 1000000000;
	next = (next + 1) % (sizeof(ours) / sizeof(ours[0]));
	return true;
}

/* A path may be relative, or lead there through links: what counts is the file. A
 * socket file that nobody in the run's network has bound belongs to somebody
 * else. Abstract names are no files, and have been looked up by name. */
static enum neighbour behind_file(struct host *h, const struct wire_addr *a, pid_t pid)
{
	char path[sizeof(a->path) + 64];
	struct stat st;

	if (!a->path_len || !a->path[0])
		return NEIGHBOUR_NONE;
	if (a->path[0] == '/')
		snprintf(path, sizeof(path), "%.*s", a->path_len, a->path);
	else
		snprintf(path, sizeof(path), "/proc/%d/cwd/%.*s", (int)pid, a->path_len, a->path);
	if (stat(path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return NEIGHBOUR_NONE;
	int diag = owner_open(h);
	unsigned long inode = diag >= 0 ? owner_unix_inode(diag, &st) : 0;
	if (diag >= 0)
		close(diag);
	return inode && held_by_run(h, inode) ? NEIGHBOUR_OURS : NEIGHBOUR_STRANGER;
}

static unsigned long listener_inode(const char *proc, const struct wire_addr *a)
{
	const char *table = a->transport == WIRE_UDP ? "udp" : "tcp";
	char path[64];
	unsigned long inode = 0;

	if (a->family == WIRE_UNIX) {
		snprintf(path, sizeof(path), "%s/net/unix", proc);
		return unix_inode(path, a);
	}
	snprintf(path, sizeof(path), "%s/net/%s", proc, table);
	if (a->family == WIRE_INET)
		inode = inode_in(path, a, false);
	snprintf(path, sizeof(path), "%s/net/%s6", proc, table);
	return inode ? inode : inode_in(path, a, true);
}

static unsigned long quick_inode(struct host *h, const struct wire_addr *a)
{
	static int own = -1; /* kept: there is one host in a process */

	if (a->family == WIRE_UNIX || a->transport == WIRE_UDP)
		return 0;
	if (!h->isolate && own < 0)
		own = owner_open(h);
	int diag = h->isolate ? guard_diag(h) : own;
	return diag >= 0 ? owner_tcp_listener(diag, a) : 0;
}

static enum neighbour neighbour_of(struct host *h, const struct wire_addr *a, pid_t pid)
{
	unsigned long inode = quick_inode(h, a);

	if (!inode)
		inode = listener_inode(isolate_proc(h), a);
	/* in a network of the run's own there is nobody else */
	if (inode && h->isolate)
		return NEIGHBOUR_OURS;
	if (inode)
		return known_to_run(h, inode) ? NEIGHBOUR_OURS : NEIGHBOUR_STRANGER;
	if (a->family == WIRE_UNIX)
		return behind_file(h, a, pid);
	/* out of the run's reach, but that is where the program would have gone */
	return h->isolate && listener_inode("/proc/self", a) ? NEIGHBOUR_STRANGER : NEIGHBOUR_NONE;
}

static bool is_loopback(const struct wire_addr *a)
{
	static const unsigned char none[16];

	if (a->family == WIRE_INET)
		return a->ip[0] == 127 || memcmp(a->ip, none, 4) == 0;
	return memcmp(a->ip, none, 15) == 0 && a->ip[15] <= 1;
}

bool neighbour_may_pass(struct host *h, const struct wire_addr *a, pid_t pid)
{
	enum neighbour who = neighbour_of(h, a, pid);

	if (a->family == WIRE_UNIX || is_loopback(a))
		return who != NEIGHBOUR_STRANGER; /* nobody there yet: the kernel says so, and the program asks again */
	if (who == NEIGHBOUR_OURS)
		h->passed[h->npassed++ % HOST_PASSED] = *a;
	return who == NEIGHBOUR_OURS;
}

bool neighbour_passed(const struct host *h, const struct wire_addr *a)
{
	for (size_t i = 0; i < HOST_PASSED; i++)
		if (h->passed[i].family == a->family && h->passed[i].transport == a->transport && h->passed[i].port == a->port &&
		    memcmp(h->passed[i].ip, a->ip, sizeof(a->ip)) == 0)
			return true;
	return false;
}

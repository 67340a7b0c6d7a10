/* why: reads /proc/PID/maps, environ, fd and root. */
#include "host/why.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "host/host.h"
#include "host/launch.h"

#define ENVIRONMENT_MAX (256 * 1024) /* read of an environment: LD_PRELOAD may be anywhere in it */

/* How many objects of that file name are mapped, counted by their first segments. */
static int mapped(pid_t pid, const char *name)
{
	char path[64], line[600];
	int count = 0;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	FILE *f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		unsigned long offset;
		if (strstr(line, name) && sscanf(line, "%*s %*s %lx", &offset) == 1 && offset == 0)
			count++;
	}
	if (f)
		fclose(f);
	return count;
}

bool why_has_shim(pid_t pid)
{
	return mapped(pid, "/libseam.so") > 0;
}

/* The variable as the program was started with it; false: it cannot be read. */
static bool started_with_preload(pid_t pid, bool *named)
{
	static char text[ENVIRONMENT_MAX];
	char path[64];
	size_t used = 0;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	while (used < sizeof(text) - 1 && (n = read(fd, text + used, sizeof(text) - 1 - used)) > 0)
		used += (size_t)n;
	close(fd);
	text[used] = '\0';
	*named = false;
	for (const char *v = text; v < text + used; v += strlen(v) + 1)
		*named |= strncmp(v, "LD_PRELOAD=", 11) == 0 && strstr(v, "/libseam.so");
	return true;
}

static const char elsewhere[] = "was started where there is no libseam.so (chroot): the loader cannot find it";

/* It has changed its root; false also for one that is gone, or another user's. */
static bool in_chroot(pid_t pid)
{
	struct stat here, there;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/root", (int)pid);
	return stat(path, &there) == 0 && stat("/", &here) == 0 && (there.st_dev != here.st_dev || there.st_ino != here.st_ino);
}

/* The shim's place, as that process would find it. */
static bool sees_shim(pid_t pid)
{
	char shim[500], at[600];
	struct err err;

	if (host_find_shim(shim, sizeof(shim), &err) < 0)
		return false;
	snprintf(at, sizeof(at), "/proc/%d/root%s", (int)pid, shim);
	return access(at, R_OK) == 0;
}

const char *why_without(pid_t pid)
{
	char exe[64];
	bool named;

	snprintf(exe, sizeof(exe), "/proc/%d/exe", (int)pid);
	const char *why = launch_obstacle(exe);
	if (why)
		return why;
	if (started_with_preload(pid, &named) && !named)
		return "was started with a cleared environment, by something that the shim is not in: it has no LD_PRELOAD";
	if (in_chroot(pid) && !sees_shim(pid))
		return elsewhere;
	return "did not load the shim, though LD_PRELOAD names it: the loader found none that fits";
}

static bool has_ring(pid_t pid)
{
	char folder[64], path[400], link[64];
	bool found = false;

	snprintf(folder, sizeof(folder), "/proc/%d/fd", (int)pid);
	DIR *dir = opendir(folder);
	struct dirent *e;
	while (dir && !found && (e = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		ssize_t n = readlink(path, link, sizeof(link) - 1);
		link[n > 0 ? n : 0] = '\0';
		found = strcmp(link, "anon_inode:[io_uring]") == 0;
	}
	if (dir)
		closedir(dir);
	return found;
}

const char *why_past(pid_t pid)
{
	if (pid && has_ring(pid))
		return "went past the shim: by io_uring";
	if (pid && mapped(pid, "/libc.so.6") > 1)
		return "went past the shim: by a second C library (dlmopen)";
	if (pid)
		return "went past the shim: by raw system calls, or by a library loaded with RTLD_DEEPBIND";
	return "went past the shim: by raw system calls, io_uring, dlmopen or RTLD_DEEPBIND";
}

const char *why_not_in(pid_t pid, const char *path)
{
	char shim[500], at[4096 + 64];
	struct err err;

	if (!in_chroot(pid)) {
		const char *why = launch_obstacle(path);
		if (!why && host_find_shim(shim, sizeof(shim), &err) < 0)
			why = "was started after libseam.so had been removed: the loader cannot find it";
		return why;
	}
	snprintf(at, sizeof(at), "/proc/%d/root%s", (int)pid, path);
	const char *why = launch_obstacle(at);
	return why || sees_shim(pid) ? why : elsewhere;
}

const char *why_unsaid(int error)
{
	switch (error) {
	case EMFILE:
	case ENFILE:
		return "was refused what it asked for, and no event says so: it had no descriptor left to tell its host";
	case ENOENT:
		return "was refused what it asked for, and no event says so: it changed its root (chroot), where its host cannot be told";
	default:
		return "was refused what it asked for, and no event says so: a sandbox (seccomp) forbids it to tell its host";
	}
}

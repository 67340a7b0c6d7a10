/* isolate_mounts: the file system inside. Unix sockets by which a program
 * reaches daemons of this machine are hidden under empty folders and files: a
 * container started by the docker daemon, or a name resolved by nscd, would be
 * out of the run's network. Resolvers that read /etc/resolv.conf find the run's,
 * and JVMs the run's trust store in place of their own: they know no variable. */
#include "host/isolate.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* ISOLATE_MASK, a folder of the run: `folder` (empty), `file` (empty), `resolve` (systemd's), `resolv.conf`
 * and `cacerts`, which the host fills before the program starts */
#define MASK ISOLATE_MASK

/* Any address would do: all are local, and the host's responder listens on all. */
static const char resolv_conf[] = "nameserver 127.0.0.53\n";

static const struct { const char *path, *by; } masks[] = {
	{ "/run/docker.sock", "file" },        { "/run/containerd", "folder" }, { "/run/podman", "folder" },
	{ "/run/crio", "folder" },             { "/run/nscd", "folder" },       { "/var/run/nscd", "folder" },
	{ "/run/dbus", "folder" },             { "/var/run/dbus", "folder" },   { "/run/systemd/resolve", "resolve" },
	{ "/run/avahi-daemon", "folder" },     { "/var/run/docker.sock", "file" }, { "/run/systemd/private", "file" },
	/* the user's own daemons; %u is the uid */
	{ "/run/user/%u/bus", "file" },        { "/run/user/%u/docker.sock", "file" }, { "/run/user/%u/podman", "folder" },
	{ "/run/user/%u/systemd", "folder" },
};

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	size_t len = strlen(text);

	if (fd < 0)
		return -1;
	/* the umask may be anything; root's program may run as anybody */
	int bad = fchmod(fd, 0644) < 0 || write(fd, text, len) != (ssize_t)len;
	close(fd);
	return bad ? -1 : 0;
}

static int make_folder(const char *path)
{
	return mkdir(path, 0755) == 0 && chmod(path, 0755) == 0 ? 0 : -1;
}

int isolate_mounts_prepare(const char *folder, struct err *err)
{
	static const struct { const char *name, *text; } parts[] = {
		{ MASK, NULL },
		{ MASK "/folder", NULL },
		{ MASK "/resolve", NULL },
		{ MASK "/file", "" },
		{ MASK "/resolv.conf", resolv_conf },
		{ ISOLATE_CACERTS, "" },
		/* where /etc/resolv.conf leads on systemd's machines */
		{ MASK "/resolve/resolv.conf", resolv_conf },
		{ MASK "/resolve/stub-resolv.conf", resolv_conf },
	};
	char path[400];

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, parts[i].name);
		if ((parts[i].text ? write_file(path, parts[i].text) : make_folder(path)) < 0)
			return err_set(err, ERR_IO, "run directory: %s cannot be made: %s", path, strerror(errno));
	}
	return 0;
}

/* The one %u is replaced. */
static void spell(const char *pattern, uid_t uid, char *out, size_t size)
{
	const char *at = strstr(pattern, "%u");

	if (at)
		snprintf(out, size, "%.*s%u%s", (int)(at - pattern), pattern, uid, at + 2);
	else
		snprintf(out, size, "%s", pattern);
}

static int bind_over(const char *folder, const char *by, const char *path)
{
	char from[400];

	snprintf(from, sizeof(from), "%s/" MASK "/%s", folder, by);
	return mount(from, path, NULL, MS_BIND, NULL) == 0 ? 0 : -errno;
}

/* What is mounted outside still appears inside, and never the other way round. */
static int become_slave(void)
{
	return mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL) == 0 ? 0 : -errno;
}

/* A chroot whose root is a plain folder has no mount at "/" that could be told
 * anything (EINVAL). Joining the namespace one is already in leads to its true
 * root (setns(2)); from there it goes, and then back. */
static int become_slave_in_a_chroot(void)
{
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int own = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC), error = 0;

	if (root < 0 || here < 0 || own < 0) {
		error = -errno;
	} else if (setns(own, CLONE_NEWNS) < 0) {
		error = -errno;
	} else {
		error = become_slave();
		if (fchdir(root) < 0 || chroot(".") < 0 || fchdir(here) < 0)
			error = -errno;
	}
	if (own >= 0)
		close(own);
	if (here >= 0)
		close(here);
	if (root >= 0)
		close(root);
	return error;
}

/* Where JDKs have their roots, by distribution and by hand. jssecacerts is asked for first (JSSE reference guide). */
static void find_jdks(glob_t *found)
{
	static const char *const homes[] = { "/usr/lib/jvm/*", "/usr/lib64/jvm/*", "/usr/java/*", "/opt/*jdk*", "/opt/java/*" };
	static const char *const stores[] = { "/lib/security/cacerts", "/jre/lib/security/cacerts", "/lib/security/jssecacerts" };
	const char *home = getenv("JAVA_HOME");
	char pattern[PATH_MAX];

	for (size_t i = 0; i <= sizeof(homes) / sizeof(homes[0]); i++) {
		const char *at = i < sizeof(homes) / sizeof(homes[0]) ? homes[i] : home;
		for (size_t k = 0; at && *at && k < sizeof(stores) / sizeof(stores[0]); k++) {
			snprintf(pattern, sizeof(pattern), "%s%s", at, stores[k]);
			glob(pattern, found->gl_pathc ? GLOB_APPEND | GLOB_NOSORT : GLOB_NOSORT, NULL, found);
		}
	}
}

/* Not fatal either: the shim gives a JDK that is somewhere else an option. Several lead to one file. */
static void cover_jdks(const char *folder)
{
	glob_t found = { 0 };
	char path[PATH_MAX], ours[400];
	struct stat mine, theirs;

	find_jdks(&found);
	snprintf(ours, sizeof(ours), "%s/" ISOLATE_CACERTS, folder);
	for (size_t i = 0; i < found.gl_pathc; i++)
		if (realpath(found.gl_pathv[i], path) && stat(path, &theirs) == 0 && stat(ours, &mine) == 0 &&
		    (mine.st_ino != theirs.st_ino || mine.st_dev != theirs.st_dev))
			bind_over(folder, "cacerts", path);
	if (found.gl_pathc)
		globfree(&found);
}

int isolate_mounts(const char *folder, uid_t uid, const char **step)
{
	static char path[200]; /* *step may point into it */
	struct stat st;

	*step = "mounts cannot be kept apart";
	int apart = become_slave();
	if (apart == -EINVAL)
		apart = become_slave_in_a_chroot();
	if (apart < 0)
		return apart;
	for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
		spell(masks[i].path, uid, path, sizeof(path));
		if (stat(path, &st) < 0)
			continue;
		*step = path;
		int error = bind_over(folder, masks[i].by, path);
		/* a folder the user cannot enter hides its sockets well enough */
		if (error && error != -EACCES)
			return error;
	}
	/* not fatal: whatever address it names, the responder is there */
	if (stat("/etc/resolv.conf", &st) == 0)
		bind_over(folder, "resolv.conf", "/etc/resolv.conf");
	cover_jdks(folder);
	return 0;
}

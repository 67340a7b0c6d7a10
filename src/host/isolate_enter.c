/* isolate_enter: the entrant, a child of the host that makes the namespaces and
 * then becomes the program: so the program is the host's own child, with the
 * working directory, umask and limits that it was born with. It must not
 * allocate or lock: it was forked from a process with a loop. */
#include "host/isolate.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/host.h"

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), error = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		error = -errno;
	close(fd);
	return error;
}

/* Own uid to own uid: the program is who it was. Other owners show as nobody. */
static int map_own_ids(uid_t uid, gid_t gid, const char **step)
{
	char line[48];
	int error;

	*step = "the own user cannot be mapped into a user namespace";
	snprintf(line, sizeof(line), "%u %u 1\n", uid, uid);
	error = write_text("/proc/self/uid_map", line);
	/* user_namespaces(7): gid_map needs setgroups denied */
	if (!error)
		error = write_text("/proc/self/setgroups", "deny");
	snprintf(line, sizeof(line), "%u %u 1\n", gid, gid);
	return error ? error : write_text("/proc/self/gid_map", line);
}

static int make_namespaces(struct isolate_ready *ready, const char **step)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (unshare(CLONE_NEWNET | CLONE_NEWNS) == 0)
		return 0; /* root: no user namespace, so that setuid, chown and mount work as ever */
	*step = "this system forbids new user and network namespaces";
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS) < 0)
		return -errno;
	ready->users = true;
	return map_own_ids(uid, gid, step);
}

static void drop_inherited(const struct entrant *e)
{
	for (size_t i = 0; i < e->nsockets; i++) {
		int null = e->sockets[i] < 3 ? open("/dev/null", O_RDWR) : -1;
		if (null >= 0) {
			dup2(null, e->sockets[i]); /* a closed stdin would be taken by the next file that is opened */
			close(null);
		} else {
			close(e->sockets[i]);
		}
	}
}

/* A child of the host, not of the program: that must find no child it never made. */
static pid_t start_keeper(const struct entrant *e)
{
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, NULL);

	if (pid == 0)
		keeper_serve(e->keeper_channel);
	return pid;
}

static void set_up(const struct entrant *e, struct isolate_ready *ready)
{
	const char *step = "";
	uid_t uid = getuid(); /* before it is mapped */
	int error = make_namespaces(ready, &step);

	if (!error)
		error = isolate_net(&step);
	if (!error)
		error = isolate_mounts(e->folder, uid, &step);
	if (!error) {
		drop_inherited(e);
		ready->keeper = start_keeper(e);
		if (ready->keeper < 0) {
			error = -errno;
			step = "no process";
		}
	}
	ready->error = -error;
	snprintf(ready->step, sizeof(ready->step), "%s", step);
}

/* The environment is in a file of memory: "NAME=VALUE\0" each. */
static char **read_environment(int file, size_t count)
{
	off_t size = lseek(file, 0, SEEK_END);
	size_t table = (count + 1) * sizeof(char *);
	char *text = mmap(NULL, (size_t)size + 1, PROT_READ, MAP_PRIVATE, file, 0);
	char **env = mmap(NULL, table, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (size < 0 || text == MAP_FAILED || env == MAP_FAILED)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		env[i] = text;
		text += strlen(text) + 1;
	}
	env[count] = NULL;
	return env;
}

static _Noreturn void become(const struct entrant *e, char **env, int report)
{
	for (int fd = 0; fd < 3; fd++)
		if (e->closed[fd])
			close(fd);
	sigprocmask(SIG_SETMASK, &e->mask, NULL);
	execvpe(e->argv[0], (char *const *)e->argv, env);
	int why = errno;
	ssize_t n = write(report, &why, sizeof(why));
	(void)n;
	_exit(HOST_EXIT_NOT_FOUND);
}

_Noreturn void enter(const struct entrant *e)
{
	struct isolate_ready ready = { 0 };
	size_t count, nfds;
	int fds[PASS_FDS_MAX];
	sigset_t all;

	/* nothing ends the entrant before it is the program; its dispositions stay */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	set_up(e, &ready);
	pass_send(e->channel, &ready, sizeof(ready), NULL, 0);
	close(e->keeper_channel);
	if (ready.error)
		_exit(0);
	/* the host is gone, or has thought better of it */
	if (pass_receive(e->channel, &count, sizeof(count), fds, &nfds) != (ssize_t)sizeof(count) || nfds != 2)
		_exit(0);
	char **env = read_environment(fds[0], count);
	if (!env)
		_exit(HOST_EXIT_FAILED);
	become(e, env, fds[1]);
}

/*
 * exec: every image that this one starts inherits the seam.
 *
 * Each variant ends in a real call that takes an environment, because libc's
 * own do not call each other through a symbol that could be preloaded. A program
 * that the shim may not get into is announced to the host: an exec first (and
 * taken back when it returns), a spawn afterwards, when the child's pid is known.
 * May run in a vfork child: stack only.
 */
#include <alloca.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>

#include "doors.h"
#include "env.h"
#include "line.h"
#include "shim.h"
#include "sys.h"
#include "twin.h"

extern char **environ;

/* Room for env_fill(), on the calling function's stack. */
#define ENV_ROOM(given) alloca(env_room(given))

#ifdef SEAM_COVERAGE
void __gcov_dump(void);
void __gcov_reset(void);
#endif

/* What this image counted, before the next one takes its place (make coverage). */
static void count_lines(void)
{
#ifdef SEAM_COVERAGE
	__gcov_dump();
	__gcov_reset();
#endif
}

/* With the folder that a relative path starts from: when the host reads it, whoever asked may be gone.
 * A name without a slash stays one, unless it starts from `dir`; "" is `dir` itself. */
static const char *absolute(int dir, const char *path, char *room, size_t size)
{
	char link[40] = "/proc/self/fd/", digits[12];
	size_t len = strlen(path), at = strlen(link), i = 0;
	long n;

	if (path[0] == '/' || (dir == AT_FDCWD && !strchr(path, '/')))
		return path;
	if (dir == AT_FDCWD) {
		n = sys(SYS_getcwd, room, size) - 1; /* counts its NUL */
	} else {
		do
			digits[i++] = (char)('0' + dir % 10);
		while ((dir /= 10) > 0);
		while (i)
			link[at++] = digits[--i];
		link[at] = '\0';
		n = sys(SYS_readlinkat, AT_FDCWD, link, room, size);
	}
	if (n <= 0 || (size_t)n + len + 2 > size)
		return path;
	if (len)
		room[n++] = '/';
	memcpy(room + n, path, len + 1);
	return room;
}

/* Forked, by a process that was forked itself: whose child the new image is, only this process and its parents know. */
static bool is_forked_twice(void)
{
	return sys(SYS_getpid) != shim.pid && sys(SYS_getppid) != shim.pid;
}

static void announce(const struct twin *twin, int dir, const char *path, uint32_t flags, pid_t child)
{
	char room[4096];
	bool spawned = flags & WIRE_EXEC_SPAWN;

	if (spawned ? sys(SYS_getpid) != shim.pid : is_forked_twice())
		flags |= WIRE_EXEC_FORKED;
	if (twin->fits && !(flags & WIRE_EXEC_FORKED))
		return;
	if (twin->fits)
		path = "";

	struct wire_exec frame = { .flags = flags, .child = child };
	struct iovec pieces[3] = { { &frame, sizeof(frame) } };
	uint16_t len;

	line_string(pieces + 1, &len, absolute(dir, path, room, sizeof(room)), 4096);
	line_say(WIRE_EXEC, pieces, 3);
	count_lines();
}

static int failed(const struct twin *twin, int dir, const char *path, int result)
{
	if (!twin->fits)
		announce(twin, dir, path, WIRE_EXEC_FAILED, 0);
	return result;
}

int hook_execve(const char *path, char *const argv[], char *const envp[])
{
	void *room = ENV_ROOM(envp);
	struct twin twin = twin_for(AT_FDCWD, path, false);
	char *const *env = env_fill(room, envp, twin.shim);

	announce(&twin, AT_FDCWD, path, 0, 0);
	return failed(&twin, AT_FDCWD, path, real.execve(path, argv, env));
}

int hook_execv(const char *path, char *const argv[])
{
	return hook_execve(path, argv, environ);
}

int hook_execvpe(const char *file, char *const argv[], char *const envp[])
{
	void *room = ENV_ROOM(envp);
	struct twin twin = twin_for(AT_FDCWD, file, true);
	char *const *env = env_fill(room, envp, twin.shim);

	announce(&twin, AT_FDCWD, file, 0, 0);
	return failed(&twin, AT_FDCWD, file, real.execvpe(file, argv, env));
}

int hook_execvp(const char *file, char *const argv[])
{
	return hook_execvpe(file, argv, environ);
}

int hook_fexecve(int fd, char *const argv[], char *const envp[])
{
	void *room = ENV_ROOM(envp);
	struct twin twin = twin_for(fd, "", false);
	char *const *env = env_fill(room, envp, twin.shim);

	announce(&twin, fd, "", 0, 0);
	return failed(&twin, fd, "", real.fexecve(fd, argv, env));
}

int hook_posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
		     const posix_spawnattr_t *attr, char *const argv[], char *const envp[])
{
	void *room = ENV_ROOM(envp);
	struct twin twin = twin_for(AT_FDCWD, path, false);
	char *const *env = env_fill(room, envp, twin.shim);
	pid_t child = 0;

	if (actions && path[0] != '/') /* they may change the folder first */
		twin.fits = false;
	int error = real.posix_spawn(&child, path, actions, attr, argv, env);
	if (error)
		return error;
	announce(&twin, AT_FDCWD, path, WIRE_EXEC_SPAWN, child);
	if (pid)
		*pid = child;
	return 0;
}

int hook_posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
		      const posix_spawnattr_t *attr, char *const argv[], char *const envp[])
{
	void *room = ENV_ROOM(envp);
	struct twin twin = twin_for(AT_FDCWD, file, true);
	char *const *env = env_fill(room, envp, twin.shim);
	pid_t child = 0;
	int error = real.posix_spawnp(&child, file, actions, attr, argv, env);

	if (error)
		return error;
	announce(&twin, AT_FDCWD, file, WIRE_EXEC_SPAWN, child);
	if (pid)
		*pid = child;
	return 0;
}

/* The variants whose arguments follow one by one: no doorway can be stamped,
 * so they have theirs here. Inert, they still have to become a call with an
 * array; libc does the same. */
int entry_execl(const char *path, const char *arg, ...) DOOR(execl);
int entry_execlp(const char *file, const char *arg, ...) DOOR(execlp);
int entry_execle(const char *path, const char *arg, ...) DOOR(execle);
int entry_execveat(int dir, const char *path, char *const argv[], char *const envp[], int flags) DOOR(execveat);

static bool awake(void)
{
	int kept = errno;
	bool yes = shim_awake_at(MODE_AT_EXEC);

	real_need();

	errno = kept;
	return yes;
}

static size_t count_args(va_list ap)
{
	size_t count = 1;

	while (va_arg(ap, char *))
		count++;
	return count;
}

static void take_args(char **argv, const char *arg, size_t count, va_list ap)
{
	argv[0] = (char *)arg;
	for (size_t i = 1; i <= count; i++)
		argv[i] = va_arg(ap, char *);
}

/* The arguments after `last` as an array on this function's stack. `arg` may
 * be the NULL that ends an empty list. */
#define GATHER(argv, arg, ap)                                           \
	do {                                                            \
		size_t count_ = 0;                                      \
		if (arg) {                                              \
			va_start(ap, arg);                              \
			count_ = count_args(ap);                        \
			va_end(ap);                                     \
		}                                                       \
		(argv) = alloca((count_ + 1) * sizeof(char *));         \
		(argv)[0] = NULL;                                       \
		va_start(ap, arg);                                      \
		if (arg)                                                \
			take_args((argv), (arg), count_, ap);           \
	} while (0)

int entry_execl(const char *path, const char *arg, ...)
{
	char **argv;
	va_list ap;

	GATHER(argv, arg, ap);
	va_end(ap);
	return awake() ? hook_execv(path, argv) : real.execv(path, argv);
}

int entry_execlp(const char *file, const char *arg, ...)
{
	char **argv;
	va_list ap;

	GATHER(argv, arg, ap);
	va_end(ap);
	return awake() ? hook_execvp(file, argv) : real.execvp(file, argv);
}

int entry_execle(const char *path, const char *arg, ...)
{
	char **argv, **envp;
	va_list ap;

	GATHER(argv, arg, ap);
	envp = va_arg(ap, char **);
	va_end(ap);
	return awake() ? hook_execve(path, argv, envp) : real.execve(path, argv, envp);
}

int entry_execveat(int dir, const char *path, char *const argv[], char *const envp[], int flags)
{
	bool ours = awake();
	void *room = ENV_ROOM(envp);
	struct twin twin = twin_for(dir, path, false);
	char *const *env = env_fill(room, envp, twin.shim);
	long r;

	if (!ours)
		return (int)syscall(SYS_execveat, dir, path, argv, envp, flags);
	announce(&twin, dir, path, 0, 0);
	r = sys(SYS_execveat, dir, path, argv, env, flags);
	failed(&twin, dir, path, -1);
	errno = (int)-r;
	return -1;
}

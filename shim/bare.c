/*
 * bare: a run without a launcher (design 9). The constructor of the first
 * image starts the host, waits until it serves, and enters its run.
 *
 * The host must never be a child that the program could reap: it is started
 * by a helper that has no exit signal and that is reaped here at once. Helper
 * and host-to-be share this image's memory until the exec (CLONE_VM with
 * CLONE_VFORK), so that a large image costs nothing to copy; whatever they
 * need is laid out before, and they only make system calls.
 */
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "env.h"
#include "shim.h"
#include "sys.h"

#define READY_FD 3
#define READY_WAIT_S 10
#define READY_MAX (64 * 1024) /* a handful of variables, each a path */
#define STACK_SIZE (32 * 1024)

extern char **environ;

struct launch {
	char program[sizeof(shim.self) + 20];
	char pid[12], ready[4];
	char *argv[11];
	char **env;
	int ready_fd;
	unsigned char stack[2][STACK_SIZE] __attribute__((aligned(16)));
};

bool bare_wanted(void)
{
	const char *rules = env_get(environ, "SEAM_RULES");

	return (rules && *rules) || bare_session();
}

const char *bare_session(void)
{
	const char *session = env_get(environ, "SEAM_SESSION");

	return session && *session ? session : NULL;
}

static void *room(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

/* lib/libseam.so has its host in ../bin/seam, a build folder may have both side by side. */
static bool find_seam(char *program)
{
	static const char *const places[] = { "../bin/seam", "seam", "../../bin/seam" }; /* the last: of lib/musl */
	const char *slash = strrchr(shim.self, '/');
	size_t folder = slash ? (size_t)(slash - shim.self) + 1 : 0;

	for (size_t i = 0; slash && i < 3; i++) {
		memcpy(program, shim.self, folder);
		memcpy(program + folder, places[i], strlen(places[i]) + 1);
		if (sys(SYS_faccessat, AT_FDCWD, program, X_OK) == 0)
			return true;
	}
	return false;
}

static void write_number(char *to, long n)
{
	char digits[12];
	int i = 0;

	do
		digits[i++] = (char)('0' + n % 10);
	while ((n /= 10));
	while (i)
		*to++ = digits[--i];
	*to = '\0';
}

/* All but what would make the host a guest of somebody's run. */
static char **host_env(void)
{
	static const char *const left_out[] = { "LD_PRELOAD=", WIRE_RUN_ENV "=" };
	size_t n = 0, count = 0;
	char **env;

	while (environ[count])
		count++;
	env = room((count + 1) * sizeof(*env));
	for (size_t i = 0; env && i < count; i++)
		if (strncmp(environ[i], left_out[0], strlen(left_out[0])) != 0 &&
		    strncmp(environ[i], left_out[1], strlen(left_out[1])) != 0)
			env[n++] = environ[i];
	return env;
}

/* The host holds nothing that the program was given: somebody may wait for
 * the end of its pipes. */
static void close_all_above(int last)
{
	if (sys(SYS_close_range, last + 1, ~0u, 0) == 0)
		return;
	for (int fd = last + 1; fd < 65536; fd++) /* before Linux 5.9 */
		sys(SYS_close, fd);
}

static int become_host(void *arg)
{
	struct launch *launch = arg;
	sigset_t none;
	long null, ready;

	sys(SYS_setsid);
	/* first out of the way of 0 to 3, wherever it landed */
	ready = sys(SYS_fcntl, launch->ready_fd, F_DUPFD, READY_FD + 1);
	null = sys(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR);
	if (ready < 0 || null < 0)
		return 127;
	null = sys(SYS_fcntl, null, F_DUPFD, READY_FD + 1);
	for (int fd = 0; fd < 3; fd++)
		sys(SYS_dup3, null, fd, 0);
	sys(SYS_dup3, ready, READY_FD, 0);
	close_all_above(READY_FD);
	sigemptyset(&none);
	sys(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
	sys(SYS_execve, launch->program, launch->argv, launch->env);
	return 127;
}

static int help(void *arg)
{
	struct launch *launch = arg;

	clone(become_host, launch->stack[1] + STACK_SIZE, CLONE_VM | CLONE_VFORK, launch);
	return 0;
}

static bool start_host(struct launch *launch)
{
	sigset_t all, before;
	int helper;

	/* No handler of the program may run in the helper, on its stack. */
	sigfillset(&all);
	sys(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, 8);
	helper = clone(help, launch->stack[0] + STACK_SIZE, CLONE_VM | CLONE_VFORK, launch);
	if (helper > 0)
		sys(SYS_wait4, helper, NULL, __WCLONE, NULL);
	sys(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, 8);
	return helper > 0;
}

/* Reads until the host closes its end. Bytes, or -1 after ten seconds. */
static long read_ready(int fd, char *to)
{
	struct timespec left = { READY_WAIT_S, 0 };
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	long used = 0, r;

	while (used < READY_MAX - 1) {
		r = sys(SYS_ppoll, &poll_fd, 1, &left, NULL, 0);
		if (r == -EINTR)
			continue;
		if (r <= 0)
			return -1;
		r = sys(SYS_read, fd, to + used, READY_MAX - 1 - used);
		if (r == -EINTR)
			continue;
		if (r <= 0)
			return r < 0 ? -1 : used;
		used += r;
	}
	return -1;
}

static char *said;     /* "NAME=VALUE" strings, each with its NUL: what the run's children need */
static long said_len;
static char root[32] = BARE_ROOT_ENV "=";

/* The array is ours and stays: libc copies it when the program calls setenv(). */
char **bare_environment(void)
{
	const char *strings = said + 1, *end = said + said_len;
	size_t given = 0, added = 1, n = 0;
	char **env;

	while (environ[given])
		given++;
	for (const char *s = strings; s < end; s += strlen(s) + 1)
		added++;
	env = room((given + added + 1) * sizeof(*env));
	if (!env)
		return NULL;
	for (size_t i = 0; i < given; i++) {
		size_t name = strcspn(environ[i], "=");
		bool replaced = false;

		for (const char *s = strings; s < end; s += strlen(s) + 1)
			replaced |= strncmp(s, environ[i], name) == 0 && s[name] == '=';
		if (!replaced)
			env[n++] = environ[i];
	}
	for (const char *s = strings; s < end; s += strlen(s) + 1)
		env[n++] = (char *)s;
	if (root[sizeof(BARE_ROOT_ENV)])
		env[n++] = root;
	return env;
}

/* What bare_start reads from its host, a session has written down. */
bool bare_join(const char *session)
{
	char path[WIRE_RUN_PATH_MAX + sizeof("/env")];
	size_t len = strlen(session);
	long fd, n = -1;

	said = room(READY_MAX);
	if (!said || len > WIRE_RUN_PATH_MAX)
		return false;
	memcpy(path, session, len);
	memcpy(path + len, "/env", sizeof("/env"));
	fd = sys(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = sys(SYS_read, fd, said + 1, READY_MAX - 2);
		sys(SYS_close, fd);
	}
	if (n <= 0) {
		shim_log("no session, everything is refused", session);
		return false;
	}
	said_len = n + 1;
	return true;
}

bool bare_start(const struct mode *mode, pid_t root_pid)
{
	const char *consequence = mode->kind == MODE_PASS ? "no host: there will be no trace" : "no host: everything is refused";
	struct launch *launch = room(sizeof(*launch));
	int pipe_fds[2];
	long len = -1;

	said = room(READY_MAX);
	if (!launch || !said || !find_seam(launch->program)) {
		shim_log("no host: expected the program seam in ../bin or beside the shim", shim.self);
		return false;
	}
	if (sys(SYS_pipe2, pipe_fds, O_CLOEXEC) < 0) {
		shim_log("no host: cannot open a pipe", NULL);
		return false;
	}
	write_number(launch->pid, root_pid);
	write_number(launch->ready, READY_FD);
	write_number(root + sizeof(BARE_ROOT_ENV), root_pid);
	launch->ready_fd = pipe_fds[1];
	launch->env = host_env();
	memcpy(launch->argv,
	       (char *[]){ launch->program, "host", "--bare-pid", launch->pid, "--ready-fd", launch->ready, "--mode",
			   mode->kind == MODE_PASS ? "pass" : "fake", "--why", (char *)mode->why, NULL },
	       sizeof(launch->argv));
	if (launch->env && start_host(launch)) {
		sys(SYS_close, pipe_fds[1]);
		len = read_ready(pipe_fds[0], said);
	} else {
		sys(SYS_close, pipe_fds[1]);
	}
	sys(SYS_close, pipe_fds[0]);
	munmap(launch, sizeof(*launch));
	if (len > 1 && said[0] == '0') { /* the byte past the end is still zero */
		said_len = len;
		return true;
	}
	shim_log(consequence, len > 1 && said[0] == 'E' ? said + 1 : "it did not get ready");
	return false;
}

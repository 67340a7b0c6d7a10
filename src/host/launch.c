/* launch: starting the program with the shim in it. It keeps the terminal, the
 * process group, the working directory, the umask, the limits and the signal
 * dispositions that it would have without seam. */
#include "host/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "host/image.h"
#include "host/launch.h"

extern char **environ;

int host_find_shim(char *out, size_t size, struct err *err)
{
	char self[400];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n <= 0)
		return err_set(err, ERR_IO, "shim: /proc is not mounted, so libseam.so cannot be found beside seam");
	self[n] = '\0';
	for (int up = 0; up < 2; up++) {
		char *slash = strrchr(self, '/');
		if (slash)
			*slash = '\0';
	}
	snprintf(out, size, "%s/lib/libseam.so", self);
	if (access(out, R_OK) != 0)
		return err_set(err, ERR_IO, "shim: %s is missing; install seam and libseam.so together (bin/ and lib/ of one prefix)", out);
	/* ld.so splits LD_PRELOAD at both, and nothing can quote them */
	if (strpbrk(out, " :"))
		return err_set(err, ERR_IO, "shim: %s has a space or a colon in its path, which LD_PRELOAD cannot carry; install seam elsewhere", out);
	return 0;
}

/* ---- environment ------------------------------------------------------------ */

size_t launch_environment(struct host *h, struct arena *a, const char ***out)
{
	static const char *const bundles[] = { WIRE_TRUST_VARIABLES };
	size_t n = 0;

	*out = ARENA_ARRAY(a, const char *, 3 + sizeof(bundles) / sizeof(bundles[0]));
	(*out)[n++] = arena_printf(a, WIRE_RUN_ENV "=%s", h->dir.path).ptr;
	for (size_t i = 0; h->authority && i < sizeof(bundles) / sizeof(bundles[0]); i++)
		(*out)[n++] = arena_printf(a, "%s=%s", bundles[i], h->page.page->trust).ptr;
	/* gcc's runtime refuses to start behind another preload. The shim is fit to come before it:
	 * it allocates nothing in a hook, and what it calls next are the runtime's interceptors */
	const char *given = getenv("ASAN_OPTIONS");
	(*out)[n++] = arena_printf(a, "ASAN_OPTIONS=%s%sverify_asan_link_order=0", given ? given : "", given && *given ? ":" : "").ptr;
	return n;
}

static bool same_name(const char *a, const char *b)
{
	size_t n = strcspn(a, "=");

	return strncmp(a, b, n + 1) == 0;
}

/* The inherited environment with ours in it; LD_PRELOAD is prepended, but stays
 * behind a sanitizer's runtime, which insists on being first. */
const char **launch_merge(struct arena *a, const char *shim, const char *const *ours, size_t n)
{
	const char *others = getenv("LD_PRELOAD");
	size_t count = 0, k = 0;

	while (environ[count])
		count++;
	const char **env = ARENA_ARRAY(a, const char *, count + n + 2);
	for (size_t i = 0; i < count; i++) {
		bool replaced = same_name("LD_PRELOAD=", environ[i]);
		for (size_t j = 0; j < n; j++)
			replaced |= same_name(ours[j], environ[i]);
		if (!replaced)
			env[k++] = environ[i];
	}
	for (size_t j = 0; j < n; j++)
		env[k++] = ours[j];
	if (others && strstr(others, shim)) /* a guest already */
		env[k++] = arena_printf(a, "LD_PRELOAD=%s", others).ptr;
	else if (others && (strstr(others, "libasan") || strstr(others, "libtsan") || strstr(others, "libclang_rt")))
		env[k++] = arena_printf(a, "LD_PRELOAD=%s:%s", others, shim).ptr;
	else
		env[k++] = arena_printf(a, "LD_PRELOAD=%s%s%s", shim, others && *others ? ":" : "", others ? others : "").ptr;
	env[k] = NULL;
	return env;
}

static const char **merge_environment(struct host *h, struct arena *a, const char *shim)
{
	const char **ours;
	size_t n, count = 0;

	if (h->options->mode != HOST_PASS) {
		n = launch_environment(h, a, &ours);
		return launch_merge(a, shim, ours, n);
	}
	while (environ[count])
		count++;
	const char **env = ARENA_ARRAY(a, const char *, count + 1);
	return memcpy(env, environ, (count + 1) * sizeof(*env));
}

/* ---- can it be intercepted? --------------------------------------------------- */

void launch_find(const char *name, char *out, size_t size)
{
	const char *path = getenv("PATH");
	struct slice rest = slice_str(path ? path : "/usr/local/bin:/usr/bin:/bin");

	out[0] = '\0';
	if (strchr(name, '/')) {
		snprintf(out, size, "%s", name);
		return;
	}
	while (rest.ptr) {
		struct slice folder = slice_split(&rest, ':');
		struct stat st;
		snprintf(out, size, "%.*s/%s", folder.len ? (int)folder.len : 1, folder.len ? folder.ptr : ".", name);
		if (stat(out, &st) == 0 && S_ISREG(st.st_mode) && access(out, X_OK) == 0)
			return;
	}
	out[0] = '\0';
}

bool host_find_musl_shim(char *out, size_t size)
{
	struct err err;

	if (host_find_shim(out, size, &err) < 0)
		return false;
	char *slash = strrchr(out, '/');
	snprintf(slash, size - (size_t)(slash - out), "/musl/libseam.so");
	return access(out, R_OK) == 0;
}

const char *launch_obstacle(const char *path)
{
	char shim[500];
	struct stat st;
	const char *why = NULL;

	if (stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	    (((st.st_mode & S_ISUID) && st.st_uid != geteuid()) || ((st.st_mode & S_ISGID) && st.st_gid != getegid())))
		return "is setuid or setgid: the loader drops LD_PRELOAD; run a copy without the bit";
	/* capabilities(7): root has them anyway, anybody else gains them */
	if (geteuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0)
		return "has file capabilities: the loader drops LD_PRELOAD; run a copy without them";
	if (image_of(path, &why) == IMAGE_MUSL && !host_find_musl_shim(shim, sizeof(shim)))
		return "uses musl as its C library: seam was built without musl-gcc, so without a shim for it";
	return why;
}

/* ---- fork and exec -------------------------------------------------------------- */

struct child {
	const char *const *argv;
	const char **env;
	sigset_t mask; /* as it was before the host blocked what it reads itself */
	const bool *closed; /* of 0, 1, 2: were not open when seam was started */
	int report; /* errno of a failed exec goes here */
};

/* In the child: only what is safe after fork. */
static void become(const struct child *c)
{
	for (int fd = 0; fd < 3; fd++)
		if (c->closed[fd])
			close(fd);
	sigprocmask(SIG_SETMASK, &c->mask, NULL);
	execvpe(c->argv[0], (char *const *)c->argv, (char *const *)c->env);
	int why = errno;
	ssize_t n = write(c->report, &why, sizeof(why));
	(void)n;
	_exit(HOST_EXIT_NOT_FOUND);
}

static pid_t start(struct host *h, const struct child *c)
{
	size_t count = 0;

	while (c->env[count])
		count++;
	if (h->isolate && !h->again)
		return isolate_launch(h->isolate, c->env, count, c->report);
	pid_t pid = fork();
	if (pid == 0 && h->isolate && isolate_rejoin(h) < 0)
		_exit(HOST_EXIT_FAILED);
	if (pid == 0)
		become(c);
	return pid;
}

int launch(struct host *h, struct err *err)
{
	char shim[500], path[4096];
	struct arena arena;
	int pipes[2], why = 0, code = 0;

	if (host_find_shim(shim, sizeof(shim), err) < 0)
		return HOST_EXIT_FAILED;
	launch_find(h->options->argv[0], path, sizeof(path));
	/* in a network of its own a program without the shim still reaches the fakes alone */
	bool must = !h->options->allow_unshimmed && !h->isolate && h->options->mode != HOST_PASS;
	const char *obstacle = path[0] && must ? launch_obstacle(path) : NULL;
	char musl[500];
	if (path[0] && image_of(path, NULL) == IMAGE_MUSL && host_find_musl_shim(musl, sizeof(musl)))
		snprintf(shim, sizeof(shim), "%s", musl);
	if (obstacle) {
		char by[4096];
		image_started(path, by, sizeof(by));
		bool script = strcmp(by, path) != 0;
		err_set(err, ERR_CONTENT, "%s%s%s: %s; --allow-unshimmed runs it all the same", by, script ? ", which runs " : "", script ? path : "", obstacle);
		return HOST_EXIT_CANNOT_EXEC;
	}
	if (pipe2(pipes, O_CLOEXEC) < 0) {
		err_set(err, ERR_IO, "no pipe: %s", strerror(errno));
		return HOST_EXIT_FAILED;
	}
	arena_init(&arena);
	struct child child = { .argv = h->options->argv, .env = merge_environment(h, &arena, shim), .mask = h->mask, .closed = h->closed, .report = pipes[1] };
	pid_t pid = start(h, &child);
	close(pipes[1]);
	if (pid < 0) {
		err_set(err, ERR_IO, "no process: %s", strerror(errno));
		code = HOST_EXIT_FAILED;
	} else if (read(pipes[0], &why, sizeof(why)) == (ssize_t)sizeof(why)) {
		err_set(err, ERR_IO, "%s: %s", h->options->argv[0][0] ? h->options->argv[0] : "\"\"", why == ENOENT ? "not found" : strerror(why));
		code = why == ENOENT ? HOST_EXIT_NOT_FOUND : HOST_EXIT_CANNOT_EXEC;
	} else {
		h->root = h->processes.root = pid;
	}
	close(pipes[0]);
	arena_release(&arena);
	return code;
}

/* join: a program that becomes part of a session's run. Nothing is left of
 * seam: this very process turns into the program, so that its status, its
 * signals and its parent are its own. */
#include "host/host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "host/keep.h"
#include "host/launch.h"

extern char **environ;

static struct slice read_all(const char *path, struct arena *a)
{
	struct buf text;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 0;
	char *room;

	buf_init(&text, 64 * 1024);
	while (fd >= 0 && (room = buf_reserve(&text, 4096)) && (n = read(fd, room, 4096)) > 0)
		buf_commit(&text, (size_t)n);
	if (fd >= 0)
		close(fd);
	struct slice whole = arena_slice(a, buf_slice(&text));
	buf_release(&text);
	return fd < 0 ? SLICE_NONE : whole;
}

static size_t split(struct slice text, const char **list, size_t max)
{
	size_t n = 0;

	for (const char *at = text.ptr; at < text.ptr + text.len && n < max; at += strlen(at) + 1)
		list[n++] = at;
	return n;
}

int host_session_environment(const char *session, struct arena *a, const char ***out, struct err *err)
{
	const char *given[33];
	char shim[500];
	struct slice text = read_all(arena_printf(a, "%s/" KEEP_ENV, session).ptr, a);

	if (!text.ptr)
		return err_set(err, ERR_IO, "no session at %s: it was stopped, or its owner ended; seam session start makes one", session);
	if (host_find_shim(shim, sizeof(shim), err) < 0)
		return ERR_IO;
	size_t n = split(text, given, 32);
	given[n++] = arena_printf(a, "SEAM_SESSION=%s", session).ptr;
	*out = launch_merge(a, shim, given, n);
	return 0;
}

static int become(const char *session, const char *const *argv, bool allow_unshimmed, struct arena *a, struct err *err)
{
	const char **env, *why;
	char path[4096];

	if (host_session_environment(session, a, &env, err) < 0)
		return HOST_EXIT_FAILED;
	launch_find(argv[0], path, sizeof(path));
	if (path[0] && !allow_unshimmed && (why = launch_obstacle(path))) {
		err_set(err, ERR_CONTENT, "%s: %s; --allow-unshimmed runs it all the same", path, why);
		return HOST_EXIT_CANNOT_EXEC;
	}
	execvpe(argv[0], (char *const *)argv, (char *const *)env);
	int code = errno == ENOENT ? HOST_EXIT_NOT_FOUND : HOST_EXIT_CANNOT_EXEC;
	err_set(err, ERR_IO, "%s: %s", argv[0], errno == ENOENT ? "not found" : strerror(errno));
	return code;
}

int host_join(const char *session, const char *const *argv, bool allow_unshimmed, struct err *err)
{
	struct arena arena;

	arena_init(&arena);
	int code = become(session, argv, allow_unshimmed, &arena, err);
	arena_release(&arena);
	return code;
}

size_t host_sweep(void)
{
	return rundir_sweep();
}

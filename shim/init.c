/*
 * init: wakes the shim up in an image, and says good-bye for it.
 *
 * Which of the four states the image is in is decided once, by the first hook
 * or by the constructor, whichever comes first: another object's constructor
 * may connect before ours runs.
 */
#include <fcntl.h>
#include <gnu/libc-version.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "doors.h"
#include "env.h"
#include "line.h"
#include "object.h"
#include "page.h"
#include "shim.h"
#include "sys.h"

#define BYE_WAIT_MS 200

extern char **environ;

struct shim shim;

static bool bare_root; /* this very image started the host */

void shim_log(const char *sentence, const char *detail)
{
	const char *file = env_get(environ, "SEAM_LOG_FILE");
	int fd;

	if (!file)
		return;
	fd = (int)sys(SYS_openat, AT_FDCWD, file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
	if (fd < 0)
		return;
	struct iovec pieces[] = {
		{ "seam: shim: ", 12 },
		{ (void *)sentence, strlen(sentence) },
		{ ": ", detail ? 2 : 0 },
		{ (void *)detail, detail ? strlen(detail) : 0 },
		{ "\n", 1 },
	};
	sys(SYS_writev, fd, pieces, 5);
	sys(SYS_close, fd);
}

/* The place of libseam.so, absolute: children may start in another folder. */
static void find_self(void)
{
	const struct link_map *map = object_self();
	const char *path = map ? map->l_name : "";
	size_t used = 0, len = strlen(path);

	if (path[0] != '/') {
		long n = sys(SYS_getcwd, shim.self, sizeof(shim.self) - 1); /* counts its NUL */

		if (n <= 0)
			return;
		used = (size_t)n;
		shim.self[used - 1] = '/';
	}
	if (used + len >= sizeof(shim.self)) {
		shim.self[0] = '\0';
		return;
	}
	memcpy(shim.self + used, path, len + 1);
}

/* In the run that SEAM_RUN names. */
static enum shim_state join_run(const char *run)
{
	const struct page *page;
	size_t len = strlen(run);

	if (len > WIRE_RUN_PATH_MAX) {
		shim_log("SEAM_RUN is longer than a run directory can be, everything is refused", run);
		return SHIM_CLOSED;
	}
	memcpy(shim.run, run, len + 1);
	page = page_map(run);
	if (!page) {
		shim_log("no page of this version in the run directory, everything is refused", run);
		return SHIM_CLOSED;
	}
	if (page->mode == PAGE_PASS)
		return SHIM_INERT;
	shim.page = page;
	return SHIM_FAKE;
}

static enum shim_state decide(void)
{
	const char *run = env_get(environ, WIRE_RUN_ENV), *layers = env_get(environ, "SEAM_LAYERS");
	enum shim_state state;

	shim.layers_off = layers && strcmp(layers, "socket") == 0;
	if (!run && !bare_wanted())
		return SHIM_INERT;
	find_self();
	if (!run) {
		bare_root = bare_start();
		run = env_get(environ, WIRE_RUN_ENV);
	}
	state = run ? join_run(run) : SHIM_CLOSED;
	if (state != SHIM_INERT)
		env_keep(environ);
	return state;
}

void shim_start(void)
{
	int none = SHIM_NEW, me = (int)sys(SYS_gettid);

	if (!atomic_compare_exchange_strong(&shim.state, &none, SHIM_STARTING)) {
		/* Another thread does it: wait. This very thread: a look-up has
		 * called back into a hook, which finds no page and refuses. */
		while (atomic_load(&shim.state) == SHIM_STARTING && atomic_load(&shim.starter) != me)
			sched_yield();
		return;
	}
	atomic_store(&shim.starter, me);
	if (!environ) { /* before libc is set up: try again next time, refuse until then */
		atomic_store(&shim.state, SHIM_NEW);
		return;
	}
	atomic_store_explicit(&shim.state, decide(), memory_order_release);
}

static void hello(void)
{
	struct wire_hello frame = { .flags = bare_root ? WIRE_HELLO_ROOT_BARE : 0 };
	char exe[1024], libc[32] = "glibc ";
	struct iovec pieces[7] = { { &frame, sizeof(frame) } };
	uint16_t lens[3];
	long n = sys(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", exe, sizeof(exe) - 1);
	const char *version = gnu_get_libc_version();

	exe[n > 0 ? n : 0] = '\0';
	memcpy(libc + 6, version, strnlen(version, sizeof(libc) - 7));
	line_string(pieces + 1, &lens[0], exe, sizeof(exe));
	line_string(pieces + 3, &lens[1], program_invocation_short_name, 256);
	line_string(pieces + 5, &lens[2], libc, sizeof(libc));
	line_say(WIRE_HELLO, pieces, 7);
}

/* glibc gives constructors what main() gets. */
__attribute__((constructor)) static void begin(int argc, char **argv, char **envp)
{
	int kept = errno;

	(void)argc;
	(void)envp;
	object_self(); /* now, while there is one thread: it takes the loader's lock */
	if (shim_awake() && shim.run[0]) {
		trust_java(argv, environ);
		hello();
		calls_refresh();
	}
	errno = kept;
}

static bool is_bare_root(void)
{
	const char *root = env_get(environ, BARE_ROOT_ENV);

	return bare_root || (root && strtol(root, NULL, 10) == sys(SYS_getpid));
}

/* A bare run ends with its root, and who reads the trace next shall find it
 * whole: the root waits for the trailer. Others have nobody who waits for their
 * word: the host sees them end. */
__attribute__((destructor)) static void end(void)
{
	struct wire_bye frame = { .wait = 1 };
	struct iovec piece = { &frame, sizeof(frame) };
	struct wire_head reply;

	if (atomic_load(&shim.state) != SHIM_FAKE || page_over() || !is_bare_root())
		return;
	line_ask(WIRE_BYE, &piece, 1, WIRE_OK, &reply, sizeof(reply), BYE_WAIT_MS);
}

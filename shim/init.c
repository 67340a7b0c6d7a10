/*
 * init: wakes the shim up in an image, and says good-bye for it.
 *
 * Which state the image is in is decided once, by the first hook or by the
 * constructor, whichever comes first: another object's constructor may connect
 * before ours runs. Only SEAM_MODE=auto may leave it to a later call.
 */
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>

#include "doors.h"
#include "env.h"
#include "line.h"
#include "object.h"
#include "page.h"
#include "shim.h"
#include "sys.h"
#include "twin.h"

#define BYE_WAIT_MS 200

extern char **environ;

struct shim shim;

static bool bare_root; /* this very image started the host */

/* What the constructor was given: as main() gets it, and nobody has changed it yet. */
static char **given;
static int ngiven;

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
	twin_find();
	return SHIM_FAKE;
}

/* ---- a decision that is put off ---------------------------------------------- */

/* Who shares this memory: a page that a fork wipes and a vfork does not. */
static struct {
	int unforked; /* 0 in a forked child */
	pid_t pid;
} *born;

static void remember_birth(void)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return;
	if (madvise(at, 4096, MADV_WIPEONFORK) < 0) { /* before Linux 4.14 */
		munmap(at, 4096);
		return;
	}
	born = at;
	born->unforked = 1;
	born->pid = (pid_t)sys(SYS_getpid);
}

/* Whose end is the run's: a vfork child decides for its parent, whose memory it is. */
static pid_t root_of_run(void)
{
	return born && born->unforked ? born->pid : (pid_t)sys(SYS_getpid);
}

/* ---- the decision -------------------------------------------------------------- */

/* Without a launcher: by SEAM_MODE. */
static enum shim_state decide_bare(enum mode_moment moment, char ***env)
{
	struct mode mode = mode_find(moment);
	const char *trace = env_get(environ, "SEAM_TRACE"), *run;
	char **with_run;

	if (mode.kind == MODE_LATER) {
		if (!born)
			remember_birth();
		return SHIM_UNDECIDED;
	}
	if (mode.kind == MODE_UNKNOWN) {
		shim_log("SEAM_MODE is none of fake, pass and auto, everything is refused", mode.why);
		return SHIM_CLOSED;
	}
	if (*mode.why)
		shim_log(mode.kind == MODE_PASS ? "mode pass" : "mode fake", mode.why);
	if (mode.kind == MODE_PASS && !(trace && *trace))
		return SHIM_INERT; /* nobody wants to read about it */
	bool joins = mode.kind != MODE_PASS && bare_session();
	bool served = joins ? bare_join(bare_session()) : bare_start(&mode, root_of_run());
	bare_root = served && !joins;
	with_run = served ? bare_environment() : NULL;
	if (with_run) {
		*env = with_run;
		if (moment == MODE_AT_EXEC)
			atomic_store(&shim.unsettled, true);
		else
			environ = with_run;
	}
	if (mode.kind == MODE_PASS)
		return SHIM_INERT;
	run = env_get(*env, WIRE_RUN_ENV);
	return run ? join_run(run) : SHIM_CLOSED;
}

static enum shim_state decide(enum mode_moment moment)
{
	const char *run = env_get(environ, WIRE_RUN_ENV), *layers = env_get(environ, "SEAM_LAYERS");
	enum shim_state state;
	char **env = environ;

	shim.layers_off = layers && strcmp(layers, "socket") == 0;
	if (!run && !bare_wanted())
		return SHIM_INERT;
	find_self();
	state = run ? join_run(run) : decide_bare(moment, &env);
	if (state != SHIM_INERT && state != SHIM_UNDECIDED)
		env_keep(env);
	return state;
}

void shim_settle(void)
{
	char **env;

	if (!atomic_exchange(&shim.unsettled, false))
		return;
	env = bare_environment();
	if (env)
		environ = env;
}

static void hello(char *const argv[], int argc);

/* False: this thread decides. True: somebody has, or does and calls back. */
static bool decided(int me)
{
	int state = atomic_load(&shim.state);

	for (;;) {
		if (state == SHIM_NEW || state == SHIM_UNDECIDED) {
			if (atomic_compare_exchange_strong(&shim.state, &state, SHIM_STARTING))
				return false;
			continue;
		}
		/* This very thread: a look-up has called back into a hook, which finds
		 * no page and refuses. */
		if (state != SHIM_STARTING || atomic_load(&shim.starter) == me)
			return true;
		/* Another thread does it: wait; unless it stayed behind in a fork. */
		if (born && !born->unforked) {
			born->unforked = 1;
			born->pid = (pid_t)sys(SYS_getpid);
			atomic_store(&shim.starter, me);
			return false;
		}
		sched_yield();
		state = atomic_load(&shim.state);
	}
}

void shim_start(enum mode_moment moment)
{
	int me = (int)sys(SYS_gettid), before = atomic_load(&shim.state), after;

	if (moment == MODE_AT_EXEC && before == SHIM_UNDECIDED && mode_find(moment).kind == MODE_LATER)
		return; /* the usual answer, without a lock that a vfork child would leave to its parent */
	if (decided(me))
		return;
	atomic_store(&shim.starter, me);
	if (!environ) { /* before libc is set up: try again next time, refuse until then */
		atomic_store(&shim.state, SHIM_NEW);
		return;
	}
	after = decide(moment);
	/* Before anything else that this image says, and before another thread asks for
	 * something: the host serves whom it knows. A vfork child that decides for its parent
	 * speaks for nobody: the host knows whom it watches. */
	if ((after == SHIM_FAKE || after == SHIM_CLOSED) && shim.run[0] &&
	    (before != SHIM_UNDECIDED || root_of_run() == sys(SYS_getpid)))
		hello(given, ngiven);
	atomic_store_explicit(&shim.state, after, memory_order_release);
}

/* The kernel lays the arguments end to end. 0: not as it has laid them. */
static size_t arguments_len(char *const argv[], int argc)
{
	const char *end;

	if (!argv || argc < 1)
		return 0;
	end = argv[0];
	for (int i = 0; i < argc; i++) {
		if (argv[i] != end)
			return 0;
		end += strlen(end) + 1;
	}
	return (size_t)(end - argv[0]);
}

static void hello(char *const argv[], int argc)
{
	struct wire_hello frame = { .flags = bare_root ? WIRE_HELLO_ROOT_BARE : 0 };
	char libc[32] = "musl";
	struct iovec pieces[7] = { { &frame, sizeof(frame) } };
	uint16_t lens[3];
	size_t len = arguments_len(argv, argc);
	const char *version = libc_is_glibc() ? gnu_get_libc_version() : NULL;

	shim.pid = (pid_t)sys(SYS_getpid);
	if (version) {
		memcpy(libc, "glibc ", 6);
		memcpy(libc + 6, version, strnlen(version, sizeof(libc) - 7));
	}
	line_string(pieces + 1, &lens[0], program_invocation_short_name, 256);
	line_string(pieces + 3, &lens[1], libc, sizeof(libc));
	lens[2] = (uint16_t)(len < WIRE_ARGUMENTS_MAX ? len : 0);
	pieces[5] = (struct iovec){ &lens[2], sizeof(lens[2]) };
	pieces[6] = (struct iovec){ len ? argv[0] : NULL, lens[2] };
	line_say(WIRE_HELLO, pieces, 7);
}

/* glibc gives constructors what main() gets, musl nothing. */
__attribute__((constructor)) static void begin(int argc, char **argv, char **envp)
{
	int kept = errno;
	bool has_args = libc_is_glibc() && argc > 0;

	(void)envp;
	given = has_args ? argv : NULL;
	ngiven = has_args ? argc : 0;
	object_self(); /* now, while there is one thread: it takes the loader's lock */
	if (shim_awake_at(MODE_AT_START) && shim.run[0]) {
		if (has_args)
			trust_java(argv, environ);
		calls_refresh();
	}
	given = NULL;
	errno = kept;
}

static bool is_bare_root(void)
{
	const char *root = env_get(environ, BARE_ROOT_ENV);
	long pid = 0;

	/* not strtol(): newer headers make it a symbol of a newer glibc */
	for (const char *s = root; s && *s >= '0' && *s <= '9'; s++)
		pid = pid * 10 + (*s - '0');
	return bare_root || (root && pid == sys(SYS_getpid));
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

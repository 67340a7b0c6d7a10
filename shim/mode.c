/*
 * mode: reads SEAM_MODE, and for `auto` the signs of a running test: what a test
 * runner leaves in the environment, and the command line. CI alone is no sign:
 * deployments run there too.
 */
#include <fcntl.h>
#include <string.h>

#include "env.h"
#include "mode.h"
#include "shim.h"
#include "sys.h"

#define ARGS_BYTES 4096 /* of a command line: a runner is named at its beginning */

extern char **environ;

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* pytest, py.test, pytest-3, pytest3.11; not pytest_report */
static bool is_pytest(const char *path)
{
	const char *name = base_name(path);

	if (strcmp(name, "py.test") == 0)
		return true;
	return strncmp(name, "pytest", 6) == 0 && !name[6 + strspn(name + 6, "-.0123456789")];
}

static bool is_python(const char *path)
{
	const char *name = base_name(path);

	return strncmp(name, "python", 6) == 0 || strncmp(name, "pypy", 4) == 0;
}

/* `args` are strings, each with its NUL, `end` is behind the last. A script is what python's
 * first argument that is no option names; -m may follow a script that runs modules itself
 * (coverage run -m pytest). */
static bool runs_pytest(const char *args, const char *end)
{
	bool script = false;

	if (is_pytest(args))
		return true;
	if (!is_python(args))
		return false;
	for (const char *arg = args + strlen(args) + 1; arg < end; arg += strlen(arg) + 1) {
		const char *next = arg + strlen(arg) + 1;

		if (strcmp(arg, "-m") == 0)
			return next < end && strcmp(next, "pytest") == 0;
		if (strcmp(arg, "-mpytest") == 0)
			return true;
		if (!script && strcmp(arg, "-c") == 0)
			return false;
		if (!script && (strcmp(arg, "-W") == 0 || strcmp(arg, "-X") == 0) && next < end)
			arg = next;
		else if (!script && arg[0] != '-') {
			if (is_pytest(arg))
				return true;
			script = true;
		}
	}
	return false;
}

static bool command_runs_pytest(void)
{
	char args[ARGS_BYTES + 1];
	long fd = sys(SYS_openat, AT_FDCWD, "/proc/self/cmdline", O_RDONLY | O_CLOEXEC), n;

	if (fd < 0)
		return false;
	n = sys(SYS_read, fd, args, ARGS_BYTES);
	sys(SYS_close, fd);
	if (n <= 0)
		return false;
	args[n] = '\0';
	return runs_pytest(args, args + n);
}

static struct mode detect(enum mode_moment moment)
{
	const char *test = env_get(environ, "SEAM_TEST");

	if (env_get(environ, "PYTEST_CURRENT_TEST"))
		return (struct mode){ MODE_FAKE, "SEAM_MODE=auto: PYTEST_CURRENT_TEST is set" };
	if (test && *test)
		return (struct mode){ MODE_FAKE, "SEAM_MODE=auto: SEAM_TEST is set" };
	if (command_runs_pytest())
		return (struct mode){ MODE_FAKE, "SEAM_MODE=auto: the command runs pytest" };
	if (moment != MODE_AT_CALL)
		return (struct mode){ MODE_LATER, "" };
	return (struct mode){ MODE_PASS, "SEAM_MODE=auto: no test is running (no PYTEST_CURRENT_TEST, no SEAM_TEST, no pytest in the command)" };
}

struct mode mode_find(enum mode_moment moment)
{
	const char *given = env_get(environ, "SEAM_MODE");

	if (!given || !*given)
		return (struct mode){ MODE_FAKE, "" };
	if (strcmp(given, "fake") == 0)
		return (struct mode){ MODE_FAKE, "SEAM_MODE=fake" };
	if (strcmp(given, "pass") == 0)
		return (struct mode){ MODE_PASS, "SEAM_MODE=pass" };
	if (strcmp(given, "auto") == 0)
		return detect(moment);
	return (struct mode){ MODE_UNKNOWN, given };
}

/*
 * seam doctor: what this machine allows, and whether a program can be
 * intercepted. Each line is found out by trying, not by asking for versions.
 * What is in the way comes with the way out.
 */
#include "cmd.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/host.h"

#define INTERPRETERS_MAX 5 /* scripts whose interpreter is a script: as deep as Linux goes */
#define LINE_MAX_BYTES 256 /* of "#!...": the kernel reads no more */

static const char help[] =
	"usage: seam doctor [COMMAND]\n\n"
	"Says what this machine allows, and whether COMMAND can be intercepted; what is in the\n"
	"way comes with the way out. COMMAND is not started.\n\n"
	"exit status: 0 all is well, 1 something is in the way, 2 usage\n\n"
	"example:\n"
	"  seam doctor psql\n";

struct findings {
	int bad;
	bool isolated;
};

static void good(const char *what, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void good(const char *what, const char *fmt, ...)
{
	va_list ap;

	printf("ok  %-10s ", what);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

/* `remedy` may hold several lines. */
static void bad(struct findings *f, const char *what, const char *found, const char *remedy)
{
	f->bad++;
	printf("NO  %-10s %s\n", what, found);
	for (const char *line = remedy; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		printf("               %.*s\n", (int)strcspn(line, "\n"), line);
}

/* ---- the machine ---------------------------------------------------------------- */

static void check_shim(struct findings *f)
{
	char path[500], text[1000];
	struct err err = { 0 };

	if (host_find_shim(path, sizeof(path), &err) < 0) {
		bad(f, "shim", err.text, "see docs/troubleshooting.md");
		return;
	}
	/* its constructor finds no run to join and stays inert */
	unsetenv("SEAM_RUN");
	unsetenv("SEAM_RULES");
	if (dlopen(path, RTLD_NOW | RTLD_LOCAL)) {
		good("shim", "%s can be loaded", path);
	} else {
		snprintf(text, sizeof(text), "%s cannot be loaded: %s", path, dlerror());
		bad(f, "shim", text, "install seam and libseam.so of one build, in a file system that is not mounted noexec");
	}
}

static void check_kernel(struct findings *f)
{
	int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);

	if (fd >= 0)
		good("kernel", "tells when a process ends (pidfd_open)");
	else
		bad(f, "kernel", "pidfd_open is refused: seam cannot watch a program", "use Linux 5.3 or later; in a container, a seccomp profile that allows pidfd_open");
	if (fd >= 0)
		close(fd);
}

/* Without it seam does: nobody can ask for an IPv6 address either. */
static void check_loopback(struct findings *f)
{
	struct sockaddr_in a4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd4 = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), fd6 = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool v4 = fd4 >= 0 && bind(fd4, (struct sockaddr *)&a4, sizeof(a4)) == 0;
	bool v6 = fd6 >= 0 && bind(fd6, (struct sockaddr *)&a6, sizeof(a6)) == 0;

	if (v4)
		good("loopback", v6 ? "127.0.0.1 and ::1" : "127.0.0.1; there is no ::1, IPv6 sockets reach the fakes over IPv4");
	else
		bad(f, "loopback", "127.0.0.1 cannot be bound: the fakes have nowhere to listen", "ip link set lo up");
	if (fd4 >= 0)
		close(fd4);
	if (fd6 >= 0)
		close(fd6);
}

static void check_isolation(struct findings *f)
{
	struct err err = { 0 };

	f->isolated = host_probe_isolation(&err) == 0;
	if (f->isolated)
		good("isolation", "a network of the run's own can be made: nothing leaves, also past the shim");
	else
		bad(f, "isolation", err.text,
		    "seam run does without: the preload alone, which programs that bypass the shim are not held by\n"
		    "Docker: --security-opt seccomp=unconfined, or --cap-add SYS_ADMIN\n"
		    "Ubuntu 24.04: sysctl kernel.apparmor_restrict_unprivileged_userns=0");
}

/* ---- the program ---------------------------------------------------------------- */

/* The program that "#!" names, looked for behind env; false: not a script. `line` is where it lies. */
static bool read_interpreter(const char *path, char *line, size_t size, const char **name)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, line, size - 1) : -1;
	char *rest = line + 2, *word;

	if (fd >= 0)
		close(fd);
	if (n < 2 || line[0] != '#' || line[1] != '!')
		return false;
	line[n] = '\0';
	line[strcspn(line, "\n")] = '\0';
	while ((word = strsep(&rest, " \t"))) {
		const char *slash = strrchr(word, '/');
		/* env, its options (-S) and its variables only lead to the program */
		if (!*word || *word == '-' || strchr(word, '=') || strcmp(slash ? slash + 1 : word, "env") == 0)
			continue;
		*name = word;
		return true;
	}
	return false;
}

static const char *remedy_for(const struct findings *f)
{
	return f->isolated ? "in a network of its own (--isolate auto) it reaches the fakes all the same; --allow-unshimmed accepts that" :
			     "run a dynamically linked glibc build of it, or allow namespaces (above): then it reaches the fakes all the same";
}

static void check_program(struct findings *f, const char *name)
{
	char path[2][4096], line[2][LINE_MAX_BYTES], text[5000];

	for (int depth = 0; depth < INTERPRETERS_MAX; depth++) {
		char *at = path[depth % 2];
		const char *next;
		struct stat st;

		host_find_program(name, at, sizeof(path[0]));
		if (!*at || stat(at, &st) < 0) {
			snprintf(text, sizeof(text), "%s: not found", name);
			bad(f, "program", text, strchr(name, '/') ? "name a file that exists" : "it is in no folder of PATH");
			return;
		}
		if (!S_ISREG(st.st_mode) || access(at, X_OK) < 0) {
			snprintf(text, sizeof(text), "%s: cannot be executed", at);
			bad(f, "program", text, S_ISREG(st.st_mode) ? "chmod +x it, or run it by its interpreter" : "name a file");
			return;
		}
		if (read_interpreter(at, line[depth % 2], LINE_MAX_BYTES, &next)) {
			good("script", "%s is run by %s", at, next);
			name = next;
			continue;
		}
		const char *why = host_obstacle(at);
		if (why) {
			snprintf(text, sizeof(text), "%s: %s", at, why);
			bad(f, "program", text, remedy_for(f));
		} else {
			good("program", "%s: the shim can get in", at);
		}
		return;
	}
	bad(f, "program", "scripts whose interpreters are scripts, without end", "Linux refuses it too");
}

int cmd_doctor(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct findings f = { 0 };
	int got;

	while ((got = getopt_long(argc, argv, "+:h", options, NULL)) != -1) {
		if (got != 'h')
			return cmd_bad_option("doctor", argv, options, got);
		fputs(help, stdout);
		return 0;
	}
	check_shim(&f);
	check_kernel(&f);
	check_loopback(&f);
	fflush(stdout); /* the probe forks */
	check_isolation(&f);
	if (optind < argc)
		check_program(&f, argv[optind]);
	return f.bad ? EXIT_DIFFERENT : EXIT_SAME;
}

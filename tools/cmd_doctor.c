/*
 * seam doctor: what this machine allows, and whether a program can be
 * intercepted. Each line is found out by trying, not by asking for versions.
 * What is in the way comes with the way out. The program is doctor_program.c's.
 */
#include "cmd.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "doctor.h"
#include "host/host.h"

static const char help[] =
	"usage: seam doctor [COMMAND]\n\n"
	"Says what this machine allows, and whether COMMAND can be intercepted; what is in the\n"
	"way (NO) comes with the way out. ?? is what the file can do past the shim, and may never\n"
	"do. Of a shell script the commands are looked at too. COMMAND is not started.\n\n"
	"exit status: 0 all is well, 1 something is in the way, 2 usage\n\n"
	"example:\n"
	"  seam doctor psql\n";

void finding_good(const char *what, const char *fmt, ...)
{
	va_list ap;

	printf("ok  %-10s ", what);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

static void print(const char *mark, const char *what, const char *found, const char *remedy)
{
	printf("%s  %-10s %s\n", mark, what, found);
	for (const char *line = remedy; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		printf("               %.*s\n", (int)strcspn(line, "\n"), line);
}

void finding_bad(struct findings *f, const char *what, const char *found, const char *remedy)
{
	f->bad++;
	print("NO", what, found, remedy);
}

void finding_perhaps(const char *what, const char *found, const char *remedy)
{
	print("??", what, found, remedy);
}

/* ---- the machine ---------------------------------------------------------------- */

static void check_shim(struct findings *f)
{
	char path[500], text[1000];
	struct err err = { 0 };

	if (host_find_shim(path, sizeof(path), &err) < 0) {
		finding_bad(f, "shim", err.text, "see docs/troubleshooting.md");
		return;
	}
	/* its constructor finds no run to join and stays inert */
	unsetenv("SEAM_RUN");
	unsetenv("SEAM_RULES");
	if (dlopen(path, RTLD_NOW | RTLD_LOCAL)) {
		finding_good("shim", "%s can be loaded", path);
	} else {
		snprintf(text, sizeof(text), "%s cannot be loaded: %s", path, dlerror());
		finding_bad(f, "shim", text, "install seam and libseam.so of one build, in a file system that is not mounted noexec");
	}
}

static void check_kernel(struct findings *f)
{
	int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);

	if (fd >= 0)
		finding_good("kernel", "tells when a process ends (pidfd_open)");
	else
		finding_bad(f, "kernel", "pidfd_open is refused: seam cannot watch a program", "use Linux 5.3 or later; in a container, a seccomp profile that allows pidfd_open");
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
		finding_good("loopback", v6 ? "127.0.0.1 and ::1" : "127.0.0.1; there is no ::1, IPv6 sockets reach the fakes over IPv4");
	else
		finding_bad(f, "loopback", "127.0.0.1 cannot be bound: the fakes have nowhere to listen", "ip link set lo up");
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
		finding_good("isolation", "a network of the run's own can be made: nothing leaves, also past the shim");
	else
		finding_bad(f, "isolation", err.text,
		    "seam run does without: the preload alone, which programs that bypass the shim are not held by\n"
		    "Docker: --security-opt seccomp=unconfined, or --cap-add SYS_ADMIN\n"
		    "Ubuntu 24.04: sysctl kernel.apparmor_restrict_unprivileged_userns=0");
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
		doctor_program(&f, argv[optind]);
	return f.bad ? EXIT_DIFFERENT : EXIT_SAME;
}

/* seam host: the host of a bare preload. Started by the shim's constructor with
 * nothing but the environment: SEAM_RULES, SEAM_TRACE, SEAM_PROFILE. It answers
 * on the ready fd and then serves the process that it was given. */
#include "cmd.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "host/host.h"

#define ARGS_MAX 1024
#define RULES_MAX 64

/* The program's own command line, from /proc: its strings in `text`, NULL-terminated in `argv`. */
static void read_argv(pid_t pid, char *text, size_t size, const char **argv)
{
	char path[64];
	size_t n = 0, count = 0;
	ssize_t got;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && n < size - 1 && (got = read(fd, text + n, size - 1 - n)) > 0)
		n += (size_t)got;
	if (fd >= 0)
		close(fd);
	text[n] = '\0';
	for (size_t i = 0; i < n && count < ARGS_MAX; i += strlen(text + i) + 1)
		argv[count++] = text + i;
	argv[count] = NULL;
}

/* SEAM_RULES may name several files, separated like PATH. */
static size_t split_rules(char *list, const char **rules)
{
	size_t n = 0;

	for (char *rest = list, *one; rest && n < RULES_MAX && (one = strsep(&rest, ":"));)
		if (*one)
			rules[n++] = one;
	return n;
}

int cmd_host(int argc, char **argv)
{
	static const struct option options[] = {
		{ "bare-pid", required_argument, NULL, 'p' },
		{ "ready-fd", required_argument, NULL, 'f' },
		{ "mode", required_argument, NULL, 'm' }, /* as the shim has decided */
		{ "why", required_argument, NULL, 'w' },
		{ 0 },
	};
	static char text[128 * 1024];
	static const char *program[ARGS_MAX + 1], *rules[RULES_MAX];
	struct host_options o = { .rules = rules, .seed = 42, .ready_fd = -1, .trace = getenv("SEAM_TRACE"), .profile = getenv("SEAM_PROFILE"), .quiet = true };
	char *list = getenv("SEAM_RULES");
	uint64_t pid = 0, fd = 0, seed;
	int got;

	while ((got = getopt_long(argc, argv, ":", options, NULL)) != -1)
		if (got == 'm')
			o.mode = strcmp(optarg, "pass") == 0 ? HOST_PASS : HOST_FAKE;
		else if (got == 'w')
			o.mode_why = *optarg ? optarg : NULL;
		else if ((got != 'p' || !slice_to_u64(slice_str(optarg), &pid)) && (got != 'f' || !slice_to_u64(slice_str(optarg), &fd)))
			return cmd_usage("host", "is started by libseam.so; use seam run");
	if (!pid || !fd)
		return cmd_usage("host", "is started by libseam.so; use seam run");
	if (!getenv("SEAM_LOG_FILE"))
		log_to_fd(-1); /* the program's terminal is the program's */
	log_init();
	fcntl((int)fd, F_SETFD, FD_CLOEXEC);
	if (getenv("SEAM_SEED") && slice_to_u64(slice_str(getenv("SEAM_SEED")), &seed))
		o.seed = seed;
	list = list ? strdup(list) : NULL;
	o.nrules = list ? split_rules(list, rules) : 0;
	o.bare = (pid_t)pid;
	o.ready_fd = (int)fd;
	read_argv(o.bare, text, sizeof(text), program);
	o.argv = program;
	int code = host_run(&o);
	free(list);
	return code;
}

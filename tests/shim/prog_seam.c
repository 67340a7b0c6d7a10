/*
 * prog_seam: stands where the shim looks for `seam`. Writes down how it was
 * started (FACTS), then says what a host would say (SAY) on the ready fd.
 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void write_fds(FILE *facts)
{
	struct stat null, st;
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *e;

	stat("/dev/null", &null);
	fprintf(facts, "null:");
	for (int fd = 0; fd < 3; fd++)
		fprintf(facts, " %d", fstat(fd, &st) == 0 && st.st_rdev == null.st_rdev);
	fprintf(facts, "\nfds:");
	while ((e = readdir(dir)))
		if (e->d_name[0] != '.' && strtol(e->d_name, NULL, 10) != dirfd(dir) &&
		    strtol(e->d_name, NULL, 10) != fileno(facts))
			fprintf(facts, " %s", e->d_name);
	fprintf(facts, "\n");
	closedir(dir);
}

int main(int argc, char **argv)
{
	const char *say = getenv("SAY"), *run = getenv("FAKE_RUN");
	FILE *facts = fopen(getenv("FACTS"), "a");
	int fd = argc > 5 ? (int)strtol(argv[5], NULL, 10) : -1;
	sigset_t mask;
	char text[400];
	int n;

	fprintf(facts, "argv: %s %s %s %s\n", argv[1], argv[2], argv[4], argv[5]);
	fprintf(facts, "env: %s %s %s\n", getenv("LD_PRELOAD") ? "preload" : "-", getenv("SEAM_RUN") ? "run" : "-",
		getenv("SEAM_RULES"));
	fprintf(facts, "leader: %d\n", getsid(0) == getpid());
	sigprocmask(SIG_SETMASK, NULL, &mask);
	fprintf(facts, "blocked: %d\n", sigismember(&mask, SIGTERM));
	fprintf(facts, "pid: %s\n", argv[3]);
	write_fds(facts);
	fclose(facts);
	if (!say)
		return 1;
	if (*say == '0')
		n = snprintf(text, sizeof(text), "0SEAM_RUN=%s%cSSL_CERT_FILE=/run/ca.pem%cHOME=/changed%c", run, 0, 0, 0);
	else
		n = snprintf(text, sizeof(text), "%s", say);
	return write(fd, text, (size_t)n) != n;
}

/* starts HOW PROGRAM: starts PROGRAM once, by each way that a C library has, and waits for it. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static char *own[] = { "PATH=/usr/bin:/bin", "OWN=1", NULL };

static int is(const char *how, const char *name)
{
	return strcmp(how, name) == 0;
}

static void become(const char *how, char *path)
{
	char *argv[] = { path, NULL }, *empty[] = { NULL };
	char *slash = strrchr(path, '/'), folder[4096];

	snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
	if (is(how, "execl"))
		execl(path, path, (char *)NULL);
	if (is(how, "execle"))
		execle(path, path, (char *)NULL, own);
	if (is(how, "execv"))
		execv(path, argv);
	if (is(how, "execve"))
		execve(path, argv, empty);
	if (is(how, "execlp")) {
		setenv("PATH", folder, 1);
		execlp(slash + 1, path, (char *)NULL);
	}
	if (is(how, "execvp")) {
		setenv("PATH", folder, 1);
		execvp(slash + 1, argv);
	}
	if (is(how, "execvpe")) {
		setenv("PATH", folder, 1);
		execvpe(slash + 1, argv, empty);
	}
	if (is(how, "fexecve"))
		fexecve(open(path, O_RDONLY), argv, own);
#ifdef __GLIBC__
	if (is(how, "execveat"))
		execveat(open(folder, O_RDONLY), slash + 1, argv, own, 0);
	if (is(how, "execveat-empty"))
		execveat(open(path, O_RDONLY), "", argv, empty, AT_EMPTY_PATH);
#endif
	if (is(how, "env-i"))
		execl("/usr/bin/env", "env", "-i", "/bin/sh", "-c", "exec env -i \"$0\"", path, (char *)NULL);
	if (is(how, "script")) {
		char script[4200];
		snprintf(script, sizeof(script), "%s/script-%d", getenv("TMPDIR"), getpid());
		FILE *f = fopen(script, "w");
		fprintf(f, "#!%s\n", path);
		fclose(f);
		chmod(script, 0755);
		execl(script, script, (char *)NULL);
	}
	_exit(127);
}

int main(int argc, char **argv)
{
	char *how = argv[1], *path = argv[2], line[1000];
	char *args[] = { path, NULL };
	int status = 0;
	pid_t pid = -1;

	if (argc < 3)
		return 2;
	if (is(how, "system"))
		return system(path);
	if (is(how, "popen")) {
		FILE *f = popen(path, "r");
		while (fgets(line, sizeof(line), f))
			fputs(line, stdout);
		return pclose(f);
	}
	if (is(how, "posix_spawn"))
		return posix_spawn(&pid, path, NULL, NULL, args, own) || waitpid(pid, &status, 0) != pid || status;
	if (is(how, "posix_spawnp"))
		return posix_spawnp(&pid, path, NULL, NULL, args, environ) || waitpid(pid, &status, 0) != pid || status;
	if (is(how, "vfork")) {
		if ((pid = vfork()) == 0) {
			execve(path, args, own);
			_exit(127);
		}
	} else if ((pid = fork()) == 0) {
		become(how, path);
	}
	return waitpid(pid, &status, 0) != pid || status;
}

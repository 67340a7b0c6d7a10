/*
 * prog_exec: starts itself by every variant of exec and spawn, most of them
 * with an environment that has nothing in it. The second image prints what it
 * inherited.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void show(const char *name)
{
	const char *value = getenv(name);

	printf(" %s=%s", name, value ? value : "(none)");
}

static int report(void)
{
	printf("child");
	show("LD_PRELOAD");
	show("SEAM_RUN");
	show("SSL_CERT_FILE");
	show("MINE");
	printf("\n");
	return 0;
}

static int wait_for(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		printf("waitpid: %s\n", strerrorname_np(errno));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

static int spawned(const char *self, char **argv, int by_path, char **env)
{
	pid_t pid = 0;
	int error = by_path ? posix_spawn(&pid, self, NULL, NULL, argv, env) :
			      posix_spawnp(&pid, self, NULL, NULL, argv, env);

	if (error) {
		printf("spawn: %s\n", strerrorname_np(error));
		return 0;
	}
	/* after the child's own lines, so that their order is certain */
	int status = wait_for(pid);
	printf("spawned %d\n", pid);
	return status;
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "", *self = argv[0];
	char *child[] = { argv[0], "report", NULL };
	char *empty[] = { NULL }, *mine[] = { "MINE=1", NULL };
	char *preloads[] = { argc > 2 ? argv[2] : "LD_PRELOAD=", "MINE=1", NULL };

	if (strcmp(how, "report") == 0)
		return report();
	if (strcmp(how, "children") == 0) {
		printf("%s ", waitpid(-1, NULL, WNOHANG) < 0 ? strerrorname_np(errno) : "a child");
		printf("%s\n", waitpid(-1, NULL, WNOHANG | __WALL) < 0 ? strerrorname_np(errno) : "a child");
		return 0;
	}
	if (strcmp(how, "execve") == 0)
		execve(self, child, empty);
	else if (strcmp(how, "execve-null") == 0)
		execve(self, child, NULL);
	else if (strcmp(how, "execv") == 0 && clearenv() == 0)
		execv(self, child);
	else if (strcmp(how, "execvp") == 0 && clearenv() == 0)
		execvp(self, child);
	else if (strcmp(how, "execvpe") == 0)
		execvpe(self, child, mine);
	else if (strcmp(how, "execl") == 0 && clearenv() == 0)
		execl(self, self, "report", (char *)NULL);
	else if (strcmp(how, "execlp") == 0 && clearenv() == 0)
		execlp(self, self, "report", (char *)NULL);
	else if (strcmp(how, "execle") == 0)
		execle(self, self, "report", (char *)NULL, mine);
	else if (strcmp(how, "fexecve") == 0)
		fexecve(open(self, O_RDONLY | O_CLOEXEC), child, empty);
	else if (strcmp(how, "execveat") == 0)
		execveat(AT_FDCWD, self, child, mine, 0);
	else if (strcmp(how, "preload") == 0)
		execve(self, child, preloads);
	else if (strcmp(how, "spawn") == 0)
		return spawned(self, child, 1, empty);
	else if (strcmp(how, "spawnp") == 0)
		return spawned(self, child, 0, mine);
	else if (strcmp(how, "spawn-missing") == 0)
		return spawned("/nowhere/at/all", child, 1, mine);
	else if (strcmp(how, "vfork") == 0) {
		pid_t pid = vfork();

		if (pid == 0) {
			close(3);
			execve(self, child, empty);
			_exit(98);
		}
		return wait_for(pid);
	} else if (strcmp(how, "missing") == 0) {
		execve("/nowhere/at/all", child, mine);
		printf("execve: %s\n", strerrorname_np(errno));
		return 0;
	} else if (strcmp(how, "overwritten") == 0) {
		/* as setproctitle() does: the strings that the image was born with are gone */
		for (char **v = environ; *v; v++)
			memset(*v, 'x', strlen(*v));
		environ = empty;
		execv(self, child);
	}
	printf("%s came back: %s\n", how, strerrorname_np(errno));
	return 1;
}

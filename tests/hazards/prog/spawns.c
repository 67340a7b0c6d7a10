/* spawns PROGRAM ARG...: the same child by posix_spawnp and posix_spawn, with an environment of
 * the program's own, an empty one, attributes and file actions. */
#define _GNU_SOURCE
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include "client.h"

int main(int argc, char **argv)
{
	char *const own[] = { "PATH=/usr/bin:/bin", "OWN=1", NULL }, *const empty[] = { NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t all;
	int status;
	pid_t pid;

	NEED(argc > 1);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, 1, 2);
	posix_spawnattr_init(&attr);
	sigfillset(&all);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
	NEED(posix_spawnp(&pid, argv[1], NULL, NULL, argv + 1, own) == 0 && waitpid(pid, &status, 0) == pid && status == 0);
	NEED(posix_spawnp(&pid, argv[1], &actions, &attr, argv + 1, empty) == 0 && waitpid(pid, &status, 0) == pid && status == 0);
	NEED(posix_spawn(&pid, argv[1], &actions, &attr, argv + 1, own) == 0 && waitpid(pid, &status, 0) == pid && status == 0);
	NEED(posix_spawn(NULL, argv[1], NULL, NULL, argv + 1, empty) == 0 && wait(&status) > 0 && status == 0);
	/* what cannot be started says so as without seam */
	NEED(posix_spawnp(&pid, "/no/such/program", NULL, NULL, argv + 1, own) == ENOENT);
	return 0;
}

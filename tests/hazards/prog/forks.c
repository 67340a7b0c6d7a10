/* 8 threads resolve and connect in a loop while the main thread forks N children that do the
 * same: a lock that a thread held at the fork would be held in the child for good. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "client.h"

static atomic_bool stop;
static atomic_int connected;

static void once(void)
{
	struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, *found;

	NEED(getaddrinfo("web.example.com", "80", &hints, &found) == 0);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	NEED(connect(fd, found->ai_addr, found->ai_addrlen) == 0);
	freeaddrinfo(found);
	hang_up(fd);
}

static void *loop(void *unused)
{
	while (!stop) {
		once();
		connected++;
		usleep(2000);
	}
	return unused;
}

int main(int argc, char **argv)
{
	int children = argc > 1 ? atoi(argv[1]) : 1000, living = 0, status;
	pthread_t threads[8];

	alarm(50);
	for (int i = 0; i < 8; i++)
		NEED(pthread_create(&threads[i], NULL, loop, NULL) == 0);
	for (int i = 0; i < children; i++) {
		pid_t pid = fork();
		NEED(pid >= 0);
		if (pid == 0) {
			/* by address: libc's own resolver is not made for the child of a process with threads */
			int fd = reach("192.0.2.7", 8080);
			NEED(fd >= 0 && peer_is(fd, "192.0.2.7", 8080));
			hang_up(fd);
			_exit(0);
		}
		if (++living == 16) {
			NEED(wait(&status) > 0 && status == 0);
			living--;
		}
	}
	while (living--)
		NEED(wait(&status) > 0 && status == 0);
	stop = true;
	for (int i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	NEED(connected > 8);
	puts("hi");
	return 0;
}

/*
 * isolate: the run's own network, so that nothing can leave (design 5).
 *
 * The program gets a network and a mount namespace of its own (and, without
 * CAP_SYS_ADMIN, a user namespace with its own uid mapped). In it every address
 * of the world is local: whatever a process connects to, hooked or not, ends at
 * a socket of the host or is refused.
 *
 * The surprising rule: the host stays outside, yet its listeners are inside. A
 * socket belongs to the namespace in which it was created and not to the
 * process that uses it, so a keeper inside creates sockets and passes them out.
 *
 * Two processes: the entrant becomes the program when the host says so (it is
 * the set-up's own probe: when a step fails, it says which and ends), and the
 * keeper, which makes sockets until the host is gone.
 */
#ifndef HOST_ISOLATE_H
#define HOST_ISOLATE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct host;
struct isolate;

/* Begins to isolate the run, as the options say. It takes milliseconds, in which
 * the host has other things to do. */
int isolate_open(struct host *h, struct err *err);
/* Waits for the end of it. 0 with h->isolate set, or with NULL when it is off or
 * (auto) this machine forbids it: then h->exposed says why. Nothing of the run's
 * network may be used before. */
int isolate_settle(struct host *h, struct err *err);
/* No more sockets are wanted: the keeper may go. */
void isolate_dismiss(struct host *h);
/* Waits for the keeper, and ends an entrant that never became the program. */
void isolate_close(struct host *h);

/* A socket of the run's network: inside when isolated, else of this machine.
 * Non-blocking and close-on-exec. -1 with errno. */
int isolate_socket(struct host *h, int domain, int type, int protocol);

/* Lets the entrant become the program. `env` ends in NULL; an errno of a failed
 * exec goes to `report`. The program's pid, or -1. */
pid_t isolate_launch(struct isolate *i, const char *const *env, size_t count, int report);

/* In a child of the host: into the namespaces of the run, for a program that is started again. 0, or -1. */
int isolate_rejoin(struct host *h);

/* "/proc/PID" of a process that lives inside as long as the run; "/proc/self"
 * when not isolated. */
const char *isolate_proc(const struct host *h);

/* The process that is inside for the host's sake, and no part of the program. */
bool isolate_is_keeper(const struct host *h, pid_t pid);

/* ---- between the files of isolate ------------------------------------------ */

/* isolate_pass.c: messages with descriptors, over a SEQPACKET socket. */
#define PASS_FDS_MAX 64
ssize_t pass_send(int channel, const void *bytes, size_t size, const int *fds, size_t count);
/* -1: an error, 0: the other side is gone. Descriptors are close-on-exec. */
ssize_t pass_receive(int channel, void *bytes, size_t size, int *fds, size_t *count);

/* What the entrant says first. */
struct isolate_ready {
	int error;       /* errno of the step that failed, 0 when all is set up */
	char step[120];  /* which, as a sentence without end */
	pid_t keeper;
	bool users;      /* a user namespace was needed */
};

/* isolate_keeper.c: what the keeper is asked; answered with `count` sockets or an errno. */
struct isolate_wish {
	int domain, type, protocol;
	int count;
};
_Noreturn void keeper_serve(int channel);

/* isolate_enter.c: the entrant, from fork to exec. */
struct entrant {
	const char *const *argv;
	const bool *closed;       /* of 0, 1, 2: to be closed again before exec */
	sigset_t mask;            /* for the program */
	const char *folder;       /* of the run */
	const int *sockets;       /* inherited ones that must not reach the program */
	size_t nsockets;
	int channel, keeper_channel;
};
_Noreturn void enter(const struct entrant *e);

/* The run's own addresses, one of each family. */
extern const unsigned char isolate_own4[4], isolate_own6[16];
/* isolate_net.c: lo up, an address of each family, every address local. 0 or
 * -errno with *step set. */
int isolate_net(const char **step);

#define ISOLATE_MASK "mask"
#define ISOLATE_CACERTS ISOLATE_MASK "/cacerts" /* lies over the roots of the machine's JDKs */
/* isolate_mounts.c: what must not be seen inside, and the resolver's file. */
int isolate_mounts(const char *folder, uid_t uid, const char **step);
/* Outside, before: the files that are mounted. */
int isolate_mounts_prepare(const char *folder, struct err *err);

#endif

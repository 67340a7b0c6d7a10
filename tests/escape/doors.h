/*
 * doors: the ways from a program to the kernel's connect, sendto, sendmsg and
 * sendmmsg. Each takes what the call takes; the result is the call's, errno set.
 */
#ifndef DOORS_H
#define DOORS_H

#include <sys/socket.h>

enum call { CONNECT, SENDTO, SENDMSG, SENDMMSG, CALLS };

struct ask {
	enum call call;
	int fd, flags;
	const struct sockaddr *to;
	socklen_t len;
};

struct door {
	const char *name;
	long (*go)(const struct ask *ask);
};
extern const struct door doors[];

/* What libc's four functions make of it, whoever's functions they are. */
struct functions {
	int (*connect)(int, const struct sockaddr *, socklen_t);
	long (*sendto)(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
	long (*sendmsg)(int, const struct msghdr *, int);
	int (*sendmmsg)(int, struct mmsghdr *, unsigned, int);
};
long call_functions(const struct functions *f, const struct ask *ask);

#endif

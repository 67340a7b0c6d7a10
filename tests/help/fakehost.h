/*
 * fakehost: a host small enough to hold in the hand, for tests of the shim.
 *
 * It publishes a page, takes the shim's frames and keeps them, answers what is
 * asked as the test says, and serves every endpoint with one line naming it
 * ("here is db.prod:5432"). Everything in one thread, in a run directory that
 * goes away with it. Failures of the set-up end the running check test.
 *
 * Programs run with the shim preloaded and what they print is captured.
 */
#ifndef TESTS_FAKEHOST_H
#define TESTS_FAKEHOST_H

#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

#include "wire/wire.h"

#define FAKEHOST_LISTENERS 32
#define FAKEHOST_FRAMES 8192

struct frame {
	union {
		struct wire_head head;
		struct wire_hello hello;
		struct wire_exec exec;
		struct wire_connect connect;
		struct wire_name name;
		struct wire_ask ask;
		struct wire_call call;
		struct wire_bye bye;
	} u;
	size_t len;       /* of the whole frame */
	char strings[512];/* what follows the fixed part, as it came; cut */
};

struct fakehost {
	char dir[64];
	char shim[512];   /* libseam.so that is preloaded; next to the running binary by default */
	struct page *page;
	bool bare;        /* without SEAM_RUN */
	const char *const *extra_env; /* "NAME=VALUE", ends in NULL; or NULL */
	/* How to answer; may be changed between runs. */
	struct wire_verdict verdict;    /* for WIRE_ASK; outcome 0 stands for WIRE_PASSED */
	const char *name_for_globs;     /* claimed when asked for: gets a row; NULL: nobody claims it */
	struct wire_call_is call_is;    /* for WIRE_CALL_ASK */
	const char *call_string;        /* bytes of a string answer, and of its out-parameters */

	/* private */
	pthread_t thread;
	pthread_mutex_t lock;
	int control, stop[2];
	struct {
		int fd;
		bool datagrams;
		char greeting[128];
		int accepted;
		uint16_t last_port; /* peer of the last one */
	} listeners[FAKEHOST_LISTENERS];
	int nlisteners, nframes;
	struct frame *frames;
};

struct fakehost *fakehost_start(void);
void fakehost_stop(struct fakehost *h);
/* As by SIGKILL: sockets gone, page still there and not marked ended. */
void fakehost_kill(struct fakehost *h);

/* A row in the page; listeners where one is needed. Returns the index. */
uint32_t fakehost_name(struct fakehost *h, const char *name);
uint32_t fakehost_endpoint(struct fakehost *h, uint32_t name, enum wire_transport transport, uint16_t port,
			   uint32_t flags);
uint32_t fakehost_unix(struct fakehost *h, const char *path);
void fakehost_call(struct fakehost *h, const struct page_call *row);
/* A listener of the test itself, in no row. Returns the port. */
uint16_t fakehost_stranger(struct fakehost *h);
/* Peer port of the last connection or datagram that an endpoint got. */
uint16_t fakehost_last_port(struct fakehost *h, uint32_t endpoint, bool v6);

/* Runs a program (a path, or a name in the build's tests folder) under the
 * shim, after which all its frames are here. Returns what it printed, in a
 * static room, with "exit N" or "signal N" added when it did not end in 0. */
const char *fakehost_run(struct fakehost *h, const char *program, ...) __attribute__((sentinel));

/* Frames of a kind; the nth of them (from 0), or a failed check. */
int fakehost_count(struct fakehost *h, enum wire_kind kind);
const struct frame *fakehost_frame(struct fakehost *h, enum wire_kind kind, int nth);
/* The nth string after the fixed part (from 0), NUL-terminated in a static room. */
const char *fakehost_string(const struct frame *f, int nth);
/* The bytes after `nstrings` strings. */
const char *fakehost_bytes(const struct frame *f, int nstrings);
void fakehost_forget(struct fakehost *h);

/* The folder of the build: where lib/libseam.so and tests/ are. */
const char *build_dir(void);

#endif

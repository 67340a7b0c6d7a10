/*
 * inside: what the files of src/host/ share. Nobody else includes this.
 *
 * One struct host is one run: its services, processes, connections and trace.
 * All of it belongs to the thread of the loop.
 */
#ifndef HOST_INSIDE_H
#define HOST_INSIDE_H

#include <signal.h>
#include <uv.h>

#include "base/arena.h"
#include "host/authority.h"
#include "host/host.h"
#include "host/hygiene.h"
#include "host/isolate.h"
#include "host/process.h"
#include "host/publish.h"
#include "host/rundir.h"
#include "host/stream.h"
#include "host/unshimmed.h"
#include "rule/rule.h"
#include "service/service.h"
#include "trace/write.h"

/* A service of the rule files with its fake. */
struct served {
	const struct rule_service *declared;
	const struct service_type *type; /* NULL for pass and call */
	void *fake;
	uint64_t connections;            /* so far: ordinals for rules */
	bool wrote;                      /* final.c: a statement may have changed tables, */
	struct map written;              /* and named these */
};

/* Where the page's endpoint of the same index leads. */
struct endpoint {
	struct served *service;
	char *boundary;   /* "hooks.slack.com:443" */
	char *name;       /* "hooks.slack.com"; "" for Unix */
	uint16_t port;
	struct listener *listeners; /* IPv4, IPv6 or Unix */
};

#define HOST_PASSED 64 /* more are told apart too late only when as many are asked for at once */

struct session;
struct exchange; /* one connection to the control socket */

struct host {
	const struct host_options *options;
	uv_loop_t loop;
	struct rundir dir;
	struct publish page;
	struct rules *rules;
	struct served *services;
	size_t nservices;
	struct endpoint *endpoints; /* by index of the page */
	size_t nendpoints;
	struct isolate *isolate;   /* NULL: not isolated */
	char *exposed;             /* why isolation was not to be had; NULL: it was, or nobody asked */
	char **inherited;          /* a sentence per socket that was kept from the program, ends in NULL; or NULL */
	struct guard *guard;       /* what waits inside for those who go past the shim; NULL: not isolated */
	struct resolver *resolver; /* NULL: not isolated */
	struct relay *relays;      /* connections to real systems */
	struct unshimmed unshimmed;
	struct authority *authority; /* NULL when no service is reached by sockets */
	struct trace *trace;
	char *trace_path;
	struct process_table processes;

	/* attribution */
	struct arrival *arrivals;   /* connect records whose connection has not come yet */
	struct session *sessions;   /* all, newest first */
	struct map ordinals;        /* "role/service/boundary" -> connections so far */
	struct map refusals;        /* of attempts that may go on at a name's other address; attempt.c */
	struct wire_addr passed[HOST_PASSED]; /* the run's own servers at the machine's addresses; neighbour.c */
	size_t npassed;
	struct map pointers;        /* opaque pointers of calls -> ordinal */
	uint64_t pointers_seen;

	uv_poll_t control;
	int control_fd;
	uv_poll_t news;
	uv_timer_t news_rest;
	int news_fd;
	struct exchange *told; /* news that was read and has not had its turn */
	struct exchange *exchanges;
	uv_poll_t signals;
	int signal_fd;
	bool closed[3];             /* stdin, stdout, stderr that seam was started without */
	sigset_t mask;              /* before the host blocked its own */
	uv_poll_t root_watch;
	int root_fd;                /* pidfd of the program */
	uv_prepare_t before_poll;
	uv_check_t after_poll;
	uint64_t links;             /* connections so far: ids for codecs */
	struct session *dirty;      /* have bytes to send at the end of the turn */

	pid_t root;                 /* of the program */
	bool root_hello;            /* it loaded the shim */
	bool foreign_shim;          /* a frame of another version came: the run fails */
	bool root_ended, over;
	bool hearing;               /* a frame is being taken */
	bool ending;                /* what is still open was left open */
	int status;                 /* waitpid's; bare runs: 0 */
	uint64_t rss;               /* bytes: the most that the program or a child of it used; 0: not known */
	size_t failed;              /* expectations that do not hold */
	struct until *until;        /* or NULL */
	bool again;                 /* the program was started a second time */
	uint64_t injectable;        /* requests that could have been the one to inject at */
	struct arena names;         /* of the name in question, for rules on dns */
	struct keep *keep;          /* a session's; else NULL */
	struct buf verdict;         /* what to say of them */
	uint64_t start_ns;          /* CLOCK_MONOTONIC */
	uint64_t start_wall_ns;
	uint64_t requests, unmatched, by_port[PORT_COUNT];
	struct hygiene hygiene;
	struct buf misses;          /* what to say of unmatched requests at the end */
	struct arena arena;         /* for events that are no session's; reset after each */
};

/* time */
uint64_t host_now(const struct host *h);       /* nanoseconds since the run's start */
uint64_t host_wall_ns(void);                   /* the run's clock, nanoseconds since 1970 */

/* To stderr, or to the program that waits for a bare host. */
void host_complain(struct host *h, const char *text);

/* signals.c: what the host is sent, and how the program fares */
int signals_open(struct host *h, struct err *err);
int signals_watch_root(struct host *h, struct err *err);
/* The root has ended; another one will come. */
void signals_unwatch_root(struct host *h);
void signals_close(struct host *h);

/* services.c: from rule files to listeners */
int services_start(struct host *h, struct err *err);
void services_stop(struct host *h);
/* A name that only a glob claims gets its row and endpoints; UINT32_MAX: nobody claims it. */
uint32_t services_claim_name(struct host *h, const char *name);

/* listen.c: sockets that wait for the program, and who came */
struct listener;
/* Opens the listeners of an endpoint (IPv4 and IPv6 loopback, or a Unix path)
 * and fills in where the page should lead. */
int listen_endpoint(struct host *h, uint32_t endpoint, struct page_endpoint *row, struct err *err);
void listen_close_all(struct host *h);
/* The record of a redirected connect. */
/* Writes down the connections that were made, and reset before they could be accepted (two of three
 * thousand, when a reset overtakes the last packet of the handshake): their records are there. */
void listen_report_missed(struct host *h);
void listen_record(struct host *h, const struct wire_connect *c, struct process *p);
void listen_forget_all(struct host *h);

/* session.c: one served connection */
struct session *session_open(struct host *h, int fd, uint32_t endpoint, uint16_t peer_port, bool v6, pid_t peer_pid);
/* A connection of which only the record has come: opened, and closed without a word. */
void session_missed(struct host *h, uint32_t endpoint, uint16_t port, struct process *p, int32_t tid);
/* The record of a connection that is already here: true when it was. */
bool session_claim(struct host *h, const struct wire_connect *c, struct process *p);
/* The same for those that came over a Unix socket from that process. */
void session_claim_local(struct host *h, struct process *p, int32_t tid);
/* It is now known who this is. */
/* `delay_ms`: a rule makes the connection slow, and the program did not wait. */
void session_attribute(struct session *s, struct process *p, int32_t tid, uint32_t delay_ms);
void session_flush_dirty(struct host *h);
void session_close_all(struct host *h);
bool session_any_busy(const struct host *h);

/* control.c: the control socket */
int control_open(struct host *h, struct err *err);
void control_close(struct host *h);
/* The trailer is written: those who said goodbye may go. */
void control_release_waiting(struct host *h);
/* Reads what is already waiting. True when there was something. */
bool control_drain(struct host *h);

/* attempt.c: a name has two addresses, and who is refused at one tries the other */
/* The errno that such an attempt was refused with before; 0: this is a new one. */
int attempt_goes_on(struct host *h, const struct process *p, int32_t tid, const struct wire_addr *asked);
void attempt_refused(struct host *h, const struct process *p, int32_t tid, const struct wire_addr *asked, int error);
void attempt_forget_all(struct host *h);

/* events.c: events that are not a request's */
/* `arguments`: each with its NUL; "": read from /proc. */
struct process *events_hello(struct host *h, pid_t pid, pid_t ppid, struct slice program, int32_t tid, struct slice arguments);
struct process *events_asking(struct host *h, pid_t pid, bool trusted);
/* The program without a shim of its own to say hello (mode pass). */
void events_root(struct host *h);
void events_process_end(struct host *h, struct process *p, bool known, int status);
void events_connect(struct host *h, struct process *p, const struct wire_connect *c);
/* A connect that the host itself refused; `rule` is empty when none said so. */
void events_refused(struct host *h, struct process *p, const struct wire_addr *asked, uint32_t endpoint, int32_t tid, int error,
		    struct slice rule);
void events_dns(struct host *h, struct process *p, int32_t tid, struct slice name, int32_t result, const char *rule);
void events_note(struct host *h, struct process *p, const char *text);
/* What a fake answered when it was asked for its state, both as JSON text. */
struct trace_header;
/* What the trace of this run says of it; path is the caller's. */
void host_trace_header(const struct host *h, struct trace_header *header);
void events_state(struct host *h, const char *service, const char *question, const char *answer, bool failed);
/* Writes the event of an answered request. */
void events_request(struct host *h, struct process *p, int32_t tid, struct stream_name st, struct request *req, struct reply *rep,
		    uint64_t asked_ns, struct slice caller, uint16_t local_port);
/* Remembers a miss for the summary. */
void events_miss(struct host *h, struct process *p, const struct request *req, const struct why *why);

/* control.c: what rules on dns make of a name: 0, EAI_NONAME or EAI_AGAIN; then `rule` said so. */
int names_fault(struct host *h, struct process *p, const char *name, struct slice *rule);

/* calls.c: library calls */
void calls_made(struct host *h, struct process *p, const struct wire_call *c, struct slice strings);
bool calls_asked(struct host *h, struct process *p, const struct wire_call *c, struct slice strings, struct wire_call_is *answer,
		 struct buf *bytes);

/* neighbour.c: who listens on an address that no service claims */
/* Whether a connection to loopback, to another address of this machine or to a Unix path may be
 * made as it was asked for: it leads to a server of the run, or on loopback to nobody. `pid` asks: a
 * relative path is its own. */
bool neighbour_may_pass(struct host *h, const struct wire_addr *a, pid_t pid);
/* A packet to this address is no escape: it was let pass before. */
bool neighbour_passed(const struct host *h, const struct wire_addr *a);

/* launch.c: starting the program */
int launch(struct host *h, struct err *err);
/* Environment for the program: NAME=VALUE strings in the arena, count returned. */
size_t launch_environment(struct host *h, struct arena *a, const char ***out);

/* report.c */
void report_summary(struct host *h, int exit_code);

/* address.c: an internet address of the kernel */
struct sockaddr_storage;
struct wire_addr address_read(const struct sockaddr_storage *from, enum wire_transport transport);
/* "10.0.0.7:7000", "[::1]:80", "unix:/path"; into the arena. */
struct slice address_text(const struct wire_addr *a, struct arena *arena);

#endif

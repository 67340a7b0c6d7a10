/*
 * session: one served connection.
 *
 * Begins nameless, until its record says which process it is; is sniffed for
 * TLS; then takes requests one at a time, waiting where a rule says so.
 */
#ifndef HOST_SESSION_H
#define HOST_SESSION_H

#include "host/handshake.h"
#include "host/inside.h"

enum session_state { SESSION_NAMELESS, SESSION_SNIFFING, SESSION_OPEN, SESSION_WAITING, SESSION_LATER, SESSION_FAULTY, SESSION_ENDED };

/* fault.c */
struct faulty {
	enum fault fault;
	struct buf rest;         /* what has not left yet */
	uint64_t rate;           /* bytes a second */
	uint64_t sent;           /* bytes of it so far */
	bool stay;               /* the connection goes on after it */
};

#define HANDLE_NONE UINT32_MAX

struct session {
	struct stream stream; /* first: the stream's owner is found by its address */
	struct host *host;
	struct session *next, *prev, *next_dirty;
	bool dirty;
	enum session_state state;
	struct endpoint *endpoint;
	struct served *served;
	uint16_t peer_port;
	pid_t peer_pid;          /* of a Unix socket's peer, else 0 */
	bool v6;
	struct process *process;
	int32_t tid;
	char *role, *program;
	uint64_t ordinal;        /* of its service in this run, from 1 */
	int64_t number;          /* #n of its stream in the trace */
	struct link link;
	void *codec;
	struct arena arena;      /* of the request in hand */
	struct request request;
	struct reply reply;
	uint64_t asked_ns;
	uint32_t peer_name;      /* handles.c: how a library's layer knows this connection; 0: not asked yet */
	uint32_t handle;         /* row in its process's table; HANDLE_NONE: it has none */
	struct pool *pool;       /* hygiene.c; NULL: not known yet */
	uint64_t active_ns, idle_ns; /* bytes moved last; longest time in between */
	bool used;               /* did a unit of work */
	struct faulty faulty;    /* an answer that a fault lets out bit by bit, or not at all */
	bool held;               /* a rule on connect makes it wait for its first answer */
	uv_timer_t timer;        /* attribution, then delays */
	struct handshake handshake;
	uv_poll_t *other;        /* what link->watch watches; NULL: nothing */
	void (*other_ready)(void *state);
	uv_idle_t *turns;        /* what link->every_turn wants; NULL: nothing */
	void (*every_turn)(void *state);
};

/* Writes the end and closes, with a reset or after what is still to be sent. */
/* Has bytes to send at the end of the turn. */
void session_mark_dirty(struct session *s);
void session_break_off(struct session *s, const char *how);
void session_break_off_softly(struct session *s, const char *how);
/* No earlier than asked. */
void session_start_timer(struct session *s, uint64_t delay_ns);

/* events.c, for sessions */
int64_t events_connection_number(struct host *h, const char *role, const char *service, const char *boundary);
void events_session(struct session *s, const char *k, const char *how);
void events_answered(struct session *s);
void events_bad(struct session *s);
/* The handshake is over: `err` is empty when the client took it; `why` may be NULL. */
void events_tls(struct session *s, struct slice err, const char *why);

#endif

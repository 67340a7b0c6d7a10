/*
 * handshake: TLS between a session and its client.
 *
 * A rule on `tls` is asked when the client's hello was read. Its event is
 * written when it is known what became of it: with the first bytes that came
 * through, or with the end. A handshake that failed without a rule is an event
 * too; one that went well is none.
 */
#ifndef HOST_HANDSHAKE_H
#define HOST_HANDSHAKE_H

#include "host/authority.h"
#include "port/port.h"

struct session;

struct handshake {
	struct authority_client client;
	bool pending;         /* a rule's event is to be written */
	bool told;            /* an event was written */
	bool timed;           /* the session's timer is the handshake's */
	enum fault fault;
	enum reply_by by;
	struct slice rule;    /* "" when none */
	struct slice err;     /* of a fault */
	char name[256];       /* that the client named; "" for none */
	char alpn[256];       /* the protocols it offered; "" for none */
	uint64_t asked_ns;
};

/* From here on the session speaks TLS; `first` were read already. */
void handshake_begin(struct session *s, struct slice first);
/* The timer of a rule that delays or breaks off. False: it is not the handshake's. */
bool handshake_timer(struct session *s);
/* Bytes came through, or the session ends: writes what is pending. */
void handshake_passed(struct session *s);
void handshake_over(struct session *s);
/* It failed; `why` is OpenSSL's reason. */
void handshake_failed(struct session *s, const char *why);

#endif

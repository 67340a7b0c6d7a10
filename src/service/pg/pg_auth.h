/*
 * pg_auth: who a program is, by the methods of PostgreSQL that take a password.
 *
 * One exchange a connection, between the startup packet and AuthenticationOk. It
 * takes the bodies of the client's 'p' messages and writes the server's 'R'
 * messages; it never learns of sessions. What the server draws at random (salt,
 * nonce) follows from a number that the caller gives, so that runs repeat.
 *
 * Sources: manual 55.2.1, 55.3.1; RFC 5802, RFC 7677; auth-scram.c.
 */
#ifndef SERVICE_PG_AUTH_H
#define SERVICE_PG_AUTH_H

#include "base/arena.h"
#include "base/buf.h"
#include "port/port.h"

enum pg_auth_method { PG_AUTH_SCRAM, PG_AUTH_MD5, PG_AUTH_PASSWORD };

struct pg_auth {
	enum pg_auth_method method;
	const char *user;
	const char *password;        /* NULL: no such user; fails like a wrong password */
	enum { PG_AUTH_ASKED, PG_AUTH_PROOF } step;
	unsigned char md5_salt[4], salt[16];
	char nonce[48];              /* the client's does not fit here, it has a buffer */
	struct buf first;            /* SCRAM: client-first-message-bare, server-first-message */
	char *combined;              /* SCRAM: both nonces */
};

enum pg_auth_end { PG_AUTH_MORE, PG_AUTH_OK, PG_AUTH_FAILED };

/* "scram-sha-256", "md5", "password" as in pg_hba.conf. False: none of them. */
bool pg_auth_method_find(const char *name, enum pg_auth_method *method);

void pg_auth_init(struct pg_auth *a, enum pg_auth_method method, uint64_t random);
void pg_auth_release(struct pg_auth *a);
/* The server's first word. Names are borrowed until the release. */
void pg_auth_begin(struct pg_auth *a, const char *user, const char *password, struct buf *out);
/* The body of a 'p' message. PG_AUTH_FAILED: *e is the arena's, severity FATAL. */
enum pg_auth_end pg_auth_step(struct pg_auth *a, struct slice body, struct arena *arena, struct buf *out, struct sql_error **e);

#endif

/*
 * stream: the bytes of one connection, in and out, with or without TLS.
 *
 * Sits between a socket and a session. Bytes that came are offered to the
 * owner, who says how many it took; the rest is kept and offered again with
 * what follows. Bytes to send collect in `out` and leave with stream_flush, at
 * the end of the loop turn. A body may follow them (`tail`), piece by piece as
 * the peer takes it.
 */
#ifndef HOST_STREAM_H
#define HOST_STREAM_H

#include <openssl/ssl.h>
#include <uv.h>

#include "base/buf.h"
#include "port/body.h"

struct stream;

struct stream_owner {
	/* Bytes, plain text. The count taken; may close the stream. */
	size_t (*bytes)(struct stream *s, struct slice in);
	/* The peer ended (error 0), or the connection is lost (errno). TLS failures: EPROTO. */
	void (*ended)(struct stream *s, int error);
	/* All that was to be sent has left. */
	void (*drained)(struct stream *s);
	/* The handle is closed: the memory may go. */
	void (*closed)(struct stream *s);
};

struct stream {
	int fd;
	uv_poll_t poll;
	SSL *ssl;               /* NULL: plain */
	struct buf in;          /* came, not yet taken */
	struct buf out;         /* to send, plain text */
	struct buf sealed;      /* to send, as records */
	struct body *tail;
	uint64_t tail_at;
	int interest;           /* UV_READABLE | UV_WRITABLE as asked of the loop */
	bool blocked;           /* the socket did not take all */
	bool hold;              /* the owner wants no bytes now */
	bool finishing;         /* close once all is sent */
	bool lingering;         /* all is sent, waiting for the peer to end */
	bool ending;            /* the peer ended or the connection failed */
	bool closing;
	uint64_t received, sent; /* bytes on the wire */
	const struct stream_owner *owner;
};

/* Takes the fd (non-blocking). */
int stream_open(struct stream *s, uv_loop_t *loop, int fd, const struct stream_owner *owner);
/* From here on the bytes are TLS; `first` were read already. The SSL becomes the stream's. */
void stream_start_tls(struct stream *s, SSL *ssl, struct slice first);
/* A handshake that stood still (SSL_ERROR_WANT_CLIENT_HELLO_CB) goes on. */
void stream_continue_tls(struct stream *s);
/* TLS, and the handshake is done. */
bool stream_is_secure(const struct stream *s);
/* Offers what is kept once more (after a hold). */
void stream_resume(struct stream *s);
/* Sends what can be sent now. */
void stream_flush(struct stream *s);
/* Follows `out` with a body; the reference becomes the stream's. */
void stream_tail(struct stream *s, struct body *tail);
bool stream_busy(const struct stream *s);
/* Sends what is left, then closes. */
void stream_finish(struct stream *s);
/* Closes now; with `reset` the peer sees ECONNRESET. */
void stream_close(struct stream *s, bool reset);
/* One line on the last TLS failure. */
const char *stream_tls_error(void);

#endif

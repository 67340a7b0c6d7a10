/* stream: sockets on the loop through uv_poll, because the host wants to say
 * itself when bytes leave (after the trace was written) and how a connection
 * ends (orderly, or with a reset). TLS runs over memory BIOs. */
#include "host/stream.h"

#include <errno.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_PIECE (64 * 1024)
#define TAIL_PIECE (256 * 1024)
#define IN_MAX (1024UL * 1024 * 1024 + READ_PIECE) /* a Postgres message may have 1 GiB */
#define OUT_MAX (4UL * 1024 * 1024 * 1024)

/* One thread, one read at a time. */
static char scratch[READ_PIECE];

static void on_poll(uv_poll_t *poll, int status, int events);

int stream_open(struct stream *s, uv_loop_t *loop, int fd, const struct stream_owner *owner)
{
	*s = (struct stream){ .fd = fd, .owner = owner };
	buf_init(&s->in, IN_MAX);
	buf_init(&s->out, OUT_MAX);
	buf_init(&s->sealed, OUT_MAX);
	if (uv_poll_init(loop, &s->poll, fd) != 0)
		return -1;
	s->poll.data = s;
	s->interest = UV_READABLE;
	return uv_poll_start(&s->poll, s->interest, on_poll);
}

static void set_interest(struct stream *s)
{
	bool full = s->hold && s->in.len >= READ_PIECE;
	/* what waits for the end of the turn is not asked about: only what the socket did not take */
	int want = (s->ending || full ? 0 : UV_READABLE) | (s->blocked ? UV_WRITABLE : 0);

	if (s->closing || want == s->interest)
		return;
	s->interest = want;
	if (want)
		uv_poll_start(&s->poll, want, on_poll);
	else
		uv_poll_stop(&s->poll);
}

/* ---- in ----------------------------------------------------------------- */

/* Offers plain text, keeps what is not taken. */
static void offer(struct stream *s, struct slice bytes)
{
	if (s->finishing)
		return;
	if (s->in.len) {
		buf_add_slice(&s->in, bytes);
		bytes = buf_slice(&s->in);
	}
	SSL *before = s->ssl;
	size_t taken = s->hold ? 0 : s->owner->bytes(s, bytes);
	if (s->closing || s->ssl != before) /* TLS began: it took these bytes, and what is kept now came out of it */
		return;
	if (bytes.ptr == s->in.ptr)
		buf_drop(&s->in, taken);
	else
		buf_add_slice(&s->in, slice_skip(bytes, taken));
	if (buf_failed(&s->in))
		stream_close(s, true);
}

static void end(struct stream *s, int error)
{
	if (s->ending || s->closing)
		return;
	s->ending = true;
	set_interest(s);
	s->owner->ended(s, error);
}

/* Moves records that TLS wants to send. */
static void collect_sealed(struct stream *s)
{
	BIO *to = SSL_get_wbio(s->ssl);
	size_t n = BIO_ctrl_pending(to);
	char *room = n ? buf_reserve(&s->sealed, n) : NULL;

	if (!room)
		return;
	int got = BIO_read(to, room, (int)n);
	if (got > 0)
		buf_commit(&s->sealed, (size_t)got);
}

static bool push(struct stream *s);

static void unseal(struct stream *s, struct slice records)
{
	static char plain[READ_PIECE];

	if (records.len)
		BIO_write(SSL_get_rbio(s->ssl), records.ptr, (int)records.len);
	for (;;) {
		ERR_clear_error();
		int n = SSL_read(s->ssl, plain, sizeof(plain));
		collect_sealed(s);
		if (n > 0) {
			offer(s, slice_of(plain, (size_t)n));
			if (s->closing)
				return;
			continue;
		}
		int why = SSL_get_error(s->ssl, n);
		if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE || why == SSL_ERROR_WANT_CLIENT_HELLO_CB)
			break;
		if (!s->out.len)
			push(s); /* the alert that says what is wrong, before the owner closes */
		end(s, why == SSL_ERROR_ZERO_RETURN ? 0 : EPROTO);
		break;
	}
	if (!s->closing && s->sealed.len && !s->out.len)
		stream_flush(s); /* handshake records: nothing that a trace must hold first */
}

const char *stream_tls_error(void)
{
	const char *why = ERR_reason_error_string(ERR_peek_last_error());

	return why ? why : "the handshake was broken off";
}

/* False: there is nothing more to read now. */
static bool read_once(struct stream *s)
{
	ssize_t n = recv(s->fd, scratch, sizeof(scratch), 0);

	if (s->lingering) {
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			stream_close(s, false);
		return n > 0;
	}
	if (n > 0) {
		s->received += (uint64_t)n;
		if (s->ssl)
			unseal(s, slice_of(scratch, (size_t)n));
		else
			offer(s, slice_of(scratch, (size_t)n));
	} else if (n == 0) {
		end(s, 0);
	} else if (errno != EAGAIN && errno != EINTR) {
		end(s, errno);
	}
	return n > 0;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct stream *s = poll->data;

	if (status < 0) {
		/* a reset; libuv asks no more, but what the peer sent before it is still there:
		 * the alert that says why */
		while (!s->closing && !s->ending && read_once(s))
			;
		if (!s->closing && !s->ending)
			end(s, ECONNRESET);
		return;
	}
	if (events & UV_WRITABLE)
		stream_flush(s);
	if (s->closing || !(events & UV_READABLE))
		return;
	read_once(s);
	if (!s->closing)
		set_interest(s);
}

void stream_start_tls(struct stream *s, SSL *ssl, struct slice first)
{
	SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	stream_flush(s); /* what was said in the clear leaves first */
	s->ssl = ssl;
	if (first.len)
		unseal(s, first);
}

void stream_continue_tls(struct stream *s)
{
	if (!s->closing)
		unseal(s, SLICE_NONE);
}

bool stream_is_secure(const struct stream *s)
{
	return s->ssl && SSL_is_init_finished(s->ssl);
}

void stream_resume(struct stream *s)
{
	s->hold = false;
	if (s->closing)
		return;
	if (s->in.len && !s->finishing) {
		SSL *before = s->ssl;
		size_t taken = s->owner->bytes(s, buf_slice(&s->in));
		if (s->closing)
			return;
		if (s->ssl == before)
			buf_drop(&s->in, taken);
	}
	set_interest(s);
}

/* ---- out ---------------------------------------------------------------- */

static void seal(struct stream *s)
{
	while (s->out.len && SSL_is_init_finished(s->ssl)) {
		int piece = s->out.len > TAIL_PIECE ? TAIL_PIECE : (int)s->out.len;
		int n = SSL_write(s->ssl, s->out.ptr, piece);
		if (n <= 0)
			break;
		buf_drop(&s->out, (size_t)n);
	}
	collect_sealed(s);
}

/* True when all bytes left. */
static bool push(struct stream *s)
{
	struct buf *b = &s->out;

	if (s->ssl) {
		seal(s);
		b = &s->sealed;
	}
	size_t sent = 0;
	while (sent < b->len) {
		ssize_t n = send(s->fd, b->ptr + sent, b->len - sent, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			if (errno != EAGAIN) { /* the peer is gone: reading tells the owner */
				sent = b->len;
				body_free(s->tail);
				s->tail = NULL;
			}
			break;
		}
		sent += (size_t)n;
		s->sent += (uint64_t)n;
	}
	buf_drop(b, sent);
	s->blocked = b->len > 0;
	return !s->blocked;
}

/* Takes the next piece of the body into `out`. */
static void take_tail(struct stream *s)
{
	char *room = buf_reserve(&s->out, TAIL_PIECE);
	size_t n = room ? body_read(s->tail, s->tail_at, room, TAIL_PIECE) : 0;

	if (n)
		buf_commit(&s->out, n);
	s->tail_at += n;
	if (!n || s->tail_at >= body_size(s->tail)) {
		body_free(s->tail);
		s->tail = NULL;
	}
}

/* Everything was sent. Closing while the peer still sends would turn into a
 * reset that may overtake the last bytes (RFC 9112 section 9.6), so only the
 * sending side is closed now and what still comes is thrown away. */
static void say_goodbye(struct stream *s)
{
	if (s->lingering)
		return;
	s->lingering = true;
	if (s->ssl) {
		SSL_shutdown(s->ssl);
		push(s);
	}
	if (s->ending)
		stream_close(s, false);
	else
		shutdown(s->fd, SHUT_WR);
}

void stream_flush(struct stream *s)
{
	if (s->closing)
		return;
	while (push(s) && s->tail)
		take_tail(s);
	if (!stream_busy(s)) {
		if (s->finishing) {
			say_goodbye(s);
			return;
		}
		s->owner->drained(s);
	}
	if (!s->closing)
		set_interest(s);
}

void stream_tail(struct stream *s, struct body *tail)
{
	s->tail = tail;
	s->tail_at = 0;
}

bool stream_busy(const struct stream *s)
{
	return s->out.len || s->sealed.len || s->tail;
}

static void on_closed(uv_handle_t *handle)
{
	struct stream *s = handle->data;

	buf_release(&s->in);
	buf_release(&s->out);
	buf_release(&s->sealed);
	SSL_free(s->ssl);
	body_free(s->tail);
	s->owner->closed(s);
}

void stream_finish(struct stream *s)
{
	s->finishing = true;
	if (!stream_busy(s))
		stream_flush(s);
}

void stream_close(struct stream *s, bool reset)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	if (s->closing)
		return;
	s->closing = true;
	uv_poll_stop(&s->poll);
	if (reset)
		setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	uv_close((uv_handle_t *)&s->poll, on_closed);
	close(s->fd);
	s->fd = -1;
}

/*
 * http_encode: the bytes of a reply (RFC 9112 sections 4, 6 and 7.1; RFC 9110
 * sections 6.4.1, 6.6.1 and 8.6).
 */
#include "codec/http/http_date.h"
#include "codec/http/http_exchange.h"
#include "codec/http/http_status.h"

#define HTTP_CHUNK (64 * 1024) /* bytes a chunk: what one write can carry */

/* Statuses whose replies never have a body: RFC 9110 section 6.4.1. */
static bool is_bodyless(int status)
{
	return status / 100 == 1 || status == 204 || status == 304;
}

static void add_field(struct buf *out, struct slice name, struct slice value)
{
	buf_add_slice(out, name);
	buf_add_str(out, ": ");
	/* A line end inside a value (from a rule's template, say) would begin
	 * another field: section 11.1, response splitting. */
	for (size_t i = 0; i < value.len; i++)
		buf_add_char(out, value.ptr[i] == '\r' || value.ptr[i] == '\n' ? ' ' : value.ptr[i]);
	buf_add_str(out, "\r\n");
}

static void add_chunks(struct buf *out, struct slice bytes)
{
	while (bytes.len) {
		struct slice one = slice_take(bytes, HTTP_CHUNK);
		buf_addf(out, "%zx\r\n", one.len);
		buf_add_slice(out, one);
		buf_add_str(out, "\r\n");
		bytes = slice_skip(bytes, one.len);
	}
	buf_add_str(out, "0\r\n\r\n");
}

/* The framed bytes as a body of their own: they may be too many for `out`. */
static struct body *chunked_body(struct slice bytes)
{
	struct body *framed = body_new();
	struct buf line;

	buf_init(&line, HTTP_CHUNK + 64);
	while (bytes.len) {
		struct slice one = slice_take(bytes, HTTP_CHUNK);
		buf_addf(&line, "%zx\r\n", one.len);
		buf_add_slice(&line, one);
		buf_add_str(&line, "\r\n");
		bytes = slice_skip(bytes, one.len);
		if (!bytes.len)
			buf_add_str(&line, "0\r\n\r\n");
		body_append(framed, buf_slice(&line));
		buf_reset(&line);
	}
	buf_release(&line);
	return framed;
}

/* How the body goes out. */
struct framing {
	bool body;    /* bytes of it are sent */
	bool chunked;
	bool close;   /* the reply asks for the end of the connection */
	const struct slice *length; /* Content-Length as the reply gives it; NULL: not given */
	bool date;    /* the reply has a Date of its own */
};

static struct framing read_framing(const struct http_exchange *x, const struct http_reply *r)
{
	struct framing f = { .body = !x->head && !is_bodyless(r->status) };

	for (size_t i = 0; i < r->headers.count; i++) {
		const struct header *h = &r->headers.list[i];
		if (slice_eq_nocase_str(h->name, "content-length"))
			f.length = &h->value;
		else if (slice_eq_nocase_str(h->name, "transfer-encoding"))
			f.chunked = http_list_has(h->value, "chunked") && x->parser.minor > 0;
		else if (slice_eq_nocase_str(h->name, "connection"))
			f.close = http_list_has(h->value, "close");
		else if (slice_eq_nocase_str(h->name, "date"))
			f.date = true;
	}
	return f;
}

/* Those that are made here, whatever the reply says. */
static bool is_framing_field(struct slice name)
{
	return slice_eq_nocase_str(name, "content-length") || slice_eq_nocase_str(name, "transfer-encoding") ||
	       slice_eq_nocase_str(name, "connection");
}

static void add_length(const struct http_exchange *x, const struct http_reply *r, const struct framing *f, struct buf *out)
{
	if (f->chunked && !is_bodyless(r->status)) {
		buf_add_str(out, "Transfer-Encoding: chunked\r\n");
		return;
	}
	if (f->length && (x->head || r->status == 304)) {
		add_field(out, SLICE_LIT("Content-Length"), *f->length);
		return;
	}
	if (is_bodyless(r->status))
		return;
	buf_add_str(out, "Content-Length: ");
	buf_add_u64(out, body_size(r->body));
	buf_add_str(out, "\r\n");
}

bool http_exchange_encode(struct http_exchange *x, const struct http_reply *r, uint64_t now_ns, struct buf *out,
			  struct body **tail)
{
	struct framing f = read_framing(x, r);
	bool keep = x->parser.keep && !f.close;
	char date[HTTP_DATE_LEN + 1];

	buf_addf(out, "HTTP/1.1 %03d %s\r\n", r->status, http_status_reason(r->status));
	if (!f.date) {
		http_date_format(date, now_ns);
		add_field(out, SLICE_LIT("Date"), slice_str(date));
	}
	for (size_t i = 0; i < r->headers.count; i++)
		if (!is_framing_field(r->headers.list[i].name))
			add_field(out, r->headers.list[i].name, r->headers.list[i].value);
	add_length(x, r, &f, out);
	if (!keep)
		buf_add_str(out, "Connection: close\r\n");
	else if (x->parser.minor == 0)
		buf_add_str(out, "Connection: keep-alive\r\n");
	buf_add_str(out, "\r\n");
	if (f.body) {
		struct slice bytes = body_slice(r->body);
		if (bytes.len <= HTTP_COPY_MAX) {
			if (f.chunked)
				add_chunks(out, bytes);
			else
				buf_add_slice(out, bytes);
		} else {
			*tail = f.chunked ? chunked_body(bytes) : body_ref(r->body);
		}
	}
	x->began = false;
	http_parser_next(&x->parser);
	return keep;
}

void http_refuse(struct http_exchange *x, int status, const char *content_type, struct slice text, uint64_t now_ns,
		 struct buf *out)
{
	char date[HTTP_DATE_LEN + 1];

	http_date_format(date, now_ns);
	buf_addf(out, "HTTP/1.1 %03d %s\r\nDate: %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", status,
		 http_status_reason(status), date, content_type, text.len);
	if (!x->head)
		buf_add_slice(out, text);
}

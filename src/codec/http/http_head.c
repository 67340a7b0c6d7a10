/*
 * http_head: the request line, the field lines, and what they say about the
 * framing of the body (RFC 9112 sections 3, 5 and 6). Works on a head that is
 * complete; finding its end is the parser's.
 */
#include "codec/http/http_parser.h"

/* tchar, RFC 9110 section 5.6.2. */
static bool is_tchar(unsigned char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
		return true;
	return c && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

bool http_is_token(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_tchar((unsigned char)s.ptr[i]))
			return false;
	return s.len > 0;
}

bool http_list_has(struct slice list, const char *member)
{
	while (list.ptr) {
		struct slice one = slice_trim(slice_split(&list, ','));
		if (slice_eq_nocase_str(one, member))
			return true;
	}
	return false;
}

int http_parser_bad(struct http_parser *p, int status, const char *problem)
{
	p->status = status;
	p->problem = problem;
	return -1;
}

/* Takes a line off *rest, without its end. A lone LF ends a line too (section
 * 2.2); a CR anywhere else is refused by who reads the line. */
static struct slice take_line(struct slice *rest)
{
	struct slice line = slice_split(rest, '\n');

	if (line.len && line.ptr[line.len - 1] == '\r')
		line.len--;
	return line;
}

/* field-content, RFC 9110 section 5.5: visible, blank, or above ASCII. */
bool http_value_is_clean(struct slice v)
{
	for (size_t i = 0; i < v.len; i++) {
		unsigned char c = (unsigned char)v.ptr[i];
		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

int http_fields_parse(struct http_parser *p, struct slice lines, struct arena *a, struct headers *out)
{
	while (lines.ptr && lines.len) {
		struct slice line = take_line(&lines);
		if (!line.len)
			continue;
		if (line.ptr[0] == ' ' || line.ptr[0] == '\t')
			return http_parser_bad(p, 400, "a header line begins with a blank: folded lines are refused (RFC 9112 section 5.2)");
		size_t colon = slice_find(line, ':');
		if (colon == line.len)
			return http_parser_bad(p, 400, "a header line has no colon");
		struct slice name = slice_take(line, colon), value = slice_skip(line, colon + 1);
		/* A blank before the colon is not a token either: section 5.1. */
		if (!http_is_token(name))
			return http_parser_bad(p, 400, "a header name is empty or holds a byte that names may not hold");
		if (!http_value_is_clean(value))
			return http_parser_bad(p, 400, "a header value holds a control character");
		if (out->count >= HTTP_FIELDS_MAX)
			return http_parser_bad(p, 431, "more than 100 header lines");
		headers_add(out, a, name, slice_trim(value));
	}
	return 0;
}

/* ---- the request line, section 3 -------------------------------------- */

static int parse_version(struct http_parser *p, struct slice v)
{
	if (v.len != 8 || memcmp(v.ptr, "HTTP/", 5) != 0 || v.ptr[5] < '0' || v.ptr[5] > '9' || v.ptr[6] != '.' ||
	    v.ptr[7] < '0' || v.ptr[7] > '9')
		return http_parser_bad(p, 400, "the request line does not end in an HTTP version");
	if (v.ptr[5] != '1')
		return http_parser_bad(p, 505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
	p->minor = v.ptr[7] - '0';
	return 0;
}

static bool authority_is_clean(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		if (c <= ' ' || c == 0x7f || c == '/' || c == '?' || c == '#' || c == '@' || c == ',' || c == '\\')
			return false;
	}
	return true;
}

/* The four forms of section 3.2. */
static int parse_target(struct http_parser *p, struct arena *a, struct http_request *req)
{
	struct slice t = req->target, rest = t;

	for (size_t i = 0; i < t.len; i++)
		if ((unsigned char)t.ptr[i] <= ' ' || t.ptr[i] == 0x7f)
			return http_parser_bad(p, 400, "the request target holds a blank or a control character");
	if (slice_eq_str(req->method, "CONNECT"))
		return http_parser_bad(p, 501, "CONNECT is not served: seam is no proxy, let the program connect directly");
	if (slice_eq_str(t, "*")) {
		if (!slice_eq_str(req->method, "OPTIONS"))
			return http_parser_bad(p, 400, "the target * belongs to OPTIONS alone");
		req->path = t;
		return 0;
	}
	if (t.ptr[0] != '/') {
		size_t sep = slice_find_slice(t, SLICE_LIT("://"));
		struct slice scheme = slice_take(t, sep);
		if (sep == t.len || !(slice_eq_nocase_str(scheme, "http") || slice_eq_nocase_str(scheme, "https")))
			return http_parser_bad(p, 400, "the request target is neither a path nor an http URL");
		rest = slice_skip(t, sep + 3);
		size_t end = 0;
		while (end < rest.len && rest.ptr[end] != '/' && rest.ptr[end] != '?')
			end++;
		req->authority = slice_take(rest, end);
		rest = slice_skip(rest, end);
		if (!req->authority.len || !authority_is_clean(req->authority))
			return http_parser_bad(p, 400, "the URL of the request line names no usable host");
	}
	size_t mark = slice_find(rest, '?');
	struct slice raw = slice_take(rest, mark);
	req->query = mark < rest.len ? slice_skip(rest, mark + 1) : SLICE_NONE;
	/* An empty query ("/a?") is not an absent one. */
	if (mark < rest.len && !req->query.ptr)
		req->query.ptr = rest.ptr + rest.len;
	req->path = raw.len ? http_unescape(raw, false, a) : SLICE_LIT("/");
	return 0;
}

static int parse_request_line(struct http_parser *p, struct slice line, struct arena *a, struct http_request *req)
{
	struct slice rest = line;

	req->method = slice_split(&rest, ' ');
	req->target = slice_split(&rest, ' ');
	if (!rest.ptr || !req->target.len)
		return http_parser_bad(p, 400, "the request line is not: method, target, version");
	if (!http_is_token(req->method) || req->method.len > HTTP_METHOD_MAX)
		return http_parser_bad(p, 400, "the request line does not begin with a method");
	if (parse_version(p, rest) < 0)
		return -1;
	return parse_target(p, a, req);
}

/* ---- host, framing, connection ---------------------------------------- */

/* Section 3.2: exactly one Host in HTTP/1.1. */
static int read_host(struct http_parser *p, struct http_request *req)
{
	const struct slice *host = NULL;

	for (size_t i = 0; i < req->headers.count; i++) {
		const struct header *h = &req->headers.list[i];
		if (!slice_eq_nocase_str(h->name, "host"))
			continue;
		if (host)
			return http_parser_bad(p, 400, "more than one Host header");
		host = &h->value;
	}
	if (!host && p->minor > 0)
		return http_parser_bad(p, 400, "an HTTP/1.1 request needs a Host header");
	if (host && !authority_is_clean(*host))
		return http_parser_bad(p, 400, "the Host header names no usable host");
	if (host && !req->authority.len)
		req->authority = *host;
	return 0;
}

static int read_length(struct http_parser *p, struct slice list, bool *seen)
{
	/* "5, 5" and a repeated field are taken as one when equal (section 6.3, 5). */
	while (list.ptr) {
		struct slice one = slice_trim(slice_split(&list, ','));
		uint64_t v;
		for (size_t i = 0; i < one.len; i++)
			if (one.ptr[i] < '0' || one.ptr[i] > '9')
				return http_parser_bad(p, 400, "Content-Length is not a number");
		if (!one.len)
			return http_parser_bad(p, 400, "Content-Length is not a number");
		if (!slice_to_u64(one, &v) || v > INT64_MAX)
			return http_parser_bad(p, 413, "Content-Length is larger than any body can be");
		if (*seen && v != p->left)
			return http_parser_bad(p, 400, "Content-Length is given twice with different values");
		p->left = v;
		*seen = true;
	}
	return 0;
}

/* Section 6.1. Only `chunked` is known, and it has to be the only coding. */
static int read_codings(struct http_parser *p, struct slice list)
{
	while (list.ptr) {
		struct slice one = slice_trim(slice_split(&list, ','));
		if (!one.len)
			continue;
		if (p->chunked)
			return http_parser_bad(p, 400, "a transfer coding follows chunked");
		if (!slice_eq_nocase_str(one, "chunked"))
			return http_parser_bad(p, 501, "a transfer coding other than chunked");
		p->chunked = true;
	}
	return 0;
}

static int read_framing(struct http_parser *p, struct http_request *req)
{
	bool length = false, coding = false;

	p->left = 0;
	for (size_t i = 0; i < req->headers.count; i++) {
		const struct header *h = &req->headers.list[i];
		if (slice_eq_nocase_str(h->name, "content-length")) {
			if (read_length(p, h->value, &length) < 0)
				return -1;
		} else if (slice_eq_nocase_str(h->name, "transfer-encoding")) {
			coding = true;
			if (read_codings(p, h->value) < 0)
				return -1;
		}
	}
	if (coding && length)
		return http_parser_bad(p, 400, "both Content-Length and Transfer-Encoding: readers could disagree on where the body ends");
	if (coding && p->minor == 0)
		return http_parser_bad(p, 400, "Transfer-Encoding in an HTTP/1.0 request");
	if (coding && !p->chunked)
		return http_parser_bad(p, 400, "Transfer-Encoding names no coding");
	p->has_body = length || coding;
	return 0;
}

static int read_connection(struct http_parser *p, struct http_request *req)
{
	p->keep = p->minor > 0;
	for (size_t i = 0; i < req->headers.count; i++) {
		const struct header *h = &req->headers.list[i];
		if (slice_eq_nocase_str(h->name, "connection")) {
			if (http_list_has(h->value, "close"))
				p->keep = false;
			else if (p->minor == 0 && http_list_has(h->value, "keep-alive"))
				p->keep = true;
		} else if (slice_eq_nocase_str(h->name, "expect")) {
			/* RFC 9110 section 10.1.1: ignored in HTTP/1.0. */
			if (!slice_eq_nocase_str(h->value, "100-continue"))
				return http_parser_bad(p, 417, "an expectation other than 100-continue");
			p->expect_continue = p->minor > 0;
		}
	}
	return 0;
}

int http_head_parse(struct http_parser *p, struct slice head, struct arena *a, struct http_request *req)
{
	struct slice rest = head;
	struct slice line = take_line(&rest);

	if (parse_request_line(p, line, a, req) < 0)
		return -1;
	if (http_fields_parse(p, rest, a, &req->headers) < 0 || read_host(p, req) < 0)
		return -1;
	if (read_framing(p, req) < 0 || read_connection(p, req) < 0)
		return -1;
	return 0;
}

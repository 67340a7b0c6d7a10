/*
 * export_har: HTTP Archive 1.2 of the HTTP (and object storage) requests.
 * Members that a trace does not know are -1, as the format says.
 */
#include "export.h"

#include <stdlib.h>
#include <time.h>

#include "moment.h"
#include "trace/jscan.h"

static json_t *headers(json_t *a, const char *prefix)
{
	json_t *list = json_array(), *v, *item;
	const char *key;
	size_t i, n = strlen(prefix);

	json_object_foreach(a, key, v) {
		if (strncmp(key, prefix, n) != 0)
			continue;
		if (json_is_string(v))
			json_array_append_new(list, json_pack("{s:s, s:O}", "name", key + n, "value", v));
		json_array_foreach(v, i, item)
			json_array_append_new(list, json_pack("{s:s, s:O}", "name", key + n, "value", item));
	}
	return list;
}

static json_t *query(const char *url)
{
	json_t *list = json_array();
	const char *at = strchr(url, '?');
	struct slice rest = at ? slice_str(at + 1) : SLICE_NONE;

	rest = slice_take(rest, slice_find(rest, '#'));
	while (rest.ptr && rest.len) {
		struct slice field = slice_split(&rest, '&'), name = slice_take(field, slice_find(field, '=')), value = slice_skip(field, name.len + 1);
		json_array_append_new(list, json_pack("{s:s%, s:s%}", "name", name.ptr, name.len, "value", value.ptr ? value.ptr : "", value.len));
	}
	return list;
}

/* A body as text; encoding base64 where it was kept so. */
static json_t *body_text(json_t *payload, bool *base64)
{
	json_t *b = json_object_get(payload, "b"), *b64 = json_object_get(payload, "b64");

	*base64 = b64 != NULL;
	if (b64)
		return json_incref(b64);
	if (json_is_string(b))
		return json_incref(b);
	if (!b)
		return NULL;
	char *text = json_dumps(b, JSON_COMPACT | JSON_ENCODE_ANY);
	json_t *s = text ? json_string(text) : NULL;
	free(text);
	return s;
}

static json_t *request(json_t *e, const char *method, const char *url)
{
	json_t *a = json_object_get(e, "a"), *req = json_object_get(e, "req"), *sz = json_object_get(req, "sz"), *ct = json_object_get(req, "ct");
	bool base64;
	json_t *text = body_text(req, &base64);
	json_t *r = json_pack("{s:s, s:s, s:s, s:[], s:o, s:o, s:i, s:I}", "method", method, "url", url, "httpVersion", "HTTP/1.1", "cookies", "headers",
			      headers(a, "http.request.header."), "queryString", query(url), "headersSize", -1, "bodySize",
			      sz ? json_integer_value(sz) : (json_int_t)(text ? -1 : 0));

	if (text) {
		json_t *post = json_pack("{s:s, s:o}", "mimeType", ct ? json_string_value(ct) : "", "text", text);
		if (base64)
			json_object_set_new(post, "comment", json_string("base64"));
		json_object_set_new(r, "postData", post);
	}
	return r;
}

/* Object storage says only how it failed. */
static json_int_t status(json_t *e, json_t *a)
{
	json_t *v = json_object_get(a, "http.response.status_code");

	return v ? json_integer_value(v) : json_is_true(json_object_get(e, "ok")) ? 200 : 400;
}

static json_t *response(json_t *e)
{
	json_t *a = json_object_get(e, "a"), *res = json_object_get(e, "res"), *sz = json_object_get(res, "sz"), *ct = json_object_get(res, "ct");
	bool base64;
	json_t *text = body_text(res, &base64);
	json_t *content = json_pack("{s:I, s:s}", "size", json_integer_value(sz), "mimeType", ct ? json_string_value(ct) : "");

	if (text)
		json_object_set_new(content, "text", text);
	if (text && base64)
		json_object_set_new(content, "encoding", json_string("base64"));
	return json_pack("{s:I, s:s, s:s, s:[], s:o, s:o, s:s, s:i, s:I}", "status",
			 status(e, a), "statusText", "", "httpVersion", "HTTP/1.1", "cookies",
			 "headers", headers(a, "http.response.header."), "content", content, "redirectURL", "", "headersSize", -1, "bodySize",
			 json_integer_value(sz));
}

static json_t *entry(const struct trace_file *f, const struct moment *m, uint64_t start)
{
	json_t *e = trace_file_event(f, m->event), *a = json_object_get(e, "a");
	const char *method = json_string_value(json_object_get(a, "http.request.method")), *url = json_string_value(json_object_get(a, "url.full"));
	char when[64], made[4096];
	struct tm tm;
	uint64_t at = start + m->ts_ns;
	time_t seconds = (time_t)(at / 1000000000);

	if (!method) {
		json_decref(e);
		return NULL;
	}
	if (!url) {
		const char *bucket = json_string_value(json_object_get(a, "aws.s3.bucket")), *key = json_string_value(json_object_get(a, "aws.s3.key")),
			   *host = json_string_value(json_object_get(a, "server.address"));
		snprintf(made, sizeof(made), "http://%s/%s/%s", host ? host : "s3", bucket ? bucket : "", key ? key : "");
		url = made;
	}
	gmtime_r(&seconds, &tm);
	size_t n = strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(when + n, sizeof(when) - n, ".%03uZ", (unsigned)(at / 1000000 % 1000));
	double ms = (double)m->dur_ns / 1e6;
	json_t *made_entry = json_pack("{s:s, s:f, s:o, s:o, s:{}, s:{s:f, s:f, s:f}, s:s%}", "startedDateTime", when, "time", ms, "request",
				       request(e, method, url), "response", response(e), "cache", "timings", "send", 0.0, "wait", ms, "receive", 0.0,
				       "_stream", m->line.st.ptr + 1, m->line.st.len - 2);
	json_decref(e);
	return made_entry;
}

size_t export_har(const struct trace_file *f, FILE *out)
{
	uint64_t start = export_start_ns(f);
	struct arena a;
	struct moment m;
	size_t n = 0;

	arena_init(&a);
	fprintf(out, "{\"log\":{\"version\":\"1.2\",\"creator\":{\"name\":\"seam\",\"version\":\"%s\"},\"pages\":[],\"entries\":[", SEAM_VERSION);
	for (size_t i = 0; i < trace_file_count(f); i++) {
		arena_reset(&a);
		moment_read(f, i, &a, &m);
		if (!slice_eq_str(m.k, "http") && !slice_eq_str(m.k, "s3"))
			continue;
		json_t *e = entry(f, &m, start);
		if (!e)
			continue;
		fputs(n++ ? ",\n" : "\n", out);
		json_dumpf(e, out, JSON_COMPACT);
		json_decref(e);
	}
	fputs("\n]}}\n", out);
	arena_release(&a);
	return n;
}

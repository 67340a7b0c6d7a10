/* s3_address: reads host names from their end. */
#include "service/s3/s3_address.h"

#include <ctype.h>
#include <stdlib.h>

#define HOST_MAX 512 /* bytes of one host name, and some; DNS allows 253 */

static struct slice without_port(struct slice host)
{
	size_t i = host.len;

	if (host.len && host.ptr[0] == '[')
		return slice_take(host, slice_find(host, ']') + 1);
	while (i > 0 && host.ptr[i - 1] >= '0' && host.ptr[i - 1] <= '9')
		i--;
	return i > 0 && host.ptr[i - 1] == ':' ? slice_take(host, i - 1) : host;
}

void s3_hosts_init(struct s3_hosts *h, const json_t *at)
{
	size_t n = json_array_size(at);

	*h = (struct s3_hosts){0};
	if (!n)
		return;
	h->suffixes = calloc(n, sizeof(char *));
	for (size_t i = 0; h->suffixes && i < n; i++) {
		const char *text = json_string_value(json_array_get(at, i));
		if (!text || strncmp(text, "*.", 2) != 0)
			continue;
		struct slice host = without_port(slice_str(text + 1));
		if (slice_is_glob(host)) /* "*.s3.*.amazonaws.com": known by its form */
			continue;
		char *copy = strndup(host.ptr, host.len);
		for (char *c = copy; c && *c; c++)
			*c = (char)tolower((unsigned char)*c);
		if (copy)
			h->suffixes[h->count++] = copy;
	}
}

void s3_hosts_release(struct s3_hosts *h)
{
	for (size_t i = 0; i < h->count; i++)
		free(h->suffixes[i]);
	free(h->suffixes);
	*h = (struct s3_hosts){0};
}

/* Takes the last label off; *host keeps what is before its dot. */
static struct slice take_label(struct slice *host)
{
	size_t i = host->len;

	while (i > 0 && host->ptr[i - 1] != '.')
		i--;
	struct slice label = slice_skip(*host, i);
	*host = slice_take(*host, i ? i - 1 : 0);
	return label;
}

static bool is_s3_label(struct slice label)
{
	return slice_eq_str(label, "s3") || slice_has_prefix(label, SLICE_LIT("s3-"));
}

/*
 * BUCKET.s3.amazonaws.com, BUCKET.s3.REGION..., BUCKET.s3-REGION...,
 * BUCKET.s3.dualstack.REGION..., BUCKET.s3-fips.REGION..., the same in China.
 * True when the host is one of AWS; *bucket is what is in front, or empty.
 */
static bool aws_bucket(struct slice host, struct slice *bucket)
{
	struct slice rest = host, label;

	if (slice_has_suffix(rest, SLICE_LIT(".amazonaws.com")))
		rest.len -= sizeof(".amazonaws.com") - 1;
	else if (slice_has_suffix(rest, SLICE_LIT(".amazonaws.com.cn")))
		rest.len -= sizeof(".amazonaws.com.cn") - 1;
	else
		return false;
	label = take_label(&rest);
	if (!is_s3_label(label)) { /* it was the region */
		label = take_label(&rest);
		if (slice_eq_str(label, "dualstack"))
			label = take_label(&rest);
	}
	*bucket = rest;
	return is_s3_label(label);
}

struct slice s3_host_bucket(const struct s3_hosts *h, struct slice authority, struct arena *a)
{
	struct slice host = without_port(authority), bucket = SLICE_NONE;

	if (host.len > HOST_MAX || !host.len || host.ptr[0] == '[')
		return SLICE_NONE;
	char *lower = arena_alloc(a, host.len + 1);
	for (size_t i = 0; i < host.len; i++)
		lower[i] = (char)tolower((unsigned char)host.ptr[i]);
	lower[host.len] = '\0';
	host.ptr = lower;
	if (aws_bucket(host, &bucket))
		return bucket;
	for (size_t i = 0; i < h->count; i++) {
		struct slice suffix = slice_str(h->suffixes[i]);
		if (host.len > suffix.len && slice_has_suffix(host, suffix))
			return slice_take(host, host.len - suffix.len);
	}
	return SLICE_NONE;
}

void s3_address(const struct s3_hosts *h, const struct http_request *r, struct arena *a, struct slice *bucket, struct slice *key)
{
	struct slice path = r->path.len && r->path.ptr[0] == '/' ? slice_skip(r->path, 1) : r->path;

	*bucket = s3_host_bucket(h, r->authority, a);
	if (bucket->len) {
		*key = path;
		return;
	}
	size_t slash = slice_find(path, '/');
	*bucket = slice_take(path, slash);
	*key = slice_skip(path, slash < path.len ? slash + 1 : slash);
}

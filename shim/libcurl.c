/*
 * libcurl: handles made and freed, transfers with their result (design 6).
 *
 * Every handle trusts the run's CA, as far as the program does not name a
 * bundle of its own (then trust.c helps), and goes to no proxy outside the
 * run. What libcurl says of a connection (CURLINFO_PRIMARY_IP and its
 * relatives) needs no help: it asks getpeername(), which has a door.
 *
 * Source: curl/curl.h, curl/multi.h; libcurl-env(3).
 */
#include "doors.h"
#include "layer.h"
#include "page.h"
#include "proxy.h"
#include "shim.h"
#include "sys.h"

#define CURLE_FAILED_INIT 2
#define CURLM_BAD_HANDLE 1
#define CURLOPT_CAINFO 10065
#define CURLOPT_PROXY 10004
#define CURLOPT_PRE_PROXY 10262
#define CURLINFO_EFFECTIVE_URL 0x100001
#define CURLMSG_DONE 1

/* curl/multi.h */
struct curl_message {
	int msg;
	void *easy_handle;
	union {
		void *whatever;
		int result; /* CURLcode */
	} data;
};

/* In a row's aux: the program named a proxy that is in the run. */
#define OWN_PROXY 1u

/* ---- what is set on a handle --------------------------------------------------- */

static void prepare(const struct layer *layer, void *easy)
{
	int (*setopt)(void *, int, ...) = layer_also(layer, "curl_easy_setopt");

	if (easy && setopt && shim.page && shim.page->trust[0])
		setopt(easy, CURLOPT_CAINFO, shim.page->trust);
}

/* A new handle of the program's. */
static void *opened(struct layer *layer, enum wire_handle_kind kind, void *handle)
{
	int kept = errno;

	if (!layer->quiet && handle)
		handle_opened(kind, handle, &layer->site, NULL);
	errno = kept;
	return layer_end_pointer(layer, handle);
}

void *hook_curl_easy_init(const void *caller)
{
	struct layer layer;
	void *(*easy_init)(void) = layer_enter(&layer, caller, LAYER_curl_easy_init);
	void *easy;

	if (!easy_init)
		return NULL;
	if (layer_answered(&layer))
		return layer_answer_pointer(&layer);
	easy = easy_init();
	if (!layer.quiet)
		prepare(&layer, easy);
	return opened(&layer, WIRE_EASY, easy);
}

void *hook_curl_easy_duphandle(const void *caller, void *easy)
{
	struct layer layer;
	void *(*duphandle)(void *) = layer_enter(&layer, caller, LAYER_curl_easy_duphandle);
	const struct wire_handle *from;
	struct wire_handle *to;
	void *copy;

	if (!duphandle)
		return NULL;
	layer_pointer(&layer, easy);
	if (layer_answered(&layer))
		return layer_answer_pointer(&layer);
	copy = opened(&layer, WIRE_EASY, duphandle(easy));
	from = layer.quiet ? NULL : handle_find(easy);
	to = layer.quiet ? NULL : handle_find(copy);
	if (from && to)
		to->aux = from->aux;
	return copy;
}

void hook_curl_easy_reset(const void *caller, void *easy)
{
	struct layer layer;
	void (*easy_reset)(void *) = layer_enter(&layer, caller, LAYER_curl_easy_reset);
	struct wire_handle *row;

	if (!easy_reset)
		return;
	layer_pointer(&layer, easy);
	if (layer_answered(&layer))
		return;
	easy_reset(easy);
	if (!layer.quiet) {
		prepare(&layer, easy);
		row = handle_find(easy);
		if (row)
			row->aux = 0;
	}
	layer_end_void(&layer);
}

int hook_curl_easy_setopt(const void *caller, void *easy, int option, void *value)
{
	struct layer layer;
	int (*setopt)(void *, int, ...) = layer_enter(&layer, caller, LAYER_curl_easy_setopt);
	bool is_proxy = option == CURLOPT_PROXY || option == CURLOPT_PRE_PROXY;
	struct wire_handle *row;

	if (!setopt)
		return CURLE_FAILED_INIT;
	if (layer.told) {
		call_pointer(&layer.call, easy);
		call_int(&layer.call, option);
	}
	if (layer_answered(&layer))
		return layer_answer_int(&layer, CURLE_FAILED_INIT);
	if (is_proxy && !layer.quiet) {
		row = handle_find(easy);
		if (proxy_in_the_way(value))
			value = "";
		else if (row && value && *(char *)value)
			row->aux |= OWN_PROXY;
	}
	return layer_end_int(&layer, setopt(easy, option, value));
}

/* Before a transfer: a proxy of the environment would be asked unless an option says otherwise. */
static void drop_proxy(const struct layer *layer, void *easy)
{
	int (*setopt)(void *, int, ...) = layer_also(layer, "curl_easy_setopt");
	const struct wire_handle *row = handle_find(easy);

	if (setopt && row && !(row->aux & OWN_PROXY) && proxy_in_environment())
		setopt(easy, CURLOPT_PROXY, "");
}

/* The address, where a rule may look at it; else the request's own event has it. */
static void add_url(struct layer *layer, void *easy)
{
	int (*getinfo)(void *, int, ...) = layer->ask ? layer_also(layer, "curl_easy_getinfo") : NULL;
	const char *url = NULL;

	if (getinfo && easy)
		getinfo(easy, CURLINFO_EFFECTIVE_URL, &url);
	if (layer->ask)
		layer_string(layer, url && *url ? url : NULL);
}

/* ---- transfers ------------------------------------------------------------------ */

int hook_curl_easy_perform(const void *caller, void *easy)
{
	struct layer layer;
	struct handle_use use;
	int (*easy_perform)(void *) = layer_enter(&layer, caller, LAYER_curl_easy_perform);
	int result;

	if (!easy_perform)
		return CURLE_FAILED_INIT;
	layer_pointer(&layer, easy);
	add_url(&layer, easy);
	if (layer_answered(&layer))
		return layer_answer_int(&layer, CURLE_FAILED_INIT);
	if (layer.quiet)
		return easy_perform(easy);
	drop_proxy(&layer, easy);
	handle_use(&use, easy, &layer.site);
	result = easy_perform(easy);
	handle_used(&use);
	return layer_end_int(&layer, result);
}

void hook_curl_easy_cleanup(const void *caller, void *easy)
{
	struct layer layer;
	void (*easy_cleanup)(void *) = layer_enter(&layer, caller, LAYER_curl_easy_cleanup);

	if (!easy_cleanup)
		return;
	layer_pointer(&layer, easy);
	if (layer_answered(&layer))
		return;
	if (!layer.quiet)
		handle_closed(WIRE_EASY, easy, &layer.site);
	easy_cleanup(easy);
	layer_end_void(&layer);
}

void *hook_curl_multi_init(const void *caller)
{
	struct layer layer;
	void *(*multi_init)(void) = layer_enter(&layer, caller, LAYER_curl_multi_init);

	if (!multi_init)
		return NULL;
	if (layer_answered(&layer))
		return layer_answer_pointer(&layer);
	return opened(&layer, WIRE_MULTI, multi_init());
}

int hook_curl_multi_add_handle(const void *caller, void *multi, void *easy)
{
	struct layer layer;
	int (*add_handle)(void *, void *) = layer_enter(&layer, caller, LAYER_curl_multi_add_handle);

	if (!add_handle)
		return CURLM_BAD_HANDLE;
	layer_pointer(&layer, multi);
	layer_pointer(&layer, easy);
	add_url(&layer, easy);
	if (layer_answered(&layer))
		return layer_answer_int(&layer, CURLM_BAD_HANDLE);
	if (!layer.quiet)
		drop_proxy(&layer, easy);
	return layer_end_int(&layer, add_handle(multi, easy));
}

int hook_curl_multi_remove_handle(const void *caller, void *multi, void *easy)
{
	struct layer layer;
	int (*remove_handle)(void *, void *) = layer_enter(&layer, caller, LAYER_curl_multi_remove_handle);

	if (!remove_handle)
		return CURLM_BAD_HANDLE;
	layer_pointer(&layer, multi);
	layer_pointer(&layer, easy);
	if (layer_answered(&layer))
		return layer_answer_int(&layer, CURLM_BAD_HANDLE);
	return layer_end_int(&layer, remove_handle(multi, easy));
}

int hook_curl_multi_perform(const void *caller, void *multi, int *running)
{
	struct layer layer;
	struct handle_use use;
	int (*multi_perform)(void *, int *) = layer_enter(&layer, caller, LAYER_curl_multi_perform);
	int result;

	if (!multi_perform)
		return CURLM_BAD_HANDLE;
	layer_pointer(&layer, multi);
	if (layer_answered(&layer))
		return layer_answer_int(&layer, CURLM_BAD_HANDLE);
	if (layer.quiet)
		return multi_perform(multi, running);
	handle_use(&use, multi, &layer.site);
	result = multi_perform(multi, running);
	handle_used(&use);
	return layer_end_int(&layer, result);
}

/* A rule's answer is the result of the transfer that has ended: the only way to
 * fail one of many that run in a multi handle. */
void *hook_curl_multi_info_read(const void *caller, void *multi, int *left)
{
	struct layer layer;
	void *(*info_read)(void *, int *) = layer_enter(&layer, caller, LAYER_curl_multi_info_read);
	struct curl_message *message;

	if (!info_read)
		return NULL;
	message = info_read(multi, left);
	if (!message || !layer.told || message->msg != CURLMSG_DONE)
		return message;
	layer_pointer(&layer, multi);
	layer_pointer(&layer, message->easy_handle);
	add_url(&layer, message->easy_handle);
	if (layer_answered(&layer))
		message->data.result = layer_answer_int(&layer, message->data.result);
	return message;
}

int hook_curl_multi_cleanup(const void *caller, void *multi)
{
	struct layer layer;
	int (*multi_cleanup)(void *) = layer_enter(&layer, caller, LAYER_curl_multi_cleanup);

	if (!multi_cleanup)
		return CURLM_BAD_HANDLE;
	layer_pointer(&layer, multi);
	if (layer_answered(&layer))
		return layer_answer_int(&layer, CURLM_BAD_HANDLE);
	if (!layer.quiet)
		handle_closed(WIRE_MULTI, multi, &layer.site);
	return layer_end_int(&layer, multi_cleanup(multi));
}

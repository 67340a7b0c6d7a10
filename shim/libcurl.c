/*
 * libcurl: the first cut of the libcurl layer (design 6): handles made and
 * freed, transfers with their result; and every new handle trusts the run's
 * CA. The program's own options come later than ours and win.
 */
#include "doors.h"
#include "layer.h"
#include "page.h"
#include "shim.h"

#define CURLE_FAILED_INIT 2   /* curl/curl.h */
#define CURLOPT_CAINFO 10065

static void trust_handle(const struct layer *layer, void *easy)
{
	int (*setopt)(void *, int, ...) = layer_also(layer, "curl_easy_setopt");

	if (easy && setopt && shim.page && shim.page->trust[0])
		setopt(easy, CURLOPT_CAINFO, shim.page->trust);
}

void *hook_curl_easy_init(const void *caller)
{
	struct layer layer;
	void *(*easy_init)(void) = layer_begin(&layer, caller, "curl_easy_init", PAGE_LAYER_LIBCURL);
	void *easy;

	if (!easy_init)
		return NULL;
	if (layer_answered(&layer))
		return layer_answer_pointer(&layer);
	easy = easy_init();
	if (!layer.quiet)
		trust_handle(&layer, easy);
	return layer_end_pointer(&layer, easy);
}

int hook_curl_easy_perform(const void *caller, void *easy)
{
	struct layer layer;
	int (*easy_perform)(void *) = layer_begin(&layer, caller, "curl_easy_perform", PAGE_LAYER_LIBCURL);

	if (!easy_perform)
		return CURLE_FAILED_INIT;
	call_pointer(&layer.call, easy);
	if (layer_answered(&layer))
		return layer_answer_int(&layer, CURLE_FAILED_INIT);
	return layer_end_int(&layer, easy_perform(easy));
}

void hook_curl_easy_cleanup(const void *caller, void *easy)
{
	struct layer layer;
	void (*easy_cleanup)(void *) = layer_begin(&layer, caller, "curl_easy_cleanup", PAGE_LAYER_LIBCURL);

	if (!easy_cleanup)
		return;
	call_pointer(&layer.call, easy);
	if (layer_answered(&layer))
		return;
	easy_cleanup(easy);
	layer_end_void(&layer);
}

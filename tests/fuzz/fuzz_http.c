/*
 * Fuzz target for the HTTP codec.
 *
 * Every request is echoed, by turns plain, in chunks, or not answered at all.
 */
#include "fuzz_drive.h"

extern const struct service_type service_http;
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void answer(struct request *req, struct reply *reply)
{
	if (req->http.headers.count % 3 == 2)
		return;
	reply->by = BY_RULE;
	reply->http.status = 200;
	reply->http.body = body_ref(req->http.body);
	if (req->http.headers.count % 3 == 1)
		headers_add(&reply->http.headers, req->arena, SLICE_LIT("Transfer-Encoding"), SLICE_LIT("chunked"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_drive(&service_http, NULL, answer, data, size);
	return 0;
}

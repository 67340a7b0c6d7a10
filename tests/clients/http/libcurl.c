/* Two handles of a multi interface and one easy handle that posts: prints each
 * status and body. */
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

static size_t print(char *bytes, size_t size, size_t count, void *to)
{
	return fwrite(bytes, size, count, to);
}

static CURL *make(const char *url)
{
	CURL *c = curl_easy_init();

	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, print);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, stdout);
	return c;
}

static int finish(CURL *c, CURLcode code)
{
	long status = 0;

	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	if (code)
		fprintf(stderr, "curl: %s\n", curl_easy_strerror(code));
	else
		printf("%ld\n", status);
	curl_easy_cleanup(c);
	return code != CURLE_OK;
}

int main(void)
{
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
	int running = 1, failed = 0, left;
	CURLMsg *message;

	curl_global_init(CURL_GLOBAL_DEFAULT);
	CURL *post = make("https://api.client.test/v1/jobs/export");
	curl_easy_setopt(post, CURLOPT_POSTFIELDS, "{\"rows\": 2}");
	curl_easy_setopt(post, CURLOPT_HTTPHEADER, headers);
	failed |= finish(post, curl_easy_perform(post));
	curl_slist_free_all(headers);

	CURLM *multi = curl_multi_init();
	curl_multi_add_handle(multi, make("https://api.client.test/hello"));
	curl_multi_add_handle(multi, make("http://plain.client.test/hello"));
	while (running) {
		if (curl_multi_perform(multi, &running) || curl_multi_poll(multi, NULL, 0, 1000, NULL))
			return 1;
	}
	while ((message = curl_multi_info_read(multi, &left))) {
		CURL *c = message->easy_handle;
		CURLcode code = message->data.result;
		curl_multi_remove_handle(multi, c);
		failed |= finish(c, code);
	}
	curl_multi_cleanup(multi);
	curl_global_cleanup();
	return failed;
}

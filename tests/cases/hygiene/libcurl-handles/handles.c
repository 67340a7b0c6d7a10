/* Uses libcurl as programs do, and forgets some of its handles. */
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

static size_t swallow(char *bytes, size_t size, size_t count, void *to)
{
	(void)bytes;
	(void)to;
	return size * count;
}

static CURL *make(const char *url)
{
	CURL *easy = curl_easy_init();

	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, swallow);
	return easy;
}

static void tell(CURL *easy, CURLcode code)
{
	char *address = NULL, *url = NULL;
	long port = 0, status = 0;

	curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &address);
	curl_easy_getinfo(easy, CURLINFO_PRIMARY_PORT, &port);
	curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &url);
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	printf("%s: %s %ld, %s port %ld\n", url, code ? curl_easy_strerror(code) : "done", status,
	       strncmp(address, "127.", 4) == 0 ? "a virtual address" : *address ? address : "nowhere", port);
}

static void local(CURL *easy)
{
	char *address = NULL;
	long port = 0;

	curl_easy_getinfo(easy, CURLINFO_LOCAL_IP, &address);
	curl_easy_getinfo(easy, CURLINFO_LOCAL_PORT, &port);
	printf("local %s\n", *address && port > 0 ? "known" : "unknown");
}

int main(void)
{
	CURL *easy, *copy, *kept;
	CURLM *multi;
	CURLMsg *message;
	int running = 1, left;

	curl_global_init(CURL_GLOBAL_DEFAULT);
	easy = make("https://api.prod/a"); /* https_proxy names a proxy that nobody claims */
	tell(easy, curl_easy_perform(easy));
	local(easy);

	curl_easy_setopt(easy, CURLOPT_URL, "https://api.prod/late"); /* fails at once */
	tell(easy, curl_easy_perform(easy));

	curl_easy_reset(easy);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, swallow);
	curl_easy_setopt(easy, CURLOPT_URL, "http://10.20.30.40:8080/b");
	curl_easy_setopt(easy, CURLOPT_PROXY, "socks5h://user:pw@proxy.corp:1080");
	copy = curl_easy_duphandle(easy);
	tell(copy, curl_easy_perform(copy));
	curl_easy_cleanup(copy);
	curl_easy_cleanup(easy);

	multi = curl_multi_init();
	curl_multi_add_handle(multi, make("https://api.prod/late"));
	while (running && !curl_multi_perform(multi, &running))
		curl_multi_poll(multi, NULL, 0, 1000, NULL);
	while ((message = curl_multi_info_read(multi, &left))) {
		easy = message->easy_handle;
		tell(easy, message->data.result);
		curl_multi_remove_handle(multi, easy);
		curl_easy_cleanup(easy);
	}

	kept = make("https://api.prod/kept");
	kept = make("https://api.prod/kept");
	tell(kept, curl_easy_perform(kept));
	return 0;
}

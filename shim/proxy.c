/*
 * proxy: reads the proxies of libcurl's options and variables, and asks the
 * page who is there.
 */
#include <arpa/inet.h>
#include <string.h>

#include "addr.h"
#include "env.h"
#include "page.h"
#include "proxy.h"
#include "shim.h"

#define HOST_MAX 256

extern char **environ;

/* [scheme://][user[:password]@]host[:port][/...], an IPv6 address in brackets. */
static bool host_of(const char *proxy, char host[HOST_MAX])
{
	const char *scheme = strstr(proxy, "://"), *start = scheme ? scheme + 3 : proxy;
	size_t all = strcspn(start, "/?#"), len;
	const char *at = memrchr(start, '@', all);

	if (at) {
		all -= (size_t)(at + 1 - start);
		start = at + 1;
	}
	if (*start == '[') {
		start++;
		len = strcspn(start, "]");
	} else {
		len = strcspn(start, ":");
		len = len < all ? len : all;
	}
	if (!len || len >= HOST_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		host[i] = (char)(start[i] >= 'A' && start[i] <= 'Z' ? start[i] + 32 : start[i]);
	host[len] = '\0';
	return true;
}

/* A literal address that a row leads from, or a loopback one. */
static bool is_near(const char *host)
{
	struct wire_addr addr = { 0 };
	const struct page_endpoint *row;

	if (inet_pton(AF_INET, host, addr.ip) == 1)
		addr.family = WIRE_INET;
	else if (inet_pton(AF_INET6, host, addr.ip) == 1)
		addr.family = WIRE_INET6;
	else
		return false;
	if (addr_is_loopback(&addr))
		return true;
	for (uint32_t i = 0; (row = page_endpoint(i)); i++)
		if (row->asked.family == addr.family && memcmp(row->asked.ip, addr.ip, addr.family == WIRE_INET ? 4 : 16) == 0)
			return true;
	return false;
}

bool proxy_in_the_way(const char *proxy)
{
	char host[HOST_MAX];

	if (!proxy || !*proxy || !host_of(proxy, host))
		return false;
	return strcmp(host, "localhost") != 0 && page_find_name(host) == PAGE_NONE && !page_has_glob(host) && !is_near(host);
}

bool proxy_in_environment(void)
{
	static const char *const names[] = { "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (proxy_in_the_way(env_get(environ, names[i])))
			return true;
	return false;
}

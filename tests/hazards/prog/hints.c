/* hints NAME: what getaddrinfo says to 14 kinds of hints, one line each, with the addresses
 * reduced to their family; the same for the older functions. */
#define _GNU_SOURCE
#include "client.h"

#define ROW(...) { __VA_ARGS__ }

static const struct {
	const char *service;
	struct addrinfo hints;
	bool null_hints;
} rows[] = {
	ROW("80", { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }),
	ROW("80", { .ai_family = AF_INET }),
	ROW("80", { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_CANONNAME }),
	ROW(NULL, { .ai_family = AF_INET, .ai_flags = AI_CANONNAME }),
	ROW("http", { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }),
	ROW("http", { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV }),
	ROW("no-such-service", { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }),
	ROW("80", { .ai_family = AF_INET, .ai_socktype = SOCK_DGRAM, .ai_flags = AI_PASSIVE }),
	ROW("80", { .ai_family = AF_INET, .ai_flags = AI_NUMERICHOST }),
	ROW("80", { .ai_family = AF_INET6, .ai_socktype = SOCK_STREAM }),
	ROW("80", { .ai_family = AF_INET6, .ai_socktype = SOCK_STREAM, .ai_flags = AI_V4MAPPED }),
	ROW("80", { .ai_family = AF_UNSPEC, .ai_protocol = IPPROTO_UDP }),
	ROW("80", { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM, .ai_protocol = IPPROTO_UDP }),
	ROW("80", { .ai_family = AF_UNIX }),
	ROW("80", { .ai_family = AF_INET, .ai_flags = 0x40000000 }),
	ROW("80", { 0 }, .null_hints = true),
	ROW(NULL, { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG }),
};

static const char *kind(const struct sockaddr *a)
{
	const unsigned char *ip6 = ((const struct sockaddr_in6 *)(const void *)a)->sin6_addr.s6_addr;

	if (a->sa_family == AF_INET)
		return "four";
	return IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)ip6) ? "mapped" : "six";
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "localhost";

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct addrinfo *found = NULL;
		int error = getaddrinfo(name, rows[i].service, rows[i].null_hints ? NULL : &rows[i].hints, &found);

		printf("%zu %s:", i, error ? gai_strerror(error) : "ok");
		for (struct addrinfo *a = error ? NULL : found; a; a = a->ai_next) {
			printf(" [%d %d %d %s %s port %d len %d", a->ai_family, a->ai_socktype, a->ai_protocol, kind(a->ai_addr),
			       a->ai_canonname ? a->ai_canonname : "-", ntohs(((struct sockaddr_in *)(void *)a->ai_addr)->sin_port), (int)a->ai_addrlen);
			printf(" flags %x]", (unsigned)a->ai_flags);
		}
		puts("");
		if (!error)
			freeaddrinfo(found);
	}
	struct hostent *host = gethostbyname(name);
	printf("gethostbyname: %s %d %d\n", host ? host->h_name : "-", host ? host->h_addrtype : h_errno, host ? host->h_length : 0);
	host = gethostbyname2(name, AF_INET6);
	printf("gethostbyname2: %s %d %d\n", host ? host->h_name : "-", host ? host->h_addrtype : h_errno, host ? host->h_length : 0);
	return 0;
}

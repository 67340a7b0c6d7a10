/* A library that asks the fake by itself; loaded where no preload reaches. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int plugin_get(const char *ip, int port)
{
	static const char ask[] = "GET /ok HTTP/1.0\r\nHost: web.example.com\r\n\r\n";
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((unsigned short)port) };
	char answer[4096];
	size_t n = 0;
	ssize_t got;

	inet_pton(AF_INET, ip, &to.sin_addr);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		return 4;
	if (write(fd, ask, sizeof(ask) - 1) < 0)
		return 5;
	while ((got = read(fd, answer + n, sizeof(answer) - 1 - n)) > 0)
		n += (size_t)got;
	answer[n] = '\0';
	if (got < 0)
		return 5;
	const char *body = strstr(answer, "\r\n\r\n");
	/* not through this libc's stdio: nobody flushes that of a second one */
	body = body ? body + 4 : "no answer";
	return write(1, body, strlen(body)) < 0 ? 5 : 0;
}

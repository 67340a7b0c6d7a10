/* pgwire HOST PORT SQL...: a PostgreSQL client that knows libc alone (protocol 3.0, trust
 * authentication, simple queries: PostgreSQL documentation, "Message Formats"). HOST with a slash is
 * the folder of a Unix socket. Prints each row, its columns separated by |, and each command's tag. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static FILE *in;
static int fd;
static char body[64 * 1024];

static void fail(const char *what)
{
	perror(what);
	exit(4);
}

static void reach(const char *host, const char *port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found = NULL;
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	if (strchr(host, '/')) {
		snprintf(un.sun_path, sizeof(un.sun_path), "%s/.s.PGSQL.%s", host, port);
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
		if (connect(fd, (struct sockaddr *)&un, sizeof(un)) < 0)
			fail(un.sun_path);
	} else {
		if (getaddrinfo(host, port, &hints, &found))
			exit(3);
		fd = socket(found->ai_family, SOCK_STREAM, 0);
		if (connect(fd, found->ai_addr, found->ai_addrlen) < 0)
			fail(host);
		freeaddrinfo(found);
	}
	in = fdopen(dup(fd), "r");
}

static void say(char type, const void *bytes, size_t len)
{
	uint32_t length = htonl((uint32_t)len + 4);

	if (type && write(fd, &type, 1) != 1)
		fail("write");
	if (write(fd, &length, 4) != 4 || write(fd, bytes, len) != (ssize_t)len)
		fail("write");
}

static int16_t number16(const char **at)
{
	uint16_t n;

	memcpy(&n, *at, 2);
	*at += 2;
	return (int16_t)ntohs(n);
}

static void print_row(const char *at)
{
	for (int i = 0, n = number16(&at); i < n; i++) {
		uint32_t length;
		memcpy(&length, at, 4);
		at += 4;
		int len = (int)ntohl(length);
		printf("%s%.*s", i ? "|" : "", len < 0 ? 4 : len, len < 0 ? "NULL" : at);
		at += len < 0 ? 0 : len;
	}
	putchar('\n');
}

/* To the next ReadyForQuery; 1 when an error came. */
static int hear(void)
{
	int error = 0;

	for (;;) {
		int type = getc(in);
		uint32_t length;
		if (type == EOF || fread(&length, 4, 1, in) != 1)
			fail("the server hung up");
		length = ntohl(length) - 4;
		if (length >= sizeof(body) || fread(body, 1, length, in) != length)
			fail("a message");
		body[length] = '\0';
		if (type == 'D')
			print_row(body);
		else if (type == 'C')
			puts(body);
		else if (type == 'E') {
			for (const char *field = body; *field; field += strlen(field) + 1)
				if (*field == 'C' || *field == 'M')
					printf("%s%s", *field == 'C' ? "error " : " ", field + 1);
			putchar('\n');
			error = 1;
		} else if (type == 'Z')
			return error;
	}
}

int main(int argc, char **argv)
{
	static const char startup[] = "\0\3\0\0user\0app\0database\0shop\0";
	int error;

	if (argc < 4)
		return 2;
	reach(argv[1], argv[2]);
	say(0, startup, sizeof(startup));
	error = hear();
	for (int i = 3; i < argc; i++) {
		say('Q', argv[i], strlen(argv[i]) + 1);
		error |= hear();
	}
	say('X', "", 0);
	return error;
}

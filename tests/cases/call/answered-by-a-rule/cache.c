#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	char *text = NULL;
	int len = redisFormatCommand(&text, "SET answer %s", argv[argc - 1]);
	redisReader *reader = redisReaderCreate();

	printf("formatted %d bytes\n", len);
	printf("fed: %d\n", redisReaderFeed(reader, "+OK\r\n", 5));
	printf("fed again: %d\n", redisReaderFeed(reader, "+OK\r\n", 5));
	redisReaderFree(reader);
	free(text);
	errno = 0;
	redisContext *c = redisConnect(argv[1], atoi(argv[2]));
	if (!c) {
		printf("no context: %s\n", strerror(errno));
		return 0;
	}
	printf("%s\n", c->err ? c->errstr : "connected");
	redisFree(c);
	return 0;
}

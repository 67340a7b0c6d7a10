#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

int main(void)
{
	const char text[] = "one two one two one two one two";
	unsigned char packed[100], plain[100];
	unsigned long size = sizeof(packed), length;
	char *command = NULL;
	redisReader *reader = redisReaderCreate();
	void *reply = NULL;
	int n;

	n = compress(packed, &size, (const unsigned char *)text, sizeof(text) - 1);
	printf("compress %d, shorter %d\n", n, size < sizeof(text) - 1);
	for (int i = 0; i < 3; i++) {
		length = sizeof(plain);
		n = uncompress(plain, &length, packed, size);
		printf("uncompress %d, %lu bytes: %.*s\n", n, length, (int)length, (char *)plain);
	}
	n = redisFormatCommand(&command, "GET %s", "key");
	printf("%d bytes formatted\n", n);
	free(command);
	redisReaderFeed(reader, "+one\r\n+two\r\n", 12);
	n = redisReaderGetReply(reader, &reply);
	printf("reply %d %s\n", n, reply ? ((redisReply *)reply)->str : "none");
	freeReplyObject(reply);
	n = redisReaderGetReply(reader, &reply);
	printf("reply %d %s\n", n, reply ? "some" : "none");
	redisReaderFree(reader);
	return 0;
}

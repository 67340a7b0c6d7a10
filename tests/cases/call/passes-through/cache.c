#include <hiredis/hiredis.h>
#include <stdio.h>

int main(void)
{
	redisContext *c = redisConnect("198.51.100.7", 6379);

	printf("%s\n", !c ? "no context" : c->err ? c->errstr : "connected");
	redisFree(c);
	return 0;
}

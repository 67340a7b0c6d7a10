/*
 * prog_calls: calls libraries in the ways that programs do, directly, by
 * dlsym() and from an object that came by dlopen(), and prints the results.
 */
// libs: -l:lib_typed.so -lhiredis
#include <dlfcn.h>
#include <errno.h>
#include <hiredis/hiredis.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int typed_add(int a, int b);
double typed_scale(double x, float by, int64_t n);
const char *typed_greet(const char *name);
bool typed_is_even(unsigned n);
int typed_sum(const void *bytes, size_t len);
int typed_format(char *to, size_t size, const char *format, ...);
void typed_nothing(void *p);
int typed_fail(const char *why);
long typed_many(long a, long b, long c, long d, long e, long f, long g, double x, long h);
int typed_split(char *text, int *number, double *ratio, const char **name, void *copy, size_t *size, bool *more);

static void outs(bool all)
{
	char text[] = "a text", copy[8] = "";
	const char *name = "none";
	size_t size = sizeof(copy);
	double ratio = 0;
	bool more = false;
	int number = 0, n = typed_split(text, all ? &number : NULL, &ratio, &name, copy, &size, &more);

	printf("split %d %d %g %s %zu %.*s %d %s\n", n, number, ratio, name, size, (int)size, copy[1] ? copy : "-", more, text);
}

static void typed(void)
{
	char text[200];
	int n = 0;

	printf("add %d\n", typed_add(-2, 5));
	printf("scale %g\n", typed_scale(1.5, 2.0f, -1));
	printf("greet %s\n", typed_greet("seam"));
	printf("greet %s\n", typed_greet(NULL));
	printf("even %d %d\n", typed_is_even(4), typed_is_even(5));
	printf("sum %d\n", typed_sum("\1\2\3\0\4", 5));
	typed_nothing(&n);
	printf("nothing %d\n", n);
	n = typed_fail("four");
	printf("fail %d errno %d\n", n, errno);
	printf("many %ld\n", typed_many(1, 2, 3, 4, 5, 6, 7, 8.5, 9));
	n = typed_format(text, sizeof(text), "%d %s %g %d %g %d %g %ld %g %g %g %g %g %g %d %s", 1, "two", 3.5, 4, 5.5, 6,
			 7.5, 8L, 9.5, 10.5, 11.5, 12.5, 13.5, 14.5, 15, "end");
	printf("format %d %s\n", n, text);
}

static void by_dlsym(void)
{
	int (*add)(int, int) = (int (*)(int, int))(uintptr_t)dlsym(RTLD_DEFAULT, "typed_add");

	printf("dlsym %d\n", add(20, 3));
	printf("missing %s\n", dlsym(RTLD_DEFAULT, "typed_absent") ? "found" : dlerror() ? "not found, dlerror" : "not found");
}

static void by_plugin(const char *self)
{
	char path[600];
	void *handle;
	int (*go)(int);

	snprintf(path, sizeof(path), "%.*s/lib_plugin.so", (int)(strrchr(self, '/') - self), self);
	handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	go = handle ? (int (*)(int))(uintptr_t)dlsym(handle, "plugin_go") : NULL;
	printf("plugin %d\n", go ? go(5) : -1);
}

static void *add_often(void *arg)
{
	for (int i = 0; i < 200; i++)
		if (typed_add(i, i) != 2 * i)
			abort();
	return arg;
}

static void threads(void)
{
	pthread_t t[8];

	for (int i = 0; i < 8; i++)
		pthread_create(&t[i], NULL, add_often, NULL);
	for (int i = 0; i < 8; i++)
		pthread_join(t[i], NULL);
	printf("threads done\n");
}

static void redis(const char *host, int port)
{
	redisContext *c = redisConnect(host, port);
	redisReply *reply;

	if (!c) {
		printf("redisConnect gave NULL\n");
		return;
	}
	printf("redisConnect %s\n", c->err ? c->errstr : "ok");
	if (!c->err) {
		reply = redisCommand(c, "SET %s %b", "key", "value", (size_t)5);
		printf("redisCommand %s\n", reply ? reply->str : c->errstr);
		if (reply)
			freeReplyObject(reply);
	}
	redisFree(c);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "typed") == 0)
		typed();
	else if (strcmp(what, "outs") == 0)
		outs(argc < 3);
	else if (strcmp(what, "dlsym") == 0)
		by_dlsym();
	else if (strcmp(what, "plugin") == 0)
		by_plugin(argv[0]);
	else if (strcmp(what, "threads") == 0)
		threads();
	else if (strcmp(what, "redis") == 0 && argc > 3)
		redis(argv[2], (int)strtol(argv[3], NULL, 10));
	else
		return 2;
	return 0;
}

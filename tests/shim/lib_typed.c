/* lib_typed: functions of every declared type, for the tests of declared calls. */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

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

int typed_add(int a, int b)
{
	return a + b;
}

double typed_scale(double x, float by, int64_t n)
{
	return x * by + (double)n;
}

const char *typed_greet(const char *name)
{
	static char text[64];

	snprintf(text, sizeof(text), "hello %s", name ? name : "nobody");
	return text;
}

bool typed_is_even(unsigned n)
{
	return n % 2 == 0;
}

int typed_sum(const void *bytes, size_t len)
{
	int sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += ((const unsigned char *)bytes)[i];
	return sum;
}

int typed_format(char *to, size_t size, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(to, size, format, ap);
	va_end(ap);
	return n;
}

void typed_nothing(void *p)
{
	if (p)
		*(int *)p = 7;
}

int typed_fail(const char *why)
{
	errno = (int)strlen(why);
	return -1;
}

long typed_many(long a, long b, long c, long d, long e, long f, long g, double x, long h)
{
	return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + (long)x + 9 * h;
}

/* Everything by pointers, and the text is spoilt. */
int typed_split(char *text, int *number, double *ratio, const char **name, void *copy, size_t *size, bool *more)
{
	if (number)
		*number = -7;
	*ratio = 0.5;
	*name = "seam";
	*size = 3;
	memcpy(copy, "a\0b", 3);
	*more = true;
	memset(text, '#', strlen(text));
	return 6;
}

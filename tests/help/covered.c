/*
 * covered: linked into coverage builds alone. gcov writes what it counted when a
 * program exits, and before the exec calls that the compiler knows; these are the
 * other ways out (ld --wrap).
 */
#include <sys/types.h>

void __gcov_dump(void);
void __gcov_reset(void);
void __real__exit(int code) __attribute__((noreturn));
void __wrap__exit(int code) __attribute__((noreturn));
int __real_execvpe(const char *file, char *const argv[], char *const env[]);
int __wrap_execvpe(const char *file, char *const argv[], char *const env[]);

void __wrap__exit(int code)
{
	__gcov_dump();
	__real__exit(code);
}

int __wrap_execvpe(const char *file, char *const argv[], char *const env[])
{
	__gcov_dump();
	__gcov_reset();
	return __real_execvpe(file, argv, env);
}

/* loader LIBRARY deepbind|dlmopen IP PORT: lets the library connect. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	int (*get)(const char *ip, int port);
	void *library = argc < 5			 ? NULL :
			strcmp(argv[2], "dlmopen") == 0 ? dlmopen(LM_ID_NEWLM, argv[1], RTLD_NOW) :
							   dlopen(argv[1], RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);

	if (!library) {
		fprintf(stderr, "%s\n", dlerror());
		return 2;
	}
	*(void **)&get = dlsym(library, "plugin_get");
	return get ? get(argv[3], (int)strtol(argv[4], NULL, 10)) : 2;
}

/* which: prints the C library it runs on and the build of the shim in it, then asks for /ok. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "../../hazards/prog/client.h"

int main(void)
{
	char line[1000];
	const char *musl = "", *found = "no shim";
	FILE *maps = fopen("/proc/self/maps", "r");

	while (fgets(line, sizeof(line), maps))
		if (strstr(line, "/libseam.so")) {
			found = "libseam.so";
			musl = strstr(line, "/musl/libseam.so") ? "musl/" : "";
		}
	fclose(maps);
#ifdef __GLIBC__
	printf("glibc %s%s\n", musl, found);
#else
	printf("musl %s%s\n", musl, found);
#endif
	int fd = reach("192.0.2.7", 8080);
	NEED(fd >= 0 && asks(fd));
	puts("hi");
	return 0;
}

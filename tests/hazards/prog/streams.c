/* streams FILE: a request by fdopen() and stdio, one by sendfile() of FILE, one by splice(). */
#define _GNU_SOURCE
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "client.h"

static void answered(int fd)
{
	char line[200];
	bool body = false;
	FILE *f = fdopen(dup(fd), "r");

	NEED(f && fgets(line, sizeof(line), f) && strncmp(line, "HTTP/1.1 200", 12) == 0);
	while (!body && fgets(line, sizeof(line), f))
		body = strcmp(line, "\r\n") == 0;
	NEED(body && fgetc(f) == 'h' && fgetc(f) == 'i');
	fclose(f);
}

int main(int argc, char **argv)
{
	int fd = reach("192.0.2.7", 8080), file, pipes[2];
	struct stat st;
	char text[500];
	off_t at = 0;

	NEED(argc > 1 && fd >= 0);
	file = open(argv[1], O_RDONLY);
	NEED(fstat(file, &st) == 0 && read(file, text, sizeof(text)) == st.st_size);

	FILE *f = fdopen(dup(fd), "w");
	NEED(f && fwrite(text, 1, (size_t)st.st_size, f) == (size_t)st.st_size && fclose(f) == 0);
	answered(fd);

	NEED(sendfile(fd, file, &at, (size_t)st.st_size) == st.st_size);
	answered(fd);

	NEED(pipe(pipes) == 0 && write(pipes[1], text, (size_t)st.st_size) == st.st_size);
	NEED(splice(pipes[0], NULL, fd, NULL, (size_t)st.st_size, 0) == st.st_size);
	answered(fd);
	puts("hi");
	return 0;
}

/* log: one line a message, written with one write(2) so that lines of several
 * processes do not mix. */
#include "base/log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum log_level threshold = LOG_WARN;
static int log_fd = STDERR_FILENO;

void log_init(void)
{
	static const char *const names[] = { "error", "warn", "info", "debug" };
	const char *level = getenv("SEAM_LOG"), *file = getenv("SEAM_LOG_FILE");

	for (size_t i = 0; level && i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(level, names[i]) == 0)
			threshold = (enum log_level)i;
	if (file && *file) {
		int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		if (fd >= 0)
			log_fd = fd;
	}
}

void log_to_fd(int fd)
{
	log_fd = fd;
}

void log_line(enum log_level level, const char *module, const char *fmt, ...)
{
	char line[2048];
	va_list ap;

	if (level > threshold || log_fd < 0)
		return;
	int head = snprintf(line, sizeof(line), "seam: %s: ", module);
	va_start(ap, fmt);
	int n = vsnprintf(line + head, sizeof(line) - (size_t)head - 1, fmt, ap);
	va_end(ap);
	size_t len = (size_t)head + (n > 0 ? (size_t)n : 0);
	if (len > sizeof(line) - 2)
		len = sizeof(line) - 2;
	line[len++] = '\n';
	if (write(log_fd, line, len) < 0)
		log_fd = -1; /* nowhere left to say it */
}

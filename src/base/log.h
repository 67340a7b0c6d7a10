/*
 * log: for the person who runs seam. Not the trace.
 *
 * Lines "seam: module: sentence" go to stderr, or to the file of
 * SEAM_LOG_FILE. While a program runs under seam, nothing may reach its
 * terminal: the host then sets a file or nothing.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Reads SEAM_LOG (error|warn|info|debug, default warn) and SEAM_LOG_FILE. */
void log_init(void);
/* fd -1: nowhere. The fd stays the caller's. */
void log_to_fd(int fd);
void log_line(enum log_level level, const char *module, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif

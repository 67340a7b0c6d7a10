/*
 * cmd: the subcommands. One file each (cmd_NAME.c), one row each in the table
 * of seam.c. argv[0] is the subcommand's name; the value returned is the exit
 * status. A subcommand prints its own errors as "seam: what: why".
 */
#ifndef TOOLS_CMD_H
#define TOOLS_CMD_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"

/* Exit statuses of the commands that compare or judge (docs/exit-codes.md). */
enum {
	EXIT_SAME = 0,
	EXIT_DIFFERENT = 1,
	EXIT_USAGE = 2,    /* also: a file that cannot be read or written */
	EXIT_UNUSABLE = 3, /* a trace without trailer, or one that lost events */
	EXIT_NOTHING = 4,  /* nothing was compared */
};

int cmd_run(int argc, char **argv);
int cmd_host(int argc, char **argv);
int cmd_env(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_accept(int argc, char **argv);
int cmd_rules(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_session(int argc, char **argv);
int cmd_test(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_lineage(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_mask(int argc, char **argv);
int cmd_sweep(int argc, char **argv);
int cmd_state(int argc, char **argv);
int cmd_show(int argc, char **argv);
int cmd_doctor(int argc, char **argv);

/* "seam: NAME: sentence" on stderr; returns EXIT_USAGE. */
int cmd_usage(const char *name, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The err as "seam: NAME: file:line: sentence"; returns the exit status that its code stands for. */
int cmd_fail(const char *name, const struct err *err);
/* For the default of a getopt_long loop: names the option that was not
 * understood (argv[optind - 1]) with the nearest known one, or the one that
 * lacks its value. */
struct option;
int cmd_bad_option(const char *name, char **argv, const struct option *options, int got);
/* Whether to colour what goes to `stream`: --color's value (NULL: auto), then
 * CLICOLOR_FORCE, NO_COLOR, and whether it is a terminal. */
bool cmd_color(const char *when, FILE *stream);

#endif

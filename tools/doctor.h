/*
 * doctor: how findings are printed, and the part of seam doctor that looks at a program.
 */
#ifndef TOOLS_DOCTOR_H
#define TOOLS_DOCTOR_H

#include <stdbool.h>

struct findings {
	int bad;       /* in the way */
	bool isolated; /* this machine gives a run a network of its own */
};

/* `what` is a word or two, `remedy` may hold several lines. */
void finding_good(const char *what, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void finding_bad(struct findings *f, const char *what, const char *found, const char *remedy);
/* In the file, but nobody can say without starting it whether it comes to that. */
void finding_perhaps(const char *what, const char *found, const char *remedy);

/* The program that `name` leads to, its libraries, and the commands of a shell script. */
void doctor_program(struct findings *f, const char *name);

#endif

/*
 * image: what kind of program a file is, as far as the shim is concerned.
 *
 * Read from its headers: is there a loader that heeds LD_PRELOAD, and of which
 * C library. A script is what its interpreter is. What cannot be read is not
 * judged: exec will say why.
 */
#ifndef HOST_IMAGE_H
#define HOST_IMAGE_H

#include <stdbool.h>
#include <stddef.h>

enum image {
	IMAGE_OTHER,  /* not read, or no ELF program */
	IMAGE_GLIBC,
	IMAGE_MUSL,
	IMAGE_CLOSED, /* nothing can be preloaded: static, another processor, another C library */
};

/* `why`, when not NULL: for IMAGE_CLOSED a static sentence about the program, else NULL. */
enum image image_of(const char *path, const char **why);

/* What the kernel starts for that file: the program that "#!" leads to, or `path` itself. */
void image_started(const char *path, char *out, size_t size);

/* The loader that an ELF program of 64 bits names; false, and "": none. */
bool image_loader(const char *path, char *loader, size_t size);

#endif

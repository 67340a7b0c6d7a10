/* image: ELF headers (ELF-64 object file format, chapter 1; machine numbers of
 * elf.h) and the first line of scripts. */
#include "host/image.h"

#include <elf.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SCRIPTS_MAX 5 /* interpreters that are scripts: as deep as Linux goes */
#define LINE_MAX_BYTES 256 /* of "#!...": the kernel reads no more */

/* Of the machine that seam was built for: what its shim can be loaded into. */
#if defined(__x86_64__)
#define MACHINE EM_X86_64
#define MACHINE_NAME "x86-64"
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#define MACHINE_NAME "aarch64"
#else
#error "seam is built for x86-64 and aarch64"
#endif

#define BUILT_FOR(name) "is built for " name ": libseam.so is built for " MACHINE_NAME

static const char *other_machine(const Elf64_Ehdr *head)
{
	bool narrow = head->e_ident[EI_CLASS] != ELFCLASS64;

	switch (head->e_machine) { /* at the same place in both classes */
	case EM_386:
		return BUILT_FOR("i386 (32 bits)");
	case EM_ARM:
		return BUILT_FOR("arm (32 bits)");
	case EM_X86_64:
		return narrow ? BUILT_FOR("x32 (32 bits)") : BUILT_FOR("x86-64");
	case EM_AARCH64:
		return narrow ? BUILT_FOR("aarch64 ILP32 (32 bits)") : BUILT_FOR("aarch64");
	case EM_PPC64:
		return BUILT_FOR("ppc64");
	case EM_S390:
		return BUILT_FOR("s390x");
	case EM_RISCV:
		return narrow ? BUILT_FOR("riscv32") : BUILT_FOR("riscv64");
	default:
		return narrow ? BUILT_FOR("another kind of processor (32 bits)") : BUILT_FOR("another kind of processor");
	}
}

static enum image by_loader(const char *loader, const char **why)
{
	if (strstr(loader, "/ld-musl"))
		return IMAGE_MUSL;
	if (strstr(loader, "/ld-linux") || strstr(loader, "/ld-lsb") || strstr(loader, "/ld64"))
		return IMAGE_GLIBC;
	*why = "uses another C library than glibc and musl: libseam.so cannot be loaded into it";
	return IMAGE_CLOSED;
}

/* The loader itself, as ldd runs it: it has no loader, and heeds LD_PRELOAD all the same. */
static bool is_loader(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	return strncmp(name, "ld-linux", 8) == 0 || strncmp(name, "ld-musl-", 8) == 0 || strcmp(name, "ld.so") == 0;
}

/* The loader that PT_INTERP names; false: none. */
static bool read_loader(int fd, const Elf64_Ehdr *head, char *loader, size_t size)
{
	for (unsigned i = 0; i < head->e_phnum; i++) {
		Elf64_Phdr ph;
		if (pread(fd, &ph, sizeof(ph), (off_t)(head->e_phoff + i * sizeof(ph))) != (ssize_t)sizeof(ph))
			return false;
		if (ph.p_type != PT_INTERP)
			continue;
		ssize_t n = pread(fd, loader, size - 1, (off_t)ph.p_offset);
		loader[n > 0 ? n : 0] = '\0';
		return true;
	}
	return false;
}

bool image_loader(const char *path, char *loader, size_t size)
{
	Elf64_Ehdr head;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool found = fd >= 0 && pread(fd, &head, sizeof(head), 0) == (ssize_t)sizeof(head) && memcmp(head.e_ident, ELFMAG, SELFMAG) == 0 &&
		     head.e_ident[EI_CLASS] == ELFCLASS64 && read_loader(fd, &head, loader, size);

	if (fd >= 0)
		close(fd);
	if (!found)
		loader[0] = '\0';
	return found;
}

static enum image by_headers(int fd, const Elf64_Ehdr *head, const char **why)
{
	char loader[256];

	if (head->e_ident[EI_CLASS] != ELFCLASS64 || head->e_machine != MACHINE) {
		*why = other_machine(head);
		return IMAGE_CLOSED;
	}
	if (read_loader(fd, head, loader, sizeof(loader)))
		return by_loader(loader, why);
	*why = "is statically linked: nothing can be preloaded into it";
	return IMAGE_CLOSED;
}

/* The interpreter in "#! /bin/sh -e"; false: no script. */
static bool read_script(int fd, char *interpreter)
{
	char line[LINE_MAX_BYTES];
	ssize_t n = pread(fd, line, sizeof(line) - 1, 0);

	if (n < 3 || line[0] != '#' || line[1] != '!')
		return false;
	line[n] = '\0';
	const char *at = line + 2 + strspn(line + 2, " \t");
	snprintf(interpreter, LINE_MAX_BYTES, "%.*s", (int)strcspn(at, " \t\n"), at);
	return interpreter[0];
}

void image_started(const char *path, char *out, size_t size)
{
	char interpreter[LINE_MAX_BYTES];

	snprintf(out, size, "%s", path);
	for (int depth = 0; depth < SCRIPTS_MAX; depth++) {
		int fd = open(out, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		bool script = fd >= 0 && read_script(fd, interpreter);
		if (fd >= 0)
			close(fd);
		if (!script)
			return;
		snprintf(out, size, "%s", interpreter);
	}
}

enum image image_of(const char *path, const char **why)
{
	const char *unwanted;
	char program[4096];
	enum image is = IMAGE_OTHER;
	Elf64_Ehdr head;

	why = why ? why : &unwanted;
	*why = NULL;
	image_started(path, program, sizeof(program));
	int fd = open(program, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0 && pread(fd, &head, sizeof(head), 0) == (ssize_t)sizeof(head) && memcmp(head.e_ident, ELFMAG, SELFMAG) == 0)
		is = by_headers(fd, &head, why);
	if (is == IMAGE_CLOSED && is_loader(program)) {
		*why = NULL;
		is = IMAGE_OTHER;
	}
	if (fd >= 0)
		close(fd);
	return is;
}

/*
 * twin: reads which loader a program names (System V gABI chapter 5, PT_INTERP),
 * and what would make the loader drop LD_PRELOAD. Scripts lead to their
 * interpreters, as in the kernel. Runs before each exec, also in a vfork child:
 * stack only.
 */
#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "env.h"
#include "shim.h"
#include "sys.h"
#include "twin.h"

#define HEAD_BYTES 1024 /* program headers and loader lie at the beginning of everything that linkers make */
#define SCRIPTS_MAX 5   /* interpreters that are scripts themselves: as deep as Linux goes */
#define MUSL "musl/"

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#else
#define MACHINE EM_AARCH64
#endif

extern char **environ;

void twin_find(void)
{
	const char *slash = strrchr(shim.self, '/');
	size_t folder = slash ? (size_t)(slash - shim.self) + 1 : 0, musl = sizeof(MUSL) - 1;

	if (!slash || strlen(shim.self) + musl >= sizeof(shim.other) || !shim.page || !shim.page->twins)
		return;
	memcpy(shim.other, shim.self, folder);
	if (folder > musl && memcmp(shim.self + folder - musl - 1, "/" MUSL, musl + 1) == 0) {
		strcpy(shim.other + folder - musl, slash + 1);
	} else {
		memcpy(shim.other + folder, MUSL, musl);
		strcpy(shim.other + folder + musl, slash + 1);
	}
}

static bool self_is_musl(void)
{
	const char *slash = strrchr(shim.self, '/');
	size_t musl = sizeof(MUSL) - 1;

	return slash && (size_t)(slash - shim.self) > musl && memcmp(slash - musl, "/" MUSL, musl + 1) == 0;
}

/* glibc's loader or musl's, by the names that src/host/image.c knows. */
static bool is_known(const char *loader)
{
	return strstr(loader, "/ld-musl") || strstr(loader, "/ld-linux") || strstr(loader, "/ld64");
}

/* 1: its loader is musl's, 0: another's, -1: it names none, or is no ELF program. */
static int wants_musl(int fd, const char *head, size_t len, bool *known)
{
	const Elf64_Ehdr *elf = (const void *)head;
	char loader[128];

	if (len < sizeof(*elf) || memcmp(elf->e_ident, ELFMAG, SELFMAG) != 0 || elf->e_ident[EI_CLASS] != ELFCLASS64)
		return -1;
	for (size_t i = 0; i < elf->e_phnum; i++) {
		size_t at = elf->e_phoff + i * sizeof(Elf64_Phdr);
		Elf64_Phdr ph;
		long n;

		if (at > len || len - at < sizeof(ph))
			return -1;
		memcpy(&ph, head + at, sizeof(ph));
		if (ph.p_type != PT_INTERP)
			continue;
		n = sys(SYS_pread64, fd, loader, sizeof(loader) - 1, ph.p_offset);
		if (n <= 0)
			return -1;
		loader[n] = '\0';
		*known = elf->e_machine == MACHINE && is_known(loader);
		return strstr(loader, "/ld-musl") != NULL;
	}
	return -1;
}

/* As execvp would, except that what is not allowed is passed over. */
static int open_in_path(const char *name)
{
	const char *rest = env_get(environ, "PATH");
	size_t name_len = strlen(name);
	char path[4096];

	if (!rest)
		rest = "/bin:/usr/bin";
	for (;;) {
		size_t len = strcspn(rest, ":");

		if (len + name_len + 2 <= sizeof(path)) {
			memcpy(path, len ? rest : ".", len ? len : 1);
			path[len ? len : 1] = '/';
			memcpy(path + (len ? len : 1) + 1, name, name_len + 1);
			if (sys(SYS_faccessat, AT_FDCWD, path, X_OK) == 0)
				return (int)sys(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		}
		if (!rest[len])
			return -1;
		rest += len + 1;
	}
}

/* "#! /bin/sh -e": the path, cut out of `head`. */
static const char *interpreter(char *head, size_t len)
{
	char *at = head + 2, *end;

	if (len < 3 || head[0] != '#' || head[1] != '!')
		return NULL;
	head[len] = '\0';
	at += strspn(at, " \t");
	end = at + strcspn(at, " \t\n");
	*end = '\0';
	return *at ? at : NULL;
}

/* Neither setuid nor with capabilities, whoever may be affected by them: the host judges that. */
static bool is_plain(int fd)
{
	struct stat st;
	char none[1];

	return sys(SYS_fstat, fd, &st) == 0 && S_ISREG(st.st_mode) && !(st.st_mode & (S_ISUID | S_ISGID)) &&
	       sys(SYS_fgetxattr, fd, "security.capability", none, 0) < 0;
}

struct twin twin_for(int dir, const char *path, bool search)
{
	char head[HEAD_BYTES + 1] __attribute__((aligned(8)));
	struct twin twin = { shim.self, false };
	int musl = -1;

	for (int depth = 0; path && depth < SCRIPTS_MAX; depth++) {
		bool given = !*path, known = false;
		int fd = given				       ? dir :
			 search && !strchr(path, '/') ? open_in_path(path) :
							(int)sys(SYS_openat, dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		long n = fd >= 0 ? sys(SYS_pread64, fd, head, HEAD_BYTES, 0) : -1;

		if (n > 0)
			musl = wants_musl(fd, head, (size_t)n, &known);
		if (known)
			twin.fits = is_plain(fd);
		if (fd >= 0 && !given)
			sys(SYS_close, fd);
		path = n > 0 ? interpreter(head, (size_t)n) : NULL;
		search = false;
		dir = AT_FDCWD;
	}
	bool other = musl >= 0 && musl != self_is_musl();

	if (other && shim.other[0])
		twin.shim = shim.other;
	/* without a build of its own the host says so; and one that is gone, or not in this root, is in no program */
	twin.fits = twin.fits && (!other || shim.other[0]) && sys(SYS_faccessat, AT_FDCWD, twin.shim, R_OK) == 0;
	return twin;
}

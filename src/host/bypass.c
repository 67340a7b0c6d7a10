/* bypass: dynamic symbols and notes of an ELF file (System V gABI chapters 4 and 5), and what
 * is done in its text with three functions: syscall(), dlopen(), dlmopen(). Instructions are
 * recognised by their bytes; that is done for x86-64 alone, elsewhere the symbols have to do. */
#include "host/bypass.h"

#include <elf.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/slice.h"

#define BEFORE_CALL 40 /* bytes before a call in which compilers set its first arguments */
#define STUBS_MAX 8    /* entries of the PLT that lead to one function */

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#else
#define MACHINE EM_AARCH64
#endif

struct elf {
	const unsigned char *bytes;
	size_t len;
	const Elf64_Phdr *ph;
	unsigned count;
};

/* Where a virtual address lies in the file; NULL: nowhere, or not `size` bytes of it. */
static const void *at(const struct elf *e, uint64_t address, size_t size)
{
	for (unsigned i = 0; i < e->count; i++) {
		const Elf64_Phdr *p = &e->ph[i];
		if (p->p_type != PT_LOAD || address < p->p_vaddr || address - p->p_vaddr > p->p_filesz || size > p->p_filesz - (address - p->p_vaddr))
			continue;
		uint64_t offset = p->p_offset + (address - p->p_vaddr);
		return offset <= e->len && size <= e->len - offset ? e->bytes + offset : NULL;
	}
	return NULL;
}

static bool elf_read(struct elf *e)
{
	const Elf64_Ehdr *head = (const void *)e->bytes;

	if (e->len < sizeof(*head) || memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 || head->e_ident[EI_CLASS] != ELFCLASS64 ||
	    head->e_machine != MACHINE || head->e_phoff > e->len || head->e_phoff % 8 || head->e_phnum > (e->len - head->e_phoff) / sizeof(Elf64_Phdr))
		return false;
	e->ph = (const void *)(e->bytes + head->e_phoff);
	e->count = head->e_phnum;
	return true;
}

/* Go's linker leaves its build id: a note of type 4 by the name "Go" (cmd/internal/buildid). */
static bool is_go(const struct elf *e)
{
	static const unsigned char note[] = { 4, 0, 0, 0, 'G', 'o', 0, 0 };

	for (unsigned i = 0; i < e->count; i++) {
		const Elf64_Phdr *p = &e->ph[i];
		if (p->p_type == PT_NOTE && p->p_offset <= e->len && p->p_filesz <= e->len - p->p_offset &&
		    memmem(e->bytes + p->p_offset, p->p_filesz, note, sizeof(note)))
			return true;
	}
	return false;
}

/* ---- what it imports ---------------------------------------------------------------- */

struct imports {
	const char *strings;
	size_t strings_len;
	const Elf64_Sym *symbols;
	uint64_t plt, plt_len, rela, rela_len;
	bool ring; /* needs liburing */
};

static const char *name_at(const struct imports *im, uint64_t offset)
{
	return offset < im->strings_len && memchr(im->strings + offset, '\0', im->strings_len - offset) ? im->strings + offset : "";
}

static void imports_read(struct imports *im, const struct elf *e)
{
	uint64_t strings = 0, symbols = 0;
	const Elf64_Dyn *dyn = NULL;
	size_t n = 0;

	for (unsigned i = 0; i < e->count; i++)
		if (e->ph[i].p_type == PT_DYNAMIC && (dyn = at(e, e->ph[i].p_vaddr, e->ph[i].p_filesz)))
			n = e->ph[i].p_filesz / sizeof(*dyn);
	*im = (struct imports){ 0 };
	for (size_t i = 0; i < n && dyn[i].d_tag != DT_NULL; i++)
		switch (dyn[i].d_tag) {
		case DT_STRTAB: strings = dyn[i].d_un.d_ptr; break;
		case DT_STRSZ: im->strings_len = dyn[i].d_un.d_val; break;
		case DT_SYMTAB: symbols = dyn[i].d_un.d_ptr; break;
		case DT_JMPREL: im->plt = dyn[i].d_un.d_ptr; break;
		case DT_PLTRELSZ: im->plt_len = dyn[i].d_un.d_val; break;
		case DT_RELA: im->rela = dyn[i].d_un.d_ptr; break;
		case DT_RELASZ: im->rela_len = dyn[i].d_un.d_val; break;
		}
	im->strings = strings ? at(e, strings, im->strings_len) : NULL;
	im->symbols = symbols ? at(e, symbols, sizeof(Elf64_Sym)) : NULL;
	if (!im->strings)
		im->strings_len = 0;
	for (size_t i = 0; i < n && dyn[i].d_tag != DT_NULL; i++)
		if (dyn[i].d_tag == DT_NEEDED && strncmp(name_at(im, dyn[i].d_un.d_val), "liburing.so", 11) == 0)
			im->ring = true;
}

/* The slot that the loader fills with that function; 0: it is not imported. */
static uint64_t slot_of(const struct imports *im, const struct elf *e, const char *name)
{
	for (int table = 0; table < 2; table++) {
		uint64_t len = table ? im->rela_len : im->plt_len;
		const Elf64_Rela *r = at(e, table ? im->rela : im->plt, len);

		for (uint64_t i = 0; r && im->symbols && i < len / sizeof(*r); i++) {
			const Elf64_Sym *sym = &im->symbols[ELF64_R_SYM(r[i].r_info)];
			if ((const unsigned char *)(sym + 1) > e->bytes + e->len || sym->st_shndx != SHN_UNDEF)
				continue;
			if (ELF64_R_SYM(r[i].r_info) && strcmp(name_at(im, sym->st_name), name) == 0)
				return r[i].r_offset;
		}
	}
	return 0;
}

/* ---- what it does in its text ---------------------------------------------------------- */

/* Numbers of x86-64 (arch/x86/entry/syscalls/syscall_64.tbl): connect, sendto, sendmsg, sendmmsg */
static bool is_network(uint32_t number)
{
	return number == 42 || number == 44 || number == 46 || number == 307;
}

static bool is_ring(uint32_t number)
{
	return number == 425 || number == 426; /* io_uring_setup, io_uring_enter; on every architecture */
}

static void judge_number(uint32_t number, bool *found)
{
	found[BYPASS_SYSCALL] |= is_network(number);
	found[BYPASS_RING] |= is_ring(number);
}

#if defined(__x86_64__)
struct text {
	const unsigned char *bytes;
	size_t len;
	uint64_t address;
};

static uint32_t le32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* The last "mov $constant, %register" before `i`. The opcode is that of the 32-bit register. */
static bool constant_before(const struct text *t, size_t i, unsigned char opcode, uint32_t *value)
{
	for (size_t back = 5; back <= BEFORE_CALL && back <= i; back++)
		if (t->bytes[i - back] == opcode) {
			*value = le32(t->bytes + i - back + 1);
			return true;
		}
	return false;
}

#define MOV_EAX 0xb8
#define MOV_ESI 0xbe
#define MOV_EDI 0xbf

/* A call through `slot`: straight, or by a stub that jumps through it. Calls `each` with its place. */
static void each_call(const struct text *t, uint64_t slot, void (*each)(const struct text *t, size_t i, bool *found), bool *found)
{
	uint64_t stub[STUBS_MAX];
	size_t stubs = 0;

	for (size_t i = 0; i + 6 <= t->len; i++) {
		bool call = t->bytes[i] == 0xff && t->bytes[i + 1] == 0x15, jump = t->bytes[i] == 0xff && t->bytes[i + 1] == 0x25;
		if (!(call || jump) || t->address + i + 6 + (uint64_t)(int64_t)(int32_t)le32(t->bytes + i + 2) != slot)
			continue;
		if (call)
			each(t, i, found);
		else if (stubs < STUBS_MAX)
			stub[stubs++] = t->address + i;
	}
	for (size_t i = 0; stubs && i + 5 <= t->len; i++) {
		if (t->bytes[i] != 0xe8 && t->bytes[i] != 0xe9) /* a call, or one at the end of a function */
			continue;
		uint64_t to = t->address + i + 5 + (uint64_t)(int64_t)(int32_t)le32(t->bytes + i + 1);
		for (size_t k = 0; k < stubs; k++)
			if (stub[k] - to <= 5) /* endbr64 and bnd stand before the jump */
				each(t, i, found);
	}
}

static void judge_syscall(const struct text *t, size_t i, bool *found)
{
	uint32_t number;

	if (constant_before(t, i, MOV_EDI, &number))
		judge_number(number, found);
}

#define RTLD_DEEPBIND 8u /* bits/dlfcn.h */

static void judge_dlopen(const struct text *t, size_t i, bool *found)
{
	uint32_t flags;

	if (constant_before(t, i, MOV_ESI, &flags) && flags & RTLD_DEEPBIND && flags & 3 && flags < 0x2000)
		found[BYPASS_DEEPBIND] = true;
}

static void judge_dlmopen(const struct text *t, size_t i, bool *found)
{
	(void)t;
	(void)i;
	found[BYPASS_NAMESPACE] = true;
}

/* The instruction itself, 0f 05. */
static void judge_instructions(const struct text *t, bool *found)
{
	static const unsigned char instruction[] = { 0x0f, 0x05 };
	const unsigned char *p = t->bytes, *end = t->bytes + t->len;
	uint32_t number;

	while ((p = memmem(p, (size_t)(end - p), instruction, sizeof(instruction)))) {
		if (constant_before(t, (size_t)(p - t->bytes), MOV_EAX, &number))
			judge_number(number, found);
		p += sizeof(instruction);
	}
}

static void scan_text(const struct elf *e, const struct imports *im, bool *found)
{
	uint64_t by_call = slot_of(im, e, "syscall"), by_dlopen = slot_of(im, e, "dlopen"), by_dlmopen = slot_of(im, e, "dlmopen");

	for (unsigned i = 0; i < e->count; i++) {
		const Elf64_Phdr *p = &e->ph[i];
		struct text t = { at(e, p->p_vaddr, p->p_filesz), p->p_filesz, p->p_vaddr };

		if (p->p_type != PT_LOAD || !(p->p_flags & PF_X) || !t.bytes)
			continue;
		judge_instructions(&t, found);
		if (by_call)
			each_call(&t, by_call, judge_syscall, found);
		if (by_dlopen)
			each_call(&t, by_dlopen, judge_dlopen, found);
		if (by_dlmopen)
			each_call(&t, by_dlmopen, judge_dlmopen, found);
	}
}
#else
static void scan_text(const struct elf *e, const struct imports *im, bool *found)
{
	(void)judge_number;
	found[BYPASS_NAMESPACE] = slot_of(im, e, "dlmopen") != 0;
}
#endif

bool bypass_scan(const char *path, bool found[BYPASS_KINDS])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	struct elf e = { 0 };
	bool ok = false;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
		e.len = (size_t)st.st_size;
		void *map = mmap(NULL, e.len, PROT_READ, MAP_PRIVATE, fd, 0);
		e.bytes = map == MAP_FAILED ? NULL : map;
	}
	if (fd >= 0)
		close(fd);
	if (e.bytes && elf_read(&e)) {
		struct imports im;
		imports_read(&im, &e);
		ok = true;
		found[BYPASS_GO] |= is_go(&e);
		found[BYPASS_RING] |= im.ring;
		if (!found[BYPASS_GO]) /* says it all */
			scan_text(&e, &im, found);
	}
	if (e.bytes)
		munmap((void *)(uintptr_t)e.bytes, e.len);
	return ok;
}

const char *bypass_says(enum bypass kind)
{
	switch (kind) {
	case BYPASS_GO:
		return "is a Go program: its runtime makes the system calls itself, past every library";
	case BYPASS_SYSCALL:
		return "makes network system calls itself, past libc's functions";
	case BYPASS_RING:
		return "uses io_uring, which can connect past libc's functions";
	case BYPASS_DEEPBIND:
		return "loads libraries with RTLD_DEEPBIND: what those call is libc's, not the shim's";
	case BYPASS_NAMESPACE:
		return "loads libraries with a C library of their own (dlmopen), where no preload is";
	default:
		return "";
	}
}

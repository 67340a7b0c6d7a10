/* seam doctor: what it says of programs of every kind, by crafted files; and of a machine
 * that lacks something, as far as a test can take it away. */
#include <elf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/host.h"
#include "suites.h"

#if defined(__x86_64__)
#define NATIVE EM_X86_64
#define FOREIGN EM_AARCH64
#define FOREIGN_NAME "aarch64"
#else
#define NATIVE EM_AARCH64
#define FOREIGN EM_X86_64
#define FOREIGN_NAME "x86-64"
#endif

static char folder[64], said[16 * 1024];

static void up(void)
{
	snprintf(folder, sizeof(folder), "/tmp/seam-doctor-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void down(void)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

/* `seam doctor ARGS` in the folder; output in `said`. `before` are shell words in front. */
static int doctor(const char *before, const char *args)
{
	char self[512], command[2048];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	ck_assert_int_gt(n, 0);
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	snprintf(command, sizeof(command), "cd %s && %s %s/seam doctor %s 2>&1", folder, before, self, args);
	FILE *p = popen(command, "r");
	ck_assert_ptr_nonnull(p);
	said[fread(said, 1, sizeof(said) - 1, p)] = '\0';
	int status = pclose(p);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000;
}

#define SAYS(text) ck_assert_msg(strstr(said, text) != NULL, "no \"%s\" in:\n%s", text, said)

static void put(const char *name, const void *bytes, size_t len, mode_t mode)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(bytes, 1, len, f), len);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(chmod(path, mode), 0);
}

/* A file with the headers of a program and nothing else. */
static void put_elf(const char *name, unsigned char class, uint16_t machine, const char *loader, mode_t mode)
{
	struct { Elf64_Ehdr head; Elf64_Phdr ph; char loader[64]; } file = { 0 };

	memcpy(file.head.e_ident, ELFMAG, SELFMAG);
	file.head.e_ident[EI_CLASS] = class;
	file.head.e_machine = machine;
	file.head.e_phoff = sizeof(file.head);
	file.head.e_phnum = 1;
	file.ph.p_type = loader ? PT_INTERP : PT_LOAD;
	file.ph.p_offset = sizeof(file.head) + sizeof(file.ph);
	snprintf(file.loader, sizeof(file.loader), "%s", loader ? loader : "");
	put(name, &file, sizeof(file), mode);
}

START_TEST(each_kind_of_program_is_told)
{
	char shim[500];
	bool musl = host_find_musl_shim(shim, sizeof(shim));
	const struct {
		unsigned char class;
		uint16_t machine;
		const char *loader;
		const char *says;
	} kinds[] = {
		{ ELFCLASS64, NATIVE, "/lib64/ld-linux-x86-64.so.2", "ok  program    ./program: the shim can get in\n" },
		{ ELFCLASS64, NATIVE, NULL, "NO  program    ./program: is statically linked" },
		{ ELFCLASS64, NATIVE, "/lib/ld-musl-x86_64.so.1", musl ? "ok  program    ./program: the shim can get in\n" : "NO  program    ./program: uses musl as its C library" },
		{ ELFCLASS64, NATIVE, "/system/bin/linker64", "NO  program    ./program: uses another C library than glibc and musl" },
		{ ELFCLASS64, FOREIGN, "/lib/ld.so.1", "NO  program    ./program: is built for " FOREIGN_NAME ": libseam.so is built for " },
		{ ELFCLASS32, EM_386, "/lib/ld-linux.so.2", "NO  program    ./program: is built for i386 (32 bits): libseam.so is built for " },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		put_elf("program", kinds[i].class, kinds[i].machine, kinds[i].loader, 0755);
		int code = doctor("", "./program");
		SAYS(kinds[i].says);
		if (kinds[i].says[0] == 'N')
			ck_assert_int_eq(code, 1);
		ck_assert_int_eq(strstr(said, "--allow-unshimmed accepts that\n") || strstr(said, "or allow namespaces"), kinds[i].says[0] == 'N');
	}
}
END_TEST

START_TEST(a_setuid_program_of_somebody_else_is_told)
{
	char path[200];

	put_elf("program", ELFCLASS64, NATIVE, "/lib64/ld-linux-x86-64.so.2", 0755);
	snprintf(path, sizeof(path), "%s/program", folder);
	if (geteuid() != 0) /* only root can make one; the system's own then */
		snprintf(path, sizeof(path), "/usr/bin/passwd");
	else
		ck_assert_int_eq(chown(path, 65534, 65534) | chmod(path, 04755), 0);
	ck_assert_int_eq(doctor("", path), 1);
	SAYS("is setuid or setgid: the loader drops LD_PRELOAD; run a copy without the bit\n");
}
END_TEST

static void put_text(const char *name, const char *text)
{
	put(name, text, strlen(text), 0755);
}

START_TEST(a_script_is_followed_to_its_interpreter)
{
	char line[200];

	put_elf("interpreter", ELFCLASS64, NATIVE, NULL, 0755);
	snprintf(line, sizeof(line), "#! %s/interpreter -x\n", folder);
	put_text("inner", line);
	snprintf(line, sizeof(line), "#!%s/inner\n", folder);
	put_text("outer", line);
	ck_assert_int_eq(doctor("", "./outer"), 1);
	SAYS("ok  script     ./outer is run by /tmp/");
	SAYS("/inner is run by /tmp/");
	SAYS("/interpreter: is statically linked");
	put_text("outer", "#!/usr/bin/env -S A=1 sh -e\n");
	doctor("", "./outer");
	SAYS("ok  script     ./outer is run by sh\n");
	SAYS("/sh: the shim can get in\n");
	snprintf(line, sizeof(line), "#!%s/outer\n", folder);
	put_text("outer", line);
	ck_assert_int_eq(doctor("", "./outer"), 1);
	SAYS("NO  program    scripts whose interpreters are scripts, without end\n");
	put_text("outer", "no magic: a shell would run it\n");
	doctor("", "./outer");
	SAYS("ok  program    ./outer: the shim can get in\n");
}
END_TEST

/* A program made by the compiler; false: none here. */
static bool compiled(const char *name, const char *source, const char *options)
{
	char command[1000];

	snprintf(command, sizeof(command), "cd %s && printf '%%s' '%s' | cc -x c -O1 -w -o %s - %s 2>/dev/null", folder, source, name, options);
	return system(command) == 0;
}

#define PERHAPS(text) "??  program    ./program: " text

START_TEST(what_goes_past_the_shim_is_told)
{
	static const struct {
		const char *source, *says;
	} programs[] = {
		{ "#include <sys/syscall.h>\n#include <unistd.h>\nint main(void) { return syscall(SYS_connect, 3, \"\", 0); }",
		  PERHAPS("makes network system calls itself") },
		{ "int main(void) { long r = 42; __asm__ volatile(\"mov $42, %eax; syscall\" : \"=a\"(r) :: \"rcx\", \"r11\"); return r; }",
		  PERHAPS("makes network system calls itself") },
		{ "#include <unistd.h>\nint main(void) { return syscall(425, 8, 0); }", PERHAPS("uses io_uring") },
		{ "#define _GNU_SOURCE\n#include <dlfcn.h>\nint main(int c, char **v) { return !dlopen(v[1], RTLD_LAZY | RTLD_DEEPBIND); }",
		  PERHAPS("loads libraries with RTLD_DEEPBIND") },
		{ "#define _GNU_SOURCE\n#include <dlfcn.h>\nint main(int c, char **v) { return !dlmopen(LM_ID_NEWLM, v[1], RTLD_NOW); }",
		  PERHAPS("loads libraries with a C library of their own (dlmopen)") },
	};
	static const char harmless[] = "#define _GNU_SOURCE\n#include <dlfcn.h>\n#include <unistd.h>\n"
				       "int main(int c, char **v) { return !dlopen(v[1], RTLD_NOW | RTLD_GLOBAL) + syscall(186) + syscall(318, v, 8, 0); }";

#if !defined(__x86_64__)
	return; /* text is read on x86-64 alone */
#endif
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		if (!compiled("program", programs[i].source, "-ldl"))
			return;
		doctor("", "./program");
		SAYS("ok  program    ./program: the shim can get in\n");
		SAYS(programs[i].says);
	}
	ck_assert(compiled("program", harmless, "-ldl"));
	doctor("", "./program");
	SAYS("ok  program    ./program: the shim can get in\n");
	ck_assert_ptr_null(strstr(said, "??"));
	/* of a library that the program is linked with */
	ck_assert(compiled("libpast.so", "#include <unistd.h>\nint past(void) { return syscall(42, 3, 0, 0); }", "-shared -fPIC"));
	ck_assert(compiled("program", "int past(void); int main(void) { return past(); }", "-L. -lpast -Wl,-rpath,\\$ORIGIN"));
	doctor("", "./program");
	SAYS("libpast.so: makes network system calls itself");
	/* Go's linker leaves a note */
	ck_assert(compiled("program", "__asm__(\".section .note.go.buildid,\\\"a\\\",@note\\n.long 4,4,4\\n.ascii \\\"Go\\\\0\\\\0abcd\\\"\"); int main(void) { return 0; }", ""));
	ck_assert_int_eq(doctor("", "./program"), 1);
	SAYS("NO  program    ./program: is a Go program");
}
END_TEST

START_TEST(the_commands_of_a_script_are_looked_at)
{
	put_elf("closed", ELFCLASS64, NATIVE, NULL, 0755);
	put_text("job", "#!/bin/sh\n# docker in a comment\necho \"sudo and docker\"\nif true; then ./closed --x; fi\nA=1 env -i B=2 cat /dev/null\n"
		       "echo a | docker exec b\nx=$(./closed)\nnohup ssh host &\n");
	ck_assert_int_eq(doctor("", "./job"), 1);
	SAYS("NO  line 4     ./closed: is statically linked: nothing can be preloaded into it\n");
	SAYS("ok  environment line 5: env -i: the shim is put back into what it starts\n");
	SAYS("NO  line 6     docker: has another process start what it is given, outside of the run\n");
	SAYS("NO  line 8     ssh: ");
	ck_assert_ptr_null(strstr(said, "line 2"));
	ck_assert_ptr_null(strstr(said, "line 3"));
	ck_assert_ptr_null(strstr(said, "line 7")); /* told already */
	/* who becomes another user starts a cleared environment: a copy of sudo by its name */
	char path[200];
	snprintf(path, sizeof(path), "%s/sudo", folder);
	put_elf("sudo", ELFCLASS64, NATIVE, "/lib64/ld-linux-x86-64.so.2", 0755);
	if (geteuid() != 0 || chown(path, 65534, 65534) < 0 || chmod(path, 04755) < 0)
		return;
	put_text("job", "#!/bin/sh\n./sudo reboot\n");
	ck_assert_int_eq(doctor("", "./job"), 1);
	SAYS("NO  line 2     ./sudo: is setuid or setgid: ");
	SAYS("what it starts has a cleared environment, and no shim\n               start the whole run by it: sudo seam run ...\n");
}
END_TEST

START_TEST(what_cannot_be_executed_is_told)
{
	put("program", "x", 1, 0644);
	ck_assert_int_eq(doctor("", "./program"), 1);
	SAYS("NO  program    ./program: cannot be executed\n               chmod +x it");
	ck_assert_int_eq(doctor("", "./nothing"), 1);
	SAYS("NO  program    ./nothing: not found\n");
	ck_assert_int_eq(doctor("PATH=/usr/bin:/bin", "nothing-of-that-name"), 1);
	SAYS("NO  program    nothing-of-that-name: not found\n               it is in no folder of PATH\n");
	ck_assert_int_eq(doctor("", "."), 1);
	SAYS("NO  program    .: ");
}
END_TEST

START_TEST(the_machine_is_told_and_the_status_says_whether_all_is_well)
{
	int code = doctor("", "");

	SAYS("ok  shim       /");
	SAYS("/libseam.so can be loaded\n");
	SAYS("ok  kernel     ");
	SAYS("ok  loopback   127.0.0.1");
	ck_assert_int_eq(code, strstr(said, "\nNO  ") ? 1 : 0);
	ck_assert(strstr(said, "ok  isolation  ") || strstr(said, "NO  isolation  "));
}
END_TEST

/* In a user namespace that may hold no further one, as in most containers. */
START_TEST(a_machine_that_forbids_namespaces_is_told_with_the_remedy)
{
	int code = doctor("unshare -Ur sh -c 'echo 0 > /proc/sys/user/max_net_namespaces 2>/dev/null || exit 77; exec \"$@\"' --", "");

	if (code == 77 || strstr(said, "unshare: "))
		return; /* this machine forbids even the namespace to try it in */
	ck_assert_int_eq(code, 1);
	SAYS("NO  isolation  ");
	SAYS("               Docker: --security-opt seccomp=unconfined");
}
END_TEST

START_TEST(a_missing_library_is_told)
{
	char self[512], before[1200];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	snprintf(before, sizeof(before), "mkdir -p bin && cp %s/seam bin/ && bin/seam doctor; echo status $?; mkdir lib; echo no library > lib/libseam.so; bin/seam doctor; echo status $?; :", self);
	doctor(before, "");
	SAYS("NO  shim       ");
	SAYS("libseam.so is missing");
	SAYS("libseam.so cannot be loaded: ");
	SAYS("status 1\n");
	ck_assert_ptr_null(strstr(said, "status 0\n"));
}
END_TEST

START_TEST(a_run_is_neither_joined_nor_begun)
{
	ck_assert_int_eq(doctor("env SEAM_RULES=/nothing.json SEAM_RUN=/nothing SEAM_LOG_FILE=log", "; cat log") , 1); /* cat finds no log */
	SAYS("ok  shim       ");
}
END_TEST

START_TEST(usage)
{
	ck_assert_int_eq(doctor("", "--hepl"), 2);
	SAYS("seam: doctor: unknown option --hepl, did you mean --help\n");
	ck_assert_int_eq(doctor("", "--help"), 0);
	SAYS("example:\n  seam doctor psql\n");
	/* the command's own options are its own */
	put_elf("program", ELFCLASS64, NATIVE, "/lib64/ld-linux-x86-64.so.2", 0755);
	doctor("", "./program --flag");
	SAYS("./program: the shim can get in\n");
}
END_TEST

SUITE_BEGIN(cmd_doctor)
	tcase_add_checked_fixture(tc, up, down);
	SUITE_TEST(each_kind_of_program_is_told);
	SUITE_TEST(a_setuid_program_of_somebody_else_is_told);
	SUITE_TEST(a_script_is_followed_to_its_interpreter);
	SUITE_TEST(what_goes_past_the_shim_is_told);
	SUITE_TEST(the_commands_of_a_script_are_looked_at);
	SUITE_TEST(what_cannot_be_executed_is_told);
	SUITE_TEST(the_machine_is_told_and_the_status_says_whether_all_is_well);
	SUITE_TEST(a_machine_that_forbids_namespaces_is_told_with_the_remedy);
	SUITE_TEST(a_missing_library_is_told);
	SUITE_TEST(a_run_is_neither_joined_nor_begun);
	SUITE_TEST(usage);
SUITE_END

/*
 * doctor_program: whether a program can be intercepted, as far as its files say it:
 * its headers, those of its libraries, and of a shell script the commands.
 */
#include "doctor.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd.h"
#include "host/host.h"

#define INTERPRETERS_MAX 5 /* scripts whose interpreter is a script: as deep as Linux goes */
#define LINE_MAX_BYTES 256 /* of "#!...": the kernel reads no more */
#define SCRIPT_MAX (256 * 1024) /* of a script: what lies behind is not looked at */
#define COMMANDS_MAX 200   /* different ones in a script */

/* The program that "#!" names, looked for behind env; false: not a script. `line` is where it lies. */
static bool read_interpreter(const char *path, char *line, size_t size, const char **name)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, line, size - 1) : -1;
	char *rest = line + 2, *word;

	if (fd >= 0)
		close(fd);
	if (n < 2 || line[0] != '#' || line[1] != '!')
		return false;
	line[n] = '\0';
	line[strcspn(line, "\n")] = '\0';
	while ((word = strsep(&rest, " \t"))) {
		const char *slash = strrchr(word, '/');
		/* env, its options (-S) and its variables only lead to the program */
		if (!*word || *word == '-' || strchr(word, '=') || strcmp(slash ? slash + 1 : word, "env") == 0)
			continue;
		*name = word;
		return true;
	}
	return false;
}

static const char *remedy_for(const struct findings *f)
{
	return f->isolated ? "in a network of its own (--isolate auto) it reaches the fakes all the same; --allow-unshimmed accepts that" :
			     "run a dynamically linked glibc build of it, or allow namespaces (above): then it reaches the fakes all the same";
}

/* ---- what goes past the shim ------------------------------------------------------ */

/* libc's own objects call each other inside; the shim's doors are in front of them. */
static bool is_libc(const char *path)
{
	static const char *const parts[] = { "libc.so", "libc-", "ld-", "libpthread", "libdl.so", "librt.so", "libresolv", "libnss_", "libanl.so",
					     "libm.so", "libutil.so", "libasan", "libtsan", "libubsan", "liblsan", "linux-vdso" };
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (strncmp(name, parts[i], strlen(parts[i])) == 0)
			return true;
	return false;
}

static void say_bypass(struct findings *f, const char *what, const char *path, const struct host_bypass *found)
{
	const char *remedy = f->isolated ? "in a network of its own (--isolate auto) that reaches the fakes all the same, and the run says so (exit 121)" :
					   "run it where namespaces are allowed (above): there nothing leaves, also past the shim";
	char text[5000];

	for (int i = 0; i < found->count; i++) {
		snprintf(text, sizeof(text), "%s: %s", path, found->says[i]);
		if (found->sure[i])
			finding_bad(f, what, text, remedy);
		else
			finding_perhaps(what, text, remedy);
	}
}

/* The libraries as the loader finds them: it lists them and starts nothing. */
static FILE *list_libraries(const char *loader, const char *path, pid_t *pid)
{
	char *const argv[] = { (char *)loader, (char *)"--list", (char *)path, NULL }, *const env[] = { NULL };
	posix_spawn_file_actions_t actions;
	int pipes[2];

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return NULL;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, pipes[1], 1);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	int error = posix_spawn(pid, loader, &actions, NULL, argv, env);
	posix_spawn_file_actions_destroy(&actions);
	close(pipes[1]);
	FILE *out = error ? NULL : fdopen(pipes[0], "r");
	if (!out)
		close(pipes[0]);
	return out;
}

static void check_libraries(struct findings *f, const char *what, const char *loader, const char *program)
{
	char line[5000];
	pid_t pid;
	FILE *list = list_libraries(loader, program, &pid);

	while (list && fgets(line, sizeof(line), list)) { /* "	libcurl.so.4 => /lib/libcurl.so.4 (0x...)" */
		struct host_bypass found;
		char *path = strstr(line, "=> /");
		if (!path)
			continue;
		path += 3;
		path[strcspn(path, " \n")] = '\0';
		if (!is_libc(path) && host_find_bypass(path, &found))
			say_bypass(f, what, path, &found);
	}
	if (list) {
		fclose(list);
		waitpid(pid, NULL, 0);
	}
}

static void check_bypass(struct findings *f, const char *what, const char *path, bool libraries)
{
	struct host_bypass found;

	if (!host_find_bypass(path, &found))
		return;
	say_bypass(f, what, path, &found);
	if (libraries && found.loader[0])
		check_libraries(f, what, found.loader, path);
}

/* ---- a shell script's commands ------------------------------------------------------ */

static bool is_one_of(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(word, *list) == 0)
			return true;
	return false;
}

static bool is_shell(const char *interpreter)
{
	static const char *const shells[] = { "sh", "bash", "dash", "ash", "ksh", "zsh", NULL };
	const char *slash = strrchr(interpreter, '/');

	return is_one_of(slash ? slash + 1 : interpreter, shells);
}

struct script {
	struct findings *f;
	char *seen[COMMANDS_MAX];
	size_t count;
	int line;
};

static bool is_new(struct script *s, const char *word)
{
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->seen[i], word) == 0)
			return false;
	if (s->count == COMMANDS_MAX || !(s->seen[s->count] = strdup(word)))
		return false;
	s->count++;
	return true;
}

/* A word that a shell would run. */
static void check_command(struct script *s, const char *word)
{
	static const char *const remote[] = { "docker", "podman", "nerdctl", "kubectl", "systemctl", "systemd-run", "service", "ssh", "at", "batch", "crontab", NULL };
	static const char *const other[] = { "sudo", "su", "doas", "pkexec", "runuser", NULL };
	char path[4096], what[32], text[5000];
	const char *slash = strrchr(word, '/'), *name = slash ? slash + 1 : word;

	if (strpbrk(word, "$*?\\\"'`") || !is_new(s, word))
		return;
	snprintf(what, sizeof(what), "line %d", s->line);
	if (is_one_of(name, remote)) {
		snprintf(text, sizeof(text), "%s: has another process start what it is given, outside of the run", word);
		finding_bad(s->f, what, text, "start the program itself in the run; for a container, put seam into it and run it there");
		return;
	}
	host_find_program(word, path, sizeof(path));
	const char *why = path[0] ? host_obstacle(path) : NULL;
	if (why && is_one_of(name, other)) {
		snprintf(text, sizeof(text), "%s: %s; what it starts has a cleared environment, and no shim", word, why);
		finding_bad(s->f, what, text, "start the whole run by it: sudo seam run ...");
	} else if (why) {
		snprintf(text, sizeof(text), "%s: %s", path, why);
		finding_bad(s->f, what, text, remedy_for(s->f));
	} else if (path[0]) {
		check_bypass(s->f, what, path, false);
	}
}

/* Words after which another command comes. */
static bool leads_on(const char *word)
{
	static const char *const words[] = { "if", "then", "else", "elif", "do", "while", "until", "!", "{", "time", "exec", "nohup", "command", "setsid", "env", "xargs", NULL };

	return is_one_of(word, words);
}

/* One word at `at`, quotes and all; returns what follows. */
static const char *take_word(const char *at, char *word, size_t size)
{
	size_t n = 0;

	while (*at && !strchr(" \t\n;|&()`", *at)) {
		char quote = *at == '\'' || *at == '"' ? *at : 0;
		do {
			if (n < size - 1)
				word[n++] = *at;
			at++;
		} while (quote && *at && *at != quote);
		if (quote && *at) {
			if (n < size - 1)
				word[n++] = *at;
			at++;
		}
	}
	word[n] = '\0';
	return at;
}

static void check_line(struct script *s, const char *at)
{
	char word[1024];
	bool command = true, env = false;

	while (*at && *at != '\n') {
		if (strchr(" \t", *at)) {
			at++;
		} else if (*at == '#') {
			return;
		} else if (strchr(";|&()`", *at)) {
			command = true;
			env = false;
			at++;
		} else {
			at = take_word(at, word, sizeof(word));
			if (!command)
				continue;
			if (env && (strcmp(word, "-i") == 0 || strcmp(word, "-") == 0) && is_new(s, "env -i"))
				finding_good("environment", "line %d: env -i: the shim is put back into what it starts", s->line);
			if (strchr(word, '=') || leads_on(word) || (*word == '-' && *word)) {
				env |= strcmp(word, "env") == 0;
				continue;
			}
			check_command(s, word);
			command = false;
		}
	}
}

static void check_commands(struct findings *f, const char *path)
{
	struct script s = { .f = f, .line = 1 };
	char *text = calloc(1, SCRIPT_MAX + 1);
	FILE *file = fopen(path, "re");

	if (file && text && fread(text, 1, SCRIPT_MAX, file) > 0)
		for (const char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL, s.line++)
			check_line(&s, line);
	if (file)
		fclose(file);
	while (s.count)
		free(s.seen[--s.count]);
	free(text);
}

/* ---- the program ------------------------------------------------------------------------ */

void doctor_program(struct findings *f, const char *name)
{
	char path[2][4096], line[2][LINE_MAX_BYTES], text[5000];

	for (int depth = 0; depth < INTERPRETERS_MAX; depth++) {
		char *at = path[depth % 2];
		const char *next;
		struct stat st;

		host_find_program(name, at, sizeof(path[0]));
		if (!*at || stat(at, &st) < 0) {
			snprintf(text, sizeof(text), "%s: not found", name);
			finding_bad(f, "program", text, strchr(name, '/') ? "name a file that exists" : "it is in no folder of PATH");
			return;
		}
		if (!S_ISREG(st.st_mode) || access(at, X_OK) < 0) {
			snprintf(text, sizeof(text), "%s: cannot be executed", at);
			finding_bad(f, "program", text, S_ISREG(st.st_mode) ? "chmod +x it, or run it by its interpreter" : "name a file");
			return;
		}
		if (read_interpreter(at, line[depth % 2], LINE_MAX_BYTES, &next)) {
			finding_good("script", "%s is run by %s", at, next);
			if (depth == 0 && is_shell(next))
				check_commands(f, at);
			name = next;
			continue;
		}
		const char *why = host_obstacle(at);
		if (why) {
			snprintf(text, sizeof(text), "%s: %s", at, why);
			finding_bad(f, "program", text, remedy_for(f));
		} else {
			finding_good("program", "%s: the shim can get in", at);
			check_bypass(f, "program", at, true);
		}
		return;
	}
	finding_bad(f, "program", "scripts whose interpreters are scripts, without end", "Linux refuses it too");
}

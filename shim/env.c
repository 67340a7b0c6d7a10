/*
 * env: keeps LD_PRELOAD, SEAM_* and the trust variables in every child.
 */
#include <string.h>
#include <sys/mman.h>

#include "env.h"
#include "shim.h"

#define PRELOAD "LD_PRELOAD="

static const char *const trust_names[] = { WIRE_TRUST_VARIABLES };

/* AddressSanitizer's runtime refuses to start behind another preload, unless told so here. */
#define SANITIZER "ASAN_OPTIONS"
static const char link_order[] = "verify_asan_link_order=0";

/* "NAME=VALUE" strings, each with its NUL, then an empty one. */
static char *kept;
static size_t kept_count;

static size_t name_len(const char *variable)
{
	return strcspn(variable, "=");
}

static bool has_name(const char *variable, const char *name, size_t len)
{
	return strncmp(variable, name, len) == 0 && variable[len] == '=';
}

const char *env_get(char *const env[], const char *name)
{
	size_t len = strlen(name);

	for (; env && *env; env++)
		if (has_name(*env, name, len))
			return *env + len + 1;
	return NULL;
}

static bool is_ours(const char *variable)
{
	if (strncmp(variable, "SEAM_", 5) == 0 || has_name(variable, SANITIZER, sizeof(SANITIZER) - 1))
		return true;
	for (size_t i = 0; i < sizeof(trust_names) / sizeof(trust_names[0]); i++)
		if (has_name(variable, trust_names[i], strlen(trust_names[i])))
			return true;
	return false;
}

static bool names_shim(const char *preload, const char *self)
{
	size_t len = strlen(self);

	for (const char *at = preload; (at = strstr(at, self)); at += len) {
		bool begins = at == preload || at[-1] == ':' || at[-1] == ' ';

		if (begins && (!at[len] || at[len] == ':' || at[len] == ' '))
			return true;
	}
	return false;
}

/* Sanitizer runtimes insist on coming first. */
static bool is_sanitizer(const char *entry, size_t len)
{
	static const char *const runtimes[] = { "libasan", "libtsan", "liblsan", "libubsan", "libclang_rt." };
	const char *slash = memrchr(entry, '/', len);
	const char *name = slash ? slash + 1 : entry;

	for (size_t i = 0; i < sizeof(runtimes) / sizeof(runtimes[0]); i++)
		if (strncmp(name, runtimes[i], strlen(runtimes[i])) == 0)
			return true;
	return false;
}

/* An entry of the shim under another spelling: a relative path, which would
 * not be found, and the loader would say so on stderr; or the build for the other C library. */
static bool is_other_self(const char *entry, size_t len)
{
	const char *mine = strrchr(shim.self, '/'), *name = memrchr(entry, '/', len);

	mine = mine ? mine + 1 : shim.self;
	name = name ? name + 1 : entry;
	len -= (size_t)(name - entry);
	return len == strlen(mine) && memcmp(name, mine, len) == 0;
}

static size_t preload_room(const char *preload)
{
	size_t self = strlen(shim.self), other = strlen(shim.other);

	return sizeof(PRELOAD) + (self > other ? self : other) + 2 + (preload ? strlen(preload) : 0);
}

static char *add_entry(char *to, const char *entry, size_t len)
{
	if (to[-1] != '=')
		*to++ = ':';
	memcpy(to, entry, len);
	return to + len;
}

/* "LD_PRELOAD=": sanitizer runtimes, the shim, everybody else. */
static void join_preload(char *to, const char *preload, const char *self)
{
	const char *rest = preload ? preload : "";
	bool in = false;

	memcpy(to, PRELOAD, sizeof(PRELOAD));
	to += sizeof(PRELOAD) - 1;
	while (*rest) {
		size_t len = strcspn(rest, ": ");

		if (len && !in && !is_sanitizer(rest, len)) {
			to = add_entry(to, self, strlen(self));
			in = true;
		}
		if (len && !is_other_self(rest, len))
			to = add_entry(to, rest, len);
		rest += len;
		rest += *rest != 0;
	}
	if (!in)
		to = add_entry(to, self, strlen(self));
	*to = '\0';
}

static char **find(char *env[], const char *name)
{
	size_t len = strlen(name);

	for (; env && *env; env++)
		if (has_name(*env, name, len))
			return env;
	return NULL;
}

void env_keep(char *env[])
{
	char **preload = find(env, "LD_PRELOAD"), *at;
	size_t size = 1 + preload_room(preload ? *preload + sizeof(PRELOAD) - 1 : NULL);

	for (char **v = env; v && *v; v++)
		if (is_ours(*v))
			size += strlen(*v) + 1;
	at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		return;
	kept = at;
	for (char **v = env; v && *v; v++) {
		if (!is_ours(*v))
			continue;
		memcpy(at, *v, strlen(*v) + 1);
		at += strlen(at) + 1;
		kept_count++;
	}
	if (preload && shim.self[0] && !names_shim(*preload + sizeof(PRELOAD) - 1, shim.self)) {
		join_preload(at, *preload + sizeof(PRELOAD) - 1, shim.self);
		*preload = at;
	}
}

/* Options of the child's own that do not say it: they need the addition. */
static const char *wanting_options(char *const given[])
{
	const char *options = env_get(given, SANITIZER);

	return options && !strstr(options, "verify_asan_link_order") ? options : NULL;
}

static char *join_options(char *to, const char *options)
{
	memcpy(to, SANITIZER "=", sizeof(SANITIZER));
	to += sizeof(SANITIZER);
	to = stpcpy(to, options);
	if (*options)
		*to++ = ':';
	return stpcpy(to, link_order) + 1;
}

size_t env_room(char *const given[])
{
	const char *options = wanting_options(given);
	size_t count = 0;

	while (given && given[count])
		count++;
	return (count + kept_count + 3) * sizeof(char *) + preload_room(env_get(given, "LD_PRELOAD")) +
	       (options ? strlen(options) + sizeof(SANITIZER) + 1 + sizeof(link_order) : 0);
}

char *const *env_fill(void *room, char *const given[], const char *self)
{
	const char *preload = env_get(given, "LD_PRELOAD"), *options = wanting_options(given);
	bool join = self[0] && !(preload && names_shim(preload, self));
	const char *v = kept;
	char **env = room, *text;
	size_t n = 0;

	for (char *const *g = given; g && *g; g++) {
		bool replaced = (join && has_name(*g, "LD_PRELOAD", sizeof("LD_PRELOAD") - 1)) ||
				(options && has_name(*g, SANITIZER, sizeof(SANITIZER) - 1));

		if (!replaced)
			env[n++] = *g;
	}
	for (size_t i = 0; i < kept_count; i++, v += strlen(v) + 1) {
		bool there = false;

		for (char *const *g = given; g && *g && !there; g++)
			there = has_name(*g, v, name_len(v));
		if (!there)
			env[n++] = (char *)v;
	}
	text = (char *)(env + n + 3);
	if (options) {
		env[n++] = text;
		text = join_options(text, options);
	}
	if (join) {
		env[n++] = text;
		join_preload(text, preload, self);
	}
	env[n] = NULL;
	return env;
}

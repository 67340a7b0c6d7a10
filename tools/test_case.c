/* test_case: reads case.json. Leaves running to test_run.c. */
#include "test_case.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TIMEOUT_MS 60000

struct reading {
	struct test_case *c;
	struct arena *a;
	struct err *err;
};

__attribute__((format(printf, 3, 4))) static void bad(struct reading *r, const char *path, const char *fmt, ...)
{
	char text[512];
	int line, column;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	jsondoc_where(&r->c->doc, path, false, &line, &column);
	err_at(r->err, ERR_CONTENT, r->c->doc.file, line, column, "%s%s%s", path, *path ? ": " : "", text);
}

static const char *text_of(struct reading *r, const char *name)
{
	json_t *v = json_object_get(r->c->doc.root, name);

	if (v && !json_is_string(v))
		bad(r, name, "expected a string");
	return json_string_value(v);
}

/* A list of strings, or one. */
static const char **list_of(struct reading *r, const char *name, json_t *v, size_t *count)
{
	const char **list = ARENA_ARRAY(r->a, const char *, json_array_size(v) + 2);
	json_t *one;
	size_t i, n = 0;

	*count = 0;
	if (json_is_string(v)) {
		list[n++] = json_string_value(v);
	} else if (v && !json_is_array(v)) {
		bad(r, name, "expected an array of strings");
	}
	json_array_foreach(v, i, one) {
		if (!json_is_string(one))
			bad(r, name, "number %zu is no string", i + 1);
		else
			list[n++] = json_string_value(one);
	}
	list[n] = NULL;
	*count = n;
	return list;
}

static bool there(const struct test_case *c, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", c->folder, name);
	return access(path, R_OK) == 0;
}

/* A file that the case names has to be there. */
static const char *file_of(struct reading *r, const char *name)
{
	const char *file = text_of(r, name);

	if (file && !there(r->c, file))
		bad(r, name, "%s is not in the folder", file);
	return file;
}

static void read_timeout(struct reading *r)
{
	json_t *v = json_object_get(r->c->doc.root, "timeout");
	const char *text = json_string_value(v);
	char *end = NULL;
	double n = text ? strtod(text, &end) : json_number_value(v);

	r->c->timeout_ms = TIMEOUT_MS;
	if (!v)
		return;
	if (text && strcmp(end, "ms") == 0)
		n /= 1000;
	else if (text && strcmp(end, "m") == 0)
		n *= 60;
	else if (text && strcmp(end, "s") != 0)
		n = 0;
	if (n <= 0 || n > 86400)
		bad(r, "timeout", "expected seconds, or a time like \"500ms\" or \"2m\"");
	else
		r->c->timeout_ms = (uint64_t)(n * 1000);
}

static void read_env(struct reading *r)
{
	json_t *env = json_object_get(r->c->doc.root, "env"), *v;
	const char *name;
	size_t n = 0;

	r->c->env = ARENA_ARRAY(r->a, const char *, json_object_size(env) + 1);
	if (env && !json_is_object(env))
		bad(r, "env", "expected an object of names and values");
	json_object_foreach(env, name, v) {
		if (!json_is_string(v) && !json_is_null(v))
			bad(r, "env", "%s is neither a string nor null (which takes it away)", name);
		else
			r->c->env[n++] = json_is_null(v) ? name : arena_printf(r->a, "%s=%s", name, json_string_value(v)).ptr;
	}
	r->c->env[n] = NULL;
}

static void read_build(struct reading *r)
{
	json_t *v = json_object_get(r->c->doc.root, "build"), *one;
	size_t i, n;

	r->c->build = ARENA_ARRAY(r->a, const char **, json_array_size(v) + 1);
	if (v && !json_is_array(v))
		bad(r, "build", "expected an array of commands, each an array");
	json_array_foreach(v, i, one)
		r->c->build[i] = list_of(r, "build", one, &n);
	r->c->build[json_array_size(v)] = NULL;
}

static void read_judges(struct reading *r)
{
	struct test_case *c = r->c;
	json_t *golden = json_object_get(c->doc.root, "golden"), *expect = json_object_get(c->doc.root, "expect");

	c->golden_given = golden && !json_is_false(golden);
	if (!json_is_false(golden))
		c->golden = c->golden_given ? text_of(r, "golden") : "golden.trace";
	c->has_golden = c->golden && there(c, c->golden);
	if (json_is_array(expect))
		c->expect = expect;
	else if (expect)
		c->expect_file = file_of(r, "expect");
}

static void check_keys(struct reading *r)
{
	static const char *const known[] = { "command", "build", "rules", "profile", "golden", "expect", "exit", "stdin", "stdout", "stderr",
					     "env",	"cwd",	 "timeout", "tags",    "order",	 "skip",   "about", NULL };
	const char *name;
	json_t *v;

	json_object_foreach(r->c->doc.root, name, v) {
		bool found = strncmp(name, "//", 2) == 0;
		for (size_t i = 0; known[i] && !found; i++)
			found = strcmp(known[i], name) == 0;
		const char *near = found ? NULL : err_nearest(name, known);
		if (!found)
			bad(r, name, "unknown key \"%s\"%s%s%s", name, near ? " (did you mean \"" : "", near ? near : "", near ? "\"?)" : "");
	}
}

int test_case_load(struct test_case *c, const char *folder, const char *name, struct arena *a, struct err *err)
{
	struct reading r = { c, a, err };
	size_t n;

	*c = (struct test_case){ .name = name, .folder = folder };
	if (jsondoc_load(&c->doc, arena_printf(a, "%s/case.json", folder).ptr, err) < 0)
		return err->code;
	if (!json_is_object(c->doc.root)) {
		bad(&r, "", "a case is an object: {\"command\": [...]}");
		return err->code;
	}
	check_keys(&r);
	c->command = list_of(&r, "command", json_object_get(c->doc.root, "command"), &n);
	if (!n)
		bad(&r, "command", "missing: what to run, as an array");
	json_t *rules = json_object_get(c->doc.root, "rules"), *exit = json_object_get(c->doc.root, "exit");
	if (rules) {
		c->rules = list_of(&r, "rules", rules, &c->nrules);
	} else {
		c->rules = ARENA_ARRAY(a, const char *, 2);
		c->nrules = there(c, "rules.json");
		c->rules[0] = "rules.json";
	}
	for (size_t i = 0; i < c->nrules; i++)
		if (c->rules[i][0] != '/' && strncmp(c->rules[i], "seam:", 5) != 0 && !there(c, c->rules[i]))
			bad(&r, "rules", "%s is not in the folder", c->rules[i]);
	if (exit && (!json_is_integer(exit) || json_integer_value(exit) < 0 || json_integer_value(exit) > 255))
		bad(&r, "exit", "expected a number from 0 to 255");
	c->exit = (int)json_integer_value(exit);
	c->profile = text_of(&r, "profile");
	c->cwd = text_of(&r, "cwd");
	c->order = text_of(&r, "order");
	c->skip = text_of(&r, "skip");
	c->about = text_of(&r, "about");
	c->stdin_file = file_of(&r, "stdin");
	c->stdout_file = text_of(&r, "stdout");
	c->stderr_file = text_of(&r, "stderr");
	c->tags = list_of(&r, "tags", json_object_get(c->doc.root, "tags"), &c->ntags);
	read_timeout(&r);
	read_env(&r);
	read_build(&r);
	read_judges(&r);
	return err->code;
}

void test_case_release(struct test_case *c)
{
	jsondoc_release(&c->doc);
}

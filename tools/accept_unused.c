/*
 * accept_unused: goldens that no case names, and bodies beside goldens that no
 * line names. Listed; only bodies are ever removed, and only on request.
 */
#include "accept_unused.h"

#include <ftw.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/map.h"
#include "render.h"
#include "trace/read.h"

/* nftw has no argument for its visitor. */
static struct walk {
	struct map named;   /* goldens that a case compares with, by real path */
	struct map goldens; /* found, by real path */
} walk;

static char *beside(const char *file, const char *name)
{
	const char *slash = strrchr(file, '/');
	struct buf b;

	buf_init(&b, 64 * 1024);
	if (name[0] != '/' && slash)
		buf_add(&b, file, (size_t)(slash - file) + 1);
	buf_add_str(&b, name);
	char *path = buf_detach(&b), *real = realpath(path, NULL);
	free(path);
	return real;
}

static void add_case(const char *path)
{
	json_t *c = json_load_file(path, 0, NULL);
	const char *golden = json_string_value(json_object_get(c, "golden"));
	char *real = beside(path, golden ? golden : "golden.trace");

	if (real)
		map_set(&walk.named, slice_str(real), &walk);
	free(real);
	json_decref(c);
}

static bool is_golden(const char *path)
{
	char head[4096] = "";
	FILE *f = fopen(path, "r");

	if (f && !fgets(head, sizeof(head), f))
		head[0] = '\0';
	if (f)
		fclose(f);
	return strncmp(head, "{\"k\":\"seam.trace\"", 17) == 0 && strstr(head, "\"canonical\":true");
}

static int visit(const char *path, const struct stat *st, int type, struct FTW *at)
{
	const char *name = path + at->base;
	size_t n = strlen(name);

	(void)st;
	if (type != FTW_F)
		return 0;
	if (strcmp(name, "case.json") == 0)
		add_case(path);
	if (n > 6 && strcmp(name + n - 6, ".trace") == 0 && strcmp(name, "final.trace") != 0 && is_golden(path)) {
		char *real = realpath(path, NULL);
		if (real)
			map_set(&walk.goldens, slice_str(real), &walk);
		free(real);
	}
	return 0;
}

/* ---- bodies ------------------------------------------------------------------- */

static struct bodies {
	struct map named;
	bool prune;
	size_t found;
} bodies;

static int visit_body(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	if (type != FTW_F || strcmp(path + at->base, "final.trace") == 0 || map_get_str(&bodies.named, path + at->base))
		return 0;
	bodies.found++;
	printf("  %s", bodies.prune ? "removed  " : "body     ");
	render_text(stdout, slice_str(path));
	putchar('\n');
	if (bodies.prune)
		unlink(path);
	return 0;
}

size_t accept_unused_bodies(const char *golden, bool prune)
{
	struct trace_file *f = NULL;
	struct err err = { 0 };
	char folder[4096];

	if ((size_t)snprintf(folder, sizeof(folder), "%s.blobs", golden) >= sizeof(folder) || access(folder, F_OK) < 0)
		return 0;
	if (trace_file_open(&f, golden, false, 0, &err) < 0)
		return 0;
	bodies = (struct bodies){ .prune = prune };
	map_init(&bodies.named);
	static const char mark[] = "\"blob\":\"sha256:";
	struct slice rest = trace_file_text(f);
	for (size_t at; (at = slice_find_slice(rest, slice_str(mark))) < rest.len;) {
		rest = slice_skip(rest, at + sizeof(mark) - 1);
		map_set(&bodies.named, slice_take(rest, slice_find(rest, '"')), &bodies);
	}
	nftw(folder, visit_body, 16, FTW_PHYS);
	map_release(&bodies.named);
	trace_file_close(f);
	return bodies.found;
}

int accept_unused(const char *const *folders, size_t count, bool prune)
{
	struct map_entry *e;
	size_t i = 0, found = 0;

	walk = (struct walk){ 0 };
	map_init(&walk.named);
	map_init(&walk.goldens);
	for (size_t k = 0; k < count; k++)
		nftw(folders[k], visit, 16, FTW_PHYS);
	while ((e = map_next(&walk.goldens, &i))) {
		if (!map_get(&walk.named, e->key)) {
			fputs("  golden   ", stdout);
			render_text(stdout, e->key);
			fputs("   (no case.json names it)\n", stdout);
			found++;
		}
		found += accept_unused_bodies(e->key.ptr, prune);
	}
	printf("seam: %zu golden%s, %zu unused\n", walk.goldens.live, walk.goldens.live == 1 ? "" : "s", found);
	map_release(&walk.named);
	map_release(&walk.goldens);
	return found && !prune;
}

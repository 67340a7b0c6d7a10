/* suggest: paths of findings as the command line of `seam mask add`. */
#include "suggest.h"

#include <stdlib.h>

static void quoted(struct buf *out, struct slice s)
{
	buf_add_char(out, '\'');
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '\'')
			buf_add_str(out, "'\\''");
		else
			buf_add_char(out, s.ptr[i]);
	}
	buf_add_char(out, '\'');
}

/* An index is chance: what holds for one item holds for all. */
static void any_index(struct buf *out, const char *path)
{
	struct buf plain;

	buf_init(&plain, 64 * 1024);
	for (; *path; path++) {
		buf_add_char(&plain, *path);
		if (*path != '[' || path[1] < '0' || path[1] > '9')
			continue;
		buf_add_char(&plain, '*');
		while (path[1] >= '0' && path[1] <= '9')
			path++;
	}
	quoted(out, buf_slice(&plain));
	buf_release(&plain);
}

static const char *number_text(const char *json, char *room, size_t size)
{
	size_t n = strlen(json);

	if (n >= size)
		return "";
	if (json[0] == '"' && n >= 2) {
		memcpy(room, json + 1, n - 2);
		room[n - 2] = '\0';
		return room;
	}
	return json;
}

bool suggest_numeric(const struct finding_path *p)
{
	char a[64], b[64], *end;

	if (!p->golden || !p->run)
		return false;
	const char *x = number_text(p->golden, a, sizeof(a)), *y = number_text(p->run, b, sizeof(b));
	double v = strtod(x, &end);
	if (!*x || *end)
		return false;
	double w = strtod(y, &end);
	return *y && !*end && v == w;
}

bool suggest_mask(const struct finding *f, const struct finding_path *p, const char *rules, struct buf *out)
{
	struct slice rest = slice_str(f->stream);

	if (strncmp(p->path, "a.", 2) != 0 && strncmp(p->path, "req.", 4) != 0 && strncmp(p->path, "res.", 4) != 0 && strncmp(p->path, "sql.", 4) != 0)
		return false;
	slice_split(&rest, '/');
	struct slice service = slice_split(&rest, '/');
	buf_add_str(out, "seam mask add ");
	any_index(out, p->path);
	if (suggest_numeric(p))
		buf_add_str(out, " --numeric");
	if (service.len) {
		buf_add_str(out, " --service ");
		quoted(out, service);
	}
	buf_add_str(out, " --sum ");
	quoted(out, slice_str(f->sum));
	if (rules) {
		buf_add_str(out, " -r ");
		quoted(out, slice_str(rules));
	}
	return true;
}

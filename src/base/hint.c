/* hint: looks the words of hints.def up in a text, line by line. */
#include "base/hint.h"

#include <stdbool.h>
#include <string.h>

#include "base/slice.h"

static const struct { const char *words, *entry; } hints[] = {
#define HINT(words, entry) { words, entry },
#include "base/hints.def"
};
#define HINTS (sizeof(hints) / sizeof(hints[0]))
#define OTHERWISE "a-file-or-an-argument-is-refused"

static bool has(struct slice line, const char *words)
{
	return memmem(line.ptr, line.len, words, strlen(words)) != NULL;
}

/* The index of the row that fits, or HINTS. */
static size_t find(struct slice line)
{
	size_t i = 0;

	while (i < HINTS && !has(line, hints[i].words))
		i++;
	return i;
}

void hint_add(struct buf *out, const char *text)
{
	const char *named[HINTS];
	size_t count = 0;
	struct slice rest = slice_str(text);

	while (rest.ptr) {
		struct slice line = slice_split(&rest, '\n');
		size_t i = find(line), k = 0;
		if (!line.len || line.ptr[0] == ' ' || i == HINTS) /* more about the line above */
			continue;
		while (k < count && strcmp(named[k], hints[i].entry) != 0)
			k++;
		if (k == count)
			named[count++] = hints[i].entry;
	}
	if (!count)
		named[count++] = OTHERWISE;
	buf_addf(out, "seam: help       docs/troubleshooting.md");
	for (size_t i = 0; i < count; i++)
		buf_addf(out, "%s#%s", i ? " " : "", named[i]);
	buf_add_char(out, '\n');
}

/* err: filling and printing one failure, and finding the word that was meant. */
#include "base/err.h"

#include <stdio.h>
#include <string.h>

static int fill(struct err *e, enum err_code code, const char *file, int line, int column, const char *fmt, va_list ap)
{
	if (!e || e->code)
		return code;
	e->code = code;
	snprintf(e->file, sizeof(e->file), "%s", file ? file : "");
	e->line = line;
	e->column = column;
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	return code;
}

int err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(e, code, NULL, 0, 0, fmt, ap);
	va_end(ap);
	return code;
}

int err_at(struct err *e, enum err_code code, const char *file, int line, int column, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(e, code, file, line, column, fmt, ap);
	va_end(ap);
	return code;
}

void err_print(const struct err *e, struct buf *out)
{
	if (e->file[0]) {
		buf_add_str(out, e->file);
		if (e->line)
			buf_addf(out, ":%d", e->line);
		if (e->line && e->column)
			buf_addf(out, ":%d", e->column);
		buf_add_str(out, ": ");
	}
	buf_add_str(out, e->text);
}

/* Damerau's distance of adjacent swaps, insertions, deletions and changes, for
 * words of at most 63 bytes; more is no typing error. */
static size_t distance(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b);
	unsigned char row[3][64];

	if (la > 63 || lb > 63)
		return 64;
	for (size_t j = 0; j <= lb; j++)
		row[0][j] = (unsigned char)j;
	for (size_t i = 1; i <= la; i++) {
		unsigned char *now = row[i % 3], *before = row[(i - 1) % 3], *older = row[(i + 1) % 3];
		now[0] = (unsigned char)i;
		for (size_t j = 1; j <= lb; j++) {
			unsigned char d = (unsigned char)(before[j - 1] + (a[i - 1] != b[j - 1]));
			if (before[j] + 1 < d)
				d = (unsigned char)(before[j] + 1);
			if (now[j - 1] + 1 < d)
				d = (unsigned char)(now[j - 1] + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && older[j - 2] + 1 < d)
				d = (unsigned char)(older[j - 2] + 1);
			now[j] = d;
		}
	}
	return row[la % 3][lb];
}

const char *err_nearest(const char *word, const char *const *words)
{
	const char *best = NULL;
	size_t limit = strlen(word) / 3 > 1 ? strlen(word) / 3 : 1, nearest = limit + 1;

	for (; *words; words++) {
		size_t d = distance(word, *words);
		if (d < nearest) {
			nearest = d;
			best = *words;
		}
	}
	return best;
}

/*
 * Task: seam rules fmt. Walks text that is known to be JSON: what fits on a line
 * goes on one, everything else has a line a member, two spaces deeper. Whether
 * the rules in it are any good is lint's business.
 */
#include "rules_fmt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/jsondoc.h"
#include "base/utf8.h"
#include "cmd.h"

#define WIDTH 110
#define TEXT_MAX ((size_t)256 * 1024 * 1024)

struct walk {
	struct slice text;
	size_t at;
	struct buf *out;
};

/* Skips white space; says whether an empty line was in it. */
static bool space(struct walk *w)
{
	size_t lines = 0;

	for (; w->at < w->text.len && strchr(" \t\r\n", w->text.ptr[w->at]); w->at++)
		lines += w->text.ptr[w->at] == '\n';
	return lines > 1;
}

static char peek(struct walk *w)
{
	return w->at < w->text.len ? w->text.ptr[w->at] : '\0';
}

/* A string, number or word, as it stands. */
static struct slice word(struct walk *w)
{
	size_t start = w->at;

	if (peek(w) == '"') {
		for (w->at++; peek(w) && peek(w) != '"'; w->at++)
			w->at += peek(w) == '\\';
		w->at++;
	} else {
		while (peek(w) && !strchr(",]}: \t\r\n", peek(w)))
			w->at++;
	}
	return slice_of(w->text.ptr + start, (w->at < w->text.len ? w->at : w->text.len) - start);
}

/* On one line. */
static void flat(struct walk *w, struct buf *out)
{
	char open = peek(w);

	if (open != '{' && open != '[') {
		buf_add_slice(out, word(w));
		return;
	}
	buf_add_char(out, open);
	w->at++;
	for (space(w); peek(w) && peek(w) != '}' && peek(w) != ']'; space(w)) {
		if (peek(w) == ',') {
			w->at++;
			buf_add_str(out, ", ");
			continue;
		}
		if (peek(w) == ':') {
			w->at++;
			buf_add_str(out, ": ");
			continue;
		}
		flat(w, out);
	}
	buf_add_char(out, open == '{' ? '}' : ']');
	w->at++;
}

static void line(struct buf *out, size_t depth)
{
	buf_add_char(out, '\n');
	for (size_t i = 0; i < depth; i++)
		buf_add_str(out, "  ");
}

static void value(struct walk *w, size_t depth, size_t column);

static void members(struct walk *w, size_t depth)
{
	char open = peek(w);
	bool first = true;

	buf_add_char(w->out, open);
	w->at++;
	for (bool empty = space(w); peek(w) && peek(w) != '}' && peek(w) != ']'; empty = space(w)) {
		if (peek(w) == ',') {
			buf_add_char(w->out, ',');
			w->at++;
			empty = space(w);
		}
		if (empty && !first)
			buf_add_char(w->out, '\n');
		first = false;
		line(w->out, depth + 1);
		size_t column = 2 * (depth + 1);
		if (open == '{') {
			struct slice key = word(w);
			buf_add_slice(w->out, key);
			buf_add_str(w->out, ": ");
			column += slice_chars(key) + 2;
			space(w);
			w->at++; /* the colon */
			space(w);
		}
		value(w, depth + 1, column);
	}
	line(w->out, depth);
	buf_add_char(w->out, open == '{' ? '}' : ']');
	w->at++;
}

static void value(struct walk *w, size_t depth, size_t column)
{
	struct buf one;
	struct walk ahead = *w;

	if (peek(w) != '{' && peek(w) != '[') {
		buf_add_slice(w->out, word(w));
		return;
	}
	buf_init(&one, TEXT_MAX);
	flat(&ahead, &one);
	/* the comma behind it counts; the file itself always has a line a member */
	if (one.len == 2 || (depth && column + slice_chars(buf_slice(&one)) + 1 <= WIDTH)) {
		buf_add_slice(w->out, buf_slice(&one));
		w->at = ahead.at;
	} else {
		members(w, depth);
	}
	buf_release(&one);
}

int rules_fmt(const char *name, struct slice text, struct buf *out, struct err *err)
{
	struct walk w = { .text = text, .out = out };
	struct jsondoc doc;
	int code = jsondoc_parse(&doc, name, text.ptr, text.len, err);

	if (code < 0)
		return code;
	jsondoc_release(&doc);
	space(&w);
	value(&w, 0, 0);
	buf_add_char(out, '\n');
	return 0;
}

/* ---- files ------------------------------------------------------------------------ */

static int read_all(FILE *f, struct buf *text)
{
	char piece[65536];
	size_t n;

	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_add(text, piece, n);
	return ferror(f) || text->failed ? -1 : 0;
}

/* A new file takes the old one's place, so that a full disk costs nothing. */
static int replace(const char *name, struct slice text)
{
	char fresh[4200];
	FILE *f;

	snprintf(fresh, sizeof(fresh), "%s.fmt", name);
	f = fopen(fresh, "w");
	bool good = f && fwrite(text.ptr, 1, text.len, f) == text.len;
	if (f && fclose(f) != 0)
		good = false;
	if (good && rename(fresh, name) == 0)
		return 0;
	fprintf(stderr, "seam: rules: %s: cannot be written: %s\n", name, strerror(errno));
	unlink(fresh);
	return -1;
}

static int one_file(const char *name, bool check, bool *changes)
{
	bool standard = strcmp(name, "-") == 0;
	FILE *f = standard ? stdin : fopen(name, "r");
	struct err err = { 0 };
	struct buf text, out;
	int rc = 0;

	*changes = false;
	if (!f) {
		fprintf(stderr, "seam: rules: %s: %s\n", name, strerror(errno));
		return -1;
	}
	buf_init(&text, TEXT_MAX);
	buf_init(&out, 2 * TEXT_MAX);
	if (read_all(f, &text) < 0) {
		fprintf(stderr, "seam: rules: %s: cannot be read, or is larger than 256 MiB\n", name);
		rc = -1;
	} else if (rules_fmt(name, buf_slice(&text), &out, &err) < 0) {
		cmd_fail("rules", &err);
		rc = -1;
	} else {
		*changes = !slice_eq(buf_slice(&text), buf_slice(&out));
		if (standard && !check)
			fwrite(out.ptr, 1, out.len, stdout);
		else if (*changes && !check)
			rc = replace(name, buf_slice(&out));
	}
	if (!standard)
		fclose(f);
	buf_release(&text);
	buf_release(&out);
	return rc;
}

int rules_fmt_files(char **files, int count, bool check)
{
	int status = 0;

	for (int i = 0; i < count; i++) {
		bool changes;
		if (one_file(files[i], check, &changes) < 0) {
			status = 2;
		} else if (changes && check) {
			puts(files[i]);
			status = status ? status : 1;
		}
	}
	return status;
}

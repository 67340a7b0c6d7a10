/* cmd: what every subcommand does alike: complain, and decide on colour. */
#include "cmd.h"

#include "base/hint.h"

#include <getopt.h>
#include <stdarg.h>
#include <unistd.h>

int cmd_usage(const char *name, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "seam: %s: ", name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return EXIT_USAGE;
}

int cmd_fail(const char *name, const struct err *err)
{
	struct buf text;

	buf_init(&text, 4096);
	buf_addf(&text, "seam: %s: ", name);
	err_print(err, &text);
	buf_add_char(&text, '\n');
	hint_add(&text, text.ptr);
	fputs(text.ptr, stderr);
	buf_release(&text);
	return err->code == ERR_UNUSABLE ? EXIT_UNUSABLE : EXIT_USAGE;
}

int cmd_bad_option(const char *name, char **argv, const struct option *options, int got)
{
	const char *words[32];
	size_t n = 0;
	const char *word = argv[optind - 1];

	if (got == ':')
		return cmd_usage(name, "option %s needs a value; try 'seam %s --help'", word, name);
	if (word[0] != '-' || word[1] != '-')
		return cmd_usage(name, "unknown option -%c; try 'seam %s --help'", optopt, name);
	for (; options->name && n < 31; options++)
		words[n++] = options->name;
	words[n] = NULL;
	const char *near = err_nearest(word + 2, words);
	if (near)
		return cmd_usage(name, "unknown option %s, did you mean --%s", word, near);
	return cmd_usage(name, "unknown option %s; try 'seam %s --help'", word, name);
}

/* https://no-color.org and https://bixense.com/clicolors */
bool cmd_color(const char *when, FILE *stream)
{
	const char *v;

	if (when && strcmp(when, "always") == 0)
		return true;
	if (when && strcmp(when, "never") == 0)
		return false;
	if ((v = getenv("NO_COLOR")) && *v)
		return false;
	if ((v = getenv("CLICOLOR_FORCE")) && *v && strcmp(v, "0") != 0)
		return true;
	return isatty(fileno(stream)) && (!(v = getenv("TERM")) || strcmp(v, "dumb") != 0);
}

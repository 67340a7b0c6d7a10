/*
 * Runs a fuzz target without a fuzzer: each file named (or held by a folder
 * named) as it is, then with small changes that are the same in every run. This
 * is how `make check` sees, with any compiler, that the targets still build and
 * that what was found once stays mended; libFuzzer does the searching.
 *
 *	replay_http [-runs=CHANGES] [-dict=FILE] FILE|FOLDER...
 *
 * A dictionary is libFuzzer's: words of the format, one "word" a line, with
 * \\, \" and \xHH.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 64 * 1024, SEEDS_MAX = 1024, WORDS_MAX = 256, WORD_MAX = 64 };

static struct seed {
	char *path;
	uint8_t *bytes;
	size_t len;
} seeds[SEEDS_MAX];
static size_t nseeds;
static struct word {
	uint8_t bytes[WORD_MAX];
	size_t len;
} words[WORDS_MAX];
static size_t nwords;

static uint64_t draw(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void load(const char *path)
{
	struct stat st;
	FILE *f;

	if (stat(path, &st) < 0) {
		perror(path);
		exit(2);
	}
	if (S_ISDIR(st.st_mode)) {
		struct dirent **names;
		int n = scandir(path, &names, NULL, alphasort);

		for (int i = 0; i < n; i++) {
			char inner[4096];

			if (names[i]->d_name[0] != '.') {
				snprintf(inner, sizeof(inner), "%s/%s", path, names[i]->d_name);
				load(inner);
			}
			free(names[i]);
		}
		if (n >= 0)
			free(names);
		return;
	}
	if (nseeds == SEEDS_MAX || !(f = fopen(path, "rb"))) {
		perror(path);
		exit(2);
	}
	struct seed *s = &seeds[nseeds++];
	s->path = strdup(path);
	s->bytes = malloc(INPUT_MAX);
	s->len = fread(s->bytes, 1, INPUT_MAX, f);
	fclose(f);
}

static void load_words(const char *path)
{
	FILE *f = fopen(path, "r");
	char line[1024];

	if (!f) {
		perror(path);
		exit(2);
	}
	while (nwords < WORDS_MAX && fgets(line, sizeof(line), f)) {
		struct word *w = &words[nwords];
		const char *at = strchr(line, '"');
		unsigned byte;

		if (line[0] == '#' || !at)
			continue;
		w->len = 0;
		for (at++; *at && *at != '"' && w->len < WORD_MAX; at++) {
			if (*at == '\\' && sscanf(at, "\\x%2x", &byte) == 1) {
				w->bytes[w->len++] = (uint8_t)byte;
				at += 3;
			} else {
				at += *at == '\\';
				w->bytes[w->len++] = (uint8_t)*at;
			}
		}
		nwords += w->len > 0;
	}
	fclose(f);
}

/* One small change: a byte, a bit, a cut, a repeated piece, a word, or a piece of another seed. */
static size_t change(uint8_t *bytes, size_t len, uint64_t *random)
{
	static const uint8_t telling[] = { 0, 1, 0x7f, 0x80, 0xff, '\r', '\n', '"', '{', '}', ' ', '0' };
	size_t at = len ? draw(random) % len : 0, piece = len ? draw(random) % (len - at) % 64 + 1 : 0;
	const struct seed *other;
	const struct word *word;

	switch (len ? draw(random) % (nwords ? 8 : 6) : 5) {
	case 0:
		bytes[at] = telling[draw(random) % sizeof(telling)];
		return len;
	case 1:
		bytes[at] ^= (uint8_t)(1u << draw(random) % 8);
		return len;
	case 2:
		return at;
	case 3:
		memmove(bytes + at, bytes + at + piece, len - at - piece);
		return len - piece;
	case 4:
		if (len + piece > INPUT_MAX)
			return len;
		memmove(bytes + at + piece, bytes + at, len - at);
		return len + piece;
	case 6:
	case 7:
		word = &words[draw(random) % nwords];
		if (len + word->len > INPUT_MAX)
			return len;
		memmove(bytes + at + word->len, bytes + at, len - at);
		memcpy(bytes + at, word->bytes, word->len);
		return len + word->len;
	default:
		other = &seeds[draw(random) % nseeds];
		if (!other->len)
			return len;
		size_t from = draw(random) % other->len, take = other->len - from;
		if (take > INPUT_MAX - at)
			take = INPUT_MAX - at;
		memcpy(bytes + at, other->bytes + from, take);
		return at + take;
	}
}

static const uint8_t *running;
static size_t running_len;

/* An input that ends the process is kept; only write() may be called here. */
static void keep(int sig)
{
	static const char file[] = "replay-crash", said[] = "replay: the input is in ./replay-crash\n";
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd >= 0 && write(fd, running, running_len) == (ssize_t)running_len && write(2, said, sizeof(said) - 1) > 0)
		close(fd);
	signal(sig, SIG_DFL);
	raise(sig);
}

static void run(const uint8_t *bytes, size_t len)
{
	uint8_t *exact = malloc(len ? len : 1); /* so that a sanitizer sees a read past the end */

	memcpy(exact, bytes, len);
	running = exact;
	running_len = len;
	LLVMFuzzerTestOneInput(exact, len);
	free(exact);
}

int main(int argc, char **argv)
{
	uint8_t *bytes = malloc(INPUT_MAX);
	unsigned long changes = 0, runs = 0;

	for (int i = 1; i < argc; i++) {
		if (!strncmp(argv[i], "-runs=", 6))
			changes = strtoul(argv[i] + 6, NULL, 10);
		else if (!strncmp(argv[i], "-dict=", 6))
			load_words(argv[i] + 6);
		else
			load(argv[i]);
	}
	if (!nseeds) {
		fprintf(stderr, "usage: %s [-runs=CHANGES] [-dict=FILE] FILE|FOLDER...\n", argv[0]);
		return 2;
	}
	signal(SIGABRT, keep);
	signal(SIGSEGV, keep);
	for (size_t i = 0; i < nseeds; i++, runs++)
		run(seeds[i].bytes, seeds[i].len);
	for (size_t i = 0; i < nseeds; i++) {
		uint64_t random = 0x9e3779b97f4a7c15u + i;

		for (unsigned long n = 0; n < changes; n++, runs++) {
			size_t len = seeds[i].len;

			memcpy(bytes, seeds[i].bytes, len);
			for (uint64_t steps = draw(&random) % 4 + 1; steps; steps--)
				len = change(bytes, len, &random);
			run(bytes, len);
		}
	}
	printf("%lu inputs of %zu seeds\n", runs, nseeds);
	for (size_t i = 0; i < nseeds; i++) {
		free(seeds[i].path);
		free(seeds[i].bytes);
	}
	free(bytes);
	return 0;
}

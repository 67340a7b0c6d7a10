/*
 * pg_words: the words of one SQL statement.
 *
 * Enough of PostgreSQL's lexer (manual 4.1) for the statements that steer a
 * session: SET, SHOW, BEGIN, SAVEPOINT and their kin. The statement has been
 * parsed by the real grammar before, so nothing here needs to complain.
 */
#ifndef SERVICE_PG_WORDS_H
#define SERVICE_PG_WORDS_H

#include "base/arena.h"
#include "base/slice.h"

enum pg_word_kind {
	PG_WORD_END,
	PG_WORD_NAME,   /* folded to lower case unless quoted */
	PG_WORD_STRING, /* without its quotes and escapes */
	PG_WORD_NUMBER, /* with a sign in front of it */
	PG_WORD_SIGN,   /* one character */
};

struct pg_words {
	struct slice rest;
	struct arena *arena;
	enum pg_word_kind kind; /* of the current word */
	bool quoted;            /* a name in double quotes: never a keyword */
	struct slice text;
};

/* Stands on the first word. */
void pg_words_init(struct pg_words *w, struct slice text, struct arena *a);
void pg_words_next(struct pg_words *w);
/* Steps over the keyword or sign when it is the current word. */
bool pg_words_take(struct pg_words *w, const char *word);
bool pg_words_is(const struct pg_words *w, const char *word);

#endif

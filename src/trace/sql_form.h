/*
 * sql_form: a statement's text as a comparison sees it.
 *
 * White space, comments and the case of what is not quoted do not count; every
 * word and every constant does, and their order. (A fingerprint would also call
 * lists of columns equal that are not.) Reads tokens, no grammar: any text has a
 * form. Source: PostgreSQL manual, "Lexical Structure".
 */
#ifndef TRACE_SQL_FORM_H
#define TRACE_SQL_FORM_H

#include "base/buf.h"

enum sql_token_kind { SQL_TOKEN_WORD, SQL_TOKEN_QUOTED, SQL_TOKEN_STRING, SQL_TOKEN_NUMBER, SQL_TOKEN_PARAM, SQL_TOKEN_OTHER };

struct sql_token {
	enum sql_token_kind kind;
	struct slice text;   /* as it stands, quotes included */
};

/* Takes the next token off the front, blanks and comments before it too. False: the end. */
bool sql_token_next(struct slice *rest, struct sql_token *token);

/* A constant: a string or a number. */
static inline bool sql_token_literal(const struct sql_token *t)
{
	return t->kind == SQL_TOKEN_STRING || t->kind == SQL_TOKEN_NUMBER;
}

/* Appends the form; `bare`: constants are ? alone. Returns how many there are. */
size_t sql_form(struct slice text, bool bare, struct buf *out);

#endif

/*
 * string: what functions of text share. Lengths are in bytes unless a name says
 * characters; text is UTF-8.
 */
#ifndef SERVICE_PG_SQL_STRING_H
#define SERVICE_PG_SQL_STRING_H

#include "base/buf.h"
#include "service/pg/sql/env.h"

/* Bytes of the first n characters. */
size_t text_bytes(struct slice s, int64_t chars);
/* The first character's code point and its bytes. */
uint32_t text_code(struct slice s, size_t *len);
void text_add_code(struct buf *b, uint32_t code);
/* lc_ctype is C: only ASCII letters have a case. */
bool text_ctype_is_c(struct sql_env *env);
void text_lower(struct sql_env *env, struct slice s, struct buf *b);
void text_quote_name(struct buf *b, struct slice s);
void text_quote_literal(struct buf *b, struct slice s);

#endif

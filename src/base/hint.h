/*
 * hint: which entry of docs/troubleshooting.md a message leads to.
 *
 * Messages are known by words that stay the same in them. Every text for a person
 * is followed by one line that names its entries; the tests resolve each
 * (tests/help/hints.py), and each row of the table leads to a heading.
 */
#ifndef BASE_HINT_H
#define BASE_HINT_H

#include "base/buf.h"

/* Appends "seam: help       docs/troubleshooting.md#ENTRY ...", a line with every entry that
 * `text` (one or more messages) leads to, once each. Nothing known in it: the entry for that. */
void hint_add(struct buf *out, const char *text);

#endif

/* accept_choose: which findings become part of the golden: by --only, or asked
 * one by one at the terminal. */
#ifndef TOOLS_ACCEPT_CHOOSE_H
#define TOOLS_ACCEPT_CHOOSE_H

#include <stdbool.h>

#include "render.h"

/* Marks what `only` names: a number, a kind ("changed"), or a glob over summary
 * or stream. False: it names nothing. */
bool accept_only(const struct diff *d, const char *only, bool *accepted);
/* The dialogue over stdin and stdout. False: the person left without deciding. */
bool accept_review(const struct render *r, const struct diff_view *v, bool *accepted);

#endif

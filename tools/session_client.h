/* session_client: one order to a session, and its answer. */
#ifndef TOOLS_SESSION_CLIENT_H
#define TOOLS_SESSION_CLIENT_H

#include <jansson.h>

#include "base/err.h"

/* Takes the reference to `order`. NULL with err; an answer {"error": ...} is returned like any other. */
json_t *session_order(const char *session, json_t *order, struct err *err);

#endif

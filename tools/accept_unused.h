/* accept_unused: what lies about: goldens that no case names, bodies that no
 * golden names. */
#ifndef TOOLS_ACCEPT_UNUSED_H
#define TOOLS_ACCEPT_UNUSED_H

#include <stdbool.h>
#include <stddef.h>

/* Lists both below the folders; 1 when there are some. `prune` removes bodies. */
int accept_unused(const char *const *folders, size_t count, bool prune);
/* Bodies of one golden, listed; how many. */
size_t accept_unused_bodies(const char *golden, bool prune);

#endif

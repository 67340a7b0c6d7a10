/*
 * control: reading what a frame carries.
 */
#ifndef HOST_CONTROL_H
#define HOST_CONTROL_H

#include "base/slice.h"

/* Takes the next {uint16_t len, bytes} off *rest; false when it is cut short. */
bool control_string(struct slice *rest, struct slice *out);

#endif

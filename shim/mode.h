/*
 * mode: whether a bare preload fakes, and why (SEAM_MODE).
 *
 * Under `seam run` the run has decided, and nobody asks here. Without it
 * SEAM_RULES alone means fake, an explicit mode is obeyed, and `auto` looks for
 * a running test. A test runner may say that it runs one long after the shim
 * was loaded: what is not settled when the image starts is looked at again at
 * its first intercepted call, and from then on stays.
 */
#ifndef SHIM_MODE_H
#define SHIM_MODE_H

enum mode_kind {
	MODE_FAKE,
	MODE_PASS,
	MODE_UNKNOWN, /* SEAM_MODE says what this version does not know: refuse everything */
	MODE_LATER,   /* auto, and no sign of a test yet */
};

struct mode {
	enum mode_kind kind;
	const char *why; /* static, or of the environment; "" when nobody has said anything */
};

/* When the question is asked. */
enum mode_moment {
	MODE_AT_START, /* the image starts */
	MODE_AT_EXEC,  /* it starts another one, which will decide for itself */
	MODE_AT_CALL,  /* it asks the outside world for something: the last chance */
};

struct mode mode_find(enum mode_moment moment);

#endif

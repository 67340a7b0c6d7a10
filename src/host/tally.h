/*
 * tally: what went round in the run's network past every eye of the guard.
 *
 * Frames that are no IP, broken packets and those of protocols that nobody takes
 * reach no socket that would tell. The kernel counts them: at the end of the run a note
 * says how many there were, who made them cannot be known.
 */
#ifndef HOST_TALLY_H
#define HOST_TALLY_H

struct host;

/* While the keeper lives. Does nothing in a run that is not isolated. */
void tally_note(struct host *h);

#endif

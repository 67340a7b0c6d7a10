/*
 * Transactions as numbers: one array says how every xid ended. What a snapshot
 * sees is a look into it. Locks and waiting are lock.c's.
 */
#include "service/pg/sql/tx.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define ABORTED UINT64_MAX
#define RUNNING (1ull << 63)  /* the other bits are the slot of its transaction */
#define FIRST_COMMIT 1        /* of what was there before anything */

struct sql_xids {
	uint64_t *end;          /* by xid: its commit number, ABORTED, or RUNNING | slot */
	uint32_t used, cap;
	uint64_t commit;        /* the newest commit number */
	struct sql_tx **slots;
	size_t nslots;
	size_t open;
};

struct sql_tx {
	struct sql_xids *xids;
	struct sql_party *party;
	size_t slot;
	enum sql_isolation isolation;
	bool read_only;
	uint32_t *mine;         /* every xid of the transaction that is not aborted */
	size_t nmine, mine_cap;
	size_t *levels;         /* nmine when each open sub-transaction began */
	size_t depth, depth_cap;
	uint64_t snapshot;      /* of REPEATABLE READ and SERIALIZABLE; 0: none yet */
};

static void *grow(void *old, size_t *cap, size_t want, size_t size)
{
	if (want <= *cap)
		return old;
	size_t to = *cap ? *cap * 2 : 16;
	while (to < want)
		to *= 2;
	void *p = realloc(old, to * size);
	if (!p)
		abort(); /* as arena.c: out of memory ends the host */
	*cap = to;
	return p;
}

/* ---- xids ---------------------------------------------------------------- */

struct sql_xids *sql_xids_new(void)
{
	struct sql_xids *x = calloc(1, sizeof(*x));

	if (!x)
		abort();
	size_t cap = 0;
	x->end = grow(NULL, &cap, 1024, sizeof(*x->end));
	x->cap = (uint32_t)cap;
	x->commit = FIRST_COMMIT;
	/* 0 is nobody; SQL_XID_ALWAYS made what every snapshot sees; 2 is left out, as in PostgreSQL */
	x->end[0] = ABORTED;
	x->end[SQL_XID_ALWAYS] = FIRST_COMMIT;
	x->end[2] = FIRST_COMMIT;
	x->used = 3;
	return x;
}

void sql_xids_free(struct sql_xids *x)
{
	if (!x)
		return;
	for (size_t i = 0; i < x->nslots; i++)
		if (x->slots[i])
			sql_tx_abort(x->slots[i]);
	free(x->slots);
	free(x->end);
	free(x);
}

enum sql_fate sql_xid_fate(const struct sql_xids *x, uint32_t xid)
{
	uint64_t end = xid < x->used ? x->end[xid] : ABORTED;

	return end == ABORTED ? SQL_ABORTED : end & RUNNING ? SQL_RUNNING : SQL_COMMITTED;
}

bool sql_xid_seen(const struct sql_xids *x, uint32_t xid, const struct sql_snapshot *s)
{
	uint64_t end = xid < x->used ? x->end[xid] : ABORTED;

	if (!(end & RUNNING))
		return end <= s->commit;
	return end != ABORTED && s->tx && (end & ~RUNNING) == s->tx->slot && xid < s->own;
}

struct sql_tx *sql_xid_owner(const struct sql_xids *x, uint32_t xid)
{
	uint64_t end = xid < x->used ? x->end[xid] : ABORTED;

	return end != ABORTED && (end & RUNNING) ? x->slots[end & ~RUNNING] : NULL;
}

struct sql_snapshot sql_xids_latest(const struct sql_xids *x)
{
	return (struct sql_snapshot){ .commit = x->commit };
}

uint64_t sql_xids_commit_number(const struct sql_xids *x)
{
	return x->commit;
}

uint32_t sql_xids_next(const struct sql_xids *x)
{
	return x->used;
}

struct sql_mark sql_xids_mark(const struct sql_xids *x)
{
	return (struct sql_mark){ .commit = x->commit, .xid = x->used };
}

void sql_xids_restore(struct sql_xids *x, struct sql_mark mark)
{
	assert(!x->open);
	/* xids are never used again, so what they left behind stays what it is: rows of nobody */
	for (uint32_t xid = mark.xid; xid < x->used; xid++)
		x->end[xid] = ABORTED;
}

void sql_xids_load(struct sql_xids *x, const char *fates, uint32_t count)
{
	size_t cap = x->cap;

	assert(!x->open);
	x->end = grow(x->end, &cap, (size_t)count + 1, sizeof(*x->end));
	x->cap = (uint32_t)cap;
	for (uint32_t xid = 0; xid < count; xid++)
		x->end[xid] = fates[xid] ? FIRST_COMMIT : ABORTED;
	x->used = count;
}

uint64_t sql_xids_oldest(const struct sql_xids *x)
{
	uint64_t oldest = x->commit;

	for (size_t i = 0; i < x->nslots; i++)
		if (x->slots[i] && x->slots[i]->snapshot && x->slots[i]->snapshot < oldest)
			oldest = x->slots[i]->snapshot;
	return oldest;
}

uint64_t sql_xid_commit(const struct sql_xids *x, uint32_t xid)
{
	uint64_t end = xid < x->used ? x->end[xid] : ABORTED;

	return end & RUNNING ? 0 : end;
}

/* ---- one transaction ------------------------------------------------------ */

struct sql_party *sql_tx_party(const struct sql_tx *tx)
{
	return tx->party;
}

struct sql_tx *sql_tx_begin(struct sql_xids *x, struct sql_party *party, enum sql_isolation isolation, bool read_only)
{
	struct sql_tx *tx = calloc(1, sizeof(*tx));
	size_t slot = 0;

	if (!tx)
		abort();
	while (slot < x->nslots && x->slots[slot])
		slot++;
	if (slot == x->nslots) {
		struct sql_tx **p = realloc(x->slots, (x->nslots + 1) * sizeof(struct sql_tx *));
		if (!p)
			abort();
		x->slots = p;
		x->nslots++;
	}
	x->slots[slot] = tx;
	x->open++;
	tx->xids = x;
	tx->party = party;
	tx->slot = slot;
	tx->isolation = isolation;
	tx->read_only = read_only;
	return tx;
}

static void end(struct sql_tx *tx, uint64_t how)
{
	struct sql_xids *x = tx->xids;

	for (size_t i = 0; i < tx->nmine; i++)
		x->end[tx->mine[i]] = how;
	x->slots[tx->slot] = NULL;
	x->open--;
	free(tx->mine);
	free(tx->levels);
	free(tx);
}

uint64_t sql_tx_commit(struct sql_tx *tx)
{
	struct sql_xids *x = tx->xids;

	if (tx->nmine)
		x->commit++;
	end(tx, x->commit);
	return x->commit;
}

void sql_tx_abort(struct sql_tx *tx)
{
	end(tx, ABORTED);
}

static uint32_t take_xid(struct sql_tx *tx)
{
	struct sql_xids *x = tx->xids;
	size_t cap = x->cap;

	x->end = grow(x->end, &cap, (size_t)x->used + 1, sizeof(*x->end));
	x->cap = (uint32_t)cap;
	x->end[x->used] = RUNNING | tx->slot;
	tx->mine = grow(tx->mine, &tx->mine_cap, tx->nmine + 1, sizeof(*tx->mine));
	tx->mine[tx->nmine++] = x->used;
	return x->used++;
}

uint32_t sql_tx_push(struct sql_tx *tx)
{
	tx->levels = grow(tx->levels, &tx->depth_cap, tx->depth + 1, sizeof(*tx->levels));
	tx->levels[tx->depth++] = tx->nmine;
	return take_xid(tx);
}

void sql_tx_merge(struct sql_tx *tx)
{
	assert(tx->depth);
	tx->depth--;
}

void sql_tx_undo(struct sql_tx *tx)
{
	assert(tx->depth);
	size_t from = tx->levels[--tx->depth];

	for (size_t i = from; i < tx->nmine; i++)
		tx->xids->end[tx->mine[i]] = ABORTED;
	tx->nmine = from;
}

uint32_t sql_tx_xid(const struct sql_tx *tx)
{
	return tx->nmine ? tx->mine[tx->nmine - 1] : 0;
}

uint32_t sql_tx_top(struct sql_tx *tx)
{
	return tx->nmine ? tx->mine[0] : take_xid(tx);
}

size_t sql_tx_depth(const struct sql_tx *tx)
{
	return tx->depth;
}

bool sql_tx_wrote(const struct sql_tx *tx)
{
	return tx->nmine > 0;
}

bool sql_tx_read_only(const struct sql_tx *tx)
{
	return tx->read_only;
}

void sql_tx_set(struct sql_tx *tx, enum sql_isolation isolation, bool read_only)
{
	tx->isolation = isolation;
	tx->read_only = read_only;
}

enum sql_isolation sql_tx_isolation(const struct sql_tx *tx)
{
	return tx->isolation;
}

bool sql_tx_has_snapshot(const struct sql_tx *tx)
{
	return tx->snapshot != 0;
}

struct sql_snapshot sql_tx_snapshot(struct sql_tx *tx)
{
	uint64_t commit = tx->xids->commit;

	if (tx->isolation != SQL_READ_COMMITTED) {
		if (!tx->snapshot)
			tx->snapshot = commit;
		commit = tx->snapshot;
	}
	return (struct sql_snapshot){ .commit = commit, .tx = tx, .own = tx->xids->used };
}

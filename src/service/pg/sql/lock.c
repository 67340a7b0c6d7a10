/*
 * Locks and waiting. A lock is a list of parties and their modes; the tables of
 * the manual say which modes are in each other's way.
 */
#include "service/pg/sql/lock.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/fiber.h"

struct sql_lock {
	struct holder {
		struct sql_party *party;
		int mode;
	} *holders;
	size_t count, cap;
};

static struct slice key_of(const struct sql_lock_name *name)
{
	return (struct slice){ (const char *)name, sizeof(*name) };
}

static bool conflict(uint32_t space, int a, int b)
{
	/* manual, table 13.3: a row lock's bit b is set when mode b is in the way */
	static const uint16_t rows[] = { 0, 0x10, 0x18, 0x1c, 0x1e };
	/* manual, table 13.2 */
	static const uint16_t tables[] = { 0, 0x100, 0x180, 0x1e0, 0x1f0, 0x1d8, 0x1f8, 0x1fc, 0x1fe };

	return space == SQL_LOCK_ROW ? rows[a] >> b & 1 : tables[a] >> b & 1;
}

void sql_locks_init(struct sql_locks *l)
{
	*l = (struct sql_locks){ 0 };
	map_init(&l->table);
}

void sql_locks_release(struct sql_locks *l)
{
	struct map_entry *e;

	for (size_t i = 0; (e = map_next(&l->table, &i));) {
		struct sql_lock *lock = e->value;
		free(lock->holders);
		free(lock);
	}
	map_release(&l->table);
}

void sql_party_init(struct sql_party *p, struct sql_locks *l)
{
	*p = (struct sql_party){ .locks = l };
}

/* ---- taking and letting go ------------------------------------------------- */

struct sql_party *sql_lock_blocker(struct sql_party *p, struct sql_lock_name name, int mode)
{
	struct sql_lock *lock = map_get(&p->locks->table, key_of(&name));

	for (size_t i = 0; lock && i < lock->count; i++)
		if (lock->holders[i].party != p && conflict(name.space, mode, lock->holders[i].mode))
			return lock->holders[i].party;
	return NULL;
}

static struct sql_held *find_held(const struct sql_party *p, struct sql_lock_name name, int mode, bool session)
{
	for (size_t i = p->nheld; i-- > 0;) {
		struct sql_held *h = &p->held[i];
		if (h->mode >= mode && h->session == session && !memcmp(&h->name, &name, sizeof(name)))
			return h;
	}
	return NULL;
}

bool sql_lock_holds(const struct sql_party *p, struct sql_lock_name name, int mode)
{
	struct sql_lock *lock = map_get(&p->locks->table, key_of(&name));

	for (size_t i = 0; lock && i < lock->count; i++)
		if (lock->holders[i].party == p && lock->holders[i].mode >= mode)
			return true;
	return false;
}

static void add_holder(struct sql_party *p, struct sql_lock_name name, int mode)
{
	struct sql_lock *lock = map_get(&p->locks->table, key_of(&name));

	if (!lock) {
		lock = calloc(1, sizeof(*lock));
		if (!lock)
			abort();
		map_set(&p->locks->table, key_of(&name), lock);
	}
	if (lock->count == lock->cap) {
		lock->cap = lock->cap ? lock->cap * 2 : 2;
		struct holder *more = realloc(lock->holders, lock->cap * sizeof(*more));
		if (!more)
			abort();
		lock->holders = more;
	}
	lock->holders[lock->count++] = (struct holder){ p, mode };
	if (name.space == SQL_LOCK_TABLE && mode > SQL_ROW_EXCLUSIVE)
		p->locks->strong++;
}

static void drop_holder(struct sql_party *p, const struct sql_held *h)
{
	struct sql_lock *lock = map_get(&p->locks->table, key_of(&h->name));

	for (size_t i = 0; lock && i < lock->count; i++)
		if (lock->holders[i].party == p && lock->holders[i].mode == h->mode) {
			lock->holders[i] = lock->holders[--lock->count];
			if (h->name.space == SQL_LOCK_TABLE && h->mode > SQL_ROW_EXCLUSIVE)
				p->locks->strong--;
			break;
		}
	if (lock && !lock->count) {
		map_take(&p->locks->table, key_of(&h->name));
		free(lock->holders);
		free(lock);
	}
}

static void hold(struct sql_party *p, struct sql_lock_name name, int mode, bool session, size_t depth)
{
	if (p->nheld == p->held_cap) {
		p->held_cap = p->held_cap ? p->held_cap * 2 : 16;
		struct sql_held *more = realloc(p->held, p->held_cap * sizeof(*more));
		if (!more)
			abort();
		p->held = more;
	}
	p->held[p->nheld++] = (struct sql_held){ .name = name, .mode = mode, .depth = depth, .session = session, .count = 1 };
	add_holder(p, name, mode);
}

struct sql_party *sql_lock_take(struct sql_party *p, struct sql_lock_name name, int mode, bool session, size_t depth)
{
	struct sql_held *held;

	/* a weaker or equal one is there already; advisory locks count how often */
	if (name.space != SQL_LOCK_ADVISORY) {
		if (sql_lock_holds(p, name, mode))
			return NULL;
	} else if ((held = find_held(p, name, mode, session)) && held->mode == mode) {
		held->count++;
		return NULL;
	}
	struct sql_party *blocker = sql_lock_blocker(p, name, mode);
	if (blocker)
		return blocker;
	hold(p, name, mode, session, depth);
	return NULL;
}

void sql_lock_follow(struct sql_locks *l, struct sql_party *not_this, struct sql_lock_name from, struct sql_lock_name to)
{
	struct sql_lock *lock = l->table.live ? map_get(&l->table, key_of(&from)) : NULL;

	for (size_t i = 0; lock && i < lock->count; i++)
		if (lock->holders[i].party != not_this)
			hold(lock->holders[i].party, to, lock->holders[i].mode, false, 1);
}

static void forget(struct sql_party *p, size_t i)
{
	drop_holder(p, &p->held[i]);
	memmove(&p->held[i], &p->held[i + 1], (--p->nheld - i) * sizeof(*p->held));
}

bool sql_lock_drop(struct sql_party *p, struct sql_lock_name name, int mode)
{
	for (size_t i = p->nheld; i-- > 0;) {
		struct sql_held *h = &p->held[i];
		if (!h->session || h->mode != mode || memcmp(&h->name, &name, sizeof(name)) != 0)
			continue;
		if (!--h->count)
			forget(p, i);
		sql_wake_all(p->locks);
		return true;
	}
	return false;
}

void sql_lock_drop_session(struct sql_party *p)
{
	for (size_t i = p->nheld; i-- > 0;)
		if (p->held[i].session)
			forget(p, i);
	sql_wake_all(p->locks);
}

void sql_lock_end(struct sql_party *p, size_t depth)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->nheld; i++) {
		struct sql_held h = p->held[i];
		if (h.session || (depth && h.depth < depth))
			p->held[kept++] = h;
		else
			drop_holder(p, &h);
	}
	p->nheld = kept;
	sql_wake_all(p->locks);
}

void sql_lock_merge(struct sql_party *p, size_t level)
{
	for (size_t i = p->nheld; i-- > 0 && (p->held[i].session || p->held[i].depth > level);)
		if (!p->held[i].session)
			p->held[i].depth = level;
}

/* ---- waiting ---------------------------------------------------------------- */

static void leave_queue(struct sql_party *p)
{
	struct sql_locks *l = p->locks;

	if (p->prev)
		p->prev->next = p->next;
	else
		l->first = p->next;
	if (p->next)
		p->next->prev = p->prev;
	else
		l->last = p->prev;
	p->next = p->prev = NULL;
}

void sql_party_release(struct sql_party *p)
{
	assert(!p->waits_for);
	while (p->nheld)
		forget(p, p->nheld - 1);
	free(p->held);
	p->held = NULL;
	p->held_cap = 0;
	if (p->locks)
		sql_wake_all(p->locks);
}

/* Whether `from` waits, directly or through others, for `p`. */
static bool waits_on(const struct sql_party *from, const struct sql_party *p)
{
	for (size_t steps = 0; from && steps < 10000; steps++) {
		if (from == p)
			return true;
		from = from->waits_for;
	}
	return false;
}

enum sql_wake sql_wait(struct sql_party *p, struct sql_party *blocker, struct sql_lock_name wanted, int mode)
{
	struct sql_locks *l = p->locks;

	p->wanted = wanted;
	p->wanted_mode = mode;
	if (waits_on(blocker, p))
		return SQL_WAKE_DEADLOCK;
	p->waits_for = blocker;
	p->wake = SQL_WAKE_NONE;
	p->prev = l->last;
	if (l->last)
		l->last->next = p;
	else
		l->first = p;
	l->last = p;
	while (p->wake == SQL_WAKE_NONE)
		fiber_yield();
	leave_queue(p);
	p->waits_for = NULL;
	return p->wake;
}

void sql_wake(struct sql_party *p, enum sql_wake why)
{
	if (p->waits_for && p->wake < why)
		p->wake = why;
}

void sql_wake_all(struct sql_locks *l)
{
	for (struct sql_party *p = l->first; p; p = p->next)
		sql_wake(p, SQL_WAKE_RETRY);
}

void sql_run_woken(struct sql_locks *l)
{
	assert(!fiber_inside());
	for (struct sql_party *p = l->first; p;) {
		if (p->wake == SQL_WAKE_NONE) {
			p = p->next;
			continue;
		}
		struct fiber *f = p->fiber;
		p->fiber = NULL;
		if (fiber_resume(f))
			p->fiber = f; /* it waits again, at the end of the queue */
		else
			p->done(p);
		p = l->first; /* what it did may have let others go */
	}
}

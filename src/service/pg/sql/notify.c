/*
 * What a transaction said with LISTEN, UNLISTEN and NOTIFY, kept until its end.
 */
#include "service/pg/sql/notify.h"

#include <stdlib.h>
#include <string.h>

#define CHANNEL_MAX 63    /* NAMEDATALEN - 1 */
#define PAYLOAD_MAX 7999  /* NOTIFY_PAYLOAD_MAX_LENGTH - 1, async.c */

struct sql_note {
	struct sql_note *next;
	char what;              /* l LISTEN, u UNLISTEN, n NOTIFY */
	size_t level;
	struct slice channel, payload; /* behind the struct */
	char bytes[];
};

static void add(struct sql_session *s, char what, struct slice channel, struct slice payload)
{
	struct sql_note *n = malloc(sizeof(*n) + channel.len + payload.len), **last = &s->notes;

	if (!n)
		abort(); /* as the arena: out of memory ends the host */
	*n = (struct sql_note){ .what = what, .level = sql_tx_depth(s->tx), .channel = { n->bytes, channel.len },
				.payload = { n->bytes + channel.len, payload.len } };
	if (channel.len)
		memcpy(n->bytes, channel.ptr, channel.len);
	if (payload.len)
		memcpy(n->bytes + channel.len, payload.ptr, payload.len);
	while (*last)
		last = &(*last)->next;
	*last = n;
}

bool sql_notify(struct sql_session *s, struct slice channel, struct slice payload)
{
	struct sql_env *env = &s->engine->env;

	if (!channel.len || channel.len > CHANNEL_MAX) {
		sql_raise_env(env, "22023", channel.len ? "channel name too long" : "channel name cannot be empty");
		return false;
	}
	if (payload.len > PAYLOAD_MAX) {
		sql_raise_env(env, "22023", "payload string too long");
		return false;
	}
	/* the same twice in one transaction is told once */
	for (const struct sql_note *n = s->notes; n; n = n->next)
		if (n->what == 'n' && slice_eq(n->channel, channel) && slice_eq(n->payload, payload))
			return true;
	add(s, 'n', channel, payload);
	return true;
}

void sql_listen(struct sql_session *s, struct slice channel)
{
	add(s, 'l', channel, SLICE_NONE);
}

void sql_unlisten(struct sql_session *s, struct slice channel)
{
	add(s, 'u', channel, SLICE_NONE);
}

void sql_unlisten_now(struct sql_session *s)
{
	struct map_entry *e;

	for (size_t i = 0; (e = map_next(&s->listens, &i));)
		map_take(&s->listens, e->key);
}

static void tell(struct sql_session *from, const struct sql_note *n)
{
	for (struct sql_session *s = from->engine->first; s; s = s->next)
		if (s->hooks.notified && map_get(&s->listens, n->channel) && strcmp(s->database, from->database) == 0)
			s->hooks.notified(s->hooks.of, from->pid, n->channel, n->payload);
}

void sql_notify_commit(struct sql_session *s)
{
	for (const struct sql_note *n = s->notes; n; n = n->next)
		if (n->what == 'l')
			map_set(&s->listens, n->channel, s);
		else if (n->what == 'u' && n->channel.len)
			map_take(&s->listens, n->channel);
		else if (n->what == 'u')
			sql_unlisten_now(s);
	for (const struct sql_note *n = s->notes; n; n = n->next)
		if (n->what == 'n')
			tell(s, n);
	sql_notify_undo(s, 0);
}

void sql_notify_undo(struct sql_session *s, size_t level)
{
	for (struct sql_note **p = &s->notes; *p;) {
		struct sql_note *n = *p;

		if (level && n->level < level) {
			p = &n->next;
			continue;
		}
		*p = n->next;
		free(n);
	}
}

void sql_notify_merge(struct sql_session *s, size_t level)
{
	for (struct sql_note *n = s->notes; n; n = n->next)
		if (n->level >= level)
			n->level = level - 1;
}

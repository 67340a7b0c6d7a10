/*
 * CancelRequest: finds the connection that a process number and key name, and
 * ends what it waits for. Nobody is told whether it was found (manual 55.2.7).
 */
#include "service/pg/pg_conn.h"
#include "service/pg/pg_error.h"
#include "service/pg/pg_real.h"

void pg_cancel_join(struct pg_conn *c)
{
	struct pg_server *server = c->server;
	struct {
		uint64_t seed, id;
	} unique = { server ? server->seed : 0, c->link->id };

	/* process numbers look like some, and are the same on every run */
	c->pid = (uint32_t)(1000 + c->link->id % 4000000);
	c->key = (uint32_t)(slice_hash(slice_of((const char *)&unique, sizeof(unique))) >> 16);
	if (!server)
		return;
	c->next = server->first;
	if (c->next)
		c->next->prev = c;
	server->first = c;
}

void pg_cancel_leave(struct pg_conn *c)
{
	if (c->prev)
		c->prev->next = c->next;
	else if (c->server && c->server->first == c)
		c->server->first = c->next;
	if (c->next)
		c->next->prev = c->prev;
	c->next = c->prev = NULL;
}

static void fill(struct reply *reply, struct request *request)
{
	pg_reply_error(reply, pg_error_new(request->arena, "57014", "canceling statement due to user request"));
	reply->by = BY_FAKE;
}

void pg_cancel(struct pg_server *server, uint32_t pid, uint32_t key)
{
	for (struct pg_conn *c = server ? server->first : NULL; c; c = c->next)
		if (c->pid == pid && c->key == key && c->link->interrupt) {
			pg_backend_cancel(c);
			if (pg_engine_waits(c))
				pg_engine_cancel(c);
			else
				c->link->interrupt(c->link, fill);
			return;
		}
}

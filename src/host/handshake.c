/* handshake: asks the rules what certificate a client is shown, or whether any,
 * and writes down how it took it. The certificates themselves are made in
 * authority.c. */
#include "host/handshake.h"

#include <stdio.h>

#include "host/session.h"

static struct session *session_of(struct authority_client *c)
{
	return (struct session *)((char *)c - offsetof(struct session, handshake) - offsetof(struct handshake, client));
}

/* Holds the handshake until handshake_timer(). Nothing may be closed here: OpenSSL is on the stack. */
static void hold(struct session *s, uint64_t delay_ns)
{
	s->handshake.client.wait = s->handshake.timed = true;
	session_start_timer(s, delay_ns);
}

static void on_hello(struct authority_client *c, struct slice name, struct slice alpn)
{
	struct session *s = session_of(c);
	struct handshake *hs = &s->handshake;
	struct reply rep = { .port = PORT_TLS };
	struct request req = { .port = PORT_TLS,
			       .sum = arena_printf(&s->arena, "handshake %s", s->endpoint->boundary),
			       .service = s->link.service,
			       .boundary = s->link.boundary,
			       .asker = { .program = slice_str(s->program), .conn = s->ordinal },
			       .arena = &s->arena,
			       .tls = { .name = name, .alpn = alpn } };

	hs->asked_ns = host_now(s->host);
	snprintf(hs->name, sizeof(hs->name), "%.*s", SLICE_ARG(name));
	snprintf(hs->alpn, sizeof(hs->alpn), "%.*s", SLICE_ARG(alpn));
	struct rule_hit *hit = rules_match(s->host->rules, &req);
	if (!hit)
		return;
	bool answered = rule_answer(s->host->rules, hit, &req, &rep);
	if (answered && rep.by == BY_NONE) { /* the rule's answers are used up, and it says that this is a failure */
		rep.fault = FAULT_TLS_ALERT;
		rep.tls.alert = tls_alert_by_name("internal_error");
		rep.err = slice_str(tls_alert_name(rep.tls.alert));
		rep.by = BY_FAULT;
	}
	hs->pending = true;
	hs->fault = rep.fault;
	hs->by = rep.by;
	hs->rule = rep.rule;
	hs->err = rep.err;
	c->certificate = rep.fault || !answered ? TLS_GOOD : rep.tls.certificate;
	if (rep.fault == FAULT_TLS_ALERT)
		c->alert = rep.tls.alert;
	if (rep.delay_ns || rep.fault == FAULT_RESET || rep.fault == FAULT_EOF)
		hold(s, rep.delay_ns);
}

void handshake_begin(struct session *s, struct slice first)
{
	struct handshake *hs = &s->handshake;

	*hs = (struct handshake){ .client = { .fallback = s->endpoint->name[0] ? s->endpoint->name : "localhost",
					      .hello = on_hello,
					      .alert = TLS_ALERT_NONE,
					      .got_alert = TLS_ALERT_NONE },
				  .by = BY_FAKE };
	SSL *ssl = s->host->authority ? authority_serve(s->host->authority, &hs->client) : NULL;
	if (!ssl) {
		session_break_off(s, "no tls");
		return;
	}
	s->link.tls = true;
	/* the slice may be the stream's own buffer, which TLS is about to fill */
	first = arena_slice(&s->arena, first);
	buf_reset(&s->stream.in);
	stream_start_tls(&s->stream, ssl, first);
}

bool handshake_timer(struct session *s)
{
	struct handshake *hs = &s->handshake;

	if (!hs->timed)
		return false;
	hs->timed = hs->client.wait = false;
	if (hs->fault == FAULT_RESET) {
		session_break_off(s, "reset by a rule");
	} else if (hs->fault == FAULT_EOF) {
		session_break_off_softly(s, "ended by a rule");
	} else {
		stream_continue_tls(&s->stream);
	}
	return true;
}

/* `err` is empty when the client took it. */
static void settle(struct session *s, struct slice err, const char *why)
{
	struct handshake *hs = &s->handshake;

	hs->pending = false;
	hs->told = true;
	events_tls(s, err, why);
}

void handshake_passed(struct session *s)
{
	if (s->handshake.pending)
		settle(s, SLICE_NONE, NULL);
}

static struct slice refusal(const struct handshake *hs, const char *otherwise)
{
	if (hs->fault)
		return hs->err;
	return slice_str(hs->client.got_alert > 0 ? tls_alert_name(hs->client.got_alert) : otherwise);
}

void handshake_over(struct session *s)
{
	const struct handshake *hs = &s->handshake;

	if (!hs->client.hello || hs->told)
		return;
	if (!hs->pending) {
		if (!stream_is_secure(&s->stream)) /* Java's HttpClient says nothing when it refuses */
			settle(s, refusal(hs, "EOF"), NULL);
		return;
	}
	/* some clients look at the certificate when the handshake is over: one that was shown a flawed one and
	 * goes without a byte did not take it */
	bool flawed = hs->client.certificate != TLS_GOOD && s->stream.ending;
	if (!flawed && !hs->fault && hs->client.got_alert == TLS_ALERT_NONE && stream_is_secure(&s->stream))
		settle(s, SLICE_NONE, NULL);
	else
		settle(s, refusal(hs, "EOF"), NULL);
}

void handshake_failed(struct session *s, const char *why)
{
	/* an alert says it in words that do not depend on the library's version */
	settle(s, refusal(&s->handshake, "EPROTO"), s->handshake.fault || s->handshake.client.got_alert > 0 ? NULL : why);
}

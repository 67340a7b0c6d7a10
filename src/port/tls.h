/*
 * tls: words of a handshake: certificates that a rule presents on purpose, and
 * alerts by the names of RFC 8446 (section 6 and appendix B.2).
 */
#ifndef PORT_TLS_H
#define PORT_TLS_H

#include <stddef.h>

enum tls_certificate {
	TLS_GOOD = 0,
	TLS_EXPIRED,       /* its time is over */
	TLS_NOT_YET_VALID, /* its time has not come */
	TLS_WRONG_NAME,    /* it stands for another host */
	TLS_UNTRUSTED,     /* signed by an authority that nobody trusts */
	TLS_SELF_SIGNED,   /* signed by itself */
	TLS_CERTIFICATES,
};
/* As in rule files: "wrong-name"; NULL beyond the last. */
const char *tls_certificate_name(enum tls_certificate c);

#define TLS_ALERT_NONE (-1)
/* "unknown_ca"; NULL: no such alert. */
const char *tls_alert_name(int alert);
/* TLS_ALERT_NONE: no alert has that name. */
int tls_alert_by_name(const char *name);
/* All names, ends in NULL. */
const char *const *tls_alert_names(void);

#endif

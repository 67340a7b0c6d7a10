/*
 * tls: the two tables. Whoever shakes hands is in host/.
 */
#include "port/tls.h"

#include <string.h>

static const char *const certificates[TLS_CERTIFICATES] = {
	[TLS_GOOD] = "good",
	[TLS_EXPIRED] = "expired",
	[TLS_NOT_YET_VALID] = "not-yet-valid",
	[TLS_WRONG_NAME] = "wrong-name",
	[TLS_UNTRUSTED] = "untrusted",
	[TLS_SELF_SIGNED] = "self-signed",
};

/* RFC 8446 section 6; the numbers that only older versions use are there too, clients still send them. */
static const struct {
	int number;
	const char *name;
} alerts[] = {
	{ 0, "close_notify" },
	{ 10, "unexpected_message" },
	{ 20, "bad_record_mac" },
	{ 21, "decryption_failed" },
	{ 22, "record_overflow" },
	{ 30, "decompression_failure" },
	{ 40, "handshake_failure" },
	{ 41, "no_certificate" },
	{ 42, "bad_certificate" },
	{ 43, "unsupported_certificate" },
	{ 44, "certificate_revoked" },
	{ 45, "certificate_expired" },
	{ 46, "certificate_unknown" },
	{ 47, "illegal_parameter" },
	{ 48, "unknown_ca" },
	{ 49, "access_denied" },
	{ 50, "decode_error" },
	{ 51, "decrypt_error" },
	{ 60, "export_restriction" },
	{ 70, "protocol_version" },
	{ 71, "insufficient_security" },
	{ 80, "internal_error" },
	{ 86, "inappropriate_fallback" },
	{ 90, "user_canceled" },
	{ 100, "no_renegotiation" },
	{ 109, "missing_extension" },
	{ 110, "unsupported_extension" },
	{ 111, "certificate_unobtainable" },
	{ 112, "unrecognized_name" },
	{ 113, "bad_certificate_status_response" },
	{ 114, "bad_certificate_hash_value" },
	{ 115, "unknown_psk_identity" },
	{ 116, "certificate_required" },
	{ 120, "no_application_protocol" },
};
#define ALERTS (sizeof(alerts) / sizeof(alerts[0]))

const char *tls_certificate_name(enum tls_certificate c)
{
	return (unsigned)c < TLS_CERTIFICATES ? certificates[c] : NULL;
}

const char *tls_alert_name(int alert)
{
	for (size_t i = 0; i < ALERTS; i++)
		if (alerts[i].number == alert)
			return alerts[i].name;
	return NULL;
}

int tls_alert_by_name(const char *name)
{
	for (size_t i = 0; i < ALERTS; i++)
		if (strcmp(alerts[i].name, name) == 0)
			return alerts[i].number;
	return TLS_ALERT_NONE;
}

const char *const *tls_alert_names(void)
{
	static const char *names[ALERTS + 1];

	for (size_t i = 0; i < ALERTS; i++)
		names[i] = alerts[i].name;
	return names;
}

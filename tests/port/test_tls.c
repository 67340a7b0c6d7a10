/* Words of a handshake. */
#include <string.h>

#include "port/tls.h"
#include "suites.h"

START_TEST(alerts_have_the_names_of_the_specification)
{
	ck_assert_str_eq(tls_alert_name(40), "handshake_failure");
	ck_assert_str_eq(tls_alert_name(48), "unknown_ca");
	ck_assert_ptr_null(tls_alert_name(255));
	ck_assert_int_eq(tls_alert_by_name("certificate_expired"), 45);
	ck_assert_int_eq(tls_alert_by_name("certificate expired"), TLS_ALERT_NONE);
	for (const char *const *name = tls_alert_names(); *name; name++)
		ck_assert_str_eq(tls_alert_name(tls_alert_by_name(*name)), *name);
}
END_TEST

START_TEST(every_kind_of_certificate_has_a_name)
{
	for (int i = 0; i < TLS_CERTIFICATES; i++)
		ck_assert_ptr_nonnull(tls_certificate_name((enum tls_certificate)i));
	ck_assert_ptr_null(tls_certificate_name(TLS_CERTIFICATES));
	ck_assert_str_eq(tls_certificate_name(TLS_NOT_YET_VALID), "not-yet-valid");
}
END_TEST

SUITE_BEGIN(tls)
	SUITE_TEST(alerts_have_the_names_of_the_specification);
	SUITE_TEST(every_kind_of_certificate_has_a_name);
SUITE_END

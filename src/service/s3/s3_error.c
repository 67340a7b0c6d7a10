/* s3_error: looks a code up in s3_errors.def. */
#include "service/s3/s3_error.h"

static const struct {
	const char *code;
	int status;
	const char *message;
} errors[] = {
#define ERROR(code, status, message) {#code, status, message},
#include "service/s3/s3_errors.def"
};

int s3_error_status(struct slice code)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (slice_eq_str(code, errors[i].code))
			return errors[i].status;
	return 400;
}

const char *s3_error_message(struct slice code)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (slice_eq_str(code, errors[i].code))
			return errors[i].message;
	return "";
}

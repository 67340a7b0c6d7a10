/* service: the list of services, and the error places they share. */
#include "service/service.h"

#include <stdarg.h>
#include <stdio.h>

#define SERVICE(name) extern const struct service_type service_##name;
#include "service/services.def"

const struct service_type *const service_types[] = {
#define SERVICE(name) &service_##name,
#include "service/services.def"
	NULL,
};

const struct service_type *service_type_find(struct slice protocol)
{
	for (size_t i = 0; service_types[i]; i++)
		if (slice_eq_str(protocol, service_types[i]->protocol))
			return service_types[i];
	return NULL;
}

int service_bad(const struct service_config *c, struct err *err, const char *path, const char *fmt, ...)
{
	char whole[512], text[900];
	int line, column;
	va_list ap;

	snprintf(whole, sizeof(whole), "%s%s%s", c->path, *path && *path != '[' ? "." : "", path);
	jsondoc_where(c->doc, whole, false, &line, &column);
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_at(err, ERR_CONTENT, c->doc->file, line, column, "%s: %s", whole, text);
}

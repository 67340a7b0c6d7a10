/* trace_rules: opening rule files and traces on behalf of a command. */
#include "trace_rules.h"

#include "cmd.h"
#include "host/host.h"

static int load(const char *command, const char *const *files, size_t count, bool expectations, struct rules **out)
{
	struct rule_options options = { .expectations = expectations };
	struct rule_errors errors = { 0 };

	*out = NULL;
	if (!count)
		return 0;
	options.protocols = host_protocols(&options.nprotocols);
	if (rules_load(out, files, count, &options, &errors) == 0) {
		rule_errors_release(&errors);
		return 0;
	}
	for (size_t i = 0; i < errors.count; i++)
		cmd_fail(command, &errors.list[i]);
	rule_errors_release(&errors);
	return EXIT_USAGE;
}

int tool_rules(const char *command, const char *const *files, size_t count, struct rules **out)
{
	return load(command, files, count, false, out);
}

int tool_expectations(const char *command, const char *const *files, size_t count, struct rules **out)
{
	return load(command, files, count, true, out);
}

int tool_trace(const char *command, const char *path, bool lenient, struct trace_file **out)
{
	struct err err = { 0 };
	int rc = trace_file_open(out, path, lenient, TOOL_WAIT_MS, &err);

	if (!rc)
		return 0;
	cmd_fail(command, &err);
	/* A file that is no sound trace cannot be compared, whatever is wrong with it. */
	return rc == ERR_IO ? EXIT_USAGE : EXIT_UNUSABLE;
}

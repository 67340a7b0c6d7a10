/*
 * seam mask: adds an entry to the `mask` (or `normalise`) of a rule file. The
 * file's own text stays as it is: the entry is put in, nothing is written anew.
 */
#include "cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/jscan.h"
#include "trace/noise.h"
#include "trace_rules.h"

#define FILE_MAX ((size_t)64 * 1024 * 1024) /* of a rule file */

static const char help[] =
	"usage: seam mask add [OPTION]... PATH...\n\n"
	"Adds each PATH to \"mask\" in a rule file: what stands there is not compared any more, but\n"
	"counted. PATH is as 'seam diff' prints it (a.db.query.parameter.1, req.b.items[*].id) or as\n"
	"rule files name it (sql.param.2, json.items[*].id, http.header.x-request-id); \"re:\" in front\n"
	"makes it a pattern.\n\n"
	"  -r, --rules FILE   the rule file (default: $SEAM_RULES, else rules.json)\n"
	"  --service NAME     only events of that service\n"
	"  --sum SUM          only events with that summary, e.g. 'INSERT orders'; * stands for anything\n"
	"  --k KIND           only events of that kind, e.g. sql\n"
	"  --until DATE       for a time: 2027-01-31\n"
	"  --reason TEXT      why, for who reads the file\n"
	"  --numeric          do not leave it out, compare it as a number: \"19.90\" is 19.9\n"
	"  --tolerance N      do not leave it out, compare within N, or N%\n"
	"  --id               a new value each run; which ones are equal is still checked\n\n"
	"exit status: 0 added, 2 usage or I/O\n\n"
	"example:\n"
	"  seam mask add 'json.items[*].seen_at' --service vendor\n";

struct asked {
	const char *file, *service, *sum, *k, *until, *reason, *tolerance;
	bool numeric, id;
};

static json_t *entry_of(const struct asked *a, const char *path, const char **member)
{
	json_t *e = json_pack("{s:s}", "path", path);
	char *end;

	*member = a->numeric || a->tolerance || a->id ? "normalise" : "mask";
	if (a->numeric || a->id)
		json_object_set_new(e, "as", json_string(a->id ? "id" : "number"));
	if (a->tolerance) {
		double v = strtod(a->tolerance, &end);
		json_object_set_new(e, "tolerance", *end ? json_string(a->tolerance) : json_real(v));
	}
	const char *const names[] = { "k", "service", "sum", "until", "reason" };
	const char *const values[] = { a->k, a->service, a->sum, a->until, a->reason };
	for (size_t i = 0; i < 5; i++)
		if (values[i])
			json_object_set_new(e, names[i], json_string(values[i]));
	if (json_object_size(e) == 1) {
		json_decref(e);
		e = json_string(path);
	}
	return e;
}

static int read_file(const char *path, struct buf *out, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 1;

	if (fd < 0)
		return err_at(err, ERR_IO, path, 0, 0, "cannot be opened: %s", strerror(errno));
	while (n > 0) {
		char *room = buf_reserve(out, 64 * 1024);
		n = room ? read(fd, room, 64 * 1024) : -1;
		if (n > 0)
			buf_commit(out, (size_t)n);
	}
	close(fd);
	return n < 0 ? err_at(err, ERR_IO, path, 0, 0, "cannot be read") : 0;
}

static int write_file(const char *path, struct slice text, struct err *err)
{
	char tmp[4096];
	struct stat st;

	if (stat(path, &st) < 0 || (size_t)snprintf(tmp, sizeof(tmp), "%s.new.%d", path, (int)getpid()) >= sizeof(tmp))
		return err_at(err, ERR_IO, path, 0, 0, "cannot be written");
	int fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, st.st_mode & 0777);
	bool ok = fd >= 0 && write(fd, text.ptr, text.len) == (ssize_t)text.len;
	if (fd >= 0 && close(fd) < 0)
		ok = false;
	if (ok && rename(tmp, path) == 0)
		return 0;
	unlink(tmp);
	return err_at(err, ERR_IO, path, 0, 0, "cannot be written");
}

/* Puts `entry` at the end of the top-level array, which is made when missing. */
static bool put_in(struct slice text, const char *member, const char *entry, struct buf *out)
{
	struct slice list = jscan_get(text, member), whole = slice_skip(text, jscan_space(text));
	struct slice at = list.len ? list : whole;

	if (!whole.len || whole.ptr[0] != '{' || (list.len && list.ptr[0] != '['))
		return false;
	const char *end = NULL;
	if (list.len) {
		end = at.ptr + at.len - 1;
	} else {
		const char *what;
		size_t where, n = jscan_value(whole, &what, &where);
		end = whole.ptr + n - 1;
	}
	const char *last = end;
	while (last > at.ptr && (last[-1] == ' ' || last[-1] == '\n' || last[-1] == '\t' || last[-1] == '\r'))
		last--;
	bool empty = last == at.ptr + 1;
	/* An array over several lines gets another line, with the last one's indent. */
	const char *line = last;
	while (line > text.ptr && line[-1] != '\n')
		line--;
	const char *word = line;
	while (*word == ' ' || *word == '\t')
		word++;
	bool lines = memchr(at.ptr, '\n', at.len) != NULL && !empty;
	buf_add(out, text.ptr, (size_t)(last - text.ptr));
	if (!empty)
		buf_add_char(out, ',');
	if (lines) {
		buf_add_char(out, '\n');
		buf_add(out, line, (size_t)(word - line));
	} else if (!empty) {
		buf_add_char(out, ' ');
	}
	if (list.len)
		buf_add_str(out, entry);
	else
		buf_addf(out, "\"%s\": [ %s ]", member, entry);
	buf_add(out, last, (size_t)(text.ptr + text.len - last));
	return true;
}

static int add(const struct asked *a, const char *path)
{
	const char *member;
	json_t *entry = entry_of(a, path, &member), *list = json_array();
	struct noise noise = { 0 };
	struct buf text, made;
	struct err err = { 0 };
	struct rules *rules = NULL;
	int rc;

	buf_init(&text, FILE_MAX);
	buf_init(&made, FILE_MAX);
	json_array_append(list, entry);
	bool mask = strcmp(member, "mask") == 0;
	rc = noise_init(&noise, mask ? list : NULL, mask ? NULL : list, &err);
	noise_release(&noise);
	if (!rc)
		rc = read_file(a->file, &text, &err);
	if (rc) {
		rc = cmd_fail("mask", &err);
		goto out;
	}
	/* It must have been sound before. */
	if ((rc = tool_rules("mask", &a->file, 1, &rules)))
		goto out;
	char *dumped = json_dumps(entry, JSON_COMPACT | JSON_ENCODE_ANY);
	if (!put_in(buf_slice(&text), member, dumped, &made))
		rc = cmd_usage("mask", "%s: its \"%s\" is no array", a->file, member);
	else if (write_file(a->file, buf_slice(&made), &err) < 0)
		rc = cmd_fail("mask", &err);
	else
		printf("seam: %s: added %s to \"%s\"\n", a->file, dumped, member);
	free(dumped);
out:
	rules_free(rules);
	json_decref(entry);
	json_decref(list);
	buf_release(&text);
	buf_release(&made);
	return rc;
}

int cmd_mask(int argc, char **argv)
{
	static const struct option options[] = {
		{ "rules", required_argument, NULL, 'r' },  { "service", required_argument, NULL, 's' }, { "sum", required_argument, NULL, 'S' },
		{ "k", required_argument, NULL, 'k' },	    { "until", required_argument, NULL, 'u' },	 { "reason", required_argument, NULL, 'R' },
		{ "numeric", no_argument, NULL, 'n' },	    { "tolerance", required_argument, NULL, 't' }, { "id", no_argument, NULL, 'i' },
		{ "help", no_argument, NULL, 'h' },	    { 0 },
	};
	struct asked a = { 0 };
	int got, rc = 0;

	optind = 1;
	while ((got = getopt_long(argc, argv, ":r:k:h", options, NULL)) != -1) {
		switch (got) {
		case 'r':
			a.file = optarg;
			break;
		case 's':
			a.service = optarg;
			break;
		case 'S':
			a.sum = optarg;
			break;
		case 'k':
			a.k = optarg;
			break;
		case 'u':
			a.until = optarg;
			break;
		case 'R':
			a.reason = optarg;
			break;
		case 'n':
			a.numeric = true;
			break;
		case 't':
			a.tolerance = optarg;
			break;
		case 'i':
			a.id = true;
			break;
		case 'h':
			fputs(help, stdout);
			return 0;
		default:
			return cmd_bad_option("mask", argv, options, got);
		}
	}
	if (optind >= argc || strcmp(argv[optind], "add") != 0)
		return cmd_usage("mask", "expected \"add\" and a path; try 'seam mask --help'");
	if (++optind >= argc)
		return cmd_usage("mask", "add: no path given; 'seam diff' prints them");
	if (a.numeric + a.id + !!a.tolerance > 1)
		return cmd_usage("mask", "--numeric, --tolerance and --id exclude each other");
	const char *env = getenv("SEAM_RULES");
	if (!a.file)
		a.file = env && *env ? env : "rules.json";
	for (; optind < argc && !rc; optind++)
		rc = add(&a, argv[optind]);
	return rc;
}

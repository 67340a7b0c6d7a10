/*
 * What a broken rule file is told: every text with the exact lines it gets.
 * ' in a text stands for a double quote, ` for a single one.
 */
#include "rule_test.h"

#define SERVICES(text) "{'seam': 1, 'services': {\n" text "}}"
#define RULES(text)                                                                                                        \
	"{'seam': 1, 'services': {'db': {'protocol': 'postgres', 'at': ['db:5432']}, 'web': {'protocol': 'http', 'at': ['web:80']}," \
	" 'lake': {'protocol': 's3', 'at': ['minio:9000']}},\n'rules': [\n" text "]}"

static const struct {
	const char *text, *errors;
} broken[] = {
	{ "",
	  "r.json:1:1: not JSON: '[' or '{' expected near end of file" },
	{ "{'seam': 1,}",
	  "r.json:1:12: not JSON: string or '}' expected near '}'" },
	{ "{'seam': 1, 'seam': 1}",
	  "r.json:1:18: not JSON: duplicate object key near '\"seam\"'" },
	{ "[]",
	  "r.json:1:1: is an array, expected an object" },
	{ "{}",
	  "r.json:1:1: \"seam\": 1 is missing; it says which version of the format the file is in" },
	{ "{'seam': 2}",
	  "r.json:1:10: seam: is 2; this version of seam reads format 1" },
	{ "{'seam': '1'}",
	  "r.json:1:10: seam: is \"1\"; this version of seam reads format 1" },
	{ "{'seam': 1, 'rule': []}",
	  "r.json:1:13: rule: unknown key \"rule\" (did you mean \"rules\"?)" },
	{ "{'seam': 1, 'rules': {}}",
	  "r.json:1:22: rules: is an object, expected an array" },
	{ "{'seam': 1, 'unmatched': 'pass'}",
	  "r.json:1:26: unmatched: only \"refuse\" is known: declare a service with protocol \"pass\" for what may reach the real system" },
	{ "{'seam': 1, 'include': ['no/such/*.json']}",
	  "r.json:1:25: include[0]: no file matches \"no/such/*.json\"" },
	{ "{'seam': 1, 'include': 7}",
	  "r.json:1:24: include: is an integer, expected an array" },
	{ "{'seam': 1, 'expect': {}}",
	  "r.json:1:23: expect: is an object, expected an array" },
	{ "{'seam': 1, 'expect': ['x']}",
	  "r.json:1:24: expect[0]: is a string, expected an object" },
	{ "{'seam': 1, 'mask': [1]}",
	  "r.json:1:22: mask[0]: is an integer, expected a string or an object" },
	{ "{'seam': 1, 'profiles': {'test': {'service': {}}}}",
	  "r.json:1:35: profiles.test.service: unknown key \"service\" (did you mean \"services\"?)" },
	{ SERVICES("'db': {'at': ['db:1']}"),
	  "r.json:2:7: services.db: \"protocol\" is missing (known: postgres, http, s3, pass, call)" },
	{ SERVICES("'db': {'protocol': 'postgers', 'at': ['db:1']}"),
	  "r.json:2:20: services.db.protocol: protocol \"postgers\" is not known (did you mean \"postgres\"?)" },
	{ SERVICES("'db': {'protocol': 'oracle', 'at': ['db:1']}"),
	  "r.json:2:20: services.db.protocol: protocol \"oracle\" is not known (known: postgres, http, s3, pass, call)" },
	{ SERVICES("'db': {'protocol': 'postgres'}"),
	  "r.json:2:7: services.db: \"at\" is missing: the addresses of the service as the program names them, like [\"db.prod:5432\"]" },
	{ SERVICES("'db': {'protocol': 'postgres', 'at': []}"),
	  "r.json:2:38: services.db.at: is empty: a service claims at least one address" },
	{ SERVICES("'db': {'protocol': 'postgres', 'at': ['db:99999']}"),
	  "r.json:2:39: services.db.at[0]: \"db:99999\": the port is \"99999\", expected a number from 1 to 65535" },
	{ SERVICES("'db': {'protocol': 'postgres', 'at': ['db:x']}"),
	  "r.json:2:39: services.db.at[0]: \"db:x\": the port is \"x\", expected a number from 1 to 65535" },
	{ SERVICES("'db': {'protocol': 'postgres', 'at': ['::1']}"),
	  "r.json:2:39: services.db.at[0]: \"::1\" is an IPv6 address without brackets: write \"[address]:port\"" },
	{ SERVICES("'db': {'protocol': 'postgres', 'at': ['[::g]:5432']}"),
	  "r.json:2:39: services.db.at[0]: \"[::g]:5432\": between [ and ] stands no IPv6 address" },
	{ SERVICES("'db': {'protocol': 'postgres', 'at': [':5432']}"),
	  "r.json:2:39: services.db.at[0]: \":5432\" names no host, expected host:port, unix:PATH or udp:host:port" },
	{ SERVICES("'db': {'protocol': 'postgres', 'at': ['d b:5432']}"),
	  "r.json:2:39: services.db.at[0]: \"d b:5432\": ' ' cannot be part of a host name, expected host:port, unix:PATH or udp:host:port" },
	{ SERVICES("'db': {'protocol': 'postgres', 'at': ['unix:var/run/x']}"),
	  "r.json:2:39: services.db.at[0]: \"unix:var/run/x\": the path of a Unix socket starts with / (or @ for the abstract namespace)" },
	{ SERVICES("'slack': {'protocol': 'http', 'at': ['https://hooks.slack.com/services/x']}"),
	  "r.json:2:38: services.slack.at[0]: \"https://hooks.slack.com/services/x\" is a URL, expected host:port: write \"hooks.slack.com:443\"" },
	{ SERVICES("'auth': {'protocol': 'pass', 'at': ['localhost']}"),
	  "r.json:2:37: services.auth.at[0]: \"localhost\" has no port, and protocol \"pass\" has none of its own: write host:port" },
	{ SERVICES("'db': {'protocol': 'postgres', 'at': ['db'], 'seeds': []}"),
	  "r.json:2:46: services.db.seeds: unknown key \"seeds\" (did you mean \"seed\"?)" },
	{ SERVICES("'db': {'protocol': 'postgres', 'at': ['db'], 'mode': 'record'}"),
	  "r.json:2:54: services.db.mode: mode \"record\" is not known yet to this version of seam; use \"fake\" or \"pass\"" },
	{ SERVICES("'db': {'protocol': 'postgres', 'at': ['db'], 'mode': 'fakee'}"),
	  "r.json:2:54: services.db.mode: mode \"fakee\" is not known (did you mean \"fake\"?)" },
	{ SERVICES("'db': {'protocol': 'postgres', 'at': ['db'], 'memory': '512MB'}"),
	  "r.json:2:56: services.db.memory: expected a size like \"512MiB\" (KiB, MiB, GiB; below 1 TiB)" },
	{ SERVICES("'db': {'protocol': 'postgres', 'at': ['db'], 'profiles': ['test']}"),
	  "r.json:2:59: services.db.profiles[0]: profile \"test\" is not declared under \"profiles\"" },
	{ SERVICES("'redis': {'protocol': 'call', 'functions': [{'library': 'libhiredis', 'args': ['string'], 'returns': 'pointer'}]}"),
	  "r.json:2:45: services.redis.functions[0]: \"function\" is missing: the name of a C function" },
	{ SERVICES("'redis': {'protocol': 'call', 'functions': [{'library': 'l', 'function': 'f', 'args': ['str', 'buffer:9'], 'returns': 'ptr'}]}"),
	  "r.json:2:119: services.redis.functions[0].returns: type \"ptr\" is not known (known: void, int, uint, long, ulong, int64, uint64, size, bool, double, float, string, pointer)\n"
	  "r.json:2:88: services.redis.functions[0].args[0]: type \"str\" is not known (known: int, uint, long, ulong, int64, uint64, size, bool, double, float, string, pointer, buffer:N, each of them after out:, and ... last)\n"
	  "r.json:2:95: services.redis.functions[0].args[1]: \"buffer:9\": there is no other argument 9 that could hold the length; the first is 0" },
	{ SERVICES("'redis': {'protocol': 'call', 'functions': [{'library': 'l', 'function': 'f', 'args': ['out:...', 'out:void', 'out:buffer:7']}]}"),
	  "r.json:2:88: services.redis.functions[0].args[0]: type \"out:...\" is not known (known: int, uint, long, ulong, int64, uint64, size, bool, double, float, string, pointer, buffer:N, each of them after out:, and ... last)\n"
	  "r.json:2:99: services.redis.functions[0].args[1]: type \"out:void\" is not known (known: int, uint, long, ulong, int64, uint64, size, bool, double, float, string, pointer, buffer:N, each of them after out:, and ... last)\n"
	  "r.json:2:111: services.redis.functions[0].args[2]: \"out:buffer:7\": there is no other argument 7 that could hold the length; the first is 0" },
	{ "{'seam': 1, 'services': {'c': {'protocol': 'call', 'functions': [{'library': 'l', 'function': 'f', 'args': ['int', 'out:int']}]}},\n"
	  " 'rules': [{'on': 'call.f', 'do': {'return': 0, 'out': {'0': 1, '2': 1, 'x': 1, '1': []}}}]}",
	  "r.json:2:62: rules[0].do.out.0: argument 0 of f is declared \"int\", and only an \"out:\" one can be written to\n"
	  "r.json:2:70: rules[0].do.out.2: \"2\" is no argument, expected its place, from 0\n"
	  "r.json:2:78: rules[0].do.out.x: \"x\" is no argument, expected its place, from 0\n"
	  "r.json:2:86: rules[0].do.out.1: expected a number, a string, true, false, null or {\"pointer\": N}" },
	{ SERVICES("'redis': {'protocol': 'call', 'functions': [{'library': 'l', 'function': 'f', 'args': ['string', '...', 'buffer:2', 'void']}]}"),
	  "r.json:2:98: services.redis.functions[0].args[1]: \"...\" is the rest of a variadic function, so nothing may follow it\n"
	  "r.json:2:105: services.redis.functions[0].args[2]: \"buffer:2\": there is no other argument 2 that could hold the length; the first is 0\n"
	  "r.json:2:117: services.redis.functions[0].args[3]: type \"void\" is not known (known: int, uint, long, ulong, int64, uint64, size, bool, double, float, string, pointer, buffer:N, each of them after out:, and ... last)" },
	{ RULES("{'do': {}}"),
	  "r.json:3:1: rules[0]: \"on\" is missing: what the rule is about (known: connect, dns, tls, sql, http, s3, call)" },
	{ RULES("{'on': 'htp', 'do': {}}"),
	  "r.json:3:8: rules[0].on: \"htp\" is nothing a rule can be on (did you mean \"http\"?)" },
	{ RULES("{'on': 'kafka', 'do': {}}"),
	  "r.json:3:8: rules[0].on: \"kafka\" is not known yet to this version of seam" },
	{ RULES("{'on': 'connect.x', 'do': {'fault': 'refuse'}}"),
	  "r.json:3:8: rules[0].on: \"connect.x\": after the dot comes an operation, and \"connect\" has none" },
	{ RULES("{'on': 'http', 'service': 'wen', 'do': {}}"),
	  "r.json:3:27: rules[0].service: no service is named \"wen\" (did you mean \"web\"?)" },
	{ RULES("{'on': 'sql', 'service': 'web', 'do': {}}"),
	  "r.json:3:26: rules[0].service: service \"web\" speaks http, whose requests are on: \"http\", not on: \"sql\"" },
	{ RULES("{'on': 'http'}"),
	  "r.json:3:1: rules[0]: \"do\" is missing: what the rule answers; {\"pass\": true} leaves it to the fake" },
	{ RULES("{'on': 'http', 'When': {}, 'do': {}}"),
	  "r.json:3:16: rules[0].When: unknown key \"When\" (did you mean \"when\"?)" },
	{ RULES("{'id': 'a', 'on': 'http', 'do': {}},\n{'id': 'a', 'on': 'http', 'do': {}}"),
	  "r.json:4:8: rules[1].id: \"a\" is the id of another rule, at r.json:3" },
	{ RULES("{'on': 'http', 'times': 0, 'do': {}}"),
	  "r.json:3:25: rules[0].times: is 0; a rule answers at least once" },
	{ RULES("{'on': 'http', 'times': {'min': 3, 'max': 2}, 'do': {}}"),
	  "r.json:3:25: rules[0].times: \"min\" 3 is more than \"max\" 2" },
	{ RULES("{'on': 'http', 'times': {'most': 2}, 'do': {}}"),
	  "r.json:3:26: rules[0].times.most: unknown key \"most\" (known: min, max)" },
	{ RULES("{'on': 'http', 'priority': 'high', 'do': {}}"),
	  "r.json:3:28: rules[0].priority: is a string, expected an integer" },
	{ RULES("{'on': 'http', 'then': 'loop', 'do': {}}"),
	  "r.json:3:24: rules[0].then: says what follows the last of several answers, and \"do\" is no list" },
	{ RULES("{'on': 'http', 'then': 'repeat', 'do': [{}]}"),
	  "r.json:3:24: rules[0].then: \"repeat\" is not known (known: last, loop, fail, next)" },
	{ RULES("{'on': 'http', 'do': []}"),
	  "r.json:3:22: rules[0].do: is empty; give at least one answer" },
	{ RULES("{'on': 'http', 'key': 'x', 'do': {}}"),
	  "r.json:3:23: rules[0].key: names the state of one value, and the rule neither sets a state nor asks for one" },
	{ RULES("{'on': 'http', 'profiles': ['prod'], 'do': {}}"),
	  "r.json:3:29: rules[0].profiles[0]: profile \"prod\" is not declared under \"profiles\"" },
	{ RULES("{'on': 'http', 'set': {'a': 1}, 'do': {}}"),
	  "r.json:3:29: rules[0].set.a: is an integer, expected a string: states are words" },
	{ RULES("{'on': 'http', 'when': {'methd': 'GET'}, 'do': {}}"),
	  "r.json:3:25: rules[0].when.methd: unknown condition \"methd\" (did you mean \"method\"?)" },
	{ RULES("{'on': 'http', 'when': {'sql': 'select 1'}, 'do': {}}"),
	  "r.json:3:25: rules[0].when.sql: \"sql\" is a condition of on: \"sql\", not of on: \"http\"" },
	{ RULES("{'on': 'http', 'when': {'path': 'v1'}, 'do': {}}"),
	  "r.json:3:33: rules[0].when.path: \"v1\": a path begins with /" },
	{ RULES("{'on': 'http', 'when': {'path': '/a/{}'}, 'do': {}}"),
	  "r.json:3:33: rules[0].when.path: \"/a/{}\": a part of a path is captured as {name} or, for all that follows, {name...}" },
	{ RULES("{'on': 'http', 'when': {'path': '/a/{rest...}/b'}, 'do': {}}"),
	  "r.json:3:33: rules[0].when.path: \"/a/{rest...}/b\": {rest...} takes everything, so nothing may follow it" },
	{ RULES("{'on': 'http', 'when': {'path': {'prefx': '/a'}}, 'do': {}}"),
	  "r.json:3:34: rules[0].when.path.prefx: unknown operator \"prefx\" (did you mean \"prefix\"?)" },
	{ RULES("{'on': 'http', 'when': {'path': {'schema': {'type': 'strin'}}}, 'do': {}}"),
	  "r.json:3:44: rules[0].when.path.schema: /type: \"strin\" is no type (known:  object array string number integer boolean null)" },
	{ RULES("{'on': 'http', 'when': {'json': {'jsonpath': '$.a['}}, 'do': {}}"),
	  "r.json:3:46: rules[0].when.json.jsonpath: \"$.a[\" is no JSONPath (RFC 9535): a selector is a quoted name, *, an index, a slice or ?filter, at character 5" },
	{ RULES("{'on': 'http', 'when': {'body': {'xpath': '//a['}}, 'do': {}}"),
	  "r.json:3:43: rules[0].when.body.xpath: \"//a[\" is no XPath: Invalid expression" },
	{ RULES("{'on': 'http', 'when': {'json': {'jsonpath': 7}}, 'do': {}}"),
	  "r.json:3:46: rules[0].when.json.jsonpath: takes a query, or {\"query\": what it has to find}" },
	{ RULES("{'on': 'sql', 'do': {'fault': 'reset', 'at': 'auth'}}"),
	  "r.json:3:46: rules[0].do.at: is the log-in; put the fault on: \"sql.login\"" },
	{ RULES("{'on': 'sql.login', 'do': {'fault': 'reset', 'at': 'before-effect'}}"),
	  "r.json:3:52: rules[0].do.at: a log-in has one moment, \"auth\"" },
	{ RULES("{'on': 'http', 'when': {'json': {'a': {'gt': 1, 'lt': 3}}}, 'do': {}}"),
	  "r.json:3:39: rules[0].when.json.a: holds 2 operators; one object takes one: write {\"all\": [{...}, {...}]}" },
	{ RULES("{'on': 'http', 'when': {'header': {'a': {'re': '('}}}, 'do': {}}"),
	  "r.json:3:48: rules[0].when.header.a.re: \"(\" is not a regular expression: missing closing parenthesis, at character 2" },
	{ RULES("{'on': 'http', 'when': {'header': {'a': {'in': 'x'}}}, 'do': {}}"),
	  "r.json:3:48: rules[0].when.header.a.in: operator \"in\" takes an array of at least one value" },
	{ RULES("{'on': 'http', 'when': {'header': {'a': {'prefix': 1}}}, 'do': {}}"),
	  "r.json:3:52: rules[0].when.header.a.prefix: operator \"prefix\" takes a string" },
	{ RULES("{'on': 'http', 'when': {'header': {'a': [1, 2]}}, 'do': {}}"),
	  "r.json:3:41: rules[0].when.header.a: is an array, expected a value or an operator; for one of several write {\"in\": [...]}" },
	{ RULES("{'on': 'http', 'when': {'header': 'x'}, 'do': {}}"),
	  "r.json:3:35: rules[0].when.header: is a string, expected an object" },
	{ RULES("{'on': 'http', 'when': {'header': {'a': {'after': 'noon'}}}, 'do': {}}"),
	  "r.json:3:51: rules[0].when.header.a.after: operator \"after\" takes a time like \"2026-11-20T11:14:46Z\", or \"now\"" },
	{ RULES("{'on': 'http', 'when': {'header': {'a': {'absent': 'yes'}}}, 'do': {}}"),
	  "r.json:3:52: rules[0].when.header.a.absent: operator \"absent\" takes true or false" },
	{ RULES("{'on': 'http', 'when': {'json': {'a': {'len': 'x'}}}, 'do': {}}"),
	  "r.json:3:47: rules[0].when.json.a.len: operator \"len\" takes a number or an operator, like {\"len\": {\"gt\": 3}}" },
	{ RULES("{'on': 'http', 'when': {'json': {'a': '${any.uid}'}}, 'do': {}}"),
	  "r.json:3:39: rules[0].when.json.a: \"${any.uid}\" is neither a name nor ${any}, ${any.uuid}, ${any.time}, ${any.number} or ${re:...}" },
	{ RULES("{'on': 'http', 'when': {'json': {'a': '${x'}}, 'do': {}}"),
	  "r.json:3:39: rules[0].when.json.a: \"${x\": ${ is not closed by }; a literal ${ is written $${" },
	{ RULES("{'on': 'http', 'when': {'nth': 'x'}, 'do': {}}"),
	  "r.json:3:32: rules[0].when.nth: is \"x\", expected a number from 1, \"2..\", \"2..5\", \"..3\" or \"every 5\"" },
	{ RULES("{'on': 'http', 'when': {'nth': 0}, 'do': {}}"),
	  "r.json:3:32: rules[0].when.nth: is 0, expected a number from 1, \"2..\", \"2..5\", \"..3\" or \"every 5\"" },
	{ RULES("{'on': 'http', 'when': {'chance': 2}, 'do': {}}"),
	  "r.json:3:35: rules[0].when.chance: expected a number from 0 to 1" },
	{ RULES("{'on': 'sql', 'when': {'sql': 'selct 1'}, 'do': {}}"),
	  "r.json:3:31: rules[0].when.sql: is not SQL: syntax error at or near \"selct\", at character 1" },
	{ RULES("{'on': 'sql', 'when': {'sql': 'select 1; select 2'}, 'do': {}}"),
	  "r.json:3:31: rules[0].when.sql: holds 2 statements; a rule is about one" },
	{ RULES("{'on': 'sql', 'when': {'sql': ' -- '}, 'do': {}}"),
	  "r.json:3:31: rules[0].when.sql: is empty" },
	{ RULES("{'on': 'sql', 'when': {'params': {'0': 'x'}}, 'do': {}}"),
	  "r.json:3:35: rules[0].when.params.0: \"0\" is no position; write {\"1\": ...} or an array" },
	{ RULES("{'on': 'sql', 'do': {'status': 200}}"),
	  "r.json:3:22: rules[0].do.status: \"status\" is no answer to on: \"sql\" (known: text, file, base64, rows, columns, tag, error, progress, by, every, delay, fault, at, after, rate, pass, set)" },
	{ RULES("{'on': 'sql', 'do': {'rows': [[1]]}}"),
	  "r.json:3:21: rules[0].do: \"rows\" needs \"columns\": {\"id\": \"int4\", ...} or [\"id\", ...]" },
	{ RULES("{'on': 'sql', 'do': {'columns': {'a': 'int5'}, 'rows': []}}"),
	  "r.json:3:39: rules[0].do.columns.a: type \"int5\" is not known; PostgreSQL's own types are, like int4, numeric(12,2), timestamptz, jsonb, text[]" },
	{ RULES("{'on': 'sql', 'do': {'columns': ['a', 'b'], 'rows': [[1]]}}"),
	  "r.json:3:54: rules[0].do.rows[0]: a row of 1 for 2 columns" },
	{ RULES("{'on': 'sql', 'do': {'columns': {'total': 'int4'}, 'rows': [{'totl': 1}]}}"),
	  "r.json:3:62: rules[0].do.rows[0].totl: there is no column \"totl\" (did you mean \"total\"?)" },
	{ RULES("{'on': 'sql', 'do': {'columns': {'a': 'int4'}, 'rows': [['x']]}}"),
	  "r.json:3:58: rules[0].do.rows[0][0]: \"x\" is no value of column \"a\", which is int4" },
	{ RULES("{'on': 'sql', 'do': {'columns': {'a': 'uuid'}, 'rows': [['x']]}}"),
	  "r.json:3:58: rules[0].do.rows[0][0]: \"x\" is no value of column \"a\", which is uuid" },
	{ RULES("{'on': 'sql', 'do': {'error': '4001'}}"),
	  "r.json:3:31: rules[0].do.error: \"4001\" is no SQLSTATE: five digits or upper-case letters, like \"40001\"" },
	{ RULES("{'on': 'sql', 'do': {'error': {'sqlstate': '23505'}}}"),
	  "r.json:3:31: rules[0].do.error: \"message\" is missing; seam has words of its own for 40001, 40P01, 57014 and a few more only" },
	{ RULES("{'on': 'sql', 'do': {'error': {'message': 'x'}}}"),
	  "r.json:3:31: rules[0].do.error: \"sqlstate\" is missing: five characters, like \"40001\"" },
	{ RULES("{'on': 'sql', 'do': {'error': '40001', 'tag': 'X'}}"),
	  "r.json:3:21: rules[0].do: \"error\" takes the place of rows and tag; leave out one of the two" },
	{ RULES("{'on': 'sql', 'do': {'fault': 'refuse'}}"),
	  "r.json:3:31: rules[0].do.fault: a connection that is made cannot be refused any more; put \"refuse\" on: \"connect\", or use \"reset\"" },
	{ RULES("{'on': 'sql', 'do': {'fault': 'blakhole'}}"),
	  "r.json:3:31: rules[0].do.fault: fault \"blakhole\" is not known (did you mean \"blackhole\"?)" },
	{ RULES("{'on': 'sql', 'do': {'fault': 'dns-nxdomain'}}"),
	  "r.json:3:31: rules[0].do.fault: fault \"dns-nxdomain\" cannot be put on: \"sql\" (known: reset, eof, blackhole, stall, slice, throttle, half-close, corrupt, garbage, truncate)" },
	{ RULES("{'on': 'connect', 'do': {'fault': 'errno:ENOWHERE'}}"),
	  "r.json:3:35: rules[0].do.fault: \"ENOWHERE\" is no name of an error; write \"errno:ENETUNREACH\"" },
	{ RULES("{'on': 'http', 'do': {'progress': []}}"),
	  "r.json:3:35: rules[0].do.progress: expected the words that {{progress}} is, one after the other" },
	{ RULES("{'on': 'http', 'do': {'progress': ['a'], 'by': 'moon'}}"),
	  "r.json:3:42: rules[0].do.by: \"moon\": expected \"poll\" or \"time\"" },
	{ RULES("{'on': 'sql', 'do': {'progress': ['a']}}"),
	  "r.json:3:22: rules[0].do.progress: is a word for templates: write {{progress}} into the answer" },
	{ RULES("{'on': 'http', 'do': {'every': 2}}"),
	  "r.json:3:23: rules[0].do.every: says how \"progress\" goes on, and there is none" },
	{ RULES("{'on': 'http', 'do': {'fault': 'truncate'}}"),
	  "r.json:3:22: rules[0].do: \"truncate\" does something to an answer, and there is none: add \"pass\": true, or the answer" },
	{ RULES("{'on': 'http', 'do': {'fault': 'reset', 'after': -1}}"),
	  "r.json:3:41: rules[0].do.after: expected a number of bytes, from 0" },
	{ RULES("{'on': 'sql', 'do': {'fault': 'rset'}}"),
	  "r.json:3:31: rules[0].do.fault: fault \"rset\" is not known (did you mean \"reset\"?)" },
	{ RULES("{'on': 'sql', 'do': {'fault': 'reset', 'at': 'after-effect'}}"),
	  "r.json:3:46: rules[0].do.at: without \"pass\": true nothing takes effect, so nothing can fail after it" },
	{ RULES("{'on': 'sql', 'do': {'fault': 'reset', 'at': 'mid-response'}}"),
	  "r.json:3:21: rules[0].do: \"reset\" does something to an answer, and there is none: add \"pass\": true, or the answer" },
	{ RULES("{'on': 'sql', 'do': {'at': 'after-effect', 'pass': true}}"),
	  "r.json:3:28: rules[0].do.at: says when a fault happens, and there is no \"fault\"" },
	{ RULES("{'on': 'connect', 'do': {'fault': 'reset'}}"),
	  "r.json:3:35: rules[0].do.fault: \"reset\" is of a connection that is made; on: \"connect\" knows \"refuse\" and \"errno:NAME\"" },
	{ RULES("{'on': 'sql', 'do': {'fault': 'tls-alert'}}"),
	  "r.json:3:31: rules[0].do.fault: an alert answers a client's hello; put \"tls-alert\" on: \"tls\"" },
	{ RULES("{'on': 'tls', 'do': {'fault': 'refuse'}}"),
	  "r.json:3:31: rules[0].do.fault: a connection that is made cannot be refused any more; put \"refuse\" on: \"connect\", or use \"reset\"" },
	{ RULES("{'on': 'tls', 'do': {'fault': 'reset', 'at': 'before-effect'}}"),
	  "r.json:3:46: rules[0].do.at: a handshake has one moment, \"tls\"" },
	{ RULES("{'on': 'sql', 'do': {'fault': 'reset', 'at': 'tls'}}"),
	  "r.json:3:46: rules[0].do.at: is the handshake; put the fault on: \"tls\"" },
	{ RULES("{'on': 'tls', 'do': {'certificate': 'expird'}}"),
	  "r.json:3:37: rules[0].do.certificate: \"expird\" is no kind of certificate (did you mean \"expired\"?)" },
	{ RULES("{'on': 'tls', 'do': {'alert': 'unknown_ca'}}"),
	  "r.json:3:31: rules[0].do.alert: is what \"fault\": \"tls-alert\" sends, and that is missing" },
	{ RULES("{'on': 'tls', 'do': {'fault': 'tls-alert', 'alert': 'unkown_ca'}}"),
	  "r.json:3:53: rules[0].do.alert: \"unkown_ca\" is no alert that ends a handshake (did you mean \"unknown_ca\"?)" },
	{ RULES("{'on': 'tls', 'do': {'fault': 'tls-alert', 'certificate': 'expired'}}"),
	  "r.json:3:21: rules[0].do: a fault takes the place of the answer; leave out one of the two, or say \"at\": \"mid-response\"" },
	{ RULES("{'on': 'http', 'do': {'certificate': 'expired'}}"),
	  "r.json:3:23: rules[0].do.certificate: \"certificate\" is no answer to on: \"http\" (known: status, header, json, text, file, base64, progress, by, every, delay, fault, at, after, rate, pass, set)" },
	{ RULES("{'on': 'tls.x', 'do': {'certificate': 'expired'}}"),
	  "r.json:3:8: rules[0].on: \"tls.x\": after the dot comes an operation, and \"tls\" has none" },
	{ RULES("{'on': 'tls', 'when': {'alpn': 'h2', 'path': '/'}, 'do': {'certificate': 'expired'}}"),
	  "r.json:3:38: rules[0].when.path: \"path\" is a condition of on: \"http\", not of on: \"tls\"" },
	{ RULES("{'on': 'http', 'do': {'delay': '200'}}"),
	  "r.json:3:32: rules[0].do.delay: is \"200\", expected a duration like \"200ms\" or \"1.5s\" (ns, us, ms, s, m, h)" },
	{ RULES("{'on': 'http', 'do': {'delay': {'uniform': ['50ms', '10ms']}}}"),
	  "r.json:3:44: rules[0].do.delay.uniform: the first duration is longer than the second" },
	{ RULES("{'on': 'http', 'do': {'delay': {'normal': ['50ms', '10ms']}}}"),
	  "r.json:3:33: rules[0].do.delay.normal: unknown key \"normal\" (known: uniform, lognormal)\n"
	  "r.json:3:32: rules[0].do.delay: expected a duration, {\"uniform\": [\"10ms\", \"50ms\"]} or {\"lognormal\": [\"80ms\", 0.4]}" },
	{ RULES("{'on': 'http', 'do': {'status': 99}}"),
	  "r.json:3:33: rules[0].do.status: expected an HTTP status from 200 to 999" },
	{ RULES("{'on': 'http', 'do': {'status': 204, 'text': 'x'}}"),
	  "r.json:3:22: rules[0].do: status 204 has no body; leave out the body or use another status" },
	{ RULES("{'on': 'http', 'do': {'text': 'x', 'json': {}}}"),
	  "r.json:3:31: rules[0].do.text: there is \"json\" already; an answer has one body" },
	{ RULES("{'on': 'http', 'do': {'jsn': {}}}"),
	  "r.json:3:23: rules[0].do.jsn: unknown answer \"jsn\" (did you mean \"json\"?)" },
	{ RULES("{'on': 'http', 'do': {'proxy': true}}"),
	  "r.json:3:23: rules[0].do.proxy: \"proxy\" is not known yet to this version of seam" },
	{ RULES("{'on': 'http', 'do': {'pass': true}}"),
	  "r.json:3:22: rules[0].do: \"pass\": true leaves the answer to the fake, and an http service has none; write the answer here" },
	{ RULES("{'on': 'sql', 'do': {'pass': true, 'tag': 'X'}}"),
	  "r.json:3:21: rules[0].do: \"pass\": true leaves the answer to the fake; leave it out, or leave out the answer" },
	{ RULES("{'on': 'http', 'do': {'fault': 'reset', 'status': 200}}"),
	  "r.json:3:22: rules[0].do: a fault takes the place of the answer; leave out one of the two, or say \"at\": \"mid-response\"" },
	{ RULES("{'on': 'http', 'do': {'file': 'no/such.json'}}"),
	  "r.json:3:31: rules[0].do.file: file \"./no/such.json\" cannot be opened: No such file or directory (names are relative to the rule file)" },
	{ RULES("{'on': 'http', 'do': {'base64': '***'}}"),
	  "r.json:3:33: rules[0].do.base64: is not base64" },
	{ RULES("{'on': 'http', 'do': {'text': '{{owner}}'}}"),
	  "r.json:3:31: rules[0].do.text: {{owner}}: nothing has that name here (known: uuid, now, random, counter, progress, base64, sha256, json, method, path, url, host, body, sql, verb, table, user, database, bucket, key, prefix, function, process, boundary)" },
	{ RULES("{'on': 'http', 'do': {'text': '{{uiid}}'}}"),
	  "r.json:3:31: rules[0].do.text: {{uiid}}: nothing has that name here (did you mean \"uuid\"?)" },
	{ RULES("{'on': 'http', 'do': {'text': '{{uuid'}}"),
	  "r.json:3:31: rules[0].do.text: {{ is not closed by }}" },
	{ RULES("{'on': 'http', 'do': {'text': '{{random 6 1}}'}}"),
	  "r.json:3:31: rules[0].do.text: {{random 6 1}}: takes two whole numbers, the smaller first" },
	{ RULES("{'on': 'http', 'do': {'text': '{{now `next day`}}'}}"),
	  "r.json:3:31: rules[0].do.text: {{now}}: 'next day' is neither a shift like '-1 day' nor a format (iso, date, time, unix, unix_ms, http, sql, %Y...)" },
	{ RULES("{'on': 'http', 'do': {'text': '{{sha256}}'}}"),
	  "r.json:3:31: rules[0].do.text: {{sha256}}: sha256 takes 1 argument" },
	{ RULES("{'on': 's3', 'do': {'error': {'message': 'x'}}}"),
	  "r.json:3:30: rules[0].do.error: \"code\" is missing: the S3 error code, like \"NoSuchKey\"" },
	{ RULES("{'on': 's3', 'do': {'error': 'NoSuchKey', 'status': 404}}"),
	  "r.json:3:20: rules[0].do: \"error\" is a whole answer; leave out the body, status and header" },
	{ RULES("{'on': 'call', 'do': {'errno': 'ENOPE', 'return': -1}}"),
	  "r.json:3:32: rules[0].do.errno: \"ENOPE\" is no errno that seam knows (known: EPERM, ENOENT, EINTR, EIO, EBADF, EAGAIN, ENOMEM, EACCES, EFAULT, EBUSY, EEXIST, EINVAL, ENOSPC, EPIPE, EPROTO, ENOTCONN, EADDRINUSE, EADDRNOTAVAIL, ENETDOWN, ENETUNREACH, ECONNABORTED, ECONNRESET, ETIMEDOUT, ECONNREFUSED, EHOSTDOWN, EHOSTUNREACH, EALREADY, EINPROGRESS, ENOTSUP)" },
	{ RULES("{'on': 'call', 'do': {'errno': 'EIO'}}"),
	  "r.json:3:22: rules[0].do: \"errno\" needs a \"return\": what the function gives back when it fails" },
	{ RULES("{'on': 'call', 'do': {'return': {'x': 1}}}"),
	  "r.json:3:33: rules[0].do.return: expected a number, a string, true, false, null or {\"pointer\": N}" },
	{ "{'seam': 1, 'serivces': {}, 'rules': [{'on': 'http', 'do': {'status': 'ok'}}, {'on': 'sql', 'when': {'nth': -1}, 'do': {'status': 1}}]}",
	  "r.json:1:13: serivces: unknown key \"serivces\" (did you mean \"services\"?)\n"
	  "r.json:1:71: rules[0].do.status: expected an HTTP status from 200 to 999\n"
	  "r.json:1:109: rules[1].when.nth: is -1, expected a number from 1, \"2..\", \"2..5\", \"..3\" or \"every 5\"\n"
	  "r.json:1:121: rules[1].do.status: \"status\" is no answer to on: \"sql\" (known: text, file, base64, rows, columns, tag, error, progress, by, every, delay, fault, at, after, rate, pass, set)" },
};

START_TEST(a_broken_file_is_told_what_and_where)
{
	struct rule_options options = rule_test_options();
	char *text = rule_quotes(broken[_i].text);
	struct rule_errors errs;
	struct buf all;

	buf_init(&all, 64 * 1024);
	ck_assert_msg(rules_parse(&rule_set, "r.json", text, strlen(text), &options, &errs) < 0, "%s: loads", text);
	ck_assert_ptr_null(rule_set);
	for (size_t i = 0; i < errs.count; i++) {
		if (i)
			buf_add_char(&all, '\n');
		err_print(&errs.list[i], &all);
	}
	ck_assert_str_eq(all.ptr, broken[_i].errors);
	buf_release(&all);
	rule_errors_release(&errs);
	free(text);
}
END_TEST

static void write_file(const char *folder, const char *name, const char *text)
{
	char path[512], *quoted = rule_quotes(text);

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(quoted, f);
	fclose(f);
	free(quoted);
}

START_TEST(includes_merge_files_and_find_cycles)
{
	char folder[] = "/tmp/seam-rules-XXXXXX", path[512], *want;
	struct rule_options options = rule_test_options();
	struct rule_errors errs;
	size_t count;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	write_file(folder, "a.json", "{'seam': 1, 'include': ['b*.json'], 'services': {'one': {'protocol': 'http', 'at': ['one']}},"
				     " 'rules': [{'on': 'http', 'service': 'two', 'do': {'status': 201}}], 'mask': ['json.a']}");
	write_file(folder, "b1.json", "{'seam': 1, 'services': {'two': {'protocol': 'http', 'at': ['two']}}, 'mask': ['json.b'],"
				      " 'rules': [{'on': 'http', 'do': {'text': 'b'}}]}");
	write_file(folder, "b2.json", "{'seam': 1, 'include': ['b1.json']}");
	snprintf(path, sizeof(path), "%s/a.json", folder);
	const char *files[] = { path, path };
	ck_assert_int_eq(rules_load(&rule_set, files, 2, &options, &errs), 0);
	rules_services(rule_set, &count);
	ck_assert_uint_eq(count, 2);
	rules_files(rule_set, &count);
	ck_assert_uint_eq(count, 3);
	ck_assert_uint_eq(json_array_size(rules_member(rule_set, "mask")), 2);
	ck_assert_str_eq(rule_match_id(rule_http("GET", "/", NULL, NULL)), "rule-2");
	rules_free(rule_set);

	write_file(folder, "b2.json", "{'seam': 1, 'include': ['a.json']}");
	ck_assert_int_lt(rules_load(&rule_set, files, 1, &options, &errs), 0);
	ck_assert_uint_eq(errs.count, 1);
	ck_assert_int_gt(asprintf(&want, "include[0]: %s/a.json includes itself, through the files it includes; remove one of the two includes", folder), 0);
	ck_assert_str_eq(errs.list[0].text, want);
	ck_assert_int_eq(errs.list[0].line, 1);
	free(want);
	rule_errors_release(&errs);

	const char *missing[] = { "no/such/file.json" };
	ck_assert_int_lt(rules_load(&rule_set, missing, 1, &options, &errs), 0);
	ck_assert_str_eq(errs.list[0].text, "cannot be opened: No such file or directory");
	ck_assert_str_eq(errs.list[0].file, "no/such/file.json");
	rule_errors_release(&errs);
	const char *names[] = { "a.json", "b1.json", "b2.json" };
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		remove(path);
	}
	remove(folder);
}
END_TEST

START_TEST(an_unknown_profile_is_named)
{
	struct rule_options options = rule_test_options();
	struct rule_errors errs;
	char *text = rule_quotes("{'seam': 1, 'profiles': {'test': {}, 'staging': {}}}");

	options.profile = "tset";
	ck_assert_int_lt(rules_parse(&rule_set, "r.json", text, strlen(text), &options, &errs), 0);
	ck_assert_uint_eq(errs.count, 1);
	ck_assert_str_eq(errs.list[0].text, "no profile is named \"tset\" (did you mean \"test\"?)");
	rule_errors_release(&errs);
	free(text);
}
END_TEST

SUITE_BEGIN(rule_errors)
	tcase_add_checked_fixture(tc, rule_setup, rule_teardown);
	tcase_add_loop_test(tc, a_broken_file_is_told_what_and_where, 0, sizeof(broken) / sizeof(broken[0]));
	SUITE_TEST(includes_merge_files_and_find_cycles);
	SUITE_TEST(an_unknown_profile_is_named);
SUITE_END

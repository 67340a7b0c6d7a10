#!/usr/bin/python3
"""Asks a real PostgreSQL 15 what its functions answer and writes it down as facts.

usage: facts.py DSN [TOPIC...]        (TOPIC: a name in TOPICS; all by default)

A fact is a line of tab-separated fields (\\t, \\n, \\\\ escaped, \\N for NULL):
    call    prosrc  result type  argument type  text ...  =text | !SQLSTATE message | N
    in      type    modifier     text      =text|!...      (what ::type(modifier) prints)
    send    type    text         =hex
    cmp     type    text  text   =-1|0|1
test_pg_library.c runs them against the library. Types are OIDs.
"""
import itertools, os, random, re, sys
import psycopg2

HERE = os.path.dirname(os.path.abspath(__file__))

S = {  # samples by type name
    "bool": ["t", "f"],
    "int2": ["0", "1", "-1", "7", "-300", "32767", "-32768"],
    "int4": ["0", "1", "-1", "2", "3", "10", "-37", "1000", "2147483647", "-2147483648"],
    "int8": ["0", "1", "-1", "5", "1234567890123", "-99", "9223372036854775807", "-9223372036854775808"],
    "oid": ["0", "1", "4294967295", "25"],
    "xid": ["1", "4294967295"], "cid": ["1", "2"], "xid8": ["1", "9223372036854775807"], "tid": ["(0,1)", "(42,7)", "(1,10)"],
    "pg_lsn": ["0/0", "16/B374D848", "0/FFFFFFFF"],
    "float4": ["0", "1.5", "-2.25", "3e30", "-1e-40", "NaN", "Infinity", "-Infinity", "0.1", "16777217", "-0"],
    "float8": ["0", "1", "-1", "0.5", "2.5", "-3.7", "1e300", "1e-300", "NaN", "Infinity", "-Infinity", "0.1", "123456789.123456789", "-0", "30", "45", "90", "1e15", "123456789012345680"],
    "numeric": ["0", "1", "-1", "0.5", "2.50", "-3.7", "1234567890123456789012345678901234567890.123456789", "0.000000000000000000012", "NaN", "Infinity", "-Infinity", "99999.9999", "-0.005", "10", "100", "1e-5", "12345.678", "7"],
    "money": ["$1.00", "-$1,234.56", "0", "92233720368547758.07"],
    "text": ["", "a", "abc", "Hello World", "ABC", "äöü€", "a,b,c", "%", "a_c", "  pad  ", "x'y\"z\\w", "abcabc", "日本語", "1", "NULL", "aaa"],
    "varchar": ["", "abc", "Hello"], "bpchar": ["", "abc  ", "Hello", "abc"], "name": ["abc", "Abc", "pg_class"], "char": ["a", "", "Z"],
    "bytea": ["", "\\x00ff", "\\x616263", "\\xdeadbeef", "\\x6162"],
    "uuid": ["00000000-0000-0000-0000-000000000000", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "ffffffff-ffff-ffff-ffff-ffffffffffff"],
    "bit": ["1", "0", "101", "00001111", "1111000011110000"], "varbit": ["", "1", "10101", "0000111100001111"],
    "date": ["2000-01-01", "1999-12-31", "2024-02-29", "0001-01-01", "infinity", "-infinity", "0044-03-15 BC", "2024-12-30", "5874897-12-31", "1582-10-15"],
    "time": ["00:00:00", "12:34:56.789", "23:59:59.999999", "24:00:00"],
    "timetz": ["00:00:00+00", "12:34:56.789+02", "23:59:59.999999-07:30", "04:05:06-08"],
    "timestamp": ["2000-01-01 00:00:00", "1999-12-31 23:59:59.999999", "2024-02-29 12:34:56.789", "infinity", "-infinity", "0001-01-01 00:00:00", "0044-03-15 10:00:00 BC", "2024-03-10 02:30:00", "2024-11-03 01:30:00", "294276-12-31 23:59:59"],
    "timestamptz": ["2000-01-01 00:00:00+00", "1999-12-31 23:59:59.999999+00", "2024-02-29 12:34:56.789+05:30", "infinity", "-infinity", "0044-03-15 10:00:00+00 BC", "2024-03-10 10:30:00+00", "1883-11-18 17:00:00+00"],
    "interval": ["0", "1 day", "-1 mon", "1 year 2 mons 3 days 04:05:06.789", "-1 year -2 mons +3 days -04:05:06", "100:00:00", "1 mon -30 days", "30 days", "24:00:00", "-00:00:00.000001", "178000000 years"],
    "inet": ["192.168.1.5/24", "10.0.0.1", "::1", "2001:db8::/32", "0.0.0.0/0", "255.255.255.255"], "cidr": ["192.168.1.0/24", "10.0.0.0/8", "2001:db8::/32", "10.1.2.3/32"],
    "macaddr": ["08:00:2b:01:02:03", "ff:ff:ff:ff:ff:ff"], "macaddr8": ["08:00:2b:01:02:03:04:05", "08:00:2b:ff:fe:01:02:03"],
    "json": ["{}", "[]", "null", "1", "\"a\"", "{\"a\": 1, \"b\": [1,2,{\"c\":null}], \"a\":2}", " [1, 2.50 ,\"x\\u00e4\"] ", "{\"a\":{\"b\":{\"c\":\"d\"}}}", "true"],
    "jsonb": ["{}", "[]", "null", "1", "\"a\"", "{\"a\": 1, \"bb\": [1,2,{\"c\":null}], \"c\":2.50}", "[1, 2.50 ,\"x\\u00e4\", null, true]", "{\"a\":{\"b\":{\"c\":\"d\"}}}", "true", "[\"a\",\"b\"]", "-12.5", "[[1,2],[3]]"],
    "int4range": ["empty", "[1,5)", "(,3]", "[4,)", "(,)", "[3,3]", "[10,20)"], "int8range": ["empty", "[1,5)", "[4,)"], "numrange": ["empty", "[1.5,2.5]", "(2.5,9)", "(,2)"],
    "daterange": ["empty", "[2024-01-01,2024-02-01)", "[2024-01-15,)", "(,2024-01-10]"], "tsrange": ["[2024-01-01 00:00,2024-01-02 12:00)", "empty", "(2024-01-02,)"],
    "tstzrange": ["[2024-01-01 00:00+00,2024-01-02 12:00+00)", "empty"],
    "int4multirange": ["{}", "{[1,3),[5,9)}", "{[2,6)}", "{(,1),[20,)}"], "nummultirange": ["{}", "{[1.5,2.5],(3,4)}"],
    "_int4": ["{}", "{1,2,3}", "{3,NULL,1}", "{{1,2},{3,4}}", "[0:2]={7,8,9}", "{2}", "{1,2,3,2,1}"],
    "_int8": ["{}", "{1,2,3}"], "_int2": ["{1,2}"], "_float8": ["{}", "{1.5,NaN,-2}", "{0.25,0.5,0.75}"], "_numeric": ["{1.10,2.2}"], "_bool": ["{t,f,NULL}"],
    "_text": ["{}", "{a,b,c}", "{a,NULL,\"x y\"}", "{{a,b},{c,\"d,e\"}}", "{\"\",\"NULL\",\"q\\\"uote\",\"back\\\\slash\"}", "{a}", "{a,b}"],
    "_timestamp": ["{\"2024-01-01 10:00:00\"}"], "_date": ["{2024-01-01,infinity}"], "_varchar": ["{a,b}"], "_uuid": ["{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}"],
    "_jsonb": ["{\"{\\\"a\\\": 1}\",null}"], "_int4range": ["{\"[1,3)\",empty}"],
    "oidvector": ["", "1 2 3"], "int2vector": ["1 2"], "regtype": ["integer", "text"], "refcursor": ["c"], "cstring": ["abc"],
    "record": [],
    "jsonpath": ["$", "$.a", "$.*", "$[*]", "$[0]", "$[last]", "$[last - 1]", "$[0 to 1]", "$[0, 2]", "$.b[*].c", "$.**", "$.**{1}", "$.**{1 to 2}", "$.**{last}", "$.**{2 to last}.b", "strict $.a", "strict $.zz", "strict $[*]", "strict $.*", "lax $.zz", "$.a[*] ? (@.b > 1)", "$.a[*] ? (@.b == 1 || @.c starts with \"ab\")", "$.a[*].b ? (@ like_regex \"^[0-9]\")", "$.a[*].c ? (@ like_regex \"ABC\" flag \"i\")", "$.a + 1", "-$.a", "+$.a", "$[*] + 1", "1 / 0", "$.a / 0", "5 % 3", "2.5 * 2", "$.type()", "$.size()", "$[*].type()", "$[*].abs()", "$[*].floor()", "$[*].ceiling()", "$[*].double()", "$[1].double()", "$.keyvalue()", "$.a.abs()", "exists($.a)", "$.a > 0", "$.a == 1", "!($.a == 1)", "($.a == 1) is unknown", "($.d.e > 1) is unknown", "$ == null", "$.b[*] > 1", "$ ? (exists(@.a))", "$ ? (!exists(@.q))", "$.a ? (@ > 0 && @ < 5)", "$x", "$.a > $x", "$\"x y\"", "$[$x]", "$[1.7]", "$[\"a\"]", "$[-1]", "strict $[9]", "$[*] ? (@ != null)", "\"a\\u0041b\"", "$.\"a\"", "$.d.\"e\"", "$.a.b.c", "strict $.a[*].b", "$.a[*].b.type()", "(1 + 2) * 3", "1 + 2 * 3", "-(1)", "- 1 .abs()", "($ + 1)", "$.**.b", "$.* ? (@.type() == \"number\")", "true", "null", "\"x\" starts with \"x\"", "$ like_regex \"s\"", "$.a ? (@ == 1).type()", "1 == 1", "(1 == 1).type()", "$.a.", "$ +", "$.a[", "@", "last", "$[last", "a", "$.a ? (1)", "$ ? (@.a)", "$.a &&", "$.1a", "1a", "$..a", "$.a b", "\"\"", "$.\"", "$.a ? (@ like_regex \"a\" flag \"z\")", "$.a ? (@ like_regex \"(\")", "exists", "strict", "lax", "", "$.a == 1 && $.b == 2 || $.c == 3", "!exists($)", "$.floor", "$.true", "$.is", "$.last", "$.null.to", "$[0 to last]", "$[*][*]", "$.*.*", "$.a is unknown", "(($.a))", "(($.a)).b", "$[(1)]", "$[1+1]", "$.**{0}", "$.**{0 to 1}", "$ ? (@[0] == 1)", "0.5", ".5", "1e3", "-0", "1.", "1.e2", "'a'"],
}
UNITS = ["century", "day", "days", "decade", "dow", "doy", "epoch", "hour", "isodow", "isoyear", "julian", "microseconds", "millennium",
         "milliseconds", "minute", "month", "quarter", "second", "timezone", "timezone_hour", "timezone_minute", "week", "year", "YEARS", "mon", "h", "us", "bogus"]
ZONES = ["UTC", "America/New_York", "Europe/Berlin", "EST", "+05:30", "EST5EDT", "Asia/Kolkata", "Nowhere/Land", "PDT", "UTC+3", "america/los_angeles", "MSK"]
PATTERNS = ["YYYY-MM-DD HH24:MI:SS", "Day, DD Month YYYY", "FMDay, FMDD FMMonth YYYY", "Dy DD Mon YY HH12:MI:SS.MS AM", "US J Q WW IW ID D DDD CC", "IYYY-IW-ID IYY IY I",
            "HH:MI:SS p.m. SSSS SSSSS", "YYYYth DDth \"quoted Y\" RM rm", "TZ tz OF TZH:TZM", "FF1 FF2 FF3 FF4 FF5 FF6", "Y,YYY BC A.D. b.c.", "MONTH MON DAY DY month mon day dy", "", "HH24HH24", "FMHH24:FMMI"]
NUMBERS = ["999", "999.99", "FM999.99", "0000.00", "9,999.99", "S999", "999S", "999MI", "MI999", "PL999", "999PR", "$999.99", "L999", "RN", "FMRN", "9.99EEEE", "V99", "99V99", "999th", "FM999999999999.999999999", "999G999D99", "SG999", "\"text\"99", "B999", "", "FM9,999,990.00"]
FLAGS = ["", "g", "i", "gi", "n", "s", "x", "c", "q", "z"]
REGEX = ["a", "b+", "(a)(b)", "^a", "c$", "[[:alpha:]]+", "\\w+", "\\d", ".", "", "(", "a|c", "(?i)ABC", "\\ma", "a{2}", "b*", "(b)(c)?", "\\Aab", "[^,]+", "(?:a)(b)", ","]
PATH_TARGETS = ["{\"a\": 1, \"b\": [1, 2, {\"c\": null}], \"d\": {\"e\": \"x\", \"f\": [true, false]}}", "[1, \"2\", 3.5, null, [4, 5], {\"a\": 7}]", "\"str\"", "12", "[]", "{}", "{\"a\": [{\"b\": 1, \"c\": \"abc\"}, {\"b\": 2, \"c\": \"abd\"}, {\"b\": \"3\"}]}", "[[1,2],[3,[4]]]", "null", "true"]
# arguments of functions whose samples by type would say little
A = {
    **{f: [UNITS, None] for f in ("timestamp_part timestamptz_part extract_timestamp extract_timestamptz extract_date extract_time extract_timetz "
                                  "extract_interval interval_part time_part timetz_part timestamp_trunc timestamptz_trunc interval_trunc").split()},
    "timestamptz_trunc_zone": [UNITS, None, ZONES], "timestamp_zone": [ZONES, None], "timestamptz_zone": [ZONES, None], "timetz_zone": [ZONES, None],
    "timestamp_to_char": [None, PATTERNS], "timestamptz_to_char": [None, PATTERNS], "interval_to_char": [None, PATTERNS],
    **{f: [None, NUMBERS] for f in "int4_to_char int8_to_char numeric_to_char float4_to_char float8_to_char".split()},
    "numeric_to_number": [["123", "-1,234.5", "$12.3", "  45", "12-", "<5>", "1,2", "x", "XII", "", "0.00"], NUMBERS],
    "to_timestamp": [["2024-02-29 12:34:56", "29 Feb 2024", "2024060", "24-2-9", "Thu, 1 January 1970", "2024-W09-4", "12:30 PM", "2024-13-01", "2000/Feb/30", "1.5", "20240229", "97/Feb/16", "44-02-01 BC", "2024-02-29T10:20:30.123456", "11 am"],
                     ["YYYY-MM-DD HH24:MI:SS", "DD Mon YYYY", "YYYYDDD", "YY-MM-DD", "Dy, DD Month YYYY", "IYYY-\"W\"IW-ID", "HH12:MI PM", "YYYYMMDD", "YY/Mon/DD", "YYYY-MM-DD BC", "YYYY-MM-DD\"T\"HH24:MI:SS.US", "HH am", "SSSS.MS", "bogus", "YYYY/Mon/DD"]],
    "to_date": [["2024-02-29", "29 Feb 2024", "2024060", "24-2-9", "05 Dec 2000", "2024-02-30", "xx", "", "20240229"], ["YYYY-MM-DD", "DD Mon YYYY", "YYYYDDD", "YY-MM-DD", "YYYYMMDD", "FMDD FMMonth YYYY", "J"]],
    "binary_encode": [None, ["hex", "base64", "escape", "bogus"]], "binary_decode": [["616263", "YWJj", "abc\\000", "zz", "YW=", "a", "", "\\x"], ["hex", "base64", "escape", "bogus"]],
    "text_substr": [None, ["1", "0", "-2", "3", "100", "2147483647"], ["0", "1", "2", "-1", "100", "2147483647"]], "bytea_substr": [None, ["1", "0", "-2", "3"], ["0", "1", "-1", "100"]],
    "text_left": [None, ["0", "1", "2", "-1", "-5", "100"]], "text_right": [None, ["0", "1", "2", "-1", "-5", "100"]],
    "repeat": [None, ["0", "1", "3", "-1"]], "lpad": [None, ["0", "1", "5", "10", "-1"], ["", " ", "xy", "é"]], "rpad": [None, ["0", "1", "5", "10", "-1"], ["", " ", "xy", "é"]],
    "split_part": [["a,b,c", "", "abc", "a,,c", ",", "äXöXü"], [",", "", "X", "bc"], ["1", "2", "3", "-1", "-2", "0", "9"]],
    "textoverlay": [None, ["XX", ""], ["1", "2", "0", "9"], ["0", "1", "3", "-1"]], "textoverlay_no_len": [None, ["XX", ""], ["1", "2", "0", "9"]],
    "translate": [["abcabc", "12345", "äöü", ""], ["abc", "ä", "143", ""], ["x", "xyz", "", "ax"]], "chr": [["65", "0", "8364", "1114111", "-1", "55296", "1114112"]],
    "unicode_normalize_func": [["äöü", "e\u0301", "ﬁ", "abc"], ["NFC", "NFD", "NFKC", "NFKD", "bogus"]], "unicode_is_normalized": [["äöü", "e\u0301", "abc"], ["NFC", "NFD", "nfkc", "x"]],
    "generate_series_int4": [["1", "5"], ["3", "7"]],
    "interval_scale": [None, ["2147418112", "2147418115", "469827583"]], "timestamp_scale": [None, ["0", "3", "6"]], "timestamptz_scale": [None, ["0", "3"]], "time_scale": [None, ["0", "2", "6"]], "timetz_scale": [None, ["0", "2"]],
    "numeric": [None, ["-1", "262150", "655366", "327689", "196612"]], "varchar": [None, ["-1", "5", "7"], None], "bpchar": [None, ["-1", "5", "9"], None], "bit": [None, ["1", "3", "8"], None], "varbit": [None, ["1", "3", "8"], None],
    "bitfromint4": [["5", "-3", "0", "255"], ["1", "3", "8", "40"]], "bitfromint8": [["5", "-3", "0", "255"], ["1", "3", "8", "70"]],
    "repeat": [["a", "äb", ""], ["0", "1", "3", "-1"]], "numeric_round": [None, ["0", "1", "2", "-1", "-3", "5", "20"]], "numeric_trunc": [None, ["0", "1", "2", "-1", "-3", "5", "20"]],
    "numeric_fac": [["0", "1", "5", "20", "30", "-1"]], "numeric_exp": [["0", "1", "-1", "0.5", "2.50", "10", "-3.7", "100", "-1000", "NaN", "Infinity", "-Infinity", "5000.1", "123.456", "-10000", "0.000001"]],
    "numeric_power": [["0", "1", "2", "-2", "0.5", "10", "1.000001", "123.45", "-1.5", "NaN", "Infinity", "-Infinity"], ["0", "1", "2", "-1", "-3", "0.5", "10", "3.7", "100", "-0.25", "NaN", "Infinity", "-Infinity"]],
    "numeric_log": [["2", "10", "0.5", "1.000001", "123.45", "1", "-1", "0", "NaN", "Infinity"], ["2", "10", "0.5", "100", "1000000", "1.0001", "0", "-1", "NaN", "Infinity"]],
    "width_bucket_numeric": [["5.35", "0", "10.06", "-1", "NaN", "Infinity"], ["0.024", "0", "10"], ["10.06", "10", "0"], ["5", "1", "0"]], "width_bucket_float8": [["5.35", "0", "10.06", "-1", "NaN", "Infinity"], ["0.024", "0", "10"], ["10.06", "10", "0"], ["5", "1", "0"]],
    "make_date": [["2024", "-44", "0", "2023"], ["1", "2", "13"], ["1", "29", "31", "0"]], "make_time": [["0", "12", "24", "25"], ["0", "59", "60"], ["0", "12.345678", "60", "61", "NaN"]],
    "make_timestamp": [["2024", "0", "-1"], ["2", "13"], ["29", "30"], ["12"], ["30"], ["1.5", "60"]], "make_timestamptz": [["2024", "0"], ["2"], ["29", "30"], ["12"], ["30"], ["1.5"]],
    "make_timestamptz_at_timezone": [["2024"], ["2", "7"], ["28"], ["12"], ["30"], ["1.5"], ZONES], "make_interval": [["0", "1"], ["0", "-2"], ["0", "3"], ["4"], ["0", "5"], ["6"], ["0", "7.5"]],
    "float8_timestamptz": [["0", "1e9", "1704067200.123456", "-1", "NaN", "Infinity", "-Infinity", "1e15"]],
    **{f: [None, REGEX] for f in "textregexeq textregexne texticregexeq texticregexne textregexsubstr regexp_match_no_flags regexp_matches_no_flags regexp_split_to_array_no_flags regexp_count_no_start regexp_like_no_flags regexp_instr_no_start regexp_substr_no_start nameregexeq".split()},
    "textregexreplace_noopt": [["abcabc", "Hello World", "äöü", "aaa", "a,b,c", ""], REGEX, ["X", "[\\1]", "\\&\\&", "\\\\", ""]],
    "textregexreplace": [["abcabc", "Hello World", "aaa"], REGEX, ["X", "[\\1]", "\\&"], FLAGS], "regexp_match": [["abcabc", "Hello World"], REGEX, FLAGS], "regexp_split_to_array": [["abcabc", "a,b,c"], REGEX, FLAGS],
    "textregexreplace_extended": [["abcabc", "aaa"], ["a", "(b)"], ["X", "[\\1]"], ["1", "2", "0"], ["0", "1", "2"], ["", "i"]], "textregexreplace_extended_no_flags": [["abcabc"], ["a"], ["X"], ["1", "3"], ["0", "2"]], "textregexreplace_extended_no_n": [["abcabc"], ["a"], ["X"], ["1", "3"]],
    "regexp_count": [["abcabc"], ["a", "b|c"], ["1", "4", "0"], ["", "i"]], "regexp_count_no_flags": [["abcabc"], ["a"], ["1", "2"]], "regexp_like": [["abcABC"], REGEX, FLAGS],
    "regexp_instr": [["abcabc"], ["(a)(b)", "c"], ["1", "2"], ["1", "2", "3"], ["0", "1", "2"], ["", "i"], ["0", "1", "2", "3"]], "regexp_instr_no_subexpr": [["abcabc"], ["(a)(b)"], ["1"], ["1", "2"], ["0", "1"], ["i"]], "regexp_instr_no_flags": [["abcabc"], ["b"], ["1"], ["2"], ["0", "1"]], "regexp_instr_no_endoption": [["abcabc"], ["b"], ["1", "3"], ["1", "2"]], "regexp_instr_no_n": [["abcabc"], ["b"], ["1", "3"]],
    "regexp_substr": [["abcabc"], ["(a)(b)", "c"], ["1", "2"], ["1", "2", "3"], ["", "i"], ["0", "1", "2", "3"]], "regexp_substr_no_subexpr": [["abcabc"], ["b."], ["1"], ["1", "2"], ["i"]], "regexp_substr_no_flags": [["abcabc"], ["b."], ["1"], ["1", "2"]], "regexp_substr_no_n": [["abcabc"], ["b."], ["1", "3"]],
    **{f: [None, ["%", "a%", "%c", "_", "a_c", "%b%", "", "a\\%", "ABC", "%ö%", "abc", "\\", "h%"]] for f in "textlike textnlike texticlike texticnlike namelike nameiclike bpchariclike bpcharlike bpcharnlike bpcharicnlike".split()},
    "bytealike": [None, ["%", "a%", "\\\\x61"]], "similar_to_escape_1": [["abc", "a%", "(a|b)c", "_[a-c]*", "a.c", "a\\%", "a|b", "%\\\"x\\\"%"]], "similar_to_escape_2": [["a%", "a#%", "(a|b)c", "a#\"b#\"c"], ["#", "", "\\", "xx"]], "like_escape": [["a%", "a#%", "a\\b"], ["#", "", "\\", "xx"]],
    "text_to_array": [["a,b,c", "", "abc", "a,,c"], [",", "", "b", None]], "text_to_array_null": [["a,b,c", "", "a,,c"], [",", "", None], ["", "b", None]],
    "jsonb_object_field": [None, ["a", "c", "zz", ""]], "jsonb_object_field_text": [None, ["a", "c", "bb", "zz"]], "json_object_field": [None, ["a", "b", "zz"]], "json_object_field_text": [None, ["a", "b", "zz"]],
    "jsonb_array_element": [None, ["0", "1", "-1", "9"]], "jsonb_array_element_text": [None, ["0", "1", "-1", "3"]], "json_array_element": [None, ["0", "1", "-1", "9"]], "json_array_element_text": [None, ["0", "1", "2"]],
    **{f: [None, ["{a}", "{a,b}", "{bb,2,c}", "{b,2,c}", "{}", "{0}", "{-1}", "{1}", "{a,NULL}", "{x}"]] for f in "jsonb_extract_path jsonb_extract_path_text json_extract_path json_extract_path_text jsonb_delete_path".split()},
    "jsonb_exists": [None, ["a", "c", "zz", ""]], "jsonb_exists_any": [None, ["{a,z}", "{}", "{zz}"]], "jsonb_exists_all": [None, ["{a,c}", "{}", "{a,b}"]],
    "jsonb_set": [None, ["{a}", "{bb,0}", "{bb,-1,c}", "{0}", "{9}", "{-9}", "{z}", "{a,b,c}", "{}"], ["9", "{\"n\": 1}"], None], "jsonb_insert": [None, ["{a}", "{bb,0}", "{0}", "{9}", "{-9}", "{z}", "{bb,x}"], ["9"], None],
    "jsonb_set_lax": [None, ["{a}", "{0}"], ["9", None], ["t", "f"], ["use_json_null", "delete_key", "raise_exception", "return_target", "bogus"]],
    "jsonb_delete": [None, ["a", "c", "zz"]], "jsonb_delete_array": [None, ["{a,c}", "{}", "{b}"]], "jsonb_delete_idx": [None, ["0", "1", "-1", "9"]],
    **{f: [PATH_TARGETS, None, ["{}", "{\"x\": 1, \"x y\": 2}"], None] for f in "jsonb_path_exists jsonb_path_match jsonb_path_query_array jsonb_path_query_first".split()},
    **{f: [PATH_TARGETS, None] for f in "jsonb_path_exists_opr jsonb_path_match_opr".split()},
    "format_type": [["23", "25", "1043", "1700", "1114", "1186", "1009", "16", "0", "18", "1042"], ["-1", "7", "655366", None]],
    "inet_set_masklen": [None, ["8", "24", "33", "-1", "0"]], "cidr_set_masklen": [None, ["8", "24", "-1"]], "network_scale": [None],
    "array_upper": [None, ["1", "2", "0"]], "array_lower": [None, ["1", "2", "0"]], "array_length": [None, ["1", "2", "0"]], "trim_array": [None, ["0", "1", "3", "9"]],
    "array_to_text": [None, [",", "", " | "]], "array_to_text_null": [None, [",", None], ["*", None]],
    "array_fill": [["7"], ["{3}", "{2,2}", "{0}", "{}"]], "array_fill_with_lower_bounds": [["7"], ["{3}", "{2,2}"], ["{2}", "{0,5}"]],
    "quote_ident": [["abc", "Abc", "a b", "select", "a\"b", "", "_x1", "1a", "ä"]], "parse_ident": [["a.b.c", "\"A\".b", "a b", "", "a..b", "x."], None],
    "json_object_two_arg": [["{a,b}", "{}", "{a}"], ["{1,2}", "{}", "{NULL}"]], "jsonb_object_two_arg": [["{a,b}", "{}", "{a}"], ["{1,2}", "{}", "{NULL}"]],
    "json_object": [["{a,1,b,2}", "{{a,1},{b,NULL}}", "{a}", "{}"]], "jsonb_object": [["{a,1,b,2}", "{{a,1},{b,NULL}}", "{a}", "{}"]],
    "pg_convert_from": [None, ["UTF8", "utf-8"]], "pg_convert_to": [None, ["UTF8"]],
    "setseed": [["0.5", "2"]], "timestamptz_bin": [["1 day", "15 minutes", "1 mon", "0"], None, ["2000-01-01 00:00+00", "2001-02-16 20:05+00"]], "timestamp_bin": [["1 day", "15 minutes", "1 mon", "-1 day"], None, ["2000-01-01 00:00", "2001-02-16 20:05"]],
    "interval_mul": [None, ["0", "1.5", "-2", "0.333", "1e10", "NaN"]], "mul_d_interval": [["0", "1.5", "-2"], None], "interval_div": [None, ["0", "1.5", "-2", "3"]],
    "timestamptz_izone": [["1 hour", "-05:30", "1 mon"], None], "timestamp_izone": [["1 hour", "-05:30", "1 mon"], None], "timetz_izone": [["1 hour", "-05:30"], None],
}
TOPICS = {  # by the file that will hold them: which prosrc
    "number": r"^(int[248]+(pl|mi|mul|div|mod|um|up|abs|and|or|xor|not|shl|shr|gcd|lcm|eq|ne|lt|le|gt|ge|larger|smaller|inc)?|i[248]to.*|ftoi.|dtoi.|dtof|ftod|oid(eq|ne|lt|le|gt|ge|toi8)|i8tooid|bool(eq|lt|gt)|int4_bool|bool_int4|float[48]+.*|d(round|ceil|floor|trunc|sign|cbrt|sqrt|exp|log1|log10|pow|pi|a?(sin|cos|tan)[hd]?|cotd?|atan2d?)|degrees|radians|to_hex..|width_bucket_float8|cash.*|int._cash|.*_cash|pg_lsn.*|xid.*|.*tochar|chartoi4)$",
    "numeric": r"^(numeric.*|int._numeric|float._numeric|width_bucket_numeric)$",
    "text": r"^(text.*|lower|upper|initcap|.?trim1?|lpad|rpad|substr.*|split_part|translate|repeat|reverse|left|right|ascii|chr|md5.*|sha.*|binary_.*|bytea.*|replace_text|strpos|quote_.*|unistr|like_escape|similar.*|name.*|bpchar.*|varchar|char.*|bit.*|varbit.*|to_ascii.*|unicode.*|regexp.*|length.*|booltext|parse_ident|uuid.*|varbit|byteaoctetlen|length_in_encoding|pg_convert.*)$",
    "datetime": r"^(date.*|time.*|interval.*|timestamp.*|extract_.*|make_.*|to_date|to_timestamp|overlaps.*|float8_timestamptz|mul_d_interval|in_range_(date|time|interval).*|.*_to_char|numeric_to_number)$",
    "json": r"^(json(?!b_path).*|to_json|to_jsonb)$",
    "jsonpath": r"^jsonb_path_(exists|match|query_array|query_first|exists_opr|match_opr)$",
    "array": r"^(array.*|trim_array|width_bucket_array|text_to_array.*|btarraycmp)$",
    "range": r"^(range.*|multirange.*|elem_contained.*|int.range.*|daterange.*|int4range_canonical|.*_subdiff)$",
    "net": r"^(network.*|inet.*|cidr.*|macaddr.*|int8pl_inet)$",
    "misc": r"^(format_type|tid.*|bt.*cmp|oidvector.*)$",
}
POLY = [{"anyelement": "int4", "anynonarray": "int4", "anyarray": "_int4", "anycompatible": "int4", "anycompatiblearray": "_int4", "anyrange": "int4range", "anymultirange": "int4multirange", "anycompatiblenonarray": "int4", "any": "int4"},
        {"anyelement": "text", "anynonarray": "text", "anyarray": "_text", "anycompatible": "text", "anycompatiblearray": "_text", "anyrange": "numrange", "anymultirange": "nummultirange", "anycompatiblenonarray": "text", "any": "jsonb"}]
POLY_ELEMENT_OF_RANGE = ["int4", "numeric"]
IN = {
    "bool": ["t", "true", "TRUE ", " yes", "y", "on", "of", "off", "o", "1", "0", "2", "", "tru", "truee", "n"],
    "int4": ["1", " 12 ", "+5", "-0", "2147483648", "-2147483648", "-2147483649", "1.5", "", "abc", "0x10", "1 2", "99999999999999999999"],
    "int2": ["32768", "-32768", "7"], "int8": ["9223372036854775807", "9223372036854775808", "-9223372036854775808", "x"],
    "oid": ["1", "-1", "4294967295", "4294967296", "x", ""], "xid": ["1", "0x10"],
    "float8": ["1", "1e5", "1e308", "1e309", "1e-400", ".5", "5.", "-.5e-3", "nan", "NaN", " inf ", "-Infinity", "+inf", "1e", "abc", "", "0x1p3", "1e15", "1e16", "123456789012345678", "0.1", "1e-5", "0.0001", "3.14159265358979", "2.2250738585072014e-308", "5e-324", "1.7976931348623157e308", "0.30000000000000004", "100000", "-0"],
    "float4": ["1", "0.1", "1e38", "1e39", "1e-46", "16777217", "3.4028235e38", "1e6", "100000", "1e-45", "abc"],
    "numeric": ["1", "1.50", " -3.70 ", "1e5", "1E-5", "1.5e3", "nan", "Infinity", "-inf", "+12", ".5", "5.", ".", "", "abc", "1e", "1e+", "1__0", "00012.300", "-0", "-0.00", "1e-20000", "1e131072", "12345678901234567890123456789.987654321", "0x1"],
    "money": ["1", "$1,234.567", "-$1", "(1.5)", "1.005", "abc", "", "1e5"],
    "text": ["", "abc", "äöü"], "varchar:7": ["abc", "abcd", "abc  ", "äöüx", "äöü"], "bpchar:7": ["a", "abc", "abcd", "abc  ", "ä"], "name": ["abc", "a" * 70],
    "bytea": ["\\x00ff", "\\xAb Cd", "\\xabc", "\\xzz", "abc", "a\\000b", "a\\\\b", "a\\b", "a\\400", ""],
    "uuid": ["A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}", "a0eebc999c0b4ef8bb6d6bb9bd380a11", "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11", "a0eebc99", "", "g0eebc999c0b4ef8bb6d6bb9bd380a11", "a0eebc999c0b4ef8bb6d6bb9bd380a11x"],
    "bit:3": ["101", "10", "x5", "b101", "102", "xg"], "varbit:4": ["101", "10101", "", "x1f"], "varbit": ["x1F", "B1", ""],
    "numeric:655366": ["12345.678", "0.005", "99999999.994", "99999999.995", "-1.555", "NaN", "Infinity", "1e10"],
    "date": ["2024-02-29", "2023-02-29", "January 8, 1999", "1999-01-08", "1/8/1999", "1/18/1999", "01/02/03", "1999-Jan-08", "Jan-08-1999", "08-Jan-1999", "99-Jan-08", "08-Jan-99", "Jan-08-99", "19990108", "990108", "1999.008", "J2451187", "January 8, 99 BC", "infinity", "-infinity", "epoch", "2024-13-01", "abc", "", "2024-1-1", "5874898-01-01", "0000-01-01", "4714-11-24 BC", "4714-11-23 BC", "2024-02-29 12:34:56", "20240229T101112", "24-02-29", "Thu 29 Feb 2024", "29 February 2024", "2024 Feb 29", "Feb 29 2024"],
    "time": ["04:05:06.789", "04:05:06", "04:05", "040506", "04:05 AM", "04:05 PM", "12:00 AM", "12:00 PM", "24:00", "24:00:01", "25:00", "04:05:06.7891234", "04:05:06 PST", "allballs", "23:59:60", "13:05 PM", "4:5", "", "abc", "T040506", "2003-04-12 04:05:06", "04:05:06.789-8", "01:02:03.9999999"],
    "time:2": ["04:05:06.789", "23:59:59.999"], "timestamp:0": ["2024-02-29 12:34:56.5", "2024-02-29 12:34:57.5"], "timestamp:3": ["2024-02-29 12:34:56.1235"],
    "timetz": ["04:05:06.789-8", "04:05:06-08:00", "04:05-08:00", "040506-08", "04:05:06 PST", "04:05:06", "2003-04-12 04:05:06 America/New_York", "04:05:06+15:59", "04:05:06+16", "04:05:06 UTC", "04:05:06Z", "04:05 am EST", "04:05:06+05:30:15", "abc"],
    "timestamp": ["2024-02-29 12:34:56.789", "2024-02-29T12:34:56Z", "2024-02-29 12:34", "20240229 123456", "20240229T123456", "Feb 29 12:34:56 2024", "Thu Feb 29 12:34:56 2024", "2024-02-29 12:34:56+05", "2024-02-29", "1999-01-08 04:05:06 BC", "infinity", "-infinity", "epoch", "2024-02-30 00:00", "2024-02-29 25:00", "2024-02-29 24:00:00", "2024-02-29 12:34:60", "abc", "", "January 8 04:05:06 1999 PST", "294277-01-01", "4714-11-23 BC", "4714-11-24 00:00:00 BC", "2024-02-29 12:34:56.123456789", "2024-060", "2024-02-29 12:34 PM", "12/31/99 11:59 pm", "1/1/70 0:0:0", "2024-02-29 1234", "J2451187 04:05:06", "99-12-31 10:00", "2024-02-29 12:34:56 foo", "2024.02.29 10:00", "2024/02/29 10:00", "20240229123456"],
    "timestamptz": ["2024-02-29 12:34:56.789", "2024-02-29T12:34:56Z", "2024-02-29 12:34:56+05:30", "2024-02-29 12:34:56-0800", "2024-02-29 12:34:56 America/New_York", "2024-07-01 12:00 Europe/Berlin", "2024-02-29 12:34:56 EST", "2024-02-29 12:34:56 EDT", "2024-02-29 12:34:56 PST8PDT", "2024-02-29 12:34:56 MSK", "2011-03-27 00:00:00 MSK", "2024-02-29 12:34:56 GMT+3", "2024-02-29 12:34:56 UTC-2", "2024-03-10 02:30 America/New_York", "2024-11-03 01:30 America/New_York", "infinity", "-infinity", "epoch", "2024-02-29 12:34:56 Nowhere/X", "2024-02-29 12:34:56 XYZ", "1883-11-18 12:03 America/New_York", "2100-07-01 00:00 America/New_York", "2024-02-29 12:34:56+16", "2024-02-29 12:34:56 z", "2024-02-29 12:34:56 +02:30:15", "1999-01-08 04:05:06 -8:00", "Wed Jul 16 22:30 1997 PDT", "2024-01-01 00:00:00+05 BC"],
    "interval": ["1 day", "1 year 2 months 3 days 4 hours 5 minutes 6 seconds", "1-2", "3 4:05:06", "1-2 +3 -4:05:06", "P1Y2M3DT4H5M6S", "P0001-02-03T04:05:06", "PT1.5H", "P1.5Y", "P2W", "1.5 years", "1.5 months", "1.5 days", "1.5 weeks", "-1 day ago", "@ 1 minute ago", "04:05:06.789", "-00:00:01", "1 century", "1 decade 2 mil", "2 millennia", "1 mon 1 week", "90", "1:30", "", "abc", "1 day 1 day", "1d 2h 3m 4s", "1us 2ms", "5 qtr", "99999999999 years", "1 day 25:00:00", "-1 year 2 days", "1e2 days", "+1 -2:03", "1 y 2 mons", "12 h 30 min 15.5 sec", "infinity", "P1D", "P", "PT", "P-1Y-2M", "1.23456789 sec", "0.5 mon", "1 day -00:30", "3 days 12"],
    "interval:196607": ["1 day 02:03:04.5678", "1.5"], "interval:2147418114": ["1 day 02:03:04.5678"], "interval:327679": ["3 years 4 mons 5 days", "7"], "interval:67174399": ["1 day 02:03:04", "5"],
    "inet": ["192.168.1.5/24", "10.1.2.3", "10.1", "::ffff:1.2.3.4", "2001:DB8:0:0:0:0:0:1/64", "1.2.3.4/33", "1.2.3.256", "abc", "::1/129", "", "1.2.3.4/24 ", "fe80::1%eth0", "1:2:3:4:5:6:7:8"],
    "cidr": ["192.168.1.0/24", "192.168.1.5/24", "10", "10.1", "192.168", "2001:db8::/32", "2001:db8::1/32", "128.1", "10.1.2.3"],
    "macaddr": ["08:00:2b:01:02:03", "08-00-2b-01-02-03", "08002b:010203", "08002b-010203", "0800.2b01.0203", "0800-2b01-0203", "08002b010203", "08:00:2b:01:02", "x"], "macaddr8": ["08:00:2b:01:02:03", "08:00:2b:01:02:03:04:05", "08002b0102030405", "0800.2b01.0203.0405", "x"],
    "json": ["{\"a\" : 1}", "[1,2", "{a:1}", "nul", "\"\\ud83d\\ude00\"", "\"\\u0000\"", "1e5", "01", "\"a\tb\"", "", "[1,]", "{\"a\":1,}", "true false", "\"\\x\""],
    "jsonb": ["{\"b\" : 1, \"a\":2, \"aa\":3, \"b\":4}", "[1, 2.500, 1e5, -0, 0.10e-3]", "{a:1}", "\"\\ud83d\\ude00\"", "\"\\u0000\"", "\"a\\nb\\u0001\\\"\\/\"", "[1,]", "", "null", " { } ", "\"\\ud83d\"", "[[[]]]", "{\"a\":{\"z\":1,\"y\":[true,false,null]}}", "1e400000", "{\"\":1}", "12345678901234567890.123"],
    "int4range": ["[1,5]", "(1,5]", "[5,1]", "empty", "(1,2)", "(,)", "[,5]", " [ 1 , 5 ) ", "[1,5", "abc", "[a,b]", "[1,2147483647]"], "numrange": ["[1.50,2.5]", "(1,1)", "[1,1]", "[1,1)"], "daterange": ["[2024-01-01,2024-01-31]", "(2024-01-01,infinity)", "[x"], "tsrange": ["[2024-01-01 10:00,2024-01-02]", "[\"2024-01-01 10:00:00\",)"],
    "int4multirange": ["{[1,3),[2,5),[7,8]}", "{}", "{empty,[1,2]}", "{[1,2)", "x", "{[1,2),}"],
    "_int4": ["{1,2,3}", "{}", "{{1,2},{3,4}}", "{{1,2},{3}}", "[2:3]={1,2}", "{1,NULL,3}", " { 1 , 2 } ", "1,2", "{1,2", "{1,,2}", "{a}", "{{1},{2},3}", "[1:2]={1}", "{1,2}x", "{\"1\",2}", "{1,2,}", "{{}}", "[2:1]={}"],
    "_text": ["{a,\"b c\",\"d\\\"e\",\\\\f}", "{null,\"null\",NULL}", "{\"\"}", "{a b , c}", "{\"a\"b}", "{{a,b},{c,d}}", "{ \"x\" }", "{a\"b}", "{äö}"],
    "_timestamptz": ["{\"2024-01-01 10:00:00+02\"}"], "_float8": ["{1,0.1,NaN}"], "_bytea": ["{\"\\\\x00ff\"}"], "_interval": ["{1 day,\"2 hours 3 min\"}"], "_varchar:7": ["{abc,abcd}", "{a}"],
    "pg_lsn": ["0/0", "16/B374D848", "x", "1/", "123456789/0"], "tid": ["(1,2)", "(1,2", "(4294967295,65535)", "(1,65536)"], "xid8": ["5", "x"], "char": ["abc", "", "é"], "oidvector": ["1 2", "x"], "int2vector": ["1 2"],
}


def esc(v):
    if v is None:
        return "\\N"
    return v.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


class Judge:
    def __init__(self, dsn):
        self.c = psycopg2.connect(dsn)
        self.c.autocommit = True
        self.cur = self.c.cursor()
        self.cur.execute("set timezone='America/New_York'; set datestyle='ISO, MDY'; set lc_monetary='C'; set statement_timeout='5s'")
        self.cur.execute("select oid, typname, typtype, typcategory, typlen, typelem, typarray, typispreferred, coalesce((select rngsubtype from pg_range where rngtypid=t.oid or rngmultitypid=t.oid),0), coalesce((select case when rngtypid=t.oid then rngmultitypid else rngtypid end from pg_range where rngtypid=t.oid or rngmultitypid=t.oid),0), typsubscript::text from pg_type t where oid < 10000 order by oid")
        self.types = self.cur.fetchall()
        self.oid = {t[1]: t[0] for t in self.types}
        self.name = {t[0]: t[1] for t in self.types}

    def ask(self, sql):
        try:
            self.cur.execute(sql)
            r = self.cur.fetchall()
            return "N" if r[0][0] is None else "=" + esc(r[0][0])
        except psycopg2.Error as e:
            if e.pgcode is None:
                raise
            d = e.diag
            return "!" + d.sqlstate + " " + esc(d.message_primary) + ("|" + esc(d.message_detail) if d.message_detail else "")


def literal(v):
    if v is None:
        return "NULL"
    return "E'" + v.replace("\\", "\\\\").replace("'", "''") + "'"


def cast(name):
    return '"' + name[1:] + '"[]' if name.startswith("_") else '"' + name + '"'


def type_facts(j, out):
    for t in j.types:
        out.write("\t".join(str(x) for x in t[:10]) + "\t" + str(int(t[10] == "array_subscript_handler")) + "\n")


def functions(j, pattern):
    j.cur.execute("""select p.proname, p.prosrc, p.prorettype::int, p.proargtypes::oid[]::int[], p.provariadic::int, p.proisstrict from pg_proc p join pg_language l on l.oid=p.prolang
        where l.lanname='internal' and p.prokind='f' and not p.proretset and p.prosrc ~ %s and p.provolatile <> 'v' and p.pronamespace=11
        and not exists (select 1 from unnest(p.proargtypes) a where a in ('internal'::regtype,'point'::regtype,'box'::regtype,'polygon'::regtype,'circle'::regtype,'lseg'::regtype,'path'::regtype,'line'::regtype,'tsvector'::regtype,'tsquery'::regtype,'xml'::regtype,'regconfig'::regtype))
        and p.prosrc !~ '(in|out|recv|send|typmodin|typmodout|sel|joinsel|accum|combine|_hash.*|hash.*|_avg|_image_..|serialize|sortsupport|support)$' and p.prosrc !~ '^(interval_transform|in_range|.*_inv$)'
        order by p.prosrc, p.proargtypes""", (pattern,))
    return j.cur.fetchall()


def samples(j, src, i, name, n):
    a = A.get(src)
    if a and i < len(a) and a[i] is not None:
        return a[i]
    return S.get(name)


def call_facts(j, topic, out, rng):
    seen = set()
    for name, src, ret, args, variadic, strict in functions(j, TOPICS[topic]):
        for pi, poly in enumerate(POLY if any(j.name.get(a, "") in POLY[0] for a in args) else [POLY[0]]):
            concrete, ok = [], True
            for a in args:
                tn = j.name[a]
                if tn in poly:
                    tn = poly[tn]
                    if j.name[a] == "anyelement" and any(j.name[b] in ("anyrange", "anymultirange") for b in args):
                        tn = POLY_ELEMENT_OF_RANGE[pi]
                concrete.append(tn)
            lists = [samples(j, src, i, t, len(args)) for i, t in enumerate(concrete)]
            if any(l is None or not l for l in lists):
                continue
            key = (src, tuple(concrete))
            if key in seen:
                continue
            seen.add(key)
            combos = list(itertools.product(*lists))
            limit = 40 if len(args) < 3 else 60
            special = src in A
            if special:
                limit = 300 if "jsonpath" in concrete else 160
            if re.search(r"(eq|ne|lt|le|gt|ge)$", src):
                limit = 12
            if len(combos) > limit:
                combos = rng.sample(combos, limit)
            if variadic:
                call = "%s(" + "%s" + ")"
            for c in combos:
                texts = [literal(v) + "::" + cast(t) for v, t in zip(c, concrete)]
                if variadic and args:
                    texts[-1] = "variadic " + texts[-1]
                q = 'select pg_catalog."%s"(%s)' % (name, ", ".join(texts))
                if ret == 23 and src.endswith("cmp"):
                    q = 'select sign(pg_catalog."%s"(%s))::int4' % (name, ", ".join(texts))
                typ = j.ask("select pg_typeof((%s))::oid::int::text" % q)
                got = j.ask("select (%s)::text" % q) if ret != 16 else j.ask("select case (%s) when true then 't' when false then 'f' end" % q)
                if ret == j.oid["name"] or ret == j.oid["bpchar"] or ret == 18:
                    got = j.ask("select format('%%s', (%s))" % q)
                real = typ[1:] if typ.startswith("=") and typ[1:].isdigit() else (str(j.oid[poly[j.name[ret]]]) if j.name[ret] in poly else str(ret))
                if "VARIADIC argument" in got:
                    continue
                fields = ["call", src, real]
                for v, t in zip(c, concrete):
                    fields += [str(j.oid[t]), esc(v)]
                out.write("\t".join(fields + [got]) + "\n")


def in_facts(j, out):
    for spec, texts in IN.items():
        name, _, mod = spec.partition(":")
        mod = mod or "-1"
        for t in texts + ([] if mod != "-1" else S.get(name, [])):
            sql = "select format('%%s', x) from (select %s::%s) s(x)" % (literal(t), cast(name))
            if mod != "-1":
                base = name[1:] if name.startswith("_") else name
                fn = {"varchar": "varcharin", "bpchar": "bpcharin", "bit": "bit_in", "varbit": "varbit_in", "numeric": "numeric_in", "time": "time_in", "timestamp": "timestamp_in", "interval": "interval_in"}[base]
                if name.startswith("_"):
                    sql = "select array_in(%s::cstring, %d, %s)::text" % (literal(t), j.oid[base], mod)
                else:
                    sql = "select format('%%s', %s(%s::cstring, 0, %s))" % (fn, literal(t), mod)
            got = j.ask(sql)
            if name == "bool" and got[0] == "=":
                got = "=" + got[1:2]
            out.write("\t".join(["in", str(j.oid[name]), mod, esc(t), got]) + "\n")
            if mod == "-1" and got.startswith("=") and name not in ("tid", "char", "jsonpath", "_varchar"):
                j.cur.execute("select typsend::text from pg_type where oid=%s", (j.oid[name],))
                send = j.cur.fetchone()[0]
                b = j.ask("select encode(%s(%s::%s),'hex')" % (send, literal(t), cast(name)))
                if b.startswith("="):
                    out.write("\t".join(["send", str(j.oid[name]), esc(t), b]) + "\n")


def cmp_facts(j, out, rng):
    for name in S:
        vs = [t for t in IN.get(name, []) + S[name] if j.ask("select (%s::%s)::text" % (literal(t), cast(name))).startswith("=")]
        if name in ("json", "jsonpath", "xid", "cid", "refcursor", "cstring", "record", "regtype", "pg_lsn", "xid8"):
            continue
        pairs = list(itertools.product(vs, vs))
        if len(pairs) > 120:
            pairs = rng.sample(pairs, 120)
        for a, b in pairs:
            x, y = literal(a) + "::" + cast(name), literal(b) + "::" + cast(name)
            coll = ' collate "C"' if name in ("text", "varchar", "bpchar", "_text", "_varchar") else ""
            got = j.ask("select case when %s%s < %s then '-1' when %s%s > %s then '1' else '0' end" % (x, coll, y, x, coll, y))
            out.write("\t".join(["cmp", str(j.oid[name]), esc(a), esc(b), got]) + "\n")


def main():
    j = Judge(sys.argv[1])
    topics = sys.argv[2:] or list(TOPICS) + ["types", "in", "cmp"]
    for t in topics:
        rng = random.Random(15)
        with open(os.path.join(HERE, "facts", t + ".txt"), "w") as out:
            if t == "types":
                type_facts(j, out)
            elif t == "in":
                in_facts(j, out)
            elif t == "cmp":
                cmp_facts(j, out, rng)
            else:
                call_facts(j, t, out, rng)
            if t == "jsonpath":
                for path in S[t]:
                    out.write("\t".join(["in", str(j.oid[t]), "-1", esc(path), j.ask("select format('%%s', x) from (select %s::jsonpath) s(x)" % literal(path))]) + "\n")
        print(t, sum(1 for _ in open(os.path.join(HERE, "facts", t + ".txt"))))


if __name__ == "__main__":
    main()

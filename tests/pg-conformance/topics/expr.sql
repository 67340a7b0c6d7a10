-- literals, operators and their precedence, NULL logic, CASE, casts between numbers
select 1;
select 1 as one, 2 two, 3 "Three";
select 1, 2, 3;
select -1;
select +5;
select - -5;
select 'abc';
select 'it''s';
select E'tab\there\nline';
select E'\x41\u0042\U00000043\103';
select U&'d\0061t\+000061';
select U&'d!0061t!+000061' uescape '!';
select 'a' 'b';
select 'con'
  'cat';
select $$dollar 'quoted'$$;
select $tag$with $$ inside$tag$;
select null;
select true, false;
select 1.5, .5, 5., 1e3, 1.5e-3;
select 123456789012;
select 12345678901234567890;
select 123456789012345678901234567890.123456789;
select b'101', x'1F';
select b'';
select current_schema, current_catalog = current_database();
select 1 + 2 * 3;
select (1 + 2) * 3;
select 2 ^ 3 ^ 2;
select 7 / 2, -7 / 2, 7 % 3, -7 % 3, 7 % -3;
select 7.0 / 2, 7 / 2.0, 7::float8 / 2;
select 1 / 3.0, 2 / 3.0, 10 / 3.0, 1.0 / 7;
select 100.00 * 1.1, 1.10 + 2.205, 3.30 - 1.1;
select 1 / 0;
select 1.0 / 0;
select 1::float8 / 0;
select 5 % 0;
select 5.5 % 2, -5.5 % 2;
select 2147483647 + 1;
select 2147483647::int8 + 1;
select 9223372036854775807 + 1;
select 32767::int2 + 1::int2;
select 32767::int2 + 1;
select -2147483648 / -1;
select 2147483647 * 2;
select (-2147483648)::int4;
select -2147483648::int4;
select 5 & 3, 5 | 3, 5 # 3, ~5, 1 << 4, 256 >> 4;
select 5::int8 & 3, 5::int2 | 3::int2;
select |/ 25.0, ||/ 27.0, @ -5.5;
select @ -5, @ -5::int8, @ -5.25::numeric;
select 4 !~ 5;
select 5!;
select 1 = 1, 1 <> 2, 1 != 1, 1 < 2, 2 <= 2, 3 > 2, 3 >= 4;
select 1 = 1.0, 1 = 1::float8, 1.0 = 1.00;
select 'a' = 'a', 'a' < 'b', 'a' < 'B', 'Z' < 'a';
select '' < 'a', 'a' < 'aa';
select null = null, null <> null, null is null, null is not null;
select 1 is distinct from null, null is distinct from null, 1 is distinct from 1, 1 is not distinct from 1;
select true and null, false and null, true or null, false or null, not null::bool;
select null::bool is true, null::bool is not true, null::bool is unknown, false is not unknown;
select true is true, false is false, true is not false;
select 1 between 0 and 2, 1 not between 0 and 2, 3 between symmetric 5 and 1;
select 1 in (1, 2), 3 in (1, 2), 3 not in (1, 2), null in (1), 1 in (2, null), 1 not in (2, null);
select 'a' in ('a', 'b'), 'c' not in ('a', 'b');
select 1 in (1.0, 2.5);
select case when true then 1 else 2 end;
select case when false then 1 end;
select case 2 when 1 then 'one' when 2 then 'two' else 'many' end;
select case when 1 > 2 then 1 else 2.5 end;
select case when true then 1 else 'x' end;
select case when true then '5' else 6 end;
select case null when null then 'same' else 'other' end;
select case 1 when 1 then null else 'x' end;
select case when 1 = 1 then 1 else 1/0 end;
select coalesce(null, 1), coalesce(null, null), coalesce(1, 2.5), coalesce(null, 'x');
select coalesce(1, 'a');
select coalesce();
select nullif(1, 1), nullif(1, 2), nullif(null, 1), nullif('a', 'b');
select greatest(1, 2, 3), least(1, 2, 3), greatest(1, null, 2), least(null, null);
select greatest('a', 'b'), least(1.5, 2), greatest(1, 2.5);
select 1::text, 1::varchar, 1::numeric, 1::float8, 1::int8, 1::int2, 1::bool;
select cast(1 as text), cast('5' as int), cast(2.5 as int), cast(3.5 as int), cast(-2.5 as int);
select 2.5::float8::int, 3.5::float8::int, -0.5::float8::int;
select '12'::int + 1;
select '12' + 1;
select '12' || 1;
select 1 || 2;
select 'x' || null;
select 'x' || 1.50;
select 'x' || true;
select 'abc'::int;
select ''::int;
select ' 42 '::int;
select '4 2'::int;
select '99999999999'::int;
select '1e3'::int;
select '0x1F'::int;
select 'true'::bool, 't'::bool, 'yes'::bool, 'on'::bool, '1'::bool, 'y'::bool, 'TRUE'::bool, ' tr '::bool;
select 'false'::bool, 'f'::bool, 'no'::bool, 'off'::bool, '0'::bool, 'n'::bool;
select 'maybe'::bool;
select 2::bool, 0::bool, 1::bool::int, true::text;
select true + 1;
select 'a' + 'b';
select 1 + 'b';
select 1 + true;
select now() + 1;
select -'5';
select -'5'::int;
select not 1;
select 1 and 2;
select 1 where 1;
select 1 where null;
select 1 where false;
select 1 where 'true';
select (1, 2) = (1, 2), (1, 2) < (1, 3), (1, 2) < (2, 1), (1, null) = (1, 2), (1, null) = (2, 3);
select (1, 2) <> (1, 2), (1, 2) is null, (null, null) is null, (null, null) is not null, (1, null) is not null;
select row(1, 2), row(1, 'a', null), row(), (1, 'x y', '"q"', 'a,b');
select row(1, 2) = row(1, 2, 3);
select (1, 2) in ((1, 2), (3, 4));
select row(1, 2) is distinct from row(1, null);
select 1 = any (array[1, 2]), 3 = any (array[1, 2]), 3 <> all (array[1, 2]), null = any (array[1]), 1 = any (array[2, null]);
select 2 > all (array[1, 0]), 2 > some (array[5, 1]);
select 1 = any ('{1,2,3}');
select 'a' like 'a', 'abc' like 'a%', 'abc' like '_b_', 'abc' not like 'a', 'ABC' ilike 'a%', 'a%c' like 'a\%c';
select 'a%c' like 'a!%c' escape '!', 'abc' like 'a!bc' escape '!', 'x' like '', '' like '', 'a\c' like 'a\\c';
select 'abc' like 'abc\';
select 'abc' ~ 'b', 'abc' ~ '^b', 'ABC' ~* 'b', 'abc' !~ 'z', 'abc' !~* 'B';
select 'abc' similar to 'a%', 'abc' similar to '(a|b)%', 'abc' similar to 'b', 'abc' not similar to 'abc';
select 'x'::text collate "C" < 'y';
select 'a' < 'b' collate "nope";
select 1 + 2 = 3 and not false;
select not true = false;
select 1 < 2 = true;
select 2 * 3 % 4, 2 - 3 - 4, 100 / 10 / 2;
select -2 ^ 2, (-2) ^ 2, 2 ^ -1, 2.0 ^ 0.5;
select 10 - 2 || 'x';
select 1::int4 + 1::int8, pg_typeof(1::int4 + 1::int8), pg_typeof(1::int2 + 1::int2), pg_typeof(1 + 1.0);
select pg_typeof(1), pg_typeof('a'), pg_typeof(null), pg_typeof(1.0), pg_typeof(1e5), pg_typeof(true), pg_typeof(12345678901);
select pg_typeof('a'::varchar || 'b'), pg_typeof(1::float4 + 1::float8), pg_typeof(1::numeric + 1::float8), pg_typeof(2 ^ 2);
select pg_typeof(array[1, 2.5]), pg_typeof(row(1)), pg_typeof(case when true then 1 else 2::int8 end);
select int '5', float8 '1.5', numeric(5,2) '1.234', date '2020-01-01', interval '1' day, bool 't', text 'x';
select int4 'x';
select nosuch;
select "nosuch";
select nosuch(1);
select abs('x');
select abs();
select abs(1, 2);
select abs(-5), abs(-5.5), abs(-5::float8), abs('-5');
select 1::nosuchtype;
select cast(1 as date);
select 'a'::date;
select 1 +;
select from;
select;
select 1 from;
select * ;
select 1 2;
select (1;
-- @nopsql
select 'unterminated;
select 1 as "select", 2 as select;
select 1 as user_name, 2 as "User Name";
select current_user, session_user, user, current_role;
select 1 as a, a + 1;
select exists (select 1), exists (select 1 where false), not exists (select 1);
select (select 1), (select 1 where false), array(select 1);
select (select 1, 2);
select (select 1 union all select 2);
select 1 = (select 1), 1 in (select 1 union select 2), 1 > all (select 0), 1 < any (select 2);
select 1 in (select 1, 2);
select * from (select 1 as a, 2 as b) t;
select t.a from (select 1 as a) t;
select t.* from (select 1 as a, 'x' as b) t;
select t from (select 1 as a, 'x' as b) t;
select (t).a from (select 1 as a) t;
select (t).nope from (select 1 as a) t;
select t.nope from (select 1 as a) t;
select nope.a from (select 1 as a) t;
select * from (values (1, 'a'), (2, 'b')) v(n, s);
select * from (values (1, 'a'), (2, 'b')) v;
values (1, 'a'), (2, null);
values (1), (2.5);
values (1), ('x');
values (1, 2), (3);
select * from (values (1), (2)) v(a, b);
-- @params 5
select $1 + 1;
-- @params 5
select $1::int + 1;
-- @params 5
select $1;
-- @params abc
select $1::text || 'x', length($1);
-- @params 5 | 6
select $1 + $2;
-- @params 5 | 6
select $1::int + $2;
-- @params 1 | 2 | 3
select $1 in ($2, $3);
-- @params 1.5
select $1 * 2.0;
-- @params \N
select $1::int is null, coalesce($1, 7);
-- @params abc
select $1::int;
-- @params t
select not $1;
-- @params {1,2,3}
select 2 = any($1);
-- @params {1,2,3}
select 2 = any($1::int[]), array_length($1, 1);
-- @params 2020-01-31
select $1::date + 1;
-- @params 5
select case when $1 > 3 then 'big' else 'small' end;
-- @params 10
select generate_series(1, 3) limit $1;
-- @params x
select 'x' = $1, $1 like 'x%';
-- @params 1 day
select timestamp '2020-01-01' + $1;
-- @params 1
select $2::int;
-- @params 1 | 2
select $2::int;
select 1 \; select 2;
select 1 \; select 1/0 \; select 3;
;

-- COPY in text, csv and binary, both ways
create table t (id int primary key, name text, amount numeric(8,2), day date, flag bool default true);
copy t from stdin;
1	ann	10.50	2020-01-01	t
2	bob	\N	\N	f
3	tab\there	1	2020-01-03	t
4	new\nline	2	2020-01-04	\N
\.
select * from t order by id;
copy t to stdout;
copy t (id, name) to stdout;
copy (select id, upper(name) from t where id < 3 order by id) to stdout;
copy (select 1, null, 'a' || chr(9) || 'b', E'x\\y', '') to stdout;
copy t (id, name) from stdin;
5	five
6	
\.
select id, name, amount, flag, length(name) from t where id > 4 order by id;
copy t from stdin with (format csv);
7,"quoted, comma",1.5,2020-01-07,true
8,"say ""hi""",,,
9,plain,2,2020-01-09,f
10,"",3,,t
\.
select * from t where id > 6 order by id;
copy t from stdin with (format csv, header);
id,name,amount,day,flag
11,hdr,1,2020-01-01,t
\.
copy t from stdin with (format csv, header match);
id,nope,amount,day,flag
12,hdr,1,2020-01-01,t
\.
copy t (id, name) from stdin with (format csv, delimiter ';', quote '''', null 'NULL');
13;'it''s; ok'
14;NULL
\.
copy t (id, name) from stdin with (delimiter '|', null '-');
15|pipe
16|-
\.
copy t (id, name) from stdin (format csv, force_not_null (name));
17,
\.
copy t (id, name) from stdin (format csv, force_null (name));
18,""
\.
copy t (id, name) from stdin csv header delimiter '|';
x|y
19|old syntax
\.
select id, name, name is null as isnull from t where id > 12 order by id;
copy t to stdout (format csv);
copy t to stdout (format csv, header);
copy t (id, name) to stdout (format csv, delimiter ';', null 'NULL', force_quote *);
copy t (id, name) to stdout (format csv, force_quote (name));
copy t (id, name) to stdout (delimiter '|', null 'nil');
copy (select 'a,b', 'q"q', E'l\nf', null, '', ' sp', '\.') to stdout csv;
copy (select * from generate_series(1, 3)) to stdout;
copy (values (1, 'a'), (2, null)) to stdout;
copy (select true, 1.50, date '2020-01-01', array[1, null], '{"a": 1}'::jsonb, '\x00ff'::bytea, interval '1 day', 'nan'::float8) to stdout;
copy t from stdin;
1	dup	1	2020-01-01	t
\.
copy t from stdin;
x	bad	1	2020-01-01	t
\.
copy t from stdin;
100	ok	1	2020-01-01	t
101	short
\.
copy t from stdin;
102	a	1	2020-01-01	t	extra
\.
copy t from stdin (format csv);
103,"unterminated,1,2020-01-01,t
\.
copy t from stdin;
104	a	1	not-a-date	t
\.
copy t from stdin;
105	a	99999999	2020-01-01	t
\.
copy t from stdin;
\N	a	1	2020-01-01	t
\.
select count(*) from t where id >= 100;
copy t from stdin;
\.
copy nope from stdin;
\.
copy t (nope) from stdin;
\.
copy t (id, id) from stdin;
\.
copy nope to stdout;
copy t to stdout (format nope);
copy t to stdout (nope true);
copy t to stdout (delimiter 'ab');
copy t to stdout (format text, header);
copy t to stdout (format text, quote '"');
copy t to stdout (format binary, delimiter ',');
copy (insert into t (id) values (200)) to stdout;
copy (insert into t (id) values (201) returning id) to stdout;
copy (delete from t where id = 201 returning id, name) to stdout;
copy t from stdin where id > 300;
300	no	1	2020-01-01	t
301	yes	1	2020-01-01	t
\.
select id from t where id >= 300;
create table esc (a text);
copy esc from stdin;
a\\b
\b\f\v
\x41\101
a\
b
\N
\\N
\.
select a, length(a) from esc order by a nulls last;
copy esc to stdout;
copy esc to stdout csv;
create table g (a int, b int generated always as (a * 2) stored, c int generated always as identity);
copy g (a) from stdin;
5
6
\.
select * from g order by a;
copy g to stdout;
copy g from stdin;
1	2	3
\.
copy g (b) from stdin;
1
\.
create table def (a int, b text default 'dd', c serial);
copy def (a) from stdin;
1
2
\.
select * from def order by a;
create table chk (a int check (a > 0), b int not null);
copy chk from stdin;
1	1
-1	1
\.
copy chk from stdin;
1	\N
\.
select count(*) from chk;
create view cv as select id from t where id < 3;
copy cv to stdout;
copy (select * from cv order by id) to stdout;
copy cv from stdin;
\.
begin;
copy t (id, name) from stdin;
400	in tx
\.
rollback;
select count(*) from t where id = 400;

-- @nopsql
copy (select 1) from stdin;
copy t from stdin (freeze);
\.
copy t from stdin with (on_error ignore);
\.
copy (select id from t where id < 3 order by id) to stdout with (format csv, header true);
copy (select 'é', '日本') to stdout (encoding 'UTF8');
copy (select 1 as "a b", 2 as c) to stdout (format csv, header);
copy (select) to stdout;
create table bin (a int, b text, c bytea);
insert into bin values (1, 'x', '\x00'), (null, null, null);
-- @nopsql
copy bin to stdout (format binary);
-- @nopsql
copy (select 5::int8, 1.5::numeric, 'y'::varchar, true) to stdout with binary;

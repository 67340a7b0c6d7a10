-- COPY: options, what is refused before data is asked for, places of errors
create domain pos as int check (value > 0);
create table t (id int primary key, name text default 'd', p pos, g int generated always as (id * 2) stored, constraint n check (id < 1000));
copy t from stdin where name = 'a' or id > 3;
1	a	1
2	b	2
5	c	\N
\.
table t;
copy t (id) from stdin (format csv, header match);
id
10
11
\.
copy t (id, name) from stdin (format csv, header match);
id,nam
10,x
\.
copy t (id, name) from stdin (format csv, header match);
id
10,x
\.
copy t (id, name) from stdin (format csv, header match, null 'id');
id,name
10,x
\.
copy t (id, p) from stdin;
20	-1
\.
copy t (id, p) from stdin (format csv);
21,x
\.
copy t (id, name) from stdin (format csv, quote '''', escape '\');
22,'it\'s'
23,'multi
line'
24,'x' y
\.
table t;
copy t (id) from stdin;
2000
\.
copy t to stdout (format csv, force_quote *, delimiter ';', header);
copy t to stdout (format csv, force_quote (name), null 'NIL', quote '$');
copy t to stdout (format csv, force_quote (p, nope));
copy t (id) to stdout (format csv, force_quote (p));
copy t to stdout (format text, force_quote (p));
copy t from stdin (format csv, force_quote (p));
\.
copy t to stdout (format csv, force_null (p));
copy t to stdout (format csv, delimiter ',', null 'a,b');
copy t to stdout (format csv, quote 'q', null 'q');
copy t to stdout (format csv, header 3);
copy t to stdout (format csv, header match);
copy t to stdout (format csv, format csv);
copy t to stdout (format csv, encoding 'nope');
copy t to stdout (format csv, encoding 'utf8');
copy t to stdout (delimiter);
copy t to stdout (format binary, header);
copy t to stdout (format csv, escape 'ab');
copy t to stdout (header);
copy t (g) to stdout;
copy t from stdin where max(id) > 1;
\.
copy t from stdin where (select true);
\.
copy t from stdin where id;
\.
copy t from stdin where nope;
\.
copy t to stdout where id > 1;
copy (select 1, 'x') to stdout (format csv, force_quote *);
copy (update t set name = 'zz' where id = 22 returning id, name) to stdout;
copy (update t set name = 'zz' where id = 22) to stdout;
copy (select 1) from stdin;
begin;
create table fr (a int);
copy fr from stdin (freeze);
1
\.
commit;
begin;
truncate fr;
copy fr from stdin csv freeze;
1
\.
rollback;
begin read only;
copy fr from stdin;
1
\.
rollback;
begin;
select 1/0;
copy fr from stdin;
\.
rollback;
create table uq (a int unique);
copy uq from stdin;
1
2
1
\.
create table ch (a int references uq);
copy ch from stdin;
7
\.
create materialized view mv as select 1 as x;
copy mv to stdout;
copy mv from stdin;
1
\.
create sequence sq;
copy sq to stdout;
create table arr (a int[], b text);
copy arr from stdin;
{1,2}	x\ty
\N	\\N
\.
table arr;
copy arr to stdout;
copy arr to stdout binary;

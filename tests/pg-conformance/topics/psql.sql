-- what psql's own commands show
create table customer (id serial primary key, name varchar(50) not null, email text unique, balance numeric(10,2) default 0 check (balance >= 0));
create table orders (id bigint generated always as identity primary key, customer_id int not null references customer on delete cascade, total numeric, day date default current_date);
create index on orders (customer_id);
create view v as select id, name from customer where balance > 0;
create materialized view mv as select count(*) n from orders;
create sequence seq;
create type mood as enum ('a', 'b');
create type pair as (a int, b text);
create domain pos as int check (value > 0);
create schema other;
create table other.t (a int);
comment on table customer is 'people';
comment on column customer.name is 'who';
\d
\dt
\dt+ customer
\dt other.*
\dv
\dm
\ds
\di
\d customer
\d+ customer
\d orders
\d+ orders
\d v
\d+ v
\d mv
\d seq
\d customer_pkey
\d pair
\d nope
\d other.t
\dn
\dT
\dT+ mood
\dD
\dT pair
\df lower
\df nope
\da count
\do ||
\dC int4
\du
\dg
\dx
\dp customer
\z customer
\l template0
\db
\dL
\dd customer
\dc latin1_to_utf8
\dO "C"
\dtS pg_class
\d pg_namespace
\dy
\dRp
\dE
\dF english
\sv v
\encoding
\dt c*
\dt *.t
\dti
\d c*
\dAc btree int4
\dconfig work_mem
select 1 as a, 2 as b \g
select 1 as a \gset
\echo :a
select 'x' as q \gx
\x on
select 1 as a, 'b' as b;
\x off
\pset null '(null)'
select null as n;
\pset format unaligned
select 1 as a, 2 as b;
\pset format csv
select 1 as a, 'x,y' as b;
\pset format aligned
\a
\t
select 1;
\t
\a
\copy (select 1, 2) to stdout
select 1 as a, 'x'::varchar(5) as b \gdesc
\if true
\echo yes
\endif
\timing off
\set ON_ERROR_ROLLBACK on
begin;
select 1/0;
select 1;
commit;
\set ON_ERROR_ROLLBACK off
\set AUTOCOMMIT off
select 1;
rollback;
\set AUTOCOMMIT on
\set FETCH_COUNT 2
select g from generate_series(1, 5) g;
\unset FETCH_COUNT

-- EXPLAIN: columns and errors; plans themselves are PostgreSQL's own affair
create table t (id int primary key, v text);
insert into t select g, 'x' from generate_series(1, 10) g;
-- @shape
explain select * from t;
-- @shape
explain select * from t where id = 1;
-- @shape
explain (costs off) select count(*) from t group by v;
-- @shape
explain (format json) select 1;
-- @shape
explain (format yaml) select 1;
-- @shape
explain (format xml) select 1;
-- @shape
explain analyze select * from t;
-- @shape
explain (analyze, buffers, verbose, timing off, summary off) select 1;
-- @shape
explain insert into t values (100, 'y');
-- @shape
explain analyze insert into t values (101, 'y');
select count(*) from t where id >= 100;
-- @shape
explain update t set v = 'z' where id = 1;
-- @shape
explain delete from t;
select count(*) from t;
explain select * from nope;
explain select nope from t;
explain (nope) select 1;
explain (format nope) select 1;
explain (analyze maybe) select 1;
explain create table x (a int);
explain explain select 1;
explain;
-- @shape
explain verbose select 1;
-- @shape
explain create table ctas as select 1;
-- @shape
explain declare c cursor for select 1;
-- @shape
explain values (1), (2);
prepare p as select * from t where id = $1;
-- @shape
explain execute p(1);
explain (timing) select 1;
explain (wal) select 1;
-- @params 1
-- @shape
explain select * from t where id = $1;
select json_typeof('[]');

// pgx: statement cache, batches, CopyFrom, types in binary, LISTEN, a pool, errors.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
)

func must(err error) {
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
}

type pair struct {
	A int32
	B string
}

func main() {
	ctx := context.Background()
	c, err := pgx.Connect(ctx, "sslmode=disable")
	must(err)
	_, err = c.Exec(ctx, "create type mood as enum ('sad', 'happy'); create type pair as (a int, b text)")
	must(err)
	_, err = c.Exec(ctx, `create table t (id bigserial primary key, b bool, n numeric(10,2), s text, by bytea, j jsonb, d date, tz timestamptz, iv interval,
		ar int[], ta text[], m mood, p pair, r int4range, u uuid, ip inet)`)
	must(err)
	for _, name := range []string{"mood", "pair", "_pair"} {
		t, err := c.LoadType(ctx, name)
		must(err)
		c.TypeMap().RegisterType(t)
	}
	var id int64
	must(c.QueryRow(ctx, "insert into t (b,n,s,by,j,d,tz,iv,ar,ta,m,p,r,u,ip) values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15) returning id",
		true, "1234.50", "grüße", []byte{0, 255}, map[string]any{"a": 1}, time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC),
		time.Date(2024, 2, 29, 1, 2, 3, 4000, time.UTC), 90*time.Second, []int32{1, 2}, []string{"a", "b c"}, "happy", pair{1, "x y"},
		pgtype.Range[int32]{Lower: 1, Upper: 5, LowerType: pgtype.Inclusive, UpperType: pgtype.Exclusive, Valid: true},
		"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "10.0.0.0/8").Scan(&id))
	rows, err := c.Query(ctx, "select * from t")
	must(err)
	for _, f := range rows.FieldDescriptions() {
		fmt.Println(f.Name, f.DataTypeOID < 16384, f.DataTypeSize, f.TypeModifier, f.Format)
	}
	for rows.Next() {
		v, err := rows.Values()
		must(err)
		v[7] = v[7].(time.Time).UTC()
		fmt.Println(v...)
	}
	must(rows.Err())
	var p pair
	var ps []pair
	must(c.QueryRow(ctx, "select p, array[p, p] from t").Scan(&p, &ps))
	fmt.Println(p, ps)

	b := &pgx.Batch{}
	for i := 0; i < 5; i++ {
		b.Queue("insert into t (n, s) values ($1, $2) returning id, n", i, fmt.Sprint("s", i))
	}
	b.Queue("select count(*) from t")
	br := c.SendBatch(ctx, b)
	for i := 0; i < 5; i++ {
		var n pgtype.Numeric
		must(br.QueryRow().Scan(&id, &n))
		f, _ := n.Float64Value()
		fmt.Println(id, f.Float64)
	}
	var count int
	must(br.QueryRow().Scan(&count))
	must(br.Close())
	fmt.Println(count)
	bad := &pgx.Batch{}
	bad.Queue("insert into t (n) values (77)")
	bad.Queue("select 1/$1::int", 0)
	bad.Queue("insert into t (n) values (78)")
	fmt.Println(c.SendBatch(ctx, bad).Close())
	must(c.QueryRow(ctx, "select count(*) from t where n in (77, 78)").Scan(&count))
	fmt.Println("after the batch", count)

	copied, err := c.CopyFrom(ctx, pgx.Identifier{"t"}, []string{"n", "s", "ta", "tz"}, pgx.CopyFromSlice(1000, func(i int) ([]any, error) {
		return []any{i, fmt.Sprint("c", i), []string{"x"}, time.Date(2024, 1, 1, 0, 0, i, 0, time.UTC)}, nil
	}))
	fmt.Println(copied, err)
	var out strings.Builder
	tag, err := c.PgConn().CopyTo(ctx, &out, "copy (select n, s, ta from t order by id desc limit 3) to stdout (format csv)")
	fmt.Println(tag, err, out.String())
	_, err = c.CopyFrom(ctx, pgx.Identifier{"t"}, []string{"id"}, pgx.CopyFromRows([][]any{{int64(1)}}))
	fmt.Println(err)

	for _, q := range []string{"select 1/0", "select * from nope", "insert into t (id) values (1)", "selec", "select 'x'::mood::text", "insert into t (m) values ('bad')"} {
		_, err := c.Exec(ctx, q)
		var e *pgconn.PgError
		if errors.As(err, &e) {
			fmt.Println(e.Severity, e.Code, e.Message, e.Detail, e.Hint, e.Position, e.TableName, e.ConstraintName)
		} else {
			fmt.Println(err)
		}
	}
	fmt.Println(pgx.BeginTxFunc(ctx, c, pgx.TxOptions{IsoLevel: pgx.Serializable, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		var level string
		must(tx.QueryRow(ctx, "show transaction_isolation").Scan(&level))
		_, err := tx.Exec(ctx, "delete from t")
		fmt.Println(level)
		return err
	}))
	tx, err := c.Begin(ctx)
	must(err)
	in, err := tx.Begin(ctx)
	must(err)
	_, err = in.Exec(ctx, "delete from t")
	must(err)
	must(in.Rollback(ctx))
	must(tx.QueryRow(ctx, "select count(*) from t").Scan(&count))
	must(tx.Commit(ctx))
	fmt.Println(count)

	_, err = c.Exec(ctx, "listen ch")
	must(err)
	pool, err := pgxpool.New(ctx, "sslmode=disable pool_max_conns=4")
	must(err)
	_, err = pool.Exec(ctx, "select pg_notify('ch', $1)", "hello")
	must(err)
	n, err := c.WaitForNotification(ctx)
	must(err)
	fmt.Println(n.Channel, n.Payload)
	var wg sync.WaitGroup
	got := make([]int, 20)
	for i := range got {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			must(pool.QueryRow(ctx, "select $1::int * 2", i).Scan(&got[i]))
		}(i)
	}
	wg.Wait()
	sort.Ints(got)
	fmt.Println(got)
	pool.Close()
	for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeDescribeExec, pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol} {
		var s string
		must(c.QueryRow(ctx, "select s from t where id = $1 and s like $2", mode, 1, "g%").Scan(&s))
		fmt.Println(mode, s)
	}
	short, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	fmt.Println(c.Ping(short), c.PgConn().ParameterStatus("client_encoding"))
	must(c.Close(ctx))
}

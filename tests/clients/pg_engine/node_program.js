// node-postgres: a pool, types, prepared statements, pg-cursor, pg-copy-streams, LISTEN, errors.
const { Client, Pool } = require("pg");
const Cursor = require("pg-cursor");
const { from, to } = require("pg-copy-streams");
const { pipeline } = require("stream/promises");
const { Readable } = require("stream");

async function main() {
	const pool = new Pool({ max: 4 });
	const c = await pool.connect();
	await c.query("create type mood as enum ('sad', 'happy')");
	await c.query(`create table t (id serial primary key, b bool, i2 int2, i8 int8, f8 float8, n numeric, s text, by bytea, j json, jb jsonb,
		d date, ts timestamp, tz timestamptz, iv interval, ar int[], ta text[], m mood, u uuid)`);
	const values = [true, 2, "9007199254740993", 1.5, "12.340", "gr\u00fc\u00dfe", Buffer.from([0, 255]), { a: 1 }, JSON.stringify([1, null]),
		"2024-02-29", "2024-02-29 01:02:03.004", new Date(Date.UTC(2024, 1, 29, 1, 2, 3, 4)), "1 day 02:03:04", [1, null, 3], ["a", 'q"', null],
		"happy", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"];
	const r = await c.query("insert into t (b,i2,i8,f8,n,s,by,j,jb,d,ts,tz,iv,ar,ta,m,u) values (" + values.map((_, i) => "$" + (i + 1)) + ") returning *", values);
	console.log(r.command, r.rowCount, r.rows[0], r.fields.map((f) => [f.name, f.dataTypeID < 16384 ? f.dataTypeID : "own", f.dataTypeSize, f.dataTypeModifier]));
	console.log((await c.query({ text: "select id, s from t where id = $1", values: [1], rowMode: "array", name: "byid" })).rows);
	for (let i = 0; i < 3; i++)
		console.log((await c.query({ name: "byid", text: "select id, s from t where id = $1", values: [i], rowMode: "array" })).rows);
	console.log((await c.query("select 1 as a; select 2 as b, 3 as c; update t set i2 = 3")).map((x) => [x.command, x.rowCount, x.rows]));
	for (const [text, args] of [["select 1/0", []], ["select * from nope", []], ["insert into t (id) values ($1)", [1]], ["select $1::int", ["x"]],
		["insert into t (m) values ('x')", []], ["selec", []], ["select $1", []]]) {
		try {
			console.log((await c.query(text, args)).rows);
		} catch (e) {
			console.log(e.message, e.code, e.severity, e.detail, e.hint, e.position, e.table, e.constraint, e.where);
		}
	}
	await c.query("begin");
	const cursor = c.query(new Cursor("select g, g * 2 as d from generate_series(1, $1::int) g", [10]));
	console.log(await cursor.read(4), await cursor.read(4), await cursor.read(4), await cursor.read(4));
	await cursor.close();
	await c.query("savepoint a");
	await c.query("insert into t (s) values ('gone')");
	await c.query("rollback to a");
	await c.query("commit");
	await c.query("create table cp (a int, b text)");
	const into = c.query(from("copy cp from stdin with (format csv)"));
	await pipeline(Readable.from(["1,one\n2,\"t", "wo\"\n", "3,\n"]), into);
	console.log(into.rowCount);
	let out = "";
	const stream = c.query(to("copy (select * from cp order by a desc) to stdout"));
	for await (const piece of stream) out += piece;
	console.log(JSON.stringify(out), stream.rowCount);
	const l = new Client();
	await l.connect();
	const heard = new Promise((done) => l.on("notification", (m) => done([m.channel, m.payload])));
	await l.query("listen ch");
	await c.query("select pg_notify('ch', 'hi')");
	console.log(await heard);
	l.on("notice", (n) => console.log("notice", n.severity, n.code, n.message));
	await l.query("drop table if exists nothing_here");
	await l.end();
	c.release();
	console.log((await Promise.all([...Array(12).keys()].map((i) => pool.query("select $1::int * 2 as n", [i])))).map((x) => x.rows[0].n).join());
	console.log(pool.totalCount);
	await pool.end();
}
main().catch((e) => { console.log(e); process.exit(1); });

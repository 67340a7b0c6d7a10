const assert = require("node:assert");
const { Client, Pool, types } = require("pg");

const settings = { host: "db.client.test", user: "app", database: "shop", connectionTimeoutMillis: 5000 };
types.setTypeParser(1082, (text) => text); // dates as they came

async function main() {
	const client = new Client({ ...settings, ssl: true });
	await client.connect();
	let r = await client.query("select * from every_type");
	const row = r.rows[0];
	assert.strictEqual(row.b, true);
	assert.deepStrictEqual([row.i2, row.i4, row.i8, row.f4, row.f8, row.num], [-2, 4, "9007199254740993", 1.5, 0.1, "1234.500"]);
	assert.deepStrictEqual([row.t, row.vc, row.by.toString("hex"), row.u], ["grüße", "v", "deadbeef", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]);
	assert.deepStrictEqual([row.j, row.jb, row.d, row.tm], [{ a: 1 }, { a: [1, 2] }, "2024-02-29", "12:34:56.789"]);
	assert.strictEqual(row.tz.toISOString(), "2024-02-29T12:34:56.789Z");
	assert.deepStrictEqual([row.ai, row.at], [[1, null, 3], ["a", "b c", null]]);
	assert.ok(Object.values(r.rows[1]).every((v) => v === null));

	r = await client.query("select id, name from items where id = $1", [7]);
	assert.deepStrictEqual(r.rows, [{ id: 7, name: "seven" }]);
	r = await client.query({ name: "get", text: "select id, name from items where id = $1", values: [8] });
	assert.strictEqual(r.rowCount, 0);
	r = await client.query({ name: "get", text: "select id, name from items where id = $1", values: [7] });
	assert.strictEqual(r.rows[0].name, "seven");
	r = await client.query({ text: "select n from numbers", rows: 3, values: [] });
	assert.deepStrictEqual(r.rows.map((o) => o.n), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
	r = await client.query("insert into items (name) values ($1) returning id", ["x"]);
	assert.deepStrictEqual([r.command, r.rowCount, r.rows[0].id], ["INSERT", 1, "41"]);
	r = await client.query("begin; select 1; commit");
	assert.deepStrictEqual(r.map((x) => x.command), ["BEGIN", "SELECT", "COMMIT"]);

	const notices = [];
	client.on("notice", (n) => notices.push(n.code));
	await client.query("rollback");
	assert.deepStrictEqual(notices, ["25P01"]);

	await client.query("begin");
	await assert.rejects(client.query("insert into unique_items values (1)"), { code: "23505", constraint: "unique_items_pkey" });
	await assert.rejects(client.query("select 1"), { code: "25P02" });
	await client.query("rollback");
	await assert.rejects(client.query("selec 1"), { code: "42601", position: "1" });
	await client.end();

	const pool = new Pool({ ...settings, max: 4 });
	const many = await Promise.all(Array.from({ length: 20 }, () => pool.query("select 1")));
	assert.ok(many.every((x) => x.rows[0].n === 1));
	await pool.end();

	const wrong = new Client({ ...settings, database: "nope" });
	await assert.rejects(wrong.connect(), { code: "3D000" });
	const locked = new Client({ ...settings, host: "locked.client.test", password: "secret" });
	await locked.connect();
	await locked.end();
	const refused = new Client({ ...settings, host: "locked.client.test", password: "wrong" });
	await assert.rejects(refused.connect(), { code: "28P01" });
	console.log("ok");
}

main().catch((e) => {
	console.error(e);
	process.exit(1);
});

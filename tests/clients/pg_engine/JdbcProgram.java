/* JDBC: what tools ask of DatabaseMetaData, batches, generated keys, cursors, types, errors, CopyManager. */
import java.io.StringReader;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.sql.*;
import java.time.*;
import java.util.*;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

public class JdbcProgram {
	/* getTypeInfo also lists a row type for every system view, of which the fake has fewer */
	static final List<String> BASIC = Arrays.asList("bool", "int2", "int4", "serial", "int8", "bigserial", "oid", "float4", "float8", "numeric", "money", "char", "bpchar",
		"varchar", "text", "name", "bytea", "date", "time", "timetz", "timestamp", "timestamptz", "interval", "uuid", "json", "jsonb", "xml", "inet", "cidr", "bit", "varbit",
		"_int4", "_text", "point", "int4range", "record", "refcursor", "mood", "positive", "customer");

	static void show(String what, ResultSet r, String... skip) throws SQLException {
		ResultSetMetaData m = r.getMetaData();
		List<String> without = Arrays.asList(skip);
		List<String> lines = new ArrayList<>();
		while (r.next()) {
			if (what.equals("types") && !BASIC.contains(r.getString(1)))
				continue;
			StringBuilder s = new StringBuilder();
			for (int i = 1; i <= m.getColumnCount(); i++)
				if (!without.contains(m.getColumnLabel(i).toUpperCase()))
					s.append(i > 1 ? "|" : "").append(r.getString(i));
			lines.add(s.toString());
		}
		r.close();
		Collections.sort(lines); /* the driver's queries leave some orders open */
		System.out.println("-- " + what + "\n" + String.join("\n", lines));
	}

	public static void main(String[] args) throws Exception {
		String url = "jdbc:postgresql://" + System.getenv("PGHOST") + ":" + System.getenv("PGPORT") + "/postgres?user=postgres&sslmode=disable";
		Connection c = DriverManager.getConnection(url);
		Statement s = c.createStatement();
		s.execute("create schema app; create type app.mood as enum ('sad', 'happy'); create domain app.positive as int check (value > 0)");
		s.execute("create table app.customer (id serial primary key, name varchar(50) not null default 'x', email text unique, balance numeric(10,2) default 0,"
			+ " mood app.mood, tags text[], made timestamptz default '2024-01-01', n app.positive, u uuid, b bytea, j jsonb, constraint ok check (balance >= 0))");
		s.execute("create table app.orders (id bigint generated always as identity, customer_id int not null references app.customer on update cascade on delete set null,"
			+ " line int, total float8, twice float8 generated always as (total * 2) stored, primary key (id, line))");
		s.execute("create index orders_total on app.orders (total desc, lower(customer_id::text)) where total > 10; create unique index on app.orders using btree (line, customer_id)");
		s.execute("create view app.v as select id, name from app.customer; create materialized view app.m as select 1 as one; create sequence app.loose; create temp table tmp (a int)");
		s.execute("comment on table app.customer is 'who buys'; comment on column app.customer.name is 'in full'");
		DatabaseMetaData d = c.getMetaData();
		System.out.println(d.getDatabaseProductName() + " " + d.getDatabaseMajorVersion() + " " + d.getUserName() + " " + d.getMaxColumnNameLength() + " "
			+ d.getMaxColumnsInIndex() + " " + d.getDefaultTransactionIsolation() + " " + d.getSQLKeywords().length() + " " + d.storesLowerCaseIdentifiers());
		show("catalogs", d.getCatalogs());
		show("schemas", d.getSchemas(null, "app"));
		show("types of tables", d.getTableTypes());
		show("tables", d.getTables(null, "app", "%", null));
		show("some tables", d.getTables(null, null, "c%", new String[] { "TABLE", "VIEW", "SEQUENCE" }));
		show("system tables", d.getTables(null, "pg_catalog", "pg_cl%", new String[] { "SYSTEM TABLE", "SYSTEM VIEW" }));
		show("columns", d.getColumns(null, "app", "%", "%"));
		show("primary key", d.getPrimaryKeys(null, "app", "orders"));
		show("imported keys", d.getImportedKeys(null, "app", "orders"));
		show("exported keys", d.getExportedKeys(null, "app", "customer"));
		show("cross reference", d.getCrossReference(null, "app", "customer", null, "app", "orders"));
		show("indexes", d.getIndexInfo(null, "app", "orders", false, false), "PAGES", "CARDINALITY");
		show("unique indexes", d.getIndexInfo(null, "app", "customer", true, false), "PAGES", "CARDINALITY");
		show("best row", d.getBestRowIdentifier(null, "app", "customer", DatabaseMetaData.bestRowSession, false));
		show("versions", d.getVersionColumns(null, "app", "customer"));
		show("types", d.getTypeInfo());
		show("own types", d.getUDTs(null, "app", "%", null));
		show("privileges", d.getTablePrivileges(null, "app", "customer"));
		show("column privileges", d.getColumnPrivileges(null, "app", "v", "%"));
		show("functions", d.getFunctions(null, "pg_catalog", "lpad"), "REMARKS");
		show("function columns", d.getFunctionColumns(null, "pg_catalog", "pg_notify", "%"));
		show("procedures", d.getProcedures(null, "app", "%"));
		show("client information", d.getClientInfoProperties());
		System.out.println(d.getStringFunctions().length() + " " + d.getMaxConnections() + " " + d.getURL().startsWith("jdbc"));

		c.setAutoCommit(false);
		PreparedStatement p = c.prepareStatement("insert into app.customer (name, email, balance, mood, tags, n, u, b, j) values (?, ?, ?, ?::app.mood, ?, ?, ?, ?, ?::jsonb)",
			Statement.RETURN_GENERATED_KEYS);
		for (int i = 0; i < 300; i++) {
			p.setString(1, "n" + i);
			p.setString(2, i % 3 == 0 ? null : "e" + i);
			p.setBigDecimal(3, new BigDecimal(i).divide(new BigDecimal(4)));
			p.setString(4, i % 2 == 0 ? "sad" : "happy");
			p.setArray(5, c.createArrayOf("text", new String[] { "a" + i, null, "q\"" }));
			p.setInt(6, i + 1);
			p.setObject(7, new UUID(1, i));
			p.setBytes(8, new byte[] { 0, (byte) i });
			p.setString(9, "{\"i\": " + i + "}");
			p.addBatch();
		}
		System.out.println(Arrays.stream(p.executeBatch()).sum());
		ResultSet k = p.getGeneratedKeys();
		int keys = 0, last = 0;
		for (; k.next(); keys++)
			last = k.getInt("id");
		System.out.println(keys + " " + last);
		c.commit();
		p = c.prepareStatement("insert into app.orders (customer_id, line, total) values (?, ?, ?)", new String[] { "id", "twice" });
		p.setInt(1, 3);
		p.setInt(2, 1);
		p.setDouble(3, 2.5);
		System.out.println(p.executeUpdate());
		show("generated", p.getGeneratedKeys());
		c.commit();

		p = c.prepareStatement("select id, name, balance, mood, tags, n, u, b, j, email from app.customer where id > ? order by id");
		p.setFetchSize(50);
		p.setInt(1, 10);
		ResultSet r = p.executeQuery();
		int rows = 0;
		while (r.next())
			if (rows++ < 3)
				System.out.println(r.getInt(1) + r.getString(2) + r.getBigDecimal(3) + r.getString(4) + Arrays.toString((Object[]) r.getArray(5).getArray()) + r.getInt(6)
					+ r.getObject(7) + Arrays.toString(r.getBytes(8)) + r.getObject(9) + r.getString(10) + r.wasNull());
		System.out.println(rows);
		ResultSetMetaData m = p.getMetaData();
		for (int i = 1; i <= m.getColumnCount(); i++)
			System.out.println(m.getColumnName(i) + " " + m.getColumnTypeName(i) + " " + m.getColumnType(i) + " " + m.getPrecision(i) + " " + m.getScale(i) + " "
				+ m.getColumnDisplaySize(i) + " " + m.isNullable(i) + " " + m.isAutoIncrement(i) + " " + m.getTableName(i) + " " + m.getColumnClassName(i));
		ParameterMetaData pm = c.prepareStatement("select * from app.customer where id = ? and name like ? and made < ?").getParameterMetaData();
		for (int i = 1; i <= pm.getParameterCount(); i++)
			System.out.println(pm.getParameterTypeName(i) + " " + pm.getParameterType(i) + " " + pm.getParameterClassName(i));
		for (int i = 0; i < 8; i++) { /* from the fifth on in binary */
			p = i == 0 ? c.prepareStatement("select ?::timestamptz, ?::date, ?::time, ?::numeric, ?::bool, ?::int[], ?::text, ?::interval, ?::float4") : p;
			p.setObject(1, OffsetDateTime.of(2024, 2, 29, 1, 2, 3, 4000, ZoneOffset.UTC));
			p.setObject(2, LocalDate.of(2024, 2, 29));
			p.setObject(3, LocalTime.of(1, 2, 3));
			p.setBigDecimal(4, new BigDecimal("12.3400"));
			p.setBoolean(5, true);
			p.setArray(6, c.createArrayOf("int4", new Integer[] { 1, null, 3 }));
			p.setString(7, "gr\u00fc\u00dfe");
			p.setObject(8, new org.postgresql.util.PGInterval("1 day 2 hours"));
			p.setFloat(9, 1.5f);
			r = p.executeQuery();
			r.next();
			if (i == 0 || i == 7)
				System.out.println(r.getObject(1, OffsetDateTime.class) + " " + r.getObject(2, LocalDate.class) + " " + r.getObject(3, LocalTime.class) + " " + r.getBigDecimal(4)
					+ " " + r.getBoolean(5) + " " + Arrays.toString((Object[]) r.getArray(6).getArray()) + " " + r.getString(7) + " " + r.getObject(8) + " " + r.getFloat(9));
		}
		c.commit();
		Statement u = c.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_UPDATABLE);
		r = u.executeQuery("select id, name from app.customer where id < 4 order by id");
		r.absolute(2);
		r.updateString("name", "changed");
		r.updateRow();
		r.moveToInsertRow();
		r.updateInt("id", 1000);
		r.updateString("name", "inserted");
		r.insertRow();
		c.commit();
		show("changed", s.executeQuery("select id, name from app.customer where name in ('changed', 'inserted') order by id"));
		for (String text : new String[] { "select 1/0", "insert into app.customer (id) values (1)", "insert into app.orders (customer_id, line) values (99999, 1)", "selec",
			"update app.customer set balance = -1", "select * from app.nope" }) {
			Savepoint sp = c.setSavepoint();
			try {
				s.execute(text);
			} catch (org.postgresql.util.PSQLException e) {
				System.out.println(e.getSQLState() + " " + e.getServerErrorMessage().getMessage() + " " + e.getServerErrorMessage().getDetail() + " "
					+ e.getServerErrorMessage().getConstraint() + " " + e.getServerErrorMessage().getPosition());
			}
			c.rollback(sp);
		}
		p = c.prepareStatement("insert into app.customer (id, name) values (?, 'b')");
		for (int i : new int[] { 2001, 1, 2002 }) {
			p.setInt(1, i);
			p.addBatch();
		}
		try {
			p.executeBatch();
		} catch (BatchUpdateException e) {
			System.out.println(Arrays.toString(e.getUpdateCounts()) + " " + e.getSQLState());
		}
		c.rollback();
		c.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
		c.setReadOnly(true);
		show("modes", s.executeQuery("select current_setting('transaction_isolation'), current_setting('transaction_read_only')"));
		c.rollback();
		c.setReadOnly(false);
		CopyManager copy = ((PGConnection) c).getCopyAPI();
		s.execute("create table app.cp (a int, b text)");
		System.out.println(copy.copyIn("copy app.cp from stdin with (format csv, header)", new StringReader("a,b\n1,x\n2,\n")));
		StringWriter w = new StringWriter();
		System.out.println(copy.copyOut("copy app.cp to stdout", w) + " " + w.toString().replace("\n", "/"));
		c.commit();
		s.execute("listen ch");
		s.execute("notify ch, 'hello'");
		c.commit();
		s.execute("select 1");
		System.out.println(((PGConnection) c).getNotifications()[0].getParameter() + " " + c.isValid(2) + " " + c.getSchema());
		c.setSchema("app");
		show("with a path", s.executeQuery("select count(*) from cp"));
		s.execute("drop table if exists nothing_here");
		System.out.println(s.getWarnings());
		c.close();
	}
}

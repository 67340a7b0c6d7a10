import java.io.StringReader;
import java.io.StringWriter;
import java.sql.*;
import java.util.Arrays;
import org.postgresql.PGConnection;
import org.postgresql.util.PSQLException;

public class JdbcClient {
	static void same(Object got, Object want, String what) {
		if (got == null ? want != null : !got.equals(want))
			throw new AssertionError(what + ": got " + got + ", wanted " + want);
	}

	static void types(Connection c) throws SQLException {
		try (Statement s = c.createStatement(); ResultSet r = s.executeQuery("select * from every_type")) {
			r.next();
			same(r.getBoolean("b"), true, "bool");
			same(r.getInt("i4"), 4, "int4");
			same(r.getLong("i8"), 9007199254740993L, "int8");
			same(r.getDouble("f8"), 0.1, "float8");
			same(r.getBigDecimal("num").toString(), "1234.500", "numeric");
			same(r.getString("t"), "grüße", "text");
			same(Arrays.toString(r.getBytes("by")), "[-34, -83, -66, -17]", "bytea");
			same(r.getObject("u").toString(), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "uuid");
			same(r.getObject("ts", java.time.LocalDateTime.class).toString(), "2024-02-29T12:34:56.789", "timestamp");
			same(r.getObject("tz", java.time.OffsetDateTime.class).toInstant().toString(), "2024-02-29T12:34:56.789Z", "timestamptz");
			same(r.getObject("d", java.time.LocalDate.class).toString(), "2024-02-29", "date");
			same(Arrays.toString((Object[]) r.getArray("ai").getArray()), "[1, null, 3]", "int4[]");
			same(r.getMetaData().getColumnTypeName(3), "int4", "type name");
			r.next();
			r.getInt("i4");
			same(r.wasNull(), true, "null");
		}
	}

	static void prepared(Connection c) throws SQLException {
		try (PreparedStatement p = c.prepareStatement("select id, name from items where id = ?")) {
			for (int i = 0; i < 8; i++) { // a named statement and binary transfer from the fifth on
				p.setInt(1, 7);
				try (ResultSet r = p.executeQuery()) {
					r.next();
					same(r.getInt(1), 7, "id");
					same(r.getString(2), "seven", "name");
				}
			}
		}
		try (PreparedStatement p = c.prepareStatement("insert into items (id, name) values (?, ?)")) {
			for (int i = 0; i < 10; i++) {
				p.setInt(1, i);
				p.setString(2, "n" + i);
				p.addBatch();
			}
			same(Arrays.stream(p.executeBatch()).sum(), 10, "batch");
		}
		try (PreparedStatement p = c.prepareStatement("insert into items (name) values (?) returning id")) {
			p.setString(1, "x");
			try (ResultSet r = p.executeQuery()) {
				r.next();
				same(r.getLong(1), 41L, "returning");
			}
		}
	}

	static void cursor(Connection c) throws SQLException {
		c.setAutoCommit(false);
		int sum = 0;
		try (Statement s = c.createStatement()) {
			s.setFetchSize(3);
			try (ResultSet r = s.executeQuery("select n from numbers")) {
				while (r.next())
					sum += r.getInt(1);
			}
		}
		same(sum, 55, "cursor");
		Savepoint point = c.setSavepoint("here");
		try (Statement s = c.createStatement()) {
			s.executeUpdate("insert into unique_items values (1)");
			throw new AssertionError("no error");
		} catch (PSQLException e) {
			same(e.getSQLState(), "23505", "SQLSTATE");
			same(e.getServerErrorMessage().getConstraint(), "unique_items_pkey", "constraint");
		}
		c.rollback(point);
		try (Statement s = c.createStatement()) {
			same(s.executeUpdate("update items set name = 'y'"), 3, "update");
		}
		c.commit();
		c.setAutoCommit(true);
		c.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
		same(c.getTransactionIsolation(), Connection.TRANSACTION_SERIALIZABLE, "isolation");
		c.setReadOnly(true);
	}

	static void cancel(Connection c) throws Exception {
		try (Statement s = c.createStatement()) {
			s.setQueryTimeout(1);
			s.executeQuery("select pg_sleep(60)");
			throw new AssertionError("not cancelled");
		} catch (PSQLException e) {
			same(e.getSQLState(), "57014", "SQLSTATE");
		}
	}

	public static void main(String[] args) throws Exception {
		try (Connection c = DriverManager.getConnection("jdbc:postgresql://db.client.test/shop?loginTimeout=5", "app", "any")) {
			same(c.getMetaData().getDatabaseProductVersion(), "15.8", "version");
			types(c);
			prepared(c);
			PGConnection pg = c.unwrap(PGConnection.class);
			same(pg.getCopyAPI().copyIn("copy items (id, name) from stdin", new StringReader("1\tone\n2\ttwo\n")), 2L, "copy in");
			StringWriter out = new StringWriter();
			same(pg.getCopyAPI().copyOut("copy items to stdout", out), 3L, "copy out");
			same(out.toString(), "1\tone\n2\t\\N\n3\ttab\\there, \"quoted\"\n", "copied data");
			cursor(c);
			cancel(c);
			same(c.isValid(2), true, "valid");
		}
		try (Connection c = DriverManager.getConnection("jdbc:postgresql://locked.client.test/any?loginTimeout=5", "app", "secret")) {
			same(c.isValid(2), true, "valid");
		}
		try {
			DriverManager.getConnection("jdbc:postgresql://locked.client.test/any?loginTimeout=5", "app", "wrong");
			throw new AssertionError("a wrong password");
		} catch (PSQLException e) {
			same(e.getSQLState(), "28P01", "SQLSTATE");
		}
		System.out.println("ok");
	}
}

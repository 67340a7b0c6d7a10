import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/* What the JDK does with a socket besides talking: options, addresses, transferTo. */
public class Client {
	static void need(boolean what, String why) {
		if (!what)
			throw new AssertionError(why);
	}

	static String body(InputStream in) throws Exception {
		String all = new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
		need(all.startsWith("HTTP/1.1 200"), all);
		return all.substring(all.indexOf("\r\n\r\n") + 4);
	}

	static final byte[] REQUEST = "GET /ok HTTP/1.1\r\nHost: web.example.com\r\nConnection: close\r\n\r\n".getBytes();

	static <T> void same(Socket socket, SocketOption<T> option, T value) throws Exception {
		socket.setOption(option, value);
		need(value.equals(socket.getOption(option)), option + " is " + socket.getOption(option));
	}

	static void options() throws Exception {
		Socket socket = new Socket("web.example.com", 80);
		socket.setTcpNoDelay(true);
		need(socket.getTcpNoDelay(), "nodelay");
		same(socket, StandardSocketOptions.SO_KEEPALIVE, true);
		same(socket, StandardSocketOptions.TCP_NODELAY, false);
		same(socket, StandardSocketOptions.SO_LINGER, 5);
		same(socket, StandardSocketOptions.SO_REUSEADDR, true);
		for (SocketOption<?> option : socket.supportedOptions())
			need(socket.getOption(option) != null || option == StandardSocketOptions.IP_MULTICAST_IF, option.name());
		socket.setSoLinger(false, 0);
		socket.getOutputStream().write(REQUEST);
		need(body(socket.getInputStream()).equals("hi"), "body");
	}

	static void addresses() throws Exception {
		InetSocketAddress byName = new InetSocketAddress("web.example.com", 80);
		InetSocketAddress byNumber = new InetSocketAddress(InetAddress.getByAddress(new byte[] { (byte)192, 0, 2, 7 }), 8080);
		for (InetSocketAddress asked : new InetSocketAddress[] { byName, byNumber }) {
			try (Socket socket = new Socket()) {
				socket.connect(asked, 5000);
				need(socket.getRemoteSocketAddress().equals(asked), socket.getRemoteSocketAddress() + " is not " + asked);
			}
			try (SocketChannel channel = SocketChannel.open(asked)) {
				need(channel.getRemoteAddress().equals(asked), channel.getRemoteAddress() + " is not " + asked);
				need(((InetSocketAddress)channel.getLocalAddress()).getPort() > 0, "local port");
			}
		}
		/* a server of its own, and its client: neither is seam's affair */
		try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
		     Socket client = new Socket(server.getInetAddress(), server.getLocalPort());
		     Socket other = server.accept()) {
			need(client.getRemoteSocketAddress().equals(server.getLocalSocketAddress()), "own server");
			need(other.getRemoteSocketAddress().equals(client.getLocalSocketAddress()), "own client");
		}
	}

	static void transfer(String file) throws Exception {
		try (SocketChannel to = SocketChannel.open(new InetSocketAddress("web.example.com", 80));
		     FileChannel from = FileChannel.open(Path.of(file))) {
			need(from.transferTo(0, from.size(), to) == from.size(), "transferTo");
			ByteBuffer room = ByteBuffer.allocate(4000);
			while (to.read(room) > 0) { }
			String all = new String(room.array(), 0, room.position());
			need(all.startsWith("HTTP/1.1 200") && all.endsWith("\r\n\r\nhi"), all);
		}
	}

	public static void main(String[] args) throws Exception {
		switch (args[0]) {
		case "options" -> options();
		case "addresses" -> addresses();
		case "transfer" -> transfer(args[1]);
		}
		System.out.println("hi");
	}
}

import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URL;

/* java.net.HttpURLConnection: buffered, chunked, and an error's body. */
public class UrlConnectionTest {
	static HttpURLConnection open(String url) throws Exception {
		return (HttpURLConnection) new URL(url).openConnection();
	}

	public static void main(String[] args) throws Exception {
		System.out.println(new String(open("https://api.client.test/hello").getInputStream().readAllBytes()).trim());
		HttpURLConnection put = open("https://api.client.test/store/x");
		put.setRequestMethod("PUT");
		put.setDoOutput(true);
		put.setChunkedStreamingMode(4096);
		try (OutputStream out = put.getOutputStream()) {
			out.write(new byte[50000]);
		}
		System.out.println(put.getResponseCode() + " " + new String(put.getInputStream().readAllBytes()).trim());
		HttpURLConnection none = open("http://plain.client.test/nowhere");
		System.out.println(none.getResponseCode() + " " + new String(none.getErrorStream().readAllBytes()).contains("nothing answers"));
	}
}

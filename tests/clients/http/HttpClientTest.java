import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;

/* java.net.http.HttpClient, as it offers itself: HTTP/2 first. */
public class HttpClientTest {
	public static void main(String[] args) throws Exception {
		HttpClient client = HttpClient.newHttpClient();
		HttpRequest get = HttpRequest.newBuilder(URI.create("https://api.client.test/hello")).build();
		System.out.println(client.send(get, BodyHandlers.ofString()).body().trim());
		HttpRequest post = HttpRequest.newBuilder(URI.create("https://api.client.test/v1/jobs/export"))
			.header("content-type", "application/json").POST(HttpRequest.BodyPublishers.ofString("{\"rows\": 1}")).build();
		var reply = client.send(post, BodyHandlers.ofString());
		System.out.println(reply.statusCode() + " " + reply.body());
		HttpRequest plain = HttpRequest.newBuilder(URI.create("http://plain.client.test/chunks")).build();
		System.out.println(client.sendAsync(plain, BodyHandlers.ofString()).get().body().trim());
	}
}

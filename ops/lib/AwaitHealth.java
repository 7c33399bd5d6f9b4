import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * Waits until all named health endpoints answer {@code UP} in one round: one may be up before another that it needs, and
 * say so only later. Run from source, so that a machine with only a JDK needs
 * no other HTTP client.
 *
 * <p>Usage: {@code java AwaitHealth.java <seconds> <trust.pem or -> name=url…}. Exits with 0 when all are up, with 3 when
 * the time is over; says then what each of the others last answered.
 */
public class AwaitHealth {

  private static final Duration ONE_ANSWER_MAX = Duration.ofSeconds(5);
  private static final Duration BETWEEN_TRIES = Duration.ofMillis(200);
  private static final int ANSWER_SHOWN_CHARS_MAX = 300;

  public static void main(String[] arguments) throws Exception {
    var started = System.nanoTime();
    var timeMax = Duration.ofSeconds(Long.parseLong(arguments[0]));
    var endpoints = new LinkedHashMap<String, URI>();
    for (int i = 2; i < arguments.length; i++) {
      var pair = arguments[i].split("=", 2);
      endpoints.put(pair[0], URI.create(pair[1]));
    }
    var lastAnswers = new LinkedHashMap<String, String>();
    var told = new HashSet<String>();
    try (var client = client(arguments[1])) {
      while (true) {
        for (var entry : endpoints.entrySet()) {
          var answer = ask(client, entry.getValue());
          lastAnswers.put(entry.getKey(), answer);
          if (isUp(answer) && told.add(entry.getKey())) {
            System.out.printf("  %s is up after %.1f s%n", entry.getKey(), seconds(started));
          }
        }
        if (lastAnswers.values().stream().allMatch(AwaitHealth::isUp)) {
          return;
        }
        if (System.nanoTime() - started > timeMax.toNanos()) {
          break;
        }
        Thread.sleep(BETWEEN_TRIES);
      }
    }
    endpoints.forEach(
        (name, url) -> {
          if (!isUp(lastAnswers.get(name))) {
            System.err.printf(
                "%s was not healthy within %d s; %s last said: %s%n",
                name, timeMax.toSeconds(), url, lastAnswers.get(name));
          }
        });
    System.exit(3);
  }

  private static boolean isUp(String answer) {
    return answer.startsWith("200 ");
  }

  /** Status and body, or why there was none. */
  private static String ask(HttpClient client, URI url) throws InterruptedException {
    try {
      var request = HttpRequest.newBuilder(url).timeout(ONE_ANSWER_MAX).build();
      var answer = client.send(request, BodyHandlers.ofString());
      var body = answer.body();
      return answer.statusCode() + " " + body.substring(0, Math.min(body.length(), ANSWER_SHOWN_CHARS_MAX));
    } catch (IOException e) {
      return "no answer (" + (e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage()) + ")";
    }
  }

  private static HttpClient client(String trustPem) throws Exception {
    var builder = HttpClient.newBuilder().connectTimeout(ONE_ANSWER_MAX);
    if (!trustPem.equals("-")) {
      var anchors = KeyStore.getInstance(KeyStore.getDefaultType());
      anchors.load(null, null);
      try (var pem = Files.newInputStream(Path.of(trustPem))) {
        int n = 0;
        for (var certificate : CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
          anchors.setCertificateEntry("anchor-" + n++, certificate);
        }
      }
      var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(anchors);
      var context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      builder.sslContext(context);
    }
    return builder.build();
  }

  private static double seconds(long sinceNanos) {
    return (System.nanoTime() - sinceNanos) / 1e9;
  }
}

package dev.sallyport.acceptance;

import com.nimbusds.jose.util.JSONArrayUtils;
import com.nimbusds.jose.util.JSONObjectUtils;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.ParseException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The auth-server that all conformance tests talk to: the packaged jar in its own process, started
 * by the first test that asks and ended with this JVM, since a start takes longer than a class of
 * tests. Tests make the clients and cookie jars that they change.
 */
final class Provider {

  static final String ALICE = "alice";
  static final String BOB = "bob";

  private static @Nullable Provider started;

  private final String issuer;
  private final Path data;
  private final Map<String, Object> metadata;

  private Provider(String issuer, Path data) {
    this.issuer = issuer;
    this.data = data;
    this.metadata = Http.get(URI.create(issuer + "/.well-known/openid-configuration")).json();
  }

  static synchronized Provider get() {
    if (started == null) {
      started = start();
    }
    return started;
  }

  private static Provider start() {
    int port = Sallyport.freePort();
    var issuer = "http://localhost:" + port;
    Path data;
    try {
      data = Files.createTempDirectory("sallyport-provider-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    var process =
        ServerProcess.start(
            "provider-under-test",
            Sallyport.jar("auth-server"),
            data,
            List.of(
                "--spring.profiles.active=demo",
                "--server.port=" + port,
                "--sallyport.issuer=" + issuer,
                "--sallyport.data=" + data,
                "--sallyport.gateway.jwks-file=" + data.resolve("client-jwks.json"),
                "--sallyport.fetch.allow=127.0.0.0/8,::1",
                // the suite registers a client for each of its modules, as these tests do
                "--sallyport.registration.open=true",
                "--sallyport.registration.burst=100000",
                "--sallyport.pushed-requests.burst=100000",
                "--sallyport.device-authorization.burst=100000",
                "--sallyport.totp.required=false"));
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  process.kill();
                  delete(data);
                }));
    process.awaitHealthy(issuer);
    return new Provider(issuer, data);
  }

  private static void delete(Path folder) {
    try (var files = Files.walk(folder)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    } catch (IOException e) {
      // a temporary folder
    }
  }

  String issuer() {
    return issuer;
  }

  /** The discovery document. */
  Map<String, Object> metadata() {
    return metadata;
  }

  /** A list of the discovery document. */
  List<?> supported(String name) {
    return metadata.get(name) instanceof List<?> list ? list : List.of();
  }

  /** An endpoint, by its name in the discovery document. */
  URI endpoint(String name) {
    return URI.create(Http.text(metadata, name));
  }

  /** The password of an account that the demo profile made. */
  String password(String username) {
    try {
      var file = Files.readString(data.resolve("demo-accounts.json"));
      for (var account : JSONArrayUtils.parse(file)) {
        if (account instanceof Map<?, ?> map && username.equals(map.get("username"))) {
          return String.valueOf(map.get("password"));
        }
      }
      throw new AssertionError("no demo account `" + username + "`");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (ParseException e) {
      throw new AssertionError("demo-accounts.json cannot be read", e);
    }
  }

  /** Registers a relying party (RFC 7591) and gives what the server answers. */
  Map<String, Object> register(Map<String, Object> document) {
    var answer = tryToRegister(document);
    if (answer.status() != 201) {
      throw new AssertionError(answer.status() + " " + answer.body());
    }
    return answer.json();
  }

  Http.Answer tryToRegister(Map<String, Object> document) {
    return Http.send(
        Http.request(endpoint("registration_endpoint"))
            .header("Content-Type", "application/json")
            .POST(
                java.net.http.HttpRequest.BodyPublishers.ofString(
                    JSONObjectUtils.toJSONString(document))));
  }
}

package dev.sallyport.acceptance;

import com.nimbusds.jose.util.JSONObjectUtils;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.ParseException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A Keycloak beside, as its makers package it, in memory, with one realm: {@code corp}, whose user
 * {@code kim} has the realm role {@code chat-moderator}. Its own administration is used as an admin
 * there would.
 */
final class Keycloak implements AutoCloseable {

  static final String CLIENT = "sallyport";
  static final String SECRET = "another-secret-between-two-local-processes";
  static final String USER = "kim";
  static final String PASSWORD = "correct horse of corp";

  private static final String ADMIN = "a-local-admin";
  private static final Duration REQUEST_MAX = Duration.ofSeconds(30);

  private final HttpClient http = HttpClient.newHttpClient();
  private final int port = Sallyport.freePort();
  private final Process process;
  private final Path log = Sallyport.LOGS.resolve("keycloak.log");

  /**
   * Starts it; {@link #awaitReady} waits.
   *
   * @param redirectUri of the client that Sallyport is there
   * @param logoutUri where it tells of sign-outs
   */
  Keycloak(String redirectUri, String logoutUri) {
    var home = home();
    try {
      Files.createDirectories(Sallyport.LOGS);
      var imports = Files.createDirectories(home.resolve("data").resolve("import"));
      Files.writeString(imports.resolve("corp-realm.json"), realm(redirectUri, logoutUri));
      var builder =
          new ProcessBuilder(
                  List.of(
                      home.resolve("bin").resolve("kc.sh").toString(),
                      "start-dev",
                      "--import-realm",
                      "--db=dev-mem",
                      "--cache=local",
                      "--http-host=127.0.0.1",
                      "--http-port=" + port,
                      "--hostname=http://localhost:" + port))
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .redirectInput(new File("/dev/null"));
      builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
      builder.environment().put("JAVA_OPTS_KC_HEAP", "-Xms64m -Xmx512m");
      builder.environment().put("KC_BOOTSTRAP_ADMIN_USERNAME", ADMIN);
      builder.environment().put("KC_BOOTSTRAP_ADMIN_PASSWORD", ADMIN);
      process = builder.start();
      // Nothing outlives the test, whatever ends it.
      Runtime.getRuntime().addShutdownHook(new Thread(this::close));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path home() {
    var unpacked = Path.of("target", "keycloak").toAbsolutePath();
    try (var folders = Files.list(unpacked)) {
      return folders
          .filter(folder -> folder.getFileName().toString().startsWith("keycloak-"))
          .findFirst()
          .orElseThrow();
    } catch (IOException | java.util.NoSuchElementException e) {
      throw new AssertionError("no Keycloak in target/keycloak: run this by Maven", e);
    }
  }

  String issuer() {
    return "http://localhost:" + port + "/realms/corp";
  }

  void awaitReady() {
    Wait.until(
        "Keycloak is ready; see target/acceptance/keycloak.log",
        ServerProcess.START_MAX,
        () -> {
          if (!process.isAlive()) {
            throw new AssertionError("Keycloak has ended: see " + log);
          }
          return ServerProcess.status(issuer() + "/.well-known/openid-configuration") == 200;
        });
  }

  /** Takes the realm role away from the user. */
  void takeRole() {
    var role = call("GET", "/admin/realms/corp/roles/chat-moderator", null);
    call(
        "DELETE",
        "/admin/realms/corp/users/" + userId() + "/role-mappings/realm",
        "[" + role + "]");
  }

  /** Ends the user's sessions there, of which it tells its clients. */
  void signOutUser() {
    call("POST", "/admin/realms/corp/users/" + userId() + "/logout", "");
  }

  private String userId() {
    var users = call("GET", "/admin/realms/corp/users?exact=true&username=" + USER, null);
    return users.replaceAll("(?s).*?\"id\"\\s*:\\s*\"([0-9a-f-]{36})\".*", "$1");
  }

  private String call(String method, String path, @Nullable String body) {
    var answer =
        send(
            HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
                .header("Authorization", "Bearer " + adminToken())
                .header("Content-Type", "application/json")
                .method(
                    method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                .timeout(REQUEST_MAX)
                .build());
    if (answer.statusCode() / 100 != 2) {
      throw new AssertionError(method + " " + path + ": " + answer.statusCode());
    }
    return answer.body();
  }

  private String adminToken() {
    var answer =
        send(
            HttpRequest.newBuilder(
                    URI.create(
                        "http://localhost:"
                            + port
                            + "/realms/master/protocol/openid-connect/token"))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(
                    BodyPublishers.ofString(
                        "grant_type=password&client_id=admin-cli&username="
                            + ADMIN
                            + "&password="
                            + ADMIN))
                .timeout(REQUEST_MAX)
                .build());
    try {
      return JSONObjectUtils.getString(JSONObjectUtils.parse(answer.body()), "access_token");
    } catch (ParseException e) {
      throw new AssertionError("Keycloak gives its admin no token: " + answer.statusCode(), e);
    }
  }

  private HttpResponse<String> send(HttpRequest request) {
    try {
      return http.send(request, BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static String realm(String redirectUri, String logoutUri) {
    return JSONObjectUtils.toJSONString(
        Map.of(
            "realm",
            "corp",
            "enabled",
            true,
            "roles",
            Map.of("realm", List.of(Map.of("name", "chat-moderator"))),
            "users",
            List.of(
                Map.of(
                    "username",
                    USER,
                    "enabled",
                    true,
                    "email",
                    USER + "@corp.example",
                    "emailVerified",
                    true,
                    "firstName",
                    "Kim",
                    "lastName",
                    "Corp",
                    "realmRoles",
                    List.of("chat-moderator"),
                    "credentials",
                    List.of(Map.of("type", "password", "value", PASSWORD)))),
            "clients",
            List.of(
                Map.of(
                    "clientId",
                    CLIENT,
                    "secret",
                    SECRET,
                    "redirectUris",
                    List.of(redirectUri),
                    "attributes",
                    Map.of(
                        "backchannel.logout.url",
                        logoutUri,
                        "backchannel.logout.session.required",
                        "true",
                        "acr.loa.map",
                        "{\"gold\":\"1\"}"),
                    "protocolMappers",
                    List.of(
                        Map.of(
                            "name",
                            "roles",
                            "protocol",
                            "openid-connect",
                            "protocolMapper",
                            "oidc-usermodel-realm-role-mapper",
                            "config",
                            Map.of(
                                "claim.name",
                                "realm_access.roles",
                                "multivalued",
                                "true",
                                "jsonType.label",
                                "String",
                                "id.token.claim",
                                "true")))))));
  }

  @Override
  public void close() {
    // its script may have started it as a child
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    try {
      process.waitFor(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

package dev.sallyport.acceptance;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.util.Base64;
import com.nimbusds.jose.util.JSONArrayUtils;
import com.nimbusds.jose.util.JSONObjectUtils;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.CookieManager;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.interfaces.ECPublicKey;
import java.text.ParseException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The packaged auth-server with TLS on both of its ports, and clients of all kinds. */
final class FapiServer implements AutoCloseable {

  private static final Pattern FORM =
      Pattern.compile("<form[^>]*action=\"([^\"]*)\"[^>]*>(.*?)</form>", Pattern.DOTALL);
  private static final Pattern HIDDEN =
      Pattern.compile("<input type=\"hidden\" name=\"([^\"]*)\" value=\"([^\"]*)\"");

  final Certificates authority = new Certificates("CN=Authority");
  final String issuer;
  final String alias;
  private final Path data;
  private final ServerProcess process;
  private final List<FapiClient> clients = new ArrayList<>();

  FapiServer() {
    int port = Sallyport.freePort();
    int certificatePort = Sallyport.freePort();
    issuer = "https://localhost:" + port;
    alias = "https://localhost:" + certificatePort;
    try {
      data = Files.createTempDirectory("sallyport-fapi-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    var own = authority.issue("CN=localhost", "localhost");
    var arguments =
        new ArrayList<>(
            List.of(
                "--spring.profiles.active=demo",
                "--server.port=" + port,
                "--server.ssl.certificate="
                    + Certificates.write(data.resolve("server.pem"), own.certificate()),
                "--server.ssl.certificate-private-key="
                    + Certificates.write(data.resolve("server.key"), own.key()),
                "--sallyport.issuer=" + issuer,
                "--sallyport.mtls.url=" + alias,
                "--sallyport.mtls.port=" + certificatePort,
                "--sallyport.mtls.trust-pem="
                    + Certificates.write(data.resolve("clients.pem"), authority.certificate()),
                "--sallyport.data=" + data.resolve("auth"),
                "--sallyport.totp.required=false",
                "--sallyport.registration.open=true",
                "--sallyport.pushed-requests.burst=10000"));
    for (var kind : FapiClient.Kind.values()) {
      clients.add(client(kind.name().toLowerCase(Locale.ROOT), kind, false, arguments));
    }
    clients.add(client("second", FapiClient.Kind.KEY_DPOP, false, arguments));
    clients.add(client("second-mtls", FapiClient.Kind.MTLS_MTLS, false, arguments));
    clients.add(client("asking", FapiClient.Kind.KEY_DPOP, true, arguments));
    process =
        ServerProcess.start("auth-server-fapi", Sallyport.jar("auth-server"), data, arguments);
    process.awaitHealthy(issuer, authority.client(null));
  }

  private FapiClient client(String id, FapiClient.Kind kind, boolean asks, List<String> arguments) {
    var client = new FapiClient(id, kind, authority, issuer, alias);
    var prefix = "--sallyport.clients[" + clients.size() + "].";
    arguments.add(prefix + "client-id=" + id);
    arguments.add(prefix + "profile=fapi2");
    arguments.add(prefix + "redirect-uris=" + FapiClient.REDIRECT);
    arguments.add(prefix + "consent-required=" + asks);
    arguments.add(prefix + "scopes=openid,profile,email,offline_access,chat.read");
    arguments.add(prefix + "tls-client-certificate-bound-access-tokens=" + kind.boundToCertificate);
    if (kind == FapiClient.Kind.MTLS_MTLS) {
      arguments.add(prefix + "token-endpoint-auth-method=tls_client_auth");
      arguments.add(prefix + "tls-client-auth-subject-dn=CN=" + id);
    } else if (kind.authenticatesByCertificate) {
      arguments.add(prefix + "token-endpoint-auth-method=self_signed_tls_client_auth");
    }
    if (kind != FapiClient.Kind.MTLS_MTLS) {
      arguments.add(prefix + "jwks=" + jwks(client));
    }
    return client;
  }

  /** Its signing key, or its certificate. */
  private static String jwks(FapiClient client) {
    if (client.kind.authenticatesByCertificate && client.certificate != null) {
      var certificate = client.certificate.certificate();
      try {
        return new JWKSet(
                new ECKey.Builder(Curve.P_256, (ECPublicKey) certificate.getPublicKey())
                    .x509CertChain(List.of(Base64.encode(certificate.getEncoded())))
                    .build())
            .toString(true);
      } catch (GeneralSecurityException e) {
        throw new AssertionError(e);
      }
    }
    return new JWKSet(client.key.toPublicJWK()).toString(true);
  }

  FapiClient client(FapiClient.Kind kind) {
    return client(kind.name().toLowerCase(Locale.ROOT));
  }

  FapiClient client(String id) {
    return clients.stream().filter(client -> client.id.equals(id)).findFirst().orElseThrow();
  }

  /** Another client of the same kind. */
  FapiClient other(FapiClient.Kind kind) {
    return client(kind.authenticatesByCertificate ? "second-mtls" : "second");
  }

  Browser browser() {
    return new Browser();
  }

  /** Alice at a browser without scripts. */
  final class Browser {

    private final HttpClient http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .sslContext(authority.context(null))
            .cookieHandler(new CookieManager())
            .connectTimeout(Duration.ofSeconds(20))
            .build();

    HttpResponse<String> get(String url) {
      return send(HttpRequest.newBuilder(URI.create(url)).GET());
    }

    private HttpResponse<String> send(HttpRequest.Builder request) {
      try {
        return http.send(
            request.header("Accept", "text/html").timeout(Duration.ofSeconds(60)).build(),
            HttpResponse.BodyHandlers.ofString());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError(e);
      }
    }

    /** To the authorization endpoint, on to the page that is shown, or back to the client. */
    HttpResponse<String> authorize(Map<String, Object> parameters) {
      return follow(get(issuer + "/oauth2/authorize?" + FapiClient.form(parameters)));
    }

    private HttpResponse<String> follow(HttpResponse<String> answer) {
      var at = answer;
      for (int i = 0; i < 10 && at.statusCode() / 100 == 3; i++) {
        var location = at.uri().resolve(at.headers().firstValue("Location").orElseThrow());
        if (!location.toString().startsWith(issuer)) {
          return at;
        }
        at = get(location.toString());
      }
      return at;
    }

    HttpResponse<String> signIn(HttpResponse<String> page) {
      return press(page, "sign-in", Map.of("username", "alice", "password", password("alice")));
    }

    HttpResponse<String> press(
        HttpResponse<String> page, String button, Map<String, Object> fields) {
      var form = FORM.matcher(page.body());
      while (form.find()) {
        boolean outside = form.group().contains("id=\"refusal\"") && button.equals("deny");
        if (form.group(2).contains("id=\"" + button + "\"") || outside) {
          var values = new LinkedHashMap<String, Object>();
          var hidden = HIDDEN.matcher(form.group(2));
          while (hidden.find()) {
            values.put(hidden.group(1), hidden.group(2).replace("&amp;", "&"));
          }
          values.putAll(fields);
          return follow(
              send(
                  HttpRequest.newBuilder(page.uri().resolve(form.group(1)))
                      .header("Content-Type", "application/x-www-form-urlencoded")
                      .POST(HttpRequest.BodyPublishers.ofString(FapiClient.form(values)))));
        }
      }
      throw new AssertionError("no button `" + button + "` at " + page.uri() + page.body());
    }
  }

  /** The parameters with which someone is sent back to the client. */
  static Map<String, String> redirect(HttpResponse<String> answer) {
    var location = answer.headers().firstValue("Location").orElse("");
    if (!location.startsWith(FapiClient.REDIRECT + "?")) {
      throw new AssertionError(
          "not sent to the client but " + answer.statusCode() + " " + location + answer.body());
    }
    var parameters = new LinkedHashMap<String, String>();
    for (var pair : URI.create(location).getRawQuery().split("&", -1)) {
      var parts = pair.split("=", 2);
      parameters.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
    }
    return parameters;
  }

  private String password(String username) {
    try {
      var file = Files.readString(data.resolve("auth").resolve("demo-accounts.json"));
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

  /** Registers a client like this one, with more metadata; its id. */
  String register(FapiClient like, Map<String, Object> more) {
    var document = new LinkedHashMap<String, Object>();
    document.put("security_profile", "fapi2");
    document.put("redirect_uris", List.of(FapiClient.REDIRECT));
    try {
      document.put("jwks", JSONObjectUtils.parse(jwks(like)));
    } catch (ParseException e) {
      throw new AssertionError(e);
    }
    document.putAll(more);
    var request =
        HttpRequest.newBuilder(URI.create(issuer + "/connect/register"))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(JSONObjectUtils.toJSONString(document)));
    return like.send(authority.client(null), request).text("client_id");
  }

  Map<String, Object> discovery() {
    var client = client(FapiClient.Kind.KEY_DPOP);
    return client
        .send(
            HttpRequest.newBuilder(URI.create(issuer + "/.well-known/openid-configuration")).GET())
        .body();
  }

  @Nullable String contentType(String url) {
    return browser().get(url).headers().firstValue("Content-Type").orElse(null);
  }

  @Override
  public void close() {
    process.stop();
    try (var files = Files.walk(data)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

package dev.sallyport.acceptance;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.CookieManager;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A browser without a screen, for tests that sign in by the dozen: keeps cookies, follows redirects
 * of the server, fills in the forms of its pages, and stops where a client would be called back.
 */
public final class FormBrowser {

  private static final Pattern FORM =
      Pattern.compile("<form[^>]*action=\"([^\"]*)\"[^>]*>(.*?)</form>", Pattern.DOTALL);
  private static final Pattern HIDDEN =
      Pattern.compile("<input type=\"hidden\" name=\"([^\"]*)\" value=\"([^\"]*)\"");
  private static final Duration REQUEST_MAX = Duration.ofSeconds(30);
  private static final int HOPS_MAX = 12;

  private final String base;
  private final CookieManager cookies;
  private final HttpClient http;

  /**
   * @param base where requests go: a node, or what stands before several
   */
  public FormBrowser(String base) {
    this(base, new CookieManager());
  }

  private FormBrowser(String base, CookieManager cookies) {
    this.base = base;
    this.cookies = cookies;
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .cookieHandler(cookies)
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();
  }

  /** The same browser, with its requests going elsewhere. */
  FormBrowser at(String otherBase) {
    return new FormBrowser(otherBase, cookies);
  }

  public HttpResponse<String> get(String path) {
    return follow(request(path).GET());
  }

  HttpResponse<String> post(String path, Map<String, String> form) {
    return postRaw(path, encoded(form));
  }

  /** A form already encoded. */
  HttpResponse<String> postRaw(String path, String form) {
    return follow(
        request(path)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(BodyPublishers.ofString(form)));
  }

  public static String encoded(Map<String, String> form) {
    return form.entrySet().stream()
        .map(
            field ->
                URLEncoder.encode(field.getKey(), UTF_8)
                    + "="
                    + URLEncoder.encode(field.getValue(), UTF_8))
        .collect(Collectors.joining("&"));
  }

  /** Submits the form that holds the button of this id. */
  public HttpResponse<String> press(HttpResponse<String> page, String button, String... fields) {
    Matcher form = FORM.matcher(page.body());
    while (form.find()) {
      if (form.group(2).contains("id=\"" + button + "\"")) {
        Map<String, String> values = new LinkedHashMap<>();
        Matcher hidden = HIDDEN.matcher(form.group(2));
        while (hidden.find()) {
          values.put(hidden.group(1), hidden.group(2));
        }
        for (int i = 0; i < fields.length; i += 2) {
          values.put(fields[i], fields[i + 1]);
        }
        return post(form.group(1), values);
      }
    }
    throw new AssertionError(
        "no button `" + button + "` at " + page.uri() + ": " + page.statusCode());
  }

  /** Consents to these scopes. */
  public HttpResponse<String> allow(HttpResponse<String> page, String... scopes) {
    Map<String, String> request = new LinkedHashMap<>();
    Matcher hidden = HIDDEN.matcher(page.body());
    while (hidden.find()) {
      if (hidden.group(1).equals("client_id") || hidden.group(1).equals("state")) {
        request.put(hidden.group(1), hidden.group(2));
      }
    }
    var form = new StringBuilder(encoded(request));
    for (String scope : scopes) {
      form.append('&').append(encoded(Map.of("scope", scope)));
    }
    return postRaw("/oauth2/authorize", form.toString());
  }

  /** The text of the element of this id. */
  public static Optional<String> text(HttpResponse<String> page, String id) {
    Matcher element =
        Pattern.compile("id=\"" + Pattern.quote(id) + "\"[^>]*>([^<]*)<").matcher(page.body());
    return element.find() ? Optional.of(element.group(1)) : Optional.empty();
  }

  /** With both factors, enrolling the second; the authenticator. */
  public Authenticator enrol(String username, String password) {
    HttpResponse<String> enrol =
        press(get("/login"), "sign-in", "username", username, "password", password);
    String secret =
        text(enrol, "totp-secret")
            .orElseThrow(() -> new AssertionError(enrol.uri() + "\n" + enrol.body()));
    Authenticator app = Authenticator.scan("otpauth://totp/x?secret=" + secret.replace(" ", ""));
    HttpResponse<String> codes = press(enrol, "enrol", "code", app.freshCode());
    press(codes, "continue");
    return app;
  }

  /** Whether it is signed in. */
  boolean signedIn() {
    return "/account".equals(get("/account").uri().getPath());
  }

  /** The query of the redirect that ends this request at a client's. */
  static Map<String, String> callback(HttpResponse<String> answer) {
    String location =
        answer
            .headers()
            .firstValue("Location")
            .orElseThrow(() -> new AssertionError(answer.statusCode() + " " + answer.uri()));
    Map<String, String> query = new HashMap<>();
    for (String pair : URI.create(location).getRawQuery().split("&", -1)) {
      String[] parts = pair.split("=", 2);
      query.put(parts[0], parts.length < 2 ? "" : URLDecoder.decode(parts[1], UTF_8));
    }
    return query;
  }

  /** The authorization code in such a redirect. */
  public static String code(HttpResponse<String> answer) {
    String code = callback(answer).get("code");
    if (code == null) {
      throw new AssertionError("no code at " + answer.uri().getPath());
    }
    return code;
  }

  private HttpRequest.Builder request(String path) {
    URI uri = URI.create(base).resolve(path);
    // pages name the issuer; this browser goes where it was told
    String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
    return HttpRequest.newBuilder(URI.create(base + uri.getRawPath() + query))
        .header("Accept", "text/html, */*;q=0.8")
        .timeout(REQUEST_MAX);
  }

  private HttpResponse<String> follow(HttpRequest.Builder first) {
    try {
      HttpResponse<String> answer = http.send(first.build(), BodyHandlers.ofString());
      for (int hop = 0; hop < HOPS_MAX && answer.statusCode() / 100 == 3; hop++) {
        Optional<URI> next =
            answer
                .headers()
                .firstValue("Location")
                .map(answer.uri()::resolve)
                .filter(uri -> !"/callback".equals(uri.getPath()));
        if (next.isEmpty()) {
          return answer;
        }
        answer = http.send(request(next.get().toString()).build(), BodyHandlers.ofString());
      }
      return answer;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}

package dev.sallyport.auth;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.CookieManager;
import java.net.HttpCookie;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Fills in forms and keeps cookies, as a person's browser would; follows redirects, and stops at
 * the first that leads to a client, where nothing listens.
 */
public final class Browser {

  private static final Pattern FORM =
      Pattern.compile("<form[^>]*action=\"([^\"]*)\"[^>]*>(.*?)</form>", Pattern.DOTALL);
  private static final Pattern HIDDEN =
      Pattern.compile("<input type=\"hidden\" name=\"([^\"]*)\" value=\"([^\"]*)\"");

  /** The path of the redirect URIs that tests register. */
  private static final String CALLBACK = "/callback";

  private static final int HOPS_MAX = 10;

  private final int port;
  private final CookieManager cookies;
  private final HttpClient http;

  public Browser(int port) {
    this(port, new CookieManager());
  }

  private Browser(int port, CookieManager cookies) {
    this.port = port;
    this.cookies = cookies;
    this.http =
        HttpClient.newBuilder()
            .cookieHandler(cookies)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(Duration.ofSeconds(10))
            .build();
  }

  /** The same browser at another node behind the same name. */
  public Browser at(int otherPort) {
    return new Browser(otherPort, cookies);
  }

  public HttpResponse<String> get(String path, String... headers) {
    HttpRequest.Builder request = request(path).GET();
    if (headers.length > 0) {
      request.headers(headers);
    }
    return send(request);
  }

  public HttpResponse<String> post(String path, Map<String, String> form) {
    String body =
        form.entrySet().stream()
            .map(
                field ->
                    URLEncoder.encode(field.getKey(), UTF_8)
                        + "="
                        + URLEncoder.encode(field.getValue(), UTF_8))
            .collect(Collectors.joining("&"));
    return send(
        request(path)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  /** Submits the form on a page that holds the button of this id. */
  public HttpResponse<String> press(String page, String buttonId, String... fields) {
    return press(get(page), buttonId, fields);
  }

  public HttpResponse<String> press(HttpResponse<String> page, String buttonId, String... fields) {
    Matcher form = FORM.matcher(page.body());
    while (form.find()) {
      if (form.group(2).contains("id=\"" + buttonId + "\"")) {
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
        "no form with a button `" + buttonId + "` at " + page.uri() + ":\n" + page.body());
  }

  /** The text of the element of this id. */
  public static Optional<String> text(HttpResponse<String> page, String id) {
    Matcher element =
        Pattern.compile("id=\"" + Pattern.quote(id) + "\"[^>]*>([^<]*)<").matcher(page.body());
    return element.find() ? Optional.of(element.group(1)) : Optional.empty();
  }

  /** The names of all cookies that it has. */
  public List<String> cookies() {
    return cookies.getCookieStore().getCookies().stream().map(HttpCookie::getName).toList();
  }

  public Optional<String> sessionCookie() {
    return cookies.getCookieStore().getCookies().stream()
        .filter(cookie -> cookie.getName().equals("SALLYPORT_AUTH"))
        .map(HttpCookie::getValue)
        .findFirst();
  }

  public void useSessionCookie(String value) {
    HttpCookie cookie = new HttpCookie("SALLYPORT_AUTH", value);
    cookie.setPath("/");
    cookie.setVersion(0);
    cookies.getCookieStore().removeAll();
    cookies.getCookieStore().add(URI.create("http://localhost:" + port), cookie);
  }

  public static String demoPassword(String username, Path data) throws IOException {
    Matcher password =
        Pattern.compile("\"" + username + "\",\\s*\"password\" : \"([^\"]*)\"")
            .matcher(Files.readString(data.resolve("demo-accounts.json")));
    if (!password.find()) {
      throw new AssertionError("no demo person " + username);
    }
    return password.group(1);
  }

  /** From the login page to the account page, enrolling on the way; returns the authenticator. */
  public Authenticator signInAsDemoPerson(String username, Path data, SettableClock clock)
      throws IOException {
    HttpResponse<String> enrol =
        press("/login", "sign-in", "username", username, "password", demoPassword(username, data));
    Authenticator app =
        new Authenticator(
            text(enrol, "totp-secret").orElseThrow(() -> new AssertionError(enrol.body())));
    HttpResponse<String> codes = press(enrol, "enrol", "code", app.code(clock.instant()));
    press(codes, "continue");
    return app;
  }

  private static boolean followed(URI uri) {
    return !CALLBACK.equals(uri.getPath());
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://localhost:" + port).resolve(path))
        .header("Accept", "text/html, */*;q=0.8")
        .timeout(Duration.ofSeconds(30));
  }

  private HttpResponse<String> send(HttpRequest.Builder request) {
    try {
      HttpResponse<String> answer =
          http.send(request.build(), HttpResponse.BodyHandlers.ofString());
      for (int hop = 0; hop < HOPS_MAX && answer.statusCode() / 100 == 3; hop++) {
        Optional<URI> next =
            answer
                .headers()
                .firstValue("Location")
                .map(answer.uri()::resolve)
                .filter(Browser::followed);
        if (next.isEmpty()) {
          break;
        }
        answer =
            http.send(request(next.get().toString()).build(), HttpResponse.BodyHandlers.ofString());
      }
      return answer;
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }
}

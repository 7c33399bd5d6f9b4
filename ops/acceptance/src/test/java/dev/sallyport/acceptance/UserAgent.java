package dev.sallyport.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.net.URI;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A browser without scripts, with cookies of its own and someone in front of it, who signs in and
 * consents wherever that is asked. It follows redirects within the provider and stops where they
 * lead elsewhere.
 */
final class UserAgent {

  private static final int STEPS_MAX = 12;

  private static final Pattern FORM =
      Pattern.compile("<form\\b([^>]*)>(.*?)</form>", Pattern.DOTALL);
  private static final Pattern INPUT = Pattern.compile("<(input|button)\\b([^>]*)>");
  private static final Pattern ATTRIBUTE = Pattern.compile("([a-z-]+)=\"([^\"]*)\"");

  private final Provider provider;
  private final String username;
  private final Set<String> origins = new HashSet<>();

  /** By origin: that browsers share them among the ports of a host is nobody's wish here. */
  private final Map<String, Map<String, String>> cookies = new HashMap<>();

  private int signIns;
  private int consents;

  UserAgent(Provider provider, String username) {
    this.provider = provider;
    this.username = username;
    origins.add(provider.issuer());
  }

  /** From now on the site of that URL is visited, too, when redirects lead there. */
  void enter(URI site) {
    origins.add(origin(site));
  }

  private static String origin(URI uri) {
    return uri.getScheme() + "://" + uri.getRawAuthority();
  }

  /** Where a browser stands. */
  sealed interface Place {}

  /** On a page. */
  record Page(URI uri, int status, HttpHeaders headers, String body) implements Place {
    @Nullable String header(String name) {
      return headers.firstValue(name).orElse(null);
    }
  }

  /** How an answer travelled to a client. */
  enum By {
    QUERY,
    FRAGMENT,
    FORM_POST
  }

  /**
   * Back at a client.
   *
   * @param target without what was added to it
   */
  record Back(URI target, By by, Map<String, String> parameters) implements Place {
    String get(String name) {
      return Objects.requireNonNull(parameters.get(name), () -> name + " in " + parameters);
    }
  }

  /** How often the person was asked to sign in. */
  int signIns() {
    return signIns;
  }

  /** How often the person was asked for consent. */
  int consents() {
    return consents;
  }

  /** To a client's authorization request, and on until the client has its answer. */
  Back authorize(Map<String, String> parameters) {
    return back(visit(authorization(parameters)));
  }

  URI authorization(Map<String, String> parameters) {
    return URI.create(provider.endpoint("authorization_endpoint") + "?" + Http.encode(parameters));
  }

  static Back back(Place place) {
    return switch (place) {
      case Back back -> back;
      case Page page ->
          throw new AssertionError(page.uri() + " " + page.status() + "\n" + page.body());
    };
  }

  static Page page(Place place) {
    return switch (place) {
      case Page page -> page;
      case Back back -> throw new AssertionError(back.toString());
    };
  }

  /** Goes there, signs in and consents where that is asked. */
  Place visit(URI uri) {
    return goOn(open(uri));
  }

  /** As {@link #visit}, beginning with the post of a form. */
  Place post(URI uri, Map<String, String> form) {
    return goOn(follow(uri, Http.encode(form)));
  }

  /** Goes there, and does nothing on whichever page comes. */
  Place open(URI uri) {
    return follow(uri, null);
  }

  private Place goOn(Place first) {
    var place = first;
    for (int steps = 0; steps < STEPS_MAX; steps++) {
      if (!(place instanceof Page page)) {
        return place;
      }
      if (!origin(page.uri()).equals(provider.issuer())) {
        return page;
      }
      switch (page.uri().getPath()) {
        case "/login" -> {
          signIns++;
          place =
              press(
                  page,
                  "sign-in",
                  Map.of("username", username, "password", provider.password(username)));
        }
        case "/consent" -> {
          consents++;
          place = press(page, "allow", Map.of());
        }
        default -> {
          return page;
        }
      }
    }
    throw new AssertionError("a circle: " + place);
  }

  /** Presses a button, with the fields of its form as they are but for these. */
  Place press(Page page, String button, Map<String, String> fields) {
    var forms = FORM.matcher(page.body());
    while (forms.find()) {
      var form = attributes(forms.group(1));
      if (!forms.group(2).contains("id=\"" + button + "\"")
          && !Objects.equals(form.get("id"), formOf(page, button))) {
        continue;
      }
      var body = new StringBuilder();
      var left = new LinkedHashMap<>(fields);
      var inputs = INPUT.matcher(forms.group(2));
      while (inputs.find()) {
        var input = attributes(inputs.group(2));
        var name = input.get("name");
        if (name == null || name.isEmpty()) {
          continue;
        }
        if (inputs.group(1).equals("button") && !button.equals(input.get("id"))) {
          continue;
        }
        if ("checkbox".equals(input.get("type")) && !inputs.group(2).contains("checked")) {
          continue;
        }
        var value = left.containsKey(name) ? left.remove(name) : input.getOrDefault("value", "");
        body.append(body.isEmpty() ? "" : "&").append(Http.encode(Map.of(name, value)));
      }
      assertEquals(Map.of(), left, "fields of " + page.uri());
      return follow(
          page.uri().resolve(Objects.requireNonNull(form.get("action"))), body.toString());
    }
    throw new AssertionError("no button `" + button + "` on " + page.uri() + "\n" + page.body());
  }

  /** Of a button that stands outside of its form. */
  private static @Nullable String formOf(Page page, String button) {
    var inputs = INPUT.matcher(page.body());
    while (inputs.find()) {
      var attributes = attributes(inputs.group(2));
      if (button.equals(attributes.get("id"))) {
        return attributes.getOrDefault("form", "");
      }
    }
    return "";
  }

  private Place follow(URI first, @Nullable String firstBody) {
    var uri = first;
    var body = firstBody;
    for (int steps = 0; steps < STEPS_MAX; steps++) {
      if (!origins.contains(origin(uri))) {
        return elsewhere(uri);
      }
      var jar = cookies.computeIfAbsent(origin(uri), _ -> new HashMap<>());
      var request = Http.request(uri).header("Accept", "text/html,*/*;q=0.8");
      if (!jar.isEmpty()) {
        request.header(
            "Cookie",
            jar.entrySet().stream()
                .map(cookie -> cookie.getKey() + "=" + cookie.getValue())
                .collect(Collectors.joining("; ")));
      }
      if (body != null) {
        request
            .header("Content-Type", "application/x-www-form-urlencoded")
            .header("Origin", origin(uri))
            .POST(HttpRequest.BodyPublishers.ofString(body));
      }
      var answer = Http.send(request);
      answer.headers().allValues("Set-Cookie").forEach(cookie -> keep(jar, cookie));
      if (answer.status() / 100 != 3) {
        var posted = posted(answer.body());
        return posted == null
            ? new Page(uri, answer.status(), answer.headers(), answer.body())
            : posted;
      }
      var location = assertNotNullLocation(answer);
      uri = uri.resolve(location);
      body = null;
    }
    throw new AssertionError("redirected in a circle: " + uri);
  }

  private static String assertNotNullLocation(Http.Answer answer) {
    var location = answer.header("Location");
    assertNotNull(location, () -> answer.status() + " without Location");
    return Objects.requireNonNull(location);
  }

  private static void keep(Map<String, String> jar, String cookie) {
    var pair = cookie.split(";", 2)[0].split("=", 2);
    if (pair[1].isEmpty() || cookie.contains("Max-Age=0")) {
      jar.remove(pair[0]);
    } else {
      jar.put(pair[0], pair[1]);
    }
  }

  private static Back elsewhere(URI uri) {
    if (uri.getRawFragment() != null) {
      var whole = uri.toString();
      return new Back(
          URI.create(whole.substring(0, whole.indexOf('#'))),
          By.FRAGMENT,
          Http.decode(uri.getRawFragment()));
    }
    var whole = uri.toString();
    int query = whole.indexOf('?');
    return new Back(
        URI.create(query < 0 ? whole : whole.substring(0, query)),
        By.QUERY,
        Http.decode(uri.getRawQuery()));
  }

  /** What a page's script would post on (OAuth 2.0 Form Post Response Mode); null: nothing. */
  private @Nullable Back posted(String body) {
    var form = FORM.matcher(body);
    if (!body.contains("document.forms[0].submit()") || !form.find()) {
      return null;
    }
    var attributes = attributes(form.group(1));
    assertEquals("post", attributes.get("method"));
    var fields = new LinkedHashMap<String, String>();
    var inputs = INPUT.matcher(form.group(2));
    while (inputs.find()) {
      var input = attributes(inputs.group(2));
      if (input.containsKey("name")) {
        fields.put(input.get("name"), input.getOrDefault("value", ""));
      }
    }
    return new Back(URI.create(attributes.getOrDefault("action", "")), By.FORM_POST, fields);
  }

  private static Map<String, String> attributes(String tag) {
    var attributes = new HashMap<String, String>();
    Matcher attribute = ATTRIBUTE.matcher(tag);
    while (attribute.find()) {
      attributes.put(attribute.group(1), unescaped(attribute.group(2)));
    }
    return attributes;
  }

  private static String unescaped(String html) {
    return html.replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&#x27;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
  }
}

package dev.sallyport.benchmarks.identity;

import dev.sallyport.benchmarks.identity.Connection.Answer;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The code flow with a password (RFC 6749 §4.1), each time in a browser that was never there
 * before: to the sign-in page, its form, back with a code, and the code's tokens. Only the last
 * answer counts.
 */
final class SigningIn implements Requests {
  /** Nobody listens there: a browser that is led here has what was wanted. */
  static final String REDIRECT_URI = "http://127.0.0.1/callback";

  private static final int TOO_MANY = 429;

  private static final Pattern FORM =
      Pattern.compile("<form\\b[^>]*\\baction=\"([^\"]*)\"[^>]*>(.*?)</form>", Pattern.DOTALL);
  private static final Pattern INPUT = Pattern.compile("<input\\b[^>]*>");
  private static final Pattern CODE = Pattern.compile("[?&]code=([^&]+)");

  private final URI authorize;
  private final String username;
  private final String password;
  private final Function<String, byte[]> redeem;
  private final Map<String, String> cookies = new LinkedHashMap<>();
  private URI at;
  private byte[] next;

  /**
   * @param authorize the authorization request, with {@link #REDIRECT_URI}
   * @param redeem the token request for a code
   */
  SigningIn(URI authorize, String username, String password, Function<String, byte[]> redeem) {
    this.authorize = authorize;
    this.username = username;
    this.password = password;
    this.redeem = redeem;
    this.at = authorize;
    this.next = get(authorize);
  }

  @Override
  public byte[] next() {
    return next;
  }

  @Override
  public boolean take(Answer answer) {
    for (String cookie : answer.cookies()) {
      String pair = cookie.split(";", 2)[0];
      int equals = pair.indexOf('=');
      cookies.put(pair.substring(0, equals), pair.substring(equals + 1));
    }
    if (answer.status() == TOO_MANY) {
      // more passwords at once than are hashed: the form is sent again, and the time goes on
      return false;
    }
    String location = answer.location();
    if (location != null && answer.status() / 100 == 3) {
      next = location.startsWith(REDIRECT_URI) ? redeem.apply(code(location)) : get(location);
      return false;
    }
    if (answer.status() == 200 && answer.body().contains("access_token")) {
      cookies.clear();
      next = get(authorize);
      return true;
    }
    Matcher form = FORM.matcher(answer.body());
    while (answer.status() == 200 && form.find()) {
      if (form.group(2).contains("type=\"password\"")) {
        next = filled(form.group(1), form.group(2));
        return false;
      }
    }
    throw new IllegalStateException(
        "answered " + answer.status() + " at " + at.getPath() + " and asks for no password");
  }

  private static String code(String location) {
    Matcher code = CODE.matcher(location);
    if (!code.find()) {
      throw new IllegalStateException("no code came back");
    }
    return code.group(1);
  }

  private byte[] get(String location) {
    return get(at.resolve(location));
  }

  private byte[] get(URI url) {
    at = url;
    return request("GET", "");
  }

  private byte[] filled(String action, String content) {
    Map<String, String> fields = new LinkedHashMap<>();
    Matcher input = INPUT.matcher(content);
    while (input.find()) {
      String name = attribute(input.group(), "name");
      if (name != null && "hidden".equals(attribute(input.group(), "type"))) {
        String value = attribute(input.group(), "value");
        fields.put(name, value == null ? "" : value);
      }
    }
    fields.put("username", username);
    fields.put("password", password);
    at = at.resolve(action.replace("&amp;", "&"));
    return request(
        "POST",
        fields.entrySet().stream()
            .map(
                one ->
                    one.getKey() + '=' + URLEncoder.encode(one.getValue(), StandardCharsets.UTF_8))
            .collect(Collectors.joining("&")));
  }

  private static @Nullable String attribute(String tag, String name) {
    Matcher found = Pattern.compile("\\s" + name + "=\"([^\"]*)\"").matcher(tag);
    return found.find() ? found.group(1) : null;
  }

  private byte[] request(String method, String body) {
    String query = at.getRawQuery();
    StringBuilder request =
        new StringBuilder(method + ' ' + at.getRawPath() + (query == null ? "" : '?' + query))
            .append(" HTTP/1.1\r\nHost: " + at.getAuthority() + "\r\nAccept: text/html\r\n");
    if (!cookies.isEmpty()) {
      request.append(
          cookies.entrySet().stream()
              .map(one -> one.getKey() + '=' + one.getValue())
              .collect(Collectors.joining("; ", "Cookie: ", "\r\n")));
    }
    if (method.equals("POST")) {
      request
          .append("Origin: " + at.getScheme() + "://" + at.getAuthority() + "\r\n")
          .append("Content-Type: application/x-www-form-urlencoded\r\n")
          .append("Content-Length: " + body.length() + "\r\n");
    }
    return request.append("\r\n").append(body).toString().getBytes(StandardCharsets.ISO_8859_1);
  }
}

package dev.sallyport.auth.grant;

import com.nimbusds.jose.util.JSONObjectUtils;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** An HTTP answer, read as OAuth clients read it. */
record Answer(int status, Map<String, Object> body, HttpResponse<String> http) {

  static Answer of(HttpResponse<String> http) {
    Map<String, Object> body = Map.of();
    if (http.headers().firstValue("Content-Type").orElse("").contains("json")
        && !http.body().isEmpty()) {
      try {
        body = JSONObjectUtils.parse(http.body());
      } catch (ParseException e) {
        throw new AssertionError("not JSON: " + http.body(), e);
      }
    }
    return new Answer(http.statusCode(), body, http);
  }

  String text(String member) {
    Object value = body.get(member);
    if (value == null) {
      throw new AssertionError("no `" + member + "` in " + status + " " + http.body());
    }
    return value.toString();
  }

  /** Status and OAuth error: {@code 400 invalid_grant}. */
  String refusal() {
    return status + " " + body.getOrDefault("error", body.getOrDefault("code", "-"));
  }

  Optional<String> header(String name) {
    return http.headers().firstValue(name);
  }

  /** A parameter of the URL redirected to, which must be there. */
  String redirect(String parameter) {
    String value = redirect().get(parameter);
    if (value == null) {
      throw new AssertionError("no `" + parameter + "` in " + header("Location"));
    }
    return value;
  }

  /** The query of the URL redirected to. */
  Map<String, String> redirect() {
    String location = header("Location").orElseThrow(() -> new AssertionError(http.body()));
    Map<String, String> parameters = new LinkedHashMap<>();
    String query = URI.create(location).getRawQuery();
    if (query != null) {
      for (String parameter : query.split("&", -1)) {
        String[] parts = parameter.split("=", 2);
        parameters.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
      }
    }
    return parameters;
  }
}

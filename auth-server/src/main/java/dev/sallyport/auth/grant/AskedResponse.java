package dev.sallyport.auth.grant;

import dev.sallyport.auth.client.ResponseType;
import dev.sallyport.auth.client.Scopes;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The response type of an authorization request. Spring knows codes only: a request for tokens goes
 * through its endpoint as one for a code, remembers what it was for, and its code is redeemed here
 * and never shown ({@link ImplicitTokens}).
 */
final class AskedResponse {

  /** The parameter under which the request remembers. */
  static final String PARAMETER = "sallyport_response_type";

  private static final String SENT = "response_type";

  private AskedResponse() {}

  /** What was sent; a code where it was something unknown, which Spring refuses. */
  static ResponseType of(HttpServletRequest request) {
    String[] sent = request.getParameterValues(SENT);
    return sent == null || sent.length != 1
        ? ResponseType.CODE
        : ResponseType.named(sent[0]).orElse(ResponseType.CODE);
  }

  /** What is remembered with a request's parameters. */
  static ResponseType of(Map<String, ?> parameters) {
    return parameters.get(PARAMETER) instanceof String text
        ? ResponseType.named(text).orElseThrow()
        : ResponseType.CODE;
  }

  /**
   * Whether the answer belongs into the fragment unless it is asked for elsewhere: where tokens
   * were asked for, of whatever kind (OAuth 2.0 Multiple Response Types §5).
   */
  static boolean inFragment(@Nullable String responseType) {
    List<String> words =
        responseType == null ? List.of() : Arrays.asList(responseType.split(" ", -1));
    return words.contains("token") || words.contains("id_token");
  }

  /** The request as Spring takes it. */
  static HttpServletRequest forSpring(HttpServletRequest request) {
    if (!of(request).implicit()) {
      return request;
    }
    Map<String, String[]> parameters = new HashMap<>(request.getParameterMap());
    parameters.put(SENT, new String[] {ResponseType.CODE.value()});
    return new RequestObjectFilter.Effective(request, parameters);
  }

  /** Makes the request remember; what a client sent under that name is gone. */
  static void remember(ResponseType type, Map<String, Object> parameters, Set<String> scopes) {
    parameters.remove(PARAMETER);
    if (type.implicit()) {
      parameters.put(PARAMETER, type.value());
      // OpenID Connect Core §11
      scopes.remove(Scopes.OFFLINE_ACCESS);
    }
  }
}

package dev.sallyport.auth.grant;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.web.context.request.RequestAttributes;
import org.springframework.web.context.request.RequestContextHolder;

/**
 * How an authorization response travels: in the query, or in a form that the browser posts (OAuth
 * 2.0 Form Post Response Mode); plain, or as one signed JWT (JARM).
 */
enum ResponseMode {
  QUERY("query", false, false),
  FORM_POST("form_post", true, false),
  /** What {@code jwt} means for a code (JARM §2.3.4). */
  QUERY_JWT("query.jwt", false, true),
  FORM_POST_JWT("form_post.jwt", true, true);

  private static final String JWT = "jwt";
  private static final String PARAMETER = "response_mode";
  private static final String STORED = ResponseMode.class.getName();

  private final String value;
  private final boolean posted;
  private final boolean signed;

  ResponseMode(String value, boolean posted, boolean signed) {
    this.value = value;
    this.posted = posted;
    this.signed = signed;
  }

  /** Whether it travels in a form. */
  boolean posted() {
    return posted;
  }

  /** Whether it is one signed JWT. */
  boolean signed() {
    return signed;
  }

  /** All that may be asked for. */
  static List<String> supported() {
    return List.of("query", "form_post", JWT, "query.jwt", "form_post.jwt");
  }

  /** Of a request's parameters; empty where this server has no such mode. */
  static Optional<ResponseMode> of(Map<String, Object> parameters) {
    Object asked = parameters.get(PARAMETER);
    return asked == null ? Optional.of(QUERY) : named(asked.toString());
  }

  private static Optional<ResponseMode> named(String text) {
    return text.equals(JWT)
        ? Optional.of(QUERY_JWT)
        : Arrays.stream(values()).filter(mode -> mode.value.equals(text)).findFirst();
  }

  /** A request that was stored is what this HTTP request is about: its mode counts. */
  static void loaded(AuthorizationRequest stored) {
    RequestAttributes current = RequestContextHolder.getRequestAttributes();
    if (current != null) {
      current.setAttribute(
          STORED, new Loaded(stored.parameter(PARAMETER)), RequestAttributes.SCOPE_REQUEST);
    }
  }

  private record Loaded(@Nullable String mode) {}

  /** The mode of the answer to this HTTP request; the query where it asks for none that exists. */
  static ResponseMode of(HttpServletRequest request) {
    String asked =
        request.getAttribute(STORED) instanceof Loaded(@Nullable String mode)
            ? mode
            : request.getParameter(PARAMETER);
    return asked == null ? QUERY : named(asked).orElse(QUERY);
  }
}

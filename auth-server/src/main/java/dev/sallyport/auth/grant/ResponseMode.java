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
 * How an authorization response travels: in the query, in the fragment, or in a form that the
 * browser posts (OAuth 2.0 Form Post Response Mode); plain, or as one signed JWT (JARM). Codes go
 * in the query and tokens in the fragment unless something else is asked for; tokens never in the
 * query (OAuth 2.0 Multiple Response Types §5, JARM §2.3.1).
 */
enum ResponseMode {
  QUERY("query", Place.QUERY, false),
  FRAGMENT("fragment", Place.FRAGMENT, false),
  FORM_POST("form_post", Place.FORM, false),
  QUERY_JWT("query.jwt", Place.QUERY, true),
  FRAGMENT_JWT("fragment.jwt", Place.FRAGMENT, true),
  FORM_POST_JWT("form_post.jwt", Place.FORM, true);

  /** Where the browser carries it. */
  enum Place {
    QUERY,
    FRAGMENT,
    FORM
  }

  private static final String JWT = "jwt";
  private static final String PARAMETER = "response_mode";
  private static final String STORED = ResponseMode.class.getName();

  private final String value;
  private final Place place;
  private final boolean signed;

  ResponseMode(String value, Place place, boolean signed) {
    this.value = value;
    this.place = place;
    this.signed = signed;
  }

  Place place() {
    return place;
  }

  /** Whether it is one signed JWT. */
  boolean signed() {
    return signed;
  }

  /** All that may be asked for. */
  static List<String> supported() {
    return List.of(
        "query", "fragment", "form_post", JWT, "query.jwt", "fragment.jwt", "form_post.jwt");
  }

  /** Of a request's parameters; empty where there is no such mode for what it asks. */
  static Optional<ResponseMode> of(Map<String, Object> parameters) {
    Object asked = parameters.get(PARAMETER);
    boolean inFragment = AskedResponse.of(parameters).implicit();
    return named(asked == null ? null : asked.toString(), inFragment)
        .filter(mode -> !inFragment || mode.place != Place.QUERY);
  }

  /**
   * @param inFragment whether that is where the answer belongs if nothing was said
   */
  private static Optional<ResponseMode> named(@Nullable String text, boolean inFragment) {
    if (text == null) {
      return Optional.of(inFragment ? FRAGMENT : QUERY);
    }
    return text.equals(JWT)
        // JARM §2.3.4
        ? Optional.of(inFragment ? FRAGMENT_JWT : QUERY_JWT)
        : Arrays.stream(values()).filter(mode -> mode.value.equals(text)).findFirst();
  }

  /** A request that was stored is what this HTTP request is about: its mode counts. */
  static void loaded(AuthorizationRequest stored) {
    RequestAttributes current = RequestContextHolder.getRequestAttributes();
    if (current != null) {
      current.setAttribute(
          STORED,
          new Loaded(stored.parameter(PARAMETER), AskedResponse.of(stored.parameters()).implicit()),
          RequestAttributes.SCOPE_REQUEST);
    }
  }

  private record Loaded(@Nullable String mode, boolean implicit) {}

  /** Whether what this HTTP request is about is to be answered with tokens. */
  static boolean implicit(HttpServletRequest request) {
    return request.getAttribute(STORED) instanceof Loaded loaded
        ? loaded.implicit()
        : AskedResponse.of(request).implicit();
  }

  /**
   * The mode of the answer to this HTTP request; where it asks for none that exists, or for one
   * that may not carry what it asks, the one that is meant where nothing is said.
   */
  static ResponseMode of(HttpServletRequest request) {
    String asked;
    boolean inFragment;
    if (request.getAttribute(STORED) instanceof Loaded(@Nullable String mode, boolean implicit)) {
      asked = mode;
      inFragment = implicit;
    } else {
      asked = request.getParameter(PARAMETER);
      inFragment = AskedResponse.inFragment(request.getParameter("response_type"));
    }
    ResponseMode fallback = inFragment ? FRAGMENT : QUERY;
    ResponseMode mode = named(asked, inFragment).orElse(fallback);
    return inFragment && mode.place == Place.QUERY ? mode.signed ? FRAGMENT_JWT : FRAGMENT : mode;
  }
}

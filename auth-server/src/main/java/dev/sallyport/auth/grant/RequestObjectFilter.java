package dev.sallyport.auth.grant;

import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.Clients;
import dev.sallyport.auth.session.SignInWish;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Arrays;
import java.util.Collections;
import java.util.Enumeration;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * At the authorization endpoint, puts what is in a request object (RFC 9101) in the place of what
 * was sent beside it, before anyone looks at either.
 */
final class RequestObjectFilter extends OncePerRequestFilter {

  private static final String PATH = "/oauth2/authorize";

  /** Set on a request whose parameters a client signed. */
  static final String SIGNED = RequestObjectFilter.class.getName() + ".signed";

  private final RequestObjects objects;
  private final RequestObjectFetch fetch;
  private final Clients clients;
  private final SignInWishes wishes;
  private final AuthorizationAnswers answers;
  private final Clock clock;

  RequestObjectFilter(
      RequestObjects objects,
      RequestObjectFetch fetch,
      Clients clients,
      SignInWishes wishes,
      AuthorizationAnswers answers,
      Clock clock) {
    this.objects = objects;
    this.fetch = fetch;
    this.clients = clients;
    this.wishes = wishes;
    this.answers = answers;
    this.clock = clock;
  }

  @Override
  protected boolean shouldNotFilter(HttpServletRequest request) {
    return !request.getRequestURI().equals(PATH)
        || (request.getParameter("request") == null && reference(request) == null);
  }

  /** Where the client keeps its request object; null where none is, or the request was pushed. */
  private static @Nullable String reference(HttpServletRequest request) {
    String uri = request.getParameter("request_uri");
    return uri == null || uri.isBlank() || uri.startsWith(PendingAuthorizations.REQUEST_URI_PREFIX)
        ? null
        : uri;
  }

  @Override
  protected void doFilterInternal(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    String[] sent = request.getParameterValues("request");
    String reference = reference(request);
    String[] clientId = request.getParameterValues("client_id");
    Client client =
        clientId == null || clientId.length != 1 ? null : clients.find(clientId[0]).orElse(null);
    if (client == null) {
      // which is refused before anything else
      chain.doFilter(request, response);
      return;
    }
    String[] references = request.getParameterValues("request_uri");
    if ((sent == null ? 0 : sent.length) + (references == null ? 0 : references.length) != 1) {
      refuse(request, response, "invalid_request", "there is more than one request");
      return;
    }
    String object;
    if (reference == null) {
      object = Objects.requireNonNull(sent)[0];
    } else {
      switch (fetch.fetch(reference, client, request.getRemoteAddr())) {
        case RequestObjectFetch.Fetched.Refused(String error, String description) -> {
          refuse(request, response, error, description);
          return;
        }
        case RequestObjectFetch.Fetched.Object(String text) -> object = text;
      }
    }
    // whoever had to sign in first comes back later than the client reckoned with
    var at = wishes.of(request).map(SignInWish::askedAt).orElseGet(clock::instant);
    switch (objects.read(object, client, at)) {
      case RequestObjects.Reading.Refused(String description) ->
          refuse(request, response, "invalid_request_object", description);
      case RequestObjects.Reading.Read(Map<String, String[]> parameters) -> {
        request.setAttribute(SIGNED, true);
        chain.doFilter(new Effective(request, parameters), response);
      }
    }
  }

  private void refuse(
      HttpServletRequest request, HttpServletResponse response, String error, String description)
      throws IOException {
    answers.onAuthenticationFailure(request, response, OAuthErrors.refused(error, description));
  }

  /** The request as it was sent. */
  static HttpServletRequest sent(HttpServletRequest request) {
    HttpServletRequest outer = request;
    while (outer instanceof HttpServletRequestWrapper wrapper
        && wrapper.getRequest() instanceof HttpServletRequest inner) {
      if (outer instanceof Effective) {
        return inner;
      }
      outer = inner;
    }
    return request;
  }

  /** With the parameters of the request object, and no others. */
  static final class Effective extends HttpServletRequestWrapper {

    private final Map<String, String[]> parameters;

    Effective(HttpServletRequest request, Map<String, String[]> parameters) {
      super(request);
      this.parameters = Map.copyOf(parameters);
    }

    @Override
    public @Nullable String getParameter(String name) {
      String[] values = parameters.get(name);
      return values == null || values.length == 0 ? null : values[0];
    }

    @Override
    public Map<String, String[]> getParameterMap() {
      return parameters;
    }

    @Override
    public Enumeration<String> getParameterNames() {
      return Collections.enumeration(parameters.keySet());
    }

    @Override
    public String @Nullable [] getParameterValues(String name) {
      return parameters.get(name);
    }

    @Override
    public @Nullable String getQueryString() {
      return "GET".equals(getMethod()) ? query() : null;
    }

    private String query() {
      return parameters.entrySet().stream()
          .flatMap(
              parameter ->
                  Arrays.stream(parameter.getValue())
                      .map(value -> encode(parameter.getKey()) + "=" + encode(value)))
          .collect(Collectors.joining("&"));
    }

    private static String encode(String text) {
      return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
  }
}

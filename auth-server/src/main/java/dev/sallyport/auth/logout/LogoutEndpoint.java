package dev.sallyport.auth.logout;

import dev.sallyport.auth.client.Clients;
import dev.sallyport.auth.session.Sessions;
import dev.sallyport.auth.session.SignedIn;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.token.IdTokenHints;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;

/**
 * The {@code end_session_endpoint} (RP-Initiated Logout 1.0): ends the sign-in session of this
 * browser, and with it what every client got in it. At once, where the client shows an ID token of
 * that very session; else the person is asked.
 */
@Controller
class LogoutEndpoint {

  static final String PATH = "/oauth2/logout";
  static final String CONFIRM = "/oauth2/logout/confirm";

  /** Where everyone else goes. */
  private static final String SIGNED_OUT = "/signed-out";

  /** A URL that every server on the way still takes. */
  private static final int LOCATION_LENGTH_MAX = 8 * 1024;

  /** Read by the error page. */
  private static final String PAGE_ERROR = "sallyport.oauth.error";

  private static final String PAGE_DESCRIPTION = "sallyport.oauth.error.description";

  private final Clients clients;
  private final IdTokenHints hints;
  private final Sessions sessions;

  LogoutEndpoint(Clients clients, IdTokenHints hints, Sessions sessions) {
    this.clients = clients;
    this.hints = hints;
    this.sessions = sessions;
  }

  @GetMapping(PATH)
  @Nullable String logout(HttpServletRequest request, HttpServletResponse response, Model model)
      throws IOException {
    switch (LogoutRequest.read(request.getParameterMap(), clients, hints)) {
      case LogoutRequest.Reading.Refused(String description) ->
          refuse(request, response, description);
      case LogoutRequest.Reading.Read(LogoutRequest asked) -> {
        SignedIn person = signedIn();
        if (person != null && !meant(asked, person)) {
          return page(asked, response, model);
        }
        if (person != null) {
          signOut(person, request);
        }
        leave(asked, response);
      }
    }
    return null;
  }

  /**
   * As a GET: a POST from another site comes without the browser's cookie (SameSite=Lax), the GET
   * that follows it comes with it.
   */
  @PostMapping(PATH)
  void post(HttpServletRequest request, HttpServletResponse response) throws IOException {
    String location =
        PATH
            + request.getParameterMap().entrySet().stream()
                .flatMap(
                    parameter ->
                        Arrays.stream(parameter.getValue())
                            .map(value -> encode(parameter.getKey()) + "=" + encode(value)))
                .collect(Collectors.joining("&", "?", ""));
    if (location.length() > LOCATION_LENGTH_MAX) {
      refuse(request, response, "the request is too long");
      return;
    }
    see(response, location);
  }

  /** The person has said yes. */
  @PostMapping(CONFIRM)
  void confirm(HttpServletRequest request, HttpServletResponse response) throws IOException {
    Map<String, String[]> fields =
        request.getParameterMap().entrySet().stream()
            .filter(field -> !field.getKey().equals("id_token_hint"))
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    switch (LogoutRequest.read(fields, clients, hints)) {
      case LogoutRequest.Reading.Refused(String description) ->
          refuse(request, response, description);
      case LogoutRequest.Reading.Read(LogoutRequest asked) -> {
        SignedIn person = signedIn();
        if (person != null) {
          signOut(person, request);
        }
        leave(asked, response);
      }
    }
  }

  private static boolean meant(LogoutRequest asked, SignedIn person) {
    return asked.hint() != null && person.sid().equals(asked.hint().sid());
  }

  private static String page(LogoutRequest asked, HttpServletResponse response, Model model) {
    String target = asked.redirectUri();
    // Chromium applies form-action to the redirect that follows the form
    response.setHeader(
        "Content-Security-Policy",
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'"
            + (target == null ? "" : " " + source(target))
            + "; frame-ancestors 'none'; base-uri 'none'");
    response.setHeader("Cache-Control", "no-store");
    model.addAttribute("client", asked.client() == null ? null : asked.client().name());
    model.addAttribute("clientId", asked.client() == null ? null : asked.client().clientId());
    model.addAttribute("redirectUri", target);
    model.addAttribute("state", asked.state());
    return "logout";
  }

  /** An origin, or the scheme of an app's own: registered, so nothing that ends the directive. */
  private static String source(String target) {
    URI uri = URI.create(target);
    return uri.getHost() == null
        ? uri.getScheme() + ":"
        : uri.getScheme() + "://" + uri.getHost() + (uri.getPort() < 0 ? "" : ":" + uri.getPort());
  }

  private void signOut(SignedIn person, HttpServletRequest request) {
    sessions.revoke(person.sid(), Actor.user(person.accountId()));
    SecurityContextHolder.clearContext();
    HttpSession browser = request.getSession(false);
    if (browser != null) {
      browser.invalidate();
    }
  }

  private static void leave(LogoutRequest asked, HttpServletResponse response) {
    String target = asked.redirectUri();
    if (target == null) {
      see(response, SIGNED_OUT);
      return;
    }
    String state = asked.state();
    see(
        response,
        state == null
            ? target
            : target + (target.contains("?") ? '&' : '?') + "state=" + encode(state));
  }

  private static void see(HttpServletResponse response, String location) {
    response.setStatus(HttpServletResponse.SC_SEE_OTHER);
    response.setHeader("Cache-Control", "no-store");
    response.setHeader("Location", location);
  }

  private static void refuse(
      HttpServletRequest request, HttpServletResponse response, String description)
      throws IOException {
    request.setAttribute(PAGE_ERROR, "invalid_request");
    request.setAttribute(PAGE_DESCRIPTION, description);
    response.sendError(HttpServletResponse.SC_BAD_REQUEST);
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private static @Nullable SignedIn signedIn() {
    Authentication authentication = SecurityContextHolder.getContext().getAuthentication();
    return authentication != null && authentication.getPrincipal() instanceof SignedIn signedIn
        ? signedIn
        : null;
  }
}

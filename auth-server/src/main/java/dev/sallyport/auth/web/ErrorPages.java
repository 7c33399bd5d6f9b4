package dev.sallyport.auth.web;

import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.webmvc.error.ErrorController;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.servlet.ModelAndView;

/**
 * Whatever was refused or broke outside a controller: a page for people, {@code
 * application/problem+json} (RFC 9457) for programs. Neither says more than the status does, except
 * for an authorization request that must not be redirected: its OAuth code and description are in
 * the request attributes named here.
 */
@Controller
class ErrorPages implements ErrorController {

  private final SignInFlow flow;

  ErrorPages(SignInFlow flow) {
    this.flow = flow;
  }

  /** Set by the authorization endpoint before {@code sendError}. */
  static final String OAUTH_ERROR = "sallyport.oauth.error";

  static final String OAUTH_DESCRIPTION = "sallyport.oauth.error.description";

  /** No OAuth code: the application did nothing wrong, the person came too late. */
  static final String CONSENT_EXPIRED = "consent_expired";

  private static final Pattern SECONDS = Pattern.compile("[0-9]{1,6}");

  private static final String PROBLEMS = "https://sallyport.dev/problems/";

  @RequestMapping(path = "/error", produces = MediaType.TEXT_HTML_VALUE)
  Object page(HttpServletRequest request, HttpServletResponse response, Model model) {
    if (api(request)) {
      return problem(request);
    }
    HttpStatus status = status(request);
    model.addAttribute("status", status.value());
    model.addAttribute("signedIn", flow.signedIn(request).isPresent());
    Optional<String> oauth = attribute(request, OAUTH_ERROR);
    if (oauth.filter(CONSENT_EXPIRED::equals).isPresent()) {
      model.addAttribute("title", "The page had been open for too long");
      model.addAttribute(
          "detail", "Nothing was given to the application. Please go back to it and start again.");
    } else if (oauth.isPresent()) {
      model.addAttribute("title", "This application asked for something it must not");
      model.addAttribute(
          "detail", "Nothing was given to it. Please tell its makers what is below.");
      model.addAttribute("code", oauth.get());
      model.addAttribute("description", attribute(request, OAUTH_DESCRIPTION).orElse(""));
    } else {
      model.addAttribute("title", title(status));
      model.addAttribute("detail", detail(status, response.getHeader(HttpHeaders.RETRY_AFTER)));
    }
    ModelAndView page = new ModelAndView("problem", model.asMap());
    page.setStatus(status);
    return page;
  }

  @RequestMapping("/error")
  ResponseEntity<ProblemDetail> problem(HttpServletRequest request) {
    HttpStatus status = status(request);
    ProblemDetail problem = ProblemDetail.forStatus(status);
    String code =
        attribute(request, OAUTH_ERROR).orElseGet(() -> status.name().toLowerCase(Locale.ROOT));
    problem.setType(URI.create(PROBLEMS + code));
    problem.setTitle(status.getReasonPhrase());
    attribute(request, OAUTH_DESCRIPTION).ifPresent(problem::setDetail);
    problem.setProperty("code", code);
    return ResponseEntity.status(status)
        .contentType(MediaType.APPLICATION_PROBLEM_JSON)
        .body(problem);
  }

  private static boolean api(HttpServletRequest request) {
    return attribute(request, RequestDispatcher.ERROR_REQUEST_URI)
        .map(uri -> uri.startsWith("/v1/"))
        .orElse(false);
  }

  private static HttpStatus status(HttpServletRequest request) {
    @Nullable Object code = request.getAttribute(RequestDispatcher.ERROR_STATUS_CODE);
    // someone who asks for /error itself finds nothing there
    HttpStatus status =
        code instanceof Integer number ? HttpStatus.resolve(number) : HttpStatus.NOT_FOUND;
    return status == null ? HttpStatus.INTERNAL_SERVER_ERROR : status;
  }

  private static Optional<String> attribute(HttpServletRequest request, String name) {
    return request.getAttribute(name) instanceof String text ? Optional.of(text) : Optional.empty();
  }

  private static String title(HttpStatus status) {
    return switch (status) {
      case NOT_FOUND -> "There is no such page";
      case FORBIDDEN -> "You may not see this page";
      case TOO_MANY_REQUESTS -> "Too many requests";
      default ->
          status.is5xxServerError()
              ? "Something went wrong here"
              : "This request cannot be answered";
    };
  }

  private static String detail(HttpStatus status, @Nullable String retryAfter) {
    return switch (status) {
      case NOT_FOUND -> "The address may be mistyped, or the page is gone.";
      case FORBIDDEN -> "If you think that you should, ask your administrator.";
      case TOO_MANY_REQUESTS ->
          "Too many came from your network at once. Please try again in "
              + (retryAfter == null || !SECONDS.matcher(retryAfter).matches()
                  ? "a moment."
                  : Words.duration(Duration.ofSeconds(Long.parseLong(retryAfter))) + ".");
      default ->
          status.is5xxServerError()
              ? "It is not your fault. Please try again in a moment."
              : "Please go back and try again.";
    };
  }
}

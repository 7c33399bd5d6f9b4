package dev.sallyport.auth.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;
import org.springframework.security.web.csrf.CookieCsrfTokenRepository;
import org.springframework.security.web.csrf.CsrfToken;
import org.springframework.security.web.csrf.CsrfTokenRepository;
import org.springframework.security.web.csrf.HttpSessionCsrfTokenRepository;

/**
 * The tokens that our forms carry. Of a browser that has a session, in that session, so that they
 * end with it. Before, in a cookie that the form must repeat: a page that anyone may ask for must
 * not cost a row each time it is asked for. So the sign-in form, too, works only in the browser it
 * was made for.
 */
final class FormTokens implements CsrfTokenRepository {

  static final String COOKIE = "SALLYPORT_AUTH_FORM";

  private final HttpSessionCsrfTokenRepository inSession = new HttpSessionCsrfTokenRepository();
  private final CookieCsrfTokenRepository inBrowser = new CookieCsrfTokenRepository();

  FormTokens(OwnCookies cookies) {
    inBrowser.setCookieName(cookies.name(COOKIE));
    inBrowser.setCookiePath("/");
    inBrowser.setHeaderName("X-CSRF-TOKEN");
    inBrowser.setCookieCustomizer(
        cookie -> cookie.httpOnly(true).secure(cookies.https()).sameSite("Lax"));
  }

  @Override
  public CsrfToken generateToken(HttpServletRequest request) {
    return inSession.generateToken(request);
  }

  @Override
  public void saveToken(
      @Nullable CsrfToken token, HttpServletRequest request, HttpServletResponse response) {
    if (request.getSession(false) != null) {
      inSession.saveToken(token, request, response);
    } else {
      inBrowser.saveToken(token, request, response);
    }
  }

  @Override
  public @Nullable CsrfToken loadToken(HttpServletRequest request) {
    return request.getSession(false) != null
        ? inSession.loadToken(request)
        : inBrowser.loadToken(request);
  }
}

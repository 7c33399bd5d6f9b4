package dev.sallyport.auth.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.springframework.security.web.header.HeaderWriter;

/**
 * The content security policy of our pages: nothing from elsewhere, and no script but where a
 * passkey is asked for, which there is no other way to do.
 */
final class PageHeaders implements HeaderWriter {

  static final String CSP = "Content-Security-Policy";

  private static final String SCRIPT = PageHeaders.class.getName();

  /** The page that answers this request runs scripts from here. */
  static void allowOwnScript(HttpServletRequest request) {
    request.setAttribute(SCRIPT, true);
  }

  @Override
  public void writeHeaders(HttpServletRequest request, HttpServletResponse response) {
    if (response.containsHeader(CSP)) {
      return;
    }
    Object target = request.getAttribute(FormTargets.ATTRIBUTE);
    response.setHeader(
        CSP,
        "default-src 'none'; "
            + (request.getAttribute(SCRIPT) == null ? "" : "script-src 'self'; ")
            + "style-src 'self'; img-src 'self' data:; form-action 'self'"
            + (target == null ? "" : " " + target)
            + "; frame-ancestors 'none'; base-uri 'none'");
  }
}

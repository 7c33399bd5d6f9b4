package dev.sallyport.auth.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.springframework.security.web.header.HeaderWriter;

/** The content security policy of our pages: no script at all, nothing from elsewhere. */
final class PageHeaders implements HeaderWriter {

  static final String CSP = "Content-Security-Policy";

  @Override
  public void writeHeaders(HttpServletRequest request, HttpServletResponse response) {
    if (response.containsHeader(CSP)) {
      return;
    }
    Object target = request.getAttribute(FormTargets.ATTRIBUTE);
    response.setHeader(
        CSP,
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'"
            + (target == null ? "" : " " + target)
            + "; frame-ancestors 'none'; base-uri 'none'");
  }
}

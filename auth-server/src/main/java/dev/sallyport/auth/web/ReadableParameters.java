package dev.sallyport.auth.web;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.tomcat.util.http.InvalidParameterException;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.MediaType;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Refuses parameters that are no text, before anyone reads them: wherever else they were met first,
 * Tomcat would write them into the log, with what they hold, and a secret may be what they hold.
 */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE + 1)
class ReadableParameters extends OncePerRequestFilter {

  private static final byte[] OAUTH_ERROR =
      "{\"error\":\"invalid_request\"}".getBytes(StandardCharsets.UTF_8);

  @Override
  protected void doFilterInternal(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    try {
      request.getParameterMap();
    } catch (InvalidParameterException unreadable) {
      refuse(request, response, unreadable.getErrorCode());
      return;
    }
    chain.doFilter(request, response);
  }

  private static void refuse(HttpServletRequest request, HttpServletResponse response, int status)
      throws IOException {
    if (response.isCommitted()) {
      // whoever sent half a form is gone, or took too long: nobody reads an answer
      return;
    }
    if ("POST".equals(request.getMethod()) && request.getRequestURI().startsWith("/oauth2/")) {
      response.setStatus(status);
      response.setHeader("Cache-Control", "no-store");
      response.setContentType(MediaType.APPLICATION_JSON_VALUE);
      response.getOutputStream().write(OAUTH_ERROR);
    } else {
      response.sendError(status);
    }
  }
}

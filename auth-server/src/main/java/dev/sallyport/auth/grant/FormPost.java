package dev.sallyport.auth.grant;

import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Map;
import org.springframework.web.util.HtmlUtils;

/**
 * An authorization response as a form that posts itself (OAuth 2.0 Form Post Response Mode). The
 * one page of ours with a script: that script and no other may run. Without scripts there is a
 * button.
 */
final class FormPost {

  private static final String SCRIPT = "document.forms[0].submit()";

  // no form-action: Chromium would apply it to where the client leads the browser next
  private static final String POLICY =
      "default-src 'none'; script-src 'sha256-"
          + sha256(SCRIPT)
          + "'; frame-ancestors 'none'; base-uri 'none'";

  private FormPost() {}

  static void write(HttpServletResponse response, String target, Map<String, String> parameters)
      throws IOException {
    StringBuilder page =
        new StringBuilder(
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Back to the"
                + " application</title></head><body><form method=\"post\" action=\"");
    page.append(HtmlUtils.htmlEscape(target)).append("\">");
    parameters.forEach(
        (name, value) ->
            page.append("<input type=\"hidden\" name=\"")
                .append(HtmlUtils.htmlEscape(name))
                .append("\" value=\"")
                .append(HtmlUtils.htmlEscape(value))
                .append("\">"));
    page.append("<noscript><button type=\"submit\">Back to the application</button></noscript>")
        .append("</form><script>")
        .append(SCRIPT)
        .append("</script></body></html>\n");
    response.setStatus(HttpServletResponse.SC_OK);
    response.setHeader("Cache-Control", "no-store");
    response.setHeader("Content-Security-Policy", POLICY);
    response.setHeader("Referrer-Policy", "no-referrer");
    response.setContentType("text/html;charset=UTF-8");
    response.getOutputStream().write(page.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static String sha256(String text) {
    try {
      return Base64.getEncoder()
          .encodeToString(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is missing from this JVM", e);
    }
  }
}

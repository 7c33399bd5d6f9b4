package dev.sallyport.auth.grant;

import dev.sallyport.auth.token.ApiCaller;
import dev.sallyport.auth.token.DpopCheck;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;

/**
 * Why a request does not pass the API chain. Texts are ours, without anything the caller sent, so
 * that they need no escaping.
 *
 * @param error the {@code error} of the challenge (RFC 6750 §3.1, RFC 9449 §7.1, RFC 9470 §3), or
 *     null where the answer carries none
 * @param more further parameters of the challenge
 * @param ofProof it is the DPoP proof that would not do
 */
record ApiRefusal(
    int status,
    String code,
    String detail,
    @Nullable String error,
    @Nullable String more,
    boolean ofProof) {

  private static final String ALGORITHMS = "algs=\"ES256 PS256 EdDSA\"";

  private ApiRefusal(
      int status, String code, String detail, @Nullable String error, @Nullable String more) {
    this(status, code, detail, error, more, false);
  }

  static ApiRefusal notFound() {
    return new ApiRefusal(404, "not_found", "there is nothing here", null, null);
  }

  static ApiRefusal tooLarge(int bytesMax) {
    return new ApiRefusal(
        413, "too_large", "the body may have " + bytesMax + " bytes here", null, null);
  }

  static ApiRefusal lengthRequired() {
    return new ApiRefusal(411, "length_required", "a body needs a Content-Length here", null, null);
  }

  /** No token at all: the challenge names no error (RFC 6750 §3.1). */
  static ApiRefusal tokenMissing() {
    return new ApiRefusal(401, "token_missing", "this needs an access token", "", null);
  }

  static ApiRefusal invalidToken(String detail) {
    return new ApiRefusal(401, "invalid_token", detail, "invalid_token", null);
  }

  static ApiRefusal proof(DpopCheck.Refused refused) {
    return new ApiRefusal(401, refused.error(), refused.description(), refused.error(), null, true);
  }

  static ApiRefusal invalidRequest(String detail) {
    return new ApiRefusal(400, "invalid_request", detail, "invalid_request", null);
  }

  static ApiRefusal insufficientScope(String scope) {
    return new ApiRefusal(
        403,
        "insufficient_scope",
        "the token needs the scope " + scope,
        "insufficient_scope",
        "scope=\"" + scope + '"');
  }

  static ApiRefusal secondFactorMissing() {
    return new ApiRefusal(
        401,
        "insufficient_user_authentication",
        "this needs a sign-in with a second factor",
        "insufficient_user_authentication",
        "acr_values=\"" + ApiCaller.ACR_TWO_FACTORS + '"');
  }

  void write(HttpServletResponse response) throws IOException {
    response.setStatus(status);
    if (error != null) {
      response.addHeader(HttpHeaders.WWW_AUTHENTICATE, challenge("DPoP", error, ALGORITHMS));
      if (!ofProof) {
        // tokens that are bound to no key go by the other scheme (RFC 6750 §3, RFC 9449 §7.2)
        response.addHeader(HttpHeaders.WWW_AUTHENTICATE, challenge("Bearer", error, null));
      }
    }
    response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
    response.setContentType(MediaType.APPLICATION_PROBLEM_JSON_VALUE);
    response
        .getOutputStream()
        .write(
            """
            {"type":"https://sallyport.dev/problems/%s","status":%d,"code":"%s","detail":"%s"}"""
                .formatted(code, status, code, detail.replace("\"", "'"))
                .getBytes(StandardCharsets.UTF_8));
  }

  private String challenge(String scheme, String error, @Nullable String last) {
    List<String> parameters = new ArrayList<>();
    if (!error.isEmpty()) {
      parameters.add("error=\"" + error + '"');
    }
    if (more != null) {
      parameters.add(more);
    }
    if (last != null) {
      parameters.add(last);
    }
    return (scheme + ' ' + String.join(", ", parameters)).strip();
  }
}

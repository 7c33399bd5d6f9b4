package dev.sallyport.acceptance;

import com.nimbusds.jose.util.JSONObjectUtils;
import dev.sallyport.client.DpopKey;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.text.ParseException;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Calls OAuth endpoints as a public client of the {@code chat} profile does, one request at a time,
 * and takes every answer for an answer: also none, of a server that died.
 */
final class TokenCaller {

  static final String REDIRECT = "http://127.0.0.1/callback";
  private static final Duration REQUEST_MAX = Duration.ofSeconds(30);

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();
  private final String issuer;
  private volatile String nonce = "";

  TokenCaller(String issuer) {
    this.issuer = issuer;
  }

  /**
   * @param status 0: there was none
   */
  record Answer(int status, Map<String, Object> json, @Nullable String nonce) {
    String text(String member) {
      return String.valueOf(json.get(member));
    }

    boolean granted() {
      return status == 200;
    }

    /** Whether the server has decided: neither dead, nor without its database. */
    boolean decided() {
      return status != 0 && status < 500;
    }

    String error() {
      return status + " " + json.getOrDefault("error", "");
    }

    /** Without tokens. */
    @Override
    public String toString() {
      return error() + " " + json.getOrDefault("error_description", "");
    }
  }

  static String challenge(String verifier) {
    try {
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString(
              MessageDigest.getInstance("SHA-256")
                  .digest(verifier.getBytes(StandardCharsets.US_ASCII)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  static String verifier() {
    return UUID.randomUUID() + "-" + UUID.randomUUID();
  }

  /** The parameters of an authorization request. */
  static Map<String, String> asking(String clientId, String scope, String verifier) {
    var parameters = new LinkedHashMap<String, String>();
    parameters.put("response_type", "code");
    parameters.put("client_id", clientId);
    parameters.put("redirect_uri", REDIRECT);
    parameters.put("scope", scope);
    parameters.put("state", "s");
    parameters.put("code_challenge", challenge(verifier));
    parameters.put("code_challenge_method", "S256");
    return parameters;
  }

  static Map<String, String> redeeming(String clientId, String code, String verifier) {
    return Map.of(
        "grant_type", "authorization_code",
        "client_id", clientId,
        "code", code,
        "redirect_uri", REDIRECT,
        "code_verifier", verifier);
  }

  static Map<String, String> refreshing(String clientId, String refreshToken) {
    return Map.of(
        "grant_type", "refresh_token", "client_id", clientId, "refresh_token", refreshToken);
  }

  /** A form with a proof by this key, again with the server's nonce where it asks for one. */
  Answer post(String node, String path, Map<String, String> form, DpopKey key) {
    for (int attempt = 0; ; attempt++) {
      Answer answer = postOnce(node, path, form, proof(path, key, nonce), null);
      if (answer.nonce() != null) {
        nonce = answer.nonce();
      }
      if (attempt > 0 || !"use_dpop_nonce".equals(answer.text("error"))) {
        return answer;
      }
    }
  }

  String proof(String path, DpopKey key, String withNonce) {
    return key.proof(
        "POST", URI.create(issuer + path), null, withNonce.isEmpty() ? null : withNonce);
  }

  Answer postOnce(
      String node,
      String path,
      Map<String, String> form,
      @Nullable String proof,
      @Nullable String authorization) {
    var request =
        HttpRequest.newBuilder(URI.create(node + path))
            .timeout(REQUEST_MAX)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(BodyPublishers.ofString(FormBrowser.encoded(form)));
    if (proof != null) {
      request.header("DPoP", proof);
    }
    if (authorization != null) {
      request.header("Authorization", authorization);
    }
    try {
      HttpResponse<String> response = http.send(request.build(), BodyHandlers.ofString());
      return new Answer(
          response.statusCode(),
          json(response.body()),
          response.headers().firstValue("DPoP-Nonce").orElse(null));
    } catch (IOException dead) {
      return new Answer(0, Map.of(), null);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Answer(0, Map.of(), null);
    }
  }

  private static Map<String, Object> json(String body) {
    try {
      return body.startsWith("{") ? JSONObjectUtils.parse(body) : Map.of();
    } catch (ParseException cutShort) {
      return Map.of();
    }
  }
}

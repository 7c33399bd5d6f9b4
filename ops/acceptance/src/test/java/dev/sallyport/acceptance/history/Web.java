package dev.sallyport.acceptance.history;

import com.nimbusds.jose.util.JSONObjectUtils;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.text.ParseException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** HTTP with DPoP proofs, one client for all devices; whatever comes is an answer, also nothing. */
final class Web {

  private static final Duration CONNECT_MAX = Duration.ofSeconds(5);
  private static final Duration ANSWER_MAX = Duration.ofSeconds(12);

  /** A nonce may be outdated, and its successor too where a server starts anew. */
  private static final int TRIES = 3;

  final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(CONNECT_MAX)
          .executor(Executors.newVirtualThreadPerTaskExecutor())
          .build();

  /** By server. */
  private final Map<String, String> nonces = new ConcurrentHashMap<>();

  /**
   * @param status 0: none came
   */
  record Answer(int status, Map<String, Object> json) {
    boolean good() {
      return status / 100 == 2;
    }

    /** Whether it says for certain that nothing was done. */
    boolean refused() {
      return status / 100 == 4;
    }

    String text(String member) {
      return Seen.text(json, member);
    }

    String why() {
      return status == 0 ? "no answer" : status + " " + text("code") + text("error");
    }

    List<?> list(String member) {
      return json.get(member) instanceof List<?> list ? list : List.of();
    }

    Answer orThrow() {
      if (!good()) {
        throw new IllegalStateException(why() + " " + text("detail") + text("error_description"));
      }
      return this;
    }
  }

  String nonce(String server) {
    return nonces.getOrDefault(server, "");
  }

  void nonce(String server, @Nullable String nonce) {
    if (nonce != null && !nonce.isEmpty()) {
      nonces.put(server, nonce);
    }
  }

  /**
   * @param server where the request goes
   * @param name what that server is called, which proofs are for
   * @param token empty: none
   * @param body null: none; a map: JSON; a string: a form
   */
  Answer call(
      String method,
      String server,
      String name,
      String path,
      ProofKey key,
      String token,
      @Nullable Object body,
      Duration ahead) {
    for (int attempt = 1; ; attempt++) {
      var request =
          HttpRequest.newBuilder(URI.create(server + path))
              .timeout(ANSWER_MAX)
              .header("DPoP", key.proof(method, name + path, token, nonce(server), ahead));
      if (!token.isEmpty()) {
        request.header("Authorization", "DPoP " + token);
      }
      switch (body) {
        case null -> request.method(method, BodyPublishers.noBody());
        case Map<?, ?> json ->
            request
                .header("Content-Type", "application/json")
                .method(method, BodyPublishers.ofString(text(json)));
        default ->
            request
                .header("Content-Type", "application/x-www-form-urlencoded")
                .method(method, BodyPublishers.ofString(body.toString()));
      }
      HttpResponse<String> response;
      try {
        response = client.send(request.build(), BodyHandlers.ofString());
      } catch (IOException e) {
        return new Answer(0, Map.of());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return new Answer(0, Map.of());
      }
      nonce(server, response.headers().firstValue("DPoP-Nonce").orElse(null));
      var answer = new Answer(response.statusCode(), json(response.body()));
      boolean wantsNonce =
          answer.text("error").equals("use_dpop_nonce")
              || answer.text("code").equals("use_dpop_nonce")
              || String.join(" ", response.headers().allValues("WWW-Authenticate"))
                  .contains("use_dpop_nonce");
      if (!wantsNonce || attempt == TRIES) {
        return answer;
      }
    }
  }

  @SuppressWarnings("unchecked")
  private static String text(Map<?, ?> json) {
    return JSONObjectUtils.toJSONString((Map<String, ?>) json);
  }

  private static Map<String, Object> json(String body) {
    try {
      return body.startsWith("{") ? JSONObjectUtils.parse(body) : Map.of();
    } catch (ParseException cutShort) {
      return Map.of();
    }
  }
}

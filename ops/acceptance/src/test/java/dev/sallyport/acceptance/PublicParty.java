package dev.sallyport.acceptance;

import dev.sallyport.client.DpopKey;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A public client of the profile {@code chat}: PKCE, and a DPoP proof with every call. */
final class PublicParty {

  private final Provider provider;
  private final String clientId;
  final DpopKey key = DpopKey.generate();
  private @Nullable String nonce;

  PublicParty(Provider provider) {
    this.provider = provider;
    clientId =
        Http.text(
            provider.register(
                Map.of(
                    "client_name",
                    "A public client under test",
                    "token_endpoint_auth_method",
                    "none",
                    "redirect_uris",
                    List.of(RelyingParty.REDIRECT),
                    "grant_types",
                    List.of(
                        "authorization_code",
                        "refresh_token",
                        "urn:ietf:params:oauth:grant-type:token-exchange"))),
            "client_id");
  }

  String clientId() {
    return clientId;
  }

  /** The last nonce that the server gave; learnt by asking where there is none. */
  String nonce() {
    if (nonce == null) {
      token(Map.of("grant_type", "refresh_token", "refresh_token", "x"));
    }
    return java.util.Objects.requireNonNull(nonce);
  }

  Map<String, String> asking(String scope) {
    var parameters = new LinkedHashMap<String, String>();
    parameters.put("response_type", "code");
    parameters.put("client_id", clientId);
    parameters.put("redirect_uri", RelyingParty.REDIRECT);
    parameters.put("scope", scope);
    parameters.put("state", UUID.randomUUID().toString());
    parameters.put("nonce", UUID.randomUUID().toString());
    parameters.put("code_challenge", RelyingParty.CHALLENGE);
    parameters.put("code_challenge_method", "S256");
    return parameters;
  }

  Map<String, String> redeeming(String code) {
    var form = RelyingParty.redeeming(code);
    form.put("code_verifier", RelyingParty.VERIFIER);
    return form;
  }

  Map<String, Object> tokens(UserAgent agent, String scope) {
    return token(redeeming(agent.authorize(asking(scope)).get("code"))).ok();
  }

  /** To the token endpoint, with a proof, and again where the server wanted a nonce (§8). */
  Http.Answer token(Map<String, String> form) {
    return post(provider.endpoint("token_endpoint"), form);
  }

  Http.Answer post(URI endpoint, Map<String, String> form) {
    var body = new LinkedHashMap<>(form);
    body.put("client_id", clientId);
    var answer = once(endpoint, body, key.proof("POST", endpoint, null, nonce));
    if (answer.status() == 400 && "use_dpop_nonce".equals(answer.json().get("error"))) {
      answer = once(endpoint, body, key.proof("POST", endpoint, null, nonce));
    }
    return answer;
  }

  /** With this proof and no other. */
  Http.Answer once(URI endpoint, Map<String, String> form, String proof) {
    return learn(Http.send(Http.form(endpoint, form).header("DPoP", proof)));
  }

  private Http.Answer learn(Http.Answer answer) {
    var fresh = answer.header("DPoP-Nonce");
    if (fresh != null) {
      nonce = fresh;
    }
    return answer;
  }

  /** Gets with a bound token, and a proof of this key. */
  Http.Answer get(URI uri, String token) {
    var answer = get(uri, token, key.proof("GET", uri, token, nonce()));
    return answer.status() == 401
            && String.valueOf(answer.header("WWW-Authenticate")).contains("use_dpop_nonce")
        ? get(uri, token, key.proof("GET", uri, token, nonce()))
        : answer;
  }

  Http.Answer get(URI uri, String token, String proof) {
    HttpRequest.Builder request =
        Http.request(uri).header("Authorization", "DPoP " + token).header("DPoP", proof);
    return learn(Http.send(request));
  }
}

package dev.sallyport.auth.signal.stream;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.util.Base64URL;
import dev.sallyport.auth.installation.Installation;
import dev.sallyport.auth.token.KeyPurpose;
import dev.sallyport.auth.token.SigningKeys;
import dev.sallyport.auth.vault.RandomIds;
import java.text.ParseException;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Lazy;
import org.springframework.stereotype.Component;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** Makes the security event token (RFC 8417, RFC 9493, OpenID CAEP) of a recorded signal. */
@Component
class SignalToken {

  static final String TYP = "secevent+jwt";

  private static final String CAEP = "https://schemas.openid.net/secevent/caep/event-type/";
  private static final String ACCOUNT_PURGED =
      "https://schemas.openid.net/secevent/risc/event-type/account-purged";
  private static final String POLICY_ACTIVATED = "https://sallyport.dev/secevent/policy-activated";
  private static final String GRANT_REVOKED = "https://sallyport.dev/secevent/grant-revoked";
  private static final String KEY_REVOKED = "https://sallyport.dev/secevent/key-revoked";
  private static final String EVENT_LOST = "https://sallyport.dev/secevent/event-lost";
  private static final int JTI_BYTES = 16;

  /** In base64url, with header and signature, these make the 64 KiB that gateways read. */
  private static final int CLAIMS_BYTES_MAX = 47 * 1024;

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final TypeReference<Map<String, Object>> FIELDS = new TypeReference<>() {};

  private final SigningKeys keys;
  private final RandomIds ids;
  private final String issuer;
  private final String audience;

  SignalToken(
      @Lazy SigningKeys keys,
      RandomIds ids,
      Installation installation,
      @Value("${sallyport.gateway.audience:http://localhost:9100}") String audience) {
    this.keys = keys;
    this.ids = ids;
    this.issuer = installation.issuer().toString();
    this.audience = audience;
  }

  /** A row of {@code security_event} that is a signal. */
  record Recorded(
      long eventId, String type, String initiatingEntity, @Nullable String subject, String data) {}

  /**
   * Signs the token.
   *
   * @param now when the event gets its position. It is also the {@code event_timestamp}: the event
   *     is committed by now, so whatever was issued before it became visible was issued no later,
   *     while the time at which it was recorded may lie before that of a token that could not yet
   *     see it.
   */
  String sign(Recorded event, Instant now) {
    Map<String, Object> data = JSON.readValue(event.data(), FIELDS);
    Map<String, Object> payload = payload(event.initiatingEntity(), now);
    Map<String, Object> claims = claims(now);
    String type =
        switch (event.type()) {
          case "session-revoked" -> {
            claims.put("sub_id", subject(event, "session", data.get("sid")));
            yield CAEP + "session-revoked";
          }
          case "claims-changed" -> {
            claims.put("sub_id", subject(event, "user", null));
            payload.put("claims", data);
            yield CAEP + "token-claims-change";
          }
          case "device-revoked" -> {
            claims.put("sub_id", subject(event, "device", data.get("device_id")));
            payload.put("credential_type", "x-device");
            payload.put("change_type", "revoke");
            yield CAEP + "credential-change";
          }
          case "grant-revoked" -> {
            claims.put("sub_id", subject(event, "user", null));
            payload.put("grant_id", Objects.requireNonNull(data.get("grant_id"), "a grant"));
            yield GRANT_REVOKED;
          }
          case "account-closed" -> {
            claims.put("sub_id", subject(event, "user", null));
            yield ACCOUNT_PURGED;
          }
          case "policy-activated" -> {
            payload.put("version", Objects.requireNonNull(data.get("version"), "a version"));
            yield POLICY_ACTIVATED;
          }
          case "signing-key-revoked" -> {
            payload.put("purpose", Objects.requireNonNull(data.get("purpose"), "a purpose"));
            payload.put("kid", Objects.requireNonNull(data.get("kid"), "a key"));
            yield KEY_REVOKED;
          }
          default ->
              throw new IllegalStateException("`" + event.type() + "` is no signal of this server");
        };
    return sign(claims, type, payload);
  }

  /**
   * Signs what stands for an event whose own token cannot be made or stored: the end of every
   * session and token of its account. Whatever the event would have taken away is gone with them.
   * Where it was about no account, only that there was one.
   */
  String substitute(Recorded event, Instant now) {
    Map<String, Object> claims = claims(now);
    String type = EVENT_LOST;
    if (event.subject() != null) {
      claims.put("sub_id", subject(event, "session", null));
      type = CAEP + "session-revoked";
    }
    return sign(claims, type, payload("system", now));
  }

  /**
   * Tokens as they are to be given out: one whose key is published no longer, since it was revoked,
   * is signed anew and says the same.
   */
  List<String> current(List<String> tokens) {
    JWKSet published = keys.published(KeyPurpose.SIGNAL);
    Map<String, Boolean> known = new HashMap<>();
    return tokens.stream()
        .map(
            token ->
                known.computeIfAbsent(
                        token.substring(0, token.indexOf('.')), header -> signed(header, published))
                    ? token
                    : again(token))
        .toList();
  }

  private static boolean signed(String header, JWKSet published) {
    try {
      return published.getKeyByKeyId(JWSHeader.parse(new Base64URL(header)).getKeyID()) != null;
    } catch (ParseException e) {
      throw new IllegalStateException("a stored signal is unreadable", e);
    }
  }

  private String again(String token) {
    String payload = token.substring(token.indexOf('.') + 1, token.lastIndexOf('.'));
    return keys.sign(KeyPurpose.SIGNAL, TYP, new Base64URL(payload).decodeToString());
  }

  private static Map<String, Object> payload(String initiatingEntity, Instant now) {
    Map<String, Object> payload = new LinkedHashMap<>();
    payload.put("event_timestamp", now.getEpochSecond());
    payload.put("initiating_entity", initiatingEntity);
    return payload;
  }

  private Map<String, Object> claims(Instant now) {
    Map<String, Object> claims = new LinkedHashMap<>();
    claims.put("iss", issuer);
    claims.put("aud", audience);
    claims.put("iat", now.getEpochSecond());
    claims.put("jti", ids.base64url(JTI_BYTES));
    return claims;
  }

  private String sign(Map<String, Object> claims, String type, Map<String, Object> payload) {
    claims.put("events", Map.of(type, payload));
    String text = JSON.writeValueAsString(claims);
    if (text.getBytes(UTF_8).length > CLAIMS_BYTES_MAX) {
      throw new IllegalStateException("a signal is longer than gateways read");
    }
    return keys.sign(KeyPurpose.SIGNAL, TYP, text);
  }

  private Map<String, Object> subject(Recorded event, String member, @Nullable Object id) {
    Map<String, Object> subject = new LinkedHashMap<>();
    subject.put("format", "complex");
    subject.put(
        "user",
        Map.of(
            "format",
            "iss_sub",
            "iss",
            issuer,
            "sub",
            Objects.requireNonNull(event.subject(), "an account")));
    if (id != null) {
      subject.put(member, Map.of("format", "opaque", "id", id));
    }
    return subject;
  }
}

package dev.sallyport.auth.sentcode;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sallyport.auth.fetch.OutgoingHttp;
import dev.sallyport.auth.vault.RandomIds;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;

/**
 * Asks whoever sends SMS for this installation to send one: {@code POST}, a JSON object {@code {id,
 * to, code, text}}, signed. The signature is HMAC-SHA-256 over {@code <timestamp>.<body>} in lower
 * hexadecimal, so that a request which was seen on its way cannot be made anew or again later.
 */
@Component
class SmsWebhook {

  static final String TIMESTAMP = "Sallyport-Timestamp";
  static final String SIGNATURE = "Sallyport-Signature";

  private static final Logger LOG = LoggerFactory.getLogger(SmsWebhook.class);
  private static final String HMAC = "HmacSHA256";

  private final @Nullable URI url;
  private final byte[] secret;
  private final OutgoingHttp http;
  private final RandomIds ids;
  private final Clock clock;
  private final JsonMapper json = JsonMapper.builder().build();

  SmsWebhook(CodeSettings settings, OutgoingHttp http, RandomIds ids, Clock clock) {
    this.url = settings.webhookUrl();
    String given = settings.webhookSecret();
    this.secret = given == null ? new byte[0] : given.getBytes(UTF_8);
    this.http = http;
    this.ids = ids;
    this.clock = clock;
  }

  boolean on() {
    return url != null;
  }

  /** Whether it was taken: any status of 2xx. No transaction may be open: it may take seconds. */
  boolean send(String phone, String code, String text) {
    URI to = url;
    if (to == null) {
      return false;
    }
    Map<String, String> document = new LinkedHashMap<>();
    document.put("id", ids.uuid7());
    document.put("to", phone);
    document.put("code", code);
    document.put("text", text);
    byte[] body = json.writeValueAsBytes(document);
    String timestamp = Long.toString(clock.instant().getEpochSecond());
    return switch (http.postJson(
        to, body, Map.of(TIMESTAMP, timestamp, SIGNATURE, "v1=" + signature(timestamp, body)))) {
      case OutgoingHttp.Answer.Answered(int status, _, _) -> {
        if (status / 100 != 2) {
          LOG.warn("an SMS was not taken: the webhook answered {}", status);
        }
        yield status / 100 == 2;
      }
      case OutgoingHttp.Answer.Failed(String reason) -> {
        LOG.warn("an SMS was not taken: {}", reason);
        yield false;
      }
    };
  }

  private String signature(String timestamp, byte[] body) {
    try {
      Mac mac = Mac.getInstance(HMAC);
      mac.init(new SecretKeySpec(secret, HMAC));
      mac.update((timestamp + ".").getBytes(UTF_8));
      return HexFormat.of().formatHex(mac.doFinal(body));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no HMAC", e);
    }
  }
}

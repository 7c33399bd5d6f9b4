package dev.sallyport.gateway.sender;

import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * Publishes the public halves, the one to use first: a JWK set whose keys carry the ready entry for
 * a group's {@code external_senders}.
 */
@RestController
final class SenderKeysController {

  private final Map<String, Object> published;

  SenderKeysController(SenderKeys keys) {
    published = Map.of("keys", keys.all().stream().map(key -> json(keys, key)).toList());
  }

  private static Map<String, Object> json(SenderKeys keys, SenderKey key) {
    var json = new LinkedHashMap<String, Object>(key.pair().toPublicJWK().toJSONObject());
    json.put("use", "sig");
    json.put("alg", "EdDSA");
    json.put(
        "external_sender",
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(keys.externalSender(key).toByteArray()));
    return json;
  }

  @GetMapping("/v1/keys/external-sender")
  Map<String, Object> keys() {
    return published;
  }
}

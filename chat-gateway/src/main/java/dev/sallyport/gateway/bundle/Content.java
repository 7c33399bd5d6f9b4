package dev.sallyport.gateway.bundle;

import com.nimbusds.jose.util.Base64URL;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One digest for what a bundle says, by which two of the same version are compared. The JWS itself
 * is no measure: the auth-server signs the same content again, with another time and id.
 */
final class Content {
  private final MessageDigest sha256;

  private Content() {
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * SHA-256, base64url. The order of members in a JSON object means nothing, that in a list does.
   */
  static String digest(String policies, String schema, List<?> entities) {
    Content content = new Content();
    content.add(policies);
    content.add(schema);
    content.add(entities);
    return Base64URL.encode(content.sha256.digest()).toString();
  }

  /** Every value with its kind and its length, so that no two write the same bytes. */
  private void add(@Nullable Object json) {
    switch (json) {
      case Map<?, ?> object -> {
        Map<String, @Nullable Object> sorted = new TreeMap<>();
        object.forEach((name, value) -> sorted.put(String.valueOf(name), value));
        start('{', sorted.size());
        sorted.forEach(
            (name, value) -> {
              add(name);
              add(value);
            });
      }
      case List<?> list -> {
        start('[', list.size());
        list.forEach(this::add);
      }
      case String text -> bytes('"', text);
      case null -> start('0', 0);
      default -> bytes('=', json.toString());
    }
  }

  private void bytes(char kind, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    start(kind, bytes.length);
    sha256.update(bytes);
  }

  private void start(char kind, int length) {
    sha256.update(ByteBuffer.allocate(1 + Integer.BYTES).put((byte) kind).putInt(length).flip());
  }
}

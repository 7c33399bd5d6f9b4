package dev.sallyport.auth.policy;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.core.io.ClassPathResource;
import org.springframework.stereotype.Component;

/**
 * The content that ships with the server: version 1 of a new installation, and what older ones are
 * brought up to. Releases are numbered in {@code policy/releases.txt}.
 */
@Component
class ShippedPolicies {

  /** The hashes of one release's texts. */
  record Hashes(String schema, String policies, String entities) {
    static Hashes of(PolicyContent content) {
      return new Hashes(
          sha256(content.schema()), sha256(content.policies()), sha256(content.entities()));
    }
  }

  private final PolicyContent content =
      new PolicyContent(
          read("policy/default.cedar"),
          read("policy/chat.cedarschema"),
          read("policy/entities.json"));

  private final Map<Integer, Hashes> releases = releases(read("policy/releases.txt"));

  private final int release =
      releases.keySet().stream().mapToInt(Integer::intValue).max().orElse(0);

  PolicyContent content() {
    return content;
  }

  /** The number of what ships now. */
  int release() {
    return release;
  }

  /** All that ever shipped. */
  Map<Integer, Hashes> releases() {
    return releases;
  }

  /** Whether this schema is, letter by letter, one that shipped some time. */
  boolean shippedSchema(String schema) {
    String hash = sha256(schema);
    return releases.values().stream().anyMatch(known -> known.schema().equals(hash));
  }

  private static Map<Integer, Hashes> releases(String text) {
    Map<Integer, Hashes> releases = new LinkedHashMap<>();
    text.lines()
        .filter(line -> !line.startsWith("#") && !line.isBlank())
        .map(line -> line.split(" ", -1))
        .forEach(
            line -> releases.put(Integer.valueOf(line[0]), new Hashes(line[1], line[2], line[3])));
    return Map.copyOf(releases);
  }

  private static String sha256(String text) {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static String read(String resource) {
    try {
      return new ClassPathResource(resource).getContentAsString(UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("`" + resource + "` is missing from the jar", e);
    }
  }
}

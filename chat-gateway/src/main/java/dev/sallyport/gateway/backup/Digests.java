package dev.sallyport.gateway.backup;

import com.google.protobuf.ByteString;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code Content-Digest} and {@code Repr-Digest} (RFC 9530): dictionaries of byte sequences (RFC
 * 9651). Parts have no content coding and no ranges, so that the two say the same.
 */
final class Digests {

  /** Two headers with two algorithms each are some 250 characters. */
  private static final int CHARS_MAX = 1_024;

  private static final Pattern MEMBER =
      Pattern.compile("[ \\t]*([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/]*={0,2}):[ \\t]*");

  private static final String SHA_256 = "sha-256";
  private static final int SHA_256_BYTES = 32;

  private Digests() {}

  /** What a header says. */
  sealed interface Said {
    /** Nothing, or only by algorithms that nobody here knows: those may be passed over (§2). */
    record Nothing() implements Said {}

    record Bad() implements Said {}

    record Sha256(ByteString digest) implements Said {}
  }

  /** Reads all fields of one of the two headers. */
  static Said read(List<String> fields) {
    String joined = String.join(",", fields);
    if (joined.isEmpty()) {
      return new Said.Nothing();
    }
    if (joined.length() > CHARS_MAX) {
      return new Said.Bad();
    }
    Said said = new Said.Nothing();
    for (String member : joined.split(",", -1)) {
      Matcher parts = MEMBER.matcher(member);
      if (!parts.matches()) {
        return new Said.Bad();
      }
      if (parts.group(1).equals(SHA_256)) {
        ByteString digest;
        try {
          digest = ByteString.copyFrom(Base64.getDecoder().decode(parts.group(2)));
        } catch (IllegalArgumentException e) {
          return new Said.Bad();
        }
        if (digest.size() != SHA_256_BYTES) {
          return new Said.Bad();
        }
        said = new Said.Sha256(digest);
      }
    }
    return said;
  }

  /** The header for that digest. */
  static String field(ByteString digest) {
    return SHA_256 + "=:" + Base64.getEncoder().encodeToString(digest.toByteArray()) + ':';
  }

  static ByteString sha256(byte[] bytes) {
    try {
      return ByteString.copyFrom(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}

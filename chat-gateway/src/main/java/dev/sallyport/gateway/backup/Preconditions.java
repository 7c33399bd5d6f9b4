package dev.sallyport.gateway.backup;

import com.google.protobuf.ByteString;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * {@code If-Match} and {@code If-None-Match} (RFC 9110 §13.1). The tag of a part is the SHA-256 of
 * its bytes, so that a client can tell whose write it meets, and its own from another's.
 */
final class Preconditions {

  /** Some twenty tags of ours. */
  private static final int CHARS_MAX = 1_024;

  /** One at a time, so that nothing is tried twice: a tag may hold commas. */
  private static final Pattern TAG =
      Pattern.compile("[ \\t,]*(W/)?\"([\\x21\\x23-\\x7e]*)\"[ \\t]*");

  private Preconditions() {}

  /** Which states of a part a header names. */
  sealed interface Tags {
    /** There is no such header. */
    record Absent() implements Tags {}

    /** {@code *}: whatever there is. */
    record Any() implements Tags {}

    /**
     * @param strong those that name bytes
     * @param weak all, compared weakly (RFC 9110 §8.8.3.2)
     */
    record These(Set<String> strong, Set<String> weak) implements Tags {}
  }

  /** Empty where it is no such header. */
  static Optional<Tags> read(List<String> fields) {
    if (fields.isEmpty()) {
      return Optional.of(new Tags.Absent());
    }
    String joined = String.join(",", fields).strip();
    if (joined.equals("*")) {
      return Optional.of(new Tags.Any());
    }
    if (joined.isEmpty() || joined.length() > CHARS_MAX) {
      return Optional.empty();
    }
    Set<String> strong = new HashSet<>();
    Set<String> weak = new HashSet<>();
    Matcher tags = TAG.matcher(joined);
    int at = 0;
    while (at < joined.length()) {
      tags.region(at, joined.length());
      if (!tags.lookingAt() || (at > 0 && joined.charAt(at) != ',')) {
        return Optional.empty();
      }
      String tag = tags.group(2);
      if (tags.group(1) == null) {
        strong.add(tag);
      }
      weak.add(tag);
      at = tags.end();
    }
    return Optional.of(new Tags.These(Set.copyOf(strong), Set.copyOf(weak)));
  }

  /** Whether a write may replace what is there; null: nothing is. */
  static boolean permit(Tags ifMatch, Tags ifNoneMatch, @Nullable ByteString digest) {
    boolean match =
        switch (ifMatch) {
          case Tags.Absent() -> true;
          case Tags.Any() -> digest != null;
          case Tags.These(Set<String> strong, Set<String> _) ->
              digest != null && strong.contains(tag(digest));
        };
    return match && !names(ifNoneMatch, digest);
  }

  /** Whether {@code If-None-Match} names what is there: then it need not be sent again. */
  static boolean names(Tags ifNoneMatch, @Nullable ByteString digest) {
    return switch (ifNoneMatch) {
      case Tags.Absent() -> false;
      case Tags.Any() -> digest != null;
      case Tags.These(Set<String> _, Set<String> weak) ->
          digest != null && weak.contains(tag(digest));
    };
  }

  /** The tag without its quotes. */
  private static String tag(ByteString digest) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(digest.toByteArray());
  }

  static String etag(ByteString digest) {
    return '"' + tag(digest) + '"';
  }
}

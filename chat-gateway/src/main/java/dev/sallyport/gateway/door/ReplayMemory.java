package dev.sallyport.gateway.door;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;

/**
 * Which proofs were used, for as long as they could be used again (RFC 9449 §11.1). Two
 * generations, each as long as a proof can live: the older one is dropped whole, so nothing is ever
 * scanned. Thread-safe.
 *
 * <p>Only proofs that were otherwise valid are remembered, so strangers cannot fill it. When it is
 * full, proofs are refused rather than forgotten.
 */
final class ReplayMemory {
  private record Used(long high, long low) {}

  private final Clock clock;
  private final Duration generation;
  private final int sizeMax;
  private Set<Used> young = new HashSet<>();
  private Set<Used> old = new HashSet<>();
  private Instant turnsAt;

  ReplayMemory(Clock clock, Duration proofLife, int sizeMax) {
    this.clock = clock;
    this.generation = proofLife;
    this.sizeMax = sizeMax;
    this.turnsAt = clock.instant().plus(proofLife);
  }

  /** Remembers the proof; false if it was used before, or if nothing more can be remembered. */
  boolean firstUse(String jkt, String jti) {
    Used used = digest(jkt, jti);
    synchronized (this) {
      Instant now = clock.instant();
      if (!now.isBefore(turnsAt)) {
        old = now.isBefore(turnsAt.plus(generation)) ? young : new HashSet<>();
        young = new HashSet<>();
        turnsAt = now.plus(generation);
      }
      return !old.contains(used) && young.size() < sizeMax && young.add(used);
    }
  }

  private static Used digest(String jkt, String jti) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      sha256.update(jkt.getBytes(StandardCharsets.UTF_8));
      sha256.update((byte) 0);
      ByteBuffer digest = ByteBuffer.wrap(sha256.digest(jti.getBytes(StandardCharsets.UTF_8)));
      return new Used(digest.getLong(), digest.getLong());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}

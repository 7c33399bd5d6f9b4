package dev.sallyport.auth.token;

import dev.sallyport.auth.signal.Actor;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The signing keys as an administrator sees and governs them. Every change is one transaction with
 * its event, and known to every node within a second.
 */
public interface KeyRing {

  /** Where a key is in its life. */
  enum State {
    /** Published, and not signing so far. */
    NEXT,
    ACTIVE,
    /** Published for what it signed, signing no more. */
    SUPERSEDED,
    /** Neither: what it signed is refused. Its private half is gone. */
    REVOKED;

    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * @param generation counts the keys of one purpose and algorithm
   * @param publishedUntil null: until another follows
   * @param revokedAt null: it was not
   */
  record Entry(
      String kid,
      KeyPurpose purpose,
      String alg,
      int generation,
      State state,
      Instant activeFrom,
      @Nullable Instant publishedUntil,
      @Nullable Instant revokedAt) {}

  /**
   * @param version grows with every change
   */
  record Ring(long version, List<Entry> keys) {
    public Ring {
      keys = List.copyOf(keys);
    }
  }

  /** What came of a change. */
  sealed interface Change {
    record Done() implements Change {}

    /** The keys are others than those that the caller has seen. */
    record Stale() implements Change {}

    /** There is none of that id, or it is revoked. */
    record NoSuchKey() implements Change {}

    /** It signs, or is about to. */
    record Signing() implements Change {}

    /** The successor is there already, and signs soon. */
    record UnderWay() implements Change {}
  }

  Ring ring();

  /**
   * Makes the next key of a purpose for each algorithm in use, as the server does by itself from
   * time to time.
   *
   * @param expected the ring's version that the caller has seen; null: any
   */
  Change rotate(KeyPurpose purpose, @Nullable Long expected, Actor actor);

  /** Publishes a superseded key no longer. */
  Change retire(String kid, @Nullable Long expected, Actor actor);

  /** Ends a key at once, whatever its state; where it signed, another signs from now on. */
  Change revoke(String kid, @Nullable Long expected, Actor actor);
}

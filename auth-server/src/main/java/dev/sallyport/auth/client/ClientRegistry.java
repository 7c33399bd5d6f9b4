package dev.sallyport.auth.client;

import dev.sallyport.auth.signal.Actor;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The clients as those see them who make and change them: the admin API, and clients that register
 * themselves. Each act is one transaction, or part of the caller's, with its security event. Safe
 * for use by many threads and nodes.
 */
public interface ClientRegistry {

  /**
   * A client, and what is known of its registration.
   *
   * @param version grows with each change
   */
  record Entry(Client client, ClientOrigin origin, long version, Instant createdAt) {}

  /** The client of that id, unless it was removed. */
  Optional<Entry> entry(String clientId);

  /** Those whose ids come after this one, in the order of their ids. */
  List<Entry> page(String after, int countMax);

  /** How many clients of this origin there are. */
  int count(ClientOrigin origin);

  /** What its profile forbids in this client; nothing where it may be registered. */
  List<Registration.Problem> check(Client client);

  /**
   * Registers a client, with a generated secret where it authenticates by one.
   *
   * @param registrationToken with which it may change itself (RFC 7592); kept as its hash
   */
  Registration register(
      Client client, ClientOrigin origin, Actor actor, @Nullable String registrationToken);

  /** What came of a change. */
  sealed interface Change {
    /**
     * @param secret a new one, shown this once; null where it stays, or there is none
     */
    record Changed(Entry entry, @Nullable String secret) implements Change {
      @Override
      public String toString() {
        return "Changed[client=" + entry.client().clientId() + "]";
      }
    }

    /** Another was faster. */
    record Stale() implements Change {}

    record Gone() implements Change {}

    /** A client of this server's own, or of its settings. */
    record Fixed() implements Change {}

    record Rejected(List<Registration.Problem> problems) implements Change {}
  }

  /**
   * Makes the client of the same id this one. What it was given under another profile, or by
   * another name of its people, ends.
   *
   * @param version that is to be changed; null: any
   * @param registrationToken a new one in place of the old; null: that stays
   */
  Change change(
      Client client, @Nullable Long version, Actor actor, @Nullable String registrationToken);

  /** Gives it another secret; the old one is none any longer. */
  Change rotateSecret(String clientId, @Nullable Long version, Actor actor);

  /** Ends the client and all that it was given; returns {@code Changed} with what it was. */
  Change remove(String clientId, @Nullable Long version, Actor actor);

  /** The client of that id, if this is its registration access token. */
  Optional<Entry> byRegistrationToken(String clientId, String token);
}

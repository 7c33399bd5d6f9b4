package dev.sallyport.auth.signal;

import org.jspecify.annotations.Nullable;

/**
 * Who caused a security event.
 *
 * @param id the account's id for a person, the client's id for a client; null where nobody acted
 */
public record Actor(Kind kind, @Nullable String id) {

  /** CAEP's {@code initiating_entity}. */
  public enum Kind {
    USER("user"),
    ADMIN("admin"),
    POLICY("policy"),
    SYSTEM("system");

    private final String caep;

    Kind(String caep) {
      this.caep = caep;
    }

    /** The value in a security event token, and in the audit trail. */
    public String caep() {
      return caep;
    }

    static Kind ofCaep(String text) {
      for (Kind kind : values()) {
        if (kind.caep.equals(text)) {
          return kind;
        }
      }
      throw new IllegalArgumentException("no kind of actor: `" + text + "`");
    }
  }

  /** A person acting for themselves. */
  public static Actor user(String accountId) {
    return new Actor(Kind.USER, accountId);
  }

  /** A person acting on others. */
  public static Actor admin(String accountId) {
    return new Actor(Kind.ADMIN, accountId);
  }

  /** A client that set off a rule, for instance by using a spent refresh token. */
  public static Actor policy(@Nullable String clientId) {
    return new Actor(Kind.POLICY, clientId);
  }

  /** The server by itself: first start, clean-up, expiry. */
  public static Actor system() {
    return new Actor(Kind.SYSTEM, null);
  }
}

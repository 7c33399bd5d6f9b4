package dev.sallyport.gateway.door;

/** The scope a token needs for an action, before policy is asked. */
final class RequiredScope {
  static final String READ = "chat.read";
  static final String WRITE = "chat.write";
  static final String ADMIN = "admin";

  private RequiredScope() {}

  /** Whatever is not known to only read, or to be administration, needs the scope to write. */
  static String of(String action) {
    return switch (action) {
      case "room.read", "message.read", "backup.read" -> READ;
      case "policy.read",
          "policy.activate",
          "decision.read",
          "account.read",
          "account.write",
          "session.revoke" ->
          ADMIN;
      default -> WRITE;
    };
  }
}

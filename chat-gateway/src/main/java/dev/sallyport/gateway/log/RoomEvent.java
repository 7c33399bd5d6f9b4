package dev.sallyport.gateway.log;

import java.util.List;

/**
 * A change of a room, as an entry of its own log. What does not apply is empty, as on the wire.
 *
 * @param subject the user it is about; for {@link Type#CREATED} the first owner, for {@link
 *     Type#ARCHIVED} empty
 * @param role `owner`, `moderator`, `member` or `guest`, where the type gives one
 * @param name with {@link Type#CREATED}, as are joinRule and classification
 */
public record RoomEvent(
    Type type, String subject, String role, String name, String joinRule, String classification) {

  /** A closed choice, so that each store and each reader must say what a new one means. */
  public enum Type {
    CREATED("created", true),
    INVITED("invited", false),
    JOINED("joined", false),
    LEFT("left", true),
    KICKED("kicked", true),
    BANNED("banned", true),
    UNBANNED("unbanned", false),
    ROLE_CHANGED("role_changed", true),
    ARCHIVED("archived", true);

    private final String wireName;
    private final boolean restricting;

    Type(String wireName, boolean restricting) {
      this.wireName = wireName;
      this.restricting = restricting;
    }

    /** As in the published contract. */
    public String wireName() {
      return wireName;
    }

    /** Whether it can take a right away from someone who decided to append before it. */
    public boolean restricting() {
      return restricting;
    }

    static Type ofWireName(String name) {
      for (Type type : values()) {
        if (type.wireName.equals(name)) {
          return type;
        }
      }
      throw new IllegalStateException("no room event is called `" + name + "`");
    }
  }

  public static RoomEvent created(
      String owner, String name, String joinRule, String classification) {
    return new RoomEvent(Type.CREATED, owner, "owner", name, joinRule, classification);
  }

  /** An event about a user, with the role it gives, or "" where it gives none. */
  public static RoomEvent about(Type type, String subject, String role) {
    return new RoomEvent(type, subject, role, "", "", "");
  }

  public static RoomEvent archived() {
    return about(Type.ARCHIVED, "", "");
  }

  /** The fields in the order of the contract's field numbers, as {@link Chain} hashes them. */
  List<String> fields() {
    return List.of(type.wireName, subject, role, name, joinRule, classification);
  }
}

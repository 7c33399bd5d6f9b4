package dev.sallyport.gateway.room;

import java.util.Optional;

/** What a member is in a room, the mightiest first: each role contains those after it. */
enum RoomRole {
  OWNER("owner"),
  MODERATOR("moderator"),
  MEMBER("member"),
  GUEST("guest");

  private final String wireName;

  RoomRole(String wireName) {
    this.wireName = wireName;
  }

  String wireName() {
    return wireName;
  }

  boolean includes(RoomRole other) {
    return compareTo(other) <= 0;
  }

  static Optional<RoomRole> ofWireName(String name) {
    for (RoomRole role : values()) {
      if (role.wireName.equals(name)) {
        return Optional.of(role);
      }
    }
    return Optional.empty();
  }
}

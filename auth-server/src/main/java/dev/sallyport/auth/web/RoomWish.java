package dev.sallyport.auth.web;

import dev.sallyport.auth.detail.AuthorizationDetails;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A room to which what is asked for is limited, in words. This server does not know what the room
 * is called: its name is the relay's, so the id must do.
 */
record RoomWish(String id, String actions) {

  /** One for each room; none where nothing is limited. */
  static List<RoomWish> of(@Nullable AuthorizationDetails details) {
    return details == null
        ? List.of()
        : details.rooms().entrySet().stream()
            .map(room -> new RoomWish(room.getKey(), sentence(room.getValue())))
            .toList();
  }

  private static String sentence(Set<String> actions) {
    List<String> words =
        AuthorizationDetails.ACTIONS.stream()
            .filter(actions::contains)
            .map(RoomWish::words)
            .toList();
    String text = String.join(", ", words);
    return Character.toUpperCase(text.charAt(0)) + text.substring(1) + ".";
  }

  static String words(String action) {
    return switch (action) {
      case "room.read" -> "see the room and who is in it";
      case "message.read" -> "receive its messages";
      case "message.send" -> "send messages for you";
      case "message.react" -> "react to messages for you";
      case "message.redact" -> "delete messages as you may";
      case "room.join" -> "join it for you";
      case "room.joinGroup" -> "bring this device into its encryption";
      case "room.commit" -> "change its encryption keys";
      case "room.leave" -> "leave it for you";
      case "room.invite" -> "invite others for you";
      case "room.mute" -> "mute others for you";
      case "room.kick" -> "remove others for you";
      case "room.ban" -> "ban others for you";
      case "room.setRole" -> "change the roles of others";
      case "room.setRetention" -> "change for how long messages are kept";
      case "room.resetGroup" -> "begin its encryption anew";
      case "room.archive" -> "archive it for all";
      case "room.transfer" -> "hand it over to someone else";
      default -> action;
    };
  }
}

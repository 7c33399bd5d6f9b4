package dev.sallyport.auth.detail;

import com.nimbusds.jose.util.JSONArrayUtils;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The rooms that something is limited to, and the actions in each: objects of the type {@value
 * #TYPE}, {@code {"type": "sallyport_room", "identifier": "<room id>", "actions":
 * ["message.read"]}}, optionally with {@code locations} that name the gateway and nothing else. Two
 * objects about one room are one with the actions of both. It limits, beside the scopes; it gives
 * nothing by itself.
 *
 * @param rooms never empty; actions by room id, never empty
 */
public record AuthorizationDetails(Map<String, Set<String>> rooms) {

  /** The only type that there is. */
  public static final String TYPE = "sallyport_room";

  /** The parameter, the member of answers, and the claim. */
  public static final String NAME = "authorization_details";

  /** What can be allowed in a room, as policies name it. Those that read come first. */
  public static final List<String> ACTIONS =
      List.of(
          "room.read",
          "message.read",
          "message.send",
          "message.react",
          "message.redact",
          "room.join",
          "room.joinGroup",
          "room.commit",
          "room.leave",
          "room.invite",
          "room.mute",
          "room.kick",
          "room.ban",
          "room.setRole",
          "room.setRetention",
          "room.resetGroup",
          "room.archive",
          "room.transfer");

  /** It is shown to a person, stored with the request and carried in every token. */
  public static final int OBJECTS_MAX = 8;

  /** As any parameter of an authorization request. */
  public static final int LENGTH_MAX = 2048;

  private static final Pattern ROOM =
      Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");

  private static final Set<String> FIELDS = Set.of("type", "identifier", "actions", "locations");

  public AuthorizationDetails {
    if (rooms.isEmpty() || rooms.values().stream().anyMatch(Set::isEmpty)) {
      throw new IllegalArgumentException("a limit to nothing");
    }
    Map<String, Set<String>> copy = new TreeMap<>();
    rooms.forEach((room, actions) -> copy.put(room, Set.copyOf(actions)));
    rooms = copy;
  }

  /** What came of reading some. */
  public sealed interface Reading {

    record Read(AuthorizationDetails details) implements Reading {}

    /**
     * @param description ASCII without quotes, for the client's developer
     */
    record Rejected(String description) implements Reading {}
  }

  /**
   * Reads the parameter (§2).
   *
   * @param gateway the only location that may be named
   */
  public static Reading read(String text, String gateway) {
    if (text.length() > LENGTH_MAX) {
      return new Reading.Rejected("authorization_details is too long");
    }
    List<Object> objects;
    try {
      objects = JSONArrayUtils.parse(text);
    } catch (ParseException | RuntimeException malformed) {
      return new Reading.Rejected("authorization_details is not a JSON array");
    }
    return read(objects, gateway);
  }

  /** Those in a claim that this server wrote; empty where they are not of that form. */
  public static Optional<AuthorizationDetails> ofClaim(List<?> claim) {
    return read(claim, null) instanceof Reading.Read(AuthorizationDetails details)
        ? Optional.of(details)
        : Optional.empty();
  }

  private static Reading read(@Nullable List<?> objects, @Nullable String gateway) {
    if (objects == null || objects.isEmpty() || objects.size() > OBJECTS_MAX) {
      return new Reading.Rejected(
          "authorization_details must hold 1 to " + OBJECTS_MAX + " objects");
    }
    Map<String, Set<String>> rooms = new TreeMap<>();
    for (Object object : objects) {
      if (!(object instanceof Map<?, ?> fields)) {
        return new Reading.Rejected("authorization_details holds something that is no object");
      }
      String fault = fault(fields, gateway);
      if (fault != null) {
        return new Reading.Rejected(fault);
      }
      if (fields.get("identifier") instanceof String room
          && fields.get("actions") instanceof List<?> actions) {
        actions.forEach(
            action ->
                rooms.computeIfAbsent(room, _ -> new TreeSet<>()).add(String.valueOf(action)));
      }
    }
    return new Reading.Read(new AuthorizationDetails(rooms));
  }

  private static @Nullable String fault(Map<?, ?> fields, @Nullable String gateway) {
    if (!TYPE.equals(fields.get("type"))) {
      return "the only type of authorization_details is " + TYPE;
    }
    if (!FIELDS.containsAll(fields.keySet())) {
      return TYPE + " has the fields type, identifier, actions and locations only";
    }
    if (!(fields.get("identifier") instanceof String room) || !ROOM.matcher(room).matches()) {
      return "identifier must be the id of a room: a UUID in lower case";
    }
    if (!(fields.get("actions") instanceof List<?> actions)
        || actions.isEmpty()
        || actions.size() > ACTIONS.size()
        || !actions.stream().allMatch(AuthorizationDetails::known)) {
      return "actions must be some of " + String.join(" ", ACTIONS);
    }
    return fields.containsKey("locations")
            && (gateway == null || !List.of(gateway).equals(fields.get("locations")))
        ? "locations must be the gateway alone"
        : null;
  }

  private static boolean known(@Nullable Object action) {
    return action instanceof String name && ACTIONS.contains(name);
  }

  /** Whether it allows nothing that the other does not. */
  public boolean within(AuthorizationDetails other) {
    return rooms.entrySet().stream()
        .allMatch(
            room -> other.rooms.getOrDefault(room.getKey(), Set.of()).containsAll(room.getValue()));
  }

  /** As a member of JSON, always in the same order. */
  public List<Object> json() {
    List<Object> objects = new ArrayList<>();
    rooms.forEach(
        (room, actions) -> {
          Map<String, Object> object = new LinkedHashMap<>();
          object.put("type", TYPE);
          object.put("identifier", room);
          object.put("actions", ACTIONS.stream().filter(actions::contains).toList());
          objects.add(object);
        });
    return objects;
  }

  /** As the parameter. */
  public String text() {
    return JSONArrayUtils.toJSONString(json());
  }
}

package dev.sallyport.gateway.door;

import dev.sallyport.policy.value.EntityUid;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Names of the chat vocabulary, as the schema in the policy bundle declares them. */
public final class Chat {
  public static final String USER = "Chat::User";
  public static final String ROLE = "Chat::Role";
  public static final String GROUP = "Chat::Group";
  public static final String DECISION = "Chat::Decision";
  private static final String ACTION = "Chat::Action";

  /** Action names come from our own code, so their number is bounded by it. */
  private static final Map<String, EntityUid> ACTIONS = new ConcurrentHashMap<>();

  private Chat() {}

  public static EntityUid user(String userId) {
    return EntityUid.of(USER, userId);
  }

  static EntityUid action(String name) {
    return ACTIONS.computeIfAbsent(name, n -> EntityUid.of(ACTION, n));
  }
}

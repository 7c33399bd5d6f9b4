package dev.sallyport.gateway.log;

import com.google.protobuf.ByteString;
import java.util.List;
import java.util.Set;

/**
 * A room as its events up to {@code version} made it.
 *
 * @param name, joinRule, classification as at its creation; "" where none was given
 * @param version the sequence number of its newest event
 * @param restrictedAt the sequence number of its newest restricting event
 * @param epoch of its MLS group
 * @param lastSeq of its newest entry
 * @param chainHash after that entry
 * @param groupId of its MLS group, which is the room's id until the group is founded anew
 * @param retentionSeconds how long messages are kept; 0: for ever
 * @param muted who may not send messages, members or not
 * @param removals the leaves of the group that have to go before anything else is said in it
 */
public record RoomRecord(
    String id,
    String name,
    String joinRule,
    String classification,
    boolean archived,
    long version,
    long restrictedAt,
    long epoch,
    long lastSeq,
    ByteString chainHash,
    String groupId,
    long retentionSeconds,
    Set<String> muted,
    List<Member> members,
    List<Content.Leaf> removals) {

  public RoomRecord {
    muted = Set.copyOf(muted);
    members = List.copyOf(members);
    removals = List.copyOf(removals);
  }

  /**
   * Someone whom the room knows.
   *
   * @param role empty for those banned
   * @param since the sequence number of the invitation, or of the joining without one: what came
   *     before is not theirs to read
   */
  public record Member(String userId, State state, String role, long since) {}

  /** Who is neither is not listed. */
  public enum State {
    INVITED,
    JOINED,
    BANNED
  }
}

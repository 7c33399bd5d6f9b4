package dev.sallyport.gateway.room;

import dev.sallyport.gateway.door.Admission;
import dev.sallyport.gateway.door.Caller;
import dev.sallyport.gateway.door.PolicyDoor;
import dev.sallyport.gateway.fanout.Reading;
import dev.sallyport.gateway.fanout.Readings;
import dev.sallyport.gateway.fanout.StreamEnd;
import dev.sallyport.gateway.log.LogEntry;
import dev.sallyport.policy.value.RecordValue;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Tells the fan-out who may read: {@code message.read} on the version of the room at hand. */
final class RoomReadings implements Readings {

  private final Rooms rooms;
  private final PolicyDoor door;

  RoomReadings(Rooms rooms, PolicyDoor door) {
    this.rooms = rooms;
    this.door = door;
  }

  @Override
  public CompletableFuture<Optional<Reading>> open(String roomId) {
    return rooms.read(roomId).thenApply(found -> found.map(Following::new));
  }

  @Override
  public CompletableFuture<Optional<StreamEnd>> ask(Caller caller, String roomId) {
    return rooms
        .find(roomId)
        .thenApply(
            found ->
                found
                    .map(Rooms.Seen::room)
                    // The log's order ends it for those who are no longer members, at its place.
                    .filter(room -> room.joined(caller.userId()))
                    .flatMap(room -> Optional.ofNullable(ask(caller, room))));
  }

  @Override
  public long policyVersion() {
    return door.version();
  }

  private @Nullable StreamEnd ask(Caller caller, Room room) {
    if (door.permits(caller, "message.read", room, RecordValue.EMPTY)) {
      return null;
    }
    // Asked once more, so that the refusal is recorded and can be explained.
    return switch (door.decide(caller, "message.read", room, RecordValue.EMPTY)) {
      case Admission.Admitted() -> null;
      case Admission.Refused refused ->
          new StreamEnd(refused.code(), refused.message(), refused.decisionId());
    };
  }

  /** One room as its stream moves along. */
  private final class Following implements Reading {

    private Rooms.Seen seen;

    Following(Rooms.Seen seen) {
      this.seen = seen;
    }

    @Override
    public long at() {
      return seen.at();
    }

    @Override
    public boolean follow(LogEntry entry) {
      if (entry.seq() != seen.at() + 1) {
        return false;
      }
      seen = seen.after(entry);
      return true;
    }

    @Override
    public long version() {
      return seen.room().version();
    }

    @Override
    public @Nullable StreamEnd ask(Caller caller) {
      // Whoever is no longer a member meets the entry that ended it before any later one.
      return seen.room().joined(caller.userId())
          ? RoomReadings.this.ask(caller, seen.room())
          : null;
    }
  }
}

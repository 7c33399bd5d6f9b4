package dev.sallyport.gateway.room;

/** What became of a change that was asked of a room. */
sealed interface RoomOutcome {

  /** Done, or nothing to do. */
  record Done(Room room) implements RoomOutcome {}

  record Refused(Refusal refusal) implements RoomOutcome {}
}

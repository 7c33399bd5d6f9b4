/**
 * Rooms, their members and roles, and the way of a frame through them.
 *
 * <p>Start at {@code SocketRelay}, which the socket calls, then {@link
 * dev.sallyport.gateway.room.Room}: one immutable version of a room at a time, which is itself the
 * entity that policies ask about. {@code RoomActions} changes rooms, {@code Sending} takes
 * messages; both ask the second door first and append with a fence on the version they decided on.
 * {@code RoomController} is the same over HTTP. {@code DeviceAnnouncements} tells rooms when a
 * member's device comes or goes.
 *
 * <p>Must never act on a decision that is older than the append, never tell a caller that a room
 * exists which they may not read, and never block: the database is reached through {@code .log} and
 * {@code .device} only, by futures. Uses {@code .door}, {@code .log}, {@code .mls}, {@code
 * .device}, {@code .fanout}, and of {@code .socket} the relay and the outbox.
 */
@NullMarked
package dev.sallyport.gateway.room;

import org.jspecify.annotations.NullMarked;

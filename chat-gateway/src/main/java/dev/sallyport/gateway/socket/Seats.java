package dev.sallyport.gateway.socket;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The open sockets of each user and device, oldest first: so many and no more. The newest wins,
 * since the older ones may be what a lost connection left behind; thus one account cannot take the
 * places of all others, nor be locked out by its own past. Thread-safe.
 *
 * @param <S> the socket
 */
final class Seats<S> {
  private record Seat<S>(String deviceId, S socket) {}

  private final int perUserMax;
  private final int perDeviceMax;
  private final ConcurrentHashMap<String, ArrayDeque<Seat<S>>> byUser = new ConcurrentHashMap<>();

  Seats(int perUserMax, int perDeviceMax) {
    if (perUserMax < 1 || perDeviceMax < 1) {
      throw new IllegalArgumentException("a user and a device must be allowed one socket at least");
    }
    this.perUserMax = perUserMax;
    this.perDeviceMax = perDeviceMax;
  }

  /** Takes a place for the socket; what is returned has none any more and must be closed. */
  List<S> take(String userId, String deviceId, S socket) {
    List<S> replaced = new ArrayList<>(1);
    byUser.compute(
        userId,
        (id, known) -> {
          ArrayDeque<Seat<S>> seats = known == null ? new ArrayDeque<>(2) : known;
          long ofDevice = seats.stream().filter(s -> s.deviceId().equals(deviceId)).count();
          for (Iterator<Seat<S>> i = seats.iterator(); ofDevice >= perDeviceMax && i.hasNext(); ) {
            Seat<S> seat = i.next();
            if (seat.deviceId().equals(deviceId)) {
              replaced.add(seat.socket());
              i.remove();
              ofDevice--;
            }
          }
          while (seats.size() >= perUserMax) {
            replaced.add(seats.remove().socket());
          }
          seats.add(new Seat<>(deviceId, socket));
          return seats;
        });
    return replaced;
  }

  /** Gives the place back, if it still has one. */
  void leave(String userId, S socket) {
    byUser.computeIfPresent(
        userId,
        (id, seats) -> {
          seats.removeIf(seat -> seat.socket().equals(socket));
          return seats.isEmpty() ? null : seats;
        });
  }
}

package dev.sallyport.gateway.testing;

import java.time.Clock;
import java.util.UUID;

/** Someone with one device, one sign-in session and one key. */
public record Person(String userId, String deviceId, String sid, DpopKey key) {
  public static Person someone(Clock clock) {
    return new Person(
        UUID.randomUUID().toString(),
        UUID.randomUUID().toString(),
        UUID.randomUUID().toString(),
        new DpopKey(clock));
  }
}

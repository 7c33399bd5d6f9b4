package dev.sallyport.auth.token;

import dev.sallyport.auth.client.Macs;
import dev.sallyport.auth.client.SharedKeys;
import java.time.Clock;
import java.time.Duration;
import org.springframework.stereotype.Component;

/**
 * DPoP nonces (RFC 9449 §8): a time and its MAC, so that every node accepts what any node gave out,
 * and nothing is stored.
 */
@Component
public final class ServerNonces {

  private static final Duration AGE_MAX = Duration.ofMinutes(5);

  /** Between the clocks of two nodes. */
  private static final Duration SKEW = Duration.ofMinutes(1);

  private static final int LENGTH_MAX = 80;

  private final SharedKeys keys;
  private final Clock clock;

  ServerNonces(SharedKeys keys, Clock clock) {
    this.keys = keys;
    this.clock = clock;
  }

  public String fresh() {
    return of(Long.toString(clock.instant().getEpochSecond(), Character.MAX_RADIX));
  }

  public boolean valid(String nonce) {
    int dot = nonce.indexOf('.');
    if (dot < 1 || nonce.length() > LENGTH_MAX) {
      return false;
    }
    String time = nonce.substring(0, dot);
    if (!Hashes.same(nonce, of(time))) {
      return false;
    }
    // We wrote it, so it parses.
    long age = clock.instant().getEpochSecond() - Long.parseLong(time, Character.MAX_RADIX);
    return age <= AGE_MAX.toSeconds() && age >= -SKEW.toSeconds();
  }

  private String of(String time) {
    return time + '.' + Macs.hmacSha256(keys.hmac("dpop-nonce"), time);
  }
}

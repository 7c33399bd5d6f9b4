package dev.sallyport.auth.registration;

import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.fetch.OutgoingHttp;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Logos of clients ({@code logo_uri}), fetched by this server and shown by it: nobody's browser
 * tells a client's site that it is about to be asked. Pictures of pixels only, known by their first
 * bytes, whatever their sender calls them: an SVG is a program. Kept for a while in the memory of
 * each node.
 */
@Component
public final class ClientLogos {

  private static final Duration FRESH = Duration.ofHours(1);

  /** Where there is none, it is not asked for again at once. */
  private static final Duration PAUSE = Duration.ofMinutes(5);

  static final int BYTES_MAX = 64 * 1024;
  private static final int LOGOS_MAX = 200;

  /**
   * @param type its media type, by its content
   */
  public record Logo(byte[] bytes, String type) {
    public Logo {
      bytes = bytes.clone();
    }

    @Override
    public byte[] bytes() {
      return bytes.clone();
    }
  }

  private record Known(@Nullable Logo logo, Instant until) {}

  private final Map<String, Known> known =
      new LinkedHashMap<>(64, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Known> eldest) {
          return size() > LOGOS_MAX;
        }
      };

  private final OutgoingHttp http;
  private final Clock clock;

  ClientLogos(OutgoingHttp http, Clock clock) {
    this.http = http;
    this.clock = clock;
  }

  /** The client's logo, if it has one that can be shown. May call its URL. */
  public Optional<Logo> of(Client client) {
    String url = client.metadata().pages().logo();
    if (url == null) {
      return Optional.empty();
    }
    synchronized (known) {
      Known before = known.get(url);
      if (before != null && before.until().isAfter(clock.instant())) {
        return Optional.ofNullable(before.logo());
      }
      // others who come meanwhile go without, rather than all to call
      known.put(url, new Known(null, clock.instant().plus(PAUSE)));
    }
    Logo fetched = fetch(url);
    synchronized (known) {
      known.put(url, new Known(fetched, clock.instant().plus(fetched == null ? PAUSE : FRESH)));
    }
    return Optional.ofNullable(fetched);
  }

  private @Nullable Logo fetch(String url) {
    return http.get(URI.create(url), "image/png, image/jpeg, image/gif, image/webp")
                instanceof OutgoingHttp.Answer.Answered(int status, _, byte[] body)
            && status == 200
            && body.length <= BYTES_MAX
        ? type(body).map(type -> new Logo(body, type)).orElse(null)
        : null;
  }

  /** What kind of picture it is; empty for all else. */
  static Optional<String> type(byte[] bytes) {
    if (starts(bytes, 0, 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n')) {
      return Optional.of("image/png");
    }
    if (starts(bytes, 0, 0xff, 0xd8, 0xff)) {
      return Optional.of("image/jpeg");
    }
    if (starts(bytes, 0, 'G', 'I', 'F', '8')) {
      return Optional.of("image/gif");
    }
    return starts(bytes, 0, 'R', 'I', 'F', 'F') && starts(bytes, 8, 'W', 'E', 'B', 'P')
        ? Optional.of("image/webp")
        : Optional.empty();
  }

  private static boolean starts(byte[] bytes, int at, int... magic) {
    return bytes.length >= at + magic.length
        && Arrays.equals(
            Arrays.stream(magic).toArray(),
            java.util.stream.IntStream.range(at, at + magic.length)
                .map(i -> bytes[i] & 0xff)
                .toArray());
  }
}

package dev.sallyport.gateway.signal;

import com.nimbusds.jose.util.JSONObjectUtils;
import dev.sallyport.gateway.issuer.AccountClaims;
import dev.sallyport.gateway.issuer.TrustFolder;
import dev.sallyport.gateway.signal.Revocations.Replaced;
import dev.sallyport.gateway.signal.Revocations.Snapshot;
import dev.sallyport.gateway.signal.Revocations.UpTo;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * {@code trust/signals.json}: position in the stream, when it was last heard, what is revoked.
 * Times are milliseconds since the epoch.
 */
@Component
final class SignalFile {
  private static final String NAME = "signals.json";
  private static final int BYTES_MAX = 128 * 1024 * 1024;

  private final TrustFolder folder;

  /**
   * @param position as the stream gave it; absent before the first answer
   */
  record State(@Nullable String position, Instant lastHeard, Snapshot revocations) {
    static final State NONE = new State(null, Instant.EPOCH, Snapshot.EMPTY);
  }

  SignalFile(TrustFolder folder) {
    this.folder = folder;
  }

  /**
   * The state on disk, or none.
   *
   * @throws IOException if there is a file that cannot be read: starting without it could admit
   *     what is revoked
   */
  State read() throws IOException {
    Optional<byte[]> bytes = folder.read(NAME, BYTES_MAX);
    if (bytes.isEmpty()) {
      return State.NONE;
    }
    try {
      return state(JSONObjectUtils.parse(new String(bytes.get(), StandardCharsets.UTF_8)));
    } catch (ParseException | ClassCastException | NullPointerException e) {
      throw new IOException(
          "file `signals.json` is damaged; without it the gateway cannot know what is revoked", e);
    }
  }

  void write(State state) throws IOException {
    Map<String, Object> json = new HashMap<>();
    if (state.position() != null) {
      json.put("position", state.position());
    }
    json.put("last_heard", state.lastHeard().toEpochMilli());
    Snapshot revocations = state.revocations();
    json.put("floor", revocations.floor().toEpochMilli());
    json.put("sessions", millis(revocations.sessions()));
    json.put("grants", millis(revocations.grants()));
    json.put("devices", millis(revocations.devices()));
    Map<String, Object> users = new HashMap<>();
    revocations
        .users()
        .forEach(
            (id, upTo) ->
                users.put(
                    id, List.of(upTo.issuedUpTo().toEpochMilli(), upTo.heardAt().toEpochMilli())));
    json.put("users", users);
    Map<String, Object> claims = new HashMap<>();
    revocations.overrides().forEach((id, replaced) -> claims.put(id, json(replaced)));
    json.put("claims", claims);
    folder.write(NAME, JSONObjectUtils.toJSONString(json).getBytes(StandardCharsets.UTF_8));
  }

  private static Map<String, Object> json(Replaced replaced) {
    return Map.of(
        "roles", List.copyOf(replaced.claims().roles()),
        "groups", List.copyOf(replaced.claims().groups()),
        "attributes", replaced.claims().attributesJson(),
        "issued_up_to", replaced.issuedUpTo().toEpochMilli(),
        "heard_at", replaced.heardAt().toEpochMilli());
  }

  private static State state(Map<String, Object> json) throws ParseException {
    Map<String, UpTo> users = new HashMap<>();
    for (Map.Entry<String, Object> entry : object(json, "users").entrySet()) {
      List<?> times = (List<?>) entry.getValue();
      users.put(entry.getKey(), new UpTo(instant(times.get(0)), instant(times.get(1))));
    }
    Map<String, Replaced> overrides = new HashMap<>();
    for (Map.Entry<String, Object> entry : object(json, "claims").entrySet()) {
      Map<?, ?> claims = (Map<?, ?>) entry.getValue();
      AccountClaims read =
          AccountClaims.read(claims.get("roles"), claims.get("groups"), claims.get("attributes"))
              .orElseThrow(() -> new ParseException("claims", 0));
      overrides.put(
          entry.getKey(),
          new Replaced(read, instant(claims.get("issued_up_to")), instant(claims.get("heard_at"))));
    }
    return new State(
        (String) json.get("position"),
        instant(json.get("last_heard")),
        new Snapshot(
            instants(object(json, "sessions")),
            // A file from before grants were told of lacks them.
            json.containsKey("grants") ? instants(object(json, "grants")) : Map.of(),
            users,
            instants(object(json, "devices")),
            overrides,
            instant(json.get("floor"))));
  }

  private static Map<String, Object> object(Map<String, Object> json, String name)
      throws ParseException {
    Map<String, Object> object = JSONObjectUtils.getJSONObject(json, name);
    if (object == null) {
      throw new ParseException(name, 0);
    }
    return object;
  }

  private static Map<String, Object> millis(Map<String, Instant> times) {
    Map<String, Object> millis = new HashMap<>();
    times.forEach((id, time) -> millis.put(id, time.toEpochMilli()));
    return millis;
  }

  private static Map<String, Instant> instants(Map<String, Object> millis) throws ParseException {
    Map<String, Instant> times = new HashMap<>();
    for (Map.Entry<String, Object> entry : millis.entrySet()) {
      times.put(entry.getKey(), instant(entry.getValue()));
    }
    return times;
  }

  private static Instant instant(@Nullable Object millis) throws ParseException {
    if (!(millis instanceof Number number)) {
      throw new ParseException("time", 0);
    }
    return Instant.ofEpochMilli(number.longValue());
  }
}

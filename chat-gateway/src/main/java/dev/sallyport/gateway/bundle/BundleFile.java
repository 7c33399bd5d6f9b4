package dev.sallyport.gateway.bundle;

import com.nimbusds.jose.util.JSONObjectUtils;
import dev.sallyport.gateway.issuer.IssuerJws;
import dev.sallyport.gateway.issuer.TrustFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.springframework.stereotype.Component;

/**
 * {@code trust/bundle.jws}, and {@code trust/bundle.json} beside it: the highest version ever
 * accepted and what it said, when the auth-server last confirmed the bundle, and the last refusals.
 */
@Component
final class BundleFile {
  private static final String BUNDLE = "bundle.jws";
  private static final String STATE = "bundle.json";
  private static final int STATE_BYTES_MAX = 64 * 1024;

  private final TrustFolder folder;

  record Refusal(Instant at, String code, String reason) {}

  /**
   * @param content digest of the bundle of that version; empty if not known
   */
  record State(long version, String content, Instant confirmedAt, List<Refusal> refusals) {
    static final State NONE = new State(0, "", Instant.EPOCH, List.of());
  }

  BundleFile(TrustFolder folder) {
    this.folder = folder;
  }

  Optional<String> readBundle() throws IOException {
    return folder
        .read(BUNDLE, IssuerJws.Format.POLICY_BUNDLE.charsMax())
        .map(bytes -> new String(bytes, StandardCharsets.US_ASCII));
  }

  void writeBundle(String compact) throws IOException {
    folder.write(BUNDLE, compact.getBytes(StandardCharsets.US_ASCII));
  }

  /**
   * The state; nothing known if the file is absent or damaged, which makes the bundle too old to
   * use.
   */
  State readState() throws IOException {
    Optional<byte[]> bytes = folder.read(STATE, STATE_BYTES_MAX);
    if (bytes.isEmpty()) {
      return State.NONE;
    }
    try {
      Map<String, Object> json =
          JSONObjectUtils.parse(new String(bytes.get(), StandardCharsets.UTF_8));
      List<Refusal> refusals = new ArrayList<>();
      if (json.get("refusals") instanceof List<?> list) {
        for (Object element : list) {
          if (element instanceof Map<?, ?> entry
              && entry.get("at") instanceof Number at
              && entry.get("code") instanceof String code
              && entry.get("reason") instanceof String reason) {
            refusals.add(new Refusal(Instant.ofEpochMilli(at.longValue()), code, reason));
          }
        }
      }
      return new State(
          JSONObjectUtils.getLong(json, "version"),
          json.get("content") instanceof String content ? content : "",
          Instant.ofEpochMilli(JSONObjectUtils.getLong(json, "confirmed_at")),
          refusals);
    } catch (ParseException e) {
      return State.NONE;
    }
  }

  void writeState(State state) throws IOException {
    List<Map<String, Object>> refusals =
        state.refusals().stream()
            .map(
                refusal ->
                    Map.<String, Object>of(
                        "at", refusal.at().toEpochMilli(),
                        "code", refusal.code(),
                        "reason", refusal.reason()))
            .toList();
    folder.write(
        STATE,
        JSONObjectUtils.toJSONString(
                Map.of(
                    "version", state.version(),
                    "content", state.content(),
                    "confirmed_at", state.confirmedAt().toEpochMilli(),
                    "refusals", refusals))
            .getBytes(StandardCharsets.UTF_8));
  }
}

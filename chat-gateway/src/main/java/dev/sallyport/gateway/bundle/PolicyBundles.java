package dev.sallyport.gateway.bundle;

import dev.sallyport.gateway.bundle.BundleFile.Refusal;
import dev.sallyport.gateway.bundle.BundleFile.State;
import dev.sallyport.gateway.bundle.BundleReader.Accepted;
import dev.sallyport.gateway.bundle.BundleReader.Held;
import dev.sallyport.gateway.bundle.BundleReader.Reading;
import dev.sallyport.gateway.bundle.BundleReader.Refused;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * The policy in force. One immutable version at a time, replaced atomically by an accepted bundle;
 * what is refused is reported and changes nothing. Thread-safe; {@link #current} costs two reads.
 */
@Component
public final class PolicyBundles {
  private static final Logger log = LoggerFactory.getLogger(PolicyBundles.class);

  /** Enough to see a pattern, too few to matter. */
  private static final int REFUSALS_MAX = 20;

  private static final int REASON_CHARS_MAX = 500;

  private final BundleReader reader;
  private final BundleFile file;
  private final BundleSettings settings;
  private final Clock clock;
  private final MeterRegistry meters;

  private volatile @Nullable ActivePolicy active;
  private volatile State state;

  PolicyBundles(
      BundleReader reader,
      BundleFile file,
      BundleSettings settings,
      Clock clock,
      MeterRegistry meters)
      throws IOException {
    this.reader = reader;
    this.file = file;
    this.settings = settings;
    this.clock = clock;
    this.meters = meters;
    this.state = file.readState();
    meters.gauge("sallyport.bundle.age.seconds", this, b -> b.age().toMillis() / 1000.0);
    meters.gauge("sallyport.bundle.version", this, b -> b.version());
  }

  /** The policy in force, or null: then everything is refused. */
  public @Nullable ActivePolicy current() {
    ActivePolicy policy = active;
    return policy == null || tooOld() ? null : policy;
  }

  /** The version in force; 0 if none. */
  public long version() {
    ActivePolicy policy = active;
    return policy == null ? 0 : policy.version();
  }

  /** Since the auth-server last confirmed the bundle. */
  public Duration age() {
    return Duration.between(state.confirmedAt(), clock.instant());
  }

  /** Fail closed, also where the clock was set back so far that age means nothing. */
  private boolean tooOld() {
    Duration age = age();
    return age.compareTo(settings.bundleAgeMax()) > 0
        || age.compareTo(settings.bundleAgeMax().negated()) < 0;
  }

  Instant confirmedAt() {
    return state.confirmedAt();
  }

  Optional<Refusal> lastRefusal() {
    List<Refusal> refusals = state.refusals();
    return refusals.isEmpty() ? Optional.empty() : Optional.of(refusals.getLast());
  }

  /** Puts the bundle on disk in force, if it is as good as one from the network. */
  synchronized void takeFromDisk() throws IOException {
    Optional<String> compact = file.readBundle();
    if (compact.isEmpty()) {
      return;
    }
    switch (reader.read(compact.get(), held())) {
      case Accepted(ActivePolicy policy, String content) -> {
        active = policy;
        if (policy.version() > state.version() || state.content().isEmpty()) {
          // Ended between writing the bundle and writing this.
          state = new State(policy.version(), content, state.confirmedAt(), state.refusals());
          file.writeState(state);
        }
      }
      case Refused refused -> report(refused);
    }
  }

  /**
   * Takes what the auth-server sent as the current bundle; blocks.
   *
   * @return whether it was accepted, and so is in force and on disk
   */
  synchronized boolean take(String compact) throws IOException {
    Reading reading = reader.read(compact, held());
    return switch (reading) {
      case Accepted(ActivePolicy policy, String content) -> {
        // Disk first: a version once in force must not be lower after a crash.
        file.writeBundle(compact);
        State confirmed = new State(policy.version(), content, clock.instant(), state.refusals());
        file.writeState(confirmed);
        boolean other = policy.version() != version();
        active = policy;
        state = confirmed;
        if (other) {
          log.info("policy version {} is in force", policy.version());
        }
        yield true;
      }
      case Refused refused -> {
        report(refused);
        yield false;
      }
    };
  }

  /** The auth-server said that the version in force is still the current one. */
  synchronized void confirm() throws IOException {
    State confirmed =
        new State(state.version(), state.content(), clock.instant(), state.refusals());
    file.writeState(confirmed);
    state = confirmed;
  }

  private Held held() {
    return new Held(state.version(), state.content());
  }

  private void report(Refused refused) throws IOException {
    String reason =
        refused.reason().length() > REASON_CHARS_MAX
            ? refused.reason().substring(0, REASON_CHARS_MAX)
            : refused.reason();
    log.warn(
        "policy bundle refused ({}): {}; version {} stays in force",
        refused.code(),
        reason,
        version());
    meters.counter("sallyport.bundle.refused", "reason", refused.code()).increment();
    List<Refusal> refusals = new ArrayList<>(state.refusals());
    refusals.add(new Refusal(clock.instant(), refused.code(), reason));
    if (refusals.size() > REFUSALS_MAX) {
      refusals = refusals.subList(refusals.size() - REFUSALS_MAX, refusals.size());
    }
    state = new State(state.version(), state.content(), state.confirmedAt(), List.copyOf(refusals));
    file.writeState(state);
  }
}

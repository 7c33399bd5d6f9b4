package dev.sallyport.auth.policy;

import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * The active policies, planned. Whoever asks gets those that are active in the database at that
 * moment, whichever node activated them: the version is read each time, the texts only when it is
 * another.
 */
@Component
class ActivePolicies {

  record Active(long version, PlannedPolicies planned) {}

  private final PolicyStore store;
  private final PolicyCheck check;
  private volatile @Nullable Active latest;

  ActivePolicies(PolicyStore store, PolicyCheck check) {
    this.store = store;
    this.check = check;
  }

  /** The active policies; null before the first start has finished. */
  @Nullable Active current() {
    long version = store.activeVersion();
    @Nullable Active known = latest;
    if (known != null && known.version() == version) {
      return known;
    }
    return version == 0 ? null : load(version);
  }

  private synchronized Active load(long version) {
    @Nullable Active known = latest;
    if (known != null && known.version() == version) {
      return known;
    }
    PolicyVersion row =
        store
            .version(version)
            .orElseThrow(() -> new IllegalStateException("no policy version " + version));
    Active loaded =
        switch (check.checkInForce(row.content())) {
          case PolicyCheck.Outcome.Sound(PlannedPolicies planned, var _) ->
              new Active(version, planned);
          case PolicyCheck.Outcome.Faulty(var problems) ->
              // was sound when it was activated: this program is another one, or the row was
              // changed
              throw new IllegalStateException(
                  "the active policies, version "
                      + version
                      + ", are not valid: "
                      + problems.getFirst());
        };
    if (known == null || known.version() < version) {
      latest = loaded;
    }
    return loaded;
  }
}

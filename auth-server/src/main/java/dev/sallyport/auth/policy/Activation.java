package dev.sallyport.auth.policy;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What came of an attempt to make a content the active one. */
public sealed interface Activation {

  /**
   * It decides from now on.
   *
   * @param warnings what the validator remarked
   */
  record Activated(long version, @Nullable Long rollbackOf, List<PolicyProblem> warnings)
      implements Activation {
    public Activated {
      warnings = List.copyOf(warnings);
    }
  }

  /** Another version is active than the caller expected; nothing changed. */
  record Stale(long activeVersion) implements Activation {}

  /** The content is faulty, or would shut its own author out; nothing changed. */
  record Rejected(List<PolicyProblem> problems) implements Activation {
    public Rejected {
      problems = List.copyOf(problems);
    }
  }

  /** The active policies do not permit it, or no longer; nothing changed. Recorded. */
  record Refused(Ruling.Refused ruling) implements Activation {}

  /** There is no such version to go back to, or no such draft. */
  record NoSuchContent() implements Activation {}
}

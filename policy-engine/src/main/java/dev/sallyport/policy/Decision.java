package dev.sallyport.policy;

import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.json.Json;
import dev.sallyport.policy.json.JsonWriter;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The answer to a request, with everything that led to it. */
public sealed interface Decision {
  /**
   * The policies that made the decision: the satisfied permits if permitted; if refused, the
   * satisfied forbids (and the failed ones, in {@link ErrorMode#FAIL_CLOSED}), or none when nothing
   * permitted. In the order of the policy set.
   */
  List<Determining> determining();

  /** The policies whose evaluation failed, in the order of the policy set. */
  List<Failure> failures();

  /** At least one permit was satisfied and no forbid. */
  record Permitted(List<Determining> determining, List<Failure> failures) implements Decision {
    public Permitted {
      determining = List.copyOf(determining);
      failures = List.copyOf(failures);
    }
  }

  /**
   * A forbid was satisfied, or nothing permitted.
   *
   * @param failedClosed whether a failed forbid is among the determining policies
   */
  record Refused(List<Determining> determining, List<Failure> failures, boolean failedClosed)
      implements Decision {
    public Refused {
      determining = List.copyOf(determining);
      failures = List.copyOf(failures);
    }
  }

  /**
   * A policy that made the decision.
   *
   * @param annotations name to text, in the order of the policy
   */
  record Determining(String policyId, Effect effect, Map<String, String> annotations) {
    /** The annotation {@code @message}, meant for the one who was refused. */
    public Optional<String> message() {
      return Optional.ofNullable(annotations.get("message"));
    }
  }

  /**
   * A policy whose evaluation failed, and why.
   *
   * @param problem positioned in the text of the policy set
   */
  record Failure(String policyId, Effect effect, Problem problem) {}

  default Verdict verdict() {
    return this instanceof Permitted ? Verdict.PERMITTED : Verdict.REFUSED;
  }

  /**
   * This decision as JSON, on one line: {@code decision} ({@code allow} or {@code deny}), {@code
   * failedClosed}, {@code determining}, {@code failures}.
   */
  default String toJson() {
    return JsonWriter.write(new Json.Obj(DecisionJson.members(this)));
  }
}

package dev.sallyport.gateway.door;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One refusal of the second door, as an admin sees it.
 *
 * @param resource the entity, in Cedar's syntax
 * @param policyVersion of the bundle that decided
 * @param failedClosed whether a forbid whose evaluation failed refused
 * @param determining the policies that refused; none where nothing permitted
 * @param errors evaluation failures, positioned in the policy text
 */
record DecisionRecord(
    String id,
    Instant at,
    String userId,
    @Nullable String deviceId,
    String clientId,
    String action,
    String resource,
    long policyVersion,
    boolean failedClosed,
    List<Determining> determining,
    List<PolicyError> errors) {
  record Determining(String policyId, @Nullable String message) {}

  record PolicyError(String policyId, String problem) {}
}

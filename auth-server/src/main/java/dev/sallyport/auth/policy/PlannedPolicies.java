package dev.sallyport.auth.policy;

import dev.sallyport.policy.PolicyEngine;
import dev.sallyport.policy.entity.EntitySet;

/** A sound content, ready to decide. Immutable. */
record PlannedPolicies(PolicyEngine engine, EntitySet entities) {}

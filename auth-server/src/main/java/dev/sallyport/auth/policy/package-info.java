/**
 * What admins govern: policy versions, drafts, validation, activation, the signed bundle for
 * gateways, and this server's own decisions.
 *
 * <p>Start with {@link dev.sallyport.auth.policy.Authorizer}, which asks the active policy set.
 *
 * <p>A version, once activated, never changes, and the active one is only ever replaced by a valid
 * one. May use {@code account}, {@code signal}, {@code token}, {@code vault} and {@code
 * installation}; alone of all packages, it uses the policy engine.
 */
@NullMarked
package dev.sallyport.auth.policy;

import org.jspecify.annotations.NullMarked;

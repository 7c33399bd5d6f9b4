package dev.sallyport.auth.federation;

import org.jspecify.annotations.Nullable;

/**
 * What a provider has just shown about someone at a browser.
 *
 * @param secondFactor whether its word counts as our second factor, too
 * @param email in lower case; null: none that it has verified
 * @param username what it suggests to call them; null: nothing
 * @param name null: none
 */
public record ProviderProof(
    ProviderIdentity identity,
    ProviderSession session,
    boolean secondFactor,
    @Nullable String email,
    @Nullable String username,
    @Nullable String name) {}

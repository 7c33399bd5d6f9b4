package dev.sallyport.auth.federation;

import java.time.Instant;

/**
 * An identity at a provider that its owner linked to an account.
 *
 * @param id of the link
 * @param label what the provider called it when it was linked
 */
public record LinkedIdentity(String id, String idp, String label, Instant linkedAt) {}

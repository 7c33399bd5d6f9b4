package dev.sallyport.auth.passkey;

import java.time.Instant;

/**
 * A passkey as its owner sees it.
 *
 * @param id ours; not the authenticator's
 * @param name its owner's
 * @param synced its authenticator may have copies of it elsewhere
 */
public record Passkey(
    String id, String name, boolean synced, Instant createdAt, Instant lastUsedAt) {}

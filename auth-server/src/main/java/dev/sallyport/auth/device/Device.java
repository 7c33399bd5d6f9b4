package dev.sallyport.auth.device;

import java.time.Instant;

/**
 * A live device of an account, as other members of MLS groups know it.
 *
 * @param name what its owner calls it
 * @param credentialExpiresAt when its newest credential ends
 */
public record Device(
    String deviceId,
    String accountId,
    String name,
    Instant createdAt,
    Instant credentialExpiresAt) {}

package dev.sallyport.auth.policy;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A content that is or was in force.
 *
 * @param version strictly increasing
 * @param rollbackOf the earlier version whose content this one repeats
 * @param activatedBy id of an account; null: the server itself, at its first start
 */
public record PolicyVersion(
    long version,
    PolicyContent content,
    String note,
    @Nullable Long rollbackOf,
    @Nullable String activatedBy,
    Instant activatedAt) {}

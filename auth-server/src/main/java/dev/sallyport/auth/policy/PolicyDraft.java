package dev.sallyport.auth.policy;

import java.time.Instant;

/**
 * A content that someone works on. It need not be sound.
 *
 * @param revision grows with each save
 * @param baseVersion the version that was active when it was begun
 */
public record PolicyDraft(
    String id,
    long revision,
    long baseVersion,
    PolicyContent content,
    String note,
    String savedBy,
    Instant savedAt) {}

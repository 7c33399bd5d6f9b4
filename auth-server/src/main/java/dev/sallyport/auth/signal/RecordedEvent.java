package dev.sallyport.auth.signal;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A row of the audit trail.
 *
 * @param id grows with the time of recording
 * @param type stable name, e.g. {@code session-revoked}
 * @param subject the account it is about
 * @param data fields of this type, in snake_case
 */
public record RecordedEvent(
    long id,
    String type,
    Actor actor,
    @Nullable String subject,
    Instant occurredAt,
    Map<String, Object> data) {}

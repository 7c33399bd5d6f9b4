package dev.sallyport.auth.signal;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** Reads security events back. Nothing here changes or deletes one. */
@Component
public class AuditTrail {

  /** Largest page of {@link #page}. */
  public static final int PAGE_MAX = 200;

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final TypeReference<Map<String, Object>> FIELDS = new TypeReference<>() {};
  private static final String SELECT =
      "select id, type, actor_kind, actor_id, subject, occurred_at, data from security_event ";

  private final JdbcClient jdbc;

  AuditTrail(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /**
   * Events, the last recorded first.
   *
   * @param before those with a smaller id; {@code Long.MAX_VALUE}: from the last
   * @param type null: of any type
   * @param subject the account they are about; null: of any, and of none
   */
  public List<RecordedEvent> page(
      long before, @Nullable String type, @Nullable String subject, int limit) {
    return page(before, new Filter(type, subject, null, null, null), limit);
  }

  /**
   * Which events; null: whatever it is.
   *
   * @param subject the account that they are about
   * @param actor the account, or the client, that caused them
   * @param since not those that happened before
   * @param until those that happened before
   */
  public record Filter(
      @Nullable String type,
      @Nullable String subject,
      @Nullable String actor,
      @Nullable Instant since,
      @Nullable Instant until) {}

  /** As {@link #page(long, String, String, int)}. */
  public List<RecordedEvent> page(long before, Filter filter, int limit) {
    @Nullable String type = filter.type();
    @Nullable String subject = filter.subject();
    StringBuilder sql = new StringBuilder(SELECT).append("where id < :before");
    if (filter.actor() != null) {
      sql.append(" and actor_id = :actor");
    }
    if (filter.since() != null) {
      sql.append(" and occurred_at >= :since");
    }
    if (filter.until() != null) {
      sql.append(" and occurred_at < :until");
    }
    if (type != null) {
      sql.append(" and type = :type");
    }
    if (subject != null) {
      sql.append(" and subject = :subject");
    }
    sql.append(" order by id desc limit :limit");
    JdbcClient.StatementSpec statement =
        jdbc.sql(sql.toString())
            .param("before", before)
            .param("limit", Math.clamp(limit, 1, PAGE_MAX));
    if (type != null) {
      statement = statement.param("type", type);
    }
    if (subject != null) {
      statement = statement.param("subject", subject);
    }
    if (filter.actor() != null) {
      statement = statement.param("actor", filter.actor());
    }
    if (filter.since() != null) {
      statement = statement.param("since", filter.since().atOffset(ZoneOffset.UTC));
    }
    if (filter.until() != null) {
      statement = statement.param("until", filter.until().atOffset(ZoneOffset.UTC));
    }
    return statement.query(AuditTrail::event).list();
  }

  /** The last events of these types that are about this account, the last recorded first. */
  public List<RecordedEvent> about(String accountId, Set<String> types, int limit) {
    return jdbc.sql(
            SELECT + "where subject = :subject and type in (:types) order by id desc limit :limit")
        .param("subject", accountId)
        .param("types", types)
        .param("limit", Math.clamp(limit, 1, PAGE_MAX))
        .query(AuditTrail::event)
        .list();
  }

  /** The refusal whose decision id someone was shown. */
  public Optional<RecordedEvent> refusal(String decisionId) {
    return jdbc.sql(SELECT + "where reference = ? and type = 'refused'")
        .param(decisionId)
        .query(AuditTrail::event)
        .optional();
  }

  private static RecordedEvent event(ResultSet row, int index) throws SQLException {
    @Nullable OffsetDateTime at = row.getObject("occurred_at", OffsetDateTime.class);
    return new RecordedEvent(
        row.getLong("id"),
        row.getString("type"),
        new Actor(Actor.Kind.ofCaep(row.getString("actor_kind")), row.getString("actor_id")),
        row.getString("subject"),
        Objects.requireNonNull(at).toInstant(),
        JSON.readValue(row.getString("data"), FIELDS));
  }
}

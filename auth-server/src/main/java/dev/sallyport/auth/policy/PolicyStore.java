package dev.sallyport.auth.policy;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** The rows of versions and drafts. Every method is part of the caller's transaction, if any. */
@Component
class PolicyStore {

  private static final String VERSION_COLUMNS =
      "version, policies, cedar_schema, entities, note, rollback_of, activated_by, activated_at,"
          + " release_number";
  private static final String DRAFT_COLUMNS =
      "id, revision, base_version, policies, cedar_schema, entities, note, saved_by, saved_at";

  private final JdbcClient jdbc;

  PolicyStore(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /** 0: none so far. */
  long activeVersion() {
    return jdbc.sql("select version from policy_active where id = 1").query(Long.class).single();
  }

  /** As {@link #activeVersion}; nobody else activates until the transaction ends. */
  long lockActiveVersion() {
    return jdbc.sql("select version from policy_active where id = 1 for update")
        .query(Long.class)
        .single();
  }

  /** Adds a version and makes it the active one. The caller holds the lock. */
  void activate(PolicyVersion version) {
    jdbc.sql(
            "insert into policy_version ("
                + VERSION_COLUMNS
                + ") values (?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .param(version.version())
        .param(version.content().policies())
        .param(version.content().schema())
        .param(version.content().entities())
        .param(version.note())
        .param(version.rollbackOf())
        .param(version.activatedBy())
        .param(version.activatedAt().atOffset(ZoneOffset.UTC))
        .param(version.release())
        .update();
    jdbc.sql("update policy_active set version = ? where id = 1").param(version.version()).update();
  }

  Optional<PolicyVersion> version(long version) {
    return jdbc.sql("select " + VERSION_COLUMNS + " from policy_version where version = ?")
        .param(version)
        .query(PolicyStore::version)
        .optional();
  }

  /** A version without its texts, as lists show it. */
  List<PolicyVersion> versionsBefore(long before, int limit) {
    return jdbc.sql(
            "select version, '' as policies, '' as cedar_schema, '' as entities, note, rollback_of,"
                + " activated_by, activated_at, release_number from policy_version where version < ?"
                + " order by version desc limit ?")
        .param(before)
        .param(limit)
        .query(PolicyStore::version)
        .list();
  }

  /** Up to which release a version was brought; 0 where there is none. */
  int release(long version) {
    return jdbc.sql("select release_number from policy_version where version = ?")
        .param(version)
        .query(Integer.class)
        .optional()
        .orElse(0);
  }

  /** What shipped with a release, as far as this installation took it up. */
  Optional<PolicyContent> shipped(int release) {
    return jdbc.sql(
            "select policies, cedar_schema, entities from policy_shipped where release_number = ?")
        .param(release)
        .query((row, _) -> content(row))
        .optional();
  }

  /** Keeps it, once. The caller holds the lock. */
  void keepShipped(int release, PolicyContent content) {
    int known =
        jdbc.sql("select count(*) from policy_shipped where release_number = ?")
            .param(release)
            .query(Integer.class)
            .single();
    if (known == 0) {
      jdbc.sql(
              "insert into policy_shipped (release_number, policies, cedar_schema, entities)"
                  + " values (?, ?, ?, ?)")
          .params(release, content.policies(), content.schema(), content.entities())
          .update();
    }
  }

  long draftCount() {
    return jdbc.sql("select count(*) from policy_draft").query(Long.class).single();
  }

  List<PolicyDraft> drafts(int limit) {
    return jdbc.sql(
            "select id, revision, base_version, '' as policies, '' as cedar_schema, '' as entities,"
                + " note, saved_by, saved_at from policy_draft order by saved_at desc, id limit ?")
        .param(limit)
        .query(PolicyStore::draft)
        .list();
  }

  Optional<PolicyDraft> draft(String id) {
    return jdbc.sql("select " + DRAFT_COLUMNS + " from policy_draft where id = ?")
        .param(id)
        .query(PolicyStore::draft)
        .optional();
  }

  void add(PolicyDraft draft) {
    jdbc.sql("insert into policy_draft (" + DRAFT_COLUMNS + ") values (?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .param(draft.id())
        .param(draft.revision())
        .param(draft.baseVersion())
        .param(draft.content().policies())
        .param(draft.content().schema())
        .param(draft.content().entities())
        .param(draft.note())
        .param(draft.savedBy())
        .param(draft.savedAt().atOffset(ZoneOffset.UTC))
        .update();
  }

  /** Replaces a draft of the revision before; false if there is none of it. */
  boolean replace(PolicyDraft draft) {
    return jdbc.sql(
                "update policy_draft set revision = ?, policies = ?, cedar_schema = ?, entities = ?,"
                    + " note = ?, saved_by = ?, saved_at = ? where id = ? and revision = ?")
            .param(draft.revision())
            .param(draft.content().policies())
            .param(draft.content().schema())
            .param(draft.content().entities())
            .param(draft.note())
            .param(draft.savedBy())
            .param(draft.savedAt().atOffset(ZoneOffset.UTC))
            .param(draft.id())
            .param(draft.revision() - 1)
            .update()
        == 1;
  }

  boolean remove(String draftId) {
    return jdbc.sql("delete from policy_draft where id = ?").param(draftId).update() == 1;
  }

  private static PolicyVersion version(ResultSet row, int index) throws SQLException {
    return new PolicyVersion(
        row.getLong("version"),
        content(row),
        row.getString("note"),
        row.getObject("rollback_of", Long.class),
        row.getString("activated_by"),
        instant(row, "activated_at"),
        row.getInt("release_number"));
  }

  private static PolicyDraft draft(ResultSet row, int index) throws SQLException {
    return new PolicyDraft(
        row.getString("id"),
        row.getLong("revision"),
        row.getLong("base_version"),
        content(row),
        row.getString("note"),
        row.getString("saved_by"),
        instant(row, "saved_at"));
  }

  private static PolicyContent content(ResultSet row) throws SQLException {
    return new PolicyContent(
        row.getString("policies"), row.getString("cedar_schema"), row.getString("entities"));
  }

  private static Instant instant(ResultSet row, String column) throws SQLException {
    @Nullable OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
    return Objects.requireNonNull(time, column).toInstant();
  }
}

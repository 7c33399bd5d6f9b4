package dev.sallyport.auth.sentcode;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/** The rows behind {@link SentCodes}; every change is part of the caller's transaction. */
@Component
class SentCodeRows {

  /** A confirmed way. {@code phone}: null for e-mail. */
  record Factor(Channel channel, @Nullable String phone, Instant confirmedAt) {}

  /** A code on its way. */
  record Code(
      String id, String accountId, String purpose, Channel channel, @Nullable String phone) {}

  private final JdbcTemplate jdbc;

  SentCodeRows(JdbcTemplate jdbc) {
    this.jdbc = jdbc;
  }

  List<Factor> factors(String accountId) {
    return jdbc.query(
        "select channel, phone, confirmed_at from sent_code_factor where account_id = ?"
            + " order by channel",
        (row, _) ->
            new Factor(
                Channel.valueOf(row.getString(1)),
                row.getString(2),
                row.getObject(3, OffsetDateTime.class).toInstant()),
        accountId);
  }

  void confirm(String accountId, Channel channel, @Nullable String phone, Instant at) {
    jdbc.update(
        "insert into sent_code_factor (account_id, channel, phone, confirmed_at) values (?, ?, ?,"
            + " ?)",
        accountId,
        channel.name(),
        phone,
        at(at));
  }

  boolean removeFactor(String accountId, Channel channel) {
    return jdbc.update(
            "delete from sent_code_factor where account_id = ? and channel = ?",
            accountId,
            channel.name())
        == 1;
  }

  /** One of a purpose at a time: what was sent before opens nothing any longer. */
  void insert(Code code, String hash, Instant expiresAt) {
    jdbc.update(
        "delete from sent_code where account_id = ? and purpose = ?",
        code.accountId(),
        code.purpose());
    jdbc.update(
        "insert into sent_code (id, account_id, purpose, channel, phone, code_hash, tries,"
            + " expires_at) values (?, ?, ?, ?, ?, ?, 0, ?)",
        code.id(),
        code.accountId(),
        code.purpose(),
        code.channel().name(),
        code.phone(),
        hash,
        at(expiresAt));
  }

  /** Counts a try at a code that is good, before it is looked at; false: none is left. */
  boolean count(String id, String accountId, String purpose, int triesMax, Instant now) {
    return jdbc.update(
            "update sent_code set tries = tries + 1 where id = ? and account_id = ? and purpose = ?"
                + " and tries < ? and expires_at > ?",
            id,
            accountId,
            purpose,
            triesMax,
            at(now))
        == 1;
  }

  Optional<Code> find(String id) {
    return jdbc
        .query(
            "select account_id, purpose, channel, phone from sent_code where id = ?",
            (row, _) ->
                new Code(
                    id,
                    row.getString(1),
                    row.getString(2),
                    Channel.valueOf(row.getString(3)),
                    row.getString(4)),
            id)
        .stream()
        .findFirst();
  }

  /** Of two at the same time, on whichever nodes, one gets true. */
  boolean spend(String id, String hash) {
    return jdbc.update("delete from sent_code where id = ? and code_hash = ?", id, hash) == 1;
  }

  void forgetCodes(String accountId) {
    jdbc.update("delete from sent_code where account_id = ?", accountId);
  }

  void forgetExpired(Instant now) {
    jdbc.update("delete from sent_code where expires_at < ?", at(now));
  }

  private static OffsetDateTime at(Instant instant) {
    return instant.atOffset(ZoneOffset.UTC);
  }
}

package dev.sallyport.auth.person;

import com.nimbusds.jose.util.JSONObjectUtils;
import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signal.EventRecorded;
import dev.sallyport.auth.signal.SecurityEvent;
import dev.sallyport.auth.signal.SecurityEvents;
import java.text.ParseException;
import java.time.Clock;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.context.event.EventListener;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** The cards of all people, one of each account at most. */
@Component
public class PersonCards {

  /** The claims that a card may hold. */
  public static final Set<String> CLAIMS =
      Set.of(
          "given_name",
          "family_name",
          "middle_name",
          "nickname",
          "profile",
          "picture",
          "website",
          "gender",
          "birthdate",
          "zoneinfo",
          "locale",
          "address",
          "phone_number",
          "phone_number_verified");

  /** Of the column. Every member at its longest is half of that, unless JSON must escape it. */
  private static final int JSON_LENGTH_MAX = 10_000;

  private final JdbcClient jdbc;
  private final Accounts accounts;
  private final SecurityEvents events;
  private final Clock clock;

  PersonCards(JdbcClient jdbc, Accounts accounts, SecurityEvents events, Clock clock) {
    this.jdbc = jdbc;
    this.accounts = accounts;
    this.events = events;
    this.clock = clock;
  }

  /** Blank where nothing was ever said. */
  public PersonCard of(String accountId) {
    return jdbc.sql("SELECT claims, updated_at_ms, version FROM person_card WHERE account_id = ?")
        .param(accountId)
        .query(
            (row, n) ->
                new PersonCard(
                    parsed(row.getString("claims")),
                    Instant.ofEpochMilli(row.getLong("updated_at_ms")),
                    row.getLong("version")))
        .optional()
        .orElse(PersonCard.BLANK);
  }

  private static Map<String, Object> parsed(String claims) {
    try {
      return JSONObjectUtils.parse(claims);
    } catch (ParseException e) {
      throw new IllegalStateException("a stored card is unreadable", e);
    }
  }

  /**
   * Replaces a card, whole.
   *
   * @param expected the version that is changed; null: whichever there is
   */
  @Transactional
  public CardChange replace(
      String accountId, Map<String, Object> claims, @Nullable Long expected, Actor actor) {
    Optional<String> fault = CardForm.fault(claims);
    if (fault.isPresent()) {
      return new CardChange.NotPermitted(fault.get());
    }
    String json = JSONObjectUtils.toJSONString(claims);
    if (json.length() > JSON_LENGTH_MAX) {
      return new CardChange.NotPermitted("it is too long");
    }
    // of two changes of one card, the second sees the first
    Optional<Account> account = accounts.lock(accountId).filter(found -> !found.closed());
    if (account.isEmpty()) {
      return new CardChange.NoSuchAccount();
    }
    PersonCard before = of(accountId);
    if (expected != null && expected != before.version()) {
      return new CardChange.Stale();
    }
    Instant now = Instant.ofEpochMilli(clock.millis());
    PersonCard after = new PersonCard(claims, now, before.version() + 1);
    int known =
        jdbc.sql(
                "UPDATE person_card SET claims = ?, updated_at_ms = ?, version = ? WHERE"
                    + " account_id = ?")
            .params(json, now.toEpochMilli(), after.version(), accountId)
            .update();
    if (known == 0) {
      jdbc.sql(
              "INSERT INTO person_card (claims, updated_at_ms, version, account_id) VALUES (?, ?,"
                  + " ?, ?)")
          .params(json, now.toEpochMilli(), after.version(), accountId)
          .update();
    }
    events.record(actor, new SecurityEvent.PersonCardChanged(accountId));
    return new CardChange.Changed(after);
  }

  @EventListener
  void on(EventRecorded recorded) {
    if (recorded.event() instanceof SecurityEvent.AccountClosed(String accountId)) {
      jdbc.sql("DELETE FROM person_card WHERE account_id = ?").param(accountId).update();
    }
  }
}

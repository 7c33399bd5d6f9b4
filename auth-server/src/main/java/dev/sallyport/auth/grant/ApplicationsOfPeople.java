package dev.sallyport.auth.grant;

import dev.sallyport.auth.consent.AllowedApplications;
import dev.sallyport.auth.session.Sessions;
import dev.sallyport.auth.session.SignInSession;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signal.SecurityEvent;
import dev.sallyport.auth.signal.SecurityEvents;
import java.time.Clock;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** By consents and by families of tokens: some clients of the settings need no consent. */
@Component
class ApplicationsOfPeople implements AllowedApplications {

  /** The newest; of one application there may be many, one for each sign-in with it. */
  private static final int FAMILIES_MAX = 1_000;

  private final JdbcClient jdbc;
  private final Authorizations authorizations;
  private final Sessions sessions;
  private final SecurityEvents events;
  private final Clock clock;

  ApplicationsOfPeople(
      JdbcClient jdbc,
      Authorizations authorizations,
      Sessions sessions,
      SecurityEvents events,
      Clock clock) {
    this.jdbc = jdbc;
    this.authorizations = authorizations;
    this.sessions = sessions;
    this.events = events;
    this.clock = clock;
  }

  private record Row(String clientId, String sid, String scopes) {}

  @Override
  @Transactional(readOnly = true)
  public List<Allowed> of(String accountId) {
    Map<String, Set<String>> scopes = new TreeMap<>();
    jdbc.sql("SELECT client_id, scopes FROM oauth_consent WHERE principal_name = ?")
        .param(accountId)
        .query((row, n) -> new Row(row.getString(1), "", row.getString(2)))
        .list()
        .forEach(consent -> add(scopes, consent));
    Set<String> live =
        sessions.ofAccount(accountId).stream().map(SignInSession::sid).collect(Collectors.toSet());
    Set<String> signedIn = new HashSet<>();
    jdbc
        .sql(
            """
            SELECT client_id, sid, scopes FROM oauth_authorization
            WHERE account_id = ? AND revoked_at_ms IS NULL AND redeemed_at_ms IS NOT NULL
                AND expires_at_ms > ?
            ORDER BY redeemed_at_ms DESC FETCH FIRST %d ROWS ONLY
            """
                .formatted(FAMILIES_MAX))
        .params(accountId, clock.millis())
        .query((row, n) -> new Row(row.getString(1), row.getString(2), row.getString(3)))
        .list()
        .stream()
        .filter(family -> live.contains(family.sid()))
        .forEach(
            family -> {
              add(scopes, family);
              signedIn.add(family.clientId());
            });
    return scopes.entrySet().stream()
        .map(it -> new Allowed(it.getKey(), it.getValue(), signedIn.contains(it.getKey())))
        .toList();
  }

  private static void add(Map<String, Set<String>> scopes, Row row) {
    scopes
        .computeIfAbsent(row.clientId(), _ -> new LinkedHashSet<>())
        .addAll(Authorizations.Spaced.split(row.scopes()));
  }

  @Override
  @Transactional
  public boolean withdraw(String accountId, String clientId) {
    Actor owner = Actor.user(accountId);
    boolean consented =
        jdbc.sql("DELETE FROM oauth_consent WHERE principal_name = ? AND client_id = ?")
                .params(accountId, clientId)
                .update()
            > 0;
    if (consented) {
      events.record(owner, new SecurityEvent.ConsentWithdrawn(accountId, clientId));
    }
    List<String> families =
        jdbc.sql(
                """
                SELECT id FROM oauth_authorization
                WHERE account_id = ? AND client_id = ? AND revoked_at_ms IS NULL
                    AND code_hash IS NOT NULL
                """)
            .params(accountId, clientId)
            .query((row, n) -> row.getString(1))
            .list();
    long ended =
        families.stream()
            .filter(id -> authorizations.end(id, owner, Authorizations.End.CONSENT_WITHDRAWN))
            .count();
    return consented || ended > 0;
  }
}

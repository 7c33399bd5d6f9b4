package dev.sallyport.auth.grant;

import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signal.SecurityEvent;
import dev.sallyport.auth.signal.SecurityEvents;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationConsent;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationConsentService;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClientRepository;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/** What people have consented to, by account and client. */
@Component
final class Consents implements OAuth2AuthorizationConsentService {

  private final JdbcClient jdbc;
  private final RegisteredClientRepository clients;
  private final SecurityEvents events;
  private final TransactionTemplate transaction;

  Consents(
      JdbcClient jdbc,
      RegisteredClientRepository clients,
      SecurityEvents events,
      TransactionTemplate transaction) {
    this.jdbc = jdbc;
    this.clients = clients;
    this.events = events;
    this.transaction = transaction;
  }

  @Override
  public void save(OAuth2AuthorizationConsent consent) {
    Set<String> scopes = new TreeSet<>(consent.getScopes());
    String text = String.join(" ", scopes);
    String clientId = consent.getRegisteredClientId();
    String accountId = consent.getPrincipalName();
    try {
      write(clientId, accountId, scopes, text);
    } catch (DuplicateKeyException otherWindowWasFirst) {
      write(clientId, accountId, scopes, text);
    }
  }

  private void write(String clientId, String accountId, Set<String> scopes, String text) {
    transaction.executeWithoutResult(
        status -> {
          int changed =
              jdbc.sql(
                      """
                      UPDATE oauth_consent SET scopes = ? WHERE client_id = ? AND principal_name = ?
                      """)
                  .params(text, clientId, accountId)
                  .update();
          if (changed == 0) {
            jdbc.sql(
                    """
                    INSERT INTO oauth_consent (client_id, principal_name, scopes) VALUES (?, ?, ?)
                    """)
                .params(clientId, accountId, text)
                .update();
          }
          events.record(
              Actor.user(accountId), new SecurityEvent.ConsentGiven(accountId, clientId, scopes));
        });
  }

  @Override
  public void remove(OAuth2AuthorizationConsent consent) {
    String clientId = consent.getRegisteredClientId();
    String accountId = consent.getPrincipalName();
    transaction.executeWithoutResult(
        status -> {
          int removed =
              jdbc.sql("DELETE FROM oauth_consent WHERE client_id = ? AND principal_name = ?")
                  .params(clientId, accountId)
                  .update();
          if (removed > 0) {
            events.record(
                Actor.user(accountId), new SecurityEvent.ConsentWithdrawn(accountId, clientId));
          }
        });
  }

  @Override
  public @Nullable OAuth2AuthorizationConsent findById(String clientId, String principalName) {
    Optional<String> scopes =
        jdbc.sql("SELECT scopes FROM oauth_consent WHERE client_id = ? AND principal_name = ?")
            .params(clientId, principalName)
            .query(String.class)
            .optional();
    if (scopes.isEmpty() || clients.findByClientId(clientId) == null) {
      return null;
    }
    OAuth2AuthorizationConsent.Builder consent =
        OAuth2AuthorizationConsent.withId(clientId, principalName);
    Authorizations.Spaced.split(scopes.get()).forEach(consent::scope);
    return consent.build();
  }
}

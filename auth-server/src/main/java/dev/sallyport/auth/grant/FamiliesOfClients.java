package dev.sallyport.auth.grant;

import dev.sallyport.auth.client.ClientEnd;
import dev.sallyport.auth.signal.Actor;
import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Ends what a client was given, allowed, and what it only asked for, with the client. */
@Component
final class FamiliesOfClients implements ClientEnd {

  private final JdbcClient jdbc;
  private final Authorizations authorizations;

  FamiliesOfClients(JdbcClient jdbc, Authorizations authorizations) {
    this.jdbc = jdbc;
    this.authorizations = authorizations;
  }

  @Override
  public int ended(String clientId) {
    jdbc.sql("DELETE FROM oauth_authorization WHERE client_id = ? AND code_hash IS NULL")
        .param(clientId)
        .update();
    jdbc.sql("DELETE FROM oauth_consent WHERE client_id = ?").param(clientId).update();
    List<String> families =
        jdbc.sql("SELECT id FROM oauth_authorization WHERE client_id = ? AND revoked_at_ms IS NULL")
            .param(clientId)
            .query((row, n) -> row.getString(1))
            .list();
    return (int)
        families.stream()
            .filter(id -> authorizations.end(id, Actor.system(), Authorizations.End.CLIENT_REMOVED))
            .count();
  }
}

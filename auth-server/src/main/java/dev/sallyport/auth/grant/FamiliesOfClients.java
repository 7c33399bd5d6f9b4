package dev.sallyport.auth.grant;

import dev.sallyport.auth.client.ClientEnd;
import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Ends what a client was given, with the client. */
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
    List<String> families =
        jdbc.sql("SELECT id FROM oauth_authorization WHERE client_id = ? AND revoked_at_ms IS NULL")
            .param(clientId)
            .query((row, n) -> row.getString(1))
            .list();
    families.forEach(authorizations::revoke);
    return families.size();
  }
}

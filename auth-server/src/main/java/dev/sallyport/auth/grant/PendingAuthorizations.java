package dev.sallyport.auth.grant;

import dev.sallyport.auth.client.RegisteredClients;
import dev.sallyport.auth.session.SignedIn;
import dev.sallyport.auth.token.Hashes;
import java.security.Principal;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.endpoint.OAuth2AuthorizationRequest;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationCode;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationService;
import org.springframework.security.oauth2.server.authorization.OAuth2TokenType;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.stereotype.Component;

/**
 * Where Spring's authorization endpoint keeps a request: pushed, waiting for consent, answered with
 * a code. From the code on it is an {@link Authorization}. State and code are stored hashed; one
 * statement, one connection, for each step.
 */
@Component
final class PendingAuthorizations implements OAuth2AuthorizationService {

  /** From the push to the browser (RFC 9126 section 2.2: as short as possible). */
  static final Duration PUSHED_MAX = Duration.ofSeconds(90);

  /** For signing in and consenting, once a person is at it. */
  static final Duration PENDING_MAX = Duration.ofMinutes(10);

  /** For how long a code that came too late is still known as ours. */
  private static final Duration CODE_REMEMBERED = Duration.ofMinutes(10);

  /** The longest seen in earnest, with a long state, is half of that. */
  private static final int REQUEST_LENGTH_MAX = 4 * 1024;

  /** Attribute: the request came by a push, and is good for one use. */
  private static final String PUSHED = PendingAuthorizations.class.getName() + ".pushed";

  static final String REQUEST_URI_PREFIX = "urn:ietf:params:oauth:request_uri:";

  /**
   * Spring writes an expiry of its own at the end of the URI and reads it back. Ours is in the row,
   * where it can be moved when a person comes; Spring is given one that never comes.
   */
  private static final Pattern SPRING_EXPIRY = Pattern.compile("___[0-9]{1,18}$");

  private static final String NEVER = "___" + Instant.parse("9999-12-31T00:00:00Z").toEpochMilli();

  private final JdbcClient jdbc;
  private final RegisteredClients clients;
  private final Clock clock;

  PendingAuthorizations(JdbcClient jdbc, RegisteredClients clients, Clock clock) {
    this.jdbc = jdbc;
    this.clients = clients;
    this.clock = clock;
  }

  @Override
  public void save(OAuth2Authorization authorization) {
    OAuth2Authorization.Token<OAuth2AuthorizationCode> code =
        authorization.getToken(OAuth2AuthorizationCode.class);
    String state = authorization.getAttribute("state");
    String codeHash = code == null ? null : Hashes.sha256(code.getToken().getTokenValue());
    Instant codeExpires = code == null ? null : code.getToken().getExpiresAt();
    boolean pushed = code == null && signedIn(authorization) == null;
    Instant expires =
        clock.instant().plus(code != null ? CODE_REMEMBERED : pushed ? PUSHED_MAX : PENDING_MAX);
    int updated =
        jdbc.sql(
                """
                UPDATE oauth_authorization
                SET state_hash = ?, code_hash = ?, code_expires_at_ms = ?, scopes = ?,
                    expires_at_ms = ?
                WHERE id = ? AND redeemed_at_ms IS NULL
                """)
            .params(
                Arrays.asList(
                    state == null ? null : stateHash(state),
                    codeHash,
                    codeExpires == null ? null : codeExpires.toEpochMilli(),
                    scopes(authorization),
                    expires.toEpochMilli(),
                    authorization.getId()))
            .update();
    if (updated == 0) {
      insert(authorization, state, codeHash, codeExpires, expires);
    }
  }

  private void insert(
      OAuth2Authorization authorization,
      @Nullable String state,
      @Nullable String codeHash,
      @Nullable Instant codeExpires,
      Instant expires) {
    OAuth2AuthorizationRequest request =
        authorization.getAttribute(OAuth2AuthorizationRequest.class.getName());
    if (request == null) {
      throw new IllegalArgumentException("an authorization without its request");
    }
    String json = AuthorizationRequest.of(request).toJson();
    if (json.length() > REQUEST_LENGTH_MAX) {
      throw OAuthErrors.refused("invalid_request", "the authorization request is too long");
    }
    SignedIn signedIn = signedIn(authorization);
    if (signedIn == null && codeHash != null) {
      throw new IllegalArgumentException("a code for nobody");
    }
    jdbc.sql(
            """
            INSERT INTO oauth_authorization (id, client_id, principal_name, account_id, sid,
              auth_time_ms, acr, amr, request, scopes, state_hash, code_hash, code_expires_at_ms,
              expires_at_ms)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
        .params(
            Arrays.asList(
                authorization.getId(),
                authorization.getRegisteredClientId(),
                authorization.getPrincipalName(),
                signedIn == null ? null : signedIn.accountId(),
                signedIn == null ? null : signedIn.sid(),
                signedIn == null ? null : signedIn.authTime().toEpochMilli(),
                signedIn == null ? null : signedIn.acr(),
                signedIn == null ? null : String.join(" ", signedIn.amr()),
                json,
                scopes(authorization),
                state == null ? null : stateHash(state),
                codeHash,
                codeExpires == null ? null : codeExpires.toEpochMilli(),
                expires.toEpochMilli()))
        .update();
  }

  @Override
  public void remove(OAuth2Authorization authorization) {
    int removed =
        jdbc.sql("DELETE FROM oauth_authorization WHERE id = ? AND redeemed_at_ms IS NULL")
            .param(authorization.getId())
            .update();
    if (removed == 0 && Boolean.TRUE.equals(authorization.getAttribute(PUSHED))) {
      // of any number that came with it at once, one has removed it (RFC 9126 section 4); what was
      // made for this one, nobody is told
      throw OAuthErrors.refused("invalid_request", "request_uri was used before");
    }
  }

  @Override
  public @Nullable OAuth2Authorization findById(String id) {
    return restore(find("id = ?", id), null);
  }

  /** Finds by {@code state} only: codes and tokens are looked up by the grants. */
  @Override
  public @Nullable OAuth2Authorization findByToken(
      String token, @Nullable OAuth2TokenType tokenType) {
    if (tokenType == null || !"state".equals(tokenType.getValue())) {
      return null;
    }
    Row row = find("state_hash = ?", stateHash(token));
    if (row != null && row.pushed()) {
      AuthorizationRules.loaded();
    }
    return restore(row, token);
  }

  /** The URI of a pushed request as its client is told it. */
  static String lasting(String requestUri) {
    return SPRING_EXPIRY.matcher(requestUri).replaceFirst(NEVER);
  }

  private static String stateHash(String state) {
    return Hashes.sha256(SPRING_EXPIRY.matcher(state).replaceFirst(""));
  }

  /** Someone came with a pushed request and must sign in first: once, it waits for that long. */
  void awaitSignIn(String requestUri) {
    if (!requestUri.startsWith(REQUEST_URI_PREFIX)) {
      return;
    }
    long now = clock.millis();
    jdbc.sql(
            """
            UPDATE oauth_authorization SET awaited_at_ms = ?, expires_at_ms = ?
            WHERE state_hash = ? AND account_id IS NULL AND awaited_at_ms IS NULL
              AND expires_at_ms > ?
            """)
        .params(
            now,
            now + PENDING_MAX.toMillis(),
            stateHash(requestUri.substring(REQUEST_URI_PREFIX.length())),
            now)
        .update();
  }

  private record Row(
      String id,
      String clientId,
      String principalName,
      boolean pushed,
      String request,
      String scopes) {}

  private @Nullable Row find(String condition, String value) {
    List<Row> rows =
        jdbc.sql(
                "SELECT id, client_id, principal_name, account_id, request, scopes FROM"
                    + " oauth_authorization WHERE code_hash IS NULL AND expires_at_ms > ? AND "
                    + condition)
            .params(clock.millis(), value)
            .query(
                (row, n) ->
                    new Row(
                        row.getString("id"),
                        row.getString("client_id"),
                        row.getString("principal_name"),
                        row.getString("account_id") == null,
                        row.getString("request"),
                        row.getString("scopes")))
            .list();
    return rows.isEmpty() ? null : rows.getFirst();
  }

  private @Nullable OAuth2Authorization restore(@Nullable Row row, @Nullable String state) {
    RegisteredClient client = row == null ? null : clients.findByClientId(row.clientId());
    if (row == null || client == null) {
      return null;
    }
    AuthorizationRequest request = AuthorizationRequest.fromJson(row.request());
    ResponseMode.loaded(request);
    OAuth2Authorization.Builder authorization =
        OAuth2Authorization.withRegisteredClient(client)
            .id(row.id())
            .principalName(row.principalName())
            .authorizationGrantType(AuthorizationGrantType.AUTHORIZATION_CODE)
            .authorizedScopes(Authorizations.Spaced.split(row.scopes()))
            .attribute(
                OAuth2AuthorizationRequest.class.getName(), request.toSpring(row.clientId()));
    if (row.pushed()) {
      authorization.attribute(PUSHED, true);
    }
    if (state != null) {
      authorization.attribute("state", state);
    }
    return authorization.build();
  }

  private static @Nullable SignedIn signedIn(OAuth2Authorization authorization) {
    Authentication principal = authorization.getAttribute(Principal.class.getName());
    return principal != null && principal.getPrincipal() instanceof SignedIn signedIn
        ? signedIn
        : null;
  }

  private static String scopes(OAuth2Authorization authorization) {
    return Authorizations.Spaced.join(new TreeSet<>(authorization.getAuthorizedScopes()));
  }
}

package dev.sallyport.auth.grant;

import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.detail.AuthorizationDetails;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a verified access token of ours says.
 *
 * @param client as it is registered now
 * @param sub the account's id; for client credentials the client's
 * @param subject absent for client credentials
 * @param authorizationId the family it came from, absent for client credentials
 * @param details the rooms and actions that it is limited to; null: not limited
 * @param act who acts for the subject (RFC 8693 §4.1); null: the subject itself
 * @param mayAct the client that may (§4.4); null: it names none
 * @param binding what its holder must show
 */
record AccessToken(
    String jti,
    String issuer,
    String audience,
    Instant issuedAt,
    Instant expiresAt,
    Client client,
    Set<String> scopes,
    String sub,
    @Nullable Subject subject,
    @Nullable String authorizationId,
    @Nullable AuthorizationDetails details,
    @Nullable Map<String, Object> act,
    @Nullable String mayAct,
    Binding binding) {}

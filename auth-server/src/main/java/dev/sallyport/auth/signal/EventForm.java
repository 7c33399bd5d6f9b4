package dev.sallyport.auth.signal;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The stable form of an event in the database and the audit trail: its name and its fields in
 * snake_case. Sets are sorted, so that equal events have equal text.
 */
record EventForm(String type, Map<String, Object> data) {

  static EventForm of(SecurityEvent event) {
    return switch (event) {
      case SecurityEvent.SessionRevoked e -> form("session-revoked").with("sid", e.sid());
      case SecurityEvent.ClaimsChanged e ->
          form("claims-changed")
              .with("roles", new TreeSet<>(e.roles()))
              .with("groups", new TreeSet<>(e.groups()))
              .with("attributes", new TreeMap<>(e.attributes()));
      case SecurityEvent.DeviceRevoked e -> form("device-revoked").with("device_id", e.deviceId());
      case SecurityEvent.GrantRevoked e ->
          form("grant-revoked")
              .with("client_id", e.clientId())
              .with("grant_id", e.grantId())
              .with("reason", e.reason());
      case SecurityEvent.PolicyActivated e ->
          form("policy-activated").with("version", e.version()).with("rollback_of", e.rollbackOf());
      case SecurityEvent.SignedIn e -> form("signed-in").with("sid", e.sid()).with("amr", e.amr());
      case SecurityEvent.SignInFailed e -> form("sign-in-failed").with("reason", e.reason());
      case SecurityEvent.FactorEnrolled e -> form("factor-enrolled").with("factor", e.factor());
      case SecurityEvent.RecoveryCodeUsed e -> form("recovery-code-used").with("left", e.left());
      case SecurityEvent.FactorRemoved e -> form("factor-removed").with("factor", e.factor());
      case SecurityEvent.PasswordChanged _ -> form("password-changed");
      case SecurityEvent.PasswordReset _ -> form("password-reset");
      case SecurityEvent.ConsentGiven e ->
          form("consent-given")
              .with("client_id", e.clientId())
              .with("scopes", new TreeSet<>(e.scopes()));
      case SecurityEvent.ConsentWithdrawn e ->
          form("consent-withdrawn").with("client_id", e.clientId());
      case SecurityEvent.PairingApproved e ->
          form("pairing-approved")
              .with("client_id", e.clientId())
              .with("scopes", new TreeSet<>(e.scopes()));
      case SecurityEvent.PairingDenied e -> form("pairing-denied").with("client_id", e.clientId());
      case SecurityEvent.FederationLinked e -> form("federation-linked").with("idp", e.idp());
      case SecurityEvent.FederationUnlinked e -> form("federation-unlinked").with("idp", e.idp());
      case SecurityEvent.ProviderChanged e ->
          form("provider-changed").with("idp", e.idp()).with("change", e.change());
      case SecurityEvent.ProviderLogout e ->
          form("provider-logout").with("idp", e.idp()).with("sid", e.sid());
      case SecurityEvent.TokenExchanged e ->
          form("token-exchanged")
              .with("client_id", e.clientId())
              .with("audience", e.audience())
              .with("scopes", new TreeSet<>(e.scopes()))
              .with("device_id", e.deviceId())
              .with("kind", e.kind())
              .with("actor", e.actor())
              .with("provider", e.provider())
              .with("rooms", e.rooms().isEmpty() ? null : new TreeSet<>(e.rooms()));
      case SecurityEvent.TokensIssued e ->
          form("tokens-issued")
              .with("client_id", e.clientId())
              .with("grant_id", e.grantId())
              .with("grant", e.grant())
              .with("scopes", new TreeSet<>(e.scopes()));
      case SecurityEvent.RefreshReused e ->
          form("refresh-reused").with("client_id", e.clientId()).with("family", e.family());
      case SecurityEvent.TokenRevoked e -> form("token-revoked").with("client_id", e.clientId());
      case SecurityEvent.DeviceEnrolled e ->
          form("device-enrolled").with("device_id", e.deviceId());
      case SecurityEvent.DeviceRenewed e -> form("device-renewed").with("device_id", e.deviceId());
      case SecurityEvent.Refused e ->
          form("refused")
              .with("client_id", e.clientId())
              .with("action", e.action())
              .with("resource", e.resource())
              .with("decision_id", e.decisionId())
              .with("policy_version", e.policyVersion())
              .with("policies", e.policies());
      case SecurityEvent.AccountCreated e -> form("account-created").with("username", e.username());
      case SecurityEvent.AccountSuspended _ -> form("account-suspended");
      case SecurityEvent.AccountRestored _ -> form("account-restored");
      case SecurityEvent.PersonCardChanged _ -> form("person-card-changed");
      case SecurityEvent.EmailVerified _ -> form("email-verified");
      case SecurityEvent.RecoveryRequested _ -> form("recovery-requested");
      case SecurityEvent.Invited _ -> form("invited");
      case SecurityEvent.AccountClosed _ -> form("account-closed");
      case SecurityEvent.ClientRegistered e ->
          form("client-registered").with("client_id", e.clientId()).with("profile", e.profile());
      case SecurityEvent.ClientChanged e ->
          form("client-changed")
              .with("client_id", e.clientId())
              .with("fields", new TreeSet<>(e.fields()));
      case SecurityEvent.ClientRemoved e -> form("client-removed").with("client_id", e.clientId());
      case SecurityEvent.InitialAccessTokenMade e ->
          form("initial-access-token-made")
              .with("token_id", e.tokenId())
              .with("profiles", new TreeSet<>(e.profiles()))
              .with("uses_max", e.usesMax());
      case SecurityEvent.InitialAccessTokenRevoked e ->
          form("initial-access-token-revoked").with("token_id", e.tokenId());
      case SecurityEvent.SigningKeyMade e ->
          form("signing-key-made").with("purpose", e.purpose()).with("kid", e.kid());
      case SecurityEvent.PolicyUpgraded e ->
          form("policy-upgraded")
              .with("version", e.version())
              .with("from_release", e.fromRelease())
              .with("to_release", e.toRelease())
              .with("added", e.added())
              .with("replaced", e.replaced())
              .with("removed", e.removed())
              .with("kept", e.kept())
              .with("left_out", e.leftOut());
      case SecurityEvent.SigningKeyRetired e ->
          form("signing-key-retired").with("purpose", e.purpose()).with("kid", e.kid());
      case SecurityEvent.SigningKeyRevoked e ->
          form("signing-key-revoked").with("purpose", e.purpose()).with("kid", e.kid());
      case SecurityEvent.PolicyDraftSaved e ->
          form("policy-draft-saved").with("draft_id", e.draftId());
      case SecurityEvent.PolicyDraftDiscarded e ->
          form("policy-draft-discarded").with("draft_id", e.draftId());
      case SecurityEvent.PolicyRejected e ->
          form("policy-rejected").with("code", e.code()).with("problems", e.problems());
      case SecurityEvent.SignalReplaced e ->
          form("signal-replaced").with("event_id", e.eventId()).with("event_type", e.eventType());
    };
  }

  private static EventForm form(String type) {
    return new EventForm(type, new LinkedHashMap<>());
  }

  private EventForm with(String field, @Nullable Object value) {
    if (value != null) {
      data.put(field, value);
    }
    return this;
  }
}

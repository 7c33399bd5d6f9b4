package dev.sallyport.auth.signal;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Something happened that matters to security. Values are identifiers, names and codes of ours:
 * never a secret, a token, or what someone typed. A new kind of event is a new record here; {@link
 * EventForm} then says its stable name and its fields.
 */
public sealed interface SecurityEvent {

  /** The account it is about; null where it is about none. */
  @Nullable String subject();

  /** What gateways must act on: these enter the stream of signals. */
  sealed interface Signal extends SecurityEvent {}

  /**
   * A session ended, or all of an account.
   *
   * @param sid the session that ended; null: all of the account, with every token issued so far
   */
  record SessionRevoked(String accountId, @Nullable String sid) implements Signal {
    @Override
    public String subject() {
      return accountId;
    }
  }

  /** Roles, groups and attributes as they are now, each whole. */
  record ClaimsChanged(
      String accountId, Set<String> roles, Set<String> groups, Map<String, Object> attributes)
      implements Signal {
    public ClaimsChanged {
      roles = Set.copyOf(roles);
      groups = Set.copyOf(groups);
      attributes = Map.copyOf(attributes);
    }

    @Override
    public String subject() {
      return accountId;
    }
  }

  record DeviceRevoked(String accountId, String deviceId) implements Signal {
    @Override
    public String subject() {
      return accountId;
    }
  }

  /**
   * A family of tokens ended: what one authorization gave to one client, gateway tokens included.
   *
   * @param grantId the family's id, as its gateway tokens carry it; not a token
   * @param reason a stable code: {@code code_replayed}, {@code refresh_reused}, {@code
   *     client_revoked}, {@code session_ended}, {@code client_removed}
   */
  record GrantRevoked(String accountId, String clientId, String grantId, String reason)
      implements Signal {
    @Override
    public String subject() {
      return accountId;
    }
  }

  /**
   * Another version of the policies decides from now on.
   *
   * @param rollbackOf the earlier version whose content this one repeats; null: new content
   */
  record PolicyActivated(long version, @Nullable Long rollbackOf) implements Signal {
    @Override
    public @Nullable String subject() {
      return null;
    }
  }

  /** {@code amr}: RFC 8176 methods, in the order in which they were shown. */
  record SignedIn(String accountId, String sid, List<String> amr) implements SecurityEvent {
    public SignedIn {
      amr = List.copyOf(amr);
    }

    @Override
    public String subject() {
      return accountId;
    }
  }

  /**
   * Someone could not show a factor.
   *
   * @param accountId null where the username belongs to none; what was typed is not kept, since
   *     people type passwords into the wrong field
   * @param reason a stable code: {@code wrong_password}, {@code wrong_code}, {@code code_reused},
   *     {@code locked}, …
   */
  record SignInFailed(@Nullable String accountId, String reason) implements SecurityEvent {
    @Override
    public @Nullable String subject() {
      return accountId;
    }
  }

  /**
   * Another way to show who one is.
   *
   * @param factor {@code pwd}, {@code otp}, {@code recovery_code}, …
   */
  record FactorEnrolled(String accountId, String factor) implements SecurityEvent {
    @Override
    public String subject() {
      return accountId;
    }
  }

  /** A recovery code stood in for the authenticator. {@code left}: how many more there are. */
  record RecoveryCodeUsed(String accountId, int left) implements SecurityEvent {
    @Override
    public String subject() {
      return accountId;
    }
  }

  /** What it was no longer opens anything: for recovery codes, all that were left. */
  record FactorRemoved(String accountId, String factor) implements SecurityEvent {
    @Override
    public String subject() {
      return accountId;
    }
  }

  record PasswordChanged(String accountId) implements SecurityEvent {
    @Override
    public String subject() {
      return accountId;
    }
  }

  /** An admin replaced the password by a one-time one; every session ended with it. */
  record PasswordReset(String accountId) implements SecurityEvent {
    @Override
    public String subject() {
      return accountId;
    }
  }

  record ConsentGiven(String accountId, String clientId, Set<String> scopes)
      implements SecurityEvent {
    public ConsentGiven {
      scopes = Set.copyOf(scopes);
    }

    @Override
    public String subject() {
      return accountId;
    }
  }

  record ConsentWithdrawn(String accountId, String clientId) implements SecurityEvent {
    @Override
    public String subject() {
      return accountId;
    }
  }

  /**
   * The owner of an account let a device in that showed them a code (RFC 8628).
   *
   * @param scopes what it may have
   */
  record PairingApproved(String accountId, String clientId, Set<String> scopes)
      implements SecurityEvent {
    public PairingApproved {
      scopes = Set.copyOf(scopes);
    }

    @Override
    public String subject() {
      return accountId;
    }
  }

  /** Whoever was shown what a device wanted refused. */
  record PairingDenied(String accountId, String clientId) implements SecurityEvent {
    @Override
    public String subject() {
      return accountId;
    }
  }

  /** {@code idp}: the configured id of the third-party identity provider. */
  record FederationLinked(String accountId, String idp) implements SecurityEvent {
    @Override
    public String subject() {
      return accountId;
    }
  }

  record FederationUnlinked(String accountId, String idp) implements SecurityEvent {
    @Override
    public String subject() {
      return accountId;
    }
  }

  /**
   * An admin described a third-party identity provider, or forgot it.
   *
   * @param change {@code created}, {@code changed}, {@code removed}
   */
  record ProviderChanged(String idp, String change) implements SecurityEvent {
    @Override
    public @Nullable String subject() {
      return null;
    }
  }

  /** A provider told that someone signed out there: the session that it vouched for ended. */
  record ProviderLogout(String accountId, String idp, String sid) implements SecurityEvent {
    @Override
    public String subject() {
      return accountId;
    }
  }

  /**
   * A token was exchanged (RFC 8693).
   *
   * @param kind {@code own}, {@code impersonation}, {@code delegation} or {@code federated}
   * @param actor {@code sub} of who acts now for the account
   * @param provider whose ID token was exchanged
   * @param rooms to which what was given is limited; empty: it is not
   */
  record TokenExchanged(
      String accountId,
      String clientId,
      String audience,
      Set<String> scopes,
      @Nullable String deviceId,
      String kind,
      @Nullable String actor,
      @Nullable String provider,
      Set<String> rooms)
      implements SecurityEvent {
    public TokenExchanged {
      scopes = Set.copyOf(scopes);
      rooms = Set.copyOf(rooms);
    }

    @Override
    public String subject() {
      return accountId;
    }
  }

  /**
   * A client was given the first tokens of a family, by a code. Those that follow by its refresh
   * tokens come of the same grant, and its own rows say when; for exchanges there is {@link
   * TokenExchanged}; what a client is given for itself is about nobody, and gives it nothing that
   * its registration, which has its events, did not.
   *
   * @param grantId the family's id, not a token
   * @param grant {@code authorization_code} or {@code device_code}
   */
  record TokensIssued(
      String accountId, String clientId, String grantId, String grant, Set<String> scopes)
      implements SecurityEvent {
    public TokensIssued {
      scopes = Set.copyOf(scopes);
    }

    @Override
    public String subject() {
      return accountId;
    }
  }

  /**
   * A spent refresh token came again: its whole family is revoked, as {@link GrantRevoked} tells
   * gateways.
   *
   * @param family the family's id, not a token
   */
  record RefreshReused(String accountId, String clientId, String family) implements SecurityEvent {
    @Override
    public String subject() {
      return accountId;
    }
  }

  /**
   * A client gave up an access token before its time (RFC 7009). For a refresh token there is
   * {@link GrantRevoked}.
   *
   * @param accountId null for a client's own token
   */
  record TokenRevoked(@Nullable String accountId, String clientId) implements SecurityEvent {
    @Override
    public @Nullable String subject() {
      return accountId;
    }
  }

  record DeviceEnrolled(String accountId, String deviceId) implements SecurityEvent {
    @Override
    public String subject() {
      return accountId;
    }
  }

  record DeviceRenewed(String accountId, String deviceId) implements SecurityEvent {
    @Override
    public String subject() {
      return accountId;
    }
  }

  /**
   * A policy, or the absence of one, refused something at this server.
   *
   * @param resource the entity, as Cedar writes it
   * @param decisionId what the refused one was shown
   * @param policyVersion under which it was decided
   * @param policies ids of the determining policies; empty: nothing permits it
   */
  record Refused(
      @Nullable String accountId,
      @Nullable String clientId,
      String action,
      String resource,
      String decisionId,
      long policyVersion,
      List<String> policies)
      implements SecurityEvent {
    public Refused {
      policies = List.copyOf(policies);
    }

    @Override
    public @Nullable String subject() {
      return accountId;
    }
  }

  /** {@code username} is no secret and never changes. */
  record AccountCreated(String accountId, String username) implements SecurityEvent {
    @Override
    public String subject() {
      return accountId;
    }
  }

  record AccountSuspended(String accountId) implements SecurityEvent {
    @Override
    public String subject() {
      return accountId;
    }
  }

  record AccountRestored(String accountId) implements SecurityEvent {
    @Override
    public String subject() {
      return accountId;
    }
  }

  record ClientRegistered(String clientId, String profile) implements SecurityEvent {
    @Override
    public @Nullable String subject() {
      return null;
    }
  }

  /** {@code fields} names what is other than before; {@code secret}: it was replaced. */
  record ClientChanged(String clientId, Set<String> fields) implements SecurityEvent {
    public ClientChanged {
      fields = Set.copyOf(fields);
    }

    @Override
    public @Nullable String subject() {
      return null;
    }
  }

  /** There is no such client any longer; what it was given has ended. */
  record ClientRemoved(String clientId) implements SecurityEvent {
    @Override
    public @Nullable String subject() {
      return null;
    }
  }

  /**
   * A token with which clients may register themselves.
   *
   * @param tokenId not the token
   */
  record InitialAccessTokenMade(String tokenId, Set<String> profiles, int usesMax)
      implements SecurityEvent {
    public InitialAccessTokenMade {
      profiles = Set.copyOf(profiles);
    }

    @Override
    public @Nullable String subject() {
      return null;
    }
  }

  record InitialAccessTokenRevoked(String tokenId) implements SecurityEvent {
    @Override
    public @Nullable String subject() {
      return null;
    }
  }

  /**
   * A new signing key.
   *
   * @param purpose what the key signs: {@code token}, {@code device}, {@code bundle}, {@code
   *     signal}
   */
  record SigningKeyMade(String purpose, String kid) implements SecurityEvent {
    @Override
    public @Nullable String subject() {
      return null;
    }
  }

  /**
   * Another release of this server brought the policies up to what ships with it, as a new version.
   * Policies by their ids, fifty of each at most.
   *
   * @param kept changed here and in what ships: those from here stay
   * @param leftOut new in what ships, about actions for which there are policies of one's own here
   */
  record PolicyUpgraded(
      long version,
      int fromRelease,
      int toRelease,
      List<String> added,
      List<String> replaced,
      List<String> removed,
      List<String> kept,
      List<String> leftOut)
      implements SecurityEvent {
    public PolicyUpgraded {
      added = List.copyOf(added);
      replaced = List.copyOf(replaced);
      removed = List.copyOf(removed);
      kept = List.copyOf(kept);
      leftOut = List.copyOf(leftOut);
    }

    @Override
    public @Nullable String subject() {
      return null;
    }
  }

  /** A key that signed no longer is published no longer, before its time. */
  record SigningKeyRetired(String purpose, String kid) implements SecurityEvent {
    @Override
    public @Nullable String subject() {
      return null;
    }
  }

  /** What this key signed is refused from now on: whoever keeps keys fetches them anew. */
  record SigningKeyRevoked(String purpose, String kid) implements Signal {
    @Override
    public @Nullable String subject() {
      return null;
    }
  }

  /** {@code draftId} was made or replaced; its text is in the drafts, not in the event. */
  record PolicyDraftSaved(String draftId) implements SecurityEvent {
    @Override
    public @Nullable String subject() {
      return null;
    }
  }

  record PolicyDraftDiscarded(String draftId) implements SecurityEvent {
    @Override
    public @Nullable String subject() {
      return null;
    }
  }

  /**
   * A new version was asked for and refused; the active one is untouched.
   *
   * @param code of the first problem
   */
  record PolicyRejected(String code, int problems) implements SecurityEvent {
    @Override
    public @Nullable String subject() {
      return null;
    }
  }

  /**
   * The token of a signal could not be made: gateways were told to end everything of its account
   * instead.
   *
   * @param accountId null where the signal was about none
   * @param eventId of the signal, in this trail
   * @param eventType its stable name
   */
  record SignalReplaced(@Nullable String accountId, long eventId, String eventType)
      implements SecurityEvent {
    @Override
    public @Nullable String subject() {
      return accountId;
    }
  }

  /** What applications may be told of its owner was replaced; what it says is not kept here. */
  record PersonCardChanged(String accountId) implements SecurityEvent {
    @Override
    public String subject() {
      return accountId;
    }
  }

  /** Its owner has shown to read what is sent to the address of the account. */
  record EmailVerified(String accountId) implements SecurityEvent {
    @Override
    public String subject() {
      return accountId;
    }
  }

  /** Someone, who need not be the owner, asked for a link to choose a new password. */
  record RecoveryRequested(String accountId) implements SecurityEvent {
    @Override
    public String subject() {
      return accountId;
    }
  }

  /** An admin had a link sent with which the owner of a new account chooses the first password. */
  record Invited(String accountId) implements SecurityEvent {
    @Override
    public String subject() {
      return accountId;
    }
  }

  /**
   * The account is closed for good, and what was known of its owner is erased: whoever keeps some
   * of it erases it in this event's transaction.
   */
  record AccountClosed(String accountId) implements Signal {
    @Override
    public String subject() {
      return accountId;
    }
  }
}

package dev.sallyport.auth.passkey;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.installation.Installation;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signal.EventRecorded;
import dev.sallyport.auth.signal.SecurityEvent;
import dev.sallyport.auth.signal.SecurityEvents;
import dev.sallyport.auth.vault.RandomIds;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.event.EventListener;
import org.springframework.security.web.webauthn.api.AttestationConveyancePreference;
import org.springframework.security.web.webauthn.api.AuthenticatorAssertionResponse;
import org.springframework.security.web.webauthn.api.AuthenticatorAttestationResponse;
import org.springframework.security.web.webauthn.api.AuthenticatorSelectionCriteria;
import org.springframework.security.web.webauthn.api.Bytes;
import org.springframework.security.web.webauthn.api.CredentialRecord;
import org.springframework.security.web.webauthn.api.ImmutablePublicKeyCredentialUserEntity;
import org.springframework.security.web.webauthn.api.PublicKeyCredential;
import org.springframework.security.web.webauthn.api.PublicKeyCredentialCreationOptions;
import org.springframework.security.web.webauthn.api.PublicKeyCredentialDescriptor;
import org.springframework.security.web.webauthn.api.PublicKeyCredentialParameters;
import org.springframework.security.web.webauthn.api.PublicKeyCredentialRequestOptions;
import org.springframework.security.web.webauthn.api.PublicKeyCredentialRpEntity;
import org.springframework.security.web.webauthn.api.PublicKeyCredentialUserEntity;
import org.springframework.security.web.webauthn.api.ResidentKeyRequirement;
import org.springframework.security.web.webauthn.api.UserVerificationRequirement;
import org.springframework.security.web.webauthn.jackson.WebauthnJacksonModule;
import org.springframework.security.web.webauthn.management.ImmutableRelyingPartyRegistrationRequest;
import org.springframework.security.web.webauthn.management.PublicKeyCredentialUserEntityRepository;
import org.springframework.security.web.webauthn.management.RelyingPartyAuthenticationRequest;
import org.springframework.security.web.webauthn.management.RelyingPartyPublicKey;
import org.springframework.security.web.webauthn.management.Webauthn4JRelyingPartyOperations;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** The passkeys of all accounts. */
@Component
public class Passkeys {

  /** So many may one account have: a list longer than this nobody keeps an eye on. */
  public static final int COUNT_MAX = 20;

  /** A name is cut after so many characters. */
  public static final int NAME_MAX = 64;

  private static final Logger LOG = LoggerFactory.getLogger(Passkeys.class);
  private static final String FACTOR = "passkey";
  private static final int CHALLENGE_BYTES = 32;

  /** Some KiB at most, attestation included, which is not asked for. */
  private static final int ANSWER_CHARS_MAX = 32 * 1024;

  private static final Duration TIMEOUT = Duration.ofMinutes(5);

  /** Authenticator data: 32 bytes of the site's hash, then flags (WebAuthn section 6.1). */
  private static final int FLAGS_AT = 32;

  private static final int USER_VERIFIED = 0x04;

  /** Behind the flags, four bytes of a count. */
  private static final int COUNT_AT = 33;

  private static final TypeReference<PublicKeyCredential<AuthenticatorAttestationResponse>> MADE =
      new TypeReference<>() {};
  private static final TypeReference<PublicKeyCredential<AuthenticatorAssertionResponse>> SHOWN =
      new TypeReference<>() {};

  private final PasskeyRows rows;
  private final Accounts accounts;
  private final SecurityEvents events;
  private final RandomIds ids;
  private final TransactionTemplate transaction;
  private final PublicKeyCredentialRpEntity site;
  private final Webauthn4JRelyingPartyOperations operations;
  private final JsonMapper json =
      JsonMapper.builder().addModule(new WebauthnJacksonModule()).build();

  Passkeys(
      PasskeyRows rows,
      Accounts accounts,
      SecurityEvents events,
      RandomIds ids,
      Installation installation,
      PlatformTransactionManager transactions) {
    this.rows = rows;
    this.accounts = accounts;
    this.events = events;
    this.ids = ids;
    this.transaction = new TransactionTemplate(transactions);
    this.site =
        PublicKeyCredentialRpEntity.builder()
            .id(installation.issuer().getHost())
            .name("Sallyport")
            .build();
    this.operations =
        new Webauthn4JRelyingPartyOperations(
            new Owners(), rows, site, Set.of(origin(installation.issuer())));
  }

  private static String origin(URI issuer) {
    return issuer.getScheme() + "://" + issuer.getAuthority();
  }

  /** Spring asks for the owner of a credential by its handle; names play no part. */
  private final class Owners implements PublicKeyCredentialUserEntityRepository {

    @Override
    public @Nullable PublicKeyCredentialUserEntity findById(Bytes handle) {
      return accounts.byId(PasskeyRows.accountId(handle)).map(Passkeys::user).orElse(null);
    }

    @Override
    public @Nullable PublicKeyCredentialUserEntity findByUsername(String username) {
      return accounts.byUsername(username).map(Passkeys::user).orElse(null);
    }

    @Override
    public void save(PublicKeyCredentialUserEntity user) {
      throw new UnsupportedOperationException("accounts are made elsewhere");
    }

    @Override
    public void delete(Bytes handle) {
      throw new UnsupportedOperationException("accounts are closed elsewhere");
    }
  }

  private static PublicKeyCredentialUserEntity user(Account account) {
    return ImmutablePublicKeyCredentialUserEntity.builder()
        .id(PasskeyRows.handle(account.id()))
        .name(account.username())
        .displayName(account.displayName())
        .build();
  }

  /** What an account has, oldest first. */
  public List<Passkey> ofAccount(String accountId) {
    return rows.ofAccount(accountId);
  }

  public boolean any(String accountId) {
    return !rows.ofAccount(accountId).isEmpty();
  }

  /** A challenge for one answer of one browser. */
  public String challenge() {
    return ids.base64url(CHALLENGE_BYTES);
  }

  /** What a browser is asked in order to make a passkey, as JSON. */
  public String creationOptions(Account account, String challenge) {
    return json.writeValueAsString(creation(account, challenge));
  }

  private PublicKeyCredentialCreationOptions creation(Account account, String challenge) {
    return PublicKeyCredentialCreationOptions.builder()
        .rp(site)
        .user(user(account))
        .challenge(bytes(challenge))
        .pubKeyCredParams(
            PublicKeyCredentialParameters.ES256,
            PublicKeyCredentialParameters.EdDSA,
            PublicKeyCredentialParameters.RS256)
        .timeout(TIMEOUT)
        .excludeCredentials(descriptors(account.id()))
        .authenticatorSelection(
            AuthenticatorSelectionCriteria.builder()
                .residentKey(ResidentKeyRequirement.PREFERRED)
                .userVerification(UserVerificationRequirement.PREFERRED)
                .build())
        .attestation(AttestationConveyancePreference.NONE)
        .build();
  }

  /**
   * What a browser is asked in order to show a passkey, as JSON.
   *
   * @param accountId whose passkeys will do; null: anyone's, and only one that verifies its user
   */
  public String requestOptions(@Nullable String accountId, String challenge) {
    return json.writeValueAsString(request(accountId, challenge));
  }

  private PublicKeyCredentialRequestOptions request(@Nullable String accountId, String challenge) {
    return PublicKeyCredentialRequestOptions.builder()
        .rpId(site.getId())
        .challenge(bytes(challenge))
        .timeout(TIMEOUT)
        .allowCredentials(accountId == null ? List.of() : descriptors(accountId))
        .userVerification(
            accountId == null
                ? UserVerificationRequirement.REQUIRED
                : UserVerificationRequirement.PREFERRED)
        .build();
  }

  private List<PublicKeyCredentialDescriptor> descriptors(String accountId) {
    List<PublicKeyCredentialDescriptor> descriptors = new ArrayList<>();
    for (CredentialRecord record : rows.findByUserId(PasskeyRows.handle(accountId))) {
      descriptors.add(
          PublicKeyCredentialDescriptor.builder()
              .id(record.getCredentialId())
              .transports(record.getTransports())
              .build());
    }
    return descriptors;
  }

  private static Bytes bytes(String base64url) {
    return new Bytes(Base64.getUrlDecoder().decode(base64url));
  }

  /**
   * Adds the passkey that a browser made for this challenge; false: the answer is not good, or
   * there are too many. The caller has made sure that it is the owner.
   */
  public boolean register(Account account, String challenge, String answer, String name) {
    Optional<PublicKeyCredential<AuthenticatorAttestationResponse>> made = read(answer, MADE);
    if (made.isEmpty()) {
      return false;
    }
    try {
      return Boolean.TRUE.equals(
          transaction.execute(
              _ -> {
                accounts.lock(account.id());
                if (rows.ofAccount(account.id()).size() >= COUNT_MAX) {
                  return false;
                }
                operations.registerCredential(
                    new ImmutableRelyingPartyRegistrationRequest(
                        creation(account, challenge),
                        new RelyingPartyPublicKey(made.get(), named(name))));
                events.record(
                    Actor.user(account.id()),
                    new SecurityEvent.FactorEnrolled(account.id(), FACTOR));
                return true;
              }));
    } catch (RuntimeException e) {
      return refused(e);
    }
  }

  /**
   * Checks what a browser showed for this challenge, and counts its use.
   *
   * @param accountId as it was asked with
   */
  public PasskeyCheck check(@Nullable String accountId, String challenge, String answer) {
    Optional<PublicKeyCredential<AuthenticatorAssertionResponse>> shown = read(answer, SHOWN);
    if (shown.isEmpty()) {
      return new PasskeyCheck.Wrong();
    }
    try {
      return Objects.requireNonNull(
          transaction.execute(_ -> checkInside(accountId, challenge, shown.get())));
    } catch (RuntimeException e) {
      refused(e);
      return new PasskeyCheck.Wrong();
    }
  }

  private PasskeyCheck checkInside(
      @Nullable String accountId,
      String challenge,
      PublicKeyCredential<AuthenticatorAssertionResponse> shown) {
    CredentialRecord record = rows.findByCredentialId(shown.getRawId());
    if (record == null) {
      return new PasskeyCheck.Wrong();
    }
    String owner = PasskeyRows.accountId(record.getUserEntityUserId());
    if (accountId != null && !accountId.equals(owner)) {
      return new PasskeyCheck.Wrong();
    }
    byte[] data = shown.getResponse().getAuthenticatorData().getBytes();
    if (data.length < COUNT_AT + Integer.BYTES || copied(record, data)) {
      return new PasskeyCheck.Wrong();
    }
    operations.authenticate(
        new RelyingPartyAuthenticationRequest(request(accountId, challenge), shown));
    // the signature, which was good, covers the flags
    return new PasskeyCheck.Right(owner, (data[FLAGS_AT] & USER_VERIFIED) != 0);
  }

  /**
   * An authenticator that counts has shown a higher number before: there are two of it (section
   * 7.2, step 22). Spring lets that pass. Those that synchronize keep to zero.
   */
  private static boolean copied(CredentialRecord record, byte[] data) {
    long count = Integer.toUnsignedLong(ByteBuffer.wrap(data).getInt(COUNT_AT));
    long before = record.getSignatureCount();
    boolean copied = (count > 0 || before > 0) && count <= before;
    if (copied) {
      LOG.warn("a passkey was refused: its count went from {} to {}", before, count);
    }
    return copied;
  }

  /** Spring and webauthn4j tell by exceptions of many types that an answer is not good. */
  private static boolean refused(RuntimeException why) {
    LOG.info("a passkey was refused: {}", why.getClass().getSimpleName());
    return false;
  }

  private <T> Optional<T> read(String answer, TypeReference<T> type) {
    if (answer.length() > ANSWER_CHARS_MAX) {
      return Optional.empty();
    }
    try {
      return Optional.ofNullable(json.readValue(answer, type));
    } catch (JacksonException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static String named(String name) {
    String printable = name.replaceAll("\\p{Cntrl}", "").strip();
    if (printable.isEmpty()) {
      return "Passkey";
    }
    return printable.length() <= NAME_MAX ? printable : printable.substring(0, NAME_MAX);
  }

  /** Names one of this account's; of anyone else's, nothing happens. */
  @Transactional
  public boolean rename(String accountId, String id, String name) {
    return rows.rename(accountId, id, named(name));
  }

  /** Removes one of this account's: it opens nothing any longer. */
  @Transactional
  public boolean remove(String accountId, String id, Actor actor) {
    accounts.lock(accountId);
    if (!rows.remove(accountId, id)) {
      return false;
    }
    events.record(actor, new SecurityEvent.FactorRemoved(accountId, FACTOR));
    return true;
  }

  /** Removes all of them; returns whether there were any. */
  @Transactional(propagation = Propagation.MANDATORY)
  public boolean removeAll(String accountId, Actor actor) {
    if (rows.removeAll(accountId) == 0) {
      return false;
    }
    events.record(actor, new SecurityEvent.FactorRemoved(accountId, FACTOR));
    return true;
  }

  @EventListener
  void on(EventRecorded recorded) {
    if (recorded.event() instanceof SecurityEvent.AccountClosed(String accountId)) {
      rows.removeAll(accountId);
    }
  }
}

package dev.sallyport.auth.federation;

import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.sallyport.auth.federation.IdentityProvider.Protocol;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signal.SecurityEvent;
import dev.sallyport.auth.signal.SecurityEvents;
import dev.sallyport.auth.token.SingleUse;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Sign-outs that providers tell of (OpenID Connect Back-Channel Logout 1.0): the sessions that
 * began with that provider's word, by its {@code sid} or the subject, end here.
 */
@Component
public class ProviderLogouts {

  private static final String EVENT = "http://schemas.openid.net/event/backchannel-logout";

  /** Section 2.4 names the first; older providers write nothing, or the second. */
  private static final Set<String> TYPES = Set.of("logout+jwt", "jwt");

  /** One that was made longer ago is not delivered late, but kept back. */
  private static final Duration AGE_MAX = Duration.ofMinutes(10);

  private static final int TEXT_MAX = 255;

  private final Providers providers;
  private final ProviderRegistrations registrations;
  private final ProviderTokens tokens;
  private final ProviderSessions sessions;
  private final SingleUse singleUse;
  private final SecurityEvents events;
  private final TransactionTemplate transaction;
  private final Clock clock;

  ProviderLogouts(
      Providers providers,
      ProviderRegistrations registrations,
      ProviderTokens tokens,
      ProviderSessions sessions,
      SingleUse singleUse,
      SecurityEvents events,
      PlatformTransactionManager transactions,
      Clock clock) {
    this.providers = providers;
    this.registrations = registrations;
    this.tokens = tokens;
    this.sessions = sessions;
    this.singleUse = singleUse;
    this.events = events;
    this.transaction = new TransactionTemplate(transactions);
    this.clock = clock;
  }

  /** What came of a logout token. */
  public sealed interface Outcome {

    /** Whoever it is about has no session of that provider here any longer. */
    record Ended(int sessions) implements Outcome {}

    /**
     * @param reason of our own words
     */
    record Refused(String reason) implements Outcome {}

    /** There is no such provider, or it does not speak of sign-outs. */
    record NoSuchProvider() implements Outcome {}
  }

  /** Who has signed out there: a session, a subject, or both. */
  private record About(@Nullable String subject, @Nullable String sid) {}

  /** Ends what a logout token is about. */
  public Outcome receive(String idp, String logoutToken) {
    boolean speaks =
        providers
            .find(idp)
            .filter(IdentityProvider::enabled)
            .filter(provider -> provider.protocol() instanceof Protocol.OpenIdConnect)
            .isPresent();
    Optional<ProviderMetadata.Known> known = speaks ? registrations.find(idp) : Optional.empty();
    if (known.isEmpty()) {
      return new Outcome.NoSuchProvider();
    }
    ProviderMetadata.Known provider = known.get();
    return switch (tokens.check(provider.registration(), logoutToken, false)) {
      case ProviderTokens.Check.Bad(String reason) -> new Outcome.Refused(reason);
      case ProviderTokens.Check.Good(SignedJWT jwt, JWTClaimsSet claims) -> {
        Optional<String> fault = fault(jwt, claims);
        yield fault.isPresent()
            ? new Outcome.Refused(fault.get())
            : spend(idp, provider.provider().issuer(), claims);
      }
    };
  }

  /** Section 2.6, beyond what every token of a provider needs. */
  private Optional<String> fault(SignedJWT jwt, JWTClaimsSet claims) {
    String type = jwt.getHeader().getType() == null ? "JWT" : jwt.getHeader().getType().getType();
    if (!TYPES.contains(type.toLowerCase(Locale.ROOT))) {
      return Optional.of("it is another kind of token");
    }
    if (!(claims.getClaim("events") instanceof Map<?, ?> told)
        || !(told.get(EVENT) instanceof Map<?, ?>)) {
      return Optional.of("it does not say that someone signed out");
    }
    if (claims.getClaim("nonce") != null) {
      return Optional.of("it has a `nonce`: an ID token is no logout token");
    }
    String jti = claims.getJWTID();
    if (jti == null || jti.isEmpty() || jti.length() > TEXT_MAX) {
      return Optional.of("its `jti` is missing or too long");
    }
    Instant issuedAt = claims.getIssueTime().toInstant();
    if (issuedAt.isBefore(clock.instant().minus(AGE_MAX))) {
      return Optional.of("it is too old: `iat`");
    }
    return Optional.empty();
  }

  private Outcome spend(String idp, String issuer, JWTClaimsSet claims) {
    About about;
    try {
      about = new About(claims.getSubject(), claims.getStringClaim("sid"));
    } catch (ParseException e) {
      return new Outcome.Refused("its `sid` is not a text");
    }
    if (unfit(about.subject()) || unfit(about.sid())) {
      return new Outcome.Refused("its `sub` or `sid` is empty or too long");
    }
    if (about.subject() == null && about.sid() == null) {
      return new Outcome.Refused("it says neither whose session nor which");
    }
    Instant until = clock.instant().plus(AGE_MAX).plus(ProviderTokens.SKEW.multipliedBy(2));
    String context = "provider-logout:" + idp + " " + issuer;
    // in one transaction: a token whose work fails is not spent, and the provider sends it again
    return Objects.requireNonNull(
        transaction.execute(
            status -> {
              if (!singleUse.firstWithin(context, claims.getJWTID(), until)) {
                status.setRollbackOnly();
                return new Outcome.Refused("it was used before");
              }
              return new Outcome.Ended(end(idp, issuer, about));
            }));
  }

  private static boolean unfit(@Nullable String text) {
    return text != null && (text.isEmpty() || text.length() > TEXT_MAX);
  }

  private int end(String idp, String issuer, About about) {
    sessions.loggedOut(idp, issuer, about.subject(), about.sid());
    int ended = 0;
    for (ProviderSessions.Row row : sessions.of(idp, issuer, about.subject(), about.sid())) {
      if (sessions.end(row.sid(), Actor.system())) {
        events.record(
            Actor.system(), new SecurityEvent.ProviderLogout(row.accountId(), idp, row.sid()));
        ended++;
      }
    }
    return ended;
  }
}

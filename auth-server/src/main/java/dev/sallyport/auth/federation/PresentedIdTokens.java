package dev.sallyport.auth.federation;

import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.sallyport.auth.token.Hashes;
import dev.sallyport.auth.token.JwsVerification;
import java.text.ParseException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.stereotype.Component;

/**
 * Checks ID tokens that a client presents, rather than the provider itself at the end of a sign-in.
 */
@Component
public final class PresentedIdTokens {

  private final Providers providers;
  private final ProviderRegistrations registrations;
  private final ProviderTokens tokens;

  PresentedIdTokens(
      Providers providers, ProviderRegistrations registrations, ProviderTokens tokens) {
    this.providers = providers;
    this.registrations = registrations;
    this.tokens = tokens;
  }

  /** What came of a check. */
  public sealed interface Presented {

    /**
     * @param digest of what was signed: the same for the same token however it is written
     */
    record Good(ProviderIdentity identity, Instant issuedAt, String digest) implements Presented {}

    /**
     * @param reason of our own words
     */
    record Refused(String reason) implements Presented {}
  }

  /**
   * Signature, issuer, audience, authorized party, times (OpenID Connect Core §3.1.3.7). All of
   * {@code aud} must be accepted, not only one of it.
   *
   * @param audiences those accepted of a provider, by its id; empty: its tokens are not
   */
  public Presented check(String token, Function<String, Set<String>> audiences) {
    if (token.length() > ProviderTokens.LENGTH_MAX || !JwsVerification.compact(token)) {
      return new Presented.Refused("it is not a signed JWT of permitted length");
    }
    String issuer;
    List<String> audience;
    try {
      JWTClaimsSet unverified = SignedJWT.parse(token).getJWTClaimsSet();
      issuer = unverified.getIssuer();
      audience = unverified.getAudience();
    } catch (ParseException | RuntimeException malformed) {
      return new Presented.Refused("it is not a signed JWT");
    }
    Optional<IdentityProvider> provider =
        providers.enabled().stream()
            .filter(one -> one.issuer().equals(issuer) && !audiences.apply(one.id()).isEmpty())
            .findFirst();
    if (provider.isEmpty()
        || audience.isEmpty()
        || !audiences.apply(provider.get().id()).containsAll(audience)) {
      return new Presented.Refused(
          "it is of a provider, or for a client, that is not trusted here");
    }
    ClientRegistration registration = registrations.findByRegistrationId(provider.get().id());
    if (registration == null) {
      return new Presented.Refused("its provider cannot be reached now");
    }
    return audience.stream()
        .map(party -> check(provider.get(), registration, party, token))
        .reduce((one, other) -> one instanceof Presented.Good ? one : other)
        .orElseThrow();
  }

  private Presented check(
      IdentityProvider provider, ClientRegistration registration, String party, String token) {
    ClientRegistration asThatClient =
        ClientRegistration.withClientRegistration(registration).clientId(party).build();
    return switch (tokens.check(asThatClient, token, true)) {
      case ProviderTokens.Check.Bad(String reason) -> new Presented.Refused(reason);
      case ProviderTokens.Check.Good(SignedJWT jwt, JWTClaimsSet claims) ->
          read(provider, jwt, claims);
    };
  }

  private static Presented read(IdentityProvider provider, SignedJWT jwt, JWTClaimsSet claims) {
    String type = jwt.getHeader().getType() == null ? "JWT" : jwt.getHeader().getType().getType();
    String subject = claims.getSubject();
    if (!(type.equalsIgnoreCase("JWT") || type.equalsIgnoreCase("id_token+jwt"))
        || claims.getClaim("events") != null) {
      return new Presented.Refused("it is another kind of token");
    }
    if (subject == null || subject.isEmpty()) {
      return new Presented.Refused("it is about nobody");
    }
    return new Presented.Good(
        new ProviderIdentity(provider.id(), provider.issuer(), subject, subject),
        claims.getIssueTime().toInstant(),
        // without the signature, which could be written in another way
        Hashes.sha256(
            new String(jwt.getSigningInput(), java.nio.charset.StandardCharsets.US_ASCII)));
  }
}

package dev.sallyport.gateway.door;

import com.nimbusds.jwt.JWTClaimsSet;
import dev.sallyport.gateway.bundle.PolicyBundles;
import dev.sallyport.gateway.door.TokenAdmission.Refused;
import dev.sallyport.gateway.door.TokenAdmission.Welcome;
import dev.sallyport.gateway.issuer.IssuerJws;
import dev.sallyport.gateway.issuer.JwsCheck;
import dev.sallyport.gateway.signal.Hearing;
import dev.sallyport.gateway.signal.Revocations;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.util.Objects;
import java.util.Optional;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;

/**
 * The first door: a gateway token with a DPoP proof, checked in process against what the issuer
 * published and what the stream revoked. Answers at once, on the calling thread, unless the token
 * names a key that must be fetched first, or the proof another gateway. Thread-safe, never blocks.
 */
@Component
public final class TokenDoor {
  private final IssuerJws jws;
  private final DpopProofs proofs;
  private final Revocations revocations;
  private final LiveCallers live;
  private final Hearing hearing;
  private final PolicyBundles bundles;
  private final Clock clock;
  private final MeterRegistry meters;

  TokenDoor(
      IssuerJws jws,
      DpopProofs proofs,
      Revocations revocations,
      LiveCallers live,
      Hearing hearing,
      PolicyBundles bundles,
      Clock clock,
      MeterRegistry meters) {
    this.jws = jws;
    this.proofs = proofs;
    this.revocations = revocations;
    this.live = live;
    this.hearing = hearing;
    this.bundles = bundles;
    this.clock = clock;
    this.meters = meters;
  }

  /** Lets someone in, or not. */
  public Mono<TokenAdmission> admit(Presented presented) {
    return check(presented).map(this::counted);
  }

  /**
   * Takes a new token on an open socket: same user, device and key, and limited to rooms if and
   * only if the one before was. If it is refused, the caller goes on with the token it has.
   */
  public Mono<TokenAdmission> renew(Caller caller, Presented presented) {
    return check(presented).map(admission -> counted(renewed(caller, admission)));
  }

  private TokenAdmission renewed(Caller caller, TokenAdmission admission) {
    if (!(admission instanceof Welcome(Caller fresh))) {
      return admission;
    }
    if (!fresh.userId().equals(caller.userId())
        || !fresh.jkt().equals(caller.jkt())
        || !Objects.equals(fresh.deviceId(), caller.deviceId())
        // what the socket was given beside rooms, such as its inbox, was not asked about again
        || fresh.limited() != caller.limited()) {
      return new Refused(TokenRefusal.OTHER_BEARER);
    }
    caller.become(fresh.standing().token);
    return live.recheck(caller)
        .<TokenAdmission>map(
            why -> {
              caller.revoke();
              return new Refused(why);
            })
        .orElseGet(() -> new Welcome(caller));
  }

  private Mono<TokenAdmission> check(Presented presented) {
    if (hearing.deaf()) {
      return Mono.just(new Refused(TokenRefusal.CANNOT_HEAR));
    }
    if (bundles.current() == null) {
      return Mono.just(new Refused(TokenRefusal.POLICY_UNAVAILABLE));
    }
    return jws.check(presented.token(), IssuerJws.Format.GATEWAY_TOKEN)
        .flatMap(
            check ->
                switch (check) {
                  case JwsCheck.Bad(JwsCheck.Fault fault) ->
                      Mono.<TokenAdmission>just(new Refused(refusal(fault)));
                  case JwsCheck.Good(JWTClaimsSet claims) -> checkClaims(claims, presented);
                });
  }

  private Mono<TokenAdmission> checkClaims(JWTClaimsSet claims, Presented presented) {
    Optional<GatewayToken> read = TokenReader.read(claims);
    if (read.isEmpty()) {
      return Mono.just(new Refused(TokenRefusal.TOKEN_MALFORMED));
    }
    GatewayToken token = read.get();
    return LiveCallers.refusal(revocations, token)
        .map(why -> Mono.<TokenAdmission>just(new Refused(why)))
        .orElseGet(
            () ->
                proofs
                    .refusal(presented, token.jkt())
                    .map(refusal -> admission(token, refusal, presented)));
  }

  private TokenAdmission admission(
      GatewayToken token, Optional<TokenRefusal> refusal, Presented presented) {
    return refusal
        .<TokenAdmission>map(Refused::new)
        .orElseGet(
            () -> {
              Caller caller = new Caller(token, presented.remote(), clock);
              return live.recheck(caller)
                  .<TokenAdmission>map(Refused::new)
                  .orElseGet(() -> new Welcome(caller));
            });
  }

  private TokenAdmission counted(TokenAdmission admission) {
    if (admission instanceof Refused(TokenRefusal why)) {
      meters
          .counter(
              "sallyport.door.token.refused",
              "reason",
              why.name().toLowerCase(java.util.Locale.ROOT))
          .increment();
    }
    return admission;
  }

  private static TokenRefusal refusal(JwsCheck.Fault fault) {
    return switch (fault) {
      case TOO_LARGE, MALFORMED, WRONG_TYPE, WRONG_ALGORITHM -> TokenRefusal.TOKEN_MALFORMED;
      case UNKNOWN_KEY -> TokenRefusal.TOKEN_UNKNOWN_KEY;
      case BAD_SIGNATURE -> TokenRefusal.TOKEN_BAD_SIGNATURE;
      case WRONG_ISSUER -> TokenRefusal.TOKEN_WRONG_ISSUER;
      case WRONG_AUDIENCE -> TokenRefusal.TOKEN_WRONG_AUDIENCE;
      case EXPIRED -> TokenRefusal.TOKEN_EXPIRED;
      case NOT_YET_VALID -> TokenRefusal.TOKEN_NOT_YET_VALID;
    };
  }
}

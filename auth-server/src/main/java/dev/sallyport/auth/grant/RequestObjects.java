package dev.sallyport.auth.grant;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.util.JSONArrayUtils;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.SecurityProfile;
import dev.sallyport.auth.token.IssuerSettings;
import dev.sallyport.auth.token.JwsVerification;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Request objects (RFC 9101): the parameters of an authorization request as a JWT that its client
 * signed with a key that it registered. Unsigned ones are not offered. What is in the object is the
 * whole request (§6.3): nothing beside it counts.
 */
@Component
final class RequestObjects {

  private static final int LENGTH_MAX = 12 * 1024;
  private static final int PARAMETERS_MAX = 50;
  private static final Duration SKEW = Duration.ofSeconds(60);

  /** FAPI 2.0 Message Signing §5.3.1: an hour, either way. */
  private static final Duration LIFE_MAX = Duration.ofMinutes(60);

  /** §10.8; {@code JWT} for libraries that know no other. */
  private static final Set<JOSEObjectType> TYPES =
      Set.of(new JOSEObjectType("oauth-authz-req+jwt"), JOSEObjectType.JWT);

  /** About the object, not parameters of the request. */
  private static final Set<String> ABOUT = Set.of("iss", "aud", "exp", "nbf", "iat", "jti", "sub");

  private final ClientSignatures signatures;
  private final IssuerSettings issuer;

  RequestObjects(ClientSignatures signatures, IssuerSettings issuer) {
    this.signatures = signatures;
    this.issuer = issuer;
  }

  /** What came of reading one. */
  sealed interface Reading {
    /**
     * @param parameters the request, as if it had been sent plainly
     */
    record Read(Map<String, String[]> parameters) implements Reading {}

    record Refused(String description) implements Reading {}
  }

  /**
   * Reads a request object of this client.
   *
   * @param at when it must be good
   */
  Reading read(String object, Client client, Instant at) {
    if (object.length() > LENGTH_MAX || !JwsVerification.compact(object)) {
      return new Reading.Refused("the request object is no signed JWT, or too long");
    }
    try {
      SignedJWT jwt = SignedJWT.parse(object);
      if (jwt.getHeader().getCriticalParams() != null
          || !(jwt.getHeader().getType() == null || TYPES.contains(jwt.getHeader().getType()))) {
        return new Reading.Refused("the request object is a JWT of another type");
      }
      String alg = client.metadata().algorithms().requestObject();
      if (!signatures.signed(jwt, client, alg)) {
        return new Reading.Refused(
            "the request object is not signed with a key that the client registered, by "
                + (alg == null
                    ? String.join(", ", new TreeSet<>(client.profile().clientAlgs()))
                    : alg));
      }
      JWTClaimsSet claims = jwt.getJWTClaimsSet();
      String fault = fault(claims, client, at);
      return fault == null ? parameters(claims, client) : new Reading.Refused(fault);
    } catch (ParseException | RuntimeException malformed) {
      return new Reading.Refused("the request object is malformed");
    }
  }

  private @Nullable String fault(JWTClaimsSet claims, Client client, Instant at) {
    Date expires = claims.getExpirationTime();
    Date notBefore = claims.getNotBeforeTime();
    Date issued = claims.getIssueTime();
    if (!client.clientId().equals(claims.getIssuer())) {
      return "iss of the request object is not the client";
    }
    if (!claims.getAudience().contains(issuer.issuer())) {
      return "aud of the request object is not this server";
    }
    // a client assertion is no request (§10.8)
    if (client.clientId().equals(claims.getSubject())) {
      return "sub of the request object is the client";
    }
    // OpenID Connect Core §6.1 asks for no end; what it says can be sent without a signature, too
    boolean endless = client.profile() == SecurityProfile.WEB && !client.metadata().signedOnly();
    if (expires == null ? !endless : !expires.toInstant().isAfter(at)) {
      return "the request object has expired, or never does";
    }
    if (expires != null && expires.toInstant().isAfter(at.plus(LIFE_MAX).plus(SKEW))) {
      return "the request object is good for more than an hour";
    }
    if (notBefore == null
        ? client.profile() == SecurityProfile.FAPI2
        : notBefore.toInstant().isAfter(at.plus(SKEW))
            || notBefore.toInstant().isBefore(at.minus(LIFE_MAX))) {
      return "nbf of the request object is missing, to come, or more than an hour ago";
    }
    if (issued != null && issued.toInstant().isAfter(at.plus(SKEW))) {
      return "iat of the request object is to come";
    }
    return null;
  }

  private static Reading parameters(JWTClaimsSet claims, Client client) throws ParseException {
    Map<String, String[]> parameters = new LinkedHashMap<>();
    for (Map.Entry<String, Object> claim : claims.getClaims().entrySet()) {
      String name = claim.getKey();
      if (name.equals("request") || name.equals("request_uri")) {
        return new Reading.Refused("there is a request object in the request object");
      }
      if (claim.getValue() != null && !ABOUT.contains(name)) {
        parameters.put(name, text(claim.getValue()));
      }
    }
    if (parameters.size() > PARAMETERS_MAX) {
      return new Reading.Refused("the request object holds too many parameters");
    }
    String[] clientId = parameters.putIfAbsent("client_id", new String[] {client.clientId()});
    return clientId == null || List.of(clientId).equals(List.of(client.clientId()))
        ? new Reading.Read(parameters)
        : new Reading.Refused("client_id of the request object is of another client");
  }

  private static String[] text(Object value) throws ParseException {
    return switch (value) {
      case String text -> new String[] {text};
      case Boolean truth -> new String[] {truth.toString()};
      case Number number -> new String[] {Long.toString(number.longValue())};
      // `claims`, `authorization_details`
      case Map<?, ?> _ -> new String[] {JSONObjectUtils.toJSONString(object(value))};
      case List<?> list when list.stream().allMatch(String.class::isInstance) ->
          list.stream().map(String.class::cast).toArray(String[]::new);
      // `authorization_details`
      case List<?> list when list.stream().allMatch(Map.class::isInstance) ->
          new String[] {JSONArrayUtils.toJSONString(list)};
      default -> throw new ParseException("not a parameter", 0);
    };
  }

  @SuppressWarnings("unchecked") // the parser makes them so
  private static Map<String, ?> object(Object value) {
    return (Map<String, ?>) value;
  }
}

package dev.sallyport.auth.token;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.net.URI;
import java.net.URISyntaxException;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Checks DPoP proofs (RFC 9449 §4.3): form, key, signature, method and URI, age, our nonce, the
 * hash of the access token, and that the proof was not used before.
 */
@Component
public final class DpopProofs {

  static final JOSEObjectType TYP = new JOSEObjectType("dpop+jwt");

  /** Holds a 4096-bit RSA key and its signature with room to spare. */
  static final int LENGTH_MAX = 8 * 1024;

  private static final Pattern ESCAPE = Pattern.compile("%([0-9A-Fa-f]{2})");

  private static final Pattern UNRESERVED = Pattern.compile("[A-Za-z0-9._~-]");

  private static final int JTI_LENGTH_MAX = 256;
  private static final Duration AGE_MAX = Duration.ofMinutes(2);
  private static final Duration SKEW = Duration.ofMinutes(1);

  private final ServerNonces nonces;
  private final SingleUse singleUse;
  private final Clock clock;

  DpopProofs(ServerNonces nonces, SingleUse singleUse, Clock clock) {
    this.nonces = nonces;
    this.singleUse = singleUse;
    this.clock = clock;
  }

  /** As {@link #verify}, and spends the proof. */
  public DpopCheck check(
      String proof, String method, List<String> urls, @Nullable String accessToken) {
    DpopCheck check = verify(proof, method, urls, accessToken);
    return check instanceof DpopCheck.Proven proven && !singleUse.first(proven.once())
        ? DpopCheck.Refused.USED
        : check;
  }

  /**
   * Checks a proof (RFC 9449 section 4.3), all but that it was not used before: the caller spends
   * it with what it proves.
   *
   * @param urls the public URLs of what is asked, without query: one of them was
   * @param accessToken the token presented with the proof, whose hash it must hold
   */
  public DpopCheck verify(
      String proof, String method, List<String> urls, @Nullable String accessToken) {
    if (proof.length() > LENGTH_MAX) {
      return DpopCheck.Refused.invalid("the proof is too long");
    }
    if (!JwsVerification.compact(proof)) {
      return DpopCheck.Refused.invalid("the proof is not a signed JWT");
    }
    SignedJWT jwt;
    JWTClaimsSet claims;
    String nonce;
    String htm;
    String htu;
    String ath;
    try {
      jwt = SignedJWT.parse(proof);
      claims = jwt.getJWTClaimsSet();
      nonce = claims.getStringClaim("nonce");
      htm = claims.getStringClaim("htm");
      htu = claims.getStringClaim("htu");
      ath = claims.getStringClaim("ath");
    } catch (ParseException | RuntimeException malformed) {
      return DpopCheck.Refused.invalid("the proof is not a signed JWT");
    }
    JWSHeader header = jwt.getHeader();
    JWK key = header.getJWK();
    if (!TYP.equals(header.getType()) || key == null || header.getCriticalParams() != null) {
      return DpopCheck.Refused.invalid("the header needs typ `dpop+jwt` and a public `jwk`");
    }
    if (!method.equals(htm) || htu == null || urls.stream().noneMatch(url -> sameUrl(url, htu))) {
      return DpopCheck.Refused.invalid("the proof is for another method or URL");
    }
    if (accessToken != null && (ath == null || !Hashes.same(Hashes.sha256(accessToken), ath))) {
      return DpopCheck.Refused.invalid("`ath` is not the hash of the access token");
    }
    String jti = claims.getJWTID();
    if (jti == null || jti.isEmpty() || jti.length() > JTI_LENGTH_MAX) {
      return DpopCheck.Refused.invalid("`jti` is missing or too long");
    }
    if (nonce == null || !nonces.valid(nonce)) {
      return new DpopCheck.Refused("use_dpop_nonce", "the proof needs a nonce of this server");
    }
    Instant now = clock.instant();
    Date issuedAt = claims.getIssueTime();
    if (issuedAt == null
        || issuedAt.toInstant().isBefore(now.minus(AGE_MAX))
        || issuedAt.toInstant().isAfter(now.plus(SKEW))) {
      return DpopCheck.Refused.invalid("`iat` is missing, too old or in the future");
    }
    Date expires = claims.getExpirationTime();
    Date notBefore = claims.getNotBeforeTime();
    if ((expires != null && !expires.toInstant().isAfter(now))
        || (notBefore != null && notBefore.toInstant().isAfter(now.plus(SKEW)))) {
      // neither is asked for, but who says so means it (RFC 7519 §4.1.4, §4.1.5)
      return DpopCheck.Refused.invalid("the proof has expired, or is not good before later");
    }
    if (!JwsVerification.signedBy(jwt, key)) {
      return DpopCheck.Refused.invalid("the signature does not verify");
    }
    String jkt;
    try {
      jkt = key.computeThumbprint().toString();
    } catch (JOSEException e) {
      return DpopCheck.Refused.invalid("the key has no thumbprint");
    }
    return new DpopCheck.Proven(
        jkt, SingleUse.once("dpop:" + jkt, jti, now.plus(AGE_MAX).plus(SKEW).plus(SKEW)));
  }

  /** RFC 9449 §4.3: without query and fragment, after RFC 3986 normalization. */
  private static boolean sameUrl(String expected, String actual) {
    try {
      return normal(new URI(unescaped(expected))).equals(normal(new URI(unescaped(actual))));
    } catch (URISyntaxException e) {
      return false;
    }
  }

  /** RFC 3986 §6.2.2.1, §6.2.2.2: what needs no escape has none, and hexadecimal is upper case. */
  private static String unescaped(String url) {
    return ESCAPE
        .matcher(url)
        .replaceAll(
            escape -> {
              char octet = (char) Integer.parseInt(escape.group(1), 16);
              String plain =
                  UNRESERVED.matcher(String.valueOf(octet)).matches()
                      ? String.valueOf(octet)
                      : escape.group().toUpperCase(Locale.ROOT);
              return Matcher.quoteReplacement(plain);
            });
  }

  private static String normal(URI uri) {
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    String host = uri.getHost() == null ? "" : uri.getHost().toLowerCase(Locale.ROOT);
    int port = uri.getPort();
    if (port == -1) {
      port = "https".equals(scheme) ? 443 : 80;
    }
    String path = uri.normalize().getRawPath();
    return scheme + "://" + host + ':' + port + (path == null || path.isEmpty() ? "/" : path);
  }
}

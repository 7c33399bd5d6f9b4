package dev.sallyport.auth.client;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * The one set of rules that a client lives by; the table is in {@code auth-server/README.md}.
 * Enforced when a client is registered and again whenever it asks for something.
 */
public enum SecurityProfile {
  /** Public chat clients: PKCE S256, DPoP with server nonces, rotating refresh tokens. */
  CHAT,
  /**
   * Confidential clients with high stakes: {@code private_key_jwt} or mTLS, PKCE S256, PAR, tokens
   * bound by DPoP or mTLS.
   */
  FAPI2,
  /** Ordinary confidential relying parties: bearer tokens, PKCE enforced when sent. */
  WEB;

  /** As it is written in the database, in configuration and in policies: {@code chat}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The profile of that name, as {@link #text} writes it. */
  public static Optional<SecurityProfile> named(String text) {
    return Arrays.stream(values()).filter(profile -> profile.text().equals(text)).findFirst();
  }

  /** Whether every token of such a client is bound to a key of its own. */
  public boolean senderConstrained() {
    return this != WEB;
  }

  /** Whether such a client may exchange tokens for one of the gateway. */
  public boolean mayReachGateway() {
    return this != WEB;
  }

  /** By which ID tokens are signed where nothing is said. */
  public String idTokenAlg() {
    return this == WEB ? "RS256" : "ES256";
  }

  /**
   * By which such a client may sign assertions and request objects: those of FAPI 2.0 §5.4, and
   * RS256 (OpenID Connect Core §15.1) for ordinary relying parties.
   */
  public Set<String> clientAlgs() {
    return this == WEB ? CLIENT_ALGS_OF_WEB : CLIENT_ALGS;
  }

  private static final Set<String> CLIENT_ALGS = Set.of("ES256", "PS256", "EdDSA");
  private static final Set<String> CLIENT_ALGS_OF_WEB = Set.of("ES256", "PS256", "EdDSA", "RS256");
}

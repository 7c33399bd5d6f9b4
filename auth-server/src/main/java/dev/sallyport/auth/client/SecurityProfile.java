package dev.sallyport.auth.client;

import java.util.Locale;

/**
 * The one set of rules that a client lives by; the table is in {@code auth-server/README.md}.
 * Enforced when a client is registered and again whenever it asks for something.
 */
public enum SecurityProfile {
  /** Public chat clients: PKCE S256, DPoP with server nonces, rotating refresh tokens. */
  CHAT,
  /** Confidential clients with high stakes: {@code private_key_jwt}, PKCE S256, DPoP, PAR. */
  FAPI2,
  /** Ordinary confidential relying parties: bearer tokens, PKCE enforced when sent. */
  WEB;

  /** As it is written in the database, in configuration and in policies: {@code chat}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether every token of such a client is bound to its DPoP key. */
  public boolean senderConstrained() {
    return this != WEB;
  }

  /** Whether such a client may exchange tokens for one of the gateway. */
  public boolean mayReachGateway() {
    return this != WEB;
  }
}

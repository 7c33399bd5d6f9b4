package dev.sallyport.client;

/**
 * Where a {@link Connection} gets its gateway tokens. {@link Session} is the usual one; tests may
 * have another. Thread-safe; may block.
 */
public interface GatewayTokens {

  /**
   * A token that lives for a while yet, for this device.
   *
   * @throws OAuthException when the issuer refuses one
   * @throws java.io.UncheckedIOException when the issuer cannot be reached
   */
  String current();

  /**
   * One that was obtained just now: for a refresh in band, or after the gateway refused the last.
   */
  String renewed();
}

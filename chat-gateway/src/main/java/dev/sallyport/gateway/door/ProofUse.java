package dev.sallyport.gateway.door;

/**
 * A DPoP proof that is good but for its nonce, and whether it was used before: what the gateway
 * knows whose nonce it carries.
 */
public record ProofUse(String nonce, String jkt, String jti) {

  /** What came of it. */
  public enum Outcome {
    FIRST,
    REPEATED,
    /** The nonce is too old, or of no gateway that could be asked. */
    UNKNOWN
  }
}

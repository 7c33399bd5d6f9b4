package dev.sallyport.auth.token;

/** What came of checking a DPoP proof. */
public sealed interface DpopCheck {

  /**
   * The proof is good.
   *
   * @param jkt RFC 7638 thumbprint of the key that the proof shows possession of
   * @param once its {@code jti}, by which it is used once
   */
  record Proven(String jkt, SingleUse.Once once) implements DpopCheck {}

  /**
   * The proof, or its absence, is at fault.
   *
   * @param error {@code invalid_dpop_proof} or {@code use_dpop_nonce}
   */
  record Refused(String error, String description) implements DpopCheck {

    /** RFC 9449 §11.1. */
    public static final Refused USED = invalid("the proof was used before");

    public static Refused invalid(String description) {
      return new Refused("invalid_dpop_proof", description);
    }
  }
}

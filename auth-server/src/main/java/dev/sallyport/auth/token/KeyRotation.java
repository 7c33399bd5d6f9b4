package dev.sallyport.auth.token;

/** Changes signing keys without a verifier noticing. */
public interface KeyRotation {

  /**
   * Makes the next key of a purpose. It is published at once and signs only when every cache of the
   * old JWKS has run out; the old key stays published until what it signed has expired. Does
   * nothing while an earlier rotation is under way.
   */
  void rotate(KeyPurpose purpose);
}

package dev.sallyport.auth.totp;

import java.io.Serial;
import java.io.Serializable;

/**
 * A secret offered to someone who is enrolling, sealed: it waits in that browser's session until a
 * code confirms it. One offered to another browser is another secret.
 */
public final class EnrolmentOffer implements Serializable {

  @Serial private static final long serialVersionUID = 1;

  private final byte[] sealedSecret;

  EnrolmentOffer(byte[] sealedSecret) {
    this.sealedSecret = sealedSecret.clone();
  }

  byte[] sealedSecret() {
    return sealedSecret.clone();
  }
}

package dev.sallyport.auth.federation;

import java.io.Serial;
import java.io.Serializable;

/**
 * Someone as a provider's checked ID token names them. Two are the same person if {@code idp},
 * {@code issuer} and {@code subject} are equal, and by nothing else.
 *
 * @param label for its owner's eyes: e-mail address or name
 */
public record ProviderIdentity(String idp, String issuer, String subject, String label)
    implements Serializable {

  @Serial private static final long serialVersionUID = 1;

  private static final int LABEL_MAX = 254;

  public ProviderIdentity {
    String printable = label.replaceAll("\\p{Cntrl}", "");
    label = printable.length() <= LABEL_MAX ? printable : printable.substring(0, LABEL_MAX);
  }
}

package dev.sallyport.auth.grant;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the holder of an access token must show with it ({@code cnf}, RFC 7800): all that is here.
 *
 * @param jkt a DPoP key (RFC 9449 §6.1); null: none
 * @param x5t a TLS client certificate, by its thumbprint (RFC 8705 §3.1); null: none
 */
record Binding(@Nullable String jkt, @Nullable String x5t) {

  private static final String JKT = "jkt";
  private static final String X5T = "x5t#S256";

  /** As a claim; empty for a bearer token. */
  Map<String, Object> claim() {
    Map<String, Object> cnf = new LinkedHashMap<>();
    if (jkt != null) {
      cnf.put(JKT, jkt);
    }
    if (x5t != null) {
      cnf.put(X5T, x5t);
    }
    return cnf;
  }

  static Binding of(@Nullable Map<String, Object> cnf) {
    return cnf == null
        ? new Binding(null, null)
        : new Binding(
            cnf.get(JKT) instanceof String jkt ? jkt : null,
            cnf.get(X5T) instanceof String x5t ? x5t : null);
  }
}

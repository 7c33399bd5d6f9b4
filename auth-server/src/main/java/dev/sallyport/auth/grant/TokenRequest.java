package dev.sallyport.auth.grant;

import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.token.DpopCheck;
import dev.sallyport.auth.token.SingleUse;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A request to the token endpoint whose client is authenticated and whose DPoP proof is checked,
 * but not spent.
 *
 * @param proof absent without one
 * @param x5t the certificate with which it came, by its thumbprint; absent where it came without
 * @param ip where it came from
 */
record TokenRequest(
    Client client, Form form, DpopCheck.@Nullable Proven proof, @Nullable String x5t, String ip) {

  /** The key that the proof shows possession of; absent without a proof. */
  @Nullable String jkt() {
    return proof == null ? null : proof.jkt();
  }

  /** What has to be used for the first time now; absent without a proof. */
  SingleUse.@Nullable Once once() {
    return proof == null ? null : proof.once();
  }

  /** What the tokens asked for are to be bound to. */
  Binding binding() {
    return new Binding(jkt(), client.boundToCertificate() ? x5t : null);
  }

  /** The scopes asked for; empty when none were. */
  Set<String> scopes() {
    return form.one("scope").map(scope -> Set.copyOf(List.of(scope.split(" +")))).orElse(Set.of());
  }
}

package dev.sallyport.auth.pairing;

import dev.sallyport.auth.detail.AuthorizationDetails;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A device that waits, as the one who is asked sees it.
 *
 * @param clientName as it is registered now
 * @param details the rooms and actions that it is limited to; null: not limited
 * @param address from where the device asked
 * @param userAgent what it called itself, cut short
 */
public record PairingRequest(
    String id,
    String clientId,
    String clientName,
    Set<String> scopes,
    @Nullable AuthorizationDetails details,
    String address,
    String userAgent,
    Instant requestedAt) {

  public PairingRequest {
    scopes = Set.copyOf(scopes);
  }
}

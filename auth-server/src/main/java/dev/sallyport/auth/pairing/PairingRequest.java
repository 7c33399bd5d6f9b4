package dev.sallyport.auth.pairing;

import java.time.Instant;
import java.util.Set;

/**
 * A device that waits, as the one who is asked sees it.
 *
 * @param clientName as it is registered now
 * @param request the parameters as {@code grant} keeps them, JSON
 * @param address from where the device asked
 * @param userAgent what it called itself, cut short
 */
public record PairingRequest(
    String id,
    String clientId,
    String clientName,
    Set<String> scopes,
    String request,
    String address,
    String userAgent,
    Instant requestedAt) {

  public PairingRequest {
    scopes = Set.copyOf(scopes);
  }
}

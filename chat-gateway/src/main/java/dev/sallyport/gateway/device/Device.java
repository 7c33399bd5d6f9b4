package dev.sallyport.gateway.device;

import com.google.protobuf.ByteString;

/**
 * A live device.
 *
 * @param credential the compact serialization of its device credential, as the issuer signed it
 * @param signatureKey Ed25519, public, 32 bytes
 * @param name what its owner calls it, and nobody else sees; empty for nothing
 * @param credentialExpiresAt milliseconds since the Unix epoch, as is registeredAt
 */
public record Device(
    String id,
    String userId,
    String credential,
    ByteString signatureKey,
    long credentialExpiresAt,
    long registeredAt,
    String name) {

  @Override
  public String toString() {
    return "Device[" + id + " of " + userId + "]";
  }
}

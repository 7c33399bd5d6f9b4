package dev.sallyport.gateway.device;

import com.google.protobuf.ByteString;

/**
 * A device credential that was verified (decision 0002).
 *
 * @param signatureKey Ed25519, public, 32 bytes: {@code cnf.jwk}
 */
record DeviceCredential(
    String compact, String userId, String deviceId, ByteString signatureKey, long expiresAtMillis) {

  @Override
  public String toString() {
    return "DeviceCredential[" + deviceId + " of " + userId + "]";
  }
}

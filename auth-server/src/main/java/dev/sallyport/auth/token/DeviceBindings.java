package dev.sallyport.auth.token;

/**
 * What the token endpoint asks of the devices: an interface here, so that packages form no cycle.
 */
@FunctionalInterface
public interface DeviceBindings {

  /**
   * Whether this is a live device of the account whose gateway tokens are bound to that DPoP key.
   *
   * @param jkt RFC 7638 thumbprint
   */
  boolean bound(String accountId, String deviceId, String jkt);
}

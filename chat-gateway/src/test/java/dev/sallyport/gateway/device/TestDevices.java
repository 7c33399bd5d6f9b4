package dev.sallyport.gateway.device;

import dev.sallyport.gateway.door.Caller;
import dev.sallyport.gateway.room.Gateway;

/** Registers devices for tests of other packages. */
public final class TestDevices {

  private TestDevices() {}

  /** Whether the device is the user's, and has that name now. */
  public static boolean rename(Devices devices, String userId, String deviceId, String name) {
    return Gateway.join(devices.rename(userId, deviceId, name))
        .filter(device -> device.name().equals(name))
        .isPresent();
  }

  /** Whether the caller's device is registered with that credential. */
  public static boolean register(Devices devices, Caller caller, String credential) {
    return Gateway.join(devices.register(caller, Gateway.deviceOf(caller), credential))
        instanceof Devices.Registration.Registered;
  }
}

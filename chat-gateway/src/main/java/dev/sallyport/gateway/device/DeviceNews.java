package dev.sallyport.gateway.device;

/** Who is told that a device was registered or revoked, and has to tell those it concerns. */
public interface DeviceNews {
  /** There is something in {@link Devices#unannounced()}; must not block. */
  void arrived();
}

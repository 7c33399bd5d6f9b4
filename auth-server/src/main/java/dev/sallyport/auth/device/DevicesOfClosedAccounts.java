package dev.sallyport.auth.device;

import dev.sallyport.auth.signal.EventRecorded;
import dev.sallyport.auth.signal.SecurityEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/** Revokes the devices of an account in the transaction in which it is closed. */
@Component
class DevicesOfClosedAccounts {

  private final Devices devices;

  DevicesOfClosedAccounts(Devices devices) {
    this.devices = devices;
  }

  @EventListener
  void on(EventRecorded recorded) {
    if (recorded.event() instanceof SecurityEvent.AccountClosed(String accountId)) {
      devices
          .ofAccount(accountId)
          .forEach(device -> devices.revoke(accountId, device.deviceId(), recorded.actor()));
    }
  }
}

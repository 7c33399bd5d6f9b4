package dev.sallyport.auth.admin;

import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.device.Devices;
import dev.sallyport.auth.policy.Inquiry.Resource;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.token.ApiCaller;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Map;
import org.springframework.http.ResponseEntity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** The devices of an account. */
@RestController
@RequestMapping("/v1/admin/accounts" + AccountEndpoint.ID + "/devices")
class AccountDeviceEndpoint {

  private final Accounts accounts;
  private final Devices devices;
  private final AdminDoor door;

  AccountDeviceEndpoint(Accounts accounts, Devices devices, AdminDoor door) {
    this.accounts = accounts;
    this.devices = devices;
    this.door = door;
  }

  @GetMapping
  Map<String, Object> list(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("id") String id) {
    door.pass(request, caller, "account.read", Resource.account(id));
    if (accounts.byId(id).isEmpty()) {
      throw RequestRefused.notFound("account");
    }
    return Map.of("devices", devices.ofAccount(id).stream().map(AccountDocuments::device).toList());
  }

  /** Its open sockets close within a second; its credential is refused from then on. */
  @DeleteMapping("/{device_id:" + Texts.UUID + "}")
  ResponseEntity<?> revoke(
      HttpServletRequest request,
      @AuthenticationPrincipal ApiCaller caller,
      @PathVariable("id") String id,
      @PathVariable("device_id") String deviceId) {
    door.pass(request, caller, "device.revoke", Resource.account(id));
    if (!devices.revoke(id, deviceId, Actor.admin(caller.sub()))) {
      throw RequestRefused.notFound("live device of this account");
    }
    return ResponseEntity.noContent().build();
  }
}

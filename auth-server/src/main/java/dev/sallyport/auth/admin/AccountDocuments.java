package dev.sallyport.auth.admin;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.device.Device;
import dev.sallyport.auth.session.SignInSession;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** Accounts, sessions and devices as the admin API shows them. */
final class AccountDocuments {

  private AccountDocuments() {}

  static Map<String, Object> account(Account account) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("id", account.id());
    document.put("username", account.username());
    document.put("display_name", account.displayName());
    document.put("email", account.email());
    document.put("email_verified", account.emailVerified());
    document.put("roles", new TreeSet<>(account.roles()));
    document.put("groups", new TreeSet<>(account.groups()));
    document.put("attributes", new TreeMap<>(account.attributes()));
    document.put("suspended", account.suspended());
    document.put("closed", account.closed());
    document.put("created_at", account.createdAt());
    document.put("version", account.version());
    return document;
  }

  static Map<String, Object> session(SignInSession session) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("sid", session.sid());
    document.put("auth_time", session.authTime());
    document.put("acr", session.acr());
    document.put("amr", session.amr());
    document.put("user_agent", session.userAgent());
    document.put("address", session.address());
    document.put("expires_at", session.expiresAt());
    return document;
  }

  static Map<String, Object> device(Device device) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("device_id", device.deviceId());
    document.put("name", device.name());
    document.put("created_at", device.createdAt());
    document.put("credential_expires_at", device.credentialExpiresAt());
    return document;
  }
}

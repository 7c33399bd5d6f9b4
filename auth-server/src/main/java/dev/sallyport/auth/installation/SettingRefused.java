package dev.sallyport.auth.installation;

/**
 * A setting is missing or wrong, so the server must not start. The message is one lower-case line
 * for the operator; it names the property and never contains a secret.
 */
public final class SettingRefused extends RuntimeException {

  public SettingRefused(String message) {
    super(message);
  }

  public SettingRefused(String message, Throwable cause) {
    super(message, cause);
  }
}

package dev.sallyport.auth.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpSession;
import java.util.Arrays;
import java.util.Optional;

/**
 * What the next account page says, once. It waits in the browser's session: said by the address, a
 * link from elsewhere could make the page say it.
 */
enum Notice {
  PASSWORD_CHANGED(
      "Your password is changed. Wherever else you were signed in, you are signed out.", false),
  AUTHENTICATOR_REPLACED(
      "Your authenticator app is set up. Wherever else you were signed in, you are signed out.",
      false),
  PASSWORD_CHOSEN("Your password is saved. Sign in with it.", false),
  ACCOUNT_MADE("Your account is made. Sign in with your address and your password.", false),
  LINK_SENT("A link is on its way to that address. Follow it to confirm the address.", false),
  EMAIL_CONFIRMED("The address is confirmed.", false),
  PASSKEY_ADDED("The passkey is added. You can sign in with it from now on.", false),
  PASSKEY_NAMED("The passkey has its new name.", false),
  PASSKEY_REMOVED("The passkey opens nothing here any longer.", false),
  CODES_SET_UP("Codes are sent there from now on.", false),
  CODES_REMOVED("No more codes are sent there.", false),
  AUTHENTICATOR_REMOVED("The authenticator app opens nothing here any longer.", false),
  LAST_FACTOR("This is your only second factor. Set up another one first.", true),
  DEVICES_REMOVED("All devices were removed. Their connections are closed.", false),
  SESSION_ENDED("The session was ended.", false),
  OTHERS_ENDED("All other sessions were ended.", false),
  APPLICATION_REMOVED(
      "The application has no access any longer. It asks you anew, if you use it again.", false),
  DEVICE_REMOVED("The device was removed. Its connections are closed.", false),
  LINKED("The identity is linked. You can sign in with it from now on.", false),
  UNLINKED("The identity is no longer linked.", false),
  EXPIRED("The page had been open for too long, and nothing was changed. Please try again.", true),
  PROVIDER_FAILED("That did not work. Nothing was linked.", true),
  PROVIDER_AWAY("This provider cannot be reached now. Please try again later.", true),
  LAST_WAY("This is the only way in to your account. Set a password or add a passkey first.", true),
  TAKEN("This identity is linked to another account. It must be unlinked there first.", true);

  private static final String ATTRIBUTE = "sallyport.notice";

  private final String text;
  private final boolean error;

  Notice(String text, boolean error) {
    this.text = text;
    this.error = error;
  }

  String text() {
    return text;
  }

  /** Whether something did not happen that was wanted. */
  boolean error() {
    return error;
  }

  /** Leaves it for the next page; where the browser has no session, nobody is there to read it. */
  void leave(HttpServletRequest request) {
    HttpSession browser = request.getSession(false);
    if (browser != null) {
      browser.setAttribute(ATTRIBUTE, name());
    }
  }

  /** Takes what was left. */
  static Optional<Notice> take(HttpServletRequest request) {
    HttpSession browser = request.getSession(false);
    if (browser == null || !(browser.getAttribute(ATTRIBUTE) instanceof String left)) {
      return Optional.empty();
    }
    browser.removeAttribute(ATTRIBUTE);
    return Arrays.stream(values()).filter(notice -> notice.name().equals(left)).findFirst();
  }
}

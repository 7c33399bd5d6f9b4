package dev.sallyport.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.jspecify.annotations.Nullable;

/** Someone at a browser: goes through the auth-server's pages as a person does. */
final class Person {

  private static final int PAGES_MAX = 12;

  final String username;
  private final String password;
  final Browser.Tab browser;
  private @Nullable Authenticator authenticator;

  Person(String username, String password, Browser.Tab browser) {
    this.username = username;
    this.password = password;
    this.browser = browser;
  }

  Authenticator authenticator() {
    return java.util.Objects.requireNonNull(authenticator, "no second factor enrolled");
  }

  /** Password only; the page that follows. */
  Browser.Page enterPassword(String url) {
    var page = browser.open(url);
    assertTrue(page.shows("sign-in"), () -> "expected the sign-in page, got " + page);
    return browser.fill("username", username).fill("password", password).click("sign-in");
  }

  /** On the enrolment page: scans the code as a camera would. */
  Authenticator scan() {
    var scanned = Authenticator.scan(browser.qrCode("totp-qr"));
    assertEquals(
        scanned.secret(),
        browser.text("totp-secret").replace(" ", ""),
        "the QR code and the text name the same secret");
    authenticator = scanned;
    return scanned;
  }

  Browser.Page enterCode(String code, String button) {
    return browser.fill("code", code).click(button);
  }

  /**
   * Answers whatever the pages ask until they ask for nothing more: password, second factor
   * (enrolling it if none is there), consent. The last page.
   */
  Browser.Page signIn(String url) {
    var page = browser.open(url);
    for (int i = 0; i < PAGES_MAX; i++) {
      var shown = page;
      assertEquals("", page.error(), () -> username + " at " + shown.url());
      if (page.shows("sign-in")) {
        page = browser.fill("username", username).fill("password", password).click("sign-in");
      } else if (page.shows("enrol")) {
        page = enterCode(scan().freshCode(), "enrol");
      } else if (page.shows("verify")) {
        page = enterCode(authenticator().freshCode(), "verify");
      } else if (page.shows("continue")) {
        page = browser.click("continue");
      } else if (page.shows("allow")) {
        page = browser.click("allow");
      } else {
        return page;
      }
    }
    throw new AssertionError(username + " is still asked at " + page.url());
  }
}

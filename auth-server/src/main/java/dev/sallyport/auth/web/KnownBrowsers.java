package dev.sallyport.auth.web;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sallyport.auth.password.Attempt;
import dev.sallyport.auth.vault.RandomIds;
import dev.sallyport.auth.vault.Vault;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.springframework.stereotype.Component;

/**
 * Browsers in which someone has signed in completely, by a sealed cookie. Such a browser counts its
 * wrong passwords apart, so that strangers who guess cannot lock the owner out. It is no proof of
 * anyone, and opens nothing.
 */
@Component
class KnownBrowsers {

  static final String COOKIE = "SALLYPORT_AUTH_KNOWN";

  private static final String PURPOSE = "known-browser";
  private static final Duration LIFE = Duration.ofDays(90);
  private static final int ID_BYTES = 16;

  /** A browser at home has few owners; the cookie stays small. */
  private static final int ACCOUNTS_MAX = 4;

  /** Id, expiry and accounts, as text: {@code id seconds account account…}. */
  private record Known(String id, Instant expiresAt, List<String> accountIds) {}

  private final OwnCookies cookies;
  private final Vault vault;
  private final RandomIds ids;
  private final Clock clock;

  KnownBrowsers(OwnCookies cookies, Vault vault, RandomIds ids, Clock clock) {
    this.cookies = cookies;
    this.vault = vault;
    this.ids = ids;
    this.clock = clock;
  }

  /** From where this request tries a password. */
  Attempt attempt(HttpServletRequest request) {
    String address = request.getRemoteAddr();
    return known(request)
        .map(known -> Attempt.from(address, known.id(), Set.copyOf(known.accountIds())))
        .orElseGet(() -> Attempt.from(address));
  }

  /** The owner of this account has signed in with this browser, completely. */
  void remember(String accountId, HttpServletRequest request, HttpServletResponse response) {
    Optional<Known> before = known(request);
    Set<String> accounts = new LinkedHashSet<>();
    accounts.add(accountId);
    before.ifPresent(known -> accounts.addAll(known.accountIds()));
    String text =
        before.map(Known::id).orElseGet(() -> ids.base64url(ID_BYTES))
            + " "
            + clock.instant().plus(LIFE).getEpochSecond()
            + " "
            + String.join(" ", accounts.stream().limit(ACCOUNTS_MAX).toList());
    String sealed =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(vault.seal(text.getBytes(UTF_8), PURPOSE));
    cookies.write(response, COOKIE, sealed, LIFE);
  }

  private Optional<Known> known(HttpServletRequest request) {
    try {
      return cookies
          .read(request, COOKIE)
          .filter(value -> value.length() <= OwnCookies.VALUE_LENGTH_MAX)
          .map(value -> vault.open(Base64.getUrlDecoder().decode(value), PURPOSE))
          .map(bytes -> new String(bytes, UTF_8).split(" "))
          .map(
              words ->
                  new Known(
                      words[0],
                      Instant.ofEpochSecond(Long.parseLong(words[1])),
                      Arrays.asList(words).subList(2, words.length)))
          .filter(known -> clock.instant().isBefore(known.expiresAt()));
    } catch (IllegalArgumentException | Vault.SealBroken e) {
      return Optional.empty();
    }
  }
}

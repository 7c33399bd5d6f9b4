package dev.sallyport.auth.grant;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.client.Scopes;
import dev.sallyport.auth.person.PersonCard;
import dev.sallyport.auth.person.PersonCards;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** The claims about a person (OpenID Connect Core §5.1), and the scopes that open them (§5.4). */
@Component
final class PersonClaims {

  /** In the order of §5.1. */
  private static final List<String> OF_PROFILE =
      List.of(
          "name",
          "given_name",
          "family_name",
          "middle_name",
          "nickname",
          "preferred_username",
          "profile",
          "picture",
          "website",
          "gender",
          "birthdate",
          "zoneinfo",
          "locale",
          "updated_at");

  private static final Map<String, String> SCOPES = scopes();

  static final Set<String> NAMES = SCOPES.keySet();

  private final PersonCards cards;

  PersonClaims(PersonCards cards) {
    this.cards = cards;
  }

  private static Map<String, String> scopes() {
    Map<String, String> scopes = new LinkedHashMap<>();
    OF_PROFILE.forEach(claim -> scopes.put(claim, Scopes.PROFILE));
    scopes.put("email", Scopes.EMAIL);
    scopes.put("email_verified", Scopes.EMAIL);
    scopes.put("address", Scopes.ADDRESS);
    scopes.put("phone_number", Scopes.PHONE);
    scopes.put("phone_number_verified", Scopes.PHONE);
    return scopes;
  }

  static String scopeOf(String claim) {
    String scope = SCOPES.get(claim);
    if (scope == null) {
      throw new IllegalArgumentException("no such claim: " + claim);
    }
    return scope;
  }

  /** All that these scopes open. */
  static Set<String> openedBy(Set<String> scopes) {
    return NAMES.stream()
        .filter(claim -> scopes.contains(scopeOf(claim)))
        .collect(Collectors.toSet());
  }

  /** Those of the claims wanted that are known of the person. */
  Map<String, Object> of(Account account, Predicate<String> wanted) {
    boolean card = wanted.test("updated_at") || PersonCards.CLAIMS.stream().anyMatch(wanted);
    return of(account, card ? cards.of(account.id()) : PersonCard.BLANK, wanted);
  }

  static Map<String, Object> of(Account account, PersonCard card, Predicate<String> wanted) {
    Map<String, Object> known = new LinkedHashMap<>(card.claims());
    if (known.containsKey("phone_number")) {
      known.putIfAbsent("phone_number_verified", false);
    }
    known.put("name", account.displayName());
    known.put("preferred_username", account.username());
    known.put("email", account.email());
    known.put("email_verified", account.email() == null ? null : account.emailVerified());
    known.put(
        "updated_at",
        Objects.requireNonNullElse(card.updatedAt(), account.createdAt()).getEpochSecond());
    Map<String, Object> claims = new LinkedHashMap<>();
    NAMES.forEach(name -> put(claims, name, known.get(name), wanted));
    return claims;
  }

  private static void put(
      Map<String, Object> claims, String name, @Nullable Object value, Predicate<String> wanted) {
    if (value != null && wanted.test(name)) {
      claims.put(name, value);
    }
  }
}

package dev.sallyport.auth.account;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The permitted form of everything in an account: tokens carry it, so it is bounded here. */
final class AccountForm {

  private static final Pattern USERNAME = Pattern.compile("[a-z0-9][a-z0-9._@+-]{0,63}");
  private static final Pattern NAME = Pattern.compile("[^\\p{Cntrl}\"\\\\]{1,64}");
  private static final int DISPLAY_NAME_MAX = 128;
  private static final int EMAIL_MAX = 254;

  /** One address that needs no quotes anywhere, so that none can smuggle a second one in. */
  private static final Pattern EMAIL =
      Pattern.compile(
          "(?!.*@.*\\.\\.)[\\p{Alnum}!#$%&'*+/=?^_`{|}~.-]{1,64}@\\p{Alnum}[\\p{Alnum}.-]{0,187}\\p{Alnum}");

  /**
   * Roles, groups and attributes travel whole in every gateway token and in the signal of their
   * change. In bytes, since that is what is signed: with what else a token holds, and base64url,
   * these make 18 KiB, and a gateway has 32 KiB for all headers of a request, a DPoP proof of 8 KiB
   * among them. A security event token may have 64 KiB.
   */
  private static final int CLAIMS_BYTES_MAX = 12 * 1024;

  private static final int NAMES_MAX = 64;

  private static final int ATTRIBUTES_MAX = 32;
  private static final int TEXT_MAX = 256;
  private static final int LIST_MAX = 32;

  private AccountForm() {}

  /** The form in which usernames are kept and compared. */
  static String canonical(String username) {
    return username.strip().toLowerCase(Locale.ROOT);
  }

  /** The form in which addresses are kept and compared. */
  static @Nullable String canonicalEmail(@Nullable String email) {
    return email == null ? null : email.strip().toLowerCase(Locale.ROOT);
  }

  static boolean email(String email) {
    return email.length() <= EMAIL_MAX && EMAIL.matcher(email.strip()).matches();
  }

  static boolean username(String username) {
    return USERNAME.matcher(canonical(username)).matches();
  }

  /** Why this is no account, in one sentence; empty when it is one. */
  static Optional<String> fault(NewAccount account) {
    if (!username(account.username())) {
      return Optional.of(
          "a username has 1 to 64 of `a-z 0-9 . _ @ + -` and begins with a letter or digit");
    }
    String displayName = account.displayName();
    if (displayName.isBlank() || displayName.length() > DISPLAY_NAME_MAX) {
      return Optional.of("a display name has 1 to 128 characters");
    }
    @Nullable String email = account.email();
    if (email != null && !email(email)) {
      return Optional.of("an e-mail address has a name, an `@` and a host, and needs no quotes");
    }
    return fault(account.roles(), account.groups(), account.attributes());
  }

  static Optional<String> fault(
      Set<String> roles, Set<String> groups, Map<String, Object> attributes) {
    if (!names(roles) || !names(groups)) {
      return Optional.of(
          "at most 64 roles and groups each, of 1 to 64 characters without quotes or controls");
    }
    if (!names(attributes.keySet()) || attributes.size() > ATTRIBUTES_MAX) {
      return Optional.of("at most 32 attributes, their names of 1 to 64 characters");
    }
    for (Map.Entry<String, Object> attribute : attributes.entrySet()) {
      if (!permitted(attribute.getValue())) {
        return Optional.of(
            "attribute `"
                + attribute.getKey()
                + "` must be a string of at most 256 characters, a boolean, an integer, or a list of at most 32"
                + " strings");
      }
    }
    return claimsBytes(roles, groups, attributes) <= CLAIMS_BYTES_MAX
        ? Optional.empty()
        : Optional.of(
            "roles, groups and attributes have at most "
                + CLAIMS_BYTES_MAX
                + " bytes together, as JSON in UTF-8");
  }

  private static int claimsBytes(
      Set<String> roles, Set<String> groups, Map<String, Object> attributes) {
    String json = AttributesColumn.json(List.of(roles, groups, attributes));
    // the one pair of characters that the signer of tokens writes longer than this JSON has them
    return json.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029").getBytes(UTF_8).length;
  }

  private static boolean names(Collection<String> names) {
    return names.size() <= NAMES_MAX
        && names.stream().allMatch(name -> NAME.matcher(name).matches());
  }

  private static boolean permitted(Object value) {
    return switch (value) {
      case String text -> text.length() <= TEXT_MAX;
      case Boolean _, Long _, Integer _ -> true;
      case List<?> list ->
          list.size() <= LIST_MAX
              && list.stream()
                  .allMatch(item -> item instanceof String text && text.length() <= TEXT_MAX);
      default -> false;
    };
  }
}

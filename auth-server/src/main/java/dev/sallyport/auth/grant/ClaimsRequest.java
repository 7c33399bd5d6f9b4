package dev.sallyport.auth.grant;

import com.nimbusds.jose.util.JSONObjectUtils;
import java.text.ParseException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The parameter {@code claims} (OpenID Connect Core §5.5): claims asked for by name. Those that
 * this server does not know are left out; a claim is given if the person has consented to the scope
 * that it belongs to, whether it is essential or not.
 *
 * @param userInfo asked for at UserInfo
 * @param idToken asked for in the ID token
 * @param sub the only person wanted
 * @param acrValues of the request for {@code acr} in the ID token
 * @param acrEssential whether the client insists on them (§5.5.1.1)
 */
record ClaimsRequest(
    Set<String> userInfo,
    Set<String> idToken,
    @Nullable String sub,
    Set<String> acrValues,
    boolean acrEssential) {

  static final ClaimsRequest NOTHING = new ClaimsRequest(Set.of(), Set.of(), null, Set.of(), false);

  static final int LENGTH_MAX = 2048;

  private static final int ACR_VALUES_MAX = 10;

  /** Empty where it is malformed. */
  static Optional<ClaimsRequest> parse(String text) {
    // the parser takes an array for an object
    if (text.length() > LENGTH_MAX || !text.strip().startsWith("{")) {
      return Optional.empty();
    }
    try {
      Map<String, Object> json = JSONObjectUtils.parse(text);
      Map<String, Object> userInfo = member(json, "userinfo");
      Map<String, Object> idToken = member(json, "id_token");
      Map<String, Object> acr = member(idToken, "acr");
      String sub = value(member(idToken, "sub"));
      String subAtUserInfo = value(member(userInfo, "sub"));
      if (sub != null && subAtUserInfo != null && !sub.equals(subAtUserInfo)) {
        return Optional.empty();
      }
      return Optional.of(
          new ClaimsRequest(
              known(userInfo),
              known(idToken),
              sub == null ? subAtUserInfo : sub,
              acrValues(acr),
              Boolean.TRUE.equals(acr.get("essential"))));
    } catch (ParseException | IllegalArgumentException malformed) {
      return Optional.empty();
    }
  }

  /** The scopes that the claims belong to. */
  Set<String> scopes() {
    Set<String> scopes = new HashSet<>();
    userInfo.forEach(claim -> scopes.add(PersonClaims.scopeOf(claim)));
    idToken.forEach(claim -> scopes.add(PersonClaims.scopeOf(claim)));
    return scopes;
  }

  private static Set<String> known(Map<String, Object> asked) {
    Set<String> known = new TreeSet<>(asked.keySet());
    known.retainAll(PersonClaims.NAMES);
    return known;
  }

  private static Set<String> acrValues(Map<String, Object> acr) {
    Set<String> values = new TreeSet<>();
    String single = value(acr);
    if (single != null) {
      values.add(single);
    }
    if (acr.get("values") instanceof List<?> list) {
      if (list.size() > ACR_VALUES_MAX) {
        throw new IllegalArgumentException("too many values");
      }
      for (Object value : list) {
        values.add(text(value));
      }
    } else if (acr.get("values") != null) {
      throw new IllegalArgumentException("not a list");
    }
    return values;
  }

  private static @Nullable String value(Map<String, Object> claim) {
    Object value = claim.get("value");
    return value == null ? null : text(value);
  }

  private static String text(Object value) {
    if (value instanceof String text) {
      return text;
    }
    throw new IllegalArgumentException("not a text");
  }

  /** An object, or nothing where it is absent or {@code null}, as §5.5.1 allows. */
  private static Map<String, Object> member(Map<String, Object> json, String name)
      throws ParseException {
    if (json.get(name) == null) {
      return Map.of();
    }
    Map<String, Object> member = JSONObjectUtils.getJSONObject(json, name);
    return member == null ? Map.of() : member;
  }
}

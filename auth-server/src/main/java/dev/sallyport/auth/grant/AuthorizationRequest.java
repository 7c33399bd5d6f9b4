package dev.sallyport.auth.grant;

import com.nimbusds.jose.util.JSONArrayUtils;
import com.nimbusds.jose.util.JSONObjectUtils;
import dev.sallyport.auth.detail.AuthorizationDetails;
import dev.sallyport.auth.session.SignInWish;
import java.text.ParseException;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.security.oauth2.core.endpoint.OAuth2AuthorizationRequest;

/**
 * What a client asked for at the authorization endpoint, in the form in which it is stored.
 *
 * @param parameters further parameters; the value is text, or a list of texts where repeated
 */
record AuthorizationRequest(
    String authorizationUri,
    @Nullable String redirectUri,
    @Nullable String state,
    Set<String> scopes,
    Map<String, Object> parameters) {

  static AuthorizationRequest of(OAuth2AuthorizationRequest request) {
    Map<String, Object> parameters = new LinkedHashMap<>();
    request
        .getAdditionalParameters()
        .forEach(
            (name, value) ->
                parameters.put(
                    name, value instanceof String[] values ? List.of(values) : value.toString()));
    // of this server's own making, and done with
    parameters.remove(SignInWish.PARAMETER);
    return new AuthorizationRequest(
        request.getAuthorizationUri(),
        request.getRedirectUri(),
        request.getState(),
        request.getScopes(),
        parameters);
  }

  OAuth2AuthorizationRequest toSpring(String clientId) {
    Map<String, Object> additional = new LinkedHashMap<>();
    parameters.forEach(
        (name, value) ->
            additional.put(
                name,
                value instanceof List<?> values
                    ? values.stream().map(Object::toString).toArray(String[]::new)
                    : value));
    return OAuth2AuthorizationRequest.authorizationCode()
        .authorizationUri(authorizationUri)
        .clientId(clientId)
        .redirectUri(redirectUri)
        .state(state)
        .scopes(scopes)
        .additionalParameters(additional)
        .build();
  }

  /** A parameter that was sent once. */
  @Nullable String parameter(String name) {
    return parameters.get(name) instanceof String value ? value : null;
  }

  /** The resources that were named (RFC 8707); empty: none, which means this server's own API. */
  Set<String> resources() {
    return switch (parameters.get("resource")) {
      case String one -> Set.of(one);
      case List<?> several ->
          several.stream()
              .map(Object::toString)
              .collect(Collectors.toCollection(LinkedHashSet::new));
      case null, default -> Set.of();
    };
  }

  /** The rooms and actions that it is limited to (RFC 9396); null: not limited. */
  @Nullable AuthorizationDetails details() {
    String text = parameter(AuthorizationDetails.NAME);
    if (text == null) {
      return null;
    }
    try {
      return AuthorizationDetails.ofClaim(JSONArrayUtils.parse(text))
          .orElseThrow(() -> new IllegalStateException("stored authorization details are broken"));
    } catch (ParseException e) {
      throw new IllegalStateException("stored authorization details are unreadable", e);
    }
  }

  /** Claims asked for by name. */
  ClaimsRequest claims() {
    String text = parameter("claims");
    return text == null
        ? ClaimsRequest.NOTHING
        : ClaimsRequest.parse(text).orElse(ClaimsRequest.NOTHING);
  }

  /** Scopes that stand for such claims only ({@link ClaimedScopes}). */
  Set<String> claimedScopes() {
    String text = parameter(ClaimedScopes.PARAMETER);
    return text == null ? Set.of() : Set.of(text.split(" "));
  }

  String toJson() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("authorization_uri", authorizationUri);
    json.put("redirect_uri", redirectUri);
    json.put("state", state);
    json.put("scopes", List.copyOf(new TreeSet<>(scopes)));
    json.put("parameters", parameters);
    return JSONObjectUtils.toJSONString(json);
  }

  static AuthorizationRequest fromJson(String text) {
    try {
      Map<String, Object> json = JSONObjectUtils.parse(text);
      Map<String, Object> parameters = JSONObjectUtils.getJSONObject(json, "parameters");
      List<String> scopes = JSONObjectUtils.getStringList(json, "scopes");
      String authorizationUri = JSONObjectUtils.getString(json, "authorization_uri");
      if (parameters == null || scopes == null || authorizationUri == null) {
        throw new IllegalStateException("a stored authorization request is incomplete");
      }
      return new AuthorizationRequest(
          authorizationUri,
          JSONObjectUtils.getString(json, "redirect_uri"),
          JSONObjectUtils.getString(json, "state"),
          Set.copyOf(scopes),
          parameters);
    } catch (ParseException e) {
      throw new IllegalStateException("a stored authorization request is unreadable", e);
    }
  }
}

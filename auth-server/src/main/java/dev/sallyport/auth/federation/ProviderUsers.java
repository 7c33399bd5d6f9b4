package dev.sallyport.auth.federation;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.sallyport.auth.federation.IdentityProvider.Protocol;
import dev.sallyport.auth.federation.IdentityProvider.UserFields;
import dev.sallyport.auth.fetch.OutgoingHttp;
import java.net.URI;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.core.ParameterizedTypeReference;
import org.springframework.http.MediaType;
import org.springframework.security.oauth2.client.oidc.userinfo.OidcUserRequest;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.client.userinfo.OAuth2UserRequest;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;
import org.springframework.security.oauth2.core.user.OAuth2User;
import org.springframework.stereotype.Component;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestClientException;

/**
 * Who came back from a provider: by the ID token, whose {@code at_hash} is checked here, by
 * UserInfo, or by the API of a provider that has no ID tokens.
 */
@Component
class ProviderUsers {

  private static final ParameterizedTypeReference<Map<String, Object>> OBJECT =
      new ParameterizedTypeReference<>() {};
  private static final ParameterizedTypeReference<List<Map<String, Object>>> OBJECTS =
      new ParameterizedTypeReference<>() {};
  private static final int SUBJECT_MAX = 255;

  private final Providers providers;
  private final RestClient http;

  ProviderUsers(Providers providers, OutgoingHttp outgoing) {
    this.providers = providers;
    this.http =
        RestClient.builder()
            .requestFactory(outgoing.requests())
            .requestInterceptor(outgoing)
            .build();
  }

  /** For Spring's login by OpenID Connect. */
  OidcUser openId(OidcUserRequest request) {
    String expected = request.getIdToken().getAccessTokenHash();
    String access = request.getAccessToken().getTokenValue();
    if (expected != null && !hashOf(access, expected)) {
      throw refused("invalid_at_hash");
    }
    Map<String, Object> claims = new LinkedHashMap<>(request.getIdToken().getClaims());
    String userInfo =
        request.getClientRegistration().getProviderDetails().getUserInfoEndpoint().getUri();
    if (userInfo != null) {
      Map<String, Object> more = get(URI.create(userInfo), access, OBJECT);
      // OpenID Connect Core section 5.3.2: another's answer would give another's claims
      if (!Objects.equals(request.getIdToken().getSubject(), more.get("sub"))) {
        throw refused("invalid_user_info");
      }
      more.forEach(claims::putIfAbsent);
    }
    return new UpstreamUser.OfOpenId(request.getIdToken(), Map.copyOf(withoutNulls(claims)));
  }

  /** For Spring's login by plain OAuth 2. */
  OAuth2User oauth2(OAuth2UserRequest request) {
    ClientRegistration registration = request.getClientRegistration();
    Protocol protocol =
        providers
            .find(registration.getRegistrationId())
            .orElseThrow(() -> refused("unknown_provider"))
            .protocol();
    if (!(protocol instanceof Protocol.OAuth2 oauth)) {
      throw refused("unknown_provider");
    }
    String access = request.getAccessToken().getTokenValue();
    Map<String, Object> user = new LinkedHashMap<>(get(oauth.userInfo(), access, OBJECT));
    UserFields fields = oauth.fields();
    String subject =
        switch (ClaimPath.find(user, fields.id())) {
          case String text -> text;
          case Integer number -> number.toString();
          case Long number -> number.toString();
          case null, default -> "";
        };
    if (subject.isBlank() || subject.length() > SUBJECT_MAX) {
      throw refused("no_user_id");
    }
    Map<String, Object> claims = new LinkedHashMap<>(withoutNulls(user));
    // under the names of OpenID Connect, whatever the API calls them
    copy(user, fields.username(), claims, "preferred_username");
    copy(user, fields.name(), claims, "name");
    copy(user, fields.email(), claims, "email");
    Object verified =
        fields.emailVerified() == null ? null : ClaimPath.find(user, fields.emailVerified());
    claims.put("email_verified", Boolean.TRUE.equals(verified));
    if (oauth.emails() != null) {
      claims.remove("email");
      claims.put("email_verified", false);
      for (Map<String, Object> one : get(oauth.emails(), access, OBJECTS)) {
        if (Boolean.TRUE.equals(one.get("primary"))
            && Boolean.TRUE.equals(one.get("verified"))
            && one.get("email") instanceof String email) {
          claims.put("email", email);
          claims.put("email_verified", true);
        }
      }
    }
    return new UpstreamUser.OfApi(subject, Map.copyOf(claims));
  }

  private static void copy(
      Map<String, Object> from, String path, Map<String, Object> to, String name) {
    if (ClaimPath.find(from, path) instanceof String text) {
      to.put(name, text);
    } else {
      to.remove(name);
    }
  }

  private static Map<String, Object> withoutNulls(Map<String, ?> map) {
    Map<String, Object> kept = new LinkedHashMap<>();
    for (Map.Entry<String, ?> entry : map.entrySet()) {
      @Nullable Object value = entry.getValue();
      if (value != null) {
        kept.put(entry.getKey(), value);
      }
    }
    return kept;
  }

  private <T> T get(URI uri, String accessToken, ParameterizedTypeReference<T> type) {
    try {
      T answer =
          http.get()
              .uri(uri)
              .accept(MediaType.APPLICATION_JSON)
              .headers(headers -> headers.setBearerAuth(accessToken))
              .retrieve()
              .body(type);
      if (answer != null) {
        return answer;
      }
    } catch (RestClientException e) {
      // told below; its message may quote what came over the wire
    }
    throw refused("no_user_info");
  }

  /**
   * OpenID Connect Core section 3.1.3.6: the left half of the hash that the algorithm of the ID
   * token names, whose length tells which it was.
   */
  private static boolean hashOf(String accessToken, String expected) {
    for (String hash : List.of("SHA-256", "SHA-384", "SHA-512")) {
      try {
        byte[] digest = MessageDigest.getInstance(hash).digest(accessToken.getBytes(US_ASCII));
        String half =
            Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(Arrays.copyOf(digest, digest.length / 2));
        if (MessageDigest.isEqual(half.getBytes(US_ASCII), expected.getBytes(US_ASCII))) {
          return true;
        }
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("this JDK has no " + hash, e);
      }
    }
    return false;
  }

  private static OAuth2AuthenticationException refused(String code) {
    return new OAuth2AuthenticationException(new OAuth2Error(code));
  }
}

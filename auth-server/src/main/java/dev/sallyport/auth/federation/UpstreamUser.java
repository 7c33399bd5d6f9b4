package dev.sallyport.auth.federation;

import java.io.Serial;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.oauth2.core.oidc.OidcIdToken;
import org.springframework.security.oauth2.core.oidc.OidcUserInfo;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;
import org.springframework.security.oauth2.core.user.OAuth2User;

/** Someone as a provider shows them: all its claims in one place. Gives no authority here. */
sealed interface UpstreamUser extends OAuth2User {

  /** By a checked ID token, and what UserInfo adds to it. */
  record OfOpenId(OidcIdToken token, Map<String, Object> claims) implements UpstreamUser, OidcUser {

    @Serial private static final long serialVersionUID = 1;

    @Override
    public Map<String, Object> getClaims() {
      return claims;
    }

    @Override
    public Map<String, Object> getAttributes() {
      return claims;
    }

    @Override
    public OidcIdToken getIdToken() {
      return token;
    }

    @Override
    public OidcUserInfo getUserInfo() {
      return new OidcUserInfo(claims);
    }

    @Override
    public List<GrantedAuthority> getAuthorities() {
      return List.of();
    }

    @Override
    public String getName() {
      return Objects.requireNonNullElse(token.getSubject(), "");
    }
  }

  /** By an API. */
  record OfApi(String subject, Map<String, Object> claims) implements UpstreamUser {

    @Serial private static final long serialVersionUID = 1;

    @Override
    public Map<String, Object> getAttributes() {
      return claims;
    }

    @Override
    public List<GrantedAuthority> getAuthorities() {
      return List.of();
    }

    @Override
    public String getName() {
      return subject;
    }
  }
}

package dev.sallyport.auth.grant;

import dev.sallyport.auth.client.GrantType;
import java.util.List;
import org.springframework.security.authentication.AbstractAuthenticationToken;

/** A token request on its way through Spring's filter. */
final class TokenRequestAuthentication extends AbstractAuthenticationToken {

  private static final long serialVersionUID = 1;

  private final transient GrantType grant;
  private final transient TokenRequest request;

  TokenRequestAuthentication(GrantType grant, TokenRequest request) {
    super(List.of());
    this.grant = grant;
    this.request = request;
  }

  GrantType grant() {
    return grant;
  }

  TokenRequest request() {
    return request;
  }

  @Override
  public Object getPrincipal() {
    return request.client().clientId();
  }

  @Override
  public Object getCredentials() {
    return "";
  }
}

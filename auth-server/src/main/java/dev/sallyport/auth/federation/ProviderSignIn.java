package dev.sallyport.auth.federation;

import dev.sallyport.auth.fetch.OutgoingHttp;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Clock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.springframework.http.converter.FormHttpMessageConverter;
import org.springframework.security.config.ObjectPostProcessor;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.oauth2.client.OAuth2LoginConfigurer;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClient;
import org.springframework.security.oauth2.client.endpoint.RestClientAuthorizationCodeTokenResponseClient;
import org.springframework.security.oauth2.client.http.OAuth2ErrorResponseErrorHandler;
import org.springframework.security.oauth2.client.web.OAuth2AuthorizationRequestRedirectFilter;
import org.springframework.security.oauth2.client.web.OAuth2AuthorizedClientRepository;
import org.springframework.security.oauth2.client.web.OAuth2LoginAuthenticationFilter;
import org.springframework.security.oauth2.core.http.converter.OAuth2AccessTokenResponseHttpMessageConverter;
import org.springframework.security.web.authentication.AuthenticationFailureHandler;
import org.springframework.security.web.context.NullSecurityContextRepository;
import org.springframework.stereotype.Component;
import org.springframework.web.client.RestClient;

/**
 * Sets up Spring's OAuth login for our purpose: it proves an identity at a provider and nothing
 * more. What it makes is not kept as the browser's authentication, and the provider's tokens are
 * not kept at all.
 */
@Component
public class ProviderSignIn {

  /** Where a browser starts: this, a slash and the provider's id. */
  public static final String START = "/oauth2/authorization";

  private final ProviderRegistrations registrations;
  private final ProviderUsers users;
  private final OutgoingHttp outgoing;
  private final Clock clock;

  ProviderSignIn(
      ProviderRegistrations registrations,
      ProviderUsers users,
      OutgoingHttp outgoing,
      Clock clock) {
    this.registrations = registrations;
    this.users = users;
    this.outgoing = outgoing;
    this.clock = clock;
  }

  /**
   * @param again whether the one at a browser must show anew who they are
   * @param failed answers whoever cannot be sent to a provider: there is none, or it is away
   */
  public void customize(
      OAuth2LoginConfigurer<HttpSecurity> login,
      Predicate<HttpServletRequest> again,
      AuthenticationFailureHandler failed) {
    login
        .clientRegistrationRepository(registrations)
        .authorizedClientRepository(new NoTokensKept())
        .authorizationEndpoint(
            endpoint ->
                endpoint
                    .authorizationRequestResolver(
                        new ProviderRequests(registrations, START, again, clock))
                    .authorizationRequestRepository(new ProviderAnswers(registrations)))
        .userInfoEndpoint(
            endpoint -> endpoint.oidcUserService(users::openId).userService(users::oauth2))
        .tokenEndpoint(endpoint -> endpoint.accessTokenResponseClient(tokens()));
    login.withObjectPostProcessor(new KeepsNothing());
    login.withObjectPostProcessor(new SaysSo(failed));
  }

  /** Spring's filter would answer 500, and write a stack trace for whoever makes up a name. */
  private record SaysSo(AuthenticationFailureHandler failed)
      implements ObjectPostProcessor<OAuth2AuthorizationRequestRedirectFilter> {

    @Override
    public <F extends OAuth2AuthorizationRequestRedirectFilter> F postProcess(F filter) {
      filter.setAuthenticationFailureHandler(failed);
      return filter;
    }
  }

  /**
   * The configurer gives its filter the chain's repository at the very end, whatever it was told
   * before: what it proves would then replace the browser's authentication.
   */
  private static final class KeepsNothing
      implements ObjectPostProcessor<OAuth2LoginAuthenticationFilter> {

    @Override
    public <F extends OAuth2LoginAuthenticationFilter> F postProcess(F filter) {
      filter.setSecurityContextRepository(new NullSecurityContextRepository());
      return filter;
    }
  }

  private RestClientAuthorizationCodeTokenResponseClient tokens() {
    RestClientAuthorizationCodeTokenResponseClient tokens =
        new RestClientAuthorizationCodeTokenResponseClient();
    tokens.setRestClient(
        RestClient.builder()
            .requestFactory(outgoing.requests())
            .requestInterceptor(outgoing)
            .configureMessageConverters(
                converters ->
                    converters
                        .addCustomConverter(new FormHttpMessageConverter())
                        .addCustomConverter(new OAuth2AccessTokenResponseHttpMessageConverter()))
            .defaultStatusHandler(new OAuth2ErrorResponseErrorHandler())
            .build());
    return tokens;
  }

  /** The provider's access token opens nothing that we want. */
  private static final class NoTokensKept implements OAuth2AuthorizedClientRepository {

    // the signature is Spring's
    @SuppressWarnings("TypeParameterUnusedInFormals")
    @Override
    public <T extends OAuth2AuthorizedClient> @Nullable T loadAuthorizedClient(
        String registrationId, Authentication principal, HttpServletRequest request) {
      return null;
    }

    @Override
    public void saveAuthorizedClient(
        OAuth2AuthorizedClient client,
        Authentication principal,
        HttpServletRequest request,
        HttpServletResponse response) {}

    @Override
    public void removeAuthorizedClient(
        String registrationId,
        Authentication principal,
        HttpServletRequest request,
        HttpServletResponse response) {}
  }
}

package dev.sallyport.auth.grant;

import dev.sallyport.auth.certificate.MutualTls;
import dev.sallyport.auth.client.Clients;
import dev.sallyport.auth.client.RegisteredClients;
import dev.sallyport.auth.token.DpopProofs;
import dev.sallyport.auth.token.IssuerSettings;
import dev.sallyport.auth.token.ServerNonces;
import dev.sallyport.auth.token.StoredSigningKeys;
import dev.sallyport.auth.vault.RandomIds;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.oauth2.server.authorization.OAuth2AuthorizationServerConfigurer;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationCode;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationProvider;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationValidator;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationConsentAuthenticationContext;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationConsentAuthenticationProvider;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationConsentAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2PushedAuthorizationRequestAuthenticationProvider;
import org.springframework.security.oauth2.server.authorization.settings.AuthorizationServerSettings;
import org.springframework.security.oauth2.server.authorization.token.OAuth2TokenGenerator;
import org.springframework.security.oauth2.server.authorization.web.authentication.OAuth2AuthorizationCodeRequestAuthenticationConverter;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.context.SecurityContextHolderFilter;
import org.springframework.security.web.context.SecurityContextRepository;
import org.springframework.security.web.csrf.CsrfFilter;
import org.springframework.security.web.savedrequest.RequestCache;
import org.springframework.web.cors.CorsConfigurationSource;

/**
 * The OAuth endpoints: Spring's filters, with our rules, grants and answers in them. Spring's
 * OpenID Connect part is not switched on: its providers assume tokens stored in the clear; the ID
 * token, UserInfo and discovery are ours.
 */
@Configuration(proxyBeanMethods = false)
class OAuthSecurity {

  private static final int CODE_BYTES = 32;

  @Bean
  @Order(1)
  SecurityFilterChain oauthEndpoints(
      HttpSecurity http,
      Clients clients,
      SignInRules signInRules,
      Extents extents,
      TokenEndpoint tokenEndpoint,
      ClientProver clientProver,
      TokenRevocation revocation,
      TokenIntrospection introspection,
      PushedRequests pushedRequests,
      DeviceAuthorizationEndpoint deviceAuthorization,
      RefusedRequests refusedRequests,
      DpopProofs proofs,
      ServerNonces nonces,
      IssuerSettings issuer,
      MutualTls tls,
      AuthorizationAnswers answers,
      RequestObjects requestObjects,
      RequestObjectFetch requestObjectFetch,
      SignInWishes wishes,
      Clock clock,
      OAuth2TokenGenerator<OAuth2AuthorizationCode> codes,
      SecurityContextRepository contexts,
      RequestCache requests,
      CorsConfigurationSource apiCors) {
    OAuth2AuthorizationServerConfigurer server = new OAuth2AuthorizationServerConfigurer();
    http.securityMatcher(
            "/oauth2/authorize",
            "/oauth2/token",
            "/oauth2/par",
            DeviceAuthorizationEndpoint.PATH,
            "/oauth2/introspect",
            "/oauth2/revoke")
        .with(
            server,
            configurer ->
                configure(
                    configurer,
                    tls,
                    clients,
                    signInRules,
                    extents,
                    tokenEndpoint,
                    clientProver,
                    answers,
                    codes,
                    revocation,
                    introspection,
                    pushedRequests,
                    deviceAuthorization))
        .authorizeHttpRequests(
            authorize ->
                authorize
                    // Spring's endpoint asks for a sign-in itself, and so may answer `prompt=none`.
                    .requestMatchers("/oauth2/authorize")
                    .permitAll()
                    .anyRequest()
                    .authenticated())
        // before the filter that Spring puts back, which would answer 403 to other methods
        .addFilterBefore(refusedRequests, CsrfFilter.class)
        .addFilterBefore(new ProofFilter(proofs, nonces, issuer, tls), CsrfFilter.class)
        .addFilterAfter(
            new RequestObjectFilter(
                requestObjects, requestObjectFetch, clients, wishes, answers, clock),
            SecurityContextHolderFilter.class)
        .securityContext(context -> context.securityContextRepository(contexts))
        .requestCache(cache -> cache.requestCache(requests))
        .cors(cors -> cors.configurationSource(apiCors))
        .csrf(csrf -> csrf.disable())
        .sessionManagement(
            session -> session.sessionCreationPolicy(SessionCreationPolicy.IF_REQUIRED));
    return http.build();
  }

  private static void configure(
      OAuth2AuthorizationServerConfigurer server,
      MutualTls tls,
      Clients clients,
      SignInRules signInRules,
      Extents extents,
      TokenEndpoint tokenEndpoint,
      ClientProver clientProver,
      AuthorizationAnswers answers,
      OAuth2TokenGenerator<OAuth2AuthorizationCode> codes,
      TokenRevocation revocation,
      TokenIntrospection introspection,
      PushedRequests pushedRequests,
      DeviceAuthorizationEndpoint deviceAuthorization) {
    server
        .clientAuthentication(
            client ->
                client
                    .authenticationConverters(
                        converters -> {
                          converters.clear();
                          converters.add(new ClientOnRequest(tls));
                        })
                    .authenticationProviders(providers -> only(providers, clientProver))
                    .errorResponseHandler(OAuthSecurity::answerError))
        .authorizationEndpoint(
            authorization ->
                authorization
                    .consentPage("/consent")
                    .authorizationRequestConverters(
                        converters ->
                            converters.replaceAll(
                                converter ->
                                    converter
                                            instanceof
                                            OAuth2AuthorizationCodeRequestAuthenticationConverter
                                        ? new ClaimedScopes(clients)
                                        : converter))
                    .authenticationProviders(
                        providers -> rule(providers, signInRules, extents, codes))
                    .authorizationResponseHandler(answers)
                    .errorResponseHandler(answers))
        .pushedAuthorizationRequestEndpoint(
            par ->
                par.pushedAuthorizationRequestConverters(
                        converters -> {
                          converters.clear();
                          converters.add(pushedRequests);
                        })
                    .pushedAuthorizationResponseHandler(pushedRequests)
                    .authenticationProviders(
                        providers -> rule(providers, signInRules, extents, codes))
                    .errorResponseHandler(OAuthSecurity::answerError))
        .deviceAuthorizationEndpoint(
            device ->
                device
                    .deviceAuthorizationRequestConverters(
                        converters -> {
                          converters.clear();
                          converters.add(deviceAuthorization);
                        })
                    .authenticationProviders(providers -> only(providers, deviceAuthorization))
                    .deviceAuthorizationResponseHandler(deviceAuthorization)
                    .errorResponseHandler(OAuthSecurity::answerError))
        .tokenEndpoint(
            token ->
                token
                    .accessTokenRequestConverters(
                        converters -> {
                          converters.clear();
                          converters.add(tokenEndpoint);
                        })
                    .authenticationProviders(providers -> only(providers, tokenEndpoint))
                    .accessTokenResponseHandler(tokenEndpoint)
                    .errorResponseHandler(OAuthSecurity::answerError))
        .tokenRevocationEndpoint(
            endpoint ->
                endpoint
                    .authenticationProviders(providers -> only(providers, revocation))
                    .errorResponseHandler(OAuthSecurity::answerError))
        .tokenIntrospectionEndpoint(
            endpoint ->
                endpoint
                    .authenticationProviders(providers -> only(providers, introspection))
                    .introspectionResponseHandler(introspection)
                    .errorResponseHandler(OAuthSecurity::answerError));
  }

  private static void only(List<AuthenticationProvider> providers, AuthenticationProvider ours) {
    providers.clear();
    providers.add(ours);
  }

  private static void rule(
      List<AuthenticationProvider> providers,
      SignInRules signInRules,
      Extents extents,
      OAuth2TokenGenerator<OAuth2AuthorizationCode> codes) {
    AuthorizationRules rules = new AuthorizationRules(signInRules::checkHints, extents);
    for (AuthenticationProvider provider : providers) {
      switch (provider) {
        case OAuth2AuthorizationCodeRequestAuthenticationProvider request -> {
          request.setAuthenticationValidator(
              new OAuth2AuthorizationCodeRequestAuthenticationValidator().andThen(rules));
          request.setAuthorizationConsentRequired(signInRules);
          request.setAuthorizationCodeGenerator(codes);
        }
        case OAuth2AuthorizationConsentAuthenticationProvider consent -> {
          consent.setAuthorizationConsentCustomizer(OAuthSecurity::refuseWhatWasRefused);
          consent.setAuthorizationCodeGenerator(codes);
        }
        case OAuth2PushedAuthorizationRequestAuthenticationProvider par ->
            par.setAuthenticationValidator(
                new OAuth2AuthorizationCodeRequestAuthenticationValidator().andThen(rules));
        default -> throw new IllegalStateException("an unexpected part of Spring's endpoint");
      }
    }
  }

  /**
   * Who allows nothing has refused: what was consented to before is not given instead, and is
   * withdrawn.
   */
  private static void refuseWhatWasRefused(
      OAuth2AuthorizationConsentAuthenticationContext context) {
    OAuth2AuthorizationConsentAuthenticationToken answer = context.getAuthentication();
    if (answer.getScopes().isEmpty()) {
      context.getAuthorizationConsent().authorities(Set::clear);
    }
  }

  private static void answerError(
      HttpServletRequest request, HttpServletResponse response, AuthenticationException refusal)
      throws IOException {
    RefusedRequests.note(request, refusal);
    OAuthErrors.write(
        response,
        refusal instanceof OAuth2AuthenticationException oauth
            ? inWords(oauth)
            : new OAuth2AuthenticationException("server_error"));
  }

  /** Ours have their words, and members of their own. */
  private static OAuth2AuthenticationException inWords(OAuth2AuthenticationException refusal) {
    OAuth2Error error = AuthorizationErrors.inWords(refusal.getError());
    return error.equals(refusal.getError()) ? refusal : new OAuth2AuthenticationException(error);
  }

  /** Within its chain alone: as a bean it would be before all. */
  @Bean
  FilterRegistrationBean<RefusedRequests> refusedRequestsAlone(RefusedRequests filter) {
    FilterRegistrationBean<RefusedRequests> registration = new FilterRegistrationBean<>(filter);
    registration.setEnabled(false);
    return registration;
  }

  @Bean
  AuthorizationAnswers authorizationAnswers(
      IssuerSettings issuer,
      RequestCache requests,
      PendingAuthorizations pending,
      RegisteredClients clients,
      SignInRules signInRules,
      SignInWishes wishes,
      StoredSigningKeys keys,
      ImplicitTokens implicit,
      Clock clock) {
    return new AuthorizationAnswers(
        issuer, requests, pending, clients, signInRules, wishes, keys, implicit, clock);
  }

  @Bean
  OAuth2TokenGenerator<OAuth2AuthorizationCode> authorizationCodes(RandomIds ids, Clock clock) {
    return context -> {
      Instant now = clock.instant();
      return new OAuth2AuthorizationCode(
          ids.base64url(CODE_BYTES), now, now.plus(RegisteredClients.CODE_TTL));
    };
  }

  @Bean
  AuthorizationServerSettings authorizationServerSettings(IssuerSettings issuer) {
    return AuthorizationServerSettings.builder().issuer(issuer.issuer()).build();
  }
}

package dev.sallyport.auth.token;

import java.util.List;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.access.intercept.AuthorizationFilter;

/**
 * The chain of everything that is called with a token, or open to programs: no cookie is read here,
 * none is set, and so there is nothing to forge.
 */
@Configuration(proxyBeanMethods = false)
class ApiChain {

  @Bean
  @Order(2)
  SecurityFilterChain api(
      HttpSecurity http,
      List<ApiRules> features,
      AccessTokens tokens,
      DpopProofs proofs,
      ServerNonces nonces,
      IssuerSettings issuer) {
    return http.securityMatcher(
            "/v1/**",
            "/userinfo",
            "/oauth2/jwks",
            "/.well-known/openid-configuration",
            "/.well-known/oauth-authorization-server")
        .addFilterBefore(
            new ApiDoor(features, tokens, proofs, nonces, issuer), AuthorizationFilter.class)
        // the door has decided by then
        .authorizeHttpRequests(authorize -> authorize.anyRequest().permitAll())
        .csrf(AbstractHttpConfigurer::disable)
        .requestCache(AbstractHttpConfigurer::disable)
        .logout(AbstractHttpConfigurer::disable)
        .sessionManagement(
            session -> session.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
        .build();
  }
}

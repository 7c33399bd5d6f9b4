package dev.sallyport.auth.grant;

import dev.sallyport.auth.certificate.MutualTls;
import dev.sallyport.auth.token.ApiRules;
import dev.sallyport.auth.token.DpopProofs;
import dev.sallyport.auth.token.IssuerSettings;
import dev.sallyport.auth.token.ServerNonces;
import java.time.Duration;
import java.util.List;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.access.intercept.AuthorizationFilter;
import org.springframework.web.cors.CorsConfiguration;
import org.springframework.web.cors.CorsConfigurationSource;
import org.springframework.web.cors.UrlBasedCorsConfigurationSource;

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
      IssuerSettings issuer,
      MutualTls tls,
      CorsConfigurationSource apiCors) {
    return http.securityMatcher(
            "/v1/**",
            "/userinfo",
            "/connect/register/**",
            "/oauth2/jwks",
            "/.well-known/openid-configuration",
            "/.well-known/oauth-authorization-server")
        .addFilterBefore(
            new ApiDoor(features, tokens, proofs, nonces, issuer, tls), AuthorizationFilter.class)
        // the door has decided by then
        .authorizeHttpRequests(authorize -> authorize.anyRequest().permitAll())
        .cors(cors -> cors.configurationSource(apiCors))
        .csrf(AbstractHttpConfigurer::disable)
        .requestCache(AbstractHttpConfigurer::disable)
        .logout(AbstractHttpConfigurer::disable)
        .sessionManagement(
            session -> session.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
        .build();
  }

  /**
   * Pages of any origin may call: nothing here goes by cookies, so a page has only what its own
   * client was given.
   */
  @Bean
  CorsConfigurationSource apiCors() {
    CorsConfiguration any = new CorsConfiguration();
    any.setAllowedOrigins(List.of("*"));
    any.setAllowedMethods(List.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"));
    any.setAllowedHeaders(
        List.of("Authorization", "DPoP", "Content-Type", "If-Match", "If-None-Match"));
    any.setExposedHeaders(List.of("DPoP-Nonce", "WWW-Authenticate", "ETag", "Location"));
    any.setAllowCredentials(false);
    any.setMaxAge(Duration.ofHours(1));
    UrlBasedCorsConfigurationSource source = new UrlBasedCorsConfigurationSource();
    // not the authorization endpoint: that is for browsers to go to, not for pages to call
    for (String path :
        List.of(
            "/oauth2/token",
            "/oauth2/par",
            DeviceAuthorizationEndpoint.PATH,
            "/oauth2/revoke",
            "/oauth2/jwks",
            "/userinfo",
            "/connect/register/**",
            "/.well-known/**",
            "/v1/**")) {
      source.registerCorsConfiguration(path, any);
    }
    return source;
  }
}

package dev.sallyport.auth.logout;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpMethod;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.context.SecurityContextRepository;
import org.springframework.security.web.csrf.CsrfTokenRepository;
import org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher;

/**
 * The chain of the logout endpoint. A client's own POST comes without a form token of ours and does
 * nothing but become a GET; the answer of the page needs one.
 */
@Configuration(proxyBeanMethods = false)
class LogoutSecurity {

  @Bean
  @Order(0)
  SecurityFilterChain signingOut(
      HttpSecurity http, SecurityContextRepository contexts, CsrfTokenRepository csrfTokens) {
    return http.securityMatcher(LogoutEndpoint.PATH, LogoutEndpoint.CONFIRM)
        .authorizeHttpRequests(
            authorize ->
                authorize
                    .requestMatchers(HttpMethod.GET, LogoutEndpoint.PATH)
                    .permitAll()
                    .requestMatchers(HttpMethod.POST, LogoutEndpoint.PATH, LogoutEndpoint.CONFIRM)
                    .permitAll()
                    .anyRequest()
                    .denyAll())
        .securityContext(context -> context.securityContextRepository(contexts))
        .csrf(
            csrf ->
                csrf.csrfTokenRepository(csrfTokens)
                    .ignoringRequestMatchers(
                        PathPatternRequestMatcher.pathPattern(
                            HttpMethod.POST, LogoutEndpoint.PATH)))
        .requestCache(AbstractHttpConfigurer::disable)
        .logout(AbstractHttpConfigurer::disable)
        .sessionManagement(session -> session.sessionCreationPolicy(SessionCreationPolicy.NEVER))
        .build();
  }
}

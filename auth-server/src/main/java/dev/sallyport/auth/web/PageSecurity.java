package dev.sallyport.auth.web;

import dev.sallyport.auth.federation.ProviderSignIn;
import dev.sallyport.auth.session.Initiator;
import dev.sallyport.auth.session.Sessions;
import dev.sallyport.auth.session.SignedIn;
import dev.sallyport.auth.totp.SecondFactor;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.session.autoconfigure.DefaultCookieSerializerCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpMethod;
import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.authorization.AuthorizationManager;
import org.springframework.security.authorization.AuthorizationManagerFactories;
import org.springframework.security.authorization.AuthorizationManagerFactory;
import org.springframework.security.authorization.DefaultAuthorizationManagerFactory;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.access.intercept.RequestAuthorizationContext;
import org.springframework.security.web.context.HttpSessionSecurityContextRepository;
import org.springframework.security.web.context.SecurityContextRepository;
import org.springframework.security.web.csrf.CsrfException;
import org.springframework.security.web.csrf.CsrfTokenRepository;
import org.springframework.security.web.header.writers.ReferrerPolicyHeaderWriter.ReferrerPolicy;
import org.springframework.security.web.savedrequest.RequestCache;

/** Who may see which page. Whatever is not named here is refused. */
@Configuration(proxyBeanMethods = false)
class PageSecurity {

  /** As in {@code application.properties}; behind https, browsers hold its prefix to its word. */
  private static final String SESSION_COOKIE = "SALLYPORT_AUTH";

  private static final String[] FOR_ANYONE = {
    "/",
    "/style.css",
    "/icon.svg",
    "/passkey.js",
    "/.well-known/change-password",
    "/actuator/health",
    "/actuator/health/*"
  };

  @Bean
  @Order(3)
  SecurityFilterChain pages(
      HttpSecurity http,
      ProviderSignIn providerSignIn,
      ProviderOutcome providerOutcome,
      SignInFlow flow,
      SecondFactor secondFactor,
      Sessions sessions,
      SecurityContextRepository contexts,
      CsrfTokenRepository csrfTokens,
      RequestCache requests) {
    AuthorizationManager<RequestAuthorizationContext> signedIn = signedIn(secondFactor);
    return http.authorizeHttpRequests(
            authorize ->
                authorize
                    .dispatcherTypeMatchers(DispatcherType.ERROR, DispatcherType.FORWARD)
                    .permitAll()
                    .requestMatchers("/login", "/login/**", "/signed-out", "/error")
                    .permitAll()
                    .requestMatchers(HttpMethod.GET, FOR_ANYONE)
                    .permitAll()
                    .requestMatchers(HttpMethod.HEAD, FOR_ANYONE)
                    .permitAll()
                    .requestMatchers(
                        "/account",
                        "/account/**",
                        "/consent",
                        "/consent/logo",
                        "/device",
                        "/device/**")
                    .access(signedIn)
                    .anyRequest()
                    .denyAll())
        .securityContext(context -> context.securityContextRepository(contexts))
        .requestCache(cache -> cache.requestCache(requests))
        .csrf(
            csrf ->
                csrf.csrfTokenRepository(csrfTokens)
                    // a provider's server calls it, with a signed token and without any browser
                    .ignoringRequestMatchers(ProviderLogoutEndpoint.PATH + "/*"))
        .sessionManagement(
            session -> session.sessionCreationPolicy(SessionCreationPolicy.IF_REQUIRED))
        .oauth2Login(
            login -> {
              providerSignIn.customize(login, flow::showsAnew, providerOutcome);
              login
                  .loginPage("/login")
                  .successHandler(providerOutcome)
                  .failureHandler(providerOutcome);
            })
        .logout(
            logout ->
                logout
                    .logoutUrl("/logout")
                    .addLogoutHandler((_, _, authentication) -> end(sessions, authentication))
                    .logoutSuccessUrl("/signed-out"))
        .exceptionHandling(
            handling ->
                handling
                    .authenticationEntryPoint(PageSecurity::toSignIn)
                    .accessDeniedHandler(PageSecurity::denied))
        .headers(
            headers ->
                headers
                    .addHeaderWriter(new PageHeaders())
                    .referrerPolicy(referrer -> referrer.policy(ReferrerPolicy.SAME_ORIGIN)))
        .build();
  }

  /** Signed in, and with the second factor where this installation demands one. */
  private static AuthorizationManager<RequestAuthorizationContext> signedIn(
      SecondFactor secondFactor) {
    AuthorizationManagerFactory<RequestAuthorizationContext> factory =
        secondFactor.required()
            ? AuthorizationManagerFactories.<RequestAuthorizationContext>multiFactor()
                .requireFactors(SignInFlow.SECOND_FACTOR)
                .build()
            : new DefaultAuthorizationManagerFactory<>();
    return factory.authenticated();
  }

  private static void end(Sessions sessions, @Nullable Authentication authentication) {
    if (authentication != null && authentication.getPrincipal() instanceof SignedIn signedIn) {
      sessions.revoke(signedIn.sid(), Initiator.USER);
    }
  }

  private static void toSignIn(
      HttpServletRequest request, HttpServletResponse response, AuthenticationException reason)
      throws IOException {
    if (page(request)) {
      response.sendRedirect("/login");
    } else {
      response.sendError(HttpServletResponse.SC_NOT_FOUND);
    }
  }

  private static void denied(
      HttpServletRequest request, HttpServletResponse response, AccessDeniedException reason)
      throws IOException {
    if (reason instanceof CsrfException) {
      // the page had waited too long, or the form came from elsewhere: either way nothing was done
      Notice.EXPIRED.leave(request);
      response.sendRedirect(page(request) ? "/account" : "/login?expired");
    } else if (page(request)) {
      response.sendRedirect("/login");
    } else {
      response.sendError(HttpServletResponse.SC_NOT_FOUND);
    }
  }

  private static boolean page(HttpServletRequest request) {
    return page(request.getRequestURI());
  }

  /** Whether this is the path of a page that only someone who is signed in may see. */
  static boolean page(String path) {
    return path.equals("/account")
        || path.startsWith("/account/")
        || path.equals("/consent")
        || path.equals("/device")
        || path.startsWith("/device/");
  }

  @Bean
  SecurityContextRepository securityContextRepository() {
    return new HttpSessionSecurityContextRepository();
  }

  @Bean
  CsrfTokenRepository csrfTokenRepository(OwnCookies cookies) {
    return new FormTokens(cookies);
  }

  @Bean
  WaitingRequests requestCache(OwnCookies cookies) {
    return new WaitingRequests(cookies);
  }

  /** {@code Secure} goes by the public name, since a proxy may end TLS before us. */
  @Bean
  DefaultCookieSerializerCustomizer secureCookie(OwnCookies cookies) {
    return cookie -> {
      cookie.setUseSecureCookie(cookies.https());
      cookie.setCookieName(cookies.name(SESSION_COOKIE));
    };
  }
}

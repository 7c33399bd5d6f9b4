package dev.sallyport.auth.web;

import dev.sallyport.auth.session.Assurance;
import dev.sallyport.auth.session.Sessions;
import dev.sallyport.auth.session.SignedIn;
import dev.sallyport.auth.totp.SecondFactor;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.springframework.core.annotation.Order;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.web.context.HttpSessionSecurityContextRepository;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Before every filter chain: a browser whose sign-in session has ended, wherever that was done, is
 * signed out. It stands after Spring Session and before Spring Security, so that no chain can
 * forget to ask.
 */
@Component
@Order(LiveSignInFilter.ORDER)
class LiveSignInFilter extends OncePerRequestFilter {

  /** Spring Security's chains are at -100, Spring Session far before. */
  static final int ORDER = -110;

  private final Sessions sessions;
  private final SecondFactor secondFactor;

  LiveSignInFilter(Sessions sessions, SecondFactor secondFactor) {
    this.sessions = sessions;
    this.secondFactor = secondFactor;
  }

  @Override
  protected void doFilterInternal(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    HttpSession browser = request.getSession(false);
    if (browser != null) {
      SignedIn signedIn = signedIn(browser);
      if (signedIn != null && !live(signedIn)) {
        browser.invalidate();
      }
    }
    chain.doFilter(request, response);
  }

  private boolean live(SignedIn signedIn) {
    // the second clause matters when an installation begins to demand two factors
    return sessions.live(signedIn.sid()).isPresent()
        && (!secondFactor.required() || Assurance.moreThanOneFactor(signedIn.acr()));
  }

  private static @Nullable SignedIn signedIn(HttpSession browser) {
    Object context =
        browser.getAttribute(HttpSessionSecurityContextRepository.SPRING_SECURITY_CONTEXT_KEY);
    if (context instanceof SecurityContext security) {
      @Nullable Authentication authentication = security.getAuthentication();
      if (authentication != null && authentication.getPrincipal() instanceof SignedIn signedIn) {
        return signedIn;
      }
    }
    return null;
  }

  @Override
  protected boolean shouldNotFilter(HttpServletRequest request) {
    String path = request.getRequestURI();
    return path.equals("/style.css")
        || path.equals("/icon.svg")
        || path.equals("/passkey.js")
        || path.startsWith("/actuator/");
  }
}

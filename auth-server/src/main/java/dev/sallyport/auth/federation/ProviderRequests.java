package dev.sallyport.auth.federation;

import dev.sallyport.auth.federation.IdentityProvider.Protocol;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpSession;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.springframework.security.oauth2.client.web.DefaultOAuth2AuthorizationRequestResolver;
import org.springframework.security.oauth2.client.web.OAuth2AuthorizationRequestResolver;
import org.springframework.security.oauth2.core.endpoint.OAuth2AuthorizationRequest;
import org.springframework.security.oauth2.core.endpoint.OAuth2ParameterNames;

/**
 * What a provider is asked. Someone who must show anew who they are must do so there, too: a
 * provider that still knows the browser would otherwise wave it through.
 */
final class ProviderRequests implements OAuth2AuthorizationRequestResolver {

  private static final String SINCE = "sallyport.provider-since";

  private final DefaultOAuth2AuthorizationRequestResolver spring;
  private final ProviderRegistrations registrations;
  private final Predicate<HttpServletRequest> again;
  private final Clock clock;

  ProviderRequests(
      ProviderRegistrations registrations,
      String start,
      Predicate<HttpServletRequest> again,
      Clock clock) {
    this.registrations = registrations;
    this.again = again;
    this.clock = clock;
    this.spring = new DefaultOAuth2AuthorizationRequestResolver(registrations, start);
  }

  @Override
  public @Nullable OAuth2AuthorizationRequest resolve(HttpServletRequest request) {
    return completed(spring.resolve(request), request);
  }

  @Override
  public @Nullable OAuth2AuthorizationRequest resolve(HttpServletRequest request, String id) {
    return completed(spring.resolve(request, id), request);
  }

  private @Nullable OAuth2AuthorizationRequest completed(
      @Nullable OAuth2AuthorizationRequest asked, HttpServletRequest request) {
    if (asked == null) {
      return null;
    }
    String id = asked.getAttribute(OAuth2ParameterNames.REGISTRATION_ID);
    Optional<IdentityProvider> provider =
        registrations.find(id == null ? "" : id).map(ProviderMetadata.Known::provider);
    if (provider.isEmpty() || !(provider.get().protocol() instanceof Protocol.OpenIdConnect)) {
      return asked;
    }
    List<String> acr = provider.get().requestedAcrValues();
    boolean anew = again.test(request);
    HttpSession browser = request.getSession();
    if (anew) {
      browser.setAttribute(SINCE, clock.instant());
    } else {
      browser.removeAttribute(SINCE);
    }
    return OAuth2AuthorizationRequest.from(asked)
        .additionalParameters(
            parameters -> {
              if (!acr.isEmpty()) {
                parameters.put("acr_values", String.join(" ", acr));
              }
              if (anew) {
                parameters.put("prompt", "login");
                parameters.put("max_age", "0");
              }
            })
        .build();
  }

  /** Since when the one at this browser must have signed in at the provider, if that was asked. */
  static Optional<Instant> since(HttpServletRequest request) {
    HttpSession browser = request.getSession(false);
    return browser != null && browser.getAttribute(SINCE) instanceof Instant since
        ? Optional.of(since)
        : Optional.empty();
  }
}

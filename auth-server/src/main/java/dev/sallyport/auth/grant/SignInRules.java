package dev.sallyport.auth.grant;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.ClientAuthentication;
import dev.sallyport.auth.client.Clients;
import dev.sallyport.auth.client.RegisteredClients;
import dev.sallyport.auth.client.Subjects;
import dev.sallyport.auth.detail.AuthorizationDetails;
import dev.sallyport.auth.session.Assurance;
import dev.sallyport.auth.session.SignInWish;
import dev.sallyport.auth.session.SignedIn;
import dev.sallyport.auth.token.IdTokenHints;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationConsent;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationContext;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationException;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationToken;
import org.springframework.stereotype.Component;

/**
 * Whether the person must be asked for consent; and before, whether the sign-in of this browser is
 * the one that the client asked for (OpenID Connect Core §3.1.2.3): the person it means, recently
 * enough, with the factors it wants. If not, they sign in again, once; what is still amiss then is
 * told to the client. Spring asks this with the request valid and someone signed in.
 */
@Component
final class SignInRules implements Predicate<OAuth2AuthorizationCodeRequestAuthenticationContext> {

  /**
   * The description by which {@link AuthorizationAnswers} knows that someone must sign in again.
   */
  static final String SIGN_IN_AGAIN = "sallyport: sign in again";

  /** From the last factor to the return to this endpoint: redirects, on a bad connection. */
  private static final Duration RETURN_MAX = Duration.ofMinutes(2);

  private final SignInWishes wishes;
  private final IdTokenHints hints;
  private final Accounts accounts;
  private final Clients clients;
  private final Subjects subjects;
  private final Clock clock;

  SignInRules(
      SignInWishes wishes,
      IdTokenHints hints,
      Accounts accounts,
      Clients clients,
      Subjects subjects,
      Clock clock) {
    this.clients = clients;
    this.subjects = subjects;
    this.wishes = wishes;
    this.hints = hints;
    this.accounts = accounts;
    this.clock = clock;
  }

  @Override
  public boolean test(OAuth2AuthorizationCodeRequestAuthenticationContext context) {
    OAuth2AuthorizationCodeRequestAuthenticationToken asked = context.getAuthentication();
    Demands demands = Demands.of(asked.getAdditionalParameters());
    if (!(((Authentication) asked.getPrincipal()).getPrincipal() instanceof SignedIn person)) {
      throw new IllegalStateException("nobody is signed in");
    }
    Optional<SignInWish> answered = wishes.of(AuthorizationRules.current());
    checkSignIn(asked, demands, person, answered);
    boolean consent = demands.prompt().contains(Demands.CONSENT) || consentMissing(context);
    if (consent && demands.silent()) {
      throw refuse(asked, "consent_required", "the person has not consented, and prompt is `none`");
    }
    return consent;
  }

  private void checkSignIn(
      OAuth2AuthorizationCodeRequestAuthenticationToken asked,
      Demands demands,
      SignedIn person,
      Optional<SignInWish> answered) {
    boolean again = answered.filter(wish -> answers(person, wish)).isPresent();
    String expected = expected(asked, demands);
    if (expected != null && !expected.equals(nameOf(person, asked.getClientId()))) {
      throw again || demands.silent()
          ? refuse(asked, "login_required", "someone else is signed in than the client means")
          : signInAgain(asked);
    }
    boolean stale =
        demands.maxAge() != null
            && person.authTime().plus(demands.maxAge()).isBefore(clock.instant());
    if (!again && (stale || demands.prompt().contains(Demands.LOGIN))) {
      throw demands.silent()
          ? refuse(asked, "login_required", "the sign-in is longer ago than max_age")
          : signInAgain(asked);
    }
    if (answered.isEmpty() && demands.prompt().contains(Demands.SELECT_ACCOUNT)) {
      throw signInAgain(asked);
    }
    checkFactors(asked, demands, person, again);
  }

  private static void checkFactors(
      OAuth2AuthorizationCodeRequestAuthenticationToken asked,
      Demands demands,
      SignedIn person,
      boolean again) {
    boolean enough = person.acr().equals(Assurance.TWO_FACTORS) || !demands.secondFactorWanted();
    if (enough && demands.accepts(person.acr())) {
      return;
    }
    if (demands.silent()) {
      if (!demands.accepts(person.acr())) {
        throw refuse(
            asked,
            "interaction_required",
            "the sign-in is not of the acr that is essential, and prompt is `none`");
      }
      // voluntary: the claim `acr` says what it was
      return;
    }
    if (!again && !enough) {
      throw signInAgain(asked);
    }
    if (!demands.accepts(person.acr())) {
      throw refuse(
          asked, "unmet_authentication_requirements", "no sign-in here is of the acr asked for");
    }
  }

  /** By which name the client knows this person. */
  private String nameOf(SignedIn person, String clientId) {
    return clients
        .find(clientId)
        .map(client -> subjects.of(client, person.accountId()))
        .orElse(person.accountId());
  }

  /** Whether this sign-in is the one that the wish was for. */
  private boolean answers(SignedIn person, SignInWish wish) {
    Instant at = person.authTime();
    return at.isAfter(wish.askedAt()) && clock.instant().isBefore(at.plus(RETURN_MAX));
  }

  /** What the sign-in page is to know of the request. */
  SignInWish wish(OAuth2AuthorizationCodeRequestAuthenticationToken asked) {
    Demands demands = Demands.of(asked.getAdditionalParameters());
    String expected;
    try {
      expected = expected(asked, demands);
    } catch (OAuth2AuthorizationCodeRequestAuthenticationException keyIsGone) {
      // it was good when the request was pushed; the client hears of it when they come back
      expected = null;
    }
    Optional<String> username =
        expected == null
            ? Optional.ofNullable(demands.loginHint())
            // of a pairwise client's people nothing is known by their names there
            : accounts.byId(expected).map(Account::username);
    return new SignInWish(
        clock.instant(),
        demands.secondFactorWanted(),
        demands.prompt().contains(Demands.SELECT_ACCOUNT)
            && !demands.prompt().contains(Demands.LOGIN)
            && !demands.secondFactorWanted()
            && demands.maxAge() == null
            && expected == null,
        username.orElse(null));
  }

  /** Refuses a request whose hints mean nobody, or two people. */
  void checkHints(OAuth2AuthorizationCodeRequestAuthenticationToken asked) {
    expected(asked, Demands.of(asked.getAdditionalParameters()));
  }

  /** The only person that the client wants, as it calls them. */
  private @Nullable String expected(
      OAuth2AuthorizationCodeRequestAuthenticationToken asked, Demands demands) {
    if (!(asked.getAdditionalParameters().get("id_token_hint") instanceof String text)
        || text.isEmpty()) {
      return demands.claims().sub();
    }
    IdTokenHints.Hint hint =
        hints
            .read(text)
            .filter(found -> found.clientId().equals(asked.getClientId()))
            .orElseThrow(
                () ->
                    refuse(
                        asked,
                        "invalid_request",
                        "id_token_hint is no ID token that this client was given"));
    if (demands.claims().sub() != null && !hint.sub().equals(demands.claims().sub())) {
      throw refuse(asked, "invalid_request", "id_token_hint and claims mean different people");
    }
    return hint.sub();
  }

  private static boolean consentMissing(
      OAuth2AuthorizationCodeRequestAuthenticationContext context) {
    OAuth2AuthorizationCodeRequestAuthenticationToken asked = context.getAuthentication();
    Client client = RegisteredClients.of(context.getRegisteredClient());
    if (!client.consentRequired()) {
      return false;
    }
    if (asked.getAdditionalParameters().containsKey(AuthorizationDetails.NAME)) {
      // rooms are consented to each time: what is remembered are scopes
      return true;
    }
    // who they are alone is told to clients that somebody here has looked at
    if (asked.getScopes().equals(Set.of("openid")) && !client.metadata().selfMade()) {
      return false;
    }
    if (anyProgramMayBeIt(client, asked)) {
      return true;
    }
    OAuth2AuthorizationConsent given = context.getAuthorizationConsent();
    return given == null || !given.getScopes().containsAll(asked.getScopes());
  }

  /**
   * Whether whoever runs on the person's machine can ask in this client's name and receive the
   * answer (RFC 8252 §8.6): it must not be given anything without the person having seen it.
   */
  private static boolean anyProgramMayBeIt(
      Client client, OAuth2AuthorizationCodeRequestAuthenticationToken asked) {
    String target = asked.getRedirectUri();
    return client.authentication() == ClientAuthentication.NONE
        && (target == null || !target.startsWith("https://"));
  }

  private static OAuth2AuthorizationCodeRequestAuthenticationException signInAgain(
      OAuth2AuthorizationCodeRequestAuthenticationToken asked) {
    return refuse(asked, "login_required", SIGN_IN_AGAIN);
  }

  private static OAuth2AuthorizationCodeRequestAuthenticationException refuse(
      OAuth2AuthorizationCodeRequestAuthenticationToken asked, String error, String description) {
    return new OAuth2AuthorizationCodeRequestAuthenticationException(
        new OAuth2Error(error, description, null), asked);
  }
}

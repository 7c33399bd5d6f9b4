package dev.sallyport.auth.web;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.federation.Federation;
import dev.sallyport.auth.federation.ProviderProof;
import dev.sallyport.auth.federation.ProviderSession;
import dev.sallyport.auth.mail.Notices;
import dev.sallyport.auth.passkey.Passkeys;
import dev.sallyport.auth.password.PasswordCheck;
import dev.sallyport.auth.password.Passwords;
import dev.sallyport.auth.sentcode.Channel;
import dev.sallyport.auth.sentcode.SentCodes;
import dev.sallyport.auth.sentcode.SentFactor;
import dev.sallyport.auth.session.Assurance;
import dev.sallyport.auth.session.Initiator;
import dev.sallyport.auth.session.Sessions;
import dev.sallyport.auth.session.SignInSession;
import dev.sallyport.auth.session.SignInWish;
import dev.sallyport.auth.session.SignedIn;
import dev.sallyport.auth.totp.SecondFactor;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.authority.FactorGrantedAuthority;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.web.context.SecurityContextRepository;
import org.springframework.security.web.csrf.CsrfTokenRepository;
import org.springframework.security.web.savedrequest.DefaultSavedRequest;
import org.springframework.security.web.savedrequest.SavedRequest;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The way from a first factor to a browser that is signed in:
 *
 * <pre>
 *   first factor ─┬─ enrolled ──────→ CODE ─┐
 *                 └─ not enrolled ──────────┴→ one-time password? REPLACE_PASSWORD
 *                                            → not enrolled, but required? ENROL
 *                                            → DONE: session begun, authentication made
 * </pre>
 *
 * The stage is worked out anew at each request, from what was shown and what the database says now,
 * so that no page can be skipped or taken out of turn. The session id changes with each factor.
 * Once the password is another than the one the sign-in began with, it is over: whoever knew the
 * old one must not go on beside an admin who has just replaced it.
 */
@Component
class SignInFlow {

  /** Where a browser stands. */
  enum Stage {
    CODE("/login/code"),
    REPLACE_PASSWORD("/login/password"),
    ENROL("/login/enrol"),
    DONE("/account");

    final String page;

    Stage(String page) {
      this.page = page;
    }
  }

  /** A second factor of whichever kind, as Spring Security names factors. */
  static final String SECOND_FACTOR = "FACTOR_SECOND";

  private static final String PROGRESS = "sallyport.sign-in";
  private static final Duration PROGRESS_MAX = Duration.ofMinutes(10);

  private final Accounts accounts;
  private final Passwords passwords;
  private final SecondFactor secondFactor;
  private final Passkeys passkeys;
  private final SentCodes sentCodes;
  private final Federation federation;
  private final Sessions sessions;
  private final PageSettings settings;
  private final SecurityContextRepository contexts;
  private final CsrfTokenRepository csrfTokens;
  private final WaitingRequests requests;
  private final KnownBrowsers knownBrowsers;
  private final Notices notices;
  private final TransactionTemplate transaction;
  private final Clock clock;

  SignInFlow(
      Accounts accounts,
      Passwords passwords,
      SecondFactor secondFactor,
      Passkeys passkeys,
      SentCodes sentCodes,
      Federation federation,
      Sessions sessions,
      PageSettings settings,
      SecurityContextRepository contexts,
      CsrfTokenRepository csrfTokens,
      WaitingRequests requests,
      KnownBrowsers knownBrowsers,
      Notices notices,
      PlatformTransactionManager transactions,
      Clock clock) {
    this.accounts = accounts;
    this.passwords = passwords;
    this.secondFactor = secondFactor;
    this.passkeys = passkeys;
    this.sentCodes = sentCodes;
    this.federation = federation;
    this.sessions = sessions;
    this.settings = settings;
    this.contexts = contexts;
    this.csrfTokens = csrfTokens;
    this.requests = requests;
    this.knownBrowsers = knownBrowsers;
    this.notices = notices;
    this.transaction = new TransactionTemplate(transactions);
    this.clock = clock;
  }

  /** The password was shown: the browser gets a new session id and goes on. Returns where. */
  String begin(
      PasswordCheck.Right right, HttpServletRequest request, HttpServletResponse response) {
    return begin(
        SignInProgress.begun(
            right.accountId(), SignInProgress.PASSWORD, clock.instant(), right.version()),
        request,
        response);
  }

  /**
   * As with a password, for an identity at a provider that belongs to the account; where the
   * provider's word counts for that, as with both factors.
   */
  String beginFederated(
      String accountId,
      ProviderProof proof,
      HttpServletRequest request,
      HttpServletResponse response) {
    SignInProgress first =
        SignInProgress.begun(
                accountId, SignInProgress.FEDERATED, clock.instant(), passwords.version(accountId))
            .by(proof.session());
    return begin(
        proof.secondFactor() ? first.withSecond(SignInProgress.BY_PROVIDER) : first,
        request,
        response);
  }

  /** A passkey that verified its user was shown: both factors at once. */
  String beginWithPasskey(
      String accountId, HttpServletRequest request, HttpServletResponse response) {
    return begin(
        SignInProgress.begun(
                accountId, SignInProgress.PASSKEY, clock.instant(), passwords.version(accountId))
            .withSecond(SignInProgress.USER_VERIFIED),
        request,
        response);
  }

  private String begin(
      SignInProgress progress, HttpServletRequest request, HttpServletResponse response) {
    request.getSession();
    request.changeSessionId();
    return advance(progress, request, response);
  }

  /** The sign-in in this browser, if there is one and it is not too old. */
  Optional<SignInProgress> progress(HttpServletRequest request) {
    HttpSession session = request.getSession(false);
    if (session != null && session.getAttribute(PROGRESS) instanceof SignInProgress progress) {
      if (clock.instant().isBefore(progress.startedAt().plus(PROGRESS_MAX)) && current(progress)) {
        return Optional.of(progress);
      }
      session.removeAttribute(PROGRESS);
    }
    return Optional.empty();
  }

  private boolean current(SignInProgress progress) {
    return passwords.version(progress.accountId()) == progress.passwordVersion();
  }

  /** The sign-in in this browser, if it stands at this stage. */
  Optional<SignInProgress> at(Stage stage, HttpServletRequest request) {
    return progress(request).filter(progress -> stage(progress, request) == stage);
  }

  /** The account that is signing in. */
  Account account(SignInProgress progress) {
    return accounts
        .byId(progress.accountId())
        .orElseThrow(() -> new IllegalStateException("the account of a sign-in is gone"));
  }

  /** Keeps what is not yet worth a step, such as the secret on offer. */
  void keep(SignInProgress progress, HttpServletRequest request) {
    request.getSession().setAttribute(PROGRESS, progress);
  }

  /** Goes on from here; returns the path to send the browser to. */
  String advance(
      SignInProgress progress, HttpServletRequest request, HttpServletResponse response) {
    Stage stage = stage(progress, request);
    if (stage != Stage.DONE) {
      keep(progress, request);
      return stage.page;
    }
    return complete(progress, request, response);
  }

  private Stage stage(SignInProgress progress, HttpServletRequest request) {
    boolean strong =
        secondFactor.enrolled(progress.accountId()) || passkeys.any(progress.accountId());
    boolean enrolled = strong || !sentCodes.ofAccount(progress.accountId()).isEmpty();
    boolean twoDemanded =
        wish(request).map(SignInWish::secondFactor).orElse(false) && !sentCodes.countAsTwoFactors();
    boolean tooWeak = twoDemanded && progress.secondWasSent();
    if (enrolled && (progress.second() == null || (strong && tooWeak))) {
      return Stage.CODE;
    }
    if (progress.first().equals(SignInProgress.PASSWORD)
        && passwords.oneTime(progress.accountId())) {
      return Stage.REPLACE_PASSWORD;
    }
    boolean demanded =
        secondFactor.required() || wish(request).map(SignInWish::secondFactor).orElse(false);
    return (!enrolled && demanded && progress.second() == null) || (tooWeak && !strong)
        ? Stage.ENROL
        : Stage.DONE;
  }

  /**
   * Where a code may be sent as the second factor of this sign-in: nowhere, where there is a
   * stronger one and the settings do not let both stand side by side, or the one asked for is to be
   * strong.
   */
  List<SentFactor> sendable(SignInProgress progress, HttpServletRequest request) {
    String accountId = progress.accountId();
    boolean strong = secondFactor.enrolled(accountId) || passkeys.any(accountId);
    boolean strongWanted =
        wish(request).map(SignInWish::secondFactor).orElse(false) && !sentCodes.countAsTwoFactors();
    return strong && (strongWanted || !sentCodes.besideStronger())
        ? List.of()
        : sentCodes.ofAccount(accountId);
  }

  /**
   * The ways to send codes that could be set up instead of an app; none where it must be strong.
   */
  List<Channel> sendableToEnrol(SignInProgress progress, HttpServletRequest request) {
    return progress.second() != null
            || (wish(request).map(SignInWish::secondFactor).orElse(false)
                && !sentCodes.countAsTwoFactors())
        ? List.of()
        : sentCodes.settable(progress.accountId());
  }

  private String complete(
      SignInProgress progress, HttpServletRequest request, HttpServletResponse response) {
    request.getSession().removeAttribute(PROGRESS);
    return switch (beginSession(progress, request)) {
      case Beginning.Suspended() -> "/login?suspended";
      case Beginning.Superseded() -> "/login";
      case Beginning.Begun(SignInSession session) -> signIn(session, request, response);
    };
  }

  /** What came of the last step. */
  private sealed interface Beginning {
    record Begun(SignInSession session) implements Beginning {}

    record Suspended() implements Beginning {}

    /**
     * The password is another than the one it began with, or the provider has taken back its word.
     */
    record Superseded() implements Beginning {}
  }

  /**
   * Under the lock of the account: who suspends it or replaces its password, and ends its sessions,
   * does so before and is seen here, or after and ends this one.
   */
  private Beginning beginSession(SignInProgress progress, HttpServletRequest request) {
    return Objects.requireNonNull(
        transaction.execute(
            _ -> {
              Account account = accounts.lock(progress.accountId()).orElse(null);
              if (account == null || account.suspended()) {
                return new Beginning.Suspended();
              }
              ProviderSession word = progress.provider();
              if (!current(progress) || (word != null && !federation.stands(word))) {
                return new Beginning.Superseded();
              }
              if (!knownBrowsers.attempt(request).accountIds().contains(progress.accountId())) {
                notices.newBrowser(
                    progress.accountId(),
                    Words.browser(userAgent(request)),
                    request.getRemoteAddr());
              }
              SignInSession session =
                  renewed(progress, request)
                      .orElseGet(
                          () ->
                              sessions.begin(
                                  progress.accountId(),
                                  progress.amr(sentCodes.countAsTwoFactors()),
                                  userAgent(request),
                                  request.getRemoteAddr()));
              if (word == null) {
                federation.begunOtherwise(session.sid());
              } else {
                federation.begun(session.sid(), account, word);
              }
              return new Beginning.Begun(session);
            }));
  }

  /**
   * One browser, one session: whoever signs in again goes on with theirs, and their applications
   * with it; where it was another's, that one ends.
   */
  private Optional<SignInSession> renewed(SignInProgress progress, HttpServletRequest request) {
    SignedIn before = signedIn(request).orElse(null);
    if (before == null) {
      return Optional.empty();
    }
    if (before.accountId().equals(progress.accountId())) {
      return sessions.renew(
          before.sid(),
          progress.accountId(),
          progress.amr(sentCodes.countAsTwoFactors()),
          userAgent(request),
          request.getRemoteAddr());
    }
    sessions.revoke(before.sid(), Initiator.USER);
    return Optional.empty();
  }

  private String signIn(
      SignInSession session, HttpServletRequest request, HttpServletResponse response) {
    HttpSession browser = request.getSession();
    request.changeSessionId();
    csrfTokens.saveToken(null, request, response);
    browser.setMaxInactiveInterval(Math.toIntExact(settings.idle().toSeconds()));
    SecurityContext context = SecurityContextHolder.createEmptyContext();
    context.setAuthentication(authentication(session));
    SecurityContextHolder.setContext(context);
    contexts.saveContext(context, request, response);

    knownBrowsers.remember(session.accountId(), request, response);
    return resume(request, response);
  }

  /** What waits in this browser waits no longer; returns its path, or that of the account page. */
  String resume(HttpServletRequest request, HttpServletResponse response) {
    SavedRequest wanted = requests.getRequest(request, response);
    requests.removeRequest(request, response);
    return wanted instanceof DefaultSavedRequest saved ? pathAndQuery(saved) : Stage.DONE.page;
  }

  /** What the authorization request that waits in this browser, if any, wants of the sign-in. */
  Optional<SignInWish> wish(HttpServletRequest request) {
    SavedRequest wanted = requests.waiting(request);
    if (wanted == null) {
      return Optional.empty();
    }
    String[] values = wanted.getParameterValues(SignInWish.PARAMETER);
    return values == null || values.length != 1 ? Optional.empty() : SignInWish.parse(values[0]);
  }

  /** Whether the one signed in here was sent to show anew who they are. */
  boolean showsAnew(HttpServletRequest request) {
    return signedIn(request).isPresent()
        && wish(request).map(asked -> !asked.mayStay()).orElse(false);
  }

  /** Who is signed in, as this browser's session says; empty while someone is on the way. */
  Optional<SignedIn> signedIn(HttpServletRequest request) {
    @Nullable Authentication authentication =
        contexts.loadDeferredContext(request).get().getAuthentication();
    return authentication != null && authentication.getPrincipal() instanceof SignedIn signedIn
        ? Optional.of(signedIn)
        : Optional.empty();
  }

  private static Authentication authentication(SignInSession session) {
    SignedIn principal =
        new SignedIn(
            session.accountId(), session.sid(), session.authTime(), session.acr(), session.amr());
    List<GrantedAuthority> factors = new ArrayList<>();
    for (String method : session.amr()) {
      switch (method) {
        case SignInProgress.PASSWORD ->
            factors.add(factor(FactorGrantedAuthority.PASSWORD_AUTHORITY, session));
        case SignInProgress.FEDERATED ->
            factors.add(factor(FactorGrantedAuthority.AUTHORIZATION_CODE_AUTHORITY, session));
        case SignInProgress.PASSKEY ->
            factors.add(factor(FactorGrantedAuthority.WEBAUTHN_AUTHORITY, session));
        case Assurance.MFA, Assurance.SMS, Assurance.EMAIL ->
            factors.add(factor(SECOND_FACTOR, session));
        default -> {} // codes: `mfa` sums them up
      }
    }
    return UsernamePasswordAuthenticationToken.authenticated(principal, null, factors);
  }

  private static GrantedAuthority factor(String authority, SignInSession session) {
    return FactorGrantedAuthority.withAuthority(authority).issuedAt(session.authTime()).build();
  }

  private static String userAgent(HttpServletRequest request) {
    String userAgent = request.getHeader("User-Agent");
    return userAgent == null ? "" : userAgent;
  }

  /** Not the saved URL as a whole: its host came from the Host header, which is not believed. */
  private static String pathAndQuery(DefaultSavedRequest saved) {
    String path = saved.getRequestURI();
    // `//host` and `/\\host` would leave this server
    if (path == null || !path.startsWith("/") || path.startsWith("//") || path.startsWith("/\\")) {
      return Stage.DONE.page;
    }
    return saved.getQueryString() == null ? path : path + "?" + saved.getQueryString();
  }
}

package dev.sallyport.auth.session;

import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signal.EventRecorded;
import dev.sallyport.auth.signal.SecurityEvent;
import dev.sallyport.auth.signal.SecurityEvents;
import dev.sallyport.auth.vault.RandomIds;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.event.EventListener;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/**
 * All sign-in sessions. Ending one records its security event in the same transaction, so that
 * gateways hear of it if and only if it ended.
 */
@Component
public class Sessions {

  /** Shown to its owner only; more tells nothing. */
  private static final int USER_AGENT_MAX = 200;

  private static final int ADDRESS_MAX = 45;

  /** An expired row is kept so long, so that what refers to it can still be explained. */
  private static final Duration KEPT_AFTER_EXPIRY = Duration.ofDays(7);

  private final SessionRows rows;
  private final SessionReads reads;
  private final SessionSettings settings;
  private final SecurityEvents events;
  private final ObjectProvider<SessionEnd> ends;
  private final RandomIds ids;
  private final Clock clock;

  Sessions(
      SessionRows rows,
      SessionReads reads,
      SessionSettings settings,
      SecurityEvents events,
      ObjectProvider<SessionEnd> ends,
      RandomIds ids,
      Clock clock) {
    this.rows = rows;
    this.reads = reads;
    this.settings = settings;
    this.events = events;
    this.ends = ends;
    this.ids = ids;
    this.clock = clock;
  }

  /**
   * Begins the session of a sign-in that is complete. {@code amr} in the order in which the methods
   * were shown.
   */
  @Transactional
  public SignInSession begin(String accountId, List<String> amr, String userAgent, String address) {
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    SignInSession session =
        new SignInSession(
            ids.sid(),
            accountId,
            now,
            Assurance.of(amr),
            amr,
            cut(userAgent, USER_AGENT_MAX),
            cut(address, ADDRESS_MAX),
            now.plus(settings.lifetime()));
    rows.save(new SessionEntity(session));
    rows.flush();
    events.record(
        Actor.user(accountId), new SecurityEvent.SignedIn(accountId, session.sid(), session.amr()));
    return session;
  }

  /**
   * Its owner has signed in again, completely, in the browser of this session: it goes on under its
   * {@code sid}, and what it gave to clients with it. Empty where it has ended, or is another's.
   */
  @Transactional
  public Optional<SignInSession> renew(
      String sid, String accountId, List<String> amr, String userAgent, String address) {
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    return rows.lock(sid, now)
        .filter(session -> session.accountId.equals(accountId))
        .map(
            session -> {
              session.authTime = now;
              session.acr = Assurance.of(amr);
              session.amr = String.join(" ", amr);
              session.userAgent = cut(userAgent, USER_AGENT_MAX);
              session.address = cut(address, ADDRESS_MAX);
              session.expiresAt = now.plus(settings.lifetime());
              rows.save(session);
              rows.flush();
              events.record(
                  Actor.user(accountId),
                  new SecurityEvent.SignedIn(accountId, sid, List.copyOf(amr)));
              return session.toSession();
            });
  }

  /** The session, unless it has ended or expired. */
  public Optional<SignInSession> live(String sid) {
    return reads.live(sid, clock.instant());
  }

  /** As {@link #live}; and it does not end before the caller's transaction does. */
  @Transactional(propagation = Propagation.MANDATORY)
  public Optional<SignInSession> lock(String sid) {
    return reads.lock(sid, clock.instant());
  }

  /** The live sessions of an account, newest first. */
  @Transactional(readOnly = true)
  public List<SignInSession> ofAccount(String accountId) {
    return rows.liveOfAccount(accountId, clock.instant()).stream()
        .map(SessionEntity::toSession)
        .toList();
  }

  /** As {@link #revoke(String, Actor)}, where the one who ends it is known by kind only. */
  @Transactional
  public boolean revoke(String sid, Initiator initiator) {
    return rows.live(sid, clock.instant())
        .map(session -> revoke(sid, actor(initiator, session.accountId)))
        .orElse(false);
  }

  /**
   * Ends a session: its browser is signed out with its next request, its tokens are refused.
   * Returns whether it was live before; of two callers at the same time one gets true.
   */
  @Transactional
  public boolean revoke(String sid, Actor actor) {
    Optional<SessionEntity> session = rows.live(sid, clock.instant());
    if (session.isEmpty() || rows.end(sid, clock.instant(), actor.kind().caep()) == 0) {
      return false;
    }
    String accountId = session.get().accountId;
    events.record(actor, new SecurityEvent.SessionRevoked(accountId, sid));
    ends.forEach(end -> end.ended(accountId, sid));
    return true;
  }

  /** As {@link #revokeAll(String, Actor)}, where the one who ends them is known by kind only. */
  @Transactional
  public void revokeAll(String accountId, Initiator initiator) {
    revokeAll(accountId, actor(initiator, accountId));
  }

  /** Ends all sessions of an account, and with them every token issued to it so far. */
  @Transactional
  public void revokeAll(String accountId, Actor actor) {
    rows.endAll(accountId, clock.instant(), actor.kind().caep());
    events.record(actor, new SecurityEvent.SessionRevoked(accountId, null));
    ends.forEach(end -> end.ended(accountId, null));
  }

  /**
   * Ends those sessions of an account that are live, but not {@code sid}. Returns how many ended.
   */
  @Transactional
  public int revokeOthers(String accountId, String sid, Actor actor) {
    return (int)
        ofAccount(accountId).stream()
            .filter(session -> !session.sid().equals(sid) && revoke(session.sid(), actor))
            .count();
  }

  private static Actor actor(Initiator initiator, String accountId) {
    return switch (initiator) {
      case USER -> Actor.user(accountId);
      case ADMIN -> new Actor(Actor.Kind.ADMIN, null);
      case POLICY -> Actor.policy(null);
      case SYSTEM -> Actor.system();
    };
  }

  @Scheduled(fixedDelayString = "PT1H", initialDelayString = "PT5M")
  @Transactional
  void forgetExpired() {
    rows.deleteExpiredBefore(clock.instant().minus(KEPT_AFTER_EXPIRY));
  }

  @EventListener
  void on(EventRecorded recorded) {
    if (recorded.event() instanceof SecurityEvent.AccountClosed closed) {
      rows.forgetWhere(closed.accountId());
    }
  }

  private static String cut(String text, int charsMax) {
    String printable = text.replaceAll("\\p{Cntrl}", "");
    return printable.length() <= charsMax ? printable : printable.substring(0, charsMax);
  }
}

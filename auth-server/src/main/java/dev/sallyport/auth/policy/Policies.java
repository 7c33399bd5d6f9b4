package dev.sallyport.auth.policy;

import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signal.SecurityEvent;
import dev.sallyport.auth.signal.SecurityEvents;
import dev.sallyport.auth.vault.RandomIds;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Policy versions and drafts: reading, validating, activating, going back.
 *
 * <p>An activation is one transaction under the lock of the one row that says which version is
 * active: of two that expect the same one, the second is {@link Activation.Stale}; a killed process
 * leaves the old version or the new one, never something between; the event that gateways hear is
 * part of it. Whether its author may is decided there, by the policies and the account as they are
 * then. Versions only grow, also when an old content returns.
 */
@Component
public class Policies {

  /** Drafts are work in progress, not an archive. */
  public static final int DRAFTS_MAX = 100;

  public static final int NOTE_CHARS_MAX = 500;

  /** Largest page of {@link #versionsBefore}. */
  public static final int PAGE_MAX = 200;

  private final PolicyStore store;
  private final PolicyCheck check;
  private final PolicyAuthorizer authorizer;
  private final DefaultPolicies defaults;
  private final SecurityEvents events;
  private final TransactionTemplate transaction;
  private final RandomIds ids;
  private final Clock clock;

  Policies(
      PolicyStore store,
      PolicyCheck check,
      PolicyAuthorizer authorizer,
      DefaultPolicies defaults,
      SecurityEvents events,
      PlatformTransactionManager transactions,
      RandomIds ids,
      Clock clock) {
    this.store = store;
    this.check = check;
    this.authorizer = authorizer;
    this.defaults = defaults;
    this.events = events;
    this.transaction = new TransactionTemplate(transactions);
    this.ids = ids;
    this.clock = clock;
  }

  /** The version in force. */
  public PolicyVersion active() {
    return store
        .version(store.activeVersion())
        .orElseThrow(() -> new IllegalStateException("no policies are active"));
  }

  public Optional<PolicyVersion> version(long version) {
    return store.version(version);
  }

  /** Newest first, those before a version, without their texts. */
  public List<PolicyVersion> versionsBefore(long before, int limit) {
    return store.versionsBefore(before, Math.clamp(limit, 1, PAGE_MAX));
  }

  /** What is wrong with a content, warnings included; empty: nothing. */
  public List<PolicyProblem> validate(PolicyContent content) {
    return check.check(content).problems();
  }

  /**
   * Makes a content the active one.
   *
   * @param expected the version that must be active now; null: whichever is
   * @param asking who activates, as asked of the {@link Authorizer}: must still be permitted under
   *     the new content, or nobody could mend it
   */
  public Activation activate(
      PolicyContent content, String note, @Nullable Long expected, Inquiry asking) {
    return activate(content, note, null, expected, asking, null);
  }

  /** Makes the content of an earlier version the active one, under a new number. */
  public Activation rollBack(long to, @Nullable Long expected, Inquiry asking) {
    Optional<PolicyVersion> earlier = store.version(to);
    return earlier.isEmpty()
        ? new Activation.NoSuchContent()
        : activate(earlier.get().content(), "rollback to " + to, to, expected, asking, null);
  }

  /** Makes a draft's content the active one, and the draft goes. */
  public Activation activateDraft(String draftId, @Nullable Long expected, Inquiry asking) {
    Optional<PolicyDraft> draft = store.draft(draftId);
    return draft.isEmpty()
        ? new Activation.NoSuchContent()
        : activate(
            draft.get().content(), draft.get().note(), null, expected, asking, draft.get().id());
  }

  private Activation activate(
      PolicyContent content,
      String note,
      @Nullable Long rollbackOf,
      @Nullable Long expected,
      Inquiry asking,
      @Nullable String draftId) {
    // validated before the lock is taken: it takes as long as the text is
    return switch (check.check(content)) {
      case PolicyCheck.Outcome.Faulty(List<PolicyProblem> problems) -> rejected(problems, asking);
      case PolicyCheck.Outcome.Sound sound -> {
        Activation done =
            Objects.requireNonNull(
                transaction.execute(
                    _ -> {
                      long before = store.lockActiveVersion();
                      if (expected != null && expected != before) {
                        return new Activation.Stale(before);
                      }
                      // asked again: validation takes long enough to be stripped of the right
                      if (authorizer.authorize(asking) instanceof Ruling.Refused refused) {
                        return new Activation.Refused(refused);
                      }
                      List<PolicyProblem> lockOut = lockOut(sound.planned(), before + 1, asking);
                      if (!lockOut.isEmpty()) {
                        return new Activation.Rejected(lockOut);
                      }
                      write(before + 1, content, note, rollbackOf, asking.accountId());
                      if (draftId != null) {
                        store.remove(draftId);
                      }
                      return new Activation.Activated(before + 1, rollbackOf, sound.problems());
                    }));
        yield done instanceof Activation.Rejected(List<PolicyProblem> problems)
            ? rejected(problems, asking)
            : done;
      }
    };
  }

  private void write(
      long version,
      PolicyContent content,
      String note,
      @Nullable Long rollbackOf,
      @Nullable String accountId) {
    store.activate(new PolicyVersion(version, content, note, rollbackOf, accountId, now()));
    events.record(
        accountId == null ? Actor.system() : Actor.admin(accountId),
        new SecurityEvent.PolicyActivated(version, rollbackOf));
  }

  private List<PolicyProblem> lockOut(PlannedPolicies planned, long version, Inquiry asking) {
    return switch (authorizer.rule(planned, version, asking)) {
      case Ruling.Permitted _ -> List.of();
      case Ruling.Refused refused ->
          List.of(
              PolicyProblem.of(
                  "activation",
                  "locks_out_admin",
                  refused.policies().isEmpty()
                      ? "under these policies you could not activate others: no policy permits you `policy.activate`"
                      : "under these policies you could not activate others: `"
                          + String.join("`, `", refused.policies())
                          + "` forbids you `policy.activate`",
                  "permit it to a role that you have, as the default policy `admin` does"));
    };
  }

  private Activation rejected(List<PolicyProblem> problems, Inquiry asking) {
    transaction.executeWithoutResult(
        _ ->
            events.record(
                Actor.admin(asking.accountId()),
                new SecurityEvent.PolicyRejected(problems.getFirst().code(), problems.size())));
    return new Activation.Rejected(problems);
  }

  /** Activates the default policies as version 1 where no version is active so far. */
  void activateDefaults() {
    transaction.executeWithoutResult(
        _ -> {
          if (store.lockActiveVersion() != 0) {
            return;
          }
          switch (check.check(defaults.content())) {
            case PolicyCheck.Outcome.Sound _ ->
                write(1, defaults.content(), "the default policies", null, null);
            case PolicyCheck.Outcome.Faulty(List<PolicyProblem> problems) ->
                throw new IllegalStateException("the default policies are not valid: " + problems);
          }
        });
  }

  /** What came of saving a draft. */
  public sealed interface Saving {
    record Saved(PolicyDraft draft) implements Saving {}

    /** Someone else saved it since, or it is gone. */
    record Stale() implements Saving {}

    record NoSuchDraft() implements Saving {}

    /** {@link #DRAFTS_MAX} are there already. */
    record TooMany() implements Saving {}
  }

  /** Begins a draft. Its content need not be sound. */
  public Saving begin(PolicyContent content, String note, String accountId) {
    return Objects.requireNonNull(
        transaction.execute(
            _ -> {
              long base = store.lockActiveVersion();
              if (store.draftCount() >= DRAFTS_MAX) {
                return new Saving.TooMany();
              }
              PolicyDraft draft =
                  new PolicyDraft(ids.uuid7(), 1, base, content, note, accountId, now());
              store.add(draft);
              events.record(Actor.admin(accountId), new SecurityEvent.PolicyDraftSaved(draft.id()));
              return new Saving.Saved(draft);
            }));
  }

  /**
   * Replaces a draft's content.
   *
   * @param revision the one that the caller has seen
   */
  public Saving save(
      String draftId, long revision, PolicyContent content, String note, String accountId) {
    return Objects.requireNonNull(
        transaction.execute(
            _ -> {
              Optional<PolicyDraft> before = store.draft(draftId);
              if (before.isEmpty()) {
                return new Saving.NoSuchDraft();
              }
              PolicyDraft draft =
                  new PolicyDraft(
                      draftId,
                      revision + 1,
                      before.get().baseVersion(),
                      content,
                      note,
                      accountId,
                      now());
              if (!store.replace(draft)) {
                return new Saving.Stale();
              }
              events.record(Actor.admin(accountId), new SecurityEvent.PolicyDraftSaved(draftId));
              return new Saving.Saved(draft);
            }));
  }

  /** Drops a draft; false if there is none of that id. */
  public boolean discard(String draftId, String accountId) {
    return Objects.requireNonNull(
        transaction.execute(
            _ -> {
              boolean removed = store.remove(draftId);
              if (removed) {
                events.record(
                    Actor.admin(accountId), new SecurityEvent.PolicyDraftDiscarded(draftId));
              }
              return removed;
            }));
  }

  public Optional<PolicyDraft> draft(String draftId) {
    return store.draft(draftId);
  }

  /** All drafts, the last saved first, without their texts. */
  public List<PolicyDraft> drafts() {
    return store.drafts(DRAFTS_MAX);
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }
}

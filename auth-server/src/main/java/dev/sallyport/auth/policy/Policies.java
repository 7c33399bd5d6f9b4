package dev.sallyport.auth.policy;

import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signal.SecurityEvent;
import dev.sallyport.auth.signal.SecurityEvents;
import dev.sallyport.auth.vault.RandomIds;
import dev.sallyport.policy.value.EntityUid;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

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

  private static final Logger LOG = LoggerFactory.getLogger(Policies.class);

  private static final int POLICIES_TOLD_MAX = 50;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private static final PolicyProblem UNREADABLE =
      PolicyProblem.of(
          "activation",
          "unreadable",
          "the policies in force, or those that they came of, do not parse",
          "activate others by hand");

  private final PolicyStore store;
  private final PolicyCheck check;
  private final PolicyAuthorizer authorizer;
  private final ShippedPolicies shipped;
  private final SecurityEvents events;
  private final TransactionTemplate transaction;
  private final RandomIds ids;
  private final Clock clock;
  private volatile @Nullable String upgradeRefused;

  Policies(
      PolicyStore store,
      PolicyCheck check,
      PolicyAuthorizer authorizer,
      ShippedPolicies shipped,
      SecurityEvents events,
      PlatformTransactionManager transactions,
      RandomIds ids,
      Clock clock) {
    this.store = store;
    this.check = check;
    this.authorizer = authorizer;
    this.shipped = shipped;
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

  /**
   * A role, group or space that the policies in force have for an entity.
   *
   * @param parents what it is in, by Cedar's names: {@code Chat::Role::"admin"}
   */
  public record Managed(String name, List<String> parents) {
    public Managed {
      parents = List.copyOf(parents);
    }
  }

  /** Those of a type: {@code Role}, {@code Group}, {@code Space}. */
  public List<Managed> managed(String type) {
    List<Managed> managed = new ArrayList<>();
    for (JsonNode entity : JSON.readTree(active().content().entities())) {
      if (entity.path("uid").path("type").asString("").equals(Names.type(type))) {
        List<String> parents = new ArrayList<>();
        for (JsonNode parent : entity.path("parents")) {
          parents.add(
              EntityUid.of(parent.path("type").asString(""), parent.path("id").asString(""))
                  .toString());
        }
        managed.add(new Managed(entity.path("uid").path("id").asString(""), parents));
      }
    }
    return managed;
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
        : activate(
            broughtUp(earlier.get().content(), earlier.get().release()),
            "rollback to " + to,
            to,
            expected,
            asking,
            null);
  }

  /** Makes a draft's content the active one, and the draft goes. */
  public Activation activateDraft(String draftId, @Nullable Long expected, Inquiry asking) {
    Optional<PolicyDraft> draft = store.draft(draftId);
    return draft.isEmpty()
        ? new Activation.NoSuchContent()
        : activate(
            broughtUp(draft.get().content(), releaseOf(draft.get().baseVersion())),
            draft.get().note(),
            null,
            expected,
            asking,
            draft.get().id());
  }

  private int releaseOf(long version) {
    return store.version(version).map(PolicyVersion::release).orElse(shipped.release());
  }

  /** What was written under an earlier release, in the words of this one, where it can be. */
  private PolicyContent broughtUp(PolicyContent content, int release) {
    return release >= shipped.release()
        ? content
        : merged(content, release).map(PolicyMerge.Outcome::content).orElse(content);
  }

  private Optional<PolicyMerge.Outcome> merged(PolicyContent content, int release) {
    return store
        .shipped(release)
        .flatMap(
            base ->
                PolicyMerge.of(
                    base, content, shipped.content(), shipped.shippedSchema(content.schema())));
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
    // of two releases side by side, the older one must not undo what the newer one took up
    int release = Math.max(shipped.release(), releaseInForce());
    if (release == shipped.release()) {
      store.keepShipped(release, shipped.content());
    }
    store.activate(
        new PolicyVersion(version, content, note, rollbackOf, accountId, now(), release));
    events.record(
        accountId == null ? Actor.system() : Actor.admin(accountId),
        new SecurityEvent.PolicyActivated(version, rollbackOf));
  }

  private int releaseInForce() {
    return store.release(store.activeVersion());
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
          switch (check.check(shipped.content())) {
            case PolicyCheck.Outcome.Sound _ ->
                write(1, shipped.content(), "the default policies", null, null);
            case PolicyCheck.Outcome.Faulty(List<PolicyProblem> problems) ->
                throw new IllegalStateException("the default policies are not valid: " + problems);
          }
        });
  }

  /**
   * How the policies in force stand to what ships.
   *
   * @param release up to which they were brought
   * @param shippedRelease what ships with this server
   * @param problems why they could not be brought up to it: then they stay as they are, and nothing
   *     in them permits what they have no words for
   * @param proposed what they would have become
   */
  public record Upgrade(
      int release,
      int shippedRelease,
      List<PolicyProblem> problems,
      @Nullable PolicyContent proposed) {
    public Upgrade {
      problems = List.copyOf(problems);
    }

    public boolean refused() {
      return !problems.isEmpty();
    }
  }

  /** The code of the first problem that kept them from being brought up at the start. */
  Optional<String> upgradeRefused() {
    return Optional.ofNullable(upgradeRefused);
  }

  /** Works out anew what {@link #upgrade} would do. */
  public Upgrade standing() {
    PolicyVersion active = active();
    if (active.release() >= shipped.release()) {
      return new Upgrade(active.release(), shipped.release(), List.of(), null);
    }
    Optional<PolicyMerge.Outcome> merged = merged(active.content(), active.release());
    return merged.isEmpty()
        ? new Upgrade(active.release(), shipped.release(), List.of(UNREADABLE), null)
        : new Upgrade(
            active.release(),
            shipped.release(),
            errors(check.check(merged.get().content())),
            merged.get().content());
  }

  /**
   * Brings the policies in force up to what ships, where they are of an earlier release: as a new
   * version, by nobody. Of several nodes that start at once one does. What cannot be brought up
   * stays as it is.
   */
  void upgrade() {
    transaction.executeWithoutResult(
        _ -> {
          long before = store.lockActiveVersion();
          PolicyVersion active = store.version(before).orElseThrow();
          if (active.release() >= shipped.release()) {
            return;
          }
          Optional<PolicyMerge.Outcome> merged = merged(active.content(), active.release());
          if (merged.isPresent() && merged.get().content().equals(active.content())) {
            return;
          }
          List<PolicyProblem> problems =
              merged.isEmpty() ? List.of(UNREADABLE) : errors(check.check(merged.get().content()));
          if (!problems.isEmpty()) {
            upgradeRefused = problems.getFirst().code();
            LOG.warn(
                "the policies, version {}, stay as they are: brought up to release {} they would not"
                    + " be valid, `{}`: {}. Nothing in them permits what is new. An administrator"
                    + " reads more at /v1/admin/policies/upgrade",
                before,
                shipped.release(),
                problems.getFirst().code(),
                problems.getFirst().message());
            return;
          }
          PolicyMerge.Changes changes = merged.get().changes();
          write(
              before + 1,
              merged.get().content(),
              "brought up to release " + shipped.release(),
              null,
              null);
          events.record(
              Actor.system(),
              new SecurityEvent.PolicyUpgraded(
                  before + 1,
                  active.release(),
                  shipped.release(),
                  some(changes.added()),
                  some(changes.replaced()),
                  some(changes.removed()),
                  some(changes.kept()),
                  some(changes.leftOut())));
          LOG.info(
              "the policies were brought up to release {} as version {}: added {}, replaced {},"
                  + " removed {}, kept as changed here {}, left out {}",
              shipped.release(),
              before + 1,
              changes.added(),
              changes.replaced(),
              changes.removed(),
              changes.kept(),
              changes.leftOut());
        });
  }

  private static List<PolicyProblem> errors(PolicyCheck.Outcome outcome) {
    return outcome.problems().stream().filter(problem -> !problem.warning()).toList();
  }

  /** An event is bounded; the versions themselves tell the rest. */
  private static List<String> some(List<String> policyIds) {
    return policyIds.stream().limit(POLICIES_TOLD_MAX).toList();
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

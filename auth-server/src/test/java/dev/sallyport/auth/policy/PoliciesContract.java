package dev.sallyport.auth.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.database.TestDatabase;
import dev.sallyport.auth.policy.Inquiry.Resource;
import dev.sallyport.auth.server.Node;
import dev.sallyport.auth.signal.AuditTrail;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Versions, activation, decisions: on two nodes that share a database. */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class PoliciesContract {

  private static final String FORBID_CONTRACTORS =
      """

      @id("contractors")
      @message("contractors may not exchange tokens")
      forbid (principal, action == Chat::Action::"token.exchange", resource)
      when { principal has department && principal.department == "contractor" };
      """;

  private TestDatabase database;
  private Path folder;
  private Node one;
  private Node other;
  private Policies policies;
  private Account admin;
  private Account dora;

  abstract TestDatabase open();

  @BeforeAll
  void start() {
    database = open();
    folder = Node.newFolder();
    one = Node.start(database, folder);
    other = Node.start(database, folder);
    policies = one.bean(Policies.class);
    admin = account("demo-admin");
    dora = account("dora");
  }

  @AfterAll
  void stop() {
    other.close();
    one.close();
    database.close();
    Node.deleteFolder(folder);
  }

  @BeforeEach
  void backToDefaults() {
    assertThat(policies.rollBack(1, null, asking())).isInstanceOf(Activation.Activated.class);
    one.bean(Accounts.class).changeClaims(dora.id(), Set.of("user"), Set.of(), Map.of(), "test");
  }

  private Account account(String username) {
    return one.bean(Accounts.class).byUsername(username).orElseThrow();
  }

  private Inquiry asking() {
    return new Inquiry(
        admin.id(), "cli", true, "127.0.0.1", "policy.activate", Resource.policySet(), Map.of());
  }

  private static Inquiry exchange(Account who, String client, String subjectClient) {
    return new Inquiry(
        who.id(),
        client,
        false,
        null,
        "token.exchange",
        Resource.client(client, "chat"),
        Map.of(
            "audience",
            "a",
            "scopes",
            Set.of("chat.read"),
            "subjectClientId",
            subjectClient,
            "kind",
            "own",
            "mayAct",
            false,
            "rooms",
            Set.of()));
  }

  private PolicyContent with(String more) {
    PolicyContent defaults = one.bean(ShippedPolicies.class).content();
    return new PolicyContent(defaults.policies() + more, defaults.schema(), defaults.entities());
  }

  private long activeVersion() {
    return policies.active().version();
  }

  private long eventsOf(String type) {
    return one.bean(AuditTrail.class).page(Long.MAX_VALUE, type, null, 200).size();
  }

  @Test
  void firstStart_twoNodes_defaultsAreVersionOneOnce() {
    PolicyVersion first = policies.version(1).orElseThrow();
    assertThat(first.content()).isEqualTo(one.bean(ShippedPolicies.class).content());
    assertThat(first.activatedBy()).isNull();
    assertThat(first.rollbackOf()).isNull();
  }

  @Test
  void defaults_haveNoProblems_andNoWarnings() {
    assertThat(policies.validate(one.bean(ShippedPolicies.class).content())).isEmpty();
  }

  /** Decided again under the lock: validating takes long enough to be stripped meanwhile. */
  @Test
  void activate_byAnAdminWhoWasStrippedMeanwhile_isRefusedAndRecorded() {
    long before = activeVersion();
    long refusals = eventsOf("refused");
    Inquiry stripped =
        new Inquiry(
            dora.id(), "cli", true, null, "policy.activate", Resource.policySet(), Map.of());
    PolicyContent everyone = with("\npermit (principal, action, resource);\n");
    for (Activation activation :
        List.of(
            policies.activate(everyone, "", null, stripped),
            policies.rollBack(1, null, stripped))) {
      assertThat(activation).isInstanceOf(Activation.Refused.class);
    }
    assertThat(activeVersion()).isEqualTo(before);
    assertThat(eventsOf("refused")).isEqualTo(refusals + 2);
  }

  @Test
  void activate_soundContent_isInForceOnEveryNodeAtOnce() {
    Authorizer here = one.bean(Authorizer.class);
    Authorizer there = other.bean(Authorizer.class);
    one.bean(Accounts.class)
        .changeClaims(
            dora.id(), Set.of("user"), Set.of(), Map.of("department", "contractor"), "test");
    assertThat(here.authorize(exchange(dora, "c", "c"))).isInstanceOf(Ruling.Permitted.class);
    assertThat(there.authorize(exchange(dora, "c", "c"))).isInstanceOf(Ruling.Permitted.class);
    long before = activeVersion();

    Activation activation =
        policies.activate(with(FORBID_CONTRACTORS), "no contractors", before, asking());

    assertThat(activation).isEqualTo(new Activation.Activated(before + 1, null, List.of()));
    for (Authorizer node : List.of(here, there)) {
      assertThat(node.authorize(exchange(dora, "c", "c")))
          .isInstanceOfSatisfying(
              Ruling.Refused.class,
              refused -> {
                assertThat(refused.message()).isEqualTo("contractors may not exchange tokens");
                assertThat(refused.policies()).containsExactly("contractors");
                assertThat(refused.policyVersion()).isEqualTo(before + 1);
              });
      assertThat(node.authorize(exchange(admin, "c", "c"))).isInstanceOf(Ruling.Permitted.class);
    }
  }

  @Test
  void activate_claimsChange_decidesAtOnceByTheNewOnes() {
    policies.activate(with(FORBID_CONTRACTORS), "", null, asking());
    Authorizer there = other.bean(Authorizer.class);
    assertThat(there.authorize(exchange(dora, "c", "c"))).isInstanceOf(Ruling.Permitted.class);
    one.bean(Accounts.class)
        .changeClaims(
            dora.id(), Set.of("user"), Set.of(), Map.of("department", "contractor"), "test");
    assertThat(there.authorize(exchange(dora, "c", "c"))).isInstanceOf(Ruling.Refused.class);
  }

  @Test
  void authorize_forbidThatErrs_refuses() {
    // valid, and fails for those whose department is no string
    policies.activate(with(FORBID_CONTRACTORS), "", null, asking());
    one.bean(Accounts.class)
        .changeClaims(
            dora.id(), Set.of("user"), Set.of(), Map.of("department", List.of("a")), "test");
    PolicyContent comparing =
        with(
            """

            @id("comparing")
            forbid (principal, action == Chat::Action::"token.exchange", resource)
            when { principal has department && principal.department like "contr*" };
            """);
    policies.activate(comparing, "", null, asking());
    assertThat(one.bean(Authorizer.class).authorize(exchange(dora, "c", "c")))
        .isInstanceOfSatisfying(
            Ruling.Refused.class,
            refused -> assertThat(refused.policies()).containsExactly("comparing"));
  }

  @Test
  void authorize_rolesInRolesAndGroups_areFollowed() {
    PolicyContent defaults = with("");
    PolicyContent nested =
        new PolicyContent(
            defaults.policies(),
            defaults.schema(),
            """
            [{"uid":{"type":"Chat::Role","id":"admin"},"attrs":{},"parents":[]},
             {"uid":{"type":"Chat::Role","id":"chief"},"attrs":{},
              "parents":[{"type":"Chat::Role","id":"admin"}]}]""");
    assertThat(policies.activate(nested, "", null, asking()))
        .isInstanceOf(Activation.Activated.class);
    Inquiry read =
        new Inquiry(dora.id(), "c", true, null, "policy.read", Resource.policySet(), Map.of());
    assertThat(one.bean(Authorizer.class).authorize(read)).isInstanceOf(Ruling.Refused.class);
    one.bean(Accounts.class).changeClaims(dora.id(), Set.of("chief"), Set.of(), Map.of(), "test");
    assertThat(one.bean(Authorizer.class).authorize(read)).isInstanceOf(Ruling.Permitted.class);
  }

  @Test
  void authorize_withoutSecondFactor_adminIsRefused() {
    Inquiry read =
        new Inquiry(admin.id(), "c", false, null, "policy.read", Resource.policySet(), Map.of());
    assertThat(one.bean(Authorizer.class).authorize(read)).isInstanceOf(Ruling.Refused.class);
  }

  @Test
  void authorize_anotherClientsToken_isRefusedAndRecorded() {
    Ruling ruling = one.bean(Authorizer.class).authorize(exchange(dora, "mine", "theirs"));
    assertThat(ruling).isInstanceOf(Ruling.Refused.class);
    assertThat(other.bean(AuditTrail.class).refusal(ruling.decisionId()).orElseThrow().data())
        .containsEntry("action", "token.exchange")
        .containsEntry("resource", "Chat::Client::\"mine\"")
        .containsEntry("policies", List.of());
  }

  @Test
  void authorize_suspendedOrUnknownAccount_isRefused() {
    one.bean(Accounts.class).suspend(dora.id(), "test");
    try {
      assertThat(one.bean(Authorizer.class).authorize(exchange(dora, "c", "c")))
          .isInstanceOf(Ruling.Refused.class);
    } finally {
      one.bean(Accounts.class).restore(dora.id(), "test");
    }
    Inquiry nobody =
        new Inquiry("nobody", "c", true, null, "policy.read", Resource.policySet(), Map.of());
    assertThat(one.bean(Authorizer.class).authorize(nobody)).isInstanceOf(Ruling.Refused.class);
  }

  @Test
  void activate_textThatDoesNotParse_saysWhereAndChangesNothing() {
    long before = activeVersion();
    long activations = eventsOf("policy-activated");
    String broken = "permit (principal, action, resource)\nwhen { context. };\n";
    Activation activation =
        policies.activate(new PolicyContent(broken, with("").schema(), "[]"), "", before, asking());
    assertThat(activation)
        .isInstanceOfSatisfying(
            Activation.Rejected.class,
            rejected -> {
              PolicyProblem problem = rejected.problems().getFirst();
              assertThat(problem.source()).isEqualTo("policies");
              PolicyProblem.Place place = Objects.requireNonNull(problem.place());
              assertThat(place.line()).isEqualTo(2);
              assertThat(place.column()).isEqualTo(17);
              assertThat(problem.code()).isNotBlank();
              assertThat(problem.message()).isNotBlank();
            });
    assertThat(activeVersion()).isEqualTo(before);
    assertThat(eventsOf("policy-activated")).isEqualTo(activations);
  }

  @Test
  void activate_attributeThatMayBeAbsent_isRefusedInStrictMode() {
    String unsafe =
        """

        @id("unsafe")
        forbid (principal, action == Chat::Action::"message.send", resource)
        when { principal.department == "contractor" };
        """;
    PolicyContent content = with(unsafe);
    Activation activation = policies.activate(content, "", null, asking());
    assertThat(activation)
        .isInstanceOfSatisfying(
            Activation.Rejected.class,
            rejected ->
                assertThat(rejected.problems())
                    .anySatisfy(
                        problem -> {
                          assertThat(problem.code()).isEqualTo("unsafe_optional_attribute");
                          assertThat(problem.policy()).isEqualTo("unsafe");
                          PolicyProblem.Place place = Objects.requireNonNull(problem.place());
                          assertThat(content.policies().lines().toList().get(place.line() - 1))
                              .contains("principal.department");
                        }));
  }

  @Test
  void activate_wouldShutItsAuthorOut_isRefused() {
    long before = activeVersion();
    String forbid =
        """

        @id("nobody.administers")
        forbid (principal, action in Chat::Action::"admin.any", resource);
        """;
    for (PolicyContent content :
        List.of(
            with(forbid),
            new PolicyContent(
                "@id(\"x\") permit (principal, action == Chat::Action::\"room.create\", resource);",
                with("").schema(),
                "[]"))) {
      assertThat(policies.activate(content, "", before, asking()))
          .isInstanceOfSatisfying(
              Activation.Rejected.class,
              rejected ->
                  assertThat(rejected.problems())
                      .extracting(PolicyProblem::code)
                      .containsExactly("locks_out_admin"));
    }
    assertThat(activeVersion()).isEqualTo(before);
  }

  @Test
  void activate_schemaWithoutPartOfTheVocabulary_isRefused() {
    PolicyContent defaults = with("");
    String less = defaults.schema().replace("archived: Bool,", "");
    assertThat(less).isNotEqualTo(defaults.schema());
    PolicyContent content =
        new PolicyContent(
            "@id(\"admin\") permit (principal in Chat::Role::\"admin\", action in Chat::Action::\"admin.any\", resource);",
            less,
            defaults.entities());
    assertThat(policies.activate(content, "", null, asking()))
        .isInstanceOfSatisfying(
            Activation.Rejected.class,
            rejected ->
                assertThat(rejected.problems())
                    .extracting(PolicyProblem::code)
                    .containsExactly("schema_incomplete"));
  }

  @Test
  void activate_schemaWithAnAttributeMore_isInForce() {
    PolicyContent defaults = with("");
    PolicyContent content =
        new PolicyContent(
            defaults.policies()
                + """

                @id("cleared")
                forbid (principal is Chat::User, action == Chat::Action::"token.exchange", resource)
                unless { principal has clearance && principal.clearance >= 3 };
                """,
            defaults
                .schema()
                .replace(
                    "entity User in [Role, Group, RoomRole] {",
                    "entity User in [Role, Group, RoomRole] {\n    clearance?: Long,"),
            defaults.entities());
    assertThat(policies.activate(content, "", null, asking()))
        .isInstanceOf(Activation.Activated.class);
    Authorizer authorizer = one.bean(Authorizer.class);
    assertThat(authorizer.authorize(exchange(dora, "c", "c"))).isInstanceOf(Ruling.Refused.class);
    one.bean(Accounts.class)
        .changeClaims(dora.id(), Set.of("user"), Set.of(), Map.of("clearance", 3L), "test");
    assertThat(authorizer.authorize(exchange(dora, "c", "c"))).isInstanceOf(Ruling.Permitted.class);
  }

  @Test
  void activate_entitiesThatAreNotManaged_areRefused() {
    for (String entities :
        List.of(
            "[{\"uid\":{\"type\":\"Chat::User\",\"id\":\"u\"},\"attrs\":{},\"parents\":[]}]",
            "{}",
            "[{\"uid\":{\"type\":\"Chat::Role\",\"id\":\"a\"},\"attrs\":{},\"parents\":[{\"type\":\"Chat::Role\",\"id\":\"a\"}]}]",
            "not json")) {
      PolicyContent content = new PolicyContent(with("").policies(), with("").schema(), entities);
      assertThat(policies.validate(content))
          .as(entities)
          .anyMatch(problem -> problem.source().equals("entities") && !problem.warning());
    }
  }

  @Test
  void activate_twoExpectTheSameVersion_oneWins() throws Exception {
    for (int round = 0; round < 5; round++) {
      long before = activeVersion();
      CyclicBarrier together = new CyclicBarrier(4);
      List<Future<Activation>> runs = new ArrayList<>();
      try (ExecutorService threads = Executors.newCachedThreadPool()) {
        for (int i = 0; i < 4; i++) {
          Policies node = (i % 2 == 0 ? one : other).bean(Policies.class);
          String note = "racer " + i;
          runs.add(
              threads.submit(
                  () -> {
                    together.await(30, TimeUnit.SECONDS);
                    return node.activate(with(FORBID_CONTRACTORS), note, before, asking());
                  }));
        }
        List<Activation> outcomes = new ArrayList<>();
        for (Future<Activation> run : runs) {
          outcomes.add(run.get(60, TimeUnit.SECONDS));
        }
        assertThat(outcomes).filteredOn(Activation.Activated.class::isInstance).hasSize(1);
        assertThat(outcomes)
            .filteredOn(Activation.Stale.class::isInstance)
            .hasSize(3)
            .containsOnly(new Activation.Stale(before + 1));
      }
      assertThat(activeVersion()).isEqualTo(before + 1);
    }
  }

  @Test
  void activate_expectingNothing_versionsHaveNoGapsAndEachItsEvent() throws Exception {
    long before = activeVersion();
    long events = eventsOf("policy-activated");
    List<Future<Activation>> runs = new ArrayList<>();
    try (ExecutorService threads = Executors.newCachedThreadPool()) {
      for (int i = 0; i < 8; i++) {
        Policies node = (i % 2 == 0 ? one : other).bean(Policies.class);
        runs.add(threads.submit(() -> node.rollBack(1, null, asking())));
      }
      List<Long> versions = new ArrayList<>();
      for (Future<Activation> run : runs) {
        versions.add(((Activation.Activated) run.get(60, TimeUnit.SECONDS)).version());
      }
      assertThat(versions)
          .containsExactlyInAnyOrder(
              before + 1,
              before + 2,
              before + 3,
              before + 4,
              before + 5,
              before + 6,
              before + 7,
              before + 8);
    }
    assertThat(eventsOf("policy-activated")).isEqualTo(events + 8);
  }

  /** Whatever stops it before the commit leaves no trace: version, head and event are one. */
  @Test
  void activate_transactionRolledBack_leavesNothing() {
    long before = activeVersion();
    long events = eventsOf("policy-activated");
    new TransactionTemplate(one.bean(PlatformTransactionManager.class))
        .executeWithoutResult(
            status -> {
              assertThat(policies.activate(with(FORBID_CONTRACTORS), "", before, asking()))
                  .isInstanceOf(Activation.Activated.class);
              status.setRollbackOnly();
            });
    assertThat(activeVersion()).isEqualTo(before);
    assertThat(policies.version(before + 1)).isEmpty();
    assertThat(eventsOf("policy-activated")).isEqualTo(events);
    assertThat(one.bean(ActivePolicies.class).current()).isNotNull();
    assertThat(one.bean(Authorizer.class).authorize(exchange(dora, "c", "c")).policyVersion())
        .isEqualTo(before);
  }

  @Test
  void rollBack_toVersionThatNeverWas_isNoSuchContent() {
    assertThat(policies.rollBack(999_999, null, asking()))
        .isEqualTo(new Activation.NoSuchContent());
  }

  @Test
  void draft_savedTwiceFromOneRevision_secondIsStale() {
    Policies.Saving begun = policies.begin(with(""), "first", admin.id());
    PolicyDraft draft = ((Policies.Saving.Saved) begun).draft();
    assertThat(policies.save(draft.id(), draft.revision(), with("// a"), "", admin.id()))
        .isInstanceOf(Policies.Saving.Saved.class);
    assertThat(policies.save(draft.id(), draft.revision(), with("// b"), "", admin.id()))
        .isEqualTo(new Policies.Saving.Stale());
    assertThat(policies.draft(draft.id()).orElseThrow().content()).isEqualTo(with("// a"));
    long before = activeVersion();
    assertThat(policies.activateDraft(draft.id(), before, asking()))
        .isInstanceOf(Activation.Activated.class);
    assertThat(policies.active().content()).isEqualTo(with("// a"));
    assertThat(policies.draft(draft.id())).isEmpty();
    assertThat(policies.discard(draft.id(), admin.id())).isFalse();
  }

  /** As an installation looks that has run an earlier release until now. */
  private void wasOf(int release, PolicyContent base, PolicyContent active) {
    JdbcTemplate jdbc = one.bean(JdbcTemplate.class);
    long version = activeVersion() + 1;
    jdbc.update("delete from policy_shipped where release_number = ?", release);
    jdbc.update(
        "insert into policy_shipped (release_number, policies, cedar_schema, entities)"
            + " values (?, ?, ?, ?)",
        release,
        base.policies(),
        base.schema(),
        base.entities());
    jdbc.update(
        "insert into policy_version (version, policies, cedar_schema, entities, note, activated_by,"
            + " activated_at, release_number) values (?, ?, ?, ?, '', ?, current_timestamp, ?)",
        version,
        active.policies(),
        active.schema(),
        active.entities(),
        admin.id(),
        release);
    jdbc.update("update policy_active set version = ? where id = 1", version);
  }

  private static Inquiry newer(Account who) {
    return new Inquiry(
        who.id(), "c", true, null, "idp.read", Resource.identityProviders(), Map.of());
  }

  @Test
  void upgrade_twoNodesStartAtOnce_oneVersionAndOneEvent() throws Exception {
    PolicyContent first = PolicyMergeTest.earlier(1);
    PolicyContent mine =
        new PolicyContent(first.policies() + FORBID_CONTRACTORS, first.schema(), first.entities());
    wasOf(0, first, mine);
    long before = activeVersion();
    long activations = eventsOf("policy-activated");
    long upgrades = eventsOf("policy-upgraded");
    assertThat(one.bean(Authorizer.class).authorize(newer(admin)))
        .isInstanceOf(Ruling.Refused.class);

    CyclicBarrier together = new CyclicBarrier(4);
    try (ExecutorService threads = Executors.newCachedThreadPool()) {
      List<Future<?>> starts = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        FirstPolicies node = (i % 2 == 0 ? one : other).bean(FirstPolicies.class);
        starts.add(
            threads.submit(
                () -> {
                  together.await(30, TimeUnit.SECONDS);
                  node.afterSingletonsInstantiated();
                  return null;
                }));
      }
      for (Future<?> start : starts) {
        start.get(60, TimeUnit.SECONDS);
      }
    }

    PolicyVersion upgraded = policies.active();
    assertThat(upgraded.version()).isEqualTo(before + 1);
    assertThat(upgraded.author()).isEqualTo(PolicyVersion.Author.UPGRADE);
    assertThat(upgraded.release()).isEqualTo(one.bean(ShippedPolicies.class).release());
    assertThat(upgraded.content().policies()).contains("contractors").contains("tokens.federated");
    assertThat(eventsOf("policy-activated")).isEqualTo(activations + 1);
    assertThat(eventsOf("policy-upgraded")).isEqualTo(upgrades + 1);
    assertThat(policies.standing().refused()).isFalse();
    for (Node node : List.of(one, other)) {
      assertThat(node.bean(Authorizer.class).authorize(newer(admin)))
          .isInstanceOf(Ruling.Permitted.class);
    }

    // what was in force before returns in the words of today
    assertThat(policies.rollBack(before, null, asking())).isInstanceOf(Activation.Activated.class);
    assertThat(policies.active().content()).isEqualTo(upgraded.content());
    assertThat(policies.active().rollbackOf()).isEqualTo(before);
  }

  @Test
  void upgrade_draftOfBefore_isActivatedInTheWordsOfToday() {
    PolicyContent first = PolicyMergeTest.earlier(1);
    wasOf(0, first, first);
    PolicyContent mine =
        new PolicyContent(first.policies() + FORBID_CONTRACTORS, first.schema(), first.entities());
    PolicyDraft draft =
        ((Policies.Saving.Saved) policies.begin(mine, "begun before", admin.id())).draft();
    policies.upgrade();
    assertThat(policies.activateDraft(draft.id(), null, asking()))
        .isInstanceOf(Activation.Activated.class);
    assertThat(policies.active().content().policies())
        .contains("contractors")
        .contains("tokens.federated");
  }

  @Test
  void upgrade_thatWouldNotBeValid_leavesAllAsItIs_andSaysWhy() {
    PolicyContent first = PolicyMergeTest.earlier(1);
    PolicyContent clashing =
        new PolicyContent(
            first.policies()
                + """

                @id("phones")
                forbid (principal, action == Chat::Action::"token.exchange", resource)
                when { context.kind.contains("phone") };
                """,
            first
                .schema()
                .replace("scopes: Set<String>,", "scopes: Set<String>,\n      kind: Set<String>,"),
            first.entities());
    wasOf(0, first, clashing);
    long before = activeVersion();
    one.bean(FirstPolicies.class).afterSingletonsInstantiated();
    assertThat(activeVersion()).isEqualTo(before);
    assertThat(one.bean(PolicyHealthIndicator.class).health().getDetails())
        .containsKeys("upgradeRefused")
        .containsEntry("release", 0);
    Policies.Upgrade standing = policies.standing();
    assertThat(standing.problems()).extracting(PolicyProblem::policy).contains("phones");
    assertThat(standing.proposed()).isNotNull();
    // what it has words for, it decides as before
    Inquiry read =
        new Inquiry(admin.id(), "c", true, null, "policy.read", Resource.policySet(), Map.of());
    assertThat(other.bean(Authorizer.class).authorize(read)).isInstanceOf(Ruling.Permitted.class);
    assertThat(other.bean(Authorizer.class).authorize(newer(admin)))
        .isInstanceOf(Ruling.Refused.class);
    // an administrator mends it by hand, and it is of today
    assertThat(policies.activate(with(FORBID_CONTRACTORS), "", before, asking()))
        .isInstanceOf(Activation.Activated.class);
    assertThat(policies.standing().refused()).isFalse();
    assertThat(one.bean(PolicyHealthIndicator.class).health().getDetails())
        .doesNotContainKey("upgradeRefused");
  }

  @Test
  void upgrade_byAnOlderServerBesideANewerOne_doesNothing() {
    int shipped = one.bean(ShippedPolicies.class).release();
    wasOf(shipped + 1, with(""), with("\n// of tomorrow\n"));
    long before = activeVersion();
    policies.upgrade();
    assertThat(activeVersion()).isEqualTo(before);
    assertThat(policies.activate(with("\n// by hand\n"), "", before, asking()))
        .isInstanceOf(Activation.Activated.class);
    assertThat(policies.active().release()).isEqualTo(shipped + 1);
    // for the tests that follow
    one.bean(JdbcTemplate.class)
        .update(
            "update policy_version set release_number = ? where version > ?", shipped, before - 1);
  }

  @Test
  void powers_ofOneWhoMayMore_areBeyond() {
    Powers powers = one.bean(Powers.class);
    Inquiry byDora =
        new Inquiry(
            dora.id(), "c", true, null, "account.write", Resource.account(admin.id()), Map.of());
    assertThat(powers.beyond(byDora, admin).orElseThrow().message()).contains("`policy.activate`");
    assertThat(powers.beyond(asking(), admin)).isEmpty();
    assertThat(powers.beyond(asking(), dora)).isEmpty();
    assertThat(powers.beyond(byDora, dora)).isEmpty();
  }

  @Test
  void admins_areNotForOthersToChangeNorToMake() {
    PolicyContent helpdesk =
        with(
            """

            @id("helpdesk")
            permit (principal in Chat::Role::"helpdesk", action in Chat::Action::"admin.any", resource);
            """);
    policies.activate(helpdesk, "", null, asking());
    one.bean(Accounts.class)
        .changeClaims(dora.id(), Set.of("helpdesk"), Set.of(), Map.of(), "test");
    Authorizer authorizer = other.bean(Authorizer.class);
    for (Inquiry inquiry :
        List.of(
            doras("account.write", Resource.account(admin.id())),
            doras("session.revoke", Resource.account(admin.id())),
            doras("role.assign", Resource.role("admin")),
            doras("role.revoke", Resource.role("admin")))) {
      assertThat(authorizer.authorize(inquiry)).isInstanceOf(Ruling.Refused.class);
    }
    for (Inquiry inquiry :
        List.of(
            doras("account.write", Resource.account(dora.id())),
            doras("role.assign", Resource.role("user")),
            doras("group.add", Resource.group("staff")))) {
      assertThat(authorizer.authorize(inquiry)).isInstanceOf(Ruling.Permitted.class);
    }
  }

  private Inquiry doras(String action, Resource resource) {
    return new Inquiry(dora.id(), "c", true, null, action, resource, Map.of());
  }

  /** Random damage to a valid text: always problems with a place inside it, never an exception. */
  @Test
  void validate_damagedTexts_alwaysAnswers() {
    long seed = 20261123;
    Random random = new Random(seed);
    PolicyContent defaults = with(FORBID_CONTRACTORS);
    for (int i = 0; i < 150; i++) {
      PolicyContent damaged =
          switch (random.nextInt(3)) {
            case 0 ->
                new PolicyContent(
                    damage(defaults.policies(), random), defaults.schema(), defaults.entities());
            case 1 ->
                new PolicyContent(
                    defaults.policies(), damage(defaults.schema(), random), defaults.entities());
            default ->
                new PolicyContent(
                    defaults.policies(), defaults.schema(), damage(defaults.entities(), random));
          };
      for (PolicyProblem problem : policies.validate(damaged)) {
        PolicyProblem.@Nullable Place place = problem.place();
        if (place != null) {
          String text = problem.source().equals("policies") ? damaged.policies() : damaged.schema();
          assertThat(place.line())
              .as("seed %d, round %d: %s", seed, i, problem)
              .isBetween(1, (int) text.chars().filter(c -> c == '\n').count() + 1);
        }
      }
    }
  }

  private static String damage(String text, Random random) {
    StringBuilder damaged = new StringBuilder(text);
    for (int n = 0; n <= random.nextInt(3); n++) {
      int at = random.nextInt(damaged.length());
      switch (random.nextInt(4)) {
        case 0 -> damaged.deleteCharAt(at);
        case 1 -> damaged.insert(at, (char) random.nextInt(1, 0xd7ff));
        case 2 -> damaged.insert(at, "(){}[];\"\\@".charAt(random.nextInt(10)));
        default -> damaged.setLength(Math.max(1, at));
      }
    }
    return damaged.toString();
  }
}

package dev.sallyport.auth.policy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.springframework.core.io.ClassPathResource;

/** Texts as they shipped once, brought up to those that ship now. */
class PolicyMergeTest {

  private final ShippedPolicies shipped = new ShippedPolicies();
  private final PolicyContent now = shipped.content();
  private final PolicyCheck check = new PolicyCheck(shipped);
  private final PolicyContent first = earlier(1);
  private final PolicyContent eighth = earlier(8);

  static PolicyContent earlier(int release) {
    return new PolicyContent(
        read(release + "/default.cedar"),
        read(release + "/chat.cedarschema"),
        read(release + "/entities.json"));
  }

  private static String read(String name) {
    try {
      return new ClassPathResource("policy-history/" + name).getContentAsString(UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private PolicyMerge.Outcome merge(PolicyContent base, PolicyContent mine) {
    return PolicyMerge.of(base, mine, now, shipped.shippedSchema(mine.schema())).orElseThrow();
  }

  private void assertSound(PolicyContent content) {
    assertThat(check.check(content).problems()).isEmpty();
  }

  @Test
  void releases_lastOne_isWhatShips() {
    assertThat(shipped.releases().get(shipped.release()))
        .as("the files changed: add a line to policy/releases.txt, numbered one more than the last")
        .isEqualTo(ShippedPolicies.Hashes.of(now));
    assertThat(shipped.releases().get(1)).isEqualTo(ShippedPolicies.Hashes.of(first));
    assertThat(shipped.releases().get(8)).isEqualTo(ShippedPolicies.Hashes.of(eighth));
    for (int release = 1; release <= shipped.release(); release++) {
      assertThat(shipped.releases()).containsKey(release);
    }
  }

  @Test
  void untouched_ofAnyRelease_becomesWhatShips() {
    for (PolicyContent earlier : List.of(first, eighth)) {
      assertThat(merge(earlier, earlier).content()).isEqualTo(now);
    }
    assertThat(merge(first, first).changes().added())
        .contains("tokens.delegated", "tokens.federated", "rooms.direct", "admin.roles");
    assertThat(merge(first, first).changes().kept()).isEmpty();
    assertThat(merge(now, now).content()).isEqualTo(now);
  }

  @Test
  void ownPolicies_stay_andTheShippedOnesFollow() {
    String own =
        """

        // contractors stay out
        @id("contractors")
        forbid (principal, action == Chat::Action::"token.exchange", resource)
        when { principal has department && principal.department == "contractor" };
        """;
    PolicyContent mine =
        new PolicyContent(first.policies() + own, first.schema(), first.entities());
    PolicyMerge.Outcome merged = merge(first, mine);
    assertSound(merged.content());
    assertThat(merged.content().policies())
        .contains("// contractors stay out\n@id(\"contractors\")")
        .contains("@id(\"tokens.delegated\")")
        .contains("context.kind == \"own\"");
    assertThat(merged.content().schema()).isEqualTo(now.schema());
    assertThat(merged.changes().replaced()).contains("tokens.own");
  }

  @Test
  void changedPolicy_stays_andNothingNewComesInAboutItsActions() {
    PolicyContent mine =
        new PolicyContent(
            eighth
                .policies()
                .replace(
                    "context.subjectClientId == context.session.clientId",
                    "context.subjectClientId == context.session.clientId && context.session.mfa"),
            eighth.schema(),
            eighth.entities());
    assertThat(mine.policies()).isNotEqualTo(eighth.policies());
    PolicyMerge.Outcome merged = merge(eighth, mine);
    assertSound(merged.content());
    assertThat(merged.changes().kept()).containsExactly("tokens.own");
    assertThat(merged.changes().leftOut()).containsExactly("tokens.delegated", "tokens.federated");
    assertThat(merged.content().policies())
        .contains("context.session.mfa\n")
        .doesNotContain("tokens.federated");
    assertThat(merged.changes().added()).contains("admin.roles");
  }

  @Test
  void policyTakenOutOnPurpose_staysOut() {
    PolicyContent mine =
        new PolicyContent(without(first.policies(), "backups.own"), first.schema(), "[]");
    PolicyMerge.Outcome merged = merge(first, mine);
    assertSound(merged.content());
    assertThat(merged.content().policies()).doesNotContain("backups.own");
    // an entity that was taken out stays out, too
    assertThat(merged.content().entities()).isEqualTo("[]");
  }

  private static String without(String policies, String id) {
    int start = policies.indexOf("@id(\"" + id + "\")");
    return policies.substring(0, start)
        + policies.substring(policies.indexOf(";", start) + 1).stripLeading();
  }

  @Test
  void ownPoliciesAlone_areLeftAlone_butForNewActions() {
    PolicyContent mine =
        new PolicyContent(
            """
            @id("everything")
            permit (principal in Chat::Role::"admin", action, resource);
            """,
            first.schema(),
            first.entities());
    PolicyMerge.Outcome merged = merge(first, mine);
    assertSound(merged.content());
    assertThat(merged.changes().replaced()).isEmpty();
    assertThat(merged.changes().added()).contains("rooms.direct", "rooms.rejoin", "admin.roles");
    assertThat(merged.changes().leftOut()).contains("tokens.federated", "tokens.delegated");
    assertThat(merged.content().policies()).startsWith(mine.policies());
  }

  @Test
  void changedSchema_keepsWhatAdminsAdded_andLearnsTheNewWords() {
    String schema =
        first
            .schema()
            .replaceFirst(
                "entity User in \\[Role, Group, RoomRole\\] \\{",
                "entity Ticket;\n  entity User in [Role, Group, RoomRole] {\n    clearance?: Long,")
            .replace(
                "action \"admin.any\";",
                "action \"admin.any\";\n  action \"ticket.close\" appliesTo { principal: [User],"
                    + " resource: Ticket, context: { session: Session } };");
    assertThat(schema).contains("clearance").contains("ticket.close");
    String policies =
        first.policies()
            + """

            @id("tickets")
            permit (principal is Chat::User, action == Chat::Action::"ticket.close", resource)
            when { principal has clearance && principal.clearance > 3 };
            """;
    PolicyMerge.Outcome merged =
        merge(first, new PolicyContent(policies, schema, first.entities()));
    assertSound(merged.content());
    assertThat(merged.content().schema())
        .contains("clearance")
        .contains("ticket.close")
        .contains("idp.write")
        .contains("mayAct")
        .contains("signingKey.revoke");
    assertThat(merged.changes().added()).contains("tokens.delegated");
  }

  /** The admin's own word for something that now ships with another meaning. */
  @Test
  void changedSchema_thatClashes_isNotValidAndSaysWhy() {
    PolicyContent mine =
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
    assertThat(mine.schema()).contains("kind: Set<String>");
    assertThat(check.checkInForce(mine).problems()).isEmpty();
    PolicyMerge.Outcome merged = merge(first, mine);
    assertThat(check.check(merged.content()).problems())
        .extracting(PolicyProblem::policy)
        .contains("phones");
  }

  @Test
  void schemaThatShippedLater_isKnown() {
    PolicyContent mine = new PolicyContent(first.policies(), eighth.schema(), first.entities());
    assertThat(merge(first, mine).content().schema()).isEqualTo(now.schema());
    assertSound(merge(first, mine).content());
  }

  @Test
  void mergedTwice_changesNothingMore() {
    PolicyContent mine =
        new PolicyContent(
            without(first.policies(), "backups.own")
                + "\n@id(\"x\") forbid (principal, action"
                + " == Chat::Action::\"room.create\", resource);\n",
            first.schema(),
            first.entities());
    PolicyContent once = merge(first, mine).content();
    assertThat(merge(now, once).content()).isEqualTo(once);
  }

  @Test
  void unreadable_isSaid() {
    for (Map.Entry<String, String> text :
        Map.of("permit (", first.schema(), first.policies(), "namespace {").entrySet()) {
      PolicyContent mine = new PolicyContent(text.getKey(), text.getValue(), first.entities());
      assertThat(PolicyMerge.of(first, mine, now, false)).isEmpty();
    }
    assertThat(
            PolicyMerge.of(
                first, new PolicyContent(first.policies(), first.schema(), "{"), now, false))
        .isEmpty();
  }

  /** Whatever policies are taken out, what comes of it reads and validates. */
  @Test
  void anySubset_isSoundAfterwards() {
    long seed = 20261124;
    Random random = new Random(seed);
    for (int round = 0; round < 60; round++) {
      PolicyContent base = random.nextBoolean() ? first : eighth;
      String policies = base.policies();
      for (String id :
          List.of(
              "rooms.create",
              "rooms.owner",
              "rooms.member",
              "rooms.archived",
              "messages.size",
              "keys.claim",
              "tokens.own",
              "admin")) {
        if (random.nextInt(3) == 0) {
          policies = without(policies, id);
        }
      }
      PolicyContent merged =
          merge(base, new PolicyContent(policies, base.schema(), base.entities())).content();
      assertThat(check.check(merged).problems()).as("seed %d, round %d", seed, round).isEmpty();
      assertThat(merge(now, merged).content()).isEqualTo(merged);
    }
  }
}

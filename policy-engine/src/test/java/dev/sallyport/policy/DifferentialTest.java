package dev.sallyport.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.diagnostic.ProblemCode;
import dev.sallyport.policy.entity.Entities;
import dev.sallyport.policy.entity.EntitySet;
import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.explain.EvaluationException;
import dev.sallyport.policy.explain.Reference;
import dev.sallyport.policy.plan.Plan;
import dev.sallyport.policy.syntax.PolicyText;
import dev.sallyport.policy.value.EntityUid;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * The compiled plan, the plan as nodes and the plain reference evaluator agree on generated inputs.
 * The seed is printed; {@code -Dpolicy.seed} repeats a run, {@code -Dpolicy.rounds} makes it
 * longer.
 */
class DifferentialTest {
  private static final int REQUESTS_PER_SET = 100;

  private final Schema schema = Schema.parse(PolicyGenerator.SCHEMA).orElseThrow();
  private final long seed = Long.getLong("policy.seed", System.nanoTime());
  private final int rounds = Integer.getInteger("policy.rounds", 10_000);

  @Test
  void authorize_generatedPolicies_asReference() {
    System.out.println("differential seed " + seed + ", " + rounds + " policy sets");
    Random random = new Random(seed);
    Tally tally = new Tally();
    for (int round = 0; round < rounds; round++) {
      PolicyGenerator generator = new PolicyGenerator(random, 20);
      PolicySet policies = PolicySet.parse(generator.policies(6), PolicyIds.BY_PLACE).orElseThrow();
      agree(policies, generator.entities(), generator::request, round % 4 == 0, tally);
    }
    assertTrue(tally.permitted > rounds && tally.failed > rounds, tally.toString());
  }

  /** Sets so large that every kind of index is in use. */
  @Test
  void authorize_manyPolicies_asReference() {
    System.out.println("differential seed " + seed + ", " + rounds / 100 + " large policy sets");
    Random random = new Random(seed);
    Tally tally = new Tally();
    for (int round = 0; round < rounds / 100; round++) {
      ManyPolicies generator = new ManyPolicies(random);
      PolicySet policies =
          PolicySet.parse(generator.policies(200), PolicyIds.BY_PLACE).orElseThrow();
      agree(policies, generator.entities(), generator::request, true, tally);
    }
    assertTrue(tally.permitted > rounds / 100 && tally.failed > rounds / 100, tally.toString());
  }

  /** What came out, so that a test can see that it met all there is. */
  private static final class Tally {
    int permitted;
    int failed;

    @Override
    public String toString() {
      return permitted + " permitted, " + failed + " failed";
    }
  }

  /**
   * @param all whether to compile the engines too that differ less; compiling costs more than all
   *     else here
   */
  private void agree(
      PolicySet policies,
      EntitySet entities,
      Supplier<Request> requests,
      boolean all,
      Tally tally) {
    Plan.Form other = all ? Plan.Form.COMPILED : Plan.Form.INTERPRETED;
    // Readers of live entities are in it, and used only where the entities are live.
    PolicyEngine cedar =
        PolicyEngine.plan(
            policies,
            schema.actions(),
            ErrorMode.CEDAR,
            LiveEntities.ATTRIBUTES,
            Plan.Form.COMPILED);
    Entities live = new LiveEntities(entities);
    PolicyEngine nodes = engine(policies, schema.actions(), ErrorMode.CEDAR, Plan.Form.INTERPRETED);
    PolicyEngine strict = engine(policies, schema.actions(), ErrorMode.FAIL_CLOSED, other);
    PolicyEngine schemaless = engine(policies, Map.of(), ErrorMode.CEDAR, other);
    Entities withActions = entities.orElse(schema.actions()::get);
    for (int i = 0; i < REQUESTS_PER_SET; i++) {
      Request request = requests.get();
      Supplier<@Nullable String> about = () -> describe(policies, request);
      Truth truth = truth(policies, request, entities);
      Expected expected = truth.expected();
      Decision decision = cedar.authorize(request, entities);
      assertEquals(expected, Expected.of(decision), about);
      assertEquals(decision.verdict(), cedar.decide(request, entities), about);
      assertEquals(decision.verdict(), cedar.decide(request, live), about);
      assertEquals(decision.verdict(), nodes.decide(request, entities), about);
      assertEquals(truth.failClosed(), strict.authorize(request, entities).verdict(), about);
      assertEquals(truth.failClosed(), strict.decide(request, entities), about);
      assertEquals(expected, Expected.of(schemaless.authorize(request, withActions)), about);
      assertEquals(decision.verdict(), schemaless.decide(request, withActions), about);
      tally.permitted += decision.verdict().permitted() ? 1 : 0;
      tally.failed += decision.failures().isEmpty() ? 0 : 1;
    }
  }

  private static PolicyEngine engine(
      PolicySet policies, Map<EntityUid, EntityView> actions, ErrorMode mode, Plan.Form form) {
    return PolicyEngine.plan(policies, actions, mode, List.of(), form);
  }

  /**
   * What strict validation passes cannot fail, but for overflow and entities that are not there.
   */
  @Test
  void validate_passes_failsOnlyForOverflowAndAbsence() {
    System.out.println("soundness seed " + seed + ", " + rounds + " policies");
    Set<ProblemCode> allowed =
        EnumSet.of(ProblemCode.ARITHMETIC_OVERFLOW, ProblemCode.ENTITY_DOES_NOT_EXIST);
    Random random = new Random(seed);
    int valid = 0;
    for (int round = 0; round < rounds; round++) {
      PolicyGenerator generator = new PolicyGenerator(random, 0);
      PolicySet policies = PolicySet.parse(generator.policy(), PolicyIds.BY_PLACE).orElseThrow();
      if (policies.validate(schema).stream().anyMatch(Problem::isError)) {
        continue;
      }
      valid++;
      PolicyEngine engine = PolicyEngine.plan(policies, schema, ErrorMode.CEDAR);
      EntitySet entities = generator.entities();
      assertEquals(List.of(), schema.validate(entities));
      for (int i = 0; i < REQUESTS_PER_SET; i++) {
        Request request = generator.request();
        if (schema.validate(request).isEmpty()) {
          engine
              .authorize(request, entities)
              .failures()
              .forEach(
                  failure ->
                      assertTrue(
                          allowed.contains(failure.problem().code()),
                          () -> failure + "\n" + describe(policies, request)));
        }
      }
    }
    assertTrue(valid > rounds / 10, "only " + valid + " valid policies");
  }

  private static String describe(PolicySet policies, Request request) {
    return request + "\n" + policies.texts().getFirst().source().text();
  }

  private record Expected(Verdict verdict, List<String> reasons, List<String> failures) {
    static Expected of(Decision decision) {
      return new Expected(
          decision.verdict(),
          decision.determining().stream().map(Decision.Determining::policyId).toList(),
          decision.failures().stream().map(Decision.Failure::policyId).toList());
    }
  }

  /**
   * What the reference says.
   *
   * @param failClosed the verdict where a forbid that fails refuses
   */
  private record Truth(Expected expected, Verdict failClosed) {}

  private Truth truth(PolicySet policies, Request request, EntitySet entities) {
    Reference reference =
        new Reference(
            request.principal(),
            request.action(),
            request.resource(),
            request.context(),
            entities,
            schema.actions(),
            Reference.Observer.NONE);
    List<String> permits = new ArrayList<>();
    List<String> forbids = new ArrayList<>();
    List<String> failures = new ArrayList<>();
    boolean forbidFailed = false;
    for (PolicyText policy : policies.texts()) {
      try {
        if (reference.satisfies(policy)) {
          (policy.permit() ? permits : forbids).add(policy.id());
        }
      } catch (EvaluationException failure) {
        failures.add(policy.id());
        forbidFailed |= !policy.permit();
      }
    }
    boolean permitted = forbids.isEmpty() && !permits.isEmpty();
    return new Truth(
        new Expected(
            permitted ? Verdict.PERMITTED : Verdict.REFUSED,
            permitted ? permits : forbids,
            failures),
        permitted && !forbidFailed ? Verdict.PERMITTED : Verdict.REFUSED);
  }
}

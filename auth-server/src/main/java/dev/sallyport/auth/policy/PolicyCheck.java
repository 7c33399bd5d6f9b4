package dev.sallyport.auth.policy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.toMap;

import dev.sallyport.policy.ErrorMode;
import dev.sallyport.policy.Policy;
import dev.sallyport.policy.PolicyEngine;
import dev.sallyport.policy.PolicySet;
import dev.sallyport.policy.Schema;
import dev.sallyport.policy.diagnostic.ParseResult.Parsed;
import dev.sallyport.policy.diagnostic.ParseResult.Rejected;
import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.entity.EntitySet;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.springframework.stereotype.Component;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads and validates a content, in strict mode, and plans it for fail-closed decisions.
 *
 * <p>A schema of an admin must still speak the whole chat vocabulary: gateways ask about it. It
 * does when the default policies, which use that vocabulary, are valid under it.
 */
@Component
class PolicyCheck {

  static final String POLICIES = "policies";
  static final String SCHEMA = "schema";
  static final String ENTITIES = "entities";

  /** What admins manage; everything else lives in accounts and rooms. */
  private static final Set<String> MANAGED_TYPES =
      Set.of("Chat::Role", "Chat::Group", "Chat::Space");

  private static final int ENTITIES_MAX = 10_000;

  /** An author mends a few at a time; an answer is bounded. */
  private static final int PROBLEMS_MAX = 100;

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final ShippedPolicies defaults;

  PolicyCheck(ShippedPolicies defaults) {
    this.defaults = defaults;
  }

  sealed interface Outcome {
    List<PolicyProblem> problems();

    /** The problems are warnings. */
    record Sound(PlannedPolicies planned, List<PolicyProblem> problems) implements Outcome {
      public Sound {
        problems = List.copyOf(problems);
      }
    }

    /** At least one problem is no warning. */
    record Faulty(List<PolicyProblem> problems) implements Outcome {
      public Faulty {
        problems = List.copyOf(problems);
      }
    }
  }

  Outcome check(PolicyContent content) {
    return check(content, true);
  }

  /**
   * As {@link #check}, of what is in force already: it may be older than this server's vocabulary.
   * What it has no words for, nothing in it permits.
   */
  Outcome checkInForce(PolicyContent content) {
    return check(content, false);
  }

  private Outcome check(PolicyContent content, boolean whole) {
    List<PolicyProblem> problems = new ArrayList<>();
    tooLarge(POLICIES, content.policies(), problems);
    tooLarge(SCHEMA, content.schema(), problems);
    tooLarge(ENTITIES, content.entities(), problems);
    if (!problems.isEmpty()) {
      return new Outcome.Faulty(problems);
    }
    // all three are read before giving up, so that the author sees everything at once
    var policies = PolicySet.parse(content.policies());
    add(POLICIES, policies.problems(), problems);
    return switch (Schema.parse(content.schema())) {
      case Rejected<Schema>(List<Problem> found) -> {
        add(SCHEMA, found, problems);
        yield faulty(problems);
      }
      case Parsed<Schema>(Schema schema) -> {
        if (whole) {
          vocabulary(content, schema, problems);
        }
        managed(content.entities(), problems);
        var entities = schema.parseEntities(content.entities());
        entities.problems().forEach(found -> problems.add(withoutPlace(found)));
        if (!(policies instanceof Parsed<PolicySet>(PolicySet set))) {
          yield faulty(problems);
        }
        Map<String, Integer> lines =
            set.policies().stream().collect(toMap(Policy::id, policy -> policy.span().line()));
        set.validate(schema)
            .forEach(found -> problems.add(PolicyProblem.of(POLICIES, found, lines)));
        if (problems.stream().anyMatch(problem -> !problem.warning())
            || !(entities instanceof Parsed<EntitySet>(EntitySet managed))) {
          yield faulty(problems);
        }
        yield new Outcome.Sound(
            new PlannedPolicies(PolicyEngine.plan(set, schema, ErrorMode.FAIL_CLOSED), managed),
            bounded(problems));
      }
    };
  }

  private void vocabulary(PolicyContent content, Schema schema, List<PolicyProblem> problems) {
    if (content.schema().equals(defaults.content().schema())) {
      return;
    }
    PolicySet vocabulary = PolicySet.parse(defaults.content().policies()).orElseThrow();
    vocabulary.validate(schema).stream()
        .filter(Problem::isError)
        .findFirst()
        .ifPresent(
            missing ->
                problems.add(
                    PolicyProblem.of(
                        SCHEMA,
                        "schema_incomplete",
                        "the schema no longer speaks the chat vocabulary: " + missing.message(),
                        "keep what the default schema declares, and add to it")));
  }

  private static void managed(String entities, List<PolicyProblem> problems) {
    try {
      JsonNode array = JSON.readTree(entities);
      if (!array.isArray()) {
        return;
      }
      if (array.size() > ENTITIES_MAX) {
        problems.add(
            PolicyProblem.of(
                ENTITIES, "too_many_entities", "at most " + ENTITIES_MAX + " entities", null));
      }
      for (JsonNode entity : array) {
        String type = entity.path("uid").path("type").asString("");
        if (!type.isEmpty() && !MANAGED_TYPES.contains(type)) {
          problems.add(
              PolicyProblem.of(
                  ENTITIES,
                  "entity_not_managed",
                  "entities of type `" + type + "` are not managed here",
                  "only roles, groups and spaces are"));
        }
      }
    } catch (JacksonException e) {
      // the engine's own reader says what is wrong with it
    }
  }

  private static void tooLarge(String source, String text, List<PolicyProblem> problems) {
    // characters first: no need to encode what is too long anyway
    if (text.length() > PolicyContent.TEXT_BYTES_MAX
        || text.getBytes(UTF_8).length > PolicyContent.TEXT_BYTES_MAX) {
      problems.add(
          PolicyProblem.of(source, "too_large", "at most 1 MiB of text is permitted", null));
    } else if (text.indexOf('\0') >= 0) {
      problems.add(PolicyProblem.of(source, "invalid_text", "the text contains a NUL", null));
    }
  }

  /** Entities are given as JSON within JSON: a line of the inner one would mislead. */
  private static PolicyProblem withoutPlace(Problem found) {
    PolicyProblem problem = PolicyProblem.of(ENTITIES, found);
    return new PolicyProblem(
        problem.source(),
        problem.code(),
        problem.message(),
        null,
        null,
        null,
        problem.help(),
        problem.warning());
  }

  private static void add(String source, List<Problem> found, List<PolicyProblem> problems) {
    found.forEach(problem -> problems.add(PolicyProblem.of(source, problem)));
  }

  private static Outcome faulty(List<PolicyProblem> problems) {
    return new Outcome.Faulty(bounded(problems));
  }

  private static List<PolicyProblem> bounded(List<PolicyProblem> problems) {
    // errors first, so that none is cut off by warnings
    return Stream.concat(
            problems.stream().filter(problem -> !problem.warning()),
            problems.stream().filter(PolicyProblem::warning))
        .limit(PROBLEMS_MAX)
        .toList();
  }
}

package dev.sallyport.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sallyport.oracle.Oracle.Answer;
import dev.sallyport.policy.Decision;
import dev.sallyport.policy.ErrorMode;
import dev.sallyport.policy.PolicyEngine;
import dev.sallyport.policy.PolicyIds;
import dev.sallyport.policy.PolicySet;
import dev.sallyport.policy.Request;
import dev.sallyport.policy.Schema;
import dev.sallyport.policy.diagnostic.ParseResult;
import dev.sallyport.policy.diagnostic.ParseResult.Parsed;
import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.entity.EntitiesJson;
import dev.sallyport.policy.entity.EntitySet;
import dev.sallyport.policy.json.Json;
import dev.sallyport.policy.json.JsonReader;
import dev.sallyport.policy.json.JsonWriter;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.RecordValue;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Our engine and the reference say the same. The seed is printed; {@code -Doracle.seed} repeats a
 * run, {@code -Doracle.rounds} makes it longer, {@code -Doracle.only} runs one round alone.
 */
class OracleTest {
  private static final int REQUESTS = 8;
  private static final int SHOWN_MAX = 10;

  /** One seed by default, so that a build turns red for what changed in it; hunt with others. */
  private static final long SEED = Long.getLong("oracle.seed", 20261123);

  private static final int ROUNDS = Integer.getInteger("oracle.rounds", 150);
  private static final int ONLY = Integer.getInteger("oracle.only", -1);

  private static Oracle oracle;

  @BeforeAll
  static void start() throws Exception {
    System.out.println("oracle seed " + SEED + ", " + ROUNDS + " rounds");
    oracle = new Oracle();
    assertEquals("4.10.0", oracle.ask("version").text("version"));
  }

  @AfterAll
  static void stop() throws IOException, InterruptedException {
    oracle.close();
  }

  /** One round of a test: what differs, by a random source of its own. */
  private interface Round {
    void run(Random random, Differences differences);
  }

  /** What differs, each with the input that shows it. */
  private static final class Differences {
    private final List<String> all = new ArrayList<>();
    private int round;
    private int compared;

    void compare(String what, Object expected, Object found, String input) {
      compared++;
      if (!expected.equals(found)) {
        all.add(
            "round %d, %s:%n  the reference: %s%n  we:            %s%n  for: %s"
                .formatted(round, what, shown(expected), shown(found), input));
      }
    }
  }

  private static Object shown(Object value) {
    return value instanceof Json json ? JsonWriter.write(json) : value;
  }

  private static void rounds(int salt, int perRound, Round round) {
    Differences differences = new Differences();
    for (int i = 0; i < ROUNDS * perRound && differences.all.size() < SHOWN_MAX; i++) {
      if (ONLY < 0 || ONLY == i) {
        differences.round = i;
        round.run(new Random(SEED * 31 + salt + 1_000_003L * i), differences);
      }
    }
    assertTrue(
        differences.all.isEmpty(),
        () -> "seed " + SEED + "\n" + String.join("\n", differences.all));
    assertTrue(ONLY >= 0 || differences.compared >= ROUNDS, "compared " + differences.compared);
  }

  @Test
  void authorize_generatedSets_asReference() {
    rounds(1, 1, (random, differences) -> new Case(random, differences).run());
  }

  /** A template's slots, to be filled. */
  private record Link(String templateId, String newId, Map<String, Json> values) {
    Map<String, Object> json() {
      return Map.of("templateId", templateId, "newId", newId, "values", values);
    }

    Map<String, EntityUid> slots() {
      Map<String, EntityUid> slots = new LinkedHashMap<>();
      values.forEach((slot, uid) -> slots.put(slot, uid(uid)));
      return slots;
    }
  }

  /** Everything about one schema, one policy set, and some requests. */
  private static final class Case {
    private final Differences differences;
    private final World world;
    private final Expressions expressions;
    private final Facts facts;
    private final String schemaText;
    private final Map<String, String> policies = new LinkedHashMap<>();
    private final Map<String, String> templates = new LinkedHashMap<>();
    private final List<Link> links = new ArrayList<>();

    Case(Random random, Differences differences) {
      this.differences = differences;
      world = new World(random);
      int wild = random.nextInt(3) == 0 ? 60 : 5;
      expressions = new Expressions(world, wild);
      facts = new Facts(world, random.nextInt(3) == 0 ? 30 : 2);
      schemaText = world.text();
    }

    void run() {
      Answer reference = oracle.ask("schema", "schema", schemaText);
      ParseResult<Schema> parsed = Schema.parse(schemaText);
      differences.compare(
          "schema",
          said(reference),
          parsed.problems().isEmpty(),
          why(reference, parsed) + schemaText);
      if (!(parsed instanceof Parsed<Schema>(Schema schema)) || !reference.accepted()) {
        return;
      }
      schemaForms(reference, schema);
      String text = policyTexts();
      PolicySet set = PolicySet.parse(text, PolicyIds.BY_PLACE).orElseThrow();
      PolicySet.Linking linking = set.linking();
      for (Link link : links) {
        assertEquals(List.of(), linking.link(link.templateId(), link.newId(), link.slots()));
      }
      set = linking.set();
      Map<String, Object> referenceSet =
          Map.of(
              "staticPolicies",
              policies,
              "templates",
              templates,
              "templateLinks",
              links.stream().map(Link::json).toList());
      policyForms(set);
      validation(schema, set, referenceSet);
      requests(schema, set, referenceSet);
    }

    private String policyTexts() {
      StringBuilder text = new StringBuilder();
      int count = 1 + world.below(7);
      for (int i = 0; i < count; i++) {
        boolean template = world.below(4) == 0;
        String policy = expressions.policy(template);
        text.append(policy).append('\n');
        String id = "policy" + i;
        boolean isTemplate = policy.contains("?principal") || policy.contains("?resource");
        (isTemplate ? templates : policies).put(id, policy);
        int linked = isTemplate ? world.below(3) : 0;
        for (int j = 0; j < linked; j++) {
          Map<String, Json> values = new LinkedHashMap<>();
          if (policy.contains("?principal")) {
            values.put("?principal", facts.name(expressions.principalType()));
          }
          if (policy.contains("?resource")) {
            values.put("?resource", facts.name(expressions.resourceType()));
          }
          links.add(new Link(id, id + " link " + j, values));
        }
      }
      return text.toString();
    }

    private void schemaForms(Answer reference, Schema schema) {
      Json json = reference.part("json").json();
      differences.compare("schema to JSON", json, read(schema.toJson()), schemaText);
      Schema fromJson = Schema.parseJson(JsonWriter.write(json)).orElseThrow();
      differences.compare("schema from JSON", json, read(fromJson.toJson()), schemaText);
      String theirText = reference.part("asText").text("text");
      if (theirText != null) {
        differences.compare(
            "schema from their text",
            shortGroups(json),
            shortGroups(read(Schema.parse(theirText).orElseThrow().toJson())),
            theirText);
        String ourText = fromJson.toText().orElseThrow();
        differences.compare(
            "schema from our text",
            json,
            oracle.ask("schema", "schema", ourText).part("json").json(),
            ourText);
      }
    }

    /** Their text names the groups of actions with the type that may be left out. */
    private static Json shortGroups(Json json) {
      return switch (json) {
        case Json.Array(List<Json> elements) ->
            new Json.Array(elements.stream().map(Case::shortGroups).toList());
        case Json.Obj(Map<String, Json> members) -> {
          Map<String, Json> copy = new LinkedHashMap<>();
          members.forEach((name, member) -> copy.put(name, shortGroups(member)));
          if (copy.size() == 2 && copy.containsKey("id")) {
            copy.remove("type", new Json.Text("Action"));
          }
          yield new Json.Obj(copy);
        }
        default -> json;
      };
    }

    private void policyForms(PolicySet set) {
      if (expressions.isBeyondJson()) {
        return;
      }
      Json ours = read(set.toJson());
      Answer theirs = oracle.ask("forms", "policies", policies, "templates", templates);
      Answer ourSet = new Answer(ours);
      policies.forEach(
          (id, policy) -> {
            Json json = theirs.part("policies").part(id).part("json").json();
            differences.compare(
                "policy to JSON", json, ourSet.part("staticPolicies").part(id).json(), policy);
            back("policy", json, policy);
          });
      templates.forEach(
          (id, policy) -> {
            Json json = theirs.part("templates").part(id).part("json").json();
            differences.compare(
                "template to JSON", json, ourSet.part("templates").part(id).json(), policy);
            back("template", json, policy);
          });
      // What they print of our JSON means the same to us.
      Answer texts =
          oracle.ask(
              "forms",
              "policies",
              ourSet.part("staticPolicies").json(),
              "templates",
              ourSet.part("templates").json());
      policies.forEach(
          (id, policy) -> printed(texts.part("policyTexts").part(id), policy, "policyToText"));
      templates.forEach(
          (id, policy) -> printed(texts.part("templateTexts").part(id), policy, "templateToText"));
      differences.compare(
          "our set as JSON",
          true,
          oracle.ask("policySet", "policies", ours).accepted(),
          JsonWriter.write(ours));
      differences.compare(
          "set from JSON",
          ours,
          read(PolicySet.parseJson(JsonWriter.write(ours)).orElseThrow().toJson()),
          set.toJson());
    }

    /** Their JSON, read and written by us; and what we format of the text says the same. */
    private void back(String kind, Json json, String policy) {
      differences.compare(
          kind + " from JSON",
          json,
          single(PolicySet.parseJson(JsonWriter.write(json)).orElseThrow()),
          policy);
      String formatted = PolicySet.format(policy).orElseThrow();
      differences.compare(
          kind + " formatted",
          json,
          oracle.ask(kind, kind, formatted).part("json").json(),
          formatted);
    }

    private void printed(Answer theirs, String policy, String what) {
      String text = theirs.text("text");
      differences.compare(
          what,
          single(PolicySet.parse(policy).orElseThrow()),
          text == null ? theirs.json() : single(PolicySet.parse(text).orElseThrow()),
          String.valueOf(text));
    }

    private void validation(Schema schema, PolicySet set, Map<String, Object> referenceSet) {
      Answer theirs = oracle.ask("validate", "schema", schemaText, "policies", referenceSet);
      List<Problem> problems = set.validate(schema);
      String input = why(theirs, problems) + schemaText + referenceSet;
      differences.compare(
          "validation", new TreeSet<>(theirs.texts("errors")), ids(problems, true), input);
      // Whether a policy with errors is also called impossible depends on how each recovers.
      TreeSet<String> theirWarnings = new TreeSet<>(theirs.texts("warnings"));
      Set<String> ourWarnings = ids(problems, false);
      theirWarnings.removeAll(theirs.texts("errors"));
      ourWarnings.removeAll(theirs.texts("errors"));
      differences.compare("warnings", theirWarnings, ourWarnings, input);
    }

    private static Set<String> ids(List<Problem> problems, boolean errors) {
      TreeSet<String> ids = new TreeSet<>();
      for (Problem problem : problems) {
        if (problem.isError() == errors) {
          ids.add(String.valueOf(problem.policyId()));
        }
      }
      return ids;
    }

    private void requests(Schema schema, PolicySet set, Map<String, Object> referenceSet) {
      Json entities = facts.entities();
      String entitiesText = JsonWriter.write(entities);
      Answer theirs = oracle.ask("entities", "entities", entities, "schema", schemaText);
      ParseResult<EntitySet> ours = schema.parseEntities(entitiesText);
      differences.compare(
          "entities",
          theirs.accepted(),
          ours.problems().isEmpty(),
          why(theirs, ours) + schemaText + entitiesText);
      if (!(ours instanceof Parsed<EntitySet>(EntitySet entitySet)) || !theirs.accepted()) {
        return;
      }
      Json written = read(EntitiesJson.write(entitySet.entities()).orElseThrow());
      PolicyEngine engine = PolicyEngine.plan(set, schema, ErrorMode.CEDAR);
      PolicyEngine bare = PolicyEngine.plan(set, ErrorMode.CEDAR);
      EntitySet bareEntities = EntitiesJson.parse(JsonWriter.write(written)).orElseThrow();
      for (int i = 0; i < REQUESTS; i++) {
        Facts.Asked request = facts.request();
        String input = schemaText + referenceSet + entitiesText + request;
        EntityUid action = uid(request.action());
        ParseResult<RecordValue> read =
            schema.parseContext(action, JsonWriter.write(request.context()));
        Answer theirContext =
            oracle.ask(
                "context",
                "context",
                request.context(),
                "schema",
                schemaText,
                "action",
                request.action());
        differences.compare(
            "context",
            theirContext.accepted(),
            read.problems().isEmpty(),
            why(theirContext, read) + input);
        if (!(read instanceof Parsed<RecordValue>(RecordValue context))
            || !theirContext.accepted()) {
          continue;
        }
        Request ourRequest =
            new Request(uid(request.principal()), action, uid(request.resource()), context);
        Map<String, Object> call = new LinkedHashMap<>();
        call.put("principal", request.principal());
        call.put("action", request.action());
        call.put("resource", request.resource());
        call.put("context", request.context());
        call.put("policies", referenceSet);
        call.put("entities", entities);
        call.put("schema", schemaText);
        call.put("validateRequest", true);
        Answer answer = ask(call);
        List<Problem> problems = schema.validate(ourRequest);
        differences.compare(
            "request", answer.accepted(), problems.isEmpty(), why(answer, problems) + input);
        if (answer.accepted()) {
          decision("decision", answer, engine, ourRequest, entitySet, input);
        }
        // Without the schema, and with what we write of entities and context.
        call.remove("schema");
        call.remove("validateRequest");
        call.put("entities", written);
        call.put("context", read(EntitiesJson.writeRecord(context).orElseThrow()));
        decision("decision without schema", ask(call), bare, ourRequest, bareEntities, input);
      }
    }

    private static Answer ask(Map<String, Object> call) {
      List<Object> parameters = new ArrayList<>();
      call.forEach(
          (name, value) -> {
            parameters.add(name);
            parameters.add(value);
          });
      return oracle.ask("authorize", parameters.toArray());
    }

    private void decision(
        String what,
        Answer answer,
        PolicyEngine engine,
        Request request,
        EntitySet entities,
        String input) {
      Decision decision = engine.authorize(request, entities);
      String ours =
          outcome(
              decision.verdict().permitted() ? "allow" : "deny",
              decision.determining().stream().map(Decision.Determining::policyId).toList(),
              decision.failures().stream().map(Decision.Failure::policyId).toList());
      differences.compare(
          what,
          answer.accepted()
              ? outcome(
                  String.valueOf(answer.text("decision")),
                  answer.texts("reasons"),
                  answer.texts("errors"))
              : answer.toString(),
          ours,
          input);
      differences.compare("decide", decision.verdict(), engine.decide(request, entities), input);
    }

    private static String outcome(String verdict, List<String> reasons, List<String> errors) {
      return verdict + " by " + new TreeSet<>(reasons) + ", failed " + new TreeSet<>(errors);
    }
  }

  @Test
  void parse_spoiledPolicies_asReference() {
    rounds(
        2,
        5,
        (random, differences) -> {
          Expressions expressions = new Expressions(new World(random), 30);
          String policy = new Mutations(random).text(expressions.policy(random.nextInt(4) == 0));
          boolean template = policy.contains("?principal") || policy.contains("?resource");
          String kind = template ? "template" : "policy";
          Answer theirs = oracle.ask(kind, kind, policy);
          ParseResult<PolicySet> ours = PolicySet.parse(policy, PolicyIds.BY_PLACE);
          boolean one =
              ours instanceof Parsed<PolicySet>(PolicySet set)
                  && set.policies().size() == 1
                  && set.policies().getFirst().template() == template;
          differences.compare("policy", said(theirs), one, why(theirs, ours) + policy);
          if (one && theirs.accepted() && !policy.matches("(?s).*\\d{16}.*")) {
            differences.compare(
                "policy to JSON", theirs.part("json").json(), single(ours.orElseThrow()), policy);
          }
        });
  }

  @Test
  void parse_spoiledPolicyJson_asReference() {
    rounds(
        3,
        5,
        (random, differences) -> {
          Expressions expressions = new Expressions(new World(random), 30);
          String policy = expressions.policy(false);
          if (expressions.isBeyondJson()) {
            policy = "permit (principal, action, resource);";
          }
          Json json = new Mutations(random).json(single(PolicySet.parse(policy).orElseThrow()));
          Json set = new Json.Obj(Map.of("staticPolicies", new Json.Obj(Map.of("policy0", json))));
          Answer theirs = oracle.ask("policySet", "policies", set);
          ParseResult<PolicySet> ours = PolicySet.parseJson(JsonWriter.write(set));
          differences.compare(
              "JSON policy",
              said(theirs),
              ours.problems().isEmpty(),
              why(theirs, ours) + JsonWriter.write(json));
          if (theirs.accepted() && ours.problems().isEmpty()) {
            // Their printed form of it, since JSON goes through them unread.
            String printed =
                oracle
                    .ask("forms", "policies", Map.of("policy0", json))
                    .part("policyTexts")
                    .part("policy0")
                    .text("text");
            if (printed != null && oracle.ask("policy", "policy", printed).accepted()) {
              // Not all that JSON can say has a text: a method of no argument, for one.
              differences.compare(
                  "JSON policy, printed",
                  single(PolicySet.parse(printed).orElseThrow()),
                  single(PolicySet.parse(printedByUs(ours.orElseThrow())).orElseThrow()),
                  JsonWriter.write(json));
            }
          }
        });
  }

  /** The reference's text of our JSON. */
  private static String printedByUs(PolicySet set) {
    Answer texts = oracle.ask("forms", "policies", Map.of("policy0", single(set)));
    return String.valueOf(texts.part("policyTexts").part("policy0").text("text"));
  }

  @Test
  void parse_spoiledSchemas_asReference() {
    rounds(
        4,
        5,
        (random, differences) -> {
          String text = new Mutations(random).text(new World(random).text());
          Answer theirs = oracle.ask("schema", "schema", text);
          ParseResult<Schema> ours = Schema.parse(text);
          differences.compare(
              "schema", said(theirs), ours.problems().isEmpty(), why(theirs, ours) + text);
          if (theirs.accepted() && ours.problems().isEmpty()) {
            differences.compare(
                "schema to JSON",
                theirs.part("json").json(),
                read(ours.orElseThrow().toJson()),
                text);
          }
        });
  }

  @Test
  void parse_spoiledSchemaJson_asReference() {
    rounds(
        5,
        5,
        (random, differences) -> {
          Json valid = read(Schema.parse(new World(random).text()).orElseThrow().toJson());
          Json json = new Mutations(random).json(valid);
          Answer theirs = oracle.ask("schema", "schema", json);
          ParseResult<Schema> ours = Schema.parseJson(JsonWriter.write(json));
          if (json instanceof Json.Text) {
            // To them a string is a schema in the other syntax.
            return;
          }
          differences.compare(
              "JSON schema",
              said(theirs),
              ours.problems().isEmpty(),
              why(theirs, ours) + JsonWriter.write(json));
        });
  }

  @Test
  void parse_spoiledEntities_asReference() {
    rounds(
        6,
        5,
        (random, differences) -> {
          World world = new World(random);
          String schemaText = world.text();
          if (!(Schema.parse(schemaText) instanceof Parsed<Schema>(Schema schema))) {
            return;
          }
          Json json = new Mutations(random).json(new Facts(world, 2).entities());
          Answer theirs = oracle.ask("entities", "entities", json, "schema", schemaText);
          ParseResult<EntitySet> ours = schema.parseEntities(JsonWriter.write(json));
          differences.compare(
              "entities",
              said(theirs),
              ours.problems().isEmpty(),
              why(theirs, ours) + schemaText + JsonWriter.write(json));
          Answer bare = oracle.ask("entities", "entities", json);
          ParseResult<EntitySet> oursBare = EntitiesJson.parse(JsonWriter.write(json));
          differences.compare(
              "entities without schema",
              said(bare),
              oursBare.problems().isEmpty(),
              why(bare, oursBare) + JsonWriter.write(json));
        });
  }

  @Test
  void parse_contextsWithoutSchema_asReference() {
    rounds(
        7,
        5,
        (random, differences) -> {
          World world = new World(random);
          Facts facts = new Facts(world, 30);
          Json context =
              random.nextBoolean() ? facts.request().context() : facts.escape(random.nextInt(4));
          Json json = random.nextInt(3) == 0 ? new Mutations(random).json(context) : context;
          Answer theirs = oracle.ask("context", "context", json);
          ParseResult<RecordValue> ours = EntitiesJson.parseRecord(JsonWriter.write(json));
          differences.compare(
              "context",
              said(theirs),
              ours.problems().isEmpty(),
              why(theirs, ours) + JsonWriter.write(json));
        });
  }

  private static boolean said(Answer answer) {
    return answer.accepted();
  }

  private static String why(Answer theirs, ParseResult<?> ours) {
    return why(theirs, ours.problems());
  }

  private static String why(Answer theirs, List<Problem> ours) {
    return "\n  they: " + theirs + "\n  we: " + ours + "\n";
  }

  private static Json read(String json) {
    return JsonReader.read(json).orElseThrow();
  }

  /** The only policy or template of a set, as JSON. */
  private static Json single(PolicySet set) {
    Answer json = new Answer(read(set.toJson()));
    for (String part : List.of("staticPolicies", "templates")) {
      if (json.get(part) instanceof Json.Obj(Map<String, Json> members) && !members.isEmpty()) {
        return members.values().iterator().next();
      }
    }
    throw new IllegalStateException("no policy in " + json);
  }

  private static EntityUid uid(Json json) {
    Answer uid = new Answer(json);
    return EntityUid.of(String.valueOf(uid.text("type")), String.valueOf(uid.text("id")));
  }
}

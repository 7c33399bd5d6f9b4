package dev.sallyport.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sallyport.policy.diagnostic.ParseResult;
import dev.sallyport.policy.diagnostic.ParseResult.Parsed;
import dev.sallyport.policy.diagnostic.ProblemCode;
import dev.sallyport.policy.entity.Entity;
import dev.sallyport.policy.entity.EntitySet;
import dev.sallyport.policy.schema.Vocabulary;
import dev.sallyport.policy.schema.WrittenSchema;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.RecordValue;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/** Who is above whom: types, actions and entities, in random hierarchies and very long ones. */
class HierarchyTest {
  private static final int ROUNDS = 300;
  private static final int LONG = 20_000;

  private final long seed = Long.getLong("policy.seed", System.nanoTime());

  /** For each node those above it over one step. */
  private static List<Set<Integer>> parents(Random random, boolean circles) {
    int count = 1 + random.nextInt(8);
    List<Set<Integer>> parents = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Set<Integer> above = new HashSet<>();
      for (int j = circles ? 0 : i + 1; j < count; j++) {
        if (random.nextInt(count) == 0) {
          above.add(j);
        }
      }
      parents.add(above);
    }
    return parents;
  }

  /** The same over any number of steps, by the definition. */
  private static List<Set<Integer>> closed(List<Set<Integer>> parents) {
    List<Set<Integer>> above = new ArrayList<>();
    parents.forEach(direct -> above.add(new HashSet<>(direct)));
    boolean grows = true;
    while (grows) {
      grows = false;
      for (Set<Integer> found : above) {
        Set<Integer> more = new HashSet<>();
        found.forEach(node -> more.addAll(above.get(node)));
        grows |= found.addAll(more);
      }
    }
    return above;
  }

  private static boolean hasCircle(List<Set<Integer>> above) {
    return IntStream.range(0, above.size()).anyMatch(i -> above.get(i).contains(i));
  }

  private static <T> Set<String> texts(Iterable<T> all) {
    return StreamSupport.stream(all.spliterator(), false)
        .map(Object::toString)
        .collect(Collectors.toSet());
  }

  private static Set<String> named(Set<Integer> nodes, String name) {
    return nodes.stream().map(name::formatted).collect(Collectors.toSet());
  }

  private static List<Entity> entities(List<Set<Integer>> parents) {
    List<Entity> entities = new ArrayList<>();
    for (int i = 0; i < parents.size(); i++) {
      List<EntityUid> above =
          parents.get(i).stream().map(node -> EntityUid.of("A", "" + node)).toList();
      entities.add(new Entity(EntityUid.of("A", "" + i), RecordValue.EMPTY, above));
    }
    return entities;
  }

  @Test
  void entities_random_areAsTheDefinitionSays() {
    System.out.println("hierarchy seed " + seed);
    Random random = new Random(seed);
    for (int round = 0; round < ROUNDS; round++) {
      List<Set<Integer>> parents = parents(random, random.nextBoolean());
      List<Set<Integer>> above = closed(parents);
      ParseResult<EntitySet> result = EntitySet.of(entities(parents));
      assertEquals(hasCircle(above), !result.problems().isEmpty(), parents.toString());
      if (result instanceof Parsed<EntitySet>(EntitySet set)) {
        for (int i = 0; i < parents.size(); i++) {
          var view = Objects.requireNonNull(set.find(EntityUid.of("A", "" + i)));
          assertEquals(named(above.get(i), "A::\"%d\""), texts(view.ancestors()));
          for (int j = 0; j < parents.size(); j++) {
            assertEquals(above.get(i).contains(j), view.isIn(EntityUid.of("A", "" + j)));
          }
        }
      }
    }
  }

  @Test
  void types_random_areAsTheDefinitionSays() {
    Random random = new Random(seed);
    for (int round = 0; round < ROUNDS; round++) {
      List<Set<Integer>> parents = parents(random, true);
      List<Set<Integer>> above = closed(parents);
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < parents.size(); i++) {
        text.append("entity A%d in %s;\n".formatted(i, named(parents.get(i), "A%d")));
      }
      Vocabulary vocabulary = WrittenSchema.parse(text.toString()).orElseThrow().vocabulary();
      List<Integer> order = new ArrayList<>(IntStream.range(0, parents.size()).boxed().toList());
      java.util.Collections.shuffle(order, random);
      for (int i : order) {
        var type = Objects.requireNonNull(vocabulary.entityTypes().get("A" + i));
        assertEquals(named(above.get(i), "A%d"), texts(type.ancestors()), text.toString());
        for (int j = 0; j < parents.size(); j++) {
          assertEquals(i == j || above.get(i).contains(j), vocabulary.canBeIn("A" + i, "A" + j));
        }
      }
    }
  }

  @Test
  void actions_random_areAsTheDefinitionSays() {
    Random random = new Random(seed);
    for (int round = 0; round < ROUNDS; round++) {
      List<Set<Integer>> parents = parents(random, random.nextBoolean());
      List<Set<Integer>> above = closed(parents);
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < parents.size(); i++) {
        Set<String> groups = named(parents.get(i), "a%d");
        text.append("action a%d%s;\n".formatted(i, groups.isEmpty() ? "" : " in " + groups));
      }
      ParseResult<WrittenSchema> result = WrittenSchema.parse(text.toString());
      assertEquals(hasCircle(above), !result.problems().isEmpty(), text.toString());
      if (result instanceof Parsed<WrittenSchema>(WrittenSchema written)) {
        for (int i = 0; i < parents.size(); i++) {
          EntityUid uid = EntityUid.of("Action", "a" + i);
          var action = Objects.requireNonNull(written.vocabulary().actions().get(uid));
          assertEquals(named(above.get(i), "Action::\"a%d\""), texts(action.ancestors()));
        }
      }
    }
  }

  @Test
  void validate_actionsGiven_mustHaveTheirGroups() {
    Schema schema = Schema.parse("action c; action b in c; action a in [b, c];").orElseThrow();
    assertTrue(fits(schema, "a", "b", "c"));
    assertTrue(fits(schema, "a", "c", "b"));
    assertFalse(fits(schema, "a", "b"));
    assertFalse(fits(schema, "a"));
    assertFalse(fits(schema, "a", "b", "c", "d"));
    assertFalse(fits(schema, "c", "a"));
    assertTrue(fits(schema, "c"));
    EntityUid b = EntityUid.of("Action", "b");
    List<Entity> byWayOfAnother =
        List.of(
            new Entity(EntityUid.of("Action", "a"), RecordValue.EMPTY, List.of(b)),
            new Entity(b, RecordValue.EMPTY, List.of(EntityUid.of("Action", "c"))));
    assertEquals(List.of(), schema.validate(EntitySet.of(byWayOfAnother).orElseThrow()));
  }

  private static boolean fits(Schema schema, String id, String... groups) {
    List<EntityUid> parents = new ArrayList<>();
    for (String group : groups) {
      parents.add(EntityUid.of("Action", group));
    }
    Entity action = new Entity(EntityUid.of("Action", id), RecordValue.EMPTY, parents);
    return schema.validate(EntitySet.of(List.of(action)).orElseThrow()).isEmpty();
  }

  private static String ring(int count, String each) {
    return IntStream.range(0, count)
        .mapToObj(i -> each.formatted(i, (i + 1) % count))
        .collect(Collectors.joining());
  }

  /** Closed in advance, each of these takes gigabytes. */
  @Test
  void ofLongChainsAndRings_allAreAsked_memoryIsBounded() {
    String text = ring(LONG, "entity T%d in [T%d];\n") + "action g0;\n";
    StringBuilder actions = new StringBuilder(text);
    for (int i = 1; i < LONG; i++) {
      actions.append("action g%d in g%d;\n".formatted(i, i - 1));
    }
    Schema schema = Schema.parse(actions.toString()).orElseThrow();
    StringBuilder entities = new StringBuilder("[");
    for (int i = 0; i < LONG; i++) {
      entities.append(
          "%s{\"uid\":{\"type\":\"T%d\",\"id\":\"a\"},\"attrs\":{},\"parents\":[{\"type\":\"T%d\",\"id\":\"b\"}]}"
              .formatted(i == 0 ? "" : ",", i, LONG - 1 - i));
    }
    EntitySet set = schema.parseEntities(entities + "]").orElseThrow();
    assertEquals(2 * LONG, set.size());
    EntityUid top = EntityUid.of("Action", "g0");
    int isIn = 0;
    for (int i = 0; i < LONG; i += LONG / 500) {
      var view = Objects.requireNonNull(set.find(EntityUid.of("Action", "g" + i)));
      isIn += view.isIn(top) ? 1 : 0;
    }
    assertEquals(499, isIn);
  }

  @Test
  void entities_oneLongRing_isRefused() {
    List<Entity> entities = new ArrayList<>();
    for (int i = 0; i < LONG; i++) {
      EntityUid next = EntityUid.of("A", "" + (i + 1) % LONG);
      entities.add(new Entity(EntityUid.of("A", "" + i), RecordValue.EMPTY, List.of(next)));
    }
    assertEquals(ProblemCode.CYCLIC_HIERARCHY, EntitySet.of(entities).problems().getFirst().code());
  }
}

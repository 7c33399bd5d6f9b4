package dev.sallyport.auth.policy;

import dev.sallyport.policy.Policy;
import dev.sallyport.policy.PolicySet;
import dev.sallyport.policy.Schema;
import dev.sallyport.policy.diagnostic.ParseResult.Parsed;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Brings a content up to what ships now: a merge of three, of what shipped when it was written
 * ({@code base}), what it became here ({@code mine}), and what ships now ({@code shipped}).
 *
 * <ul>
 *   <li>The schema: what is as it shipped is replaced; what an admin added stays; where both
 *       changed the same, what ships is taken, since this server and the gateways ask in its words.
 *   <li>Policies, told apart by id and compared by meaning: one that is as it shipped becomes what
 *       ships now, or goes with it; one that was changed here, or is of one's own, stays; one that
 *       was taken out stays out.
 *   <li>A policy that is new in what ships comes in where it is about new actions alone, or where
 *       all that shipped before about its actions is still as it shipped. Elsewhere an admin has
 *       decided about these actions, and a permit more would be against them.
 *   <li>Entities: new ones come in, nothing goes.
 * </ul>
 *
 * <p>Whether the outcome is valid is for {@link PolicyCheck} to say.
 */
final class PolicyMerge {

  /**
   * What it came to, by the ids of policies.
   *
   * @param kept changed here and in what ships: those from here stay
   * @param leftOut new in what ships, about actions for which the admins here have policies of
   *     their own
   */
  record Changes(
      List<String> added,
      List<String> replaced,
      List<String> removed,
      List<String> kept,
      List<String> leftOut) {}

  record Outcome(PolicyContent content, Changes changes) {}

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String ACTIONS = "actions";

  private PolicyMerge() {}

  /**
   * Empty where one of the texts cannot be read.
   *
   * @param asShipped whether {@code mine} has a schema that shipped once, whichever
   */
  static Optional<Outcome> of(
      PolicyContent base, PolicyContent mine, PolicyContent shipped, boolean asShipped) {
    try {
      Optional<String> schema =
          asShipped
              ? Optional.of(shipped.schema())
              : schema(base.schema(), mine.schema(), shipped.schema());
      Optional<JsonNode> oldVocabulary = schemaJson(base.schema());
      Optional<JsonNode> newVocabulary = schemaJson(shipped.schema());
      Optional<Map<String, Part>> before = parts(base.policies());
      Optional<Map<String, Part>> here = parts(mine.policies());
      Optional<Map<String, Part>> now = parts(shipped.policies());
      if (schema.isEmpty()
          || oldVocabulary.isEmpty()
          || newVocabulary.isEmpty()
          || before.isEmpty()
          || here.isEmpty()
          || now.isEmpty()) {
        return Optional.empty();
      }
      Three policies =
          new Three(
              before.get(),
              here.get(),
              now.get(),
              new Actions(oldVocabulary.get()),
              new Actions(newVocabulary.get()));
      Changes changes = policies.changes();
      String text =
          mine.policies().equals(base.policies())
              ? shipped.policies()
              : policies.text(mine.policies(), changes);
      return Optional.of(
          new Outcome(
              new PolicyContent(
                  text,
                  schema.get(),
                  entities(base.entities(), mine.entities(), shipped.entities())),
              changes));
    } catch (JacksonException unreadable) {
      return Optional.empty();
    }
  }

  /** One policy of a text: what it means, and its text with the comment that stands right above. */
  private record Part(JsonNode meaning, int start, int end, String text) {}

  private static Optional<Map<String, Part>> parts(String text) {
    if (!(PolicySet.parse(text) instanceof Parsed<PolicySet>(PolicySet set))) {
      return Optional.empty();
    }
    JsonNode json = JSON.readTree(set.toJson());
    Map<String, Part> parts = new LinkedHashMap<>();
    for (Policy policy : set.policies()) {
      String id = policy.id();
      JsonNode meaning = json.path(policy.template() ? "templates" : "staticPolicies").path(id);
      int start = commentAbove(text, policy.span().start());
      parts.put(
          id,
          new Part(
              meaning, start, policy.span().end(), text.substring(start, policy.span().end())));
    }
    return Optional.of(parts);
  }

  private static int commentAbove(String text, int start) {
    int from = start;
    while (from > 1 && text.charAt(from - 1) == '\n') {
      int line = text.lastIndexOf('\n', from - 2) + 1;
      if (!text.startsWith("//", line)) {
        break;
      }
      from = line;
    }
    return from;
  }

  /** The policies of the three, and what becomes of those that are here. */
  private record Three(
      Map<String, Part> before,
      Map<String, Part> here,
      Map<String, Part> now,
      Actions oldActions,
      Actions newActions) {

    Changes changes() {
      List<String> added = new ArrayList<>();
      List<String> replaced = new ArrayList<>();
      List<String> removed = new ArrayList<>();
      List<String> kept = new ArrayList<>();
      List<String> leftOut = new ArrayList<>();
      now.forEach(
          (id, part) -> {
            Part old = before.get(id);
            Part mine = here.get(id);
            if (mine != null && mine.meaning().equals(part.meaning())) {
              return;
            }
            if (old == null) {
              if (mine != null) {
                kept.add(id);
              } else {
                (welcome(part) ? added : leftOut).add(id);
              }
            } else if (mine != null && !old.meaning().equals(part.meaning())) {
              (mine.meaning().equals(old.meaning()) ? replaced : kept).add(id);
            }
          });
      before.forEach(
          (id, old) -> {
            Part mine = here.get(id);
            if (!now.containsKey(id) && mine != null) {
              (mine.meaning().equals(old.meaning()) ? removed : kept).add(id);
            }
          });
      return new Changes(added, replaced, removed, kept, leftOut);
    }

    private boolean welcome(Part part) {
      Set<String> about = newActions.of(part.meaning());
      if (about.stream().noneMatch(oldActions::has)) {
        return true;
      }
      return before.entrySet().stream()
          .filter(old -> newActions.of(old.getValue().meaning()).stream().anyMatch(about::contains))
          .allMatch(
              old -> {
                Part mine = here.get(old.getKey());
                Part next = now.get(old.getKey());
                return mine == null
                    ? next == null
                    : mine.meaning().equals(old.getValue().meaning())
                        || (next != null && mine.meaning().equals(next.meaning()));
              });
    }

    String text(String mine, Changes changes) {
      StringBuilder text = new StringBuilder(mine);
      List<Map.Entry<String, Part>> fromTheEnd =
          here.entrySet().stream()
              .sorted((a, b) -> Integer.compare(b.getValue().start(), a.getValue().start()))
              .toList();
      for (Map.Entry<String, Part> policy : fromTheEnd) {
        Part part = policy.getValue();
        Part next = now.get(policy.getKey());
        if (next != null && changes.replaced().contains(policy.getKey())) {
          text.replace(part.start(), part.end(), next.text());
        } else if (changes.removed().contains(policy.getKey())) {
          text.delete(part.start(), part.end());
        }
      }
      for (String id : changes.added()) {
        Part part = now.get(id);
        if (part != null) {
          text.append(text.isEmpty() || text.charAt(text.length() - 1) == '\n' ? "\n" : "\n\n")
              .append(part.text())
              .append('\n');
        }
      }
      return text.toString();
    }
  }

  /** The actions of a schema, their groups, and what they may be done to. */
  private static final class Actions {

    private final Map<String, Set<String>> groups = new LinkedHashMap<>();
    private final Map<String, Set<String>> resources = new LinkedHashMap<>();

    Actions(JsonNode schema) {
      for (Map.Entry<String, JsonNode> namespace : schema.properties()) {
        for (Map.Entry<String, JsonNode> action : namespace.getValue().path(ACTIONS).properties()) {
          Set<String> in = new HashSet<>();
          action
              .getValue()
              .path("memberOf")
              .forEach(group -> in.add(group.path("id").asString("")));
          groups.put(action.getKey(), in);
          Set<String> on = new HashSet<>();
          action
              .getValue()
              .path("appliesTo")
              .path("resourceTypes")
              .forEach(type -> on.add(full(namespace.getKey(), type.asString(""))));
          resources.put(action.getKey(), on);
        }
      }
    }

    private static String full(String namespace, String type) {
      return type.contains("::") || namespace.isEmpty() ? type : namespace + "::" + type;
    }

    boolean has(String action) {
      return groups.containsKey(action);
    }

    /** Those that a policy can be about, by its scope: none that is a group only. */
    Set<String> of(JsonNode policy) {
      JsonNode scope = policy.path("action");
      Set<String> named = new HashSet<>();
      if (scope.has("entity")) {
        named.add(scope.path("entity").path("id").asString(""));
      }
      scope.path("entities").forEach(entity -> named.add(entity.path("id").asString("")));
      String type = policy.path("resource").path("entity_type").asString("");
      Set<String> about = new TreeSet<>();
      resources.forEach(
          (action, on) -> {
            if (!on.isEmpty()
                && (type.isEmpty() || on.contains(type))
                && (named.isEmpty() || isIn(action, named, groups.size()))) {
              about.add(action);
            }
          });
      return about;
    }

    private boolean isIn(String action, Set<String> named, int stepsMax) {
      return named.contains(action)
          || (stepsMax > 0
              && groups.getOrDefault(action, Set.of()).stream()
                  .anyMatch(group -> isIn(group, named, stepsMax - 1)));
    }
  }

  private static Optional<JsonNode> schemaJson(String text) {
    return Schema.parse(text) instanceof Parsed<Schema>(Schema schema)
        ? Optional.of(JSON.readTree(schema.toJson()))
        : Optional.empty();
  }

  private static Optional<String> schema(String base, String mine, String shipped) {
    Optional<JsonNode> before = schemaJson(base);
    Optional<JsonNode> here = schemaJson(mine);
    Optional<JsonNode> now = schemaJson(shipped);
    if (before.isEmpty() || here.isEmpty() || now.isEmpty()) {
      return Optional.empty();
    }
    if (here.equals(before) || here.equals(now)) {
      return Optional.of(here.equals(before) ? shipped : mine);
    }
    JsonNode merged = merged(before.get(), here.get(), now.get());
    if (merged == null || merged.equals(here.get())) {
      return Optional.of(mine);
    }
    return Schema.parseJson(JSON.writeValueAsString(merged))
                instanceof Parsed<Schema>(Schema schema)
            && schema.toText() instanceof Parsed<String>(String text)
        ? Optional.of(text)
        : Optional.empty();
  }

  private static @Nullable JsonNode merged(
      @Nullable JsonNode base, @Nullable JsonNode mine, @Nullable JsonNode shipped) {
    if (same(mine, base) || same(mine, shipped)) {
      return shipped;
    }
    if (same(shipped, base)) {
      return mine;
    }
    if (mine == null || shipped == null) {
      return shipped == null ? mine : shipped;
    }
    if (mine.isObject() && shipped.isObject() && sameKind(mine, shipped)) {
      ObjectNode object = JSON.createObjectNode();
      Set<String> names = new LinkedHashSet<>(shipped.propertyNames());
      names.addAll(mine.propertyNames());
      for (String name : names) {
        JsonNode value =
            merged(base == null ? null : base.get(name), mine.get(name), shipped.get(name));
        if (value != null) {
          object.set(name, value);
        }
      }
      return object;
    }
    if (mine.isArray() && shipped.isArray()) {
      Set<JsonNode> had = elements(base);
      Set<JsonNode> has = elements(shipped);
      ArrayNode array = JSON.createArrayNode();
      mine.forEach(
          item -> {
            if (has.contains(item) || !had.contains(item)) {
              array.add(item);
            }
          });
      shipped.forEach(
          item -> {
            if (!had.contains(item) && !elements(mine).contains(item)) {
              array.add(item);
            }
          });
      return array;
    }
    return shipped;
  }

  /** Half of a set and half of a string would be neither. */
  private static boolean sameKind(JsonNode mine, JsonNode shipped) {
    JsonNode one = mine.path("type");
    return !one.isString() || one.equals(shipped.path("type"));
  }

  private static boolean same(@Nullable JsonNode one, @Nullable JsonNode other) {
    return one == null ? other == null : one.equals(other);
  }

  private static Set<JsonNode> elements(@Nullable JsonNode array) {
    Set<JsonNode> elements = new LinkedHashSet<>();
    if (array != null) {
      array.forEach(elements::add);
    }
    return elements;
  }

  private static String entities(String base, String mine, String shipped) {
    if (mine.equals(base)) {
      return shipped;
    }
    Set<JsonNode> known = uids(JSON.readTree(base));
    JsonNode here = JSON.readTree(mine);
    known.addAll(uids(here));
    ArrayNode merged = JSON.createArrayNode();
    here.forEach(merged::add);
    for (JsonNode entity : JSON.readTree(shipped)) {
      if (!known.contains(entity.path("uid"))) {
        merged.add(entity);
      }
    }
    return merged.size() == here.size()
        ? mine
        : JSON.writerWithDefaultPrettyPrinter().writeValueAsString(merged);
  }

  private static Set<JsonNode> uids(JsonNode entities) {
    Set<JsonNode> uids = new HashSet<>();
    entities.forEach(entity -> uids.add(entity.path("uid")));
    return uids;
  }
}

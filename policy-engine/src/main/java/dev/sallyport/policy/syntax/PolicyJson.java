package dev.sallyport.policy.syntax;

import dev.sallyport.policy.diagnostic.ParseResult;
import dev.sallyport.policy.diagnostic.ParseResult.Parsed;
import dev.sallyport.policy.diagnostic.ParseResult.Rejected;
import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.diagnostic.ProblemCode;
import dev.sallyport.policy.json.Json;
import dev.sallyport.policy.json.JsonPath;
import dev.sallyport.policy.json.JsonReader;
import dev.sallyport.policy.json.JsonShapeException;
import dev.sallyport.policy.json.JsonText;
import dev.sallyport.policy.value.EntityUid;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Cedar's JSON form of policies: one policy, or a set of policies, templates and links. */
public final class PolicyJson {
  /**
   * Levels of arrays and objects: as many as what the text may say needs. A term of a chain is two,
   * and so is a level of nesting at most; the rest is the policy around its condition.
   */
  private static final int JSON_DEPTH_MAX =
      2 * (PolicyParser.TERMS_MAX + PolicyParser.DEPTH_MAX) + 50;

  private final JsonText json;
  private final Source source;
  private final ExprJson exprs = new ExprJson(this);

  private PolicyJson(JsonText json) {
    this.json = json;
    this.source = Source.ofJson(json.text());
  }

  /** Reads a policy (whose id is then {@code policy0}) or a set. */
  public static ParseResult<List<PolicyText>> read(String text) {
    return switch (JsonReader.readText(text, JSON_DEPTH_MAX)) {
      case Rejected<JsonText>(List<Problem> problems) -> new Rejected<>(problems);
      case Parsed<JsonText>(JsonText json) -> {
        try {
          PolicyJson reader = new PolicyJson(json);
          Map<String, Json> members = object(json.root(), JsonPath.ROOT);
          yield members.containsKey("effect")
              ? new Parsed<>(List.of(reader.policy("policy0", json.root(), JsonPath.ROOT)))
              : reader.set(members);
        } catch (JsonShapeException failure) {
          yield new Rejected<>(failure.problem(text));
        }
      }
    };
  }

  /** Where a value stands in the text. */
  At at(Json value) {
    JsonText.Place place = json.place(value);
    return place == null ? At.NOWHERE : new At(place.start(), place.end());
  }

  private ParseResult<List<PolicyText>> set(Map<String, Json> members) throws JsonShapeException {
    only(members, JsonPath.ROOT, "staticPolicies", "templates", "templateLinks");
    Map<String, PolicyText> policies = new LinkedHashMap<>();
    for (String part : List.of("staticPolicies", "templates")) {
      JsonPath partPath = JsonPath.ROOT.member(part);
      Json all = members.getOrDefault(part, new Json.Obj(Map.of()));
      for (var entry : object(all, partPath).entrySet()) {
        JsonPath path = partPath.member(entry.getKey());
        PolicyText policy = policy(entry.getKey(), entry.getValue(), path);
        if (policy.isTemplate() != part.equals("templates")) {
          throw new JsonShapeException(
              policy.isTemplate()
                  ? "a policy has no slots: this belongs to `templates`"
                  : "a template has a slot: this belongs to `staticPolicies`",
              path);
        }
        if (policies.put(entry.getKey(), policy) != null) {
          throw new JsonShapeException(
              ProblemCode.DUPLICATE_POLICY_ID,
              "the id `" + entry.getKey() + "` is taken",
              path,
              "give each policy and template its own id");
        }
      }
    }
    JsonPath linksPath = JsonPath.ROOT.member("templateLinks");
    Json links = members.getOrDefault("templateLinks", new Json.Array(List.of()));
    int place = 0;
    for (Json element : array(links, linksPath)) {
      JsonPath path = linksPath.element(place++);
      Map<String, Json> link = object(element, path);
      only(link, path, "templateId", "newId", "values");
      Map<String, EntityUid> values = new LinkedHashMap<>();
      JsonPath valuesPath = path.member("values");
      for (var value : object(member(link, "values", path), valuesPath).entrySet()) {
        values.put(value.getKey(), entity(value.getValue(), valuesPath.member(value.getKey())));
      }
      String id = text(link, "newId", path);
      ParseResult<PolicyText> linked =
          PolicyLinks.link(policies, text(link, "templateId", path), id, values);
      if (!(linked instanceof Parsed<PolicyText>(PolicyText policy))) {
        return new Rejected<>(
            linked.problems().stream()
                .map(problem -> problem.withSpan(json.span(element)))
                .toList());
      }
      policies.put(id, policy.at(at(element)));
    }
    return new Parsed<>(List.copyOf(policies.values()));
  }

  private PolicyText policy(String id, Json policy, JsonPath path) throws JsonShapeException {
    Map<String, Json> members = object(policy, path);
    only(members, path, "effect", "principal", "action", "resource", "conditions", "annotations");
    String effect = text(members, "effect", path);
    if (!effect.equals("permit") && !effect.equals("forbid")) {
      throw new JsonShapeException(
          "`" + effect + "` is no effect, `permit` and `forbid` are", path.member("effect"));
    }
    List<PolicyText.Condition> conditions = new ArrayList<>();
    JsonPath conditionsPath = path.member("conditions");
    for (Json element : array(member(members, "conditions", path), conditionsPath)) {
      JsonPath conditionPath = conditionsPath.element(conditions.size());
      Map<String, Json> condition = object(element, conditionPath);
      only(condition, conditionPath, "kind", "body");
      String kind = text(condition, "kind", conditionPath);
      if (!kind.equals("when") && !kind.equals("unless")) {
        throw new JsonShapeException(
            "`" + kind + "` is no kind of condition, `when` and `unless` are",
            conditionPath.member("kind"));
      }
      Json bodyJson = member(condition, "body", conditionPath);
      Expr body = exprs.read(bodyJson, conditionPath.member("body"), 0);
      Problem excess = Children.excess(body);
      if (excess != null) {
        throw new JsonShapeException(
            excess.code(), excess.message(), conditionPath.member("body"), excess.help());
      }
      conditions.add(new PolicyText.Condition(kind.equals("unless"), body, at(element)));
    }
    Map<String, @Nullable String> annotations = new LinkedHashMap<>();
    Json annotationsJson = members.getOrDefault("annotations", new Json.Obj(Map.of()));
    JsonPath annotationsPath = path.member("annotations");
    for (var entry : object(annotationsJson, annotationsPath).entrySet()) {
      JsonPath annotationPath = annotationsPath.member(entry.getKey());
      if (!Names.isIdentifier(entry.getKey())) {
        throw new JsonShapeException("`" + entry.getKey() + "` is no name", annotationPath);
      }
      annotations.put(
          entry.getKey(),
          switch (entry.getValue()) {
            case Json.Text(String text) -> text;
            case Json.Null() -> null;
            default ->
                throw new JsonShapeException(
                    "expected a string, found " + entry.getValue().kind(), annotationPath);
          });
    }
    return new PolicyText(
        id,
        effect.equals("permit"),
        Collections.unmodifiableMap(annotations),
        scope(
            member(members, "principal", path),
            PolicyLinks.PRINCIPAL_SLOT,
            path.member("principal")),
        actionScope(member(members, "action", path), path.member("action")),
        scope(
            member(members, "resource", path), PolicyLinks.RESOURCE_SLOT, path.member("resource")),
        List.copyOf(conditions),
        null,
        source,
        at(policy));
  }

  private Scope scope(Json json, String slot, JsonPath path) throws JsonShapeException {
    Map<String, Json> members = object(json, path);
    String op = text(members, "op", path);
    return switch (op) {
      case "All", "all" -> new Scope.Any();
      case "==" -> new Scope.Equal(reference(members, slot, path));
      case "in" -> new Scope.In(reference(members, slot, path));
      case "is" -> {
        String type = typeName(text(members, "entity_type", path), path.member("entity_type"));
        only(members, path, "op", "entity_type", "in");
        Json in = members.get("in");
        yield in == null || in instanceof Json.Null
            ? new Scope.Is(type, at(json))
            : new Scope.IsIn(
                type, reference(object(in, path.member("in")), slot, path.member("in")), at(json));
      }
      default ->
          throw new JsonShapeException("`" + op + "` is no operator of a head", path.member("op"));
    };
  }

  private Scope.Ref reference(Map<String, Json> members, String slot, JsonPath path)
      throws JsonShapeException {
    Json slotJson = members.get("slot");
    if (slotJson == null || members.containsKey("entity")) {
      return refTo(member(members, "entity", path), path.member("entity"));
    }
    if (!slotJson.equals(new Json.Text(slot))) {
      throw new JsonShapeException("only slot `" + slot + "` can stand here", path.member("slot"));
    }
    return new Scope.Ref(null, at(slotJson));
  }

  private Scope.Ref refTo(Json json, JsonPath path) throws JsonShapeException {
    return new Scope.Ref(entity(json, path), at(json));
  }

  private Scope.OfAction actionScope(Json json, JsonPath path) throws JsonShapeException {
    Map<String, Json> members = object(json, path);
    String op = text(members, "op", path);
    return switch (op) {
      case "All", "all" -> new Scope.OfAction.Any();
      case "==" -> {
        EntityUid uid = action(member(members, "entity", path), path.member("entity"));
        yield new Scope.OfAction.Equal(uid, at(json));
      }
      case "in" -> {
        Json one = members.get("entity");
        if (one != null) {
          yield new Scope.OfAction.In(List.of(action(one, path.member("entity"))), false, at(json));
        }
        List<EntityUid> uids = new ArrayList<>();
        JsonPath all = path.member("entities");
        for (Json element : array(member(members, "entities", path), all)) {
          uids.add(action(element, all.element(uids.size())));
        }
        yield new Scope.OfAction.In(List.copyOf(uids), true, at(json));
      }
      default ->
          throw new JsonShapeException("`" + op + "` is no operator of a head", path.member("op"));
    };
  }

  private static EntityUid action(Json json, JsonPath path) throws JsonShapeException {
    EntityUid uid = entity(json, path);
    if (!uid.type().equals("Action") && !uid.type().endsWith("::Action")) {
      throw new JsonShapeException("`" + uid + "` is no action", path);
    }
    return uid;
  }

  /** Members that do not belong there are passed over, as the reference does. */
  static EntityUid entity(Json json, JsonPath path) throws JsonShapeException {
    Map<String, Json> members = object(json, path);
    if (members.get("__expr") instanceof Json.Text) {
      throw new JsonShapeException("the escape `__expr` is no longer part of the language", path);
    }
    return members.get("__entity") instanceof Json.Obj(Map<String, Json> inner)
            && inner.get("type") instanceof Json.Text
            && inner.get("id") instanceof Json.Text
        ? plainEntity(inner, path.member("__entity"))
        : plainEntity(members, path);
  }

  static EntityUid plainEntity(Map<String, Json> members, JsonPath path) throws JsonShapeException {
    String type = typeName(text(members, "type", path), path.member("type"));
    return EntityUid.of(type, text(members, "id", path));
  }

  static String typeName(String type, JsonPath path) throws JsonShapeException {
    if (!Names.isPath(type)) {
      throw new JsonShapeException("`" + type + "` is no name of a type", path);
    }
    return type;
  }

  static Map<String, Json> object(Json json, JsonPath path) throws JsonShapeException {
    if (json instanceof Json.Obj(Map<String, Json> members)) {
      return members;
    }
    throw new JsonShapeException("expected an object, found " + json.kind(), path);
  }

  static List<Json> array(Json json, JsonPath path) throws JsonShapeException {
    if (json instanceof Json.Array(List<Json> elements)) {
      return elements;
    }
    throw new JsonShapeException("expected an array, found " + json.kind(), path);
  }

  static Json member(Map<String, Json> members, String name, JsonPath path)
      throws JsonShapeException {
    Json json = members.get(name);
    if (json == null) {
      throw new JsonShapeException("`" + name + "` is missing", path);
    }
    return json;
  }

  static String text(Map<String, Json> members, String name, JsonPath path)
      throws JsonShapeException {
    Json json = member(members, name, path);
    if (json instanceof Json.Text(String text)) {
      return text;
    }
    throw new JsonShapeException("expected a string, found " + json.kind(), path.member(name));
  }

  static void only(Map<String, Json> members, JsonPath path, String... names)
      throws JsonShapeException {
    List<String> allowed = List.of(names);
    for (String name : members.keySet()) {
      if (!allowed.contains(name)) {
        throw new JsonShapeException(
            ProblemCode.UNEXPECTED_JSON,
            "unexpected `" + name + "`",
            path.member(name),
            "known here: " + String.join(", ", allowed));
      }
    }
  }

  /** The set as {@code staticPolicies}, {@code templates} and {@code templateLinks}. */
  public static Json write(List<PolicyText> policies) {
    Map<String, Json> statics = new LinkedHashMap<>();
    Map<String, Json> templates = new LinkedHashMap<>();
    List<Json> links = new ArrayList<>();
    for (PolicyText policy : policies) {
      PolicyText.Link link = policy.link();
      if (link != null) {
        links.add(link(policy, link));
      } else {
        (policy.isTemplate() ? templates : statics).put(policy.id(), write(policy));
      }
    }
    Map<String, Json> set = new LinkedHashMap<>();
    set.put("staticPolicies", new Json.Obj(statics));
    set.put("templates", new Json.Obj(templates));
    set.put("templateLinks", new Json.Array(links));
    return new Json.Obj(set);
  }

  private static Json link(PolicyText policy, PolicyText.Link from) {
    Map<String, Json> values = new LinkedHashMap<>();
    Scope.Ref principal = policy.principal().reference();
    Scope.Ref resource = policy.resource().reference();
    if (from.principal() && principal != null) {
      put(values, PolicyLinks.PRINCIPAL_SLOT, principal);
    }
    if (from.resource() && resource != null) {
      put(values, PolicyLinks.RESOURCE_SLOT, resource);
    }
    Map<String, Json> link = new LinkedHashMap<>();
    link.put("templateId", new Json.Text(from.template()));
    link.put("newId", new Json.Text(policy.id()));
    link.put("values", new Json.Obj(values));
    return new Json.Obj(link);
  }

  private static void put(Map<String, Json> values, String slot, Scope.Ref ref) {
    EntityUid uid = ref.uid();
    if (uid != null) {
      values.put(slot, new Json.Obj(Map.of("__entity", entity(uid))));
    }
  }

  /** One policy or template. */
  public static Json write(PolicyText policy) {
    Map<String, Json> json = new LinkedHashMap<>();
    json.put("effect", new Json.Text(policy.permit() ? "permit" : "forbid"));
    json.put("principal", scope(policy.principal(), PolicyLinks.PRINCIPAL_SLOT));
    json.put("action", actionScope(policy.action()));
    json.put("resource", scope(policy.resource(), PolicyLinks.RESOURCE_SLOT));
    List<Json> conditions = new ArrayList<>();
    for (PolicyText.Condition condition : policy.conditions()) {
      Map<String, Json> members = new LinkedHashMap<>();
      members.put("kind", new Json.Text(condition.unless() ? "unless" : "when"));
      members.put("body", ExprJson.write(condition.body()));
      conditions.add(new Json.Obj(members));
    }
    json.put("conditions", new Json.Array(conditions));
    if (!policy.annotations().isEmpty()) {
      Map<String, Json> annotations = new LinkedHashMap<>();
      policy
          .annotations()
          .forEach(
              (name, text) ->
                  annotations.put(name, text == null ? new Json.Null() : new Json.Text(text)));
      json.put("annotations", new Json.Obj(annotations));
    }
    return new Json.Obj(json);
  }

  private static Json scope(Scope scope, String slot) {
    Map<String, Json> json = new LinkedHashMap<>();
    switch (scope) {
      case Scope.Any() -> json.put("op", new Json.Text("All"));
      case Scope.Equal(Scope.Ref ref) -> {
        json.put("op", new Json.Text("=="));
        reference(json, ref, slot);
      }
      case Scope.In(Scope.Ref ref) -> {
        json.put("op", new Json.Text("in"));
        reference(json, ref, slot);
      }
      case Scope.Is(String type, _) -> {
        json.put("op", new Json.Text("is"));
        json.put("entity_type", new Json.Text(type));
      }
      case Scope.IsIn(String type, Scope.Ref ref, _) -> {
        json.put("op", new Json.Text("is"));
        json.put("entity_type", new Json.Text(type));
        Map<String, Json> in = new LinkedHashMap<>();
        reference(in, ref, slot);
        json.put("in", new Json.Obj(in));
      }
    }
    return new Json.Obj(json);
  }

  private static void reference(Map<String, Json> json, Scope.Ref ref, String slot) {
    EntityUid uid = ref.uid();
    if (uid == null) {
      json.put("slot", new Json.Text(slot));
    } else {
      json.put("entity", entity(uid));
    }
  }

  private static Json actionScope(Scope.OfAction scope) {
    Map<String, Json> json = new LinkedHashMap<>();
    switch (scope) {
      case Scope.OfAction.Any() -> json.put("op", new Json.Text("All"));
      case Scope.OfAction.Equal(EntityUid uid, _) -> {
        json.put("op", new Json.Text("=="));
        json.put("entity", entity(uid));
      }
      case Scope.OfAction.In(List<EntityUid> uids, _, _) -> {
        json.put("op", new Json.Text("in"));
        if (uids.size() == 1) {
          json.put("entity", entity(uids.getFirst()));
        } else {
          json.put("entities", new Json.Array(uids.stream().map(PolicyJson::entity).toList()));
        }
      }
    }
    return new Json.Obj(json);
  }

  static Json entity(EntityUid uid) {
    Map<String, Json> json = new LinkedHashMap<>();
    json.put("type", new Json.Text(uid.type()));
    json.put("id", new Json.Text(uid.id()));
    return new Json.Obj(json);
  }
}

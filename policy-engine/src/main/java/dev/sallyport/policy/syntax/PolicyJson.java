package dev.sallyport.policy.syntax;

import dev.sallyport.policy.diagnostic.ParseResult;
import dev.sallyport.policy.diagnostic.ParseResult.Parsed;
import dev.sallyport.policy.diagnostic.ParseResult.Rejected;
import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.diagnostic.ProblemCode;
import dev.sallyport.policy.json.Json;
import dev.sallyport.policy.json.JsonReader;
import dev.sallyport.policy.value.EntityUid;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Cedar's JSON form of policies: one policy, or a set of policies, templates and links. */
public final class PolicyJson {
  private static final Source NO_SOURCE = new Source("");

  private PolicyJson() {}

  /** A problem in the shape of the JSON; leaves the reader. */
  static final class ShapeException extends Exception {
    private static final long serialVersionUID = 1;

    ShapeException(String message, String path) {
      super(path.isEmpty() ? message : message + " at `" + path + "`", null, false, false);
    }
  }

  /** Reads a policy (whose id is then {@code policy0}) or a set. */
  public static ParseResult<List<PolicyText>> read(String text) {
    return switch (JsonReader.read(text)) {
      case Rejected<Json>(List<Problem> problems) -> new Rejected<>(problems);
      case Parsed<Json>(Json json) -> {
        try {
          Map<String, Json> members = object(json, "");
          yield members.containsKey("effect")
              ? new Parsed<>(List.of(policy("policy0", json, "")))
              : set(members);
        } catch (ShapeException failure) {
          String message = failure.getMessage();
          yield new Rejected<>(
              new Problem(ProblemCode.UNEXPECTED_JSON, message == null ? "" : message, null));
        }
      }
    };
  }

  private static ParseResult<List<PolicyText>> set(Map<String, Json> members)
      throws ShapeException {
    only(members, "", "staticPolicies", "templates", "templateLinks");
    Map<String, PolicyText> policies = new LinkedHashMap<>();
    for (String part : List.of("staticPolicies", "templates")) {
      Json json = members.getOrDefault(part, new Json.Obj(Map.of()));
      for (var entry : object(json, part).entrySet()) {
        String path = part + "." + entry.getKey();
        PolicyText policy = policy(entry.getKey(), entry.getValue(), path);
        if (policy.isTemplate() != part.equals("templates")) {
          throw new ShapeException(
              policy.isTemplate() ? "a policy has no slots" : "a template has a slot", path);
        }
        if (policies.put(entry.getKey(), policy) != null) {
          throw new ShapeException("the id `" + entry.getKey() + "` is taken", path);
        }
      }
    }
    List<PolicyText> all = new ArrayList<>(policies.values());
    Json links = members.getOrDefault("templateLinks", new Json.Array(List.of()));
    for (Json element : array(links, "templateLinks")) {
      Map<String, Json> link = object(element, "templateLinks");
      only(link, "templateLinks", "templateId", "newId", "values");
      Map<String, EntityUid> values = new LinkedHashMap<>();
      for (var value : object(member(link, "values", ""), "values").entrySet()) {
        values.put(value.getKey(), entity(value.getValue(), "values." + value.getKey()));
      }
      ParseResult<PolicyText> linked =
          PolicyLinks.link(all, text(link, "templateId", ""), text(link, "newId", ""), values);
      if (!(linked instanceof Parsed<PolicyText>(PolicyText policy))) {
        return new Rejected<>(linked.problems());
      }
      all.add(policy);
    }
    return new Parsed<>(all);
  }

  private static PolicyText policy(String id, Json json, String path) throws ShapeException {
    Map<String, Json> members = object(json, path);
    only(members, path, "effect", "principal", "action", "resource", "conditions", "annotations");
    String effect = text(members, "effect", path);
    if (!effect.equals("permit") && !effect.equals("forbid")) {
      throw new ShapeException("`" + effect + "` is no effect", path);
    }
    List<PolicyText.Condition> conditions = new ArrayList<>();
    for (Json element : array(member(members, "conditions", path), path + ".conditions")) {
      Map<String, Json> condition = object(element, path + ".conditions");
      only(condition, path + ".conditions", "kind", "body");
      String kind = text(condition, "kind", path);
      if (!kind.equals("when") && !kind.equals("unless")) {
        throw new ShapeException("`" + kind + "` is no kind of condition", path);
      }
      Expr body = ExprJson.read(member(condition, "body", path), path + ".conditions", 0);
      conditions.add(new PolicyText.Condition(kind.equals("unless"), body, At.NOWHERE));
    }
    Map<String, @Nullable String> annotations = new LinkedHashMap<>();
    Json annotationsJson = members.getOrDefault("annotations", new Json.Obj(Map.of()));
    for (var entry : object(annotationsJson, path + ".annotations").entrySet()) {
      annotations.put(
          entry.getKey(), entry.getValue() instanceof Json.Text(String value) ? value : null);
    }
    return new PolicyText(
        id,
        effect.equals("permit"),
        Collections.unmodifiableMap(annotations),
        scope(member(members, "principal", path), PolicyLinks.PRINCIPAL_SLOT, path + ".principal"),
        actionScope(member(members, "action", path), path + ".action"),
        scope(member(members, "resource", path), PolicyLinks.RESOURCE_SLOT, path + ".resource"),
        List.copyOf(conditions),
        null,
        NO_SOURCE,
        At.NOWHERE);
  }

  private static Scope scope(Json json, String slot, String path) throws ShapeException {
    Map<String, Json> members = object(json, path);
    String op = text(members, "op", path);
    return switch (op) {
      case "All" -> new Scope.Any();
      case "==" -> new Scope.Equal(reference(members, slot, path));
      case "in" -> new Scope.In(reference(members, slot, path));
      case "is" -> {
        String type = typeName(text(members, "entity_type", path), path);
        Json in = members.get("in");
        yield in == null
            ? new Scope.Is(type, At.NOWHERE)
            : new Scope.IsIn(type, reference(object(in, path), slot, path), At.NOWHERE);
      }
      default -> throw new ShapeException("`" + op + "` is no operator of a head", path);
    };
  }

  private static Scope.Ref reference(Map<String, Json> members, String slot, String path)
      throws ShapeException {
    Json slotJson = members.get("slot");
    if (slotJson == null) {
      return new Scope.Ref(entity(member(members, "entity", path), path), At.NOWHERE);
    }
    if (!slotJson.equals(new Json.Text(slot))) {
      throw new ShapeException("only slot `" + slot + "` can stand here", path);
    }
    return new Scope.Ref(null, At.NOWHERE);
  }

  private static Scope.OfAction actionScope(Json json, String path) throws ShapeException {
    Map<String, Json> members = object(json, path);
    String op = text(members, "op", path);
    switch (op) {
      case "All" -> {
        return new Scope.OfAction.Any();
      }
      case "==" -> {
        EntityUid uid = action(member(members, "entity", path), path);
        return new Scope.OfAction.Equal(uid, At.NOWHERE);
      }
      case "in" -> {
        Json one = members.get("entity");
        if (one != null) {
          return new Scope.OfAction.In(List.of(action(one, path)), false, At.NOWHERE);
        }
        List<EntityUid> uids = new ArrayList<>();
        for (Json element : array(member(members, "entities", path), path)) {
          uids.add(action(element, path));
        }
        return new Scope.OfAction.In(List.copyOf(uids), true, At.NOWHERE);
      }
      default -> throw new ShapeException("`" + op + "` is no operator of a head", path);
    }
  }

  private static EntityUid action(Json json, String path) throws ShapeException {
    EntityUid uid = entity(json, path);
    if (!uid.type().equals("Action") && !uid.type().endsWith("::Action")) {
      throw new ShapeException("`" + uid + "` is no action", path);
    }
    return uid;
  }

  static EntityUid entity(Json json, String path) throws ShapeException {
    Map<String, Json> members = object(json, path);
    Json inner = members.get("__entity");
    if (inner != null && members.size() == 1) {
      return entity(inner, path);
    }
    only(members, path, "type", "id");
    return EntityUid.of(typeName(text(members, "type", path), path), text(members, "id", path));
  }

  static String typeName(String type, String path) throws ShapeException {
    if (!Names.isPath(type)) {
      throw new ShapeException("`" + type + "` is no name of a type", path);
    }
    return type;
  }

  static Map<String, Json> object(Json json, String path) throws ShapeException {
    if (json instanceof Json.Obj(Map<String, Json> members)) {
      return members;
    }
    throw new ShapeException("expected an object, found " + json.kind(), path);
  }

  static List<Json> array(Json json, String path) throws ShapeException {
    if (json instanceof Json.Array(List<Json> elements)) {
      return elements;
    }
    throw new ShapeException("expected an array, found " + json.kind(), path);
  }

  static Json member(Map<String, Json> members, String name, String path) throws ShapeException {
    Json json = members.get(name);
    if (json == null) {
      throw new ShapeException("`" + name + "` is missing", path);
    }
    return json;
  }

  static String text(Map<String, Json> members, String name, String path) throws ShapeException {
    Json json = member(members, name, path);
    if (json instanceof Json.Text(String text)) {
      return text;
    }
    throw new ShapeException("expected a string, found " + json.kind(), path + "." + name);
  }

  private static void only(Map<String, Json> members, String path, String... names)
      throws ShapeException {
    List<String> allowed = List.of(names);
    for (String name : members.keySet()) {
      if (!allowed.contains(name)) {
        throw new ShapeException("unexpected `" + name + "`", path);
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

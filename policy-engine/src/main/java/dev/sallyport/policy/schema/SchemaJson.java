package dev.sallyport.policy.schema;

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
import dev.sallyport.policy.schema.SchemaText.ActionDecl;
import dev.sallyport.policy.schema.SchemaText.ActionName;
import dev.sallyport.policy.schema.SchemaText.AppliesTo;
import dev.sallyport.policy.schema.SchemaText.EntityDecl;
import dev.sallyport.policy.schema.SchemaText.Member;
import dev.sallyport.policy.schema.SchemaText.Name;
import dev.sallyport.policy.schema.SchemaText.Namespace;
import dev.sallyport.policy.schema.SchemaText.Reference;
import dev.sallyport.policy.schema.SchemaText.TypeDecl;
import dev.sallyport.policy.syntax.Names;
import dev.sallyport.policy.syntax.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads Cedar's JSON form of schemas. */
final class SchemaJson {
  private static final Reference NO_ATTRIBUTES = new Reference.RecordOf(Map.of());

  private final JsonText json;

  private SchemaJson(JsonText json) {
    this.json = json;
  }

  static ParseResult<SchemaText> read(String text) {
    return switch (JsonReader.readText(text)) {
      case Rejected<JsonText>(List<Problem> problems) -> new Rejected<>(problems);
      case Parsed<JsonText>(JsonText json) -> new SchemaJson(json).schema();
    };
  }

  /** A declaration with a problem is left out, so that one run reports a problem in each. */
  private ParseResult<SchemaText> schema() {
    List<Problem> problems = new ArrayList<>();
    List<Namespace> namespaces = new ArrayList<>();
    try {
      Map<String, Json> root = object(json.root(), JsonPath.ROOT);
      namespacesOnly(root);
      for (var entry : root.entrySet()) {
        namespaces.add(namespace(entry.getKey(), entry.getValue(), problems));
      }
    } catch (JsonShapeException failure) {
      problems.add(failure.problem(json.text()));
    }
    return problems.isEmpty() ? new Parsed<>(new SchemaText(namespaces)) : new Rejected<>(problems);
  }

  /** That the names of namespaces come first is what everybody forgets. */
  private static void namespacesOnly(Map<String, Json> root) throws JsonShapeException {
    for (String part : List.of("entityTypes", "actions", "commonTypes")) {
      if (root.get(part) instanceof Json.Obj(Map<String, Json> members)
          && !(members.containsKey("entityTypes") && members.containsKey("actions"))) {
        throw new JsonShapeException(
            ProblemCode.UNEXPECTED_JSON,
            "the top level is namespaces, and `" + part + "` belongs in one",
            JsonPath.ROOT.member(part),
            "write `{\"\": {…}}` around what is in no namespace");
      }
    }
  }

  /** Reads one declaration of a namespace. */
  private interface Declaration {
    void read(String name, Json value, JsonPath path) throws JsonShapeException;
  }

  private void each(
      Map<String, Json> declarations,
      JsonPath path,
      List<Problem> problems,
      Declaration declaration) {
    for (var entry : declarations.entrySet()) {
      if (problems.size() >= SchemaParser.PROBLEMS_MAX) {
        return;
      }
      try {
        declaration.read(entry.getKey(), entry.getValue(), path.member(entry.getKey()));
      } catch (JsonShapeException failure) {
        problems.add(failure.problem(json.text()));
      }
    }
  }

  private Namespace namespace(String name, Json value, List<Problem> problems)
      throws JsonShapeException {
    JsonPath path = JsonPath.ROOT.member(name);
    if (!name.isEmpty()) {
      path(name, path);
    }
    Map<String, Json> members = struct(value, path, 3, "commonTypes", "entityTypes", "actions");
    only(members, path, "commonTypes", "entityTypes", "actions", "annotations");
    Map<String, String> annotations = annotations(members, path);
    if (name.isEmpty() && !annotations.isEmpty()) {
      throw new JsonShapeException(
          "what stands outside all namespaces cannot be annotated", path.member("annotations"));
    }
    List<TypeDecl> types = new ArrayList<>();
    List<EntityDecl> entities = new ArrayList<>();
    List<ActionDecl> actions = new ArrayList<>();
    each(
        members.containsKey("commonTypes") ? required(members, "commonTypes", path) : Map.of(),
        path.member("commonTypes"),
        problems,
        (id, declared, at) -> types.add(type(id, declared, at)));
    each(
        required(members, "entityTypes", path),
        path.member("entityTypes"),
        problems,
        (id, declared, at) -> entities.add(entity(id, declared, at)));
    each(
        required(members, "actions", path),
        path.member("actions"),
        problems,
        (id, declared, at) -> actions.add(action(id, declared, at)));
    return new Namespace(name, annotations, entities, types, actions);
  }

  private TypeDecl type(String name, Json declared, JsonPath path) throws JsonShapeException {
    identifier(name, path);
    Map<String, String> annotations = annotations(object(declared, path), path);
    return new TypeDecl(
        name, annotations, type(declared, path, 0, "annotations"), json.span(declared));
  }

  private EntityDecl entity(String name, Json declared, JsonPath path) throws JsonShapeException {
    identifier(name, path);
    Map<String, Json> members = struct(declared, path, 0, "memberOfTypes", "shape", "tags");
    Map<String, String> annotations = annotations(members, path);
    Json ids = members.get("enum");
    if (ids != null) {
      only(members, path, "enum", "annotations");
      List<String> texts = texts(ids, path.member("enum"));
      if (texts.isEmpty()) {
        throw new JsonShapeException("an enumeration has at least one id", path.member("enum"));
      }
      return new EntityDecl(
          name, annotations, List.of(), NO_ATTRIBUTES, null, texts, json.span(declared));
    }
    only(members, path, "memberOfTypes", "shape", "tags", "annotations");
    Json shape = members.get("shape");
    Json tags = members.get("tags");
    return new EntityDecl(
        name,
        annotations,
        names(members.get("memberOfTypes"), path.member("memberOfTypes")),
        shape == null ? NO_ATTRIBUTES : type(shape, path.member("shape"), 0),
        tags == null ? null : type(tags, path.member("tags"), 0),
        null,
        json.span(declared));
  }

  private ActionDecl action(String id, Json declared, JsonPath path) throws JsonShapeException {
    Map<String, Json> members = struct(declared, path, 0, "attributes", "appliesTo", "memberOf");
    only(members, path, "appliesTo", "memberOf", "attributes", "annotations");
    Json attributes = members.get("attributes");
    if (attributes != null && !isNull(attributes)) {
      throw new JsonShapeException("actions have no attributes", path.member("attributes"));
    }
    List<ActionName> parents = new ArrayList<>();
    Json memberOf = members.get("memberOf");
    if (memberOf != null && !isNull(memberOf)) {
      JsonPath groups = path.member("memberOf");
      for (Json group : array(memberOf, groups)) {
        parents.add(group(group, groups.element(parents.size())));
      }
    }
    Json appliesTo = members.get("appliesTo");
    return new ActionDecl(
        id,
        annotations(members, path),
        parents,
        appliesTo == null || isNull(appliesTo)
            ? null
            : appliesTo(
                struct(
                    appliesTo,
                    path.member("appliesTo"),
                    2,
                    "resourceTypes",
                    "principalTypes",
                    "context"),
                path.member("appliesTo")),
        json.span(declared));
  }

  private ActionName group(Json group, JsonPath path) throws JsonShapeException {
    Map<String, Json> parts = struct(group, path, 1, "id", "type");
    only(parts, path, "id", "type");
    Json type = parts.get("type");
    String typeName = null;
    if (type != null && !isNull(type)) {
      typeName = text(type, path.member("type"));
      path(typeName, path.member("type"));
    }
    return new ActionName(typeName, textOf(parts, "id", path), json.span(group));
  }

  private AppliesTo appliesTo(Map<String, Json> members, JsonPath path) throws JsonShapeException {
    only(members, path, "principalTypes", "resourceTypes", "context");
    Json principals = members.get("principalTypes");
    Json resources = members.get("resourceTypes");
    if (principals == null || resources == null) {
      throw new JsonShapeException("`principalTypes` and `resourceTypes` are needed", path);
    }
    Json context = members.get("context");
    return new AppliesTo(
        names(principals, path.member("principalTypes")),
        names(resources, path.member("resourceTypes")),
        context == null ? NO_ATTRIBUTES : type(context, path.member("context"), 0));
  }

  /**
   * A type.
   *
   * @param more members that may stand beside those of the type
   */
  private Reference type(Json value, JsonPath path, int depth, String... more)
      throws JsonShapeException {
    if (depth > SchemaParser.DEPTH_MAX) {
      throw new JsonShapeException(
          ProblemCode.TOO_DEEP,
          "a type is nested more than " + SchemaParser.DEPTH_MAX + " levels deep",
          path,
          "name its parts as common types");
    }
    Map<String, Json> members = object(value, path);
    String kind = textOf(members, "type", path);
    return switch (kind) {
      case "Long" -> builtin(Type.Primitive.LONG, members, path, more);
      case "String" -> builtin(Type.Primitive.STRING, members, path, more);
      case "Boolean" -> builtin(Type.Bool.ANY, members, path, more);
      case "Set" -> {
        only(members, path, more, "type", "element");
        Json element = members.get("element");
        if (element == null) {
          throw new JsonShapeException("`element` is missing", path);
        }
        yield new Reference.SetOf(type(element, path.member("element"), depth + 1));
      }
      case "Record" -> {
        only(members, path, more, "type", "attributes", "additionalAttributes");
        yield record(members, path, depth);
      }
      case "Entity" -> new Reference.OfEntity(name(members, path, more));
      case "EntityOrCommon" -> new Reference.Any(name(members, path, more));
      case "Extension" ->
          new Reference.Builtin(extension(name(members, path, more).text(), path.member("name")));
      default -> {
        only(members, path, more, "type");
        path(kind, path.member("type"));
        yield new Reference.OfCommon(new Name(kind, json.span(members.get("type"))));
      }
    };
  }

  private static Reference builtin(
      Type type, Map<String, Json> members, JsonPath path, String... more)
      throws JsonShapeException {
    only(members, path, more, "type");
    return new Reference.Builtin(type);
  }

  private static Type extension(String name, JsonPath path) throws JsonShapeException {
    return switch (name) {
      case "decimal" -> Type.Primitive.DECIMAL;
      case "ipaddr" -> Type.Primitive.IP;
      case "datetime" -> Type.Primitive.DATETIME;
      case "duration" -> Type.Primitive.DURATION;
      default ->
          throw new JsonShapeException(
              ProblemCode.UNEXPECTED_JSON,
              "there is no extension type `" + name + "`",
              path,
              "there are `decimal`, `ipaddr`, `datetime` and `duration`");
    };
  }

  private Reference record(Map<String, Json> members, JsonPath path, int depth)
      throws JsonShapeException {
    JsonPath open = path.member("additionalAttributes");
    if (flag(members, "additionalAttributes", false, open)) {
      throw new JsonShapeException("records with additional attributes are not supported", open);
    }
    Map<String, Member> attributes = new LinkedHashMap<>();
    JsonPath attributesPath = path.member("attributes");
    for (var entry : required(members, "attributes", path).entrySet()) {
      JsonPath attributePath = attributesPath.member(entry.getKey());
      Map<String, Json> attribute = object(entry.getValue(), attributePath);
      Reference type = type(entry.getValue(), attributePath, depth + 1, "required", "annotations");
      boolean required = flag(attribute, "required", true, attributePath.member("required"));
      attributes.put(
          entry.getKey(), new Member(type, required, annotations(attribute, attributePath)));
    }
    return new Reference.RecordOf(attributes);
  }

  private static boolean flag(
      Map<String, Json> members, String name, boolean otherwise, JsonPath path)
      throws JsonShapeException {
    Json value = members.get(name);
    if (value == null) {
      return otherwise;
    }
    if (value instanceof Json.Bool(boolean flag)) {
      return flag;
    }
    throw new JsonShapeException("expected `true` or `false`, found " + value.kind(), path);
  }

  private static Map<String, String> annotations(Map<String, Json> members, JsonPath path)
      throws JsonShapeException {
    Json value = members.get("annotations");
    if (value == null) {
      return Map.of();
    }
    JsonPath at = path.member("annotations");
    Map<String, String> annotations = new LinkedHashMap<>();
    for (var entry : object(value, at).entrySet()) {
      JsonPath annotationPath = at.member(entry.getKey());
      if (!Names.isIdentifier(entry.getKey())) {
        throw new JsonShapeException("`" + entry.getKey() + "` is no name", annotationPath);
      }
      Json text = entry.getValue();
      annotations.put(entry.getKey(), isNull(text) ? "" : text(text, annotationPath));
    }
    return Collections.unmodifiableMap(annotations);
  }

  private Name name(Map<String, Json> members, JsonPath path, String... more)
      throws JsonShapeException {
    only(members, path, more, "type", "name");
    String name = textOf(members, "name", path);
    path(name, path.member("name"));
    return new Name(name, json.span(members.get("name")));
  }

  private List<Name> names(@Nullable Json value, JsonPath path) throws JsonShapeException {
    if (value == null) {
      return List.of();
    }
    List<Name> names = new ArrayList<>();
    for (Json element : array(value, path)) {
      JsonPath elementPath = path.element(names.size());
      String text = text(element, elementPath);
      path(text, elementPath);
      names.add(new Name(text, json.span(element)));
    }
    return names;
  }

  private static List<String> texts(Json value, JsonPath path) throws JsonShapeException {
    List<String> texts = new ArrayList<>();
    for (Json element : array(value, path)) {
      texts.add(text(element, path.element(texts.size())));
    }
    return texts;
  }

  private static boolean isNull(Json value) {
    return value instanceof Json.Null;
  }

  private static void path(String text, JsonPath path) throws JsonShapeException {
    String inner = text.startsWith("__cedar::") ? text.substring("__cedar::".length()) : text;
    if (!Names.isPath(inner)) {
      throw new JsonShapeException("`" + text + "` is no name", path);
    }
  }

  private static void identifier(String text, JsonPath path) throws JsonShapeException {
    if (!Names.isIdentifier(text) || Tokens.isReserved(text)) {
      throw new JsonShapeException("`" + text + "` is no name", path);
    }
  }

  /**
   * An object whose members are known. To the reference an array is one too, of its members in
   * their order; the last of them may be left out.
   */
  private static Map<String, Json> struct(Json value, JsonPath path, int needed, String... names)
      throws JsonShapeException {
    if (!(value instanceof Json.Array(List<Json> elements)
        && elements.size() >= needed
        && elements.size() <= names.length)) {
      return object(value, path);
    }
    Map<String, Json> members = new LinkedHashMap<>();
    for (int i = 0; i < elements.size(); i++) {
      members.put(names[i], elements.get(i));
    }
    return members;
  }

  private static Map<String, Json> object(Json value, JsonPath path) throws JsonShapeException {
    if (value instanceof Json.Obj(Map<String, Json> members)) {
      return members;
    }
    throw new JsonShapeException("expected an object, found " + value.kind(), path);
  }

  private static Map<String, Json> required(Map<String, Json> members, String name, JsonPath path)
      throws JsonShapeException {
    Json value = members.get(name);
    if (value == null) {
      throw new JsonShapeException("`" + name + "` is missing", path);
    }
    return object(value, path.member(name));
  }

  private static List<Json> array(Json value, JsonPath path) throws JsonShapeException {
    if (value instanceof Json.Array(List<Json> elements)) {
      return elements;
    }
    throw new JsonShapeException("expected an array, found " + value.kind(), path);
  }

  private static String textOf(Map<String, Json> members, String name, JsonPath path)
      throws JsonShapeException {
    Json value = members.get(name);
    if (value == null) {
      throw new JsonShapeException("`" + name + "` is missing", path);
    }
    return text(value, path.member(name));
  }

  private static String text(Json value, JsonPath path) throws JsonShapeException {
    if (value instanceof Json.Text(String text)) {
      return text;
    }
    throw new JsonShapeException("expected a string, found " + value.kind(), path);
  }

  private static void only(Map<String, Json> members, JsonPath path, String[] more, String... names)
      throws JsonShapeException {
    String[] all = Arrays.copyOf(names, names.length + more.length);
    System.arraycopy(more, 0, all, names.length, more.length);
    only(members, path, all);
  }

  private static void only(Map<String, Json> members, JsonPath path, String... names)
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
}

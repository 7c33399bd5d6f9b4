package dev.sallyport.policy.schema;

import dev.sallyport.policy.diagnostic.ParseResult;
import dev.sallyport.policy.diagnostic.ParseResult.Parsed;
import dev.sallyport.policy.diagnostic.ParseResult.Rejected;
import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.diagnostic.ProblemCode;
import dev.sallyport.policy.json.Json;
import dev.sallyport.policy.json.JsonReader;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads Cedar's JSON form of schemas. */
final class SchemaJson {
  private static final Reference NO_ATTRIBUTES = new Reference.RecordOf(Map.of());

  private SchemaJson() {}

  private static final class ShapeException extends Exception {
    private static final long serialVersionUID = 1;

    ShapeException(String message, String path) {
      super(path.isEmpty() ? message : message + " at `" + path + "`", null, false, false);
    }
  }

  static ParseResult<SchemaText> read(String text) {
    return switch (JsonReader.read(text)) {
      case Rejected<Json>(List<Problem> problems) -> new Rejected<>(problems);
      case Parsed<Json>(Json json) -> {
        try {
          List<Namespace> namespaces = new ArrayList<>();
          for (var entry : object(json, "").entrySet()) {
            namespaces.add(namespace(entry.getKey(), entry.getValue()));
          }
          yield new Parsed<>(new SchemaText(namespaces));
        } catch (ShapeException failure) {
          String message = failure.getMessage();
          yield new Rejected<>(
              new Problem(ProblemCode.UNEXPECTED_JSON, message == null ? "" : message, null));
        }
      }
    };
  }

  private static Namespace namespace(String name, Json json) throws ShapeException {
    if (!name.isEmpty()) {
      path(name, name);
    }
    Map<String, Json> members = object(json, name);
    only(members, name, "commonTypes", "entityTypes", "actions", "annotations");
    List<TypeDecl> types = new ArrayList<>();
    for (var entry : optional(members, "commonTypes", name).entrySet()) {
      String path = name + ".commonTypes." + entry.getKey();
      identifier(entry.getKey(), path);
      types.add(new TypeDecl(entry.getKey(), type(entry.getValue(), path, 0), null));
    }
    List<EntityDecl> entities = new ArrayList<>();
    for (var entry : required(members, "entityTypes", name).entrySet()) {
      String path = name + ".entityTypes." + entry.getKey();
      identifier(entry.getKey(), path);
      entities.add(entity(entry.getKey(), object(entry.getValue(), path), path));
    }
    List<ActionDecl> actions = new ArrayList<>();
    for (var entry : required(members, "actions", name).entrySet()) {
      String path = name + ".actions." + entry.getKey();
      actions.add(action(entry.getKey(), object(entry.getValue(), path), path));
    }
    return new Namespace(name, entities, types, actions);
  }

  private static EntityDecl entity(String name, Map<String, Json> members, String path)
      throws ShapeException {
    Json ids = members.get("enum");
    if (ids != null) {
      only(members, path, "enum", "annotations");
      List<String> texts = texts(ids, path + ".enum");
      if (texts.isEmpty()) {
        throw new ShapeException("an enumeration has at least one id", path);
      }
      return new EntityDecl(name, List.of(), NO_ATTRIBUTES, null, texts, null);
    }
    only(members, path, "memberOfTypes", "shape", "tags", "annotations");
    Json shape = members.get("shape");
    Json tags = members.get("tags");
    return new EntityDecl(
        name,
        names(members.get("memberOfTypes"), path + ".memberOfTypes"),
        shape == null ? NO_ATTRIBUTES : type(shape, path + ".shape", 0),
        tags == null ? null : type(tags, path + ".tags", 0),
        null,
        null);
  }

  private static ActionDecl action(String id, Map<String, Json> members, String path)
      throws ShapeException {
    only(members, path, "appliesTo", "memberOf", "attributes", "annotations");
    List<ActionName> parents = new ArrayList<>();
    if (members.get("memberOf") instanceof Json groups && !(groups instanceof Json.Null)) {
      for (Json group : array(groups, path + ".memberOf")) {
        Map<String, Json> parts = object(group, path + ".memberOf");
        only(parts, path + ".memberOf", "id", "type");
        Json type = parts.get("type");
        parents.add(
            new ActionName(
                type == null || type instanceof Json.Null ? null : text(type, path),
                text(parts.getOrDefault("id", new Json.Null()), path),
                null));
      }
    }
    Json appliesTo = members.get("appliesTo");
    return new ActionDecl(
        id,
        parents,
        appliesTo == null || appliesTo instanceof Json.Null
            ? null
            : appliesTo(object(appliesTo, path + ".appliesTo"), path + ".appliesTo"),
        null);
  }

  private static AppliesTo appliesTo(Map<String, Json> members, String path) throws ShapeException {
    only(members, path, "principalTypes", "resourceTypes", "context");
    Json principals = members.get("principalTypes");
    Json resources = members.get("resourceTypes");
    if (principals == null || resources == null) {
      throw new ShapeException("`principalTypes` and `resourceTypes` are needed", path);
    }
    Json context = members.get("context");
    return new AppliesTo(
        names(principals, path + ".principalTypes"),
        names(resources, path + ".resourceTypes"),
        context == null ? NO_ATTRIBUTES : type(context, path + ".context", 0));
  }

  private static Reference type(Json json, String path, int depth) throws ShapeException {
    if (depth > SchemaParser.DEPTH_MAX) {
      throw new ShapeException(
          "a type is nested more than " + SchemaParser.DEPTH_MAX + " levels deep", "");
    }
    Map<String, Json> members = object(json, path);
    String kind = text(members.getOrDefault("type", new Json.Null()), path + ".type");
    return switch (kind) {
      case "Long" -> new Reference.Builtin(Type.Primitive.LONG);
      case "String" -> new Reference.Builtin(Type.Primitive.STRING);
      case "Boolean" -> new Reference.Builtin(Type.Bool.ANY);
      case "Set" ->
          new Reference.SetOf(
              type(members.getOrDefault("element", new Json.Null()), path + ".element", depth + 1));
      case "Record" -> record(members, path, depth);
      case "Entity" -> new Reference.OfEntity(name(members, path));
      case "EntityOrCommon" -> new Reference.Any(name(members, path));
      case "Extension" -> new Reference.Builtin(extension(name(members, path).text(), path));
      default -> {
        path(kind, path);
        yield new Reference.OfCommon(new Name(kind, null));
      }
    };
  }

  private static Type extension(String name, String path) throws ShapeException {
    return switch (name) {
      case "decimal" -> Type.Primitive.DECIMAL;
      case "ipaddr" -> Type.Primitive.IP;
      case "datetime" -> Type.Primitive.DATETIME;
      case "duration" -> Type.Primitive.DURATION;
      default -> throw new ShapeException("there is no extension type `" + name + "`", path);
    };
  }

  private static Reference record(Map<String, Json> members, String path, int depth)
      throws ShapeException {
    if (members.get("additionalAttributes") instanceof Json.Bool(boolean open) && open) {
      throw new ShapeException("records with additional attributes are not supported", path);
    }
    Map<String, Member> attributes = new LinkedHashMap<>();
    for (var entry : required(members, "attributes", path).entrySet()) {
      String attributePath = path + "." + entry.getKey();
      Map<String, Json> attribute = object(entry.getValue(), attributePath);
      boolean required = !(attribute.get("required") instanceof Json.Bool(boolean value)) || value;
      attributes.put(
          entry.getKey(), new Member(type(entry.getValue(), attributePath, depth + 1), required));
    }
    return new Reference.RecordOf(attributes);
  }

  private static Name name(Map<String, Json> members, String path) throws ShapeException {
    String name = text(members.getOrDefault("name", new Json.Null()), path + ".name");
    path(name, path);
    return new Name(name, null);
  }

  private static List<Name> names(@Nullable Json json, String path) throws ShapeException {
    if (json == null) {
      return List.of();
    }
    List<Name> names = new ArrayList<>();
    for (String text : texts(json, path)) {
      path(text, path);
      names.add(new Name(text, null));
    }
    return names;
  }

  private static List<String> texts(Json json, String path) throws ShapeException {
    List<String> texts = new ArrayList<>();
    for (Json element : array(json, path)) {
      texts.add(text(element, path));
    }
    return texts;
  }

  private static void path(String text, String path) throws ShapeException {
    String inner = text.startsWith("__cedar::") ? text.substring("__cedar::".length()) : text;
    if (!Names.isPath(inner)) {
      throw new ShapeException("`" + text + "` is no name", path);
    }
  }

  private static void identifier(String text, String path) throws ShapeException {
    if (!Names.isIdentifier(text) || Tokens.isReserved(text)) {
      throw new ShapeException("`" + text + "` is no name", path);
    }
  }

  private static Map<String, Json> object(Json json, String path) throws ShapeException {
    if (json instanceof Json.Obj(Map<String, Json> members)) {
      return members;
    }
    throw new ShapeException("expected an object, found " + json.kind(), path);
  }

  private static Map<String, Json> optional(Map<String, Json> members, String name, String path)
      throws ShapeException {
    Json json = members.get(name);
    return json == null ? Map.of() : object(json, path + "." + name);
  }

  private static Map<String, Json> required(Map<String, Json> members, String name, String path)
      throws ShapeException {
    if (!members.containsKey(name)) {
      throw new ShapeException("`" + name + "` is missing", path);
    }
    return optional(members, name, path);
  }

  private static List<Json> array(Json json, String path) throws ShapeException {
    if (json instanceof Json.Array(List<Json> elements)) {
      return elements;
    }
    throw new ShapeException("expected an array, found " + json.kind(), path);
  }

  private static String text(Json json, String path) throws ShapeException {
    if (json instanceof Json.Text(String text)) {
      return text;
    }
    throw new ShapeException("expected a string, found " + json.kind(), path);
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
}

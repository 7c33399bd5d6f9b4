package dev.sallyport.policy.schema;

import dev.sallyport.policy.json.Json;
import dev.sallyport.policy.schema.SchemaText.ActionDecl;
import dev.sallyport.policy.schema.SchemaText.ActionName;
import dev.sallyport.policy.schema.SchemaText.AppliesTo;
import dev.sallyport.policy.schema.SchemaText.EntityDecl;
import dev.sallyport.policy.schema.SchemaText.Member;
import dev.sallyport.policy.schema.SchemaText.Name;
import dev.sallyport.policy.schema.SchemaText.Namespace;
import dev.sallyport.policy.schema.SchemaText.Reference;
import dev.sallyport.policy.schema.SchemaText.TypeDecl;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes a schema in Cedar's JSON form, as the reference does: names stay as they were written. */
final class SchemaJsonWriter {
  private SchemaJsonWriter() {}

  static Json write(SchemaText schema) {
    Map<String, Json> namespaces = new LinkedHashMap<>();
    for (Namespace namespace : schema.namespaces()) {
      if (!namespace.isEmptyOutside()) {
        namespaces.put(namespace.name(), namespace(namespace));
      }
    }
    return new Json.Obj(namespaces);
  }

  private static Json namespace(Namespace namespace) {
    Map<String, Json> json = new LinkedHashMap<>();
    if (!namespace.types().isEmpty()) {
      Map<String, Json> types = new LinkedHashMap<>();
      for (TypeDecl decl : namespace.types()) {
        types.put(decl.name(), annotated(type(decl.type()), decl.annotations()));
      }
      json.put("commonTypes", new Json.Obj(types));
    }
    Map<String, Json> entities = new LinkedHashMap<>();
    namespace.entities().forEach(decl -> entities.put(decl.name(), entity(decl)));
    json.put("entityTypes", new Json.Obj(entities));
    Map<String, Json> actions = new LinkedHashMap<>();
    namespace.actions().forEach(decl -> actions.put(decl.id(), action(decl)));
    json.put("actions", new Json.Obj(actions));
    return annotated(json, namespace.annotations());
  }

  private static Json entity(EntityDecl decl) {
    Map<String, Json> json = new LinkedHashMap<>();
    List<String> ids = decl.ids();
    if (ids != null) {
      json.put("enum", texts(ids));
      return annotated(json, decl.annotations());
    }
    if (!decl.parents().isEmpty()) {
      json.put("memberOfTypes", names(decl.parents()));
    }
    if (!isEmptyRecord(decl.attributes())) {
      json.put("shape", new Json.Obj(type(decl.attributes())));
    }
    Reference tags = decl.tags();
    if (tags != null) {
      json.put("tags", new Json.Obj(type(tags)));
    }
    return annotated(json, decl.annotations());
  }

  private static Json action(ActionDecl decl) {
    Map<String, Json> json = new LinkedHashMap<>();
    AppliesTo appliesTo = decl.appliesTo();
    if (appliesTo != null) {
      Map<String, Json> parts = new LinkedHashMap<>();
      parts.put("principalTypes", names(appliesTo.principals()));
      parts.put("resourceTypes", names(appliesTo.resources()));
      if (!isEmptyRecord(appliesTo.context())) {
        parts.put("context", new Json.Obj(type(appliesTo.context())));
      }
      json.put("appliesTo", new Json.Obj(parts));
    }
    if (!decl.parents().isEmpty()) {
      json.put(
          "memberOf",
          new Json.Array(decl.parents().stream().map(SchemaJsonWriter::group).toList()));
    }
    return annotated(json, decl.annotations());
  }

  private static Json group(ActionName name) {
    Map<String, Json> json = new LinkedHashMap<>();
    json.put("id", new Json.Text(name.id()));
    String type = name.type();
    if (type != null) {
      json.put("type", new Json.Text(type));
    }
    return new Json.Obj(json);
  }

  private static boolean isEmptyRecord(Reference type) {
    return type instanceof Reference.RecordOf(Map<String, Member> members) && members.isEmpty();
  }

  private static Map<String, Json> type(Reference type) {
    Map<String, Json> json = new LinkedHashMap<>();
    switch (type) {
      case Reference.Any(Name name) -> named(json, "EntityOrCommon", name.text());
      case Reference.OfEntity(Name name) -> named(json, "Entity", name.text());
      case Reference.OfCommon(Name name) -> json.put("type", new Json.Text(name.text()));
      case Reference.Builtin(Type builtin) -> builtin(json, builtin);
      case Reference.SetOf(Reference element) -> {
        json.put("type", new Json.Text("Set"));
        json.put("element", new Json.Obj(type(element)));
      }
      case Reference.RecordOf(Map<String, Member> members) -> {
        Map<String, Json> attributes = new LinkedHashMap<>();
        members.forEach((name, member) -> attributes.put(name, member(member)));
        json.put("type", new Json.Text("Record"));
        json.put("attributes", new Json.Obj(attributes));
      }
    }
    return json;
  }

  private static void builtin(Map<String, Json> json, Type type) {
    switch (type) {
      case Type.Bool _ -> json.put("type", new Json.Text("Boolean"));
      case Type.Primitive primitive when primitive.isExtension() ->
          named(json, "Extension", primitive.toString());
      default -> json.put("type", new Json.Text(type.toString()));
    }
  }

  private static void named(Map<String, Json> json, String kind, String name) {
    json.put("type", new Json.Text(kind));
    json.put("name", new Json.Text(name));
  }

  private static Json member(Member member) {
    Map<String, Json> json = type(member.type());
    if (!member.required()) {
      json.put("required", new Json.Bool(false));
    }
    return annotated(json, member.annotations());
  }

  private static Json annotated(Map<String, Json> json, Map<String, String> annotations) {
    if (!annotations.isEmpty()) {
      Map<String, Json> texts = new LinkedHashMap<>();
      annotations.forEach((name, text) -> texts.put(name, new Json.Text(text)));
      json.put("annotations", new Json.Obj(texts));
    }
    return new Json.Obj(json);
  }

  private static Json names(List<Name> names) {
    return texts(names.stream().map(Name::text).toList());
  }

  private static Json texts(List<String> texts) {
    return new Json.Array(texts.stream().<Json>map(Json.Text::new).toList());
  }
}

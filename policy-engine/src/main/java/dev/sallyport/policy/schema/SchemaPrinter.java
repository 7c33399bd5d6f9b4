package dev.sallyport.policy.schema;

import dev.sallyport.policy.diagnostic.ParseResult;
import dev.sallyport.policy.diagnostic.ParseResult.Parsed;
import dev.sallyport.policy.diagnostic.ParseResult.Rejected;
import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.diagnostic.ProblemCode;
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
import dev.sallyport.policy.value.StringValue;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Writes a schema in Cedar's own syntax, one layout for all. The JSON form can say a little more:
 * where it does, the schema has no text, and the problems say why.
 */
final class SchemaPrinter {
  private static final String INDENT = "  ";

  private final StringBuilder out = new StringBuilder();
  private final List<Problem> problems = new ArrayList<>();

  private SchemaPrinter() {}

  static ParseResult<String> print(SchemaText schema) {
    SchemaPrinter printer = new SchemaPrinter();
    List<Namespace> namespaces = new ArrayList<>(schema.namespaces());
    // What stands outside all namespaces comes first.
    namespaces.sort(Comparator.comparing(namespace -> !namespace.name().isEmpty()));
    namespaces.forEach(printer::namespace);
    return printer.problems.isEmpty()
        ? new Parsed<>(printer.out.toString())
        : new Rejected<>(printer.problems);
  }

  private void namespace(Namespace namespace) {
    if (namespace.isEmptyOutside()) {
      return;
    }
    boolean outside = namespace.name().isEmpty();
    String indent = outside ? "" : INDENT;
    blankLine();
    annotations(namespace.annotations(), "");
    if (!outside) {
      out.append("namespace ").append(namespace.name()).append(" {\n");
    }
    Set<String> types = new HashSet<>();
    for (TypeDecl decl : namespace.types()) {
      types.add(decl.name());
      annotations(decl.annotations(), indent);
      out.append(indent).append("type ").append(decl.name()).append(" = ");
      type(decl.type(), indent);
      out.append(";\n");
    }
    for (EntityDecl decl : namespace.entities()) {
      if (types.contains(decl.name())) {
        problem(
            "`"
                + decl.name()
                + "` is both an entity type and a common type: a name in Cedar's own"
                + " syntax would not say which",
            decl.span());
      }
      annotations(decl.annotations(), indent);
      entity(decl, indent);
    }
    for (ActionDecl decl : namespace.actions()) {
      annotations(decl.annotations(), indent);
      action(decl, indent);
    }
    if (!outside) {
      out.append("}\n");
    }
  }

  private void problem(String message, dev.sallyport.policy.diagnostic.@Nullable Span span) {
    problems.add(
        new Problem(
            ProblemCode.INVALID_DECLARATION, message, span, null, "keep the schema in JSON"));
  }

  private void blankLine() {
    if (!out.isEmpty()) {
      out.append('\n');
    }
  }

  private void annotations(Map<String, String> annotations, String indent) {
    annotations.forEach(
        (name, text) -> {
          out.append(indent).append('@').append(name);
          if (!text.isEmpty()) {
            out.append('(').append(quote(text)).append(')');
          }
          out.append('\n');
        });
  }

  private void entity(EntityDecl decl, String indent) {
    out.append(indent).append("entity ").append(decl.name());
    List<String> ids = decl.ids();
    if (ids != null) {
      out.append(
          ids.stream().map(SchemaPrinter::quote).collect(Collectors.joining(", ", " enum [", "]")));
    }
    if (!decl.parents().isEmpty()) {
      out.append(" in ").append(names(decl.parents()));
    }
    if (!(decl.attributes() instanceof Reference.RecordOf(Map<String, Member> members))) {
      problem(
          "the shape of entity type `" + decl.name() + "` is a name, which only JSON allows",
          decl.span());
    } else if (!members.isEmpty()) {
      out.append(" = ");
      record(members, indent);
    }
    Reference tags = decl.tags();
    if (tags != null) {
      out.append(" tags ");
      type(tags, indent);
    }
    out.append(";\n");
  }

  private void action(ActionDecl decl, String indent) {
    out.append(indent).append("action ").append(nameOrString(decl.id()));
    if (!decl.parents().isEmpty()) {
      out.append(
          decl.parents().stream()
              .map(SchemaPrinter::group)
              .collect(Collectors.joining(", ", " in [", "]")));
    }
    AppliesTo appliesTo = decl.appliesTo();
    if (appliesTo != null
        && !(appliesTo.principals().isEmpty() || appliesTo.resources().isEmpty())) {
      String inner = indent + INDENT;
      out.append(" appliesTo {\n").append(inner).append("principal: ");
      out.append(names(appliesTo.principals())).append(",\n").append(inner).append("resource: ");
      out.append(names(appliesTo.resources()));
      if (!(appliesTo.context() instanceof Reference.RecordOf(var members) && members.isEmpty())) {
        out.append(",\n").append(inner).append("context: ");
        if (appliesTo.context() instanceof Reference.SetOf) {
          problem("the context of action `" + decl.id() + "` is no record", decl.span());
        }
        type(appliesTo.context(), inner);
      }
      out.append('\n').append(indent).append('}');
    }
    out.append(";\n");
  }

  private static String group(ActionName name) {
    String type = name.type();
    return type == null ? nameOrString(name.id()) : type + "::" + quote(name.id());
  }

  private static String names(List<Name> names) {
    return names.stream().map(Name::text).collect(Collectors.joining(", ", "[", "]"));
  }

  private void type(Reference type, String indent) {
    switch (type) {
      case Reference.Any(Name name) -> out.append(name.text());
      case Reference.OfEntity(Name name) -> out.append(name.text());
      case Reference.OfCommon(Name name) -> out.append(name.text());
      // By its full name, since a schema may name its own types so.
      case Reference.Builtin(Type builtin) -> out.append("__cedar::").append(builtin);
      case Reference.SetOf(Reference element) -> {
        out.append("Set<");
        type(element, indent);
        out.append('>');
      }
      case Reference.RecordOf(Map<String, Member> members) -> record(members, indent);
    }
  }

  private void record(Map<String, Member> members, String indent) {
    if (members.isEmpty()) {
      out.append("{}");
      return;
    }
    String inner = indent + INDENT;
    out.append("{\n");
    members.forEach(
        (name, member) -> {
          annotations(member.annotations(), inner);
          out.append(inner).append(nameOrString(name)).append(member.required() ? ": " : "?: ");
          type(member.type(), inner);
          out.append(",\n");
        });
    out.append(indent).append('}');
  }

  private static String nameOrString(String name) {
    return Names.isIdentifier(name) && !Tokens.isReserved(name) ? name : quote(name);
  }

  private static String quote(String text) {
    return StringValue.of(text).toString();
  }
}

package dev.sallyport.policy.schema;

import dev.sallyport.policy.diagnostic.Span;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A schema as written: names not yet resolved. Both syntaxes are read into this. */
record SchemaText(List<Namespace> namespaces) {

  /**
   * What one namespace declares.
   *
   * @param name empty for what stands outside all namespaces
   * @param annotations name to text, in order; empty for an annotation without a text
   */
  record Namespace(
      String name,
      Map<String, String> annotations,
      List<EntityDecl> entities,
      List<TypeDecl> types,
      List<ActionDecl> actions) {

    /** Whether nothing stands outside all namespaces, so that nothing need be written. */
    boolean isEmptyOutside() {
      return name.isEmpty() && entities.isEmpty() && types.isEmpty() && actions.isEmpty();
    }
  }

  record EntityDecl(
      String name,
      Map<String, String> annotations,
      List<Name> parents,
      Reference attributes,
      @Nullable Reference tags,
      @Nullable List<String> ids,
      @Nullable Span span) {}

  record TypeDecl(
      String name, Map<String, String> annotations, Reference type, @Nullable Span span) {}

  /**
   * An action.
   *
   * @param appliesTo null if it applies to nothing
   */
  record ActionDecl(
      String id,
      Map<String, String> annotations,
      List<ActionName> parents,
      @Nullable AppliesTo appliesTo,
      @Nullable Span span) {}

  /**
   * A group of actions.
   *
   * @param type the type as written, or null for the namespace's own {@code Action}
   */
  record ActionName(@Nullable String type, String id, @Nullable Span span) {}

  record AppliesTo(List<Name> principals, List<Name> resources, Reference context) {}

  /** A name as written, qualified or not. */
  record Name(String text, @Nullable Span span) {}

  /** A type as written. */
  sealed interface Reference {
    /** A common type, an entity type, a primitive or an extension type, whichever it turns out. */
    record Any(Name name) implements Reference {}

    /** Certainly an entity type, as the JSON syntax can say. */
    record OfEntity(Name name) implements Reference {}

    /** Certainly a common or built-in type, as the JSON syntax can say. */
    record OfCommon(Name name) implements Reference {}

    /** Certainly that type. */
    record Builtin(Type type) implements Reference {}

    record SetOf(Reference element) implements Reference {}

    record RecordOf(Map<String, Member> members) implements Reference {}
  }

  record Member(Reference type, boolean required, Map<String, String> annotations) {}
}

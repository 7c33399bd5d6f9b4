package dev.sallyport.policy.diagnostic;

import java.util.Locale;

/** Every kind of problem this module reports. Codes are stable; their texts appear in APIs. */
public enum ProblemCode {
  // reading policies and schemas
  TOO_LARGE("split it"),
  TOO_DEEP("split it into several policies or types"),
  UNEXPECTED_CHARACTER("remove it, or put quotes around the text it is part of"),
  UNTERMINATED_STRING("close it with `\"`; a quote inside is written `\\\"`"),
  INVALID_ESCAPE(
      "known escapes are `\\n`, `\\r`, `\\t`, `\\0`, `\\\\`, `\\\"`, `\\'`, `\\xNN` and `\\u{…}`"),
  UNEXPECTED_TOKEN("write what is expected, or remove it"),
  UNEXPECTED_END("finish what was begun; a policy and a declaration end with `;`"),
  RESERVED_WORD("choose another name, or write it as a string in brackets: `x[\"if\"]`"),
  INTEGER_OUT_OF_RANGE("integers go from -9223372036854775808 to 9223372036854775807"),
  DUPLICATE_ANNOTATION("remove one of the two"),
  DUPLICATE_POLICY_ID("give each its own `@id`"),
  DUPLICATE_KEY("remove one of the two"),
  INVALID_SCOPE("name an action such as `Action::\"read\"`, or move the test to `when`"),
  INVALID_SLOT("slots stand in the head only: `principal == ?principal`, `resource in ?resource`"),
  INVALID_CALL("see the functions and methods of the language; attributes are not called"),
  INVALID_NAME("names are letters, digits and `_`, joined by `::`"),
  INVALID_TEMPLATE_LINK(
      "name a template of the set, fill exactly its slots, and give the link its own id"),
  // reading JSON
  INVALID_JSON("mend the JSON at this place; nothing else was looked at"),
  UNEXPECTED_JSON("write it as the JSON form of Cedar has it"),
  // the schema itself
  UNDECLARED_TYPE("declare it, or mend its name; a name of another namespace is written in full"),
  UNDECLARED_ACTION(
      "declare it, or mend its name; an action of another namespace is written in full"),
  DUPLICATE_DECLARATION("remove one of the two, or rename it"),
  CYCLIC_DECLARATION("break the circle"),
  INVALID_DECLARATION("mend the declaration"),
  // a policy against the schema
  UNKNOWN_ENTITY_TYPE(
      "declare it in the schema, or mend its name; types are written with their namespace"),
  UNKNOWN_ACTION(
      "declare it in the schema, or mend its name; actions are written with their namespace"),
  UNEXPECTED_TYPE("use a value of the expected type"),
  INCOMPATIBLE_TYPES("compare and mix only values of one type"),
  UNKNOWN_ATTRIBUTE("declare it in the schema, or mend its name"),
  UNSAFE_OPTIONAL_ATTRIBUTE("test it first with `has`, in the same `&&`"),
  UNKNOWN_TAG("declare `tags` in the schema"),
  UNSAFE_TAG("test it first with `hasTag`, in the same `&&`"),
  EMPTY_SET("put an element in, or test with `.isEmpty()`"),
  WRONG_ARGUMENTS("give it the arguments it takes"),
  INVALID_EXTENSION_LITERAL("mend the text of the literal"),
  NON_LITERAL_EXTENSION(
      "write the text as a literal, or declare the attribute with the extension type"),
  INVALID_ENUM_ID("use one of the declared ids, or declare this one in the schema"),
  NEVER_APPLIES("compare the head of the policy with `appliesTo` of the actions"),
  IMPOSSIBLE_POLICY(Severity.WARNING, "remove it, or mend the part that is certainly false"),
  BIDIRECTIONAL_TEXT(
      Severity.WARNING, "remove the character, unless it is meant; a warning does not forbid it"),
  MIXED_SCRIPTS(Severity.WARNING, "see whether a letter is one that only looks like another"),
  CONFUSABLE_CHARACTER(
      Severity.WARNING, "use letters, digits and signs that everybody can tell apart"),
  // entities and requests
  DUPLICATE_ENTITY("give each entity once"),
  CYCLIC_HIERARCHY("break the circle of `parents`"),
  INVALID_ENTITY("mend the entity, or the schema"),
  INVALID_REQUEST("mend the request, or `appliesTo` in the schema"),
  // evaluation
  ENTITY_DOES_NOT_EXIST("provide the entity, or test it with `has` first"),
  ATTRIBUTE_DOES_NOT_EXIST("test it with `has` first, or provide it"),
  TAG_DOES_NOT_EXIST("test it with `hasTag` first, or provide it"),
  TYPE_ERROR("validate the policy against a schema, which finds this before it happens"),
  ARITHMETIC_OVERFLOW("bound the numbers before you compute with them"),
  EXTENSION_ERROR("mend the text that the function is given"),
  INCONSISTENT_ENTITIES("give one decision one consistent state of the entities");

  /** Whether a problem forbids use. */
  public enum Severity {
    ERROR,
    WARNING
  }

  private final Severity severity;
  private final String advice;
  private final String text;

  ProblemCode(String advice) {
    this(Severity.ERROR, advice);
  }

  ProblemCode(Severity severity, String advice) {
    this.severity = severity;
    this.advice = advice;
    this.text = name().toLowerCase(Locale.ROOT);
  }

  public Severity severity() {
    return severity;
  }

  /** The code as APIs show it, for instance {@code unexpected_token}. */
  public String text() {
    return text;
  }

  /** What to do about it, where nothing more particular can be said. */
  public String advice() {
    return advice;
  }

  @Override
  public String toString() {
    return text;
  }
}

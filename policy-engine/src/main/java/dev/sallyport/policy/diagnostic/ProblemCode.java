package dev.sallyport.policy.diagnostic;

import java.util.Locale;

/** Every kind of problem this module reports. Codes are stable; their texts appear in APIs. */
public enum ProblemCode {
  // reading policies and schemas
  TOO_LARGE,
  TOO_DEEP,
  UNEXPECTED_CHARACTER,
  UNTERMINATED_STRING,
  UNTERMINATED_COMMENT,
  INVALID_ESCAPE,
  UNEXPECTED_TOKEN,
  UNEXPECTED_END,
  RESERVED_WORD,
  INTEGER_OUT_OF_RANGE,
  DUPLICATE_ANNOTATION,
  DUPLICATE_POLICY_ID,
  DUPLICATE_KEY,
  INVALID_SCOPE,
  INVALID_SLOT,
  INVALID_CALL,
  INVALID_NAME,
  INVALID_TEMPLATE_LINK,
  // reading JSON
  INVALID_JSON,
  UNEXPECTED_JSON,
  // the schema itself
  UNDECLARED_TYPE,
  UNDECLARED_ACTION,
  DUPLICATE_DECLARATION,
  CYCLIC_DECLARATION,
  INVALID_DECLARATION,
  // a policy against the schema
  UNKNOWN_ENTITY_TYPE,
  UNKNOWN_ACTION,
  UNEXPECTED_TYPE,
  INCOMPATIBLE_TYPES,
  UNKNOWN_ATTRIBUTE,
  UNSAFE_OPTIONAL_ATTRIBUTE,
  UNKNOWN_TAG,
  UNSAFE_TAG,
  EMPTY_SET,
  UNKNOWN_FUNCTION,
  WRONG_ARGUMENTS,
  INVALID_EXTENSION_LITERAL,
  NON_LITERAL_EXTENSION,
  INVALID_ENUM_ID,
  HIERARCHY_NOT_RESPECTED,
  NEVER_APPLIES,
  IMPOSSIBLE_POLICY(Severity.WARNING),
  SUSPICIOUS_TEXT(Severity.WARNING),
  // entities and requests
  DUPLICATE_ENTITY,
  CYCLIC_HIERARCHY,
  INVALID_ENTITY,
  INVALID_REQUEST,
  // evaluation
  ENTITY_DOES_NOT_EXIST,
  ATTRIBUTE_DOES_NOT_EXIST,
  TAG_DOES_NOT_EXIST,
  TYPE_ERROR,
  ARITHMETIC_OVERFLOW,
  EXTENSION_ERROR,
  INCONSISTENT_ENTITIES;

  /** Whether a problem forbids use. */
  public enum Severity {
    ERROR,
    WARNING
  }

  private final Severity severity;
  private final String text;

  ProblemCode() {
    this(Severity.ERROR);
  }

  ProblemCode(Severity severity) {
    this.severity = severity;
    this.text = name().toLowerCase(Locale.ROOT);
  }

  public Severity severity() {
    return severity;
  }

  /** The code as APIs show it, for instance {@code unexpected_token}. */
  public String text() {
    return text;
  }

  @Override
  public String toString() {
    return text;
  }
}

package dev.sallyport.policy.syntax;

/** The kinds of token, of policies and of schemas. */
public enum Token {
  IDENTIFIER("a name"),
  NUMBER("a number"),
  STRING("a string"),
  SLOT("a slot"),
  AT("`@`"),
  DOT("`.`"),
  COMMA("`,`"),
  SEMICOLON("`;`"),
  COLON("`:`"),
  PATH("`::`"),
  OPEN_PAREN("`(`"),
  CLOSE_PAREN("`)`"),
  OPEN_BRACE("`{`"),
  CLOSE_BRACE("`}`"),
  OPEN_BRACKET("`[`"),
  CLOSE_BRACKET("`]`"),
  EQUAL("`==`"),
  NOT_EQUAL("`!=`"),
  LESS("`<`"),
  LESS_EQUAL("`<=`"),
  GREATER("`>`"),
  GREATER_EQUAL("`>=`"),
  OR("`||`"),
  AND("`&&`"),
  PLUS("`+`"),
  MINUS("`-`"),
  TIMES("`*`"),
  DIVIDE("`/`"),
  REMAINDER("`%`"),
  NOT("`!`"),
  ASSIGN("`=`"),
  QUESTION("`?`"),
  END("the end of the text");

  private final String description;

  Token(String description) {
    this.description = description;
  }

  /** For messages. */
  public String description() {
    return description;
  }
}

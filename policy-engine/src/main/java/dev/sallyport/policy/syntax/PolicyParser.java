package dev.sallyport.policy.syntax;

import dev.sallyport.policy.diagnostic.ParseResult;
import dev.sallyport.policy.diagnostic.ParseResult.Parsed;
import dev.sallyport.policy.diagnostic.ParseResult.Rejected;
import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.diagnostic.ProblemCode;
import dev.sallyport.policy.syntax.Expr.BinaryOp;
import dev.sallyport.policy.syntax.Expr.UnaryOp;
import dev.sallyport.policy.value.BooleanValue;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.LongValue;
import dev.sallyport.policy.value.StringValue;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads policies: one method for each rule of Cedar's grammar, in the order of the grammar. A
 * policy with a problem is skipped up to its semicolon and reading goes on, so that one run reports
 * a problem in each.
 */
public final class PolicyParser {
  /** Deeper than anyone writes, and shallow enough for every recursive walk on any stack. */
  public static final int DEPTH_MAX = 200;

  /**
   * Terms of {@code +}, {@code -} and {@code *} that follow one another, added up over the way to
   * any part. The reference has no such bound and exhausts its stack near as many.
   */
  public static final int CHAIN_MAX = 400;

  /** Terms of {@code &&} and {@code ||} in one condition: JSON nests as deep as these are many. */
  static final int TERMS_MAX = 100_000;

  /**
   * The parser's own recursion: parentheses around what is nested as deep as it may be, so that
   * what was read from JSON can be written as text. {@link Children#excess} holds to the bound
   * itself.
   */
  private static final int RECURSION_MAX = DEPTH_MAX + 4;

  private static final int PROBLEMS_MAX = 100;

  /** As many of {@code !} or {@code -} in a row as the grammar takes. */
  static final int UNARY_RUN_MAX = 4;

  private static final List<String> METHODS =
      Stream.concat(
              Stream.of(BinaryOp.values()).filter(BinaryOp::isMethod).map(BinaryOp::text),
              Stream.concat(Stream.of(UnaryOp.IS_EMPTY.text()), extensions(true)))
          .toList();
  private static final List<String> FUNCTIONS = extensions(false).toList();

  private static Stream<String> extensions(boolean methods) {
    return Stream.of(ExtensionFunction.values())
        .filter(function -> function.isMethod() == methods)
        .map(ExtensionFunction::text);
  }

  private final Tokens tokens;
  private final List<Problem> problems = new ArrayList<>();
  private int depth;

  private PolicyParser(Tokens tokens) {
    this.tokens = tokens;
  }

  /** The policies of a text, with ids {@code policy0}, {@code policy1}, … by their place. */
  public static ParseResult<List<PolicyText>> parse(String text) {
    Tokens tokens;
    try {
      tokens = Lexer.lex(text);
    } catch (SyntaxException failure) {
      return new Rejected<>(failure.problems());
    }
    return new PolicyParser(tokens).policies();
  }

  /** One expression, nothing behind it. */
  public static ParseResult<Expr> parseExpression(String text) {
    try {
      Tokens tokens = Lexer.lex(text);
      Expr expr = new PolicyParser(tokens).expression();
      tokens.expect(Token.END);
      return new Parsed<>(expr);
    } catch (SyntaxException failure) {
      return new Rejected<>(failure.problems());
    }
  }

  /** One entity, such as {@code User::"alice"}; empty if it is anything else. */
  public static Optional<EntityUid> parseEntity(String text) {
    return parseExpression(text) instanceof Parsed<Expr>(Expr expr)
            && expr instanceof Expr.Literal(EntityUid uid, _)
        ? Optional.of(uid)
        : Optional.empty();
  }

  private ParseResult<List<PolicyText>> policies() {
    List<PolicyText> policies = new ArrayList<>();
    while (tokens.kind() != Token.END && problems.size() < PROBLEMS_MAX) {
      try {
        policies.add(policy("policy" + policies.size()));
      } catch (SyntaxException failure) {
        problems.add(failure.problem());
        depth = 0;
        tokens.recover();
      }
    }
    return problems.isEmpty() ? new Parsed<>(policies) : new Rejected<>(problems);
  }

  private PolicyText policy(String id) throws SyntaxException {
    At start = tokens.at();
    Map<String, @Nullable String> annotations = annotations();
    boolean permit = effect();
    tokens.expect(Token.OPEN_PAREN);
    Scope principal = scope("principal", "?principal");
    tokens.expect(Token.COMMA);
    Scope.OfAction action = actionScope();
    tokens.expect(Token.COMMA);
    Scope resource = scope("resource", "?resource");
    tokens.accept(Token.COMMA);
    tokens.expect(Token.CLOSE_PAREN);
    List<PolicyText.Condition> conditions = new ArrayList<>();
    while (tokens.kind() != Token.SEMICOLON) {
      conditions.add(condition());
    }
    tokens.expect(Token.SEMICOLON);
    return new PolicyText(
        id,
        permit,
        annotations,
        principal,
        action,
        resource,
        List.copyOf(conditions),
        null,
        tokens.source(),
        tokens.since(start));
  }

  private Map<String, @Nullable String> annotations() throws SyntaxException {
    if (tokens.kind() != Token.AT) {
      return Map.of();
    }
    Map<String, @Nullable String> annotations = new LinkedHashMap<>();
    while (tokens.accept(Token.AT)) {
      At place = tokens.at();
      String name = tokens.word();
      String text = null;
      if (tokens.accept(Token.OPEN_PAREN)) {
        text = tokens.string();
        tokens.expect(Token.CLOSE_PAREN);
      }
      if (annotations.containsKey(name)) {
        throw tokens.failure(
            ProblemCode.DUPLICATE_ANNOTATION, "annotation `@" + name + "` is given twice", place);
      }
      annotations.put(name, text);
    }
    return Collections.unmodifiableMap(annotations);
  }

  private boolean effect() throws SyntaxException {
    if (tokens.acceptWord("permit")) {
      return true;
    }
    if (tokens.acceptWord("forbid")) {
      return false;
    }
    throw tokens.unexpected("`permit` or `forbid`");
  }

  private Scope scope(String variable, String slot) throws SyntaxException {
    tokens.expectWord(variable);
    At start = tokens.at();
    if (tokens.acceptWord("is")) {
      String type = tokens.path();
      At at = tokens.since(start);
      return tokens.acceptWord("in")
          ? new Scope.IsIn(type, reference(slot), at)
          : new Scope.Is(type, at);
    }
    if (tokens.accept(Token.EQUAL)) {
      return new Scope.Equal(reference(slot));
    }
    if (tokens.acceptWord("in")) {
      return new Scope.In(reference(slot));
    }
    if (tokens.kind() != Token.COMMA && tokens.kind() != Token.CLOSE_PAREN) {
      throw tokens.unexpected("`==`, `in`, `is`, `,` or `)`");
    }
    return new Scope.Any();
  }

  private Scope.Ref reference(String slot) throws SyntaxException {
    int parentheses = openParentheses();
    Scope.Ref reference = bareReference(slot);
    closeParentheses(parentheses);
    return reference;
  }

  /** As many as there are: heads may have them around entities and slots, as expressions do. */
  private int openParentheses() {
    int open = 0;
    while (tokens.accept(Token.OPEN_PAREN)) {
      open++;
    }
    return open;
  }

  private void closeParentheses(int open) throws SyntaxException {
    for (int i = 0; i < open; i++) {
      tokens.expect(Token.CLOSE_PAREN);
    }
  }

  private Scope.Ref bareReference(String slot) throws SyntaxException {
    At at = tokens.at();
    if (tokens.kind() == Token.SLOT) {
      if (!tokens.text().equals(slot)) {
        throw tokens.failure(
            ProblemCode.INVALID_SLOT,
            "slot `" + tokens.text() + "` cannot stand here, only `" + slot + "`",
            at);
      }
      tokens.advance();
      return new Scope.Ref(null, at);
    }
    EntityUid uid = entity(slot.equals(PolicyLinks.PRINCIPAL_SLOT) ? "User" : "Doc");
    return new Scope.Ref(uid, tokens.since(at));
  }

  private EntityUid entity(String exampleType) throws SyntaxException {
    if (tokens.kind() == Token.STRING) {
      Problem problem = tokens.unexpected("an entity").problem();
      throw new SyntaxException(
          problem.withHelp(
              "write its type before it, such as `"
                  + EntityUid.of(exampleType, tokens.string())
                  + "`"));
    }
    String type = tokens.path();
    tokens.expect(Token.PATH);
    return EntityUid.of(type, tokens.string());
  }

  private Scope.OfAction actionScope() throws SyntaxException {
    tokens.expectWord("action");
    At start = tokens.at();
    if (tokens.accept(Token.EQUAL)) {
      EntityUid uid = actionEntity();
      return new Scope.OfAction.Equal(uid, tokens.since(start));
    }
    if (!tokens.acceptWord("in")) {
      if (tokens.kind() != Token.COMMA) {
        throw tokens.unexpected("`==`, `in` or `,`");
      }
      return new Scope.OfAction.Any();
    }
    List<EntityUid> uids = new ArrayList<>();
    int parentheses = openParentheses();
    boolean list = tokens.accept(Token.OPEN_BRACKET);
    if (!list) {
      uids.add(bareAction());
    } else {
      while (!tokens.accept(Token.CLOSE_BRACKET)) {
        uids.add(actionEntity());
        if (tokens.kind() != Token.CLOSE_BRACKET) {
          tokens.expect(Token.COMMA);
        }
      }
    }
    closeParentheses(parentheses);
    return new Scope.OfAction.In(List.copyOf(uids), list, tokens.since(start));
  }

  private EntityUid actionEntity() throws SyntaxException {
    int parentheses = openParentheses();
    EntityUid uid = bareAction();
    closeParentheses(parentheses);
    return uid;
  }

  private EntityUid bareAction() throws SyntaxException {
    At at = tokens.at();
    EntityUid uid = entity("Action");
    if (!uid.type().equals("Action") && !uid.type().endsWith("::Action")) {
      throw tokens.failure(
          ProblemCode.INVALID_SCOPE,
          "`" + uid + "` is no action: the type of an action ends in `Action`",
          tokens.since(at));
    }
    return uid;
  }

  private PolicyText.Condition condition() throws SyntaxException {
    At start = tokens.at();
    boolean unless = tokens.isWord("unless");
    if (!unless && !tokens.isWord("when")) {
      throw tokens.unexpected("`when`, `unless` or `;`");
    }
    tokens.advance();
    tokens.expect(Token.OPEN_BRACE);
    Expr body = expression();
    // Chains of `+` or `.` inside parentheses nest without the parser's own recursion.
    Problem excess = Children.excess(body);
    if (excess != null) {
      throw new SyntaxException(
          excess.withSpan(tokens.problem(excess.code(), "", tokens.at()).span()));
    }
    tokens.expect(Token.CLOSE_BRACE);
    return new PolicyText.Condition(unless, body, tokens.since(start));
  }

  private Expr expression() throws SyntaxException {
    if (++depth > RECURSION_MAX) {
      throw tooDeep();
    }
    At start = tokens.at();
    Expr result;
    if (tokens.acceptWord("if")) {
      Expr test = expression();
      tokens.expectWord("then");
      Expr then = expression();
      tokens.expectWord("else");
      Expr otherwise = expression();
      result = new Expr.If(test, then, otherwise, tokens.since(start));
    } else {
      result = or();
    }
    depth--;
    return result;
  }

  private SyntaxException tooDeep() {
    return tokens.failure(
        ProblemCode.TOO_DEEP,
        "this is nested more than " + DEPTH_MAX + " levels deep",
        tokens.at());
  }

  private SyntaxException tooLong() {
    return tokens.failure(ProblemCode.TOO_DEEP, Children.TOO_LONG, tokens.at());
  }

  private Expr or() throws SyntaxException {
    At start = tokens.at();
    Expr first = and();
    if (tokens.kind() != Token.OR) {
      return first;
    }
    List<Expr> terms = new ArrayList<>();
    terms.add(first);
    while (tokens.accept(Token.OR)) {
      terms.add(and());
    }
    return new Expr.Or(List.copyOf(terms), tokens.since(start));
  }

  private Expr and() throws SyntaxException {
    At start = tokens.at();
    Expr first = relation();
    if (tokens.kind() != Token.AND) {
      return first;
    }
    List<Expr> terms = new ArrayList<>();
    terms.add(first);
    while (tokens.accept(Token.AND)) {
      terms.add(relation());
    }
    return new Expr.And(List.copyOf(terms), tokens.since(start));
  }

  private Expr relation() throws SyntaxException {
    At start = tokens.at();
    Expr left = sum();
    if (tokens.kind() == Token.IDENTIFIER) {
      return wordRelation(start, left);
    }
    BinaryOp op = relationOp();
    if (op == null) {
      return left;
    }
    tokens.advance();
    Expr right = sum();
    return single(new Expr.Binary(op, left, right, tokens.since(start)));
  }

  private Expr wordRelation(At start, Expr left) throws SyntaxException {
    if (tokens.acceptWord("in")) {
      Expr right = sum();
      return single(new Expr.Binary(BinaryOp.IN, left, right, tokens.since(start)));
    }
    if (tokens.acceptWord("has")) {
      List<String> path = hasPath();
      return single(new Expr.Has(left, path, tokens.since(start)));
    }
    if (tokens.acceptWord("like")) {
      Pattern pattern = tokens.pattern();
      return single(new Expr.Like(left, pattern, tokens.since(start)));
    }
    if (tokens.acceptWord("is")) {
      String type = tokens.path();
      Expr in = tokens.acceptWord("in") ? sum() : null;
      return single(new Expr.Is(left, type, in, tokens.since(start)));
    }
    return left;
  }

  private List<String> hasPath() throws SyntaxException {
    if (tokens.kind() == Token.STRING) {
      return List.of(tokens.string());
    }
    List<String> path = new ArrayList<>();
    do {
      path.add(tokens.name());
      if (path.size() > DEPTH_MAX) {
        throw tooDeep();
      }
    } while (tokens.accept(Token.DOT));
    return List.copyOf(path);
  }

  /** Relations do not chain: {@code a < b < c} is refused. */
  private Expr single(Expr relation) throws SyntaxException {
    if (relationOp() != null
        || tokens.isWord("in")
        || tokens.isWord("has")
        || tokens.isWord("like")
        || tokens.isWord("is")) {
      throw tokens.unexpected("`&&`, `||` or parentheses: comparisons do not chain");
    }
    return relation;
  }

  private @Nullable BinaryOp relationOp() throws SyntaxException {
    return switch (tokens.kind()) {
      case EQUAL -> BinaryOp.EQUAL;
      case NOT_EQUAL -> BinaryOp.NOT_EQUAL;
      case LESS -> BinaryOp.LESS;
      case LESS_EQUAL -> BinaryOp.LESS_EQUAL;
      case GREATER -> BinaryOp.GREATER;
      case GREATER_EQUAL -> BinaryOp.GREATER_EQUAL;
      case ASSIGN -> throw tokens.unexpected("`==`");
      default -> null;
    };
  }

  private Expr sum() throws SyntaxException {
    At start = tokens.at();
    Expr left = product();
    int chain = 0;
    while (tokens.kind() == Token.PLUS || tokens.kind() == Token.MINUS) {
      if (++chain >= CHAIN_MAX) {
        throw tooLong();
      }
      BinaryOp op = tokens.kind() == Token.PLUS ? BinaryOp.ADD : BinaryOp.SUBTRACT;
      tokens.advance();
      Expr right = product();
      left = new Expr.Binary(op, left, right, tokens.since(start));
    }
    return left;
  }

  private Expr product() throws SyntaxException {
    At start = tokens.at();
    Expr left = unary();
    int chain = 0;
    while (tokens.kind() == Token.TIMES) {
      if (++chain >= CHAIN_MAX) {
        throw tooLong();
      }
      tokens.advance();
      Expr right = unary();
      left = new Expr.Binary(BinaryOp.MULTIPLY, left, right, tokens.since(start));
    }
    if (tokens.kind() == Token.DIVIDE || tokens.kind() == Token.REMAINDER) {
      throw tokens.unexpected("another operator: there is no division");
    }
    return left;
  }

  private Expr unary() throws SyntaxException {
    At start = tokens.at();
    Token sign = tokens.kind();
    if (sign != Token.NOT && sign != Token.MINUS) {
      return member();
    }
    int run = 0;
    while (tokens.accept(sign)) {
      if (++run > UNARY_RUN_MAX) {
        throw tokens.failure(
            ProblemCode.TOO_DEEP,
            "more than " + UNARY_RUN_MAX + " of `" + (sign == Token.NOT ? "!" : "-") + "` in a row",
            tokens.since(start));
      }
    }
    Expr operand;
    if (sign == Token.MINUS && tokens.kind() == Token.NUMBER && !isAccess(tokens.kind(1))) {
      operand = number("-");
      run--;
    } else {
      operand = member();
    }
    At at = tokens.since(start);
    for (int i = 0; i < run; i++) {
      operand = new Expr.Unary(sign == Token.NOT ? UnaryOp.NOT : UnaryOp.NEGATE, operand, at);
    }
    return operand;
  }

  private static boolean isAccess(Token token) {
    return token == Token.DOT || token == Token.OPEN_BRACKET || token == Token.OPEN_PAREN;
  }

  private Expr number(String sign) throws SyntaxException {
    At at = tokens.at();
    try {
      long value = Long.parseLong(sign + tokens.text());
      tokens.advance();
      return new Expr.Literal(new LongValue(value), at);
    } catch (NumberFormatException outOfRange) {
      throw tokens.failure(
          ProblemCode.INTEGER_OUT_OF_RANGE,
          "`" + sign + tokens.text() + "` does not fit 64 bits",
          at);
    }
  }

  private Expr member() throws SyntaxException {
    At start = tokens.at();
    Expr target = primary();
    int chain = 0;
    while (true) {
      if (++chain + depth > RECURSION_MAX) {
        throw tooDeep();
      }
      if (tokens.accept(Token.DOT)) {
        At nameAt = tokens.at();
        String name = tokens.name();
        target =
            tokens.accept(Token.OPEN_PAREN)
                ? method(start, target, name, nameAt)
                : new Expr.GetAttribute(target, name, tokens.since(start));
      } else if (tokens.accept(Token.OPEN_BRACKET)) {
        String name = tokens.string();
        tokens.expect(Token.CLOSE_BRACKET);
        target = new Expr.GetAttribute(target, name, tokens.since(start));
      } else if (tokens.kind() == Token.OPEN_PAREN) {
        throw tokens.failure(
            ProblemCode.INVALID_CALL, "only functions and methods can be called", tokens.at());
      } else {
        return target;
      }
    }
  }

  private Expr method(At start, Expr target, String name, At nameAt) throws SyntaxException {
    List<Expr> arguments = list(Token.CLOSE_PAREN);
    At at = tokens.since(start);
    BinaryOp op = binaryMethod(name);
    if (op != null || name.equals("isEmpty")) {
      int arity = op == null ? 0 : 1;
      if (arguments.size() != arity) {
        throw tokens.failure(
            ProblemCode.WRONG_ARGUMENTS,
            "`" + name + "` takes " + (arity == 0 ? "no argument" : "one argument"),
            at);
      }
      return op == null
          ? new Expr.Unary(UnaryOp.IS_EMPTY, target, at)
          : new Expr.Binary(op, target, arguments.getFirst(), at);
    }
    ExtensionFunction function = ExtensionFunction.of(name);
    if (function == null || !function.isMethod()) {
      throw noCall("method", name, METHODS, nameAt);
    }
    List<Expr> all = new ArrayList<>();
    all.add(target);
    all.addAll(arguments);
    return new Expr.Call(function, List.copyOf(all), at);
  }

  private SyntaxException noCall(String kind, String name, List<String> known, At at) {
    Problem problem =
        tokens.problem(ProblemCode.INVALID_CALL, "there is no " + kind + " `" + name + "`", at);
    return new SyntaxException(
        problem.withHelp(Spelling.help(name, known, ProblemCode.INVALID_CALL.advice())));
  }

  private static @Nullable BinaryOp binaryMethod(String name) {
    return switch (name) {
      case "contains" -> BinaryOp.CONTAINS;
      case "containsAll" -> BinaryOp.CONTAINS_ALL;
      case "containsAny" -> BinaryOp.CONTAINS_ANY;
      case "hasTag" -> BinaryOp.HAS_TAG;
      case "getTag" -> BinaryOp.GET_TAG;
      default -> null;
    };
  }

  /** Expressions up to the closing token, which is consumed; a comma may stand before it. */
  private List<Expr> list(Token close) throws SyntaxException {
    List<Expr> elements = new ArrayList<>();
    while (!tokens.accept(close)) {
      elements.add(expression());
      if (tokens.kind() != close && !tokens.accept(Token.COMMA)) {
        throw tokens.unexpected("`,` or " + close.description());
      }
    }
    return List.copyOf(elements);
  }

  private Expr primary() throws SyntaxException {
    At start = tokens.at();
    return switch (tokens.kind()) {
      case NUMBER -> number("");
      case STRING -> new Expr.Literal(new StringValue(tokens.string()), start);
      case OPEN_PAREN -> {
        tokens.advance();
        Expr inner = expression();
        tokens.expect(Token.CLOSE_PAREN);
        yield inner;
      }
      case OPEN_BRACKET -> {
        tokens.advance();
        List<Expr> elements = list(Token.CLOSE_BRACKET);
        yield new Expr.SetOf(elements, tokens.since(start));
      }
      case OPEN_BRACE -> record();
      case SLOT ->
          throw tokens.failure(
              ProblemCode.INVALID_SLOT,
              "slot `" + tokens.text() + "` can stand only in the head of a policy",
              start);
      case IDENTIFIER -> name();
      default -> throw tokens.unexpected("an expression");
    };
  }

  private Expr record() throws SyntaxException {
    At start = tokens.at();
    tokens.expect(Token.OPEN_BRACE);
    List<Expr.Field> fields = new ArrayList<>();
    Set<String> names = new HashSet<>();
    while (!tokens.accept(Token.CLOSE_BRACE)) {
      At nameAt = tokens.at();
      String name = tokens.kind() == Token.STRING ? tokens.string() : tokens.name();
      if (!names.add(name)) {
        throw tokens.failure(
            ProblemCode.DUPLICATE_KEY, "key `" + name + "` is given twice", nameAt);
      }
      tokens.expect(Token.COLON);
      fields.add(new Expr.Field(name, expression()));
      if (tokens.kind() != Token.CLOSE_BRACE && !tokens.accept(Token.COMMA)) {
        throw tokens.unexpected("`,` or `}`");
      }
    }
    return new Expr.RecordOf(List.copyOf(fields), tokens.since(start));
  }

  /** What begins with a name: a literal, a variable, an entity, a function call. */
  private Expr name() throws SyntaxException {
    At start = tokens.at();
    if (tokens.acceptWord("true")) {
      return new Expr.Literal(BooleanValue.TRUE, start);
    }
    if (tokens.acceptWord("false")) {
      return new Expr.Literal(BooleanValue.FALSE, start);
    }
    String path = tokens.path();
    if (tokens.accept(Token.PATH)) {
      String id = tokens.string();
      return new Expr.Literal(EntityUid.of(path, id), tokens.since(start));
    }
    if (tokens.accept(Token.OPEN_PAREN)) {
      return function(start, path);
    }
    for (Expr.Name variable : Expr.Name.values()) {
      if (variable.text().equals(path)) {
        return new Expr.Variable(variable, start);
      }
    }
    throw new SyntaxException(
        tokens
            .problem(
                ProblemCode.UNEXPECTED_TOKEN, "`" + path + "` is no variable", tokens.since(start))
            .withHelp(
                "use `principal`, `action`, `resource` or `context`, or quotes for a string"));
  }

  private Expr function(At start, String name) throws SyntaxException {
    At nameAt = tokens.since(start);
    List<Expr> arguments = list(Token.CLOSE_PAREN);
    ExtensionFunction function = ExtensionFunction.of(name);
    if (function != null && function.isMethod()) {
      throw tokens.failure(
          ProblemCode.INVALID_CALL,
          "`" + name + "` is a method: write `x." + name + "(…)`",
          nameAt);
    }
    if (function == null) {
      throw noCall("function", name, FUNCTIONS, nameAt);
    }
    return new Expr.Call(function, arguments, tokens.since(start));
  }
}

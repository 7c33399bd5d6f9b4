package dev.sallyport.policy.schema;

import dev.sallyport.policy.diagnostic.ParseResult;
import dev.sallyport.policy.diagnostic.ParseResult.Parsed;
import dev.sallyport.policy.diagnostic.ParseResult.Rejected;
import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.diagnostic.ProblemCode;
import dev.sallyport.policy.diagnostic.Span;
import dev.sallyport.policy.schema.SchemaText.ActionDecl;
import dev.sallyport.policy.schema.SchemaText.ActionName;
import dev.sallyport.policy.schema.SchemaText.AppliesTo;
import dev.sallyport.policy.schema.SchemaText.EntityDecl;
import dev.sallyport.policy.schema.SchemaText.Member;
import dev.sallyport.policy.schema.SchemaText.Name;
import dev.sallyport.policy.schema.SchemaText.Namespace;
import dev.sallyport.policy.schema.SchemaText.Reference;
import dev.sallyport.policy.schema.SchemaText.TypeDecl;
import dev.sallyport.policy.syntax.At;
import dev.sallyport.policy.syntax.Lexer;
import dev.sallyport.policy.syntax.SyntaxException;
import dev.sallyport.policy.syntax.Token;
import dev.sallyport.policy.syntax.Tokens;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads Cedar's schema syntax: one method for each rule of the grammar, in its order. */
final class SchemaParser {
  /** Types nest by hand; this is far beyond any. */
  static final int DEPTH_MAX = 100;

  static final int PROBLEMS_MAX = 100;

  /** What an action applies to that does not say; as the reference has it. */
  private static final AppliesTo NOTHING =
      new AppliesTo(List.of(), List.of(), new Reference.RecordOf(Map.of()));

  private final Tokens tokens;
  private final List<Problem> problems = new ArrayList<>();
  private int depth;

  private SchemaParser(Tokens tokens) {
    this.tokens = tokens;
  }

  static ParseResult<SchemaText> parse(String text) {
    Tokens tokens;
    try {
      tokens = Lexer.lex(text);
    } catch (SyntaxException failure) {
      return new Rejected<>(failure.problems());
    }
    return new SchemaParser(tokens).schema();
  }

  private ParseResult<SchemaText> schema() {
    List<Namespace> namespaces = new ArrayList<>();
    Namespace outside = namespace("", Map.of());
    while (tokens.kind() != Token.END && problems.size() < PROBLEMS_MAX) {
      int start = tokens.place();
      try {
        Map<String, String> annotations = annotations();
        if (tokens.isWord("namespace")) {
          namespaces.add(namespace(annotations));
        } else {
          declaration(outside, annotations);
        }
      } catch (SyntaxException failure) {
        recover(failure, start);
        tokens.accept(Token.CLOSE_BRACE);
      }
    }
    namespaces.add(outside);
    return problems.isEmpty() ? new Parsed<>(new SchemaText(namespaces)) : new Rejected<>(problems);
  }

  /** A declaration with a problem is skipped, so that one run reports a problem in each. */
  private void recover(SyntaxException failure, int start) {
    problems.add(failure.problem());
    depth = 0;
    tokens.recoverInBraces(start);
  }

  private static Namespace namespace(String name, Map<String, String> annotations) {
    return new Namespace(
        name, annotations, new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
  }

  private Namespace namespace(Map<String, String> annotations) throws SyntaxException {
    tokens.expectWord("namespace");
    Namespace namespace = namespace(tokens.path(), annotations);
    tokens.expect(Token.OPEN_BRACE);
    while (!tokens.accept(Token.CLOSE_BRACE)) {
      int start = tokens.place();
      try {
        declaration(namespace, annotations());
      } catch (SyntaxException failure) {
        if (tokens.kind() == Token.END || problems.size() >= PROBLEMS_MAX) {
          throw failure;
        }
        recover(failure, start);
      }
    }
    return namespace;
  }

  private Map<String, String> annotations() throws SyntaxException {
    if (tokens.kind() != Token.AT) {
      return Map.of();
    }
    Map<String, String> annotations = new LinkedHashMap<>();
    while (tokens.accept(Token.AT)) {
      At at = tokens.at();
      String name = tokens.word();
      String text = "";
      if (tokens.accept(Token.OPEN_PAREN)) {
        text = tokens.string();
        tokens.expect(Token.CLOSE_PAREN);
      }
      if (annotations.put(name, text) != null) {
        throw tokens.failure(
            ProblemCode.DUPLICATE_ANNOTATION, "annotation `@" + name + "` is given twice", at);
      }
    }
    return Collections.unmodifiableMap(annotations);
  }

  private void declaration(Namespace namespace, Map<String, String> annotations)
      throws SyntaxException {
    At start = tokens.at();
    if (tokens.acceptWord("entity")) {
      entity(namespace, annotations, start);
    } else if (tokens.acceptWord("action")) {
      action(namespace, annotations, start);
    } else if (tokens.acceptWord("type")) {
      String name = tokens.name();
      tokens.expect(Token.ASSIGN);
      Reference type = type();
      tokens.expect(Token.SEMICOLON);
      namespace.types().add(new TypeDecl(name, annotations, type, span(start)));
    } else {
      throw tokens.unexpected("`entity`, `action`, `type` or `namespace`");
    }
  }

  private void entity(Namespace namespace, Map<String, String> annotations, At start)
      throws SyntaxException {
    List<String> names = new ArrayList<>();
    do {
      names.add(tokens.name());
    } while (tokens.accept(Token.COMMA));
    List<Name> parents = List.of();
    Reference attributes = new Reference.RecordOf(Map.of());
    Reference tags = null;
    List<String> ids = null;
    if (tokens.acceptWord("enum")) {
      ids = new ArrayList<>();
      tokens.expect(Token.OPEN_BRACKET);
      do {
        ids.add(tokens.string());
      } while (tokens.accept(Token.COMMA));
      tokens.expect(Token.CLOSE_BRACKET);
    } else {
      if (tokens.acceptWord("in")) {
        parents = entityTypes();
      }
      if (tokens.accept(Token.ASSIGN) || tokens.kind() == Token.OPEN_BRACE) {
        attributes = record();
      }
      if (tokens.acceptWord("tags")) {
        tags = type();
      }
    }
    tokens.expect(Token.SEMICOLON);
    for (String name : names) {
      namespace
          .entities()
          .add(new EntityDecl(name, annotations, parents, attributes, tags, ids, span(start)));
    }
  }

  private void action(Namespace namespace, Map<String, String> annotations, At start)
      throws SyntaxException {
    List<String> ids = new ArrayList<>();
    do {
      ids.add(nameOrString());
    } while (tokens.accept(Token.COMMA));
    List<ActionName> parents = new ArrayList<>();
    if (tokens.acceptWord("in")) {
      if (tokens.accept(Token.OPEN_BRACKET)) {
        do {
          parents.add(actionName());
        } while (tokens.accept(Token.COMMA));
        tokens.expect(Token.CLOSE_BRACKET);
      } else {
        parents.add(actionName());
      }
    }
    AppliesTo appliesTo = tokens.acceptWord("appliesTo") ? appliesTo() : NOTHING;
    if (tokens.acceptWord("attributes")) {
      tokens.expect(Token.OPEN_BRACE);
      tokens.expect(Token.CLOSE_BRACE);
    }
    tokens.expect(Token.SEMICOLON);
    for (String id : ids) {
      namespace.actions().add(new ActionDecl(id, annotations, parents, appliesTo, span(start)));
    }
  }

  /** An attribute may even have the name that is reserved for namespaces. */
  private String attributeName() throws SyntaxException {
    return tokens.acceptWord("__cedar") ? "__cedar" : nameOrString();
  }

  private String nameOrString() throws SyntaxException {
    return tokens.kind() == Token.STRING ? tokens.string() : tokens.name();
  }

  private ActionName actionName() throws SyntaxException {
    At start = tokens.at();
    if (tokens.kind() == Token.IDENTIFIER && tokens.kind(1) == Token.PATH) {
      String type = tokens.path();
      tokens.expect(Token.PATH);
      return new ActionName(type, tokens.string(), span(start));
    }
    return new ActionName(null, nameOrString(), span(start));
  }

  private AppliesTo appliesTo() throws SyntaxException {
    At start = tokens.at();
    tokens.expect(Token.OPEN_BRACE);
    List<Name> principals = null;
    List<Name> resources = null;
    Reference context = null;
    do {
      At at = tokens.at();
      String part = tokens.word();
      tokens.expect(Token.COLON);
      boolean again =
          switch (part) {
            case "principal" -> {
              boolean had = principals != null;
              principals = entityTypes();
              yield had;
            }
            case "resource" -> {
              boolean had = resources != null;
              resources = entityTypes();
              yield had;
            }
            case "context" -> {
              boolean had = context != null;
              context = contextType();
              yield had;
            }
            default ->
                throw tokens.failure(
                    ProblemCode.UNEXPECTED_TOKEN,
                    "unexpected `" + part + "`, expected `principal`, `resource` or `context`",
                    at);
          };
      if (again) {
        throw tokens.failure(
            ProblemCode.DUPLICATE_DECLARATION, "`" + part + "` is given twice", at);
      }
    } while (tokens.accept(Token.COMMA) && tokens.kind() != Token.CLOSE_BRACE);
    tokens.expect(Token.CLOSE_BRACE);
    if (principals == null || resources == null || principals.isEmpty() || resources.isEmpty()) {
      boolean principal = principals == null || principals.isEmpty();
      throw tokens.failure(
          ProblemCode.INVALID_DECLARATION,
          "`appliesTo` must name at least one type of " + (principal ? "principal" : "resource"),
          tokens.since(start));
    }
    return new AppliesTo(
        principals, resources, context == null ? new Reference.RecordOf(Map.of()) : context);
  }

  private Reference contextType() throws SyntaxException {
    return tokens.kind() == Token.OPEN_BRACE ? record() : new Reference.OfCommon(typeName());
  }

  private List<Name> entityTypes() throws SyntaxException {
    if (!tokens.accept(Token.OPEN_BRACKET)) {
      return List.of(typeName());
    }
    List<Name> names = new ArrayList<>();
    if (tokens.accept(Token.CLOSE_BRACKET)) {
      return names;
    }
    do {
      names.add(typeName());
    } while (tokens.accept(Token.COMMA));
    tokens.expect(Token.CLOSE_BRACKET);
    return names;
  }

  private Name typeName() throws SyntaxException {
    At start = tokens.at();
    String path = tokens.pathOfType();
    return new Name(path, span(start));
  }

  private Reference type() throws SyntaxException {
    if (++depth > DEPTH_MAX) {
      throw tokens.failure(
          ProblemCode.TOO_DEEP,
          "this type is nested more than " + DEPTH_MAX + " levels deep",
          tokens.at());
    }
    Reference type;
    if (tokens.kind() == Token.OPEN_BRACE) {
      type = record();
    } else if (tokens.isWord("Set") && tokens.kind(1) == Token.LESS) {
      tokens.advance();
      tokens.advance();
      type = new Reference.SetOf(type());
      tokens.expect(Token.GREATER);
    } else {
      type = new Reference.Any(typeName());
    }
    depth--;
    return type;
  }

  private Reference record() throws SyntaxException {
    tokens.expect(Token.OPEN_BRACE);
    Map<String, Member> members = new LinkedHashMap<>();
    while (!tokens.accept(Token.CLOSE_BRACE)) {
      Map<String, String> annotations = annotations();
      String name = attributeName();
      boolean required = !tokens.accept(Token.QUESTION);
      tokens.expect(Token.COLON);
      // The last of two declarations counts, as in the reference.
      members.put(name, new Member(type(), required, annotations));
      if (tokens.kind() != Token.CLOSE_BRACE) {
        tokens.expect(Token.COMMA);
      }
    }
    return new Reference.RecordOf(members);
  }

  private @Nullable Span span(At start) {
    return tokens.source().span(tokens.since(start));
  }
}

package dev.sallyport.policy.json;

import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.diagnostic.ProblemCode;
import dev.sallyport.policy.diagnostic.Span;
import org.jspecify.annotations.Nullable;

/** Leaves a reader at its first problem: the JSON is well formed, but not what it should be. */
public final class JsonShapeException extends Exception {
  private static final long serialVersionUID = 1;

  private final ProblemCode code;
  private final String sentence;
  private final transient JsonPath path;
  private final @Nullable String help;

  public JsonShapeException(String message, JsonPath path) {
    this(ProblemCode.UNEXPECTED_JSON, message, path, null);
  }

  public JsonShapeException(
      ProblemCode code, String message, JsonPath path, @Nullable String help) {
    super(message, null, false, false);
    this.code = code;
    this.sentence = message;
    this.path = path;
    this.help = help;
  }

  /** The problem, with its place in the text that was read. */
  public Problem problem(String text) {
    return problem(JsonReader.span(text, path));
  }

  /** The same, for one of several problems of a text. */
  public Problem problem(Places places) {
    return problem(places.of(path));
  }

  private Problem problem(@Nullable Span span) {
    String way = path.toString();
    return new Problem(
        code, way.isEmpty() ? sentence : sentence + " at `" + way + "`", span, null, help);
  }
}

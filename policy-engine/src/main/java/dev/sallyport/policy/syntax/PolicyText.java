package dev.sallyport.policy.syntax;

import dev.sallyport.policy.diagnostic.Span;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One policy or template as its author wrote it.
 *
 * @param id unique in its set
 * @param permit its effect: {@code permit}, or {@code forbid}
 * @param annotations in order; one without a text has null
 * @param at all of it, annotations included
 */
public record PolicyText(
    String id,
    boolean permit,
    Map<String, @Nullable String> annotations,
    Scope principal,
    Scope.OfAction action,
    Scope resource,
    List<Condition> conditions,
    Source source,
    At at) {

  /** {@code when} or {@code unless}. */
  public record Condition(boolean unless, Expr body, At at) {}

  /** Whether it has slots, and so applies only through links. */
  public boolean isTemplate() {
    return isSlot(principal) || isSlot(resource);
  }

  private static boolean isSlot(Scope scope) {
    Scope.Ref ref = scope.reference();
    return ref != null && ref.isSlot();
  }

  public PolicyText withId(String newId) {
    return new PolicyText(
        newId, permit, annotations, principal, action, resource, conditions, source, at);
  }

  public Span span(At place) {
    return source.span(place);
  }
}

package dev.sallyport.policy.syntax;

import dev.sallyport.policy.diagnostic.Span;
import dev.sallyport.policy.value.EntityUid;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One policy or template as its author wrote it.
 *
 * @param id unique in its set
 * @param permit its effect: {@code permit}, or {@code forbid}
 * @param annotations in order; one without a text has null
 * @param link the template whose slots were filled to make it, if there is one
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
    @Nullable Link link,
    Source source,
    At at) {

  /** {@code when} or {@code unless}. */
  public record Condition(boolean unless, Expr body, At at) {}

  /** Where a link comes from: the template, and which of its slots were filled. */
  public record Link(String template, boolean principal, boolean resource) {}

  /** Whether it has slots, and so applies only through links. */
  public boolean isTemplate() {
    return isSlot(principal) || isSlot(resource);
  }

  public boolean hasPrincipalSlot() {
    return isSlot(principal);
  }

  public boolean hasResourceSlot() {
    return isSlot(resource);
  }

  private static boolean isSlot(Scope scope) {
    Scope.Ref ref = scope.reference();
    return ref != null && ref.isSlot();
  }

  public PolicyText withId(String newId) {
    return new PolicyText(
        newId, permit, annotations, principal, action, resource, conditions, link, source, at);
  }

  /** The link, where it stands in a text of its own. */
  PolicyText at(At place) {
    return new PolicyText(
        id,
        permit,
        annotations,
        moved(principal, place),
        action,
        moved(resource, place),
        conditions,
        link,
        source,
        place);
  }

  private static Scope moved(Scope scope, At place) {
    Scope.Ref ref = scope.reference();
    return ref == null ? scope : with(scope, new Scope.Ref(ref.uid(), place));
  }

  /** With that annotation first, instead of one of its name. */
  public PolicyText withAnnotation(String name, String text) {
    Map<String, @Nullable String> more = new LinkedHashMap<>();
    more.put(name, text);
    annotations.forEach(more::putIfAbsent);
    return new PolicyText(
        id, permit, more, principal, action, resource, conditions, link, source, at);
  }

  /** This template with its slots filled; what is given for a slot that it has not is ignored. */
  public PolicyText link(
      String linkId, @Nullable EntityUid forPrincipal, @Nullable EntityUid forResource) {
    return new PolicyText(
        linkId,
        permit,
        annotations,
        filled(principal, forPrincipal),
        action,
        filled(resource, forResource),
        conditions,
        new Link(id, hasPrincipalSlot(), hasResourceSlot()),
        source,
        at);
  }

  private static Scope filled(Scope scope, @Nullable EntityUid uid) {
    Scope.Ref ref = scope.reference();
    if (ref == null || !ref.isSlot()) {
      return scope;
    }
    return with(scope, new Scope.Ref(uid, ref.at()));
  }

  private static Scope with(Scope scope, Scope.Ref given) {
    return switch (scope) {
      case Scope.Any any -> any;
      case Scope.Is is -> is;
      case Scope.Equal(_) -> new Scope.Equal(given);
      case Scope.In(_) -> new Scope.In(given);
      case Scope.IsIn(String type, _, At place) -> new Scope.IsIn(type, given, place);
    };
  }

  /** An expression of this policy as it was written; as it would be, if it came from JSON. */
  public String written(Expr expr) {
    return expr.at().end() > 0 && !source.isJson()
        ? source.text().substring(expr.at().start(), expr.at().end())
        : Printer.print(expr);
  }

  public Span span(At place) {
    return source.span(place);
  }
}

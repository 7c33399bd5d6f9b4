package dev.sallyport.policy;

import dev.sallyport.policy.diagnostic.Span;
import dev.sallyport.policy.explain.EvaluationException;
import dev.sallyport.policy.explain.Reference;
import dev.sallyport.policy.syntax.Children;
import dev.sallyport.policy.syntax.Expr;
import dev.sallyport.policy.syntax.PolicyText;
import dev.sallyport.policy.value.BooleanValue;
import dev.sallyport.policy.value.Value;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * What a run of policy tests reached. The branches of a template are counted once, over all of its
 * links, whose expressions are the template's own. Not thread-safe.
 */
public final class Coverage {
  private static final Outcomes NEVER = new Outcomes();

  private final Set<String> applied = new HashSet<>();
  private final IdentityHashMap<Expr, Outcomes> outcomes = new IdentityHashMap<>();

  Coverage() {}

  /** What an expression came to, over all tests. */
  private static final class Outcomes {
    private boolean reached;
    private boolean wasTrue;
    private boolean wasFalse;
  }

  void policy(PolicyText text, Reference reference) {
    try {
      if (reference.satisfies(text)) {
        applied.add(text.id());
      }
    } catch (EvaluationException failure) {
      // What was reached before it has been noted.
    }
  }

  /** Notes what expressions come to. */
  Reference.Observer observer() {
    return this::saw;
  }

  private void saw(Expr expr, Value value) {
    Outcomes seen = outcomes.computeIfAbsent(expr, _ -> new Outcomes());
    seen.reached = true;
    if (value instanceof BooleanValue bool) {
      seen.wasTrue |= bool.value();
      seen.wasFalse |= !bool.value();
    }
  }

  /**
   * A gap: a policy that no test satisfies, or a branch that no test reaches.
   *
   * @param what one lower-case sentence
   */
  public record Gap(String policyId, Span span, String what) {}

  /**
   * How much was reached.
   *
   * @param policies policies and links, and templates that no link fills
   * @param satisfied how many of these a test satisfied
   * @param branches the outcomes that there are: true and false of each part that decides
   * @param reached how many of these a test reached
   * @param gaps what is missing from both, in the order of the set
   */
  public record Report(int policies, int satisfied, int branches, int reached, List<Gap> gaps) {
    public Report {
      gaps = List.copyOf(gaps);
    }

    /** Whether there is nothing left to reach. */
    public boolean isFull() {
      return gaps.isEmpty();
    }
  }

  Report report(PolicySet policies) {
    return new Counting().over(policies.texts());
  }

  /** One walk over the policies. */
  private final class Counting {
    private final List<Gap> gaps = new ArrayList<>();
    private int satisfied;
    private int count;
    private int branches;
    private int reached;

    Report over(List<PolicyText> texts) {
      Set<String> filled = new HashSet<>();
      for (PolicyText text : texts) {
        PolicyText.Link link = text.link();
        if (link != null) {
          filled.add(link.template());
        }
      }
      for (PolicyText text : texts) {
        if (!text.isTemplate()) {
          policy(text, text.link() == null ? "policy" : "link");
        } else if (!filled.contains(text.id())) {
          count++;
          gap(text, "no link fills this template, so no test can reach it");
          continue;
        }
        if (text.link() == null) {
          text.conditions().forEach(condition -> decides(text, condition.body()));
        }
      }
      return new Report(count, satisfied, branches, reached, gaps);
    }

    private void policy(PolicyText text, String kind) {
      count++;
      if (applied.contains(text.id())) {
        satisfied++;
      } else {
        gap(text, "no test satisfies this " + kind);
      }
    }

    private void gap(PolicyText text, String what) {
      gaps.add(new Gap(text.id(), text.span(text.at()), what));
    }

    /** A boolean, whose parts should be seen true and false. */
    private void decides(PolicyText text, Expr expr) {
      switch (expr) {
        case Expr.And(List<Expr> terms, _) -> terms.forEach(term -> decides(text, term));
        case Expr.Or(List<Expr> terms, _) -> terms.forEach(term -> decides(text, term));
        case Expr.Unary(Expr.UnaryOp op, Expr operand, _) when op == Expr.UnaryOp.NOT ->
            decides(text, operand);
        case Expr.If(_, _, _, _) -> Children.of(expr).forEach(part -> decides(text, part));
        case Expr.Literal(_, _) -> {}
        default -> {
          Outcomes seen = outcomes.getOrDefault(expr, NEVER);
          branches += 2;
          reached += (seen.wasTrue ? 1 : 0) + (seen.wasFalse ? 1 : 0);
          if (!seen.wasTrue || !seen.wasFalse) {
            missing(
                text,
                expr,
                seen.wasTrue
                    ? "is never false"
                    : seen.wasFalse ? "is never true" : "is never reached");
          }
          Children.of(expr).forEach(part -> inside(text, part));
        }
      }
    }

    /** A part of something larger, in which there may be decisions. */
    private void inside(PolicyText text, Expr expr) {
      switch (expr) {
        case Expr.And(_, _), Expr.Or(_, _) -> decides(text, expr);
        case Expr.If(Expr test, Expr then, Expr otherwise, _) -> {
          decides(text, test);
          arm(text, then);
          arm(text, otherwise);
        }
        default -> Children.of(expr).forEach(part -> inside(text, part));
      }
    }

    private void arm(PolicyText text, Expr expr) {
      branches++;
      if (outcomes.getOrDefault(expr, NEVER).reached) {
        reached++;
      } else {
        missing(text, expr, "is never reached");
      }
      inside(text, expr);
    }

    private void missing(PolicyText text, Expr expr, String what) {
      gaps.add(new Gap(text.id(), text.span(expr.at()), "`" + text.written(expr) + "` " + what));
    }
  }
}

package dev.sallyport.policy;

import dev.sallyport.policy.check.PolicyChecker;
import dev.sallyport.policy.diagnostic.ParseResult;
import dev.sallyport.policy.diagnostic.ParseResult.Parsed;
import dev.sallyport.policy.diagnostic.ParseResult.Rejected;
import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.diagnostic.ProblemCode;
import dev.sallyport.policy.json.JsonWriter;
import dev.sallyport.policy.syntax.Formatter;
import dev.sallyport.policy.syntax.PolicyJson;
import dev.sallyport.policy.syntax.PolicyLinks;
import dev.sallyport.policy.syntax.PolicyParser;
import dev.sallyport.policy.syntax.PolicyText;
import dev.sallyport.policy.syntax.Printer;
import dev.sallyport.policy.value.EntityUid;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Policies in order, each with an id. Immutable. */
public final class PolicySet {
  private final List<PolicyText> texts;

  private PolicySet(List<PolicyText> texts) {
    this.texts = List.copyOf(texts);
  }

  /** Reads Cedar text; a policy's id is its {@code @id} annotation. */
  public static ParseResult<PolicySet> parse(String text) {
    return parse(text, PolicyIds.FROM_ANNOTATION);
  }

  /** Reads Cedar text. All problems that can be told apart are reported, not only the first. */
  public static ParseResult<PolicySet> parse(String text, PolicyIds ids) {
    return switch (PolicyParser.parse(text)) {
      case Parsed<List<PolicyText>>(List<PolicyText> policies) ->
          ids == PolicyIds.BY_PLACE
              ? new Parsed<>(new PolicySet(policies))
              : withAnnotatedIds(policies);
      case Rejected<List<PolicyText>>(List<Problem> problems) -> new Rejected<>(problems);
    };
  }

  private static ParseResult<PolicySet> withAnnotatedIds(List<PolicyText> policies) {
    List<PolicyText> named = new ArrayList<>(policies.size());
    List<Problem> problems = new ArrayList<>();
    Set<String> seen = HashSet.newHashSet(policies.size());
    for (PolicyText policy : policies) {
      @Nullable String id = policy.annotations().get("id");
      PolicyText renamed = id == null ? policy : policy.withId(id);
      if (!seen.add(renamed.id())) {
        problems.add(
            new Problem(
                ProblemCode.DUPLICATE_POLICY_ID,
                "two policies have the id `" + renamed.id() + "`",
                policy.span(policy.at()),
                renamed.id(),
                "give each its own `@id`"));
      }
      named.add(renamed);
    }
    return problems.isEmpty() ? new Parsed<>(new PolicySet(named)) : new Rejected<>(problems);
  }

  /**
   * The text in the one layout, comments kept; rejected if it does not parse. Formatting twice
   * changes nothing more.
   */
  public static ParseResult<String> format(String text) {
    return Formatter.format(text);
  }

  /** Reads Cedar's JSON form: one policy, or a set of policies, templates and links with ids. */
  public static ParseResult<PolicySet> parseJson(String json) {
    return switch (PolicyJson.read(json)) {
      case Parsed<List<PolicyText>>(List<PolicyText> policies) ->
          new Parsed<>(new PolicySet(policies));
      case Rejected<List<PolicyText>>(List<Problem> problems) -> new Rejected<>(problems);
    };
  }

  /** Cedar's JSON form of this set, on one line. */
  public String toJson() {
    return JsonWriter.write(PolicyJson.write(texts));
  }

  /**
   * This set in Cedar's own syntax, in the one layout. A policy whose id its place would not give
   * has it as its {@code @id}; links are written as the policies that they are.
   */
  public String toText() {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < texts.size(); i++) {
      PolicyText text = texts.get(i);
      boolean told =
          text.id().equals("policy" + i) || text.id().equals(text.annotations().get("id"));
      out.append(Printer.print(told ? text : text.withAnnotation("id", text.id())));
    }
    return format(out.toString()).orElseThrow();
  }

  /**
   * This set with one more policy: a template whose slots are filled.
   *
   * @param slots {@code ?principal} and {@code ?resource}, exactly those that the template has
   */
  public ParseResult<PolicySet> link(
      String templateId, String linkId, Map<String, EntityUid> slots) {
    Linking linking = linking();
    List<Problem> problems = linking.link(templateId, linkId, slots);
    return problems.isEmpty() ? new Parsed<>(linking.set()) : new Rejected<>(problems);
  }

  /**
   * Begins to link templates of this set: many at once, which one by one copies the set for each.
   */
  public Linking linking() {
    return new Linking(texts);
  }

  /** A set that grows by links. For one thread; the sets it makes are immutable as any. */
  public static final class Linking {
    private final Map<String, PolicyText> byId;

    private Linking(List<PolicyText> texts) {
      byId = LinkedHashMap.newLinkedHashMap(2 * texts.size());
      texts.forEach(text -> byId.put(text.id(), text));
    }

    /**
     * Adds a template whose slots are filled. What is returned says why not, and is empty if it was
     * added.
     *
     * @param slots {@code ?principal} and {@code ?resource}, exactly those that the template has
     */
    public List<Problem> link(String templateId, String linkId, Map<String, EntityUid> slots) {
      return switch (PolicyLinks.link(byId, templateId, linkId, slots)) {
        case Parsed<PolicyText>(PolicyText policy) -> {
          byId.put(linkId, policy);
          yield List.of();
        }
        case Rejected<PolicyText>(List<Problem> problems) -> problems;
      };
    }

    /** The set with all links so far. */
    public PolicySet set() {
      return new PolicySet(List.copyOf(byId.values()));
    }
  }

  /** The policies, templates and links, in order. */
  public List<Policy> policies() {
    return texts.stream().map(PolicySet::policy).toList();
  }

  private static Policy policy(PolicyText text) {
    return new Policy(
        text.id(), effect(text), annotations(text), text.isTemplate(), text.span(text.at()));
  }

  static Effect effect(PolicyText text) {
    return text.permit() ? Effect.PERMIT : Effect.FORBID;
  }

  static Map<String, String> annotations(PolicyText text) {
    Map<String, String> annotations = new LinkedHashMap<>();
    text.annotations().forEach((name, value) -> annotations.put(name, value == null ? "" : value));
    return Collections.unmodifiableMap(annotations);
  }

  /**
   * Validates in strict mode: what is returned would let a policy fail, or never apply. Warnings
   * ({@link Problem#isError()} false) are among them. In the order of the text.
   */
  public List<Problem> validate(Schema schema) {
    PolicyChecker checker = schema.policyChecker();
    List<Problem> problems = new ArrayList<>();
    for (PolicyText text : texts) {
      problems.addAll(checker.check(text));
      if (text.link() == null) {
        problems.addAll(checker.warnOfText(text));
      }
    }
    return Collections.unmodifiableList(problems);
  }

  List<PolicyText> texts() {
    return texts;
  }
}

package dev.sallyport.policy;

import dev.sallyport.policy.diagnostic.Span;
import java.util.Map;

/**
 * A policy of a set, as a list of policies shows it.
 *
 * @param id unique in its set
 * @param annotations name to text, in the order of the policy; {@code @a} without a text has ""
 * @param template whether it has slots, and so applies only through its links
 * @param span where it stands in the text of the set
 */
public record Policy(
    String id, Effect effect, Map<String, String> annotations, boolean template, Span span) {}

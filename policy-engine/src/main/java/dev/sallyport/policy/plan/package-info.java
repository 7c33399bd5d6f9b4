/**
 * Policies made fast. The way of a policy through here:
 *
 * <ol>
 *   <li>{@link Planner} turns each expression into {@link Node}s, small final objects that know
 *       their operands; what is the same for every request is evaluated, what is said twice becomes
 *       one node.
 *   <li>{@link Lifted} moves conditions that name an entity into the head; head and nodes are a
 *       {@link Rule}.
 *   <li>{@link RuleIndex} files the rules of an action under the entities that heads name, {@link
 *       ValueIndex} under the value that a first condition asks for.
 *   <li>{@link Compiler} writes those that are left, which every request meets, as a hidden class;
 *       how is for each node to say, in {@link Code}, beside what it does when interpreted.
 *   <li>{@link Plan} holds all that for each action, and answers.
 * </ol>
 *
 * <p>A verdict allocates nothing, except where a policy itself makes a new value (a sum compared as
 * a value, a set of live elements) or a rule is interpreted on a virtual thread. A failure is a
 * null, a third answer or a jump, never an exception; what failed and why is found out by {@code
 * explain} afterwards. Uses {@code syntax}, {@code entity}, {@code value}.
 */
@NullMarked
package dev.sallyport.policy.plan;

import org.jspecify.annotations.NullMarked;

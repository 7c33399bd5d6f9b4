/**
 * How fast a decision is, beside the engines that a JVM program could use instead.
 *
 * <p>Start at {@link dev.sallyport.benchmarks.policy.Scenario}: the rules, people and rooms, said
 * once. Each peer is one {@link dev.sallyport.benchmarks.policy.Decider} built from it; {@link
 * dev.sallyport.benchmarks.policy.DecideBenchmark} refuses to measure one that answers differently
 * from the hand-written floor.
 */
@NullMarked
package dev.sallyport.benchmarks.policy;

import org.jspecify.annotations.NullMarked;

/**
 * What clients saw of the relay, and whether it kept its promises: the raw history as JSON lines in
 * a documented format (ops/decisions/0304), the checks over it, and the seeded plan of operations
 * and faults by which one comes to be.
 *
 * <p>Start at {@link dev.sallyport.acceptance.history.Checker}, then {@link
 * dev.sallyport.acceptance.history.Fact}. What runs a plan against real processes is with the
 * tests, and writes facts only; nothing here knows of it, nor of what was planted.
 *
 * <p>Never: uses a class of the servers, a clock, or chance that is not the plan's seed.
 */
@NullMarked
package dev.sallyport.acceptance.history;

import org.jspecify.annotations.NullMarked;

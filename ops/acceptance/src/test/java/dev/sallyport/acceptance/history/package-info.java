/**
 * Runs the history checker's plans against real processes: gateways, an auth-server, PostgreSQL,
 * with hops between all of them that can be cut; hundreds of simulated devices that write down what
 * they see.
 *
 * <p>Start at {@code HistoryCheck}, which {@code ops/history-check} runs, then {@code Round}. What
 * is written down and how it is judged is in the main sources of the same package. The devices here
 * check nothing: whatever comes is recorded as it came.
 *
 * <p>Never: tells the checker what was planted, or leaves out what was seen.
 */
@NullMarked
package dev.sallyport.acceptance.history;

import org.jspecify.annotations.NullMarked;

/**
 * The public door of the policy engine: texts become a {@link PolicySet} and a {@link Schema}, the
 * set is validated against the schema, {@link PolicyEngine#plan} makes it fast, and the engine
 * answers {@link Request}s about entities that the host provides live.
 *
 * <p>The way of one policy, in reading order:
 *
 * <ol>
 *   <li>{@code syntax}: text to tokens to expressions, every one with its span;
 *   <li>{@code schema}: the vocabulary, from its own text;
 *   <li>{@code check}: the policy against the vocabulary;
 *   <li>{@code plan}: the policy as small final nodes, the index over all policies, the code
 *       written from both;
 *   <li>{@code explain}: the same meaning said plainly; why a decision came out as it did;
 *   <li>{@code value}, {@code entity}, {@code diagnostic}, {@code json}: what all of them speak of;
 *   <li>{@code cli}: the commands, the only place that reads files.
 * </ol>
 *
 * <p>Nothing here does I/O, keeps a clock, or changes after it was made: policy sets, schemas and
 * engines are immutable and safe to share; a new version is a new engine, swapped by the host.
 */
@NullMarked
package dev.sallyport.policy;

import org.jspecify.annotations.NullMarked;

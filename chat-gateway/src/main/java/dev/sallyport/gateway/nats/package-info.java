/**
 * Between the gateways of one public URL: what each committed, told to the others over NATS
 * (decision 0303). Nothing here exists without {@code sallyport.nats.url}.
 *
 * <p>Start at {@code NatsNodes}: what is published, and what becomes of what is heard; {@code
 * HeadWatch} finds what was lost, {@code NatsLink} is the connection. NATS may lose, double and
 * reorder: must never be the only way by which anything is learned, must believe nothing that does
 * not verify under the cluster key, must never block the log, and must log nothing of a payload.
 * Uses {@code .fanout}, {@code .log} and the proofs of {@code .door}.
 */
@NullMarked
package dev.sallyport.gateway.nats;

import org.jspecify.annotations.NullMarked;

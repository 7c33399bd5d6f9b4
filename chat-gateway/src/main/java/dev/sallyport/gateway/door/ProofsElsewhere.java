package dev.sallyport.gateway.door;

import reactor.core.publisher.Mono;

/** The way to the gateways whose nonces proofs carry. */
public interface ProofsElsewhere {

  /** Asks that gateway; {@code UNKNOWN} where it does not answer soon. Never fails, never empty. */
  Mono<ProofUse.Outcome> use(String node, ProofUse proof);
}

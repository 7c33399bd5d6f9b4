package dev.sallyport.gateway.door;

/** The proofs that carry nonces of this gateway. Thread-safe, never blocks. */
public interface ProofMemory {

  /** What this process is called in its nonces: 16 hex digits, random. */
  String node();

  /** Remembers a use that another gateway was asked for, unless it is no first one. */
  ProofUse.Outcome use(ProofUse proof);
}

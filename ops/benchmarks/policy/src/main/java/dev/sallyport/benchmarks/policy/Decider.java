package dev.sallyport.benchmarks.policy;

/** One engine with the policies of a scenario loaded, ready to answer its requests. */
interface Decider {
  /** Whether the request of that number is permitted. */
  boolean permits(int request);
}

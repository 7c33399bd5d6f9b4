package dev.sallyport.auth.signal;

/** Where security events are recorded. Safe for use by many threads. */
public interface SecurityEvents {

  /**
   * Records an event in the caller's transaction: the event exists if and only if the change does
   * that it tells of. After the commit, a {@link SecurityEvent.Signal} reaches the gateways within
   * a fraction of a second, whatever becomes of this process.
   *
   * @throws org.springframework.transaction.IllegalTransactionStateException outside a transaction
   */
  void record(Actor actor, SecurityEvent event);
}

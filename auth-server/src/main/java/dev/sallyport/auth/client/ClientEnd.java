package dev.sallyport.auth.client;

/** Told when a client is no longer one of ours, in the transaction that makes it so. */
public interface ClientEnd {

  /**
   * Ends whatever was given to the client.
   *
   * @return how many families of tokens were ended
   */
  int ended(String clientId);
}

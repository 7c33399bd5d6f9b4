package dev.sallyport.gateway.door;

import java.net.InetAddress;

/**
 * A token and a proof as they were presented, neither believed yet.
 *
 * @param htm the method the proof must name
 * @param path the raw path, below the public URL, the proof must name
 * @param nonce what nonce the proof must carry
 */
public record Presented(
    String token, String proof, String htm, String path, NonceRule nonce, InetAddress remote) {

  /** What nonce is asked for. */
  public sealed interface NonceRule {
    /** Any that this process gave out lately; none at all only where settings allow it. */
    record Ours() implements NonceRule {}

    /** The one given on this connection. */
    record Exactly(String nonce) implements NonceRule {
      @Override
      public String toString() {
        return "Exactly";
      }
    }
  }

  @Override
  public String toString() {
    return "Presented[" + htm + " " + path + "]";
  }
}
